// SPDX-License-Identifier: GPL-2.0
#include "heed.h"

#include <linux/ktime.h>
#include <linux/sched/mm.h>

#include "control.h"
#include "event.h"
#include "observer.h"
#include "recording.h"
#include "restore.h"

/* No hint of the module stands on [start, end) any more: tell the ranges there. */
void smadv_heed_clear_hints(struct smadv_record *record, u64 start, u64 end)
{
	const struct smadv_policy *policy = smadv_control_policy();
	u64 now_ms = ktime_to_ms(ktime_get());
	struct smadv_range *range;
	u32 i;

	for (i = smadv_ranges_lower(&record->ranges, start); i < record->ranges.count; i++) {
		range = record->ranges.item[i];
		if (range->start >= end)
			break;
		if (range->hint != SMART_MADVISE_HINT_NONE)
			smadv_range_hinted(range, SMART_MADVISE_HINT_NONE, policy, now_ms);
	}
}

/* An entry ends without a restore, but for children that were born before. */
static void yield_entry(struct smadv_record *record, u32 index)
{
	struct smadv_entry entry = record->journal.item[index];

	smadv_restore_remember(record, &entry);
	smadv_journal_delete(&record->journal, index);
	smadv_stats_inc(HINTS_YIELDED);
	smadv_event_entry(record, SMART_MADVISE_EVENT_KIND_YIELDED, &entry,
			  SMART_MADVISE_REASON_APPLICATION_HINT);
}

/*
 * Give [start, end) up to the application: entries there end without a restore. Its
 * borders are splits of ours when it took our hint away, not when it set its own.
 */
static void give_up(struct smadv_record *record, u64 start, u64 end, u32 splits)
{
	struct smadv_journal *journal = &record->journal;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	if (!journal->count)
		return;
	smadv_journal_isolate(journal, start, end, splits);
	i = smadv_journal_lower(journal, start);
	while (i < journal->count && journal->item[i].start < end)
		yield_entry(record, i);
	smadv_heed_clear_hints(record, start, end);
}

/**
 * smadv_heed_review() - give up entries of which nothing stands any more
 * @record: process
 * @start: first page number
 * @end: first page number behind
 *
 * The application replaced what they cover, or set other hints unseen. Not now,
 * when the mappings are being changed, or were and it was not heeded: what has moved
 * is still looked for where it was.
 */
void smadv_heed_review(struct smadv_record *record, u64 start, u64 end)
{
	struct smadv_journal *journal = &record->journal;
	struct smadv_piece piece;
	u32 i = smadv_journal_lower(journal, start);

	lockdep_assert_held(&smadv_lock);
	if (i == journal->count || !mmget_not_zero(record->mm))
		return;
	if (mmap_read_trylock(record->mm)) {
		/* A move is noted under the lock for writing. */
		while (smadv_notes_heeded(&record->notes) && i < journal->count &&
		       journal->item[i].start < end)
			if (smadv_restore_find(record, &journal->item[i], &piece))
				i++;
			else
				yield_entry(record, i);
		mmap_read_unlock(record->mm);
	}
	mmput_async(record->mm);
}

/*
 * Ranges under an application's advice, which insists on it if it advises against what
 * was put in place of its hint. A range that reaches beyond the advice
 * is split at its border; where there is no room for that, the whole range
 * counts as advised.
 */
static void note_application_hint(struct smadv_record *record, const struct smadv_note *advice)
{
	struct smadv_ranges *set = &record->ranges;
	u64 border[] = { advice->start, advice->end };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(border); i++) {
		struct smadv_range *range = smadv_ranges_find(set, border[i]);

		if (!range || range->start == border[i] || smadv_map_reserve_range(record))
			continue;
		if (smadv_ranges_split(set, smadv_ranges_lower(set, border[i]), border[i]))
			smadv_stats_inc(RANGES);
	}
	for (i = smadv_ranges_lower(set, advice->start);
	     i < set->count && set->item[i]->start < advice->end; i++) {
		struct smadv_range *range = set->item[i];
		struct smadv_entry *entry = smadv_journal_find(&record->journal, range->start);

		smadv_range_advised(range, advice->hint);
		range->insists = advice->hint != SMART_MADVISE_HINT_NONE &&
				 (range->insists ||
				  (entry && entry->hint == SMART_MADVISE_HINT_NORMAL &&
				   !entry->overwritten));
	}
	smadv_recording_advice(record, advice->start, advice->end, advice->hint);
}

