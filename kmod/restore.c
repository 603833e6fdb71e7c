// SPDX-License-Identifier: GPL-2.0
#include "restore.h"

#include <linux/ktime.h>
#include <linux/sched/mm.h>

#include "advise.h"
#include "control.h"
#include "event.h"
#include "heed.h"
#include "inherit.h"
#include "mapping.h"
#include "newborn.h"
#include "taskmap.h"
#include "trace.h"

/* Attempts at an entry that something comes in the way of, again and again. */
#define MAX_TRIES		1024
/* A fork may take this long from copying the mappings to telling us. */
#define FORK_GRACE_MS		1000
/* Of more than that many in that time, the older half is forgotten. */
#define PAST_ENTRIES		8192

/* Where the hint of others begins behind @page, @end at the latest. */
static u64 own_end(struct smadv_record *record, u64 page, u64 end)
{
	const struct smadv_journal *journal = &record->journal;
	const struct smadv_ranges *set = &record->ranges;
	u32 i = smadv_journal_lower(journal, page);

	if (i < journal->count)
		end = min(end, max(page, journal->item[i].start));
	for (i = smadv_ranges_lower(set, page); i < set->count; i++)
		if (set->item[i]->application_hint != SMART_MADVISE_HINT_NONE)
			return min(end, max(page, set->item[i]->start));
	return end;
}

/* The part of @vma on the stretch of a word that was overwritten, whatever it maps. */
static bool stretch_in(struct vm_area_struct *vma, const struct smadv_entry *entry,
		       struct smadv_piece *piece)
{
	piece->start = max((u64)vma->vm_start >> PAGE_SHIFT, entry->start);
	piece->end = min((u64)vma->vm_end >> PAGE_SHIFT, entry->end);
	return piece->start < piece->end;
}

/* Does @vma map the file of @entry at the entry's pages? */
static bool is_in_place(struct vm_area_struct *vma, const struct smadv_entry *entry)
{
	struct smadv_mapping mapping;

	if (!vma->vm_file)
		return false;
	smadv_mapping_read(vma, &mapping);
	return mapping.file == entry->file &&
	       mapping.start - mapping.offset == entry->start - entry->offset;
}

/*
 * The part of @vma that maps what @entry covers, wherever it is mapped now, and,
 * when nothing else bears this hint, what has grown behind it.
 */
static bool piece_in(struct smadv_record *record, struct vm_area_struct *vma,
		     const struct smadv_entry *entry, struct smadv_piece *piece)
{
	u64 from, to, behind = entry->offset + entry->end - entry->start;
	struct smadv_mapping mapping;

	/* Of any protection: it may have changed since. */
	if (smadv_mapping_hint(vma) != smadv_hint_borne(entry->hint))
		return false;
	if (entry->overwritten)
		return stretch_in(vma, entry, piece);
	if (!vma->vm_file)
		return false;
	smadv_mapping_read(vma, &mapping);
	if (mapping.file != entry->file)
		return false;
	from = max(mapping.offset, entry->offset);
	to = min(mapping.offset + mapping.end - mapping.start, behind);
	if (from >= to)
		return false;
	piece->start = mapping.start + from - mapping.offset;
	piece->end = mapping.start + to - mapping.offset;
	if (to == behind && entry->alone)
		piece->end = own_end(record, piece->end, mapping.end);
	return true;
}

/* Does anything but the module answer for the hint on this page? */
static bool claimed(struct smadv_record *record, u64 page)
{
	struct smadv_range *range = smadv_ranges_find(&record->ranges, page);

	return smadv_journal_find(&record->journal, page) ||
	       (range && range->application_hint != SMART_MADVISE_HINT_NONE);
}

/**
 * smadv_restore_find() - find a piece of an entry that still bears its hint
 * @record: process, mmap lock held
 * @entry: entry
 * @piece: filled in
 *
 * First at its place, then, where not all of it is mapped there any more, and
 * nothing else of the file bears this hint, wherever mremap() may have taken the
 * rest unseen.
 *
 * Return: whether there is one.
 */
bool smadv_restore_find(struct smadv_record *record, const struct smadv_entry *entry,
			struct smadv_piece *piece)
{
	VMA_ITERATOR(here, record->mm, entry->start << PAGE_SHIFT);
	VMA_ITERATOR(anywhere, record->mm, 0);
	u64 missing = entry->end - entry->start;
	struct vm_area_struct *vma;
	struct smadv_piece there;

