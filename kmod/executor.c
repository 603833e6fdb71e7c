// SPDX-License-Identifier: GPL-2.0
#include "executor.h"

#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/sched/mm.h>

#include "advise.h"
#include "control.h"
#include "core/budget.h"
#include "heed.h"
#include "mapping.h"
#include "observer.h"
#include "restore.h"
#include "taskmap.h"
#include "trace.h"

/* A task that could not get at its process, or at the budget, is given up after this. */
#define TASK_PATIENCE_MS	1000
/* A refused hint is not asked for again before this. */
#define REFUSAL_HOLD_MS		1000

static struct smadv_budget budget;

/**
 * struct survey - what is found on a stretch before it is advised
 * @entry: what the journal will say of it, but for what shows afterwards
 * @inside: SMADV_SPLIT_*: borders of the stretch that lie inside a mapping
 * @reason: why it must not be advised
 */
struct survey {
	struct smadv_entry entry;
	u32 inside;
	u32 reason;
};

/* Does a mapping bear what it may bear when it gets @hint? */
static bool is_expected(const struct smadv_range *range, const struct smadv_mapping *mapping,
			const struct smadv_entry *entry, u32 hint)
{
	if (entry && smadv_hint_borne(entry->hint) == mapping->hint &&
	    entry->file == mapping->file)
		return entry->hint == hint; /* ours */
	return mapping->hint == (hint == SMART_MADVISE_HINT_NORMAL ? range->application_hint :
								     SMART_MADVISE_HINT_NONE);
}

/*
 * May [range->start, range->end) be advised? Every page of it must still belong
 * to the range's mapping, and bear no hint but the same of ours, or the application's that
 * NORMAL shall replace. mmap lock held.
 */
static bool survey_range(struct smadv_record *record, struct smadv_range *range, u32 hint,
			 struct survey *survey)
{
	struct vm_area_struct *vma = NULL;
	struct smadv_mapping mapping;
	struct smadv_entry *entry;
	u64 page = range->start;

	survey->inside = 0;
	survey->entry = (struct smadv_entry){
		.start = range->start, .end = range->end,
		.hint = hint, .since = record->notes.heeded, .until = U64_MAX,
		.original = range->application_hint,
	};
	while (page < range->end) {
		vma = vma_lookup(record->mm, page << PAGE_SHIFT);
		survey->reason = SMART_MADVISE_REASON_MAPPING_GONE;
		if (!vma || !smadv_mapping_watched(vma))
			return false;
		smadv_mapping_read(vma, &mapping);
		if (mapping.id != range->mapping)
			return false;
		entry = smadv_journal_find(&record->journal, page);
		if (!is_expected(range, &mapping, entry, hint)) {
			if (mapping.hint != SMART_MADVISE_HINT_NONE)
				smadv_range_advised(range, mapping.hint);
			survey->reason = SMART_MADVISE_REASON_APPLICATION_HINT;
			return false;
		}
		survey->entry.file = mapping.file;
		if (page == range->start)
			survey->entry.offset = mapping.offset + page - mapping.start;
		if (mapping.start < range->start)
			survey->inside |= SMADV_SPLIT_START;
		if (mapping.end > range->end)
			survey->inside |= SMADV_SPLIT_END;
		page = mapping.end;
	}
	/* What a hint beside it has split is the stretch's border, too, and outlives that hint. */
	survey->entry.splits = survey->inside;
	if (smadv_journal_has_split(&record->journal, range->start))
		survey->entry.splits |= SMADV_SPLIT_START;
	if (smadv_journal_has_split(&record->journal, range->end))
		survey->entry.splits |= SMADV_SPLIT_END;
	return true;
}

/* Splits that would stand after @entry replaced what is there. */
static u32 splits_with(const struct smadv_record *record, const struct smadv_entry *entry)
{
	return smadv_journal_splits_outside(&record->journal, entry->start, entry->end) +
	       hweight32(entry->splits);
}

/*
 * Is the range the only thing of its file that bears the hint, but for what the
 * module changed? mmap lock held.
 */
