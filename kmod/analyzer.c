// SPDX-License-Identifier: GPL-2.0
#include "analyzer.h"

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/wait.h>

#include "control.h"
#include "core/duty.h"
#include "event.h"
#include "executor.h"
#include "filter.h"
#include "gather.h"
#include "heed.h"
#include "inherit.h"
#include "map.h"
#include "recording.h"
#include "restore.h"

/*
 * Rounds follow each other at this distance at least, so that the analyzer's
 * cost is bounded however fast faults come. Together with SMADV_WAKE_FAULTS it
 * bounds the delay from evidence to hint.
 */
#define ROUND_US	1000
/* What no fault announces is looked at this often: exits, idleness, stragglers. */
#define SWEEP_MS	250
/* Records whose mappings are compared with their ranges in one sweep. */
#define SWEEP_RECORDS	64
/* When those that can wait had no time, it is tried again after this. */
#define QUEUE_MS	10

static struct task_struct *thread;
static DECLARE_WAIT_QUEUE_HEAD(wait);
static bool pending;
static u64 sweep_cursor;

/*
 * Records of which nothing new is expected wait here until there is time for them;
 * they stay marked as dirty, and hold the reference of the dirty list. Analyzer only.
 */
static LIST_HEAD(queue);
static struct smadv_duty duty;
static u64 round_clock, charged_ns;

/* Hard interrupt context, or a thread on PREEMPT_RT. */
static void wake_thread(struct irq_work *work)
{
	WRITE_ONCE(pending, true);
	wake_up(&wait);
}

static DEFINE_IRQ_WORK(wake_work, wake_thread);

/*
 * The hook must take no lock, and a wake-up takes some: an interrupt of our own
 * does it. While a wake-up is pending already, this is one test.
 */
notrace void smadv_analyzer_wake(void)
{
	if (!READ_ONCE(pending))
		irq_work_queue(&wake_work);
}

/* Is there time in this round for what can wait? */
static bool has_time(void)
{
	return smadv_duty_has_time(&duty, local_clock() - round_clock);
}

static void analyze(struct smadv_record *record, u64 now_ms)
{
	if (record->removed || record->excluded)
		return;
	if (smadv_heed(record))
		smadv_heed_review(record, 0, U64_MAX);
	smadv_gather(record, now_ms, !list_empty(&record->queued));
	/* More than a round's worth came: go on in the next one. */
	if ((u32)atomic_read(&record->head) != record->tail) {
		smadv_map_mark_dirty(record);
		smadv_analyzer_wake();
	}
}

