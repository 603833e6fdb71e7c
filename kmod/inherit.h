/* SPDX-License-Identifier: GPL-2.0 */
/* Inherit: follows forks, for hints survive them. */
#ifndef SMADV_INHERIT_H
#define SMADV_INHERIT_H

void smadv_inherit(void);

#endif /* SMADV_INHERIT_H */
