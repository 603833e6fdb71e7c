// SPDX-License-Identifier: GPL-2.0
#include "inherit.h"

#include <linux/sched/mm.h>

#include "control.h"
#include "event.h"
#include "heed.h"
#include "newborn.h"
#include "restore.h"

/*
 * Enter @entry into the child's journal, but for what has entries there already;
 * @standing: only what the child bears of it now, but for its children, who may bear more.
 */
static void inherit_entry(struct smadv_record *child, struct smadv_entry entry, bool standing)
{
	u64 start = entry.start, end = entry.end, offset = entry.offset;
	struct smadv_journal *journal = &child->journal;
	struct smadv_piece piece;

	entry.splits = 0;
	entry.since = 0; /* by the notes of the child, from now on */
	entry.until = U64_MAX;
	for (; smadv_journal_gap(journal, &entry.start, &entry.end);
	     entry.start = entry.end, entry.end = end) {
		entry.offset = offset + entry.start - start;
		if (standing && !smadv_restore_find(child, &entry, &piece)) {
			/* Its own children were born before that, if they wait already. */
			if (smadv_newborn_is_parent(child))
				smadv_restore_remember(child, &entry);
			continue;
		}
		smadv_journal_reserve(journal, 1, true);
		smadv_journal_add(journal, &entry);
		child->hints_changed++;
	}
}

/* What came last first. @move: only what that moves, whatever is there now */
static void inherit_from(struct smadv_record *child, const struct smadv_journal *journal,
			 u64 noted, const struct smadv_note *move)
{
	struct smadv_entry entry;
	u32 i = journal->count;

	while (i--) {
		entry = journal->item[i];
		if (noted < entry.since || noted >= entry.until)
			continue;
		if (move) {
			if (smadv_hint_borne(entry.hint) != move->hint ||
			    entry.start >= move->end || entry.end <= move->start)
				continue;
			entry.offset += max(entry.start, move->start) - entry.start;
			entry.start = max(entry.start, move->start);
			entry.end = min(entry.end, move->end);
		}
		inherit_entry(child, entry, !move);
	}
}

/*
 * What the child did so far, as if it had been followed before: what it moved was
 * at its old place when it was born.
 */
static void catch_up(struct smadv_record *child, const struct smadv_newborn *newborn)
{
	struct smadv_note note;
	u32 i;

	for (i = 0; smadv_notes_peek(&child->notes, i, &note); i++) {
		if (!note.to)
			continue;
		inherit_from(child, &newborn->parent->journal, newborn->noted, &note);
		inherit_from(child, &newborn->parent->past, newborn->noted, &note);
	}
	smadv_heed(child);
}

/*
 * What of the parent's hints does the child bear? Read off the child itself, so
 * that its journal is right whatever happened to the parent since.
 */
static void inherit_all(struct smadv_record *child, const struct smadv_newborn *newborn)
{
	u32 i;

	mmap_read_lock(child->mm);
	inherit_from(child, &newborn->parent->journal, newborn->noted, NULL);
	inherit_from(child, &newborn->parent->past, newborn->noted, NULL);
	mmap_read_unlock(child->mm);
	/* What looked like the child's own hints may be ours. */
	for (i = 0; i < child->ranges.count; i++)
		child->ranges.item[i]->doubtful = true;
}

/*
 * Hints were taken back, for good or for this process, while it was born: what it took
 * along goes, too. A sweep drops it when nothing is watched.
 */
static void take_back(struct smadv_record *child)
{
	const struct smadv_policy *policy = smadv_control_policy();
	u32 reason = SMART_MADVISE_REASON_POLICY_CHANGED;

	if (policy->enabled && policy->governor != SMART_MADVISE_GOVERNOR_OBSERVE) {
		if (!child->excluded)
			return;
		reason = SMART_MADVISE_REASON_FILTERED;
	}
	smadv_restore(child, 0, U64_MAX, reason, NULL);
}

/* False when its address space is gone: it has exited, or runs another program. */
static bool follow(const struct smadv_newborn *newborn)
{
	struct mm_struct *mm = newborn->mm;
	struct smadv_record *child;

	if (!mmget_not_zero(mm))
		return false;
	/* Its journal is as it was at the fork, or in its past. */
	if (!newborn->parent->removed)
		smadv_heed(newborn->parent);
	child = smadv_map_adopt(newborn->child, mm, true); /* unless a fault was faster */
	inherit_all(child, newborn);
	catch_up(child, newborn);
	smadv_stats_inc(FORKS_FOLLOWED);
	smadv_event_process(child, SMART_MADVISE_EVENT_KIND_ADOPTED);
	/* What was overwritten or taken back while it was born */
	smadv_restore(child, 0, 0, SMART_MADVISE_REASON_APPLICATION_HINT, NULL);
	take_back(child);
	smadv_restore_drop_unwatched(child);
	mmput_async(mm);
	return true;
}

/* Adopt the children of hinted processes, with what they inherited. smadv_lock held. */
void smadv_inherit(void)
{
	const struct smadv_newborn *newborn;

	lockdep_assert_held(&smadv_lock);
	while ((newborn = smadv_newborn_first()))
		smadv_newborn_end(follow(newborn));
}
