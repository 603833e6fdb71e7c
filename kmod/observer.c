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
#include "mapping.h"
#include "symbol.h"

#define FORK_SLOTS	256

/*
 * Filled by the fork probe, emptied by the analyzer under smadv_lock. A slot is
 * free while its child is NULL; the claim bit keeps two probes apart.
 */
static struct smadv_fork forks[FORK_SLOTS];
static unsigned long fork_claims[BITS_TO_LONGS(FORK_SLOTS)];

static struct tracepoint *fork_tracepoint;
static bool sees_advice;
static bool sees_moves;

/* Where the same advice is pending, and nothing moved since, or the end of the notes. */
static u32 find_note(const struct smadv_record *record, const struct smadv_note *note)
{
	u32 i = record->note_count;

	while (!note->to && i-- && !record->notes[i].to)
		if (record->notes[i].start == note->start && record->notes[i].end == note->end)
			return i;
	return record->note_count;
}

/* Advice that finds no slot is summed up, hint by hint. */
static void sum_up(struct smadv_record *record, const struct smadv_note *note)
{
	struct smadv_note *sum = &record->notes[SMADV_NOTE_SLOTS + note->hint];

	if (note->to)
		return; /* it is looked for by what it maps */
	*sum = (struct smadv_note){
		.start = sum->vague ? min(sum->start, note->start) : note->start,
		.end = sum->vague ? max(sum->end, note->end) : note->end,
		.number = sum->vague ? sum->number : note->number,
		.hint = note->hint,
		.vague = true,
	};
}

/* Append, or move to the end when it is pending already. */
static void take_note(struct smadv_record *record, struct smadv_note *note)
{
	struct smadv_note *notes = record->notes;
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&record->note_lock, flags);
	WRITE_ONCE(record->noted, record->noted + 1);
	note->number = record->noted;
	i = find_note(record, note);
	if (i == SMADV_NOTE_SLOTS) {
		sum_up(record, note);
	} else {
		if (i == record->note_count)
			record->note_count++;
		else if (notes[i].hint == note->hint)
			note->number = notes[i].number; /* said for the first time then */
		memmove(&notes[i], &notes[i + 1], (record->note_count - 1 - i) * sizeof(*notes));
		notes[record->note_count - 1] = *note;
	}
	raw_spin_unlock_irqrestore(&record->note_lock, flags);
	smadv_map_mark_dirty(record);
	smadv_analyzer_wake();
}

u32 smadv_observer_take(struct smadv_record *record, struct smadv_note notes[SMADV_NOTES_TAKEN])
{
	u32 i, count;

	lockdep_assert_held(&smadv_lock);
	if (!READ_ONCE(record->note_count))
		return 0;
	raw_spin_lock_irq(&record->note_lock);
	record->heeded = record->noted;
	count = record->note_count;
	memcpy(notes, record->notes, count * sizeof(*notes));
	for (i = SMADV_NOTE_SLOTS; i < SMADV_NOTES_TAKEN; i++) {
		if (record->notes[i].vague)
			notes[count++] = record->notes[i];
		record->notes[i].vague = false;
	}
	record->note_count = 0;
	raw_spin_unlock_irq(&record->note_lock);
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
	struct smadv_note note = { };
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
	/* Refused without effect. */
	if (!bytes || offset_in_page(start) || start + bytes < start)
		return;

	note.start = start >> PAGE_SHIFT;
	note.end = DIV_ROUND_UP(start + bytes, PAGE_SIZE);
	note.hint = hint;
	rcu_read_lock();
	record = smadv_map_lookup(mm);
	if (record && READ_ONCE(record->advising) != current)
		take_note(record, &note);
	rcu_read_unlock();
}

/*
 * mremap() is about to make a mapping at @to of @vma's from file page @offset on,
 * mmap lock held for writing. Seen before it happens, as advice is.
 */
static void observe_move(struct vm_area_struct *vma, unsigned long to, unsigned long bytes,
			 unsigned long offset)
{
	struct smadv_record *record;
	struct smadv_note note = { .hint = smadv_mapping_hint(vma) };

	if (!vma->vm_file || note.hint == SMART_MADVISE_HINT_NONE)
		return;
	note.start = (vma->vm_start >> PAGE_SHIFT) + offset - vma->vm_pgoff;
	note.end = min(note.start + (bytes >> PAGE_SHIFT), (u64)vma->vm_end >> PAGE_SHIFT);
	note.to = to >> PAGE_SHIFT;
	note.to_end = note.to + (bytes >> PAGE_SHIFT);
	rcu_read_lock();
	record = smadv_map_lookup(vma->vm_mm);
	if (record)
		take_note(record, &note);
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

/* struct vm_area_struct *copy_vma(struct vm_area_struct **, addr, len, pgoff, bool *) */
static void notrace move_callback(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_move(*(struct vm_area_struct **)smadv_ftrace_argument(fregs, 0),
		     smadv_ftrace_argument(fregs, 1), smadv_ftrace_argument(fregs, 2),
		     smadv_ftrace_argument(fregs, 3));
}

static struct ftrace_ops advice_ops = {
	.func = advice_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops move_ops = {
	.func = move_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static bool watch(struct ftrace_ops *ops, unsigned long address)
{
	if (!address || ftrace_set_filter_ip(ops, address, 0, 0))
		return false;
	if (!register_ftrace_function(ops))
		return true;
	ftrace_free_filter(ops);
	return false;
}

static void unwatch(struct ftrace_ops *ops)
{
	unregister_ftrace_function(ops);
	ftrace_free_filter(ops);
}

static void watch_calls(unsigned long do_madvise_address)
{
	sees_advice = watch(&advice_ops, do_madvise_address);
	sees_moves = watch(&move_ops, smadv_symbol_address("copy_vma"));
}

static void unwatch_calls(void)
{
	if (sees_advice)
		unwatch(&advice_ops);
	if (sees_moves)
		unwatch(&move_ops);
}
#else
static void watch_calls(unsigned long do_madvise_address) { }
static void unwatch_calls(void) { }
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
	forks[slot].mm = child->mm;
	forks[slot].noted = READ_ONCE(record->noted);
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
		fork->mm = forks[slot].mm;
		fork->noted = forks[slot].noted;
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
	watch_calls(do_madvise_address);
	if (!sees_advice)
		pr_info("madvise() calls of applications are not seen, their hints are known by the flags of mappings only\n");
	if (!sees_moves)
		pr_info("mremap() calls of applications are not seen, hints that they move are looked for by their file\n");
	return 0;
}

void smadv_observer_exit(void)
{
	tracepoint_probe_unregister(fork_tracepoint, fork_probe, NULL);
	tracepoint_synchronize_unregister();
	unwatch_calls();
}