/*
 * The application sets a hint itself: forks from now on inherit its own, where
 * those before may have inherited the same from us.
 */
static void end_past(struct smadv_record *record, const struct smadv_note *note)
{
	struct smadv_entry *entry = record->past.item;
	u32 i;

	for (i = 0; i < record->past.count; i++, entry++)
		if (smadv_hint_borne(entry->hint) == note->hint && entry->start < note->end &&
		    entry->end > note->start)
			entry->until = min(entry->until, note->number);
}

/* The application hints a file itself: what bears that hint need not stem from us any more. */
static void note_company(struct smadv_record *record, const struct smadv_note *advice)
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

/*
 * Calls that nobody kept count of: what bears their hint where they were may be
 * the application's. Other hints that they set show in the flags.
 */
static void take_over_vague(struct smadv_record *record, const struct smadv_note *advice)
{
	struct smadv_journal *journal = &record->journal;
	u32 i = smadv_journal_lower(journal, advice->start);

	while (i < journal->count && journal->item[i].start < advice->end)
		if (smadv_hint_borne(journal->item[i].hint) == advice->hint)
			yield_entry(record, i);
		else
			i++;
	for (i = 0; i < record->ranges.count; i++)
		record->ranges.item[i]->doubtful = true;
}

/* Enter what @entry says of [start, end) there, with its hint, at the same place of its file. */
static void enter_copy(struct smadv_record *record, struct smadv_entry entry, u64 start, u64 end)
{
	entry.start = start;
	entry.end = end;
	entry.splits = 0;
	smadv_journal_reserve(&record->journal, 1, true);
	smadv_journal_add(&record->journal, &entry);
}

/* What grows behind an entry bears its hint. */
static void follow_growth(struct smadv_record *record, const struct smadv_note *move, u64 from)
{
	struct smadv_entry *last = smadv_journal_find(&record->journal, from - 1);
	struct smadv_entry entry;

	if (from >= move->to_end || !last || smadv_hint_borne(last->hint) != move->hint)
		return;
	entry = *last;
	entry.offset += from - entry.start;
	enter_copy(record, entry, from, move->to_end);
}

/*
 * A mapping moves, or grows, with the hint that it bears: entries there get copies
 * at the new place. What moved for sure shows at the next look at the mappings, once all
 * is heeded: another part of the same entry may move next.
 */
static void follow_move(struct smadv_record *record, const struct smadv_note *move)
{
	struct smadv_journal *journal = &record->journal;
	u64 moved_end = move->to + move->end - move->start;
	struct smadv_entry entry;
	u32 i;

	if (move->to == move->start) {
		give_up(record, move->end, move->to_end, 0);
		follow_growth(record, move, move->end);
		return;
	}
	give_up(record, move->to, move->to_end, 0);
	for (i = smadv_journal_lower(journal, move->start);
	     i < journal->count && journal->item[i].start < move->end; i++) {
		u64 from = max(journal->item[i].start, move->start);
		u64 end = min(journal->item[i].end, move->end);

		entry = journal->item[i];
		if (smadv_hint_borne(entry.hint) != move->hint)
			continue;
		/* What bears the hint, whatever was mapped there when it was entered */
		entry.file = move->file;
		entry.offset = move->offset + from - move->start;
		enter_copy(record, entry, move->to + from - move->start,
			   move->to + end - move->start);
		i += move->to < from; /* it came before the one it was copied from */
	}
	follow_growth(record, move, moved_end);
}

/* Moves of this hint that nobody kept count of: what bears it is looked for by its file. */
static void follow_vague(struct smadv_record *record, const struct smadv_note *move)
{
	struct smadv_entry *entry = record->journal.item;
	u32 i;

	for (i = 0; i < record->journal.count; i++, entry++)
		if (entry->hint == move->hint)
			entry->alone = true;
}

/*
 * Borders of what is given up that would not be there without the module: where it
 * bears again what was there before.
 */
static u32 splits_left(const struct smadv_record *record, const struct smadv_note *note)
{
	struct smadv_entry *entry = smadv_journal_find(&record->journal, note->start);
	u32 original = entry ? entry->original : SMART_MADVISE_HINT_NONE;

	return note->hint == original && !note->override_only ? SMADV_SPLIT_BOTH : 0;
}