static bool is_alone(struct smadv_record *record, const struct smadv_range *range, u64 file,
		     u32 hint)
{
	VMA_ITERATOR(vmi, record->mm, 0);
	struct smadv_mapping mapping;
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma) {
		if (!vma->vm_file || smadv_mapping_hint(vma) != hint)
			continue;
		smadv_mapping_read(vma, &mapping);
		if (mapping.file != file)
			continue;
		/* Parts to the left and to the right of the range, merged with it or not. */
		if (mapping.start < range->start &&
		    !smadv_journal_find(&record->journal, mapping.start))
			return false;
		if (mapping.end > range->end &&
		    !smadv_journal_find(&record->journal, mapping.end - 1))
			return false;
	}
	return true;
}

/* What another file was mapped by in the meantime, and got the hint, has an entry of its own. */
static void enter_stranger(struct smadv_record *record, const struct smadv_range *range,
			   const struct smadv_mapping *mapping)
{
	u64 start = max(mapping->start, range->start), end = min(mapping->end, range->end);
	struct smadv_entry *entry;

	smadv_journal_isolate(&record->journal, start, end, 0);
	entry = smadv_journal_find(&record->journal, start);
	entry->file = mapping->file;
	entry->offset = mapping->offset + start - mapping->start;
	entry->alone = false;
}

/*
 * Enter the range into the journal. All of it, whatever is mapped there by now:
 * what was moved away since it got the hint is followed from there, and what did
 * not get it goes at the next look. Earlier entries of the same hint count as restored.
 *
 * Return: number of mappings that bear the hint.
 */
static u32 enter(struct smadv_record *record, const struct smadv_range *range, u32 hint,
		 const struct survey *survey)
{
	VMA_ITERATOR(vmi, record->mm, range->start << PAGE_SHIFT);
	struct smadv_journal *journal = &record->journal;
	struct smadv_entry entry = survey->entry;
	struct vm_area_struct *vma;
	struct smadv_mapping mapping;
	u32 i, bearers = 0;

	smadv_journal_isolate(journal, range->start, range->end, entry.splits);
	i = smadv_journal_lower(journal, range->start);
	while (i < journal->count && journal->item[i].start < range->end) {
		smadv_restore_remember(record, &journal->item[i]);
		smadv_journal_delete(journal, i);
		smadv_stats_inc(HINTS_RESTORED);
	}
	smadv_journal_reserve(journal, 1, true);
	record->hints_changed++;

	mmap_read_lock(record->mm);
	entry.alone = hint != SMART_MADVISE_HINT_NORMAL && !smadv_observer_sees_moves() &&
		      is_alone(record, range, entry.file, hint);
	smadv_journal_add(journal, &entry);
	for_each_vma_range(vmi, vma, range->end << PAGE_SHIFT) {
		if (!vma->vm_file || smadv_mapping_hint(vma) != smadv_hint_borne(hint))
			continue;
		bearers++;
		smadv_mapping_read(vma, &mapping);
		if (mapping.id != range->mapping && hint != SMART_MADVISE_HINT_NORMAL)
			enter_stranger(record, range, &mapping);
	}
	mmap_read_unlock(record->mm);
	return bearers;
}

/* What became of one attempt at a task. */
struct attempt {
	u32 state;
	u32 reason;
	u32 error;
};

static struct attempt applied(const struct smadv_task *task)
{
	return (struct attempt){ SMART_MADVISE_TASK_STATE_APPLIED, task->reason, 0 };
}

/* Not now: the task stays queued. */
static struct attempt deferred(const struct smadv_task *task)
{
	return (struct attempt){ SMART_MADVISE_TASK_STATE_QUEUED, task->reason, 0 };
}

static struct attempt refused(u32 reason, int err)
{
	return (struct attempt){ SMART_MADVISE_TASK_STATE_REFUSED, reason, -err };
}

static struct attempt cancelled(u32 reason)
{
	return (struct attempt){ SMART_MADVISE_TASK_STATE_CANCELLED, reason, 0 };
}

/*
 * Take the mmap lock for writing, unless that may take long: a writer holds it,
 * or waits behind a reader that does not come back.
 */
static bool lock_soon(struct mm_struct *mm)
{
	if (!mmap_read_trylock(mm))
		return false;
	mmap_read_unlock(mm);
	return !mmap_write_lock_killable(mm);
}

