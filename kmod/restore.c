// SPDX-License-Identifier: GPL-2.0
#include "restore.h"

#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "advise.h"
#include "control.h"
#include "event.h"
#include "mapping.h"
#include "observer.h"
#include "taskmap.h"
#include "trace.h"

/* Pieces of one journal entry that are looked for in a mapping torn apart. */
#define MAX_PIECES		1024
/* A fork may take this long from copying the mappings to telling us. */
#define FORK_GRACE_MS		1000
#define PAST_ENTRIES		256

/* No hint of the module stands on [start, end) any more: tell the ranges there. */
static void clear_range_hints(struct smadv_record *record, u64 start, u64 end)
{
	const struct smadv_policy *policy = smadv_control_policy();
	u64 now_ms = ktime_to_ms(ktime_get());
	struct smadv_range *range;
	u32 i;

	for (i = smadv_ranges_lower(&record->ranges, start); i < record->ranges.count; i++) {
		range = &record->ranges.item[i];
		if (range->start >= end)
			break;
		if (range->hint != SMART_MADVISE_HINT_NONE)
			smadv_range_hinted(range, SMART_MADVISE_HINT_NONE, policy, now_ms);
	}
}

/**
 * smadv_restore_remember() - a fork under way may inherit, or have inherited, a hint
 * @record: process, smadv_lock held
 * @entry: what is about to stand there, or has stood
 */
void smadv_restore_remember(struct smadv_record *record, const struct smadv_entry *entry)
{
	struct smadv_journal *past = &record->past;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	record->past_ms = ktime_to_ms(ktime_get());
	for (i = 0; i < past->count; i++)
		if (past->item[i].start == entry->start && past->item[i].end == entry->end &&
		    past->item[i].hint == entry->hint && past->item[i].since == entry->since &&
		    past->item[i].until == entry->until)
			return;
	if (past->count == PAST_ENTRIES) { /* the older half has had its time */
		past->count /= 2;
		memmove(past->item, past->item + past->count, past->count * sizeof(*entry));
	}
	smadv_journal_reserve(past, 1, true);
	past->item[past->count++] = *entry;
}

/*
 * The application sets a hint itself: forks from now on inherit its own, where
 * those before may have inherited the same from us.
 */
static void end_past(struct smadv_record *record, const struct smadv_advice *advice)
{
	struct smadv_entry *entry = record->past.item;
	u32 i;

	for (i = 0; i < record->past.count; i++, entry++)
		if (entry->hint == advice->hint && entry->start < advice->end &&
		    entry->end > advice->start)
			entry->until = min(entry->until, advice->number);
}

/* Give [start, end) up to the application: entries there end without a restore. */
void smadv_restore_yield(struct smadv_record *record, u64 start, u64 end)
{
	struct smadv_journal *journal = &record->journal;
	struct smadv_entry entry;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	if (!journal->count)
		return;
	smadv_journal_isolate(journal, start, end);
	i = smadv_journal_lower(journal, start);
	while (i < journal->count && journal->item[i].start < end) {
		entry = journal->item[i];
		smadv_restore_remember(record, &entry);
		smadv_journal_delete(journal, i);
		smadv_stats_dec(HINTS_ACTIVE);
		smadv_stats_inc(HINTS_YIELDED);
		smadv_event_entry(record, SMART_MADVISE_EVENT_KIND_YIELDED, &entry,
				  SMART_MADVISE_REASON_APPLICATION_HINT);
	}
	clear_range_hints(record, start, end);
}

/*
 * Ranges under an application's advice. A range that reaches beyond the advice
 * is split at its border; where there is no room for that, the whole range
 * counts as advised.
 */
static void note_application_hint(struct smadv_record *record, const struct smadv_advice *advice)
{
	struct smadv_ranges *set = &record->ranges;
	u64 border[] = { advice->start, advice->end };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(border); i++) {
		struct smadv_range *range = smadv_ranges_find(set, border[i]);

		if (!range || range->start == border[i] || smadv_map_reserve_range(record))
			continue;
		range = smadv_ranges_find(set, border[i]); /* the array may have moved */
		if (smadv_ranges_split(set, range - set->item, border[i]))
			smadv_stats_inc(RANGES);
	}
	for (i = smadv_ranges_lower(set, advice->start);
	     i < set->count && set->item[i].start < advice->end; i++)
		set->item[i].application_hint = advice->hint;
}

