// SPDX-License-Identifier: GPL-2.0
#include "taskmap.h"

#include <linux/ktime.h>
#include <linux/slab.h>

#include "event.h"

/* Tasks kept for show after their end, the oldest go first. */
#define TASKS_KEPT	512

static LIST_HEAD(tasks);
static u32 tasks_kept;
static u64 last_id;

static bool is_queued(const struct smadv_task *task)
{
	return task->state == SMART_MADVISE_TASK_STATE_QUEUED;
}

/* Faults recorded of a process so far, those not yet looked at included. */
static u64 recorded_faults(const struct smadv_record *record)
{
	return record->faults + (u32)(atomic_read(&record->head) - record->tail);
}

static void trim(void)
{
	struct smadv_task *task, *next;

	list_for_each_entry_safe(task, next, &tasks, link) {
		if (tasks_kept <= TASKS_KEPT)
			return;
		if (is_queued(task))
			continue;
		list_del(&task->link);
		tasks_kept--;
		smadv_map_uncharge(sizeof(*task));
		kfree(task);
	}
}

static void file(struct smadv_record *record, const struct smadv_range *range)
{
	struct smadv_task *task;

	trim();
	if (smadv_map_charge(sizeof(*task), false))
		return;
	task = kzalloc(sizeof(*task), GFP_KERNEL);
	if (!task) {
		smadv_map_uncharge(sizeof(*task));
		return;
	}
	task->record = record;
	task->id = ++last_id;
	task->pid = pid_nr(record->pid);
	task->viewer = record->viewer;
	smadv_map_comm(record, task->comm);
	task->start = range->start;
	task->end = range->end;
	task->hint = range->verdict.hint;
	task->state = SMART_MADVISE_TASK_STATE_QUEUED;
	task->reason = range->verdict.reason;
	task->filed_ns = ktime_get_boottime_ns();
	task->filed_faults = recorded_faults(record);
	list_add_tail(&task->link, &tasks);
	tasks_kept++;
	smadv_stats_inc(TASKS_FILED);
	smadv_stats_inc(TASKS_QUEUED);
}

/**
 * smadv_taskmap_want() - bring the queue in line with the verdict of a range
 * @record: process
 * @range: one of its ranges
 *
 * Files a task when the hint wanted is not the one standing and none is queued
 * for it yet. Queued tasks that overlap the range and want something else, or
 * that were made for other borders, are superseded.
 */
void smadv_taskmap_want(struct smadv_record *record, const struct smadv_range *range)
{
	bool wanted = range->verdict.hint != range->hint;
	struct smadv_task *task;

	lockdep_assert_held(&smadv_lock);
	if (smadv_stats_read(SMART_MADVISE_A_STATS_TASKS_QUEUED)) {
		list_for_each_entry(task, &tasks, link) {
			if (!is_queued(task) || task->record != record ||
			    task->end <= range->start || task->start >= range->end)
				continue;
			if (wanted && task->hint == range->verdict.hint &&
			    task->start == range->start && task->end == range->end)
				wanted = false; /* it is queued already */
			else
				smadv_taskmap_finish(task, SMART_MADVISE_TASK_STATE_CANCELLED,
						     SMART_MADVISE_REASON_SUPERSEDED, 0);
		}
	}
	if (wanted)
		file(record, range);
}

/**
 * smadv_taskmap_finish() - end a queued task
 * @task: task
 * @state: applied, refused or cancelled
 * @reason: why
 * @error: positive errno of a refusal by the kernel
 */
void smadv_taskmap_finish(struct smadv_task *task, u32 state, u32 reason, u32 error)
{
	lockdep_assert_held(&smadv_lock);

	task->state = state;
	task->reason = reason;
	task->error = error;
	task->done_ns = ktime_get_boottime_ns();
	task->done_faults = recorded_faults(task->record);
	smadv_stats_dec(TASKS_QUEUED);
	switch (state) {
	case SMART_MADVISE_TASK_STATE_APPLIED:
		smadv_stats_inc(TASKS_APPLIED);
		break;
	case SMART_MADVISE_TASK_STATE_REFUSED:
		smadv_stats_inc(TASKS_REFUSED);
		break;
	default:
		smadv_stats_inc(TASKS_CANCELLED);
	}
	smadv_event_task(task);
	task->record = NULL;
}

/* Cancel every queued task of @record, or of all processes when it is NULL. */
void smadv_taskmap_cancel(const struct smadv_record *record, u32 reason)
{
	struct smadv_task *task;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry(task, &tasks, link)
		if (is_queued(task) && (!record || task->record == record))
			smadv_taskmap_finish(task, SMART_MADVISE_TASK_STATE_CANCELLED, reason, 0);
}

struct smadv_task *smadv_taskmap_next(u64 after_id)
{
	struct smadv_task *task;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry(task, &tasks, link)
		if (task->id > after_id)
			return task;
	return NULL;
}

struct smadv_task *smadv_taskmap_next_queued(u64 after_id)
{
	struct smadv_task *task;

	lockdep_assert_held(&smadv_lock);
	if (!smadv_stats_read(SMART_MADVISE_A_STATS_TASKS_QUEUED))
		return NULL;
	list_for_each_entry(task, &tasks, link)
		if (is_queued(task) && task->id > after_id)
			return task;
	return NULL;
}

/* Every task has ended. */
void smadv_taskmap_exit(void)
{
	struct smadv_task *task, *next;

	list_for_each_entry_safe(task, next, &tasks, link) {
		WARN_ON_ONCE(is_queued(task));
		smadv_map_uncharge(sizeof(*task));
		kfree(task);
	}
}
