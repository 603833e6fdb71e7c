/* SPDX-License-Identifier: GPL-2.0 */
/* Notes: what an application did to its mappings, kept until somebody looks. */
#ifndef SMADV_NOTES_H
#define SMADV_NOTES_H

#include <linux/smart_madvise.h>
#include <linux/spinlock.h>

#include "core/shim.h"

#define SMADV_NOTE_HINTS	(SMART_MADVISE_HINT_RANDOM + 1)

/**
 * struct smadv_note - one madvise(), mremap(), munmap() or mmap() call
 * @start: first page number
 * @end: first page number behind
 * @to: where mremap() puts it, first page number; @start when it grows in place; 0
 *	for advice
 * @to_end: first page number behind, with what it grows by
 * @file: identity of what moves, see mapping.h; 0 when that is no file
 * @offset: page offset of @start in it
 * @number: counts the notes of its address space, from 1
 * @hint: enum smart_madvise_hint that it set, or bears while it moves
 * @override_only: of no concern but where NORMAL stands in place of a hint, or while the
 *	module advises: munmap(), mmap() in place of something, and mremap() of what bears no hint
 * @vague: stands for several calls of this hint, each somewhere on the stretch from
 *	@start to @end, and to somewhere on the one from @to to @to_end
 */
struct smadv_note {
	u64 start;
	u64 end;
	u64 to;
	u64 to_end;
	u64 file;
	u64 offset;
	u64 number;
	u32 hint;
	bool override_only;
	bool vague;
};

/**
 * struct smadv_notes - the notes of one address space
 * @lock: protects all below but @heeded; taken with interrupts on or off, in the
 *	application's context, a leaf
 * @item: those that nobody looked at yet, or NULL
 * @capacity: length of @item
 * @first: the oldest one's index
 * @count: how many there are
 * @sum: of advice, then of moves, hint by hint, that came when there was no room;
 *	in use when vague
 * @noted: notes taken so far
 * @heeded: the number up to which they were looked at; under smadv_lock
 */
struct smadv_notes {
	raw_spinlock_t lock;
	struct smadv_note *item;
	u32 capacity;
	u32 first;
	u32 count;
	struct smadv_note sum[2 * SMADV_NOTE_HINTS];
	u64 noted;
	u64 heeded;
};

void smadv_notes_init(struct smadv_notes *notes);
void smadv_notes_free(struct smadv_notes *notes);
u64 smadv_notes_bytes(const struct smadv_notes *notes);

void smadv_notes_make_room(struct smadv_notes *notes, u32 more);
void smadv_notes_add(struct smadv_notes *notes, const struct smadv_note *note);
bool smadv_notes_heeded(const struct smadv_notes *notes);
u32 smadv_notes_pending(const struct smadv_notes *notes);
bool smadv_notes_peek(struct smadv_notes *notes, u32 index, struct smadv_note *note);
bool smadv_notes_take(struct smadv_notes *notes, struct smadv_note *note);

#endif /* SMADV_NOTES_H */
