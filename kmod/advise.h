/* SPDX-License-Identifier: GPL-2.0 */
/* How another address space is advised: the only file that changes one. */
#ifndef SMADV_ADVISE_H
#define SMADV_ADVISE_H

#include "map.h"

int smadv_advise_init(const char *mechanism);

/* enum smart_madvise_executor_kind in use. */
u32 smadv_advise_kind(void);
/* Address of do_madvise(), 0 when unknown. */
unsigned long smadv_advise_madvise_address(void);

int smadv_advise(struct smadv_record *record, u64 start, u64 end, u32 hint);
void smadv_advise_mappings(struct mm_struct *mm, u64 start, u64 end, u32 from, u32 to);

#endif /* SMADV_ADVISE_H */