/* The application hints a file itself: what bears that hint need not stem from us any more. */
static void note_company(struct smadv_record *record, const struct smadv_advice *advice)
{
	struct smadv_journal *journal = &record->journal;
	struct smadv_mapping mapping;
	bool known;
	u32 i;

	if (advice->hint == SMART_MADVISE_HINT_NONE || !journal->count)
		return;
	known = !smadv_mapping_at(record->mm, advice->start, &mapping);
	for (i = 0; i < journal->count; i++)
		if (journal->item[i].hint == advice->hint &&
		    (!known || journal->item[i].file == mapping.file))
			journal->item[i].alone = false;
}

static void take_over(struct smadv_record *record, const struct smadv_advice *advice)
{
	smadv_restore_yield(record, advice->start, advice->end);
	end_past(record, advice);
	record->heeded = advice->number;
	note_application_hint(record, advice);
	note_company(record, advice);
}

/**
 * smadv_restore_claim() - is the hint on a range that was not known so far ours?
 * @record: process
 * @range: the range, without a journal entry
 * @mapping: the mapping there
 *
 * It is when it stems from an entry that is the only bearer of this hint for the
 * file: mremap() moved or grew that one. Then the range gets an entry of its own.
 *
 * Return: true when it is.
 */
bool smadv_restore_claim(struct smadv_record *record, const struct smadv_range *range,
			 const struct smadv_mapping *mapping)
{
	struct smadv_journal *journal = &record->journal;
	struct smadv_entry entry;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	i = smadv_journal_lower(journal, range->start);
	if (i < journal->count && journal->item[i].start < range->end)
		return false;
	for (i = 0; i < journal->count; i++) {
		entry = journal->item[i];
		if (!entry.alone || entry.file != mapping->file || entry.hint != mapping->hint)
			continue;
		entry.start = range->start;
		entry.end = range->end;
		entry.offset = mapping->offset + range->start - mapping->start;
		entry.splits = 0;
		smadv_journal_reserve(journal, 1, true);
		smadv_journal_add(journal, &entry);
		smadv_stats_inc(HINTS_CHANGED);
		smadv_stats_inc(HINTS_ACTIVE);
		return true;
	}
	return false;
}

/**
 * smadv_restore_heed() - take over what the application advised itself
 * @record: process, smadv_lock held
 *
 * What it advised is its own from then on: journal entries there are given up,
 * and the ranges bear its hint.
 */
void smadv_restore_heed(struct smadv_record *record)
{
	struct smadv_advice advice[SMADV_ADVICE_SLOTS];
	u32 i, count = smadv_observer_take_advice(record, advice);

	for (i = 0; i < count; i++)
		take_over(record, &advice[i]);
}

/*
 * After the module advised [start, end): if the application advised it too in
 * the meantime, its word may have been overwritten, so it is said again. Each
 * round repeats what came since the last one; saying it twice does no harm.
 *
 * Return: true when nothing of [start, end) was advised by the application.
 */
bool smadv_restore_settle(struct smadv_record *record, u64 start, u64 end)
{
	struct smadv_advice advice[SMADV_ADVICE_SLOTS];
	bool ours = true;
	u32 i, count;

	while ((count = smadv_observer_take_advice(record, advice))) {
		for (i = 0; i < count; i++) {
			u64 from = max(start, advice[i].start);
			u64 to = min(end, advice[i].end);

			take_over(record, &advice[i]);
			if (from >= to)
				continue;
			smadv_advise(record, from, to, advice[i].hint);
			ours = false;
		}
		cond_resched();
	}
	return ours;
}

/**
 * struct piece - a stretch that still bears the hint of an entry
 * @start: first page number
 * @end: first page number behind
 */
struct piece {
	u64 start;
	u64 end;
};

/* Where the hint of others begins behind @page, @end at the latest. */
static u64 own_end(struct smadv_record *record, u64 page, u64 end)
{
	const struct smadv_journal *journal = &record->journal;
	const struct smadv_ranges *set = &record->ranges;
	u32 i = smadv_journal_lower(journal, page);

	if (i < journal->count)
		end = min(end, max(page, journal->item[i].start));
	for (i = smadv_ranges_lower(set, page); i < set->count; i++)
		if (set->item[i].application_hint != SMART_MADVISE_HINT_NONE)
			return min(end, max(page, set->item[i].start));
	return end;
}

/*
 * The part of @vma that maps what @entry covers, wherever it is mapped now, and
 * what has grown behind it.
 */