	for_each_vma_range(here, vma, entry->end << PAGE_SHIFT) {
		if (!entry->overwritten && !is_in_place(vma, entry))
			continue;
		if (piece_in(record, vma, entry, piece))
			return true;
		stretch_in(vma, entry, &there);
		missing -= there.end - there.start;
	}
	if (!missing || !entry->alone)
		return false;
	for_each_vma(anywhere, vma)
		if (piece_in(record, vma, entry, piece) && !claimed(record, piece->start))
			return true;
	return false;
}

/*
 * Restore a piece of an entry, which stays in the journal. mm_users held.
 *
 * Return: 1, 0 when the application has changed all of it since, or a negative errno.
 */
static int restore_piece(struct smadv_record *record, const struct smadv_entry *entry)
{
	bool by_flags = smadv_advise_kind() == SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS;
	struct mm_struct *mm = record->mm;
	struct smadv_entry put = *entry;
	struct smadv_piece piece;
	bool found;
	int err;

	/* What stands there from now on, as a hint of ours */
	put.hint = entry->original == SMART_MADVISE_HINT_NONE ? SMART_MADVISE_HINT_NORMAL :
								 entry->original;
	err = mmap_write_lock_killable(mm);
	if (err)
		return err;
	found = smadv_restore_find(record, entry, &piece);
	if (found && by_flags)
		smadv_advise_mappings(mm, piece.start, piece.end, entry->hint, entry->original);
	mmap_write_unlock(mm);
	if (!found || by_flags)
		return found;
	err = smadv_advise(record, piece.start, piece.end, entry->original);
	smadv_heed_settle(record, &put, piece.start, piece.end);
	return err ?: 1;
}

/* What no fork can still have under way, and nobody waits for who was born meanwhile */
static void drop_aged(struct smadv_record *record, u64 now_ms)
{
	struct smadv_journal *past = &record->past;
	u32 i, kept = 0;

	if (smadv_newborn_is_parent(record))
		return;
	for (i = 0; i < past->count; i++)
		if (past->item[i].past_ms + FORK_GRACE_MS >= now_ms)
			past->item[kept++] = past->item[i];
	past->count = kept;
}

/**
 * smadv_restore_remember() - a fork under way may inherit, or have inherited, a hint
 * @record: process, smadv_lock held
 * @entry: what is about to stand there, or has stood
 */
void smadv_restore_remember(struct smadv_record *record, const struct smadv_entry *entry)
{
	struct smadv_journal *past = &record->past;
	u64 now_ms = ktime_to_ms(ktime_get());
	struct smadv_entry *same;

	lockdep_assert_held(&smadv_lock);
	for (same = past->item; same < past->item + past->count; same++)
		if (smadv_journal_equal(same, entry) && same->since == entry->since &&
		    same->until == entry->until) {
			same->past_ms = now_ms;
			same->taken_back = entry->taken_back;
			return;
		}
	if (past->count == past->capacity)
		drop_aged(record, now_ms);
	if (past->count == PAST_ENTRIES) {
		past->count /= 2;
		memmove(past->item, past->item + past->count, past->count * sizeof(*entry));
	}
	if (past->count == past->capacity)
		smadv_journal_reserve(past, 1, true);
	past->item[past->count] = *entry;
	past->item[past->count++].past_ms = now_ms;
}

void smadv_restore_forget_past(struct smadv_record *record, u64 now_ms)
{
	struct smadv_journal *past = &record->past;

	drop_aged(record, now_ms);
	if (!past->count) {
		smadv_map_uncharge(smadv_journal_bytes(past));
		smadv_journal_free(past);
	}
}

/* An entry was taken back: what is left of it in the journal ends. */
static void conclude(struct smadv_record *record, const struct smadv_entry *entry, bool restored,
		     struct smadv_outcome *outcome)
{
	struct smadv_journal *journal = &record->journal;
	u32 i = smadv_journal_lower(journal, entry->start);

	while (i < journal->count && journal->item[i].start < entry->end) {
		if (!smadv_journal_same(&journal->item[i], entry)) {
			i++; /* moved here meanwhile */
			continue;
		}
		smadv_journal_delete(journal, i);
		if (restored)
			smadv_stats_inc(HINTS_RESTORED);
		else
			smadv_stats_inc(HINTS_YIELDED);
		if (outcome && restored)
			outcome->restored++;
		else if (outcome)
			outcome->yielded++;
	}
	smadv_heed_clear_hints(record, entry->start, entry->end);
	trace_smadv_restore(pid_nr(record->pid), entry, restored, entry->taken_back);
	smadv_event_entry(record, restored ? SMART_MADVISE_EVENT_KIND_RESTORED :
					     SMART_MADVISE_EVENT_KIND_YIELDED,
			  entry, entry->taken_back);
}