static void take_over(struct smadv_record *record, const struct smadv_note *note)
{
	if (note->to) {
		if (note->vague)
			follow_vague(record, note);
		else
			follow_move(record, note);
		return;
	}
	if (note->vague) {
		take_over_vague(record, note);
		end_past(record, note);
		return;
	}
	note_application_hint(record, note);
	give_up(record, note->start, note->end, splits_left(record, note));
	end_past(record, note);
	note_company(record, note);
}

/**
 * smadv_heed_claim() - is the hint on a range that was not known so far ours?
 * @record: process
 * @range: the range, without a journal entry
 * @mapping: the mapping there
 *
 * It is when it stems from an entry that is the only bearer of this hint for the
 * file: mremap() moved or grew that one. Then the range gets an entry of its own.
 *
 * Return: true when it is.
 */
bool smadv_heed_claim(struct smadv_record *record, const struct smadv_range *range,
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
		entry.offset = mapping->offset + range->start - mapping->start;
		enter_copy(record, entry, range->start, range->end);
		return true;
	}
	return false;
}

/* Narrow [*from, *to) to where a call says something, or puts something; false when it does not. */
static bool comes_upon(const struct smadv_note *note, u64 *from, u64 *to)
{
	u64 start = note->to ?: note->start;

	/* In place, it is what the mapping grows by. */
	if (note->to == note->start && !note->vague)
		start = note->end;
	*from = max(*from, start);
	*to = min(*to, note->to ? note->to_end : note->end);
	return *from < *to;
}

/**
 * smadv_heed_onto() - take over what the application did itself
 * @record: process, smadv_lock held
 * @start: first page number
 * @end: first page number behind
 *
 * What it advised is its own from then on: journal entries there are given up,
 * and the ranges bear its hint. What it moved is known at its new place, and at the old
 * one until smadv_heed_review().
 *
 * Return: true when it moved something onto [start, end).
 */
bool smadv_heed_onto(struct smadv_record *record, u64 start, u64 end)
{
	u32 pending = smadv_notes_pending(&record->notes);
	struct smadv_note note;
	bool moved = false;

	/* What comes meanwhile can wait. */
	while (pending-- && smadv_notes_take(&record->notes, &note)) {
		u64 from = start, to = end;

		take_over(record, &note);
		moved |= note.to && comes_upon(&note, &from, &to);
	}
	return moved;
}

/* The same. Return: true when it moved something anywhere. */
bool smadv_heed(struct smadv_record *record)
{
	return smadv_heed_onto(record, 0, U64_MAX);
}

/*
 * The application said @note, or moved there what bears it, and @put may have been put over
 * it on [from, to) before that was seen: its word is to be said again, wherever what it is
 * about is by then. What bears a hint of ours has an entry already.
 */
static void enter_word(struct smadv_record *record, const struct smadv_note *note,
		       u64 from, u64 to, const struct smadv_entry *put)
{
	struct smadv_entry entry = *put;
	u64 end = to;

	if (smadv_hint_borne(put->hint) == note->hint)
		return;
	entry.original = note->hint;
	entry.alone = false;
	entry.overwritten = true;
	entry.since = note->number;
	entry.until = U64_MAX;
	if (entry.hint == SMART_MADVISE_HINT_NORMAL)
		WRITE_ONCE(record->overridden, true);
	for (; smadv_journal_gap(&record->journal, &from, &end); from = end, end = to) {
		entry.offset = put->offset + from - put->start;
		enter_copy(record, entry, from, end);
	}
}

/**
 * smadv_heed_settle() - heed, after the module advised pages
 * @record: process, smadv_lock held
 * @put: what it said of them, as if it stood there: NORMAL for none
 * @start: first page number of them
 * @end: first page number behind
 *
 * If the application advised them too in the meantime, or moved a mapping there,
 * its word may have been overwritten. The caller is to smadv_restore(), any stretch, which
 * says all of these again.
 *
 * Return: true when it did nothing to [start, end).
 */
bool smadv_heed_settle(struct smadv_record *record, const struct smadv_entry *put, u64 start,
		       u64 end)
{
	u32 pending = smadv_notes_pending(&record->notes);
	struct smadv_note note;
	bool ours = true;
	u64 from, to;

	/* What is noted from now on is done to what we did. */
	while (pending-- && smadv_notes_take(&record->notes, &note)) {
		take_over(record, &note);
		from = start;
		to = end;
		if (!comes_upon(&note, &from, &to))
			continue;
		ours = false;
		if (!note.vague)
			enter_word(record, &note, from, to, put);
		cond_resched();
	}
	return ours;
}
