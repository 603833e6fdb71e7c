/* SPDX-License-Identifier: GPL-2.0 */
/* Recording: what the analyzer works with, told to the netlink group as it does. */
#ifndef SMADV_RECORDING_H
#define SMADV_RECORDING_H

#include "map.h"

/* Somebody records: waits are measured whoever governs. */
bool smadv_recording_active(void);

/* All with smadv_lock held. They cost one test while nobody listens. */
void smadv_recording_round(u64 now_ms);
void smadv_recording_lost(u32 lost);
void smadv_recording_fault(const struct smadv_fault *fault);
void smadv_recording_judged(const struct smadv_record *record);
void smadv_recording_idle(const struct smadv_record *record);
void smadv_recording_range(const struct smadv_record *record, const struct smadv_range *range);
void smadv_recording_gone(const struct smadv_record *record, const struct smadv_range *range);
void smadv_recording_advice(const struct smadv_record *record, u64 start, u64 end_page, u32 hint);

#endif /* SMADV_RECORDING_H */
