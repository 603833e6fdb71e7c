/* SPDX-License-Identifier: GPL-2.0 */
/* Restore: takes hints back. */
#ifndef SMADV_RESTORE_H
#define SMADV_RESTORE_H

#include "map.h"

/**
 * struct smadv_outcome - what a restore did
 * @restored: journal entries restored
 * @yielded: journal entries that the application had changed since
 */
struct smadv_outcome {
	u32 restored;
	u32 yielded;
};

/**
 * struct smadv_piece - a stretch that still bears the hint of an entry
 * @start: first page number
 * @end: first page number behind
 */
struct smadv_piece {
	u64 start;
	u64 end;
};

/* Does neither it nor a fork of it under way bear hints? smadv_lock held. */
static inline bool smadv_restore_spent(const struct smadv_record *record)
{
	return !record->journal.count && !record->past.count;
}

/* All with smadv_lock held, in process context; they sleep. */
int smadv_restore(struct smadv_record *record, u64 start, u64 end, u32 reason,
		  struct smadv_outcome *outcome);
int smadv_restore_all(u32 reason, struct smadv_outcome *outcome);
void smadv_restore_forget(struct smadv_record *record);
void smadv_restore_drop_unwatched(struct smadv_record *record);
void smadv_restore_remember(struct smadv_record *record, const struct smadv_entry *entry);
void smadv_restore_forget_past(struct smadv_record *record, u64 now_ms);
bool smadv_restore_find(struct smadv_record *record, const struct smadv_entry *entry,
			struct smadv_piece *piece);

#endif /* SMADV_RESTORE_H */
