/* SPDX-License-Identifier: GPL-2.0 */
/* Gather: what the recorded faults of one process come to. */
#ifndef SMADV_GATHER_H
#define SMADV_GATHER_H

#include <linux/types.h>

struct smadv_record;

void smadv_gather(struct smadv_record *record, u64 now_ms, bool sample);
bool smadv_gather_is_calm(const struct smadv_record *record);

/* Ranges without a fault for long; smadv_lock held. */
void smadv_gather_idle(struct smadv_record *record, u64 now_ms);

/* Look at the mappings and the memory of a process anew; smadv_lock held, may sleep. */
void smadv_gather_prune(struct smadv_record *record);

#endif /* SMADV_GATHER_H */
