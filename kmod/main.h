/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SMADV_MAIN_H
#define SMADV_MAIN_H

#define SMADV_VERSION "0.1.0"

#endif /* SMADV_MAIN_H */
