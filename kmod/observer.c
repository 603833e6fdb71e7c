// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "observer.h"

#include <linux/ftrace.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/tracepoint.h>

#include "analyzer.h"
#include "compat/compat.h"

#define FORK_SLOTS	256

/*
 * Filled by the fork probe, emptied by the analyzer under smadv_lock. A slot is
 * free while its child is NULL; the claim bit keeps two probes apart.
 */
static struct smadv_fork forks[FORK_SLOTS];
static unsigned long fork_claims[BITS_TO_LONGS(FORK_SLOTS)];

static struct tracepoint *fork_tracepoint;
static bool sees_advice;

/* Append, or move to the end when the same stretch is already pending. */
static void note_advice(struct smadv_record *record, u64 start, u64 end, u32 hint)
{
	struct smadv_advice *advice = record->advice;
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&record->advice_lock, flags);
	WRITE_ONCE(record->advised, record->advised + 1);
	for (i = 0; i < record->advices; i++)
		if (advice[i].start == start && advice[i].end == end)
			break;
	if (i == SMADV_ADVICE_SLOTS) {
		record->advices_lost = true;
	} else {
		if (i == record->advices)
			record->advices++;
		memmove(&advice[i], &advice[i + 1], (record->advices - 1 - i) * sizeof(*advice));
		advice[record->advices - 1] = (struct smadv_advice){
			.start = start, .end = end, .hint = hint, .number = record->advised,
		};
	}
	raw_spin_unlock_irqrestore(&record->advice_lock, flags);
	smadv_map_mark_dirty(record);
	smadv_analyzer_wake();
}

u32 smadv_observer_take_advice(struct smadv_record *record,
			       struct smadv_advice advice[SMADV_ADVICE_SLOTS])
{
	u32 count;

	lockdep_assert_held(&smadv_lock);
	if (!READ_ONCE(record->advices))
		return 0;
	raw_spin_lock_irq(&record->advice_lock);
	count = record->advices;
	memcpy(advice, record->advice, count * sizeof(*advice));
	record->advices = 0;
	raw_spin_unlock_irq(&record->advice_lock);
	return count;
}

/*
 * An application advises. Noted before the advice takes effect: whoever changes
 * flags on the module's behalf looks here afterwards, and so cannot overwrite
 * the application's word unnoticed.
 */
static void observe_advice(struct mm_struct *mm, unsigned long start, size_t bytes, int behavior)
{
	struct smadv_record *record;
	u32 hint;

	switch (behavior) {
	case MADV_NORMAL:
		hint = SMART_MADVISE_HINT_NONE;
		break;
	case MADV_SEQUENTIAL:
		hint = SMART_MADVISE_HINT_SEQUENTIAL;
		break;
	case MADV_RANDOM:
		hint = SMART_MADVISE_HINT_RANDOM;
		break;
	default:
		return;
	}
	if (!bytes || start + bytes < start)
		return;

	rcu_read_lock();
	record = smadv_map_lookup(mm);
	if (record && READ_ONCE(record->advising) != current)
		note_advice(record, start >> PAGE_SHIFT,
			    DIV_ROUND_UP(start + bytes, PAGE_SIZE), hint);
	rcu_read_unlock();
}

#if defined(CONFIG_DYNAMIC_FTRACE) && defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
static void notrace advice_callback(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_advice((struct mm_struct *)smadv_ftrace_argument(fregs, 0),
		       smadv_ftrace_argument(fregs, 1), smadv_ftrace_argument(fregs, 2),
		       (int)smadv_ftrace_argument(fregs, 3));
}

static struct ftrace_ops advice_ops = {
	.func = advice_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static bool watch_advice(unsigned long address)
{
	if (!address || ftrace_set_filter_ip(&advice_ops, address, 0, 0))
		return false;
	if (!register_ftrace_function(&advice_ops))
		return true;
	ftrace_free_filter(&advice_ops);
	return false;
}

static void unwatch_advice(void)
{
	unregister_ftrace_function(&advice_ops);
	ftrace_free_filter(&advice_ops);
}
#else
static bool watch_advice(unsigned long address)
{
	return false;
}

static void unwatch_advice(void) { }
#endif

/*
 * A child is born, in the context of its parent. The flags of the parent's
 * mappings are copied by now.
 */
static void fork_probe(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct smadv_record *record;
	unsigned int slot;

	if (!child->mm || child->mm == parent->mm)
		return;
	rcu_read_lock();
	record = smadv_map_lookup(parent->mm);
	if (!record || !(READ_ONCE(record->journal.count) || READ_ONCE(record->past.count)))
		goto out;
	for (slot = 0; slot < FORK_SLOTS; slot++)
		if (!test_and_set_bit(slot, fork_claims))
			break;
	if (slot == FORK_SLOTS) {
		smadv_stats_inc(FORKS_LOST);
		goto out;
	}
	refcount_inc(&record->refs);
	forks[slot].parent = record;
	forks[slot].advised = READ_ONCE(record->advised);
	get_task_struct(child);
	smp_store_release(&forks[slot].child, child); /* the parent is set */
	smadv_analyzer_wake();
out:
	rcu_read_unlock();
}

bool smadv_observer_next_fork(struct smadv_fork *fork)
{
	unsigned int slot;

	lockdep_assert_held(&smadv_lock);
	for_each_set_bit(slot, fork_claims, FORK_SLOTS) {
		fork->child = smp_load_acquire(&forks[slot].child); /* then the parent is set */
		if (!fork->child)
			continue;
		fork->parent = forks[slot].parent;
		fork->advised = forks[slot].advised;
		forks[slot].child = NULL;
		clear_bit_unlock(slot, fork_claims);
		return true;
	}
	return false;
}

bool smadv_observer_sees_advice(void)
{
	return sees_advice;
}

bool smadv_observer_sees_forks(void)
{
	return fork_tracepoint;
}

static void find_fork_tracepoint(struct tracepoint *tracepoint, void *found)
{
	if (!strcmp(tracepoint->name, "sched_process_fork"))
		*(struct tracepoint **)found = tracepoint;
}

/**
 * smadv_observer_init() - start to observe
 * @do_madvise_address: address of do_madvise(), 0 when unknown
 *
 * Without the address, or without ftrace, the applications' own hints are known
 * by their flags only.
 *
 * Return: 0, or -ENODEV when forks cannot be followed: hints would be inherited
 * by children and never restored there.
 */
int smadv_observer_init(unsigned long do_madvise_address)
{
	int err;

	for_each_kernel_tracepoint(find_fork_tracepoint, &fork_tracepoint);
	if (!fork_tracepoint) {
		pr_err("this kernel has no tracepoint sched_process_fork: hints could not be taken back in children\n");
		return -ENODEV;
	}
	err = tracepoint_probe_register(fork_tracepoint, fork_probe, NULL);
	if (err)
		return err;
	sees_advice = watch_advice(do_madvise_address);
	if (!sees_advice)
		pr_info("madvise() calls of applications are not seen, their hints are known by the flags of mappings only\n");
	return 0;
}

void smadv_observer_exit(void)
{
	tracepoint_probe_unregister(fork_tracepoint, fork_probe, NULL);
	tracepoint_synchronize_unregister();
	if (sees_advice)
		unwatch_advice();
}