/*
 * The first entry on [start, end), or else one with a word that was overwritten, or of which
 * the parent's was taken back, or NULL.
 */
static const struct smadv_entry *next_entry(const struct smadv_journal *journal, u64 start,
					    u64 end)
{
	u32 i = smadv_journal_lower(journal, start);

	if (i < journal->count && journal->item[i].start < end)
		return &journal->item[i];
	for (i = 0; i < journal->count; i++)
		if (journal->item[i].overwritten || journal->item[i].taken_back)
			return &journal->item[i];
	return NULL;
}

/**
 * smadv_restore() - take back what stands on [start, end)
 * @record: process
 * @start: first page number
 * @end: first page number behind
 * @reason: why, an enum smart_madvise_reason
 * @outcome: raised by what was done, may be NULL
 *
 * And, anywhere, say again what was overwritten, and take back what the parent bears no more
 * because we took it back while this process was born. Piece by piece, and by what the journal
 * says then: what the application advises in the meantime is its own, what it moves leaves an
 * entry at its new place, which is restored in its turn. An entry stays in the journal until
 * all of it is restored, and nothing that moved could belong to it.
 *
 * Return: 0, or a negative errno: then the entry it occurred on, and those
 * behind it, stay in the journal.
 */
int smadv_restore(struct smadv_record *record, u64 start, u64 end, u32 reason,
		  struct smadv_outcome *outcome)
{
	struct smadv_journal *journal = &record->journal;
	const struct smadv_entry *next;
	struct smadv_entry entry = { };
	bool restored = false;
	u64 pieces = 0;
	u32 tries = 0;
	int err = 0;

	lockdep_assert_held(&smadv_lock);
	smadv_heed(record);
	if (!journal->count || !mmget_not_zero(record->mm))
		return 0;
	WRITE_ONCE(record->settling, true);
	smadv_journal_isolate(journal, start, end, SMADV_SPLIT_BOTH);
	while ((next = next_entry(journal, start, end))) {
		restored = restored && smadv_journal_same(next, &entry);
		if (!smadv_journal_equal(next, &entry)) {
			pieces = 0;
			tries = 0;
		}
		entry = *next;
		entry.taken_back = entry.taken_back ?: reason;
		smadv_restore_remember(record, &entry);
		/* Not for ever: somebody else may advise on and on, unseen. */
		err = pieces < entry.end - entry.start + MAX_TRIES ?
			      restore_piece(record, &entry) : 0;
		cond_resched();
		if (err > 0) {
			restored = true;
			pieces++;
			continue;
		}
		/* Unmapped meanwhile, or no memory to split a mapping: look again. */
		if (err && (++tries == MAX_TRIES || (err != -ENOMEM && err != -EAGAIN)))
			break;
		/* What moved away is an entry elsewhere, what came is not what was looked for. */
		if (smadv_heed_onto(record, entry.start, entry.end) || err)
			continue;
		conclude(record, &entry, restored, outcome);
		restored = false;
	}
	WRITE_ONCE(record->settling, false);
	mmput_async(record->mm);
	return min(err, 0);
}

/* Restore every process. Goes on after an error, and returns the first one. */
int smadv_restore_all(u32 reason, struct smadv_outcome *outcome)
{
	struct smadv_record *record, *next;
	int err, first = 0;

	smadv_inherit();
	list_for_each_entry_safe(record, next, &smadv_map_records, link) {
		if (!atomic_read(&record->mm->mm_users)) {
			smadv_restore_forget(record); /* it has exited */
			continue;
		}
		err = smadv_restore(record, 0, U64_MAX, reason, outcome);
		first = first ?: err;
	}
	return first;
}

/**
 * smadv_restore_forget() - drop a record
 * @record: process, restored before, or gone
 *
 * Entries that still stand end with their process.
 */
void smadv_restore_forget(struct smadv_record *record)
{
	smadv_heed(record); /* children that were not followed yet ask where what they bear was */
	smadv_taskmap_cancel(record, SMART_MADVISE_REASON_PROCESS_GONE);
	smadv_stats_sub(HINTS_ACTIVE, record->journal.count);
	smadv_stats_add(HINTS_GONE, record->journal.count);
	smadv_event_process(record, SMART_MADVISE_EVENT_KIND_GONE);
	smadv_map_remove(record);
}

/* When nothing is watched, a record is kept for no longer than a fork may take hints along. */
void smadv_restore_drop_unwatched(struct smadv_record *record)
{
	if (!smadv_control_policy()->enabled && smadv_restore_spent(record))
		smadv_restore_forget(record);
}
