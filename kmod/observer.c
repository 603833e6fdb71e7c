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

/* Functions of the kernel at whose entry we look. */
enum watched {
	WATCHED_ADVICE,
	WATCHED_VECTOR,
	WATCHED_COPY,
	WATCHED_ROOM,
	WATCHED_UNMAP,
	WATCHED
};

static struct tracepoint *fork_tracepoint;
static unsigned long watched[WATCHED]; /* their addresses, 0 for those that are not seen */

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

/* mremap() is about to let a mapping grow in place. mmap lock held for writing. */
static void observe_growth(unsigned long start, unsigned long bytes)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, start);

	if (vma && vma->vm_start == start && bytes > vma->vm_end - start)
		observe_move(vma, start, bytes, vma->vm_pgoff);
}

/* Is there room for @bytes from @start on? mmap lock held for writing. */
static void observe_room(const struct file *file, unsigned long start, unsigned long bytes,
			 unsigned long flags)
{
	if (!current->mm)
		return;
	/* As vma_expandable() of mremap() alone asks, when nothing is mapped there. */
	if (!file && flags == MAP_FIXED)
		observe_growth(start, bytes);
	/* mmap() over what is there; it has a type, unlike mremap() that grows. */
	if (flags & MAP_FIXED && flags & MAP_TYPE && !(flags & MAP_FIXED_NOREPLACE))
		observe_unmap(current->mm, start, bytes);
}

#if defined(CONFIG_DYNAMIC_FTRACE) && defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
/* The function that @ip is in: the hook is at its address or, by architecture, right behind. */
static enum watched notrace watched_at(unsigned long ip)
{
	enum watched found = WATCHED_ADVICE, other;

	for (other = found + 1; other < WATCHED; other++)
		if (ip - watched[other] < ip - watched[found])
			found = other;
	return found;
}

static void notrace watch_callback(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	unsigned long argument[5];
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(argument); n++)
		argument[n] = smadv_ftrace_argument(fregs, n);
	switch (watched_at(ip)) {
	case WATCHED_ADVICE: /* (struct mm_struct *, start, len, int behavior) */
		observe_advice((struct mm_struct *)argument[0], argument[1], argument[2],
			       (int)argument[3]);
		break;
	case WATCHED_VECTOR: /* (struct mm_struct *, struct iov_iter *, int behavior) */
		observe_vector((struct mm_struct *)argument[0], (struct iov_iter *)argument[1],
			       (int)argument[2]);
		break;
	case WATCHED_COPY: /* (struct vm_area_struct **, addr, len, pgoff, bool *) */
		observe_move(*(struct vm_area_struct **)argument[0], argument[1], argument[2],
			     argument[3]);
		break;
	case WATCHED_ROOM: /* (struct file *, addr, len, pgoff, flags, ..) */
		observe_room((struct file *)argument[0], argument[1], argument[2], argument[4]);
		break;
	case WATCHED_UNMAP: /* (struct vma_iterator *, struct mm_struct *, start, len, ..) */
		observe_unmap((struct mm_struct *)argument[1], argument[2], argument[3]);
		break;
	case WATCHED:
		break;
	}
}

/* One for all: the kernel goes over every function it has for each that is registered. */
static struct ftrace_ops watch_ops = {
	.func = watch_callback,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static void watch_calls(unsigned long do_madvise_address)
{
	enum watched function;

	watched[WATCHED_ADVICE] = do_madvise_address;
	watched[WATCHED_VECTOR] = smadv_symbol_address("vector_madvise");
	watched[WATCHED_COPY] = smadv_symbol_address("copy_vma");
	/* 6.12 has the former, and the latter as a wrapper of it; 6.1 has the latter only. */
	watched[WATCHED_ROOM] = smadv_symbol_address("__get_unmapped_area") ?:
				smadv_symbol_address("get_unmapped_area");
	/* The latter before 6.3. */
	watched[WATCHED_UNMAP] = smadv_symbol_address("do_vmi_munmap") ?:
				 smadv_symbol_address("do_mas_munmap");
	for (function = 0; function < WATCHED; function++)
		if (watched[function] &&
		    ftrace_set_filter_ip(&watch_ops, watched[function], 0, 0))
			watched[function] = 0;
	/* Without a filter it would be called for all functions. */
	if (memchr_inv(watched, 0, sizeof(watched)) && !register_ftrace_function(&watch_ops))
		return;
	memset(watched, 0, sizeof(watched));
	ftrace_free_filter(&watch_ops);
}

static void unwatch_calls(void)
{
	if (!memchr_inv(watched, 0, sizeof(watched)))
		return;
	unregister_ftrace_function(&watch_ops); /* waits for callbacks under way */
	ftrace_free_filter(&watch_ops);
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
	return watched[WATCHED_ADVICE] && (watched[WATCHED_VECTOR] || SMADV_VECTORS_ARE_CALLS);
}

/* mremap(), wherever it puts a mapping */
bool smadv_observer_sees_moves(void)
{
	return watched[WATCHED_COPY] && watched[WATCHED_ROOM];
}

/* All that changes whether a mapping bears no hint */
bool smadv_observer_sees_all(void)
{
	return smadv_observer_sees_advice() && smadv_observer_sees_moves() &&
	       watched[WATCHED_UNMAP];
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
