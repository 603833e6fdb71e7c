// SPDX-License-Identifier: GPL-2.0
#include "analyzer.h"

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/wait.h>

#include "control.h"
#include "event.h"
#include "executor.h"
#include "filter.h"
#include "heed.h"
#include "inherit.h"
#include "map.h"
#include "mapping.h"
#include "memory.h"
#include "pool.h"
#include "recording.h"
#include "restore.h"
#include "taskmap.h"
#include "trace.h"

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
/* No lookup of unknown mappings for this long after the ranges hit their limit. */
#define UNSETTLED_MS	1000

static struct task_struct *thread;
static DECLARE_WAIT_QUEUE_HEAD(wait);
static bool pending;
static u64 sweep_cursor;

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

static u32 standing_hint(const struct smadv_range *range)
{
	return range->hint != SMART_MADVISE_HINT_NONE ? range->hint : range->application_hint;
}

static u32 hint_at_fault(const struct smadv_fault *fault)
{
	if (fault->flags & SMADV_FAULT_SEQ_READ)
		return SMART_MADVISE_HINT_SEQUENTIAL;
	if (fault->flags & SMADV_FAULT_RAND_READ)
		return SMART_MADVISE_HINT_RANDOM;
	return SMART_MADVISE_HINT_NONE;
}

static void note_memory(const struct smadv_record *record, struct smadv_range *range,
			const struct smadv_mapping *mapping)
{
	range->memory.file = mapping->file;
	range->memory.window_pages = mapping->window_pages;
	range->memory.most_pages = record->most_pages;
}

/* Take over from the mapping whose hint stands on the range. */
static void adopt_hint(struct smadv_record *record, struct smadv_range *range,
		       const struct smadv_mapping *mapping)
{
	struct smadv_entry *entry = smadv_journal_find(&record->journal, range->start);

	range->hint = SMART_MADVISE_HINT_NONE;
	range->application_hint = SMART_MADVISE_HINT_NONE;
	if (mapping->hint == SMART_MADVISE_HINT_NONE)
		return;
	if (entry ? entry->hint == mapping->hint && entry->file == mapping->file :
		    smadv_heed_claim(record, range, mapping))
		range->hint = mapping->hint;
	else
		range->application_hint = mapping->hint;
}

/*
 * A fault saw another hint than the range knows of. Either it is older than the
 * last change, or somebody changed the mapping: the mapping tells.
 */
static void verify(struct smadv_record *record, struct smadv_range *range)
{
	struct smadv_mapping mapping;
	int err = smadv_mapping_at(record->mm, range->start, &mapping);

	if (err == -EAGAIN || err == -ESRCH)
		return;
	if (err || mapping.id != range->mapping) {
		smadv_heed_review(record, range->start, range->end);
		smadv_range_reset(range);
		range->hint = SMART_MADVISE_HINT_NONE;
		range->application_hint = err ? SMART_MADVISE_HINT_NONE : mapping.hint;
		range->mapping = err ? 0 : mapping.id;
		if (!err)
			note_memory(record, range, &mapping);
		return;
	}
	note_memory(record, range, &mapping);
	if (range->hint != SMART_MADVISE_HINT_NONE && range->hint != mapping.hint)
		smadv_heed_review(record, range->start, range->end);
	adopt_hint(record, range, &mapping);
}

/* A fault outside of all ranges: make one of its mapping, as far as no other range has it. */
static struct smadv_range *watch(struct smadv_record *record, u64 page, u64 now_ms)
{
	struct smadv_ranges *set = &record->ranges;
	struct smadv_mapping mapping;
	struct smadv_range *range;
	u64 start, end;
	u32 i;

