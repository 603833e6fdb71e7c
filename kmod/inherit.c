// SPDX-License-Identifier: GPL-2.0
#include "inherit.h"

#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "event.h"
#include "heed.h"
#include "observer.h"
#include "restore.h"

/* Take over what of @entry the child bears, but for what it has entries on already. */
static void inherit_entry(struct smadv_record *child, struct smadv_entry entry)
{
	struct smadv_journal *journal = &child->journal;
	u64 next, end = entry.end, reach = entry.reach;
	struct smadv_piece piece;
	u32 i;

	entry.splits = 0;
	entry.since = 0; /* by the notes of the child, from now on */
	entry.until = U64_MAX;
	for (; entry.start < end; entry.offset += next - entry.start, entry.start = next) {
		i = smadv_journal_lower(journal, entry.start);
		next = i < journal->count ? min(end, journal->item[i].end) : end;
		entry.end = i < journal->count ? min(end, journal->item[i].start) : end;
		entry.reach = entry.end == end ? reach : entry.end;
		if (entry.start >= entry.end || !smadv_restore_find(child, &entry, &piece))
			continue;
		smadv_journal_reserve(journal, 1, true);
		smadv_journal_add(journal, &entry);
		child->hints_changed++;
		smadv_stats_inc(HINTS_CHANGED);
		smadv_stats_inc(HINTS_ACTIVE);
	}
}

static void inherit_from(struct smadv_record *child, const struct smadv_journal *journal,
			 u64 noted)
{
	const struct smadv_entry *entry = journal->item;
	u32 i;

	for (i = 0; i < journal->count; i++, entry++)
		if (entry->since <= noted && noted < entry->until)
			inherit_entry(child, *entry);
}

/*
 * What of the parent's hints does the child bear? Read off the child itself, so
 * that its journal is right whatever happened to the parent since.
 */
static void inherit_all(struct smadv_record *child, const struct smadv_fork *fork)
{
	u32 i;

	mmap_read_lock(child->mm);
	inherit_from(child, &fork->parent->journal, fork->noted);
	inherit_from(child, &fork->parent->past, fork->noted);
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
	if (mm != fork->mm) {
		mmput_async(mm); /* it runs another program already */
		return;
	}
	if (!fork->parent->removed)
		smadv_heed(fork->parent); /* its journal is as it was at the fork, or in its past */
	child = smadv_map_adopt(fork->child, mm, true); /* unless a fault was faster */
	inherit_all(child, fork);
	smadv_stats_inc(FORKS_FOLLOWED);
	smadv_event_process(child, SMART_MADVISE_EVENT_KIND_ADOPTED);
	mmput_async(mm);
}

/* Adopt the children of hinted processes, with what they inherited. smadv_lock held. */
void smadv_inherit(void)
{
	struct smadv_fork fork;

	lockdep_assert_held(&smadv_lock);
	while (smadv_observer_next_fork(&fork)) {
		follow_fork(&fork);
		put_task_struct(fork.child);
		smadv_map_put(fork.parent);
	}
}
