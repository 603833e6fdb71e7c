// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "observer.h"

#include <linux/ftrace.h>
#include <linux/mman.h>
#include <linux/tracepoint.h>
#include <linux/uio.h>

#include "analyzer.h"
#include "compat/compat.h"
#include "mapping.h"
#include "newborn.h"
#include "symbol.h"

static struct tracepoint *fork_tracepoint;
static bool sees_calls;
static bool sees_vectors;
static bool sees_copies;
static bool sees_growth;
static bool sees_unmaps;

static void take_note(const struct mm_struct *mm, const struct smadv_note *note)
{
	struct smadv_record *record;

	rcu_read_lock();
	record = smadv_map_lookup(mm) ?: smadv_newborn_note(mm, note);
	if (record && READ_ONCE(record->advising) != current &&
	    (!note->override_only || READ_ONCE(record->overridden) ||
	     READ_ONCE(record->settling))) {
		smadv_notes_make_room(&record->notes, 1);
		smadv_notes_add(&record->notes, note);
		smadv_map_mark_dirty(record);
		smadv_analyzer_wake();
	}
	rcu_read_unlock();
}

/*
 * An application advises. Noted before the advice takes effect: whoever changes
 * flags on the module's behalf looks here afterwards, and so cannot overwrite
 * the application's word unnoticed.
 */
static void observe_advice(struct mm_struct *mm, unsigned long start, size_t bytes, int behavior)
{
	struct smadv_note note = { };

	switch (behavior) {
	case MADV_NORMAL:
		note.hint = SMART_MADVISE_HINT_NONE;
		break;
	case MADV_SEQUENTIAL:
		note.hint = SMART_MADVISE_HINT_SEQUENTIAL;
		break;
	case MADV_RANDOM:
		note.hint = SMART_MADVISE_HINT_RANDOM;
		break;
	default:
		return;
	}
	/* Refused without effect. */
	if (!bytes || offset_in_page(start) || start + bytes < start)
		return;

	note.start = start >> PAGE_SHIFT;
	note.end = DIV_ROUND_UP(start + bytes, PAGE_SIZE);
	take_note(mm, &note);
}

/* By process_madvise(), since that no longer comes by do_madvise(). */
static void observe_vector(struct mm_struct *mm, const struct iov_iter *parts, int behavior)
{
#ifdef iter_iov_addr
	struct iov_iter rest = *parts;

	while (iov_iter_count(&rest)) {
		observe_advice(mm, (unsigned long)iter_iov_addr(&rest), iter_iov_len(&rest),
			       behavior);
		iov_iter_advance(&rest, iter_iov_len(&rest));
	}
#endif
}

/*
 * mremap() is about to make a mapping of @bytes at @to, of @vma's from file page
 * @offset on. mmap lock held for writing; seen before it happens, as advice is.
 */
static void observe_move(const struct vm_area_struct *vma, unsigned long to, unsigned long bytes,
			 unsigned long offset)
{
	struct smadv_note note = { .hint = smadv_mapping_hint(vma) };

	note.override_only = note.hint == SMART_MADVISE_HINT_NONE;
	/* What maps no file may have come between our look and our call, and bear our hint. */
	if (vma->vm_file)
		note.file = smadv_mapping_file(file_inode(vma->vm_file));
	note.offset = offset;
	note.start = (vma->vm_start >> PAGE_SHIFT) + offset - vma->vm_pgoff;
	note.end = min(note.start + (bytes >> PAGE_SHIFT), (u64)vma->vm_end >> PAGE_SHIFT);
	note.to = to >> PAGE_SHIFT;
	note.to_end = note.to + (bytes >> PAGE_SHIFT);
	take_note(vma->vm_mm, &note);
}

/*
 * What is mapped on a stretch goes, mmap lock held for writing. What the module put in
 * place of an application's hint looks like no hint: what is mapped there next must not
 * be taken for it. As if the application had said MADV_NORMAL.
 */
static void observe_unmap(const struct mm_struct *mm, unsigned long start, unsigned long bytes)
{
	struct smadv_note note = { .override_only = true };

	if (!bytes || offset_in_page(start) || start + bytes < start)
		return;
	note.start = start >> PAGE_SHIFT;
	note.end = DIV_ROUND_UP(start + bytes, PAGE_SIZE);
	take_note(mm, &note);
}

/*
 * Is there room for @bytes from @start on? Asked with these flags, and for no file,
 * by mremap() alone, when a mapping is to grow in place, and nothing is mapped there
 * (vma_expandable()); mmap lock held for writing.
 */
static void observe_growth(const struct file *file, unsigned long start, unsigned long bytes,
			   unsigned long flags)
{
	struct vm_area_struct *vma;

	if (file || flags != MAP_FIXED || !current->mm)
		return;
	vma = vma_lookup(current->mm, start);
	if (vma && vma->vm_start == start && bytes > vma->vm_end - start)
		observe_move(vma, start, bytes, vma->vm_pgoff);
}

