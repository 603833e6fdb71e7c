/* SPDX-License-Identifier: GPL-2.0 */
/* Restore: takes hints back, gives way to the application, follows forks. Owns the journals. */
#ifndef SMADV_RESTORE_H
#define SMADV_RESTORE_H

#include "map.h"
#include "mapping.h"

/**
 * struct smadv_outcome - what a restore did
 * @restored: journal entries restored
 * @yielded: journal entries that the application had changed since
 */
struct smadv_outcome {
	u32 restored;
	u32 yielded;
};

/* All with smadv_lock held, in process context; they sleep. */
int smadv_restore(struct smadv_record *record, u64 start, u64 end, u32 reason,
		  struct smadv_outcome *outcome);
int smadv_restore_all(u32 reason, struct smadv_outcome *outcome);
void smadv_restore_remember(struct smadv_record *record, const struct smadv_entry *entry);
void smadv_restore_yield(struct smadv_record *record, u64 start, u64 end);
bool smadv_restore_claim(struct smadv_record *record, const struct smadv_range *range,
			 const struct smadv_mapping *mapping);
void smadv_restore_heed(struct smadv_record *record);
bool smadv_restore_settle(struct smadv_record *record, u64 start, u64 end);
void smadv_restore_forget(struct smadv_record *record);
void smadv_restore_forget_past(struct smadv_record *record, u64 now_ms);
void smadv_restore_follow_forks(void);

#endif /* SMADV_RESTORE_H */
