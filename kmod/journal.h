/* SPDX-License-Identifier: GPL-2.0 */
/* The journal: what the module changed in one address space, and what was there before. */
#ifndef SMADV_JOURNAL_H
#define SMADV_JOURNAL_H

#include <linux/compiler.h>

#include "core/shim.h"

/* Borders of an entry that lay inside a mapping: the hint made one more of it there. */
#define SMADV_SPLIT_START	1U
#define SMADV_SPLIT_END		2U
#define SMADV_SPLIT_BOTH	(SMADV_SPLIT_START | SMADV_SPLIT_END)

/**
 * struct smadv_entry - one stretch of pages that bears a hint of the module
 * @start: first page number
 * @end: first page number behind
 * @file: identity of the file, see mapping.h
 * @offset: page offset of @start in the file
 * @hint: enum smart_madvise_hint that stands
 * @original: enum smart_madvise_hint that was there before the first change: the
 *	application's, where NORMAL stands in its place, else NONE
 * @splits: SMADV_SPLIT_*, also where the entry beside it had split the mapping already
 * @alone: mremap() is not seen, but nothing else of the file bore this hint: what
 *	bears it later, elsewhere or behind the stretch, was moved or grown from it
 * @overwritten: the application said @original, and we may have put @hint over it before
 *	that was seen; of whatever is mapped there. Said again before smadv_lock is let go, so
 *	that after that only a fork can still bear it
 * @since: forks that inherit it come after this many notes of the application
 * @until: .. and before it was noted that many times
 * @past_ms: when it became one of the past
 * @taken_back: enum smart_madvise_reason for which it was taken back, NONE if it was not: what
 *	a fork under way took along of it goes, too
 */
struct smadv_entry {
	u64 start;
	u64 end;
	u64 file;
	u64 offset;
	u32 hint;
	u32 original;
	u32 splits;
	bool alone;
	bool overwritten;
	u64 since;
	u64 until;
	u64 past_ms;
	u32 taken_back;
};

/**
 * struct smadv_journal - entries of one record, sorted by start, not overlapping
 * @item: entries
 * @count: entries in use
 * @capacity: length of @item
 *
 * Protected by smadv_lock.
 */
struct smadv_journal {
	struct smadv_entry *item;
	u32 count;
	u32 capacity;
};

/*
 * Is there anything, for who does not hold smadv_lock? The one word read is an old or
 * a new one, and either will do: see Forks in docs/concurrency.md.
 */
static inline bool smadv_journal_peek(const struct smadv_journal *journal)
{
	/* An old count or a new one, see above. */
	return data_race(READ_ONCE(journal->count));
}

u64 smadv_journal_bytes(const struct smadv_journal *journal);
int smadv_journal_reserve(struct smadv_journal *journal, u32 more, bool forced);
void smadv_journal_free(struct smadv_journal *journal);

u32 smadv_journal_splits(const struct smadv_journal *journal);
u32 smadv_journal_splits_outside(const struct smadv_journal *journal, u64 start, u64 end);
bool smadv_journal_has_split(const struct smadv_journal *journal, u64 page);
u32 smadv_journal_lower(const struct smadv_journal *journal, u64 page);
struct smadv_entry *smadv_journal_find(const struct smadv_journal *journal, u64 page);
bool smadv_journal_gap(const struct smadv_journal *journal, u64 *start, u64 *end);
void smadv_journal_add(struct smadv_journal *journal, const struct smadv_entry *entry);
bool smadv_journal_same(const struct smadv_entry *a, const struct smadv_entry *b);
bool smadv_journal_equal(const struct smadv_entry *a, const struct smadv_entry *b);
void smadv_journal_delete(struct smadv_journal *journal, u32 index);
void smadv_journal_isolate(struct smadv_journal *journal, u64 start, u64 end, u32 splits);

#endif /* SMADV_JOURNAL_H */