static bool piece_in(struct smadv_record *record, struct vm_area_struct *vma,
		     const struct smadv_entry *entry, struct piece *piece)
{
	struct smadv_mapping mapping;
	u64 from, to;

	/* Of any protection: it may have changed since. */
	if (!vma->vm_file || smadv_mapping_hint(vma) != entry->hint)
		return false;
	smadv_mapping_read(vma, &mapping);
	if (mapping.file != entry->file)
		return false;
	from = max(mapping.offset, entry->offset);
	to = min(mapping.offset + mapping.end - mapping.start,
		 entry->offset + entry->end - entry->start);
	if (from >= to)
		return false;
	piece->start = mapping.start + from - mapping.offset;
	piece->end = mapping.start + to - mapping.offset;
	if (entry->alone && to == entry->offset + entry->end - entry->start)
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

/*
 * Find a piece of @entry that still bears its hint: first at its place, and,
 * where not all of it is mapped there any more, wherever mremap() may have taken
 * the rest. mmap lock held.
 */
static bool find_piece(struct smadv_record *record, const struct smadv_entry *entry,
		       struct piece *piece)
{
	VMA_ITERATOR(here, record->mm, entry->start << PAGE_SHIFT);
	VMA_ITERATOR(anywhere, record->mm, 0);
	u64 missing = entry->end - entry->start;
	struct vm_area_struct *vma;
	struct smadv_mapping mapping;

	for_each_vma_range(here, vma, entry->end << PAGE_SHIFT) {
		if (!vma->vm_file)
			continue;
		smadv_mapping_read(vma, &mapping);
		if (mapping.file != entry->file ||
		    mapping.start - mapping.offset != entry->start - entry->offset)
			continue;
		if (piece_in(record, vma, entry, piece))
			return true;
		missing -= min(mapping.end, entry->end) - max(mapping.start, entry->start);
	}
	if (!missing || !entry->alone)
		return false;
	for_each_vma(anywhere, vma)
		if (piece_in(record, vma, entry, piece) && !claimed(record, piece->start))
			return true;
	return false;
}

/*
 * Restore one entry, which is no longer in the journal. mm_users held.
 *
 * Return: number of pieces restored, 0 when the application has changed all of
 * it since, or a negative errno.
 */
static int restore_entry(struct smadv_record *record, const struct smadv_entry *entry)
{
	bool by_flags = smadv_advise_kind() == SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS;
	struct mm_struct *mm = record->mm;
	struct piece piece;
	int restored, err;
	bool found;

	for (restored = 0; restored < MAX_PIECES; restored++) {
		err = mmap_write_lock_killable(mm);
		if (err)
			return err;
		found = find_piece(record, entry, &piece);
		if (found && by_flags)
			smadv_advise_mappings(mm, piece.start, piece.end, entry->hint, entry->original);
		mmap_write_unlock(mm);
		if (!found)
			break;
		if (!by_flags) {
			err = smadv_advise(record, piece.start, piece.end, entry->original);
			smadv_restore_settle(record, piece.start, piece.end);
			if (err)
				return err;
		}
	}
	return restored;
}

void smadv_restore_forget_past(struct smadv_record *record, u64 now_ms)
{
	if (record->past.count && now_ms - record->past_ms > FORK_GRACE_MS) {
		smadv_map_uncharge(smadv_journal_bytes(&record->past));
		smadv_journal_free(&record->past);
	}
}

/**
 * smadv_restore() - take back what stands on [start, end)
 * @record: process
 * @start: first page number
 * @end: first page number behind
 * @reason: why, an enum smart_madvise_reason
 * @outcome: raised by what was done, may be NULL
 *
 * Return: 0, or a negative errno: then the entry it occurred on, and those
 * behind it, stay in the journal.
 */
int smadv_restore(struct smadv_record *record, u64 start, u64 end, u32 reason,
			   struct smadv_outcome *outcome)
{
	struct smadv_journal *journal = &record->journal;
	int restored = 0;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	smadv_restore_heed(record);
	if (!journal->count || !mmget_not_zero(record->mm))
		return 0;
	smadv_journal_isolate(journal, start, end);
	while ((i = smadv_journal_lower(journal, start)) < journal->count &&
	       journal->item[i].start < end) {
		struct smadv_entry entry = journal->item[i];

		smadv_restore_remember(record, &entry);
		smadv_journal_delete(journal, i);
		restored = restore_entry(record, &entry);
		if (restored < 0) {
			smadv_journal_reserve(journal, 1, true);
			smadv_journal_add(journal, &entry);
			break;
		}
		smadv_stats_dec(HINTS_ACTIVE);
		if (restored)
			smadv_stats_inc(HINTS_RESTORED);
		else
			smadv_stats_inc(HINTS_YIELDED);
		if (outcome && restored)
			outcome->restored++;
		else if (outcome)
			outcome->yielded++;
		clear_range_hints(record, entry.start, entry.end);
		trace_smadv_restore(pid_nr(record->pid), &entry, restored, reason);
		smadv_event_entry(record, restored ? SMART_MADVISE_EVENT_KIND_RESTORED :
						     SMART_MADVISE_EVENT_KIND_YIELDED,
				  &entry, reason);
		start = entry.end;
	}
	mmput_async(record->mm);
	return min(restored, 0);
}

/* Restore every process. Goes on after an error, and returns the first one. */
int smadv_restore_all(u32 reason, struct smadv_outcome *outcome)
{
	struct smadv_record *record, *next;
	int err, first = 0;

	smadv_restore_follow_forks();
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
	smadv_taskmap_cancel(record, SMART_MADVISE_REASON_PROCESS_GONE);
	smadv_stats_sub(HINTS_ACTIVE, record->journal.count);
	smadv_stats_add(HINTS_GONE, record->journal.count);
	smadv_event_process(record, SMART_MADVISE_EVENT_KIND_GONE);
	smadv_map_remove(record);
}

static bool inherited(const struct smadv_journal *journal, const struct smadv_mapping *mapping,
		      u64 advised, struct smadv_entry *entry)
{
	u32 i;

	for (i = 0; i < journal->count; i++) {
		*entry = journal->item[i];
		if (entry->file == mapping->file && entry->hint == mapping->hint &&
		    entry->start < mapping->end && entry->end > mapping->start &&
		    entry->since <= advised && advised < entry->until)
			return true;
	}
	return false;
}

/*
 * What of the parent's hints does the child bear? Read off the child itself, so
 * that its journal is right whatever happened to the parent since.
 */
static void inherit(struct smadv_record *child, const struct smadv_record *parent, u64 advised)
{
	VMA_ITERATOR(vmi, child->mm, 0);
	struct smadv_mapping mapping;
	struct smadv_entry entry;
	struct vm_area_struct *vma;
	u32 i;

	mmap_read_lock(child->mm);
	for_each_vma(vmi, vma) {
		if (!vma->vm_file || smadv_mapping_hint(vma) == SMART_MADVISE_HINT_NONE)
			continue;
		smadv_mapping_read(vma, &mapping);
		if (!inherited(&parent->journal, &mapping, advised, &entry) &&
		    !inherited(&parent->past, &mapping, advised, &entry))
			continue;
		entry.start = mapping.start;
		entry.end = mapping.end;
		entry.offset = mapping.offset;
		entry.since = 0; /* words of the child, from now on */
		entry.until = U64_MAX;
		i = smadv_journal_lower(&child->journal, entry.start);
		if (i < child->journal.count && child->journal.item[i].start < entry.end)
			continue; /* the child has been hinted there itself */
		smadv_journal_reserve(&child->journal, 1, true);
		smadv_journal_add(&child->journal, &entry);
		child->hints_changed++;
		smadv_stats_inc(HINTS_CHANGED);
		smadv_stats_inc(HINTS_ACTIVE);
	}
	mmap_read_unlock(child->mm);
	/* What looked like the child's own hints may be ours. */
	for (i = 0; i < child->ranges.count; i++)
		child->ranges.item[i].doubtful = true;
}

static void follow_fork(const struct smadv_fork *fork)
{
	struct mm_struct *mm = get_task_mm(fork->child);
	struct smadv_record *child;

	if (!mm)
		return; /* it has exited already */
	child = smadv_map_adopt(fork->child, mm, true); /* unless a fault was faster */
	inherit(child, fork->parent, fork->advised);
	smadv_stats_inc(FORKS_FOLLOWED);
	smadv_event_process(child, SMART_MADVISE_EVENT_KIND_ADOPTED);
	mmput_async(mm);
}

/* Adopt the children of hinted processes, with what they inherited. */
void smadv_restore_follow_forks(void)
{
	struct smadv_fork fork;

	lockdep_assert_held(&smadv_lock);
	while (smadv_observer_next_fork(&fork)) {
		follow_fork(&fork);
		put_task_struct(fork.child);
		smadv_map_put(fork.parent);
	}
}