#if defined(CONFIG_DYNAMIC_FTRACE) && defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
static void notrace advice_callback(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_advice((struct mm_struct *)smadv_ftrace_argument(fregs, 0),
		       smadv_ftrace_argument(fregs, 1), smadv_ftrace_argument(fregs, 2),
		       (int)smadv_ftrace_argument(fregs, 3));
}

/* ssize_t vector_madvise(struct mm_struct *mm, struct iov_iter *, int behavior) */
static void notrace vector_callback(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_vector((struct mm_struct *)smadv_ftrace_argument(fregs, 0),
		       (struct iov_iter *)smadv_ftrace_argument(fregs, 1),
		       (int)smadv_ftrace_argument(fregs, 2));
}

/* struct vm_area_struct *copy_vma(struct vm_area_struct **, addr, len, pgoff, bool *) */
static void notrace move_callback(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_move(*(struct vm_area_struct **)smadv_ftrace_argument(fregs, 0),
		     smadv_ftrace_argument(fregs, 1), smadv_ftrace_argument(fregs, 2),
		     smadv_ftrace_argument(fregs, 3));
}

/* int do_vmi_munmap(struct vma_iterator *, struct mm_struct *, start, len, ..) */
static void notrace unmap_callback(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	observe_unmap((struct mm_struct *)smadv_ftrace_argument(fregs, 1),
		      smadv_ftrace_argument(fregs, 2), smadv_ftrace_argument(fregs, 3));
}

/* unsigned long __get_unmapped_area(struct file *, addr, len, pgoff, flags, vm_flags_t) */
static void notrace room_callback(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	unsigned long start = smadv_ftrace_argument(fregs, 1);
	unsigned long bytes = smadv_ftrace_argument(fregs, 2);
	unsigned long flags = smadv_ftrace_argument(fregs, 4);

	observe_growth((struct file *)smadv_ftrace_argument(fregs, 0), start, bytes, flags);
	/* mmap() over what is there; it has a type, unlike mremap() that grows. */
	if (flags & MAP_FIXED && flags & MAP_TYPE && !(flags & MAP_FIXED_NOREPLACE) && current->mm)
		observe_unmap(current->mm, start, bytes);
}

static struct ftrace_ops advice_ops = {
	.func = advice_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops vector_ops = {
	.func = vector_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops move_ops = {
	.func = move_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops unmap_ops = {
	.func = unmap_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops room_ops = {
	.func = room_callback,
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
	sees_calls = watch(&advice_ops, do_madvise_address);
	sees_vectors = watch(&vector_ops, smadv_symbol_address("vector_madvise"));
	sees_copies = watch(&move_ops, smadv_symbol_address("copy_vma"));
	/* 6.12 has the former, and the latter as a wrapper of it; 6.1 has the latter only. */
	sees_growth = watch(&room_ops, smadv_symbol_address("__get_unmapped_area") ?:
				       smadv_symbol_address("get_unmapped_area"));
	/* The latter before 6.3. */
	sees_unmaps = watch(&unmap_ops, smadv_symbol_address("do_vmi_munmap") ?:
					smadv_symbol_address("do_mas_munmap"));
}

static void unwatch_calls(void)
{
	if (sees_calls)
		unwatch(&advice_ops);
	if (sees_vectors)
		unwatch(&vector_ops);
	if (sees_copies)
		unwatch(&move_ops);
	if (sees_growth)
		unwatch(&room_ops);
	if (sees_unmaps)
		unwatch(&unmap_ops);
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
	if (!child->mm || child->mm == parent->mm)
		return;
	rcu_read_lock();
	smadv_newborn_birth(parent->mm, child);
	rcu_read_unlock();
}

/* madvise(), and process_madvise() of a process on itself */
bool smadv_observer_sees_advice(void)
{
	return sees_calls && (sees_vectors || SMADV_VECTORS_ARE_CALLS);
}

/* mremap(), wherever it puts a mapping */
bool smadv_observer_sees_moves(void)
{
	return sees_copies && sees_growth;
}

/* All that changes whether a mapping bears no hint */
bool smadv_observer_sees_all(void)
{
	return smadv_observer_sees_advice() && sees_copies && sees_growth && sees_unmaps;
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
	if (!smadv_observer_sees_advice())
		pr_info("madvise() calls of applications are not all seen, their hints are known by the flags of mappings only\n");
	if (!smadv_observer_sees_moves())
		pr_info("mremap() calls of applications are not seen, hints that they move are looked for by their file\n");
	return 0;
}

void smadv_observer_exit(void)
{
	tracepoint_probe_unregister(fork_tracepoint, fork_probe, NULL);
	tracepoint_synchronize_unregister();
	unwatch_calls();
}