	if (now_ms < record->unsettled_ms)
		return NULL;
	if (smadv_mapping_at(record->mm, page, &mapping))
		return NULL;
	if (smadv_map_reserve_range(record)) {
		record->unsettled_ms = now_ms + UNSETTLED_MS;
		return NULL;
	}
	i = smadv_ranges_lower(set, page);
	start = i ? max(mapping.start, set->item[i - 1]->end) : mapping.start;
	end = i < set->count ? min(mapping.end, set->item[i]->start) : mapping.end;
	range = smadv_ranges_insert(set, start, end, mapping.id);
	if (!range)
		return NULL;
	range->memory_backed = mapping.memory_backed;
	note_memory(record, range, &mapping);
	adopt_hint(record, range, &mapping);
	smadv_stats_inc(RANGES);
	smadv_recording_range(record, range);
	return range;
}

static void note_loss(struct smadv_record *record, u32 lost)
{
	u32 i;

	smadv_recording_lost(lost);
	record->lost += lost;
	record->faults += lost;
	smadv_stats_add(FAULTS, lost);
	smadv_stats_add(FAULTS_LOST, lost);
	for (i = 0; i < record->ranges.count; i++)
		smadv_range_gap(record->ranges.item[i], lost);
}

/* Turn the recorded faults into evidence. At most a ring's worth a round. */
static void gather(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range = NULL;
	struct smadv_fault fault;
	u32 faults = 0, lost = 0;

	while (faults < SMADV_RING_SLOTS && smadv_map_take_fault(record, &fault, &lost)) {
		faults++;
		if (lost)
			note_loss(record, lost);
		lost = 0;
		if (fault.flags & SMADV_FAULT_TRIED) {
			record->majors++;
			smadv_stats_inc(MAJORS);
		}
		if (!range || fault.page < range->start || fault.page >= range->end)
			range = smadv_ranges_find(&record->ranges, fault.page);
		/* The second entry of a fault makes no range: the first one did, or was not seen. */
		if (!range && !(fault.flags & SMADV_FAULT_TRIED))
			range = watch(record, fault.page, now_ms);
		smadv_recording_fault(&fault);
		if (!range)
			continue;
		if (hint_at_fault(&fault) != standing_hint(range))
			range->doubtful = true;
		if (range->memory_backed) { /* nothing can come of its pattern */
			range->faults++;
			range->last_fault_ms = now_ms;
			continue;
		}
		smadv_range_fault(range, &fault, policy, now_ms);
	}
	record->faults += faults;
	smadv_stats_add(FAULTS, faults);
}

/* Split a range along a pattern border; each part is judged from the next round on. */
static void split(struct smadv_record *record, u32 index, u64 border)
{
	struct smadv_ranges *set = &record->ranges;

	if (smadv_map_reserve_range(record))
		return;
	if (!smadv_ranges_split(set, index, border))
		return;
	smadv_stats_inc(RANGES);
	smadv_stats_inc(RANGE_SPLITS);
}

static void judge_range(struct smadv_record *record, u32 index, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range = record->ranges.item[index];
	u64 border;

	smadv_pool_share(range, now_ms);
	if (smadv_range_judge(range, policy, now_ms)) {
		smadv_stats_inc(VERDICTS);
		trace_smadv_verdict(pid_nr(record->pid), range);
		smadv_event_verdict(record, range);
	}
	trace_smadv_evidence(pid_nr(record->pid), range);
	trace_smadv_effect(pid_nr(record->pid), range);
	smadv_pool_share(range, now_ms);
	border = smadv_range_border(range, policy);
	if (border)
		split(record, index, border);
}