/* Hint one range. mm_users held. */
static struct attempt hint_range(struct smadv_record *record, struct smadv_range *range,
				 const struct smadv_task *task)
{
	bool by_flags = smadv_advise_kind() == SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS;
	struct survey survey;
	bool fits, ours;
	u32 reason, bearers;
	int err;

	/* A task walks in with memory at hand: what it changes can always be noted. */
	err = smadv_journal_reserve(&record->journal, 4, false) ?:
	      smadv_journal_reserve(&record->past, 1, false);
	if (err)
		return refused(SMART_MADVISE_REASON_MEMORY_LIMIT, err);

	WRITE_ONCE(record->settling, true); /* until the task is tried, or restored */
	if (!lock_soon(record->mm))
		return deferred(task);
	if (!survey_range(record, range, task->hint, &survey)) {
		mmap_write_unlock(record->mm);
		range->doubtful = true; /* it does not know what is mapped here */
		return survey.reason == SMART_MADVISE_REASON_MAPPING_GONE ?
			       cancelled(survey.reason) : refused(survey.reason, 0);
	}
	fits = splits_with(record, &survey.entry) <= smadv_control_policy()->max_splits &&
	       !(by_flags && survey.inside);
	if (fits) { /* observers and forks look there, after this hold of the lock */
		if (task->hint == SMART_MADVISE_HINT_NORMAL)
			WRITE_ONCE(record->overridden, true);
		smadv_restore_remember(record, &survey.entry);
	}
	if (fits && by_flags)
		smadv_advise_mappings(record->mm, range->start, range->end, range->hint,
				      task->hint);
	mmap_write_unlock(record->mm);
	if (!fits) {
		smadv_stats_inc(SPLIT_LIMIT_HITS);
		return refused(SMART_MADVISE_REASON_SPLIT_LIMIT, 0);
	}

	if (!by_flags)
		err = smadv_advise(record, range->start, range->end, task->hint);
	bearers = enter(record, range, task->hint, &survey);
	ours = smadv_heed_settle(record, &survey.entry, task->start, task->end);
	if (!bearers)
		smadv_heed_review(record, task->start, task->end);
	if (!err && ours)
		return bearers ? applied(task) : cancelled(SMART_MADVISE_REASON_MAPPING_GONE);
	/* All or nothing. */
	reason = ours ? SMART_MADVISE_REASON_KERNEL_REFUSED :
			SMART_MADVISE_REASON_APPLICATION_HINT;
	smadv_restore(record, task->start, task->end, reason, NULL);
	return refused(reason, err);
}

/*
 * Does the application forbid the task? A hint in place of its own needs all that it
 * may do to be seen, for what bears none tells nobody why.
 */
static bool is_forbidden(const struct smadv_range *range, const struct smadv_task *task)
{
	if (task->hint == SMART_MADVISE_HINT_NORMAL)
		return range->application_hint == SMART_MADVISE_HINT_NONE || range->insists ||
		       !smadv_observer_sees_all();
	return range->application_hint != SMART_MADVISE_HINT_NONE &&
	       range->hint != SMART_MADVISE_HINT_NORMAL;
}

/* Does another hint of ours stand on a part of what is to get the task's? */
static bool bears_another(const struct smadv_record *record, const struct smadv_task *task)
{
	const struct smadv_journal *journal = &record->journal;
	u32 i = smadv_journal_lower(journal, task->start);

	for (; i < journal->count && journal->item[i].start < task->end; i++)
		if (journal->item[i].hint != task->hint)
			return true;
	return false;
}

/* The range that the task is for, if there is still one. */
static struct smadv_range *range_of(const struct smadv_task *task)
{
	struct smadv_range *range = smadv_ranges_find(&task->record->ranges, task->start);

	return range && range->start == task->start && range->end == task->end ? range : NULL;
}

/*
 * One hint is never put in place of another: what moves away with the former one in that
 * moment is found by an entry of its own. The two changes are one to the hold.
 */
