/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of kernel functions that are not exported. */
#ifndef SMADV_SYMBOL_H
#define SMADV_SYMBOL_H

/* Where @name can be hooked, or 0. Context: process, sleeps. */
unsigned long smadv_symbol_address(const char *name);

#endif /* SMADV_SYMBOL_H */
