/* SPDX-License-Identifier: GPL-2.0 */
/* The hook: sees every page fault and hands it to the map. */
#ifndef SMADV_HOOK_H
#define SMADV_HOOK_H

#include <linux/types.h>

int smadv_hook_init(const char *mechanism);
int smadv_hook_start(void);
void smadv_hook_stop(void);

/* enum smart_madvise_hook_kind in use, NONE while stopped. */
u32 smadv_hook_kind(void);

#endif /* SMADV_HOOK_H */