static struct attempt change_hint(struct smadv_record *record, struct smadv_range *range,
				  const struct smadv_task *task)
{
	struct smadv_hold hold = range->hold;
	int err;

	if (task->hint != SMART_MADVISE_HINT_NONE && !bears_another(record, task))
		return hint_range(record, range, task);
	err = smadv_restore(record, task->start, task->end, SMART_MADVISE_REASON_PATTERN_CHANGED,
			    NULL);
	if (err)
		return refused(SMART_MADVISE_REASON_KERNEL_REFUSED, err);
	if (task->hint == SMART_MADVISE_HINT_NONE)
		return applied(task);
	range = range_of(task);
	if (!range)
		return cancelled(SMART_MADVISE_REASON_SUPERSEDED);
	range->hold = hold;
	return hint_range(record, range, task);
}

static struct attempt try_task(const struct smadv_task *task)
{
	struct smadv_record *record = task->record;
	struct smadv_range *range;
	struct attempt attempt;

	smadv_heed(record);
	range = range_of(task);
	if (!range)
		return cancelled(SMART_MADVISE_REASON_SUPERSEDED);
	if (is_forbidden(range, task))
		return refused(SMART_MADVISE_REASON_APPLICATION_HINT, 0);
	if (!mmget_not_zero(record->mm))
		return cancelled(SMART_MADVISE_REASON_PROCESS_GONE);
	attempt = change_hint(record, range, task);
	WRITE_ONCE(record->settling, false);
	mmput_async(record->mm);
	return attempt;
}

/* Take the outcome over into the range, if it is still there. */
static void conclude(struct smadv_task *task, const struct attempt *attempt, u64 now_ms)
{
	struct smadv_record *record = task->record;
	struct smadv_range *range = smadv_ranges_find(&record->ranges, task->start);

	if (range && attempt->state == SMART_MADVISE_TASK_STATE_APPLIED &&
	    task->hint != SMART_MADVISE_HINT_NONE)
		smadv_range_hinted(range, task->hint, smadv_control_policy(), now_ms);
	else if (range && attempt->state == SMART_MADVISE_TASK_STATE_REFUSED)
		range->hold.until_ms = now_ms + REFUSAL_HOLD_MS;
	smadv_taskmap_finish(task, attempt->state, attempt->reason, attempt->error);
	trace_smadv_apply(task);
}

/**
 * smadv_executor_run() - carry out the queued tasks
 * @now_ms: current time
 *
 * Takes them in order of filing. A task whose process is busy stays queued and
 * does not hold up the others; when the hint budget is empty all wait. Either
 * way a task is refused once it is TASK_PATIENCE_MS old.
 *
 * Return: time in ms after which to run again, U64_MAX when nothing waits.
 */
u64 smadv_executor_run(u64 now_ms)
{
	u32 per_second = smadv_control_policy()->hints_per_second;
	u64 wait_ms = U64_MAX;
	struct smadv_task *task;
	struct attempt attempt;
	u64 id = 0;

	lockdep_assert_held(&smadv_lock);
	while ((task = smadv_taskmap_next_queued(id))) {
		bool old = ktime_get_boottime_ns() - task->filed_ns >
			   TASK_PATIENCE_MS * (u64)NSEC_PER_MSEC;

		id = task->id;
		if (task->hint != SMART_MADVISE_HINT_NONE &&
		    smadv_budget_wait_ms(&budget, per_second, now_ms)) {
			if (!task->deferred)
				smadv_stats_inc(RATE_LIMIT_HITS);
			task->deferred = true;
			wait_ms = smadv_budget_wait_ms(&budget, per_second, now_ms);
			if (!old)
				break;
			attempt = refused(SMART_MADVISE_REASON_RATE_LIMIT, 0);
		} else {
			attempt = try_task(task);
		}
		if (attempt.state == SMART_MADVISE_TASK_STATE_QUEUED) {
			wait_ms = 1;
			if (!old)
				continue;
			attempt = refused(SMART_MADVISE_REASON_LOCK_CONTENDED, 0);
		}
		if (attempt.state == SMART_MADVISE_TASK_STATE_APPLIED &&
		    task->hint != SMART_MADVISE_HINT_NONE)
			smadv_budget_take(&budget, per_second, now_ms);
		conclude(task, &attempt, now_ms);
	}
	return wait_ms;
}

void smadv_executor_init(void)
{
	smadv_budget_init(&budget, smadv_control_policy()->hints_per_second,
			  ktime_to_ms(ktime_get()));
}