/* The address space of the process of @task, which may be a thread that has ended since. */
static struct mm_struct *process_mm(struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	struct task_struct *thread;

	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = get_task_mm(thread);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

static void adopt_requests(void)
{
	struct smadv_record *record;
	struct task_struct *task;
	struct mm_struct *mm;

	while ((task = smadv_map_next_request())) {
		mm = process_mm(task);
		if (mm) {
			if (!smadv_map_lookup(mm)) {
				record = smadv_map_adopt(task, mm, false);
				if (record && !record->excluded)
					smadv_event_process(record,
							    SMART_MADVISE_EVENT_KIND_ADOPTED);
			}
			mmput_async(mm);
		}
		put_task_struct(task);
	}
}

/* From here on the hook may put @record on the dirty list again. */
static void clear_dirty(struct smadv_record *record)
{
	clear_bit(SMADV_RECORD_DIRTY, &record->flags);
	smp_mb__after_atomic(); /* and what it recorded before is seen now */
}

static void dequeue(struct smadv_record *record)
{
	list_del_init(&record->queued);
	smadv_map_put(record);
}

/* What is new comes first; the others in turn, as long as there is time. */
static void analyze_dirty(u64 now_ms)
{
	struct smadv_record *record, *next;

	llist_for_each_entry_safe(record, next, smadv_map_take_dirty(), dirty) {
		if (smadv_gather_is_calm(record) && !(list_empty(&queue) && has_time())) {
			list_add_tail(&record->queued, &queue);
			continue;
		}
		clear_dirty(record);
		analyze(record, now_ms);
		smadv_map_put(record);
	}
	while (!list_empty(&queue) && has_time()) {
		record = list_first_entry(&queue, struct smadv_record, queued);
		clear_dirty(record);
		analyze(record, now_ms);
		dequeue(record);
	}
}

/* Follow the filters when what they look at has changed. */
static void filter(struct smadv_record *record)
{
	bool excluded = smadv_filter_excludes(record);

	if (excluded == record->excluded)
		return;
	if (excluded)
		smadv_control_exclude(record);
	else
		smadv_map_exclude(record, false);
}

static void sweep(u64 now_ms)
{
	struct smadv_record *record, *next;
	u32 pruned = 0;

	smadv_inherit();
	list_for_each_entry_safe(record, next, &smadv_map_records, link) {
		if (!atomic_read(&record->mm->mm_users)) {
			smadv_restore_forget(record);
			continue;
		}
		analyze(record, now_ms);
		if (!list_empty(&record->queued) && !smadv_gather_is_calm(record)) {
			clear_dirty(record);
			dequeue(record);
		}
		smadv_gather_idle(record, now_ms);
		filter(record);
		smadv_restore_forget_past(record, now_ms);
		if (record->id > sweep_cursor && pruned < SWEEP_RECORDS) {
			smadv_gather_prune(record);
			sweep_cursor = record->id;
			pruned++;
		}
		smadv_restore_drop_unwatched(record);
		cond_resched();
	}
	if (pruned < SWEEP_RECORDS)
		sweep_cursor = 0;
	smadv_map_set_limits(smadv_control_policy());
}

/* What the thread took since the last call is spent. It slept before, so that this is exact. */
static void begin_round(void)
{
	u64 total_ns = READ_ONCE(current->se.sum_exec_runtime);

	smadv_duty_spend(&duty, smadv_control_policy()->analyzer_cpu_bp, total_ns - charged_ns,
			 ktime_get_ns());
	charged_ns = total_ns;
	round_clock = local_clock();
}

/* One round. Returns the time in ms after which the next one is due at the latest. */
static u64 do_round(u64 *swept_ms)
{
	u64 now_ms = ktime_to_ms(ktime_get());
	u64 wait_ms;

	mutex_lock(&smadv_lock);
	begin_round();
	smadv_recording_round(now_ms);
	adopt_requests();
	smadv_inherit(); /* before anybody looks at a child that has just been adopted */
	analyze_dirty(now_ms);
	if (now_ms - *swept_ms >= SWEEP_MS) {
		sweep(now_ms);
		*swept_ms = now_ms;
	}
	wait_ms = smadv_executor_run(now_ms);
	smadv_stats_inc(ANALYZER_ROUNDS);
	atomic64_set(&smadv_stats[SMART_MADVISE_A_STATS_ANALYZER_NS],
		     READ_ONCE(current->se.sum_exec_runtime)); /* the tick adds to it */
	mutex_unlock(&smadv_lock);
	return min(wait_ms, (u64)(list_empty(&queue) ? SWEEP_MS : QUEUE_MS));
}

static int run(void *unused)
{
	u64 swept_ms = 0, wait_ms = SWEEP_MS;
	ktime_t pause;

	/* As khugepaged does: where all CPUs are busy, applications come first. */
	set_user_nice(current, MAX_NICE);
	while (!kthread_should_stop()) {
		wait_event_interruptible_timeout(wait, READ_ONCE(pending) || kthread_should_stop(),
						 msecs_to_jiffies(wait_ms));
		WRITE_ONCE(pending, false);
		smp_mb(); /* what is announced from here on wakes again */
		wait_ms = do_round(&swept_ms);

		pause = ns_to_ktime(ROUND_US * NSEC_PER_USEC);
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule_hrtimeout(&pause, HRTIMER_MODE_REL);
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

int smadv_analyzer_start(void)
{
	struct task_struct *task;

	charged_ns = 0;
	smadv_duty_init(&duty, smadv_control_policy()->analyzer_cpu_bp, ktime_get_ns());
	task = kthread_run(run, NULL, "smadv_analyzer");
	if (IS_ERR(task))
		return PTR_ERR(task);
	thread = task;
	return 0;
}

/* Hook and observers are gone: nothing wakes the thread any more. */
void smadv_analyzer_stop(void)
{
	struct smadv_record *record, *next;

	irq_work_sync(&wake_work);
	kthread_stop(thread);
	llist_for_each_entry_safe(record, next, smadv_map_take_dirty(), dirty)
		smadv_map_put(record);
	list_for_each_entry_safe(record, next, &queue, queued)
		dequeue(record);
}