static void judge(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_ranges *set = &record->ranges;
	struct smadv_range *range;
	bool on_trial = false;
	u32 i;

	for (i = 0; i < set->count; i++) {
		if (set->item[i]->doubtful) {
			set->item[i]->doubtful = false;
			verify(record, set->item[i]);
			smadv_recording_range(record, set->item[i]);
		}
		if (set->item[i]->last_fault_ms == now_ms)
			judge_range(record, i, now_ms);
	}
	for (i = 0; i + 1 < set->count; ) {
		if (smadv_ranges_merge(set, i)) {
			smadv_stats_dec(RANGES);
			smadv_stats_inc(RANGE_MERGES);
		} else {
			i++;
		}
	}
	if (policy->governor == SMART_MADVISE_GOVERNOR_OBSERVE || record->excluded)
		return;
	for (i = 0; i < set->count; i++) {
		range = set->item[i];
		on_trial |= range->verdict.reason == SMART_MADVISE_REASON_TRIAL;
		if (range->last_fault_ms == now_ms && !range->memory_backed &&
		    range->application_hint == SMART_MADVISE_HINT_NONE)
			smadv_taskmap_want(record, range);
	}
	WRITE_ONCE(record->wake_mask,
		   (on_trial ? SMADV_WAKE_FAULTS_TRIAL : SMADV_WAKE_FAULTS) - 1);
}

static void analyze(struct smadv_record *record, u64 now_ms)
{
	if (record->removed || record->excluded)
		return;
	smadv_heed(record);
	gather(record, now_ms);
	judge(record, now_ms);
	smadv_recording_judged(record);
	/* More than a round's worth came: go on in the next one. */
	if ((u32)atomic_read(&record->head) != record->tail) {
		smadv_map_mark_dirty(record);
		smadv_analyzer_wake();
	}
}

static void adopt_requests(void)
{
	struct smadv_record *record;
	struct task_struct *task;
	struct mm_struct *mm;

	while ((task = smadv_map_next_request())) {
		mm = get_task_mm(task);
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

static void analyze_dirty(u64 now_ms)
{
	struct smadv_record *record, *next;

	llist_for_each_entry_safe(record, next, smadv_map_take_dirty(), dirty) {
		/* From here on the hook may put it on the list again. */
		clear_bit(SMADV_RECORD_DIRTY, &record->flags);
		smp_mb__after_atomic(); /* and what it recorded before is seen now */
		analyze(record, now_ms);
		smadv_map_put(record);
	}
}

/* Drop ranges whose mapping is gone, and hints that went with theirs; look at memory anew. */
static void prune(struct smadv_record *record)
{
	struct smadv_ranges *set = &record->ranges;
	struct smadv_mapping mapping;
	u32 i = 0;
	int err;

	record->most_pages = smadv_memory_most_pages(record->mm);
	while (i < set->count) {
		err = smadv_mapping_at(record->mm, set->item[i]->start, &mapping);
		if (err == -ENOENT) {
			smadv_map_drop_range(record, i);
			continue;
		}
		if (!err)
			note_memory(record, set->item[i], &mapping);
		smadv_recording_range(record, set->item[i]);
		i++;
	}
	smadv_heed_review(record, 0, U64_MAX);
}

static void judge_idle(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range;
	u32 i;

	for (i = 0; i < record->ranges.count; i++) {
		range = record->ranges.item[i];
		if (range->pattern.kind != SMART_MADVISE_PATTERN_IDLE &&
		    now_ms - range->last_fault_ms >= policy->idle_ms)
			smadv_range_judge(range, policy, now_ms);
	}
	smadv_recording_idle(record);
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
		judge_idle(record, now_ms);
		filter(record);
		smadv_restore_forget_past(record, now_ms);
		if (record->id > sweep_cursor && pruned < SWEEP_RECORDS) {
			prune(record);
			sweep_cursor = record->id;
			pruned++;
		}
		cond_resched();
	}
	if (pruned < SWEEP_RECORDS)
		sweep_cursor = 0;
	smadv_map_set_limits(smadv_control_policy());
}

/* One round. Returns the time in ms after which the next one is due at the latest. */
static u64 do_round(u64 *swept_ms)
{
	u64 now_ms = ktime_to_ms(ktime_get());
	u64 wait_ms;

	mutex_lock(&smadv_lock);
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
	return min(wait_ms, (u64)SWEEP_MS);
}

static int run(void *unused)
{
	u64 swept_ms = 0, wait_ms = SWEEP_MS;
	ktime_t pause;

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
	struct task_struct *task = kthread_run(run, NULL, "smadv_analyzer");

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
}
