/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between kernels, behind one name each. */
#ifndef SMADV_COMPAT_H
#define SMADV_COMPAT_H

#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/version.h>
#include <net/genetlink.h>

/*
 * Argument @n of the hooked function.
 *
 * ftrace_regs_get_argument(): ftrace: abstract DYNAMIC_FTRACE_WITH_ARGS
 * accesses, 94d095ffa0e1, 6.2. Before it, the argument registers lie in the
 * pt_regs inside ftrace_regs.
 */
static __always_inline unsigned long smadv_ftrace_argument(struct ftrace_regs *fregs,
							   unsigned int n)
{
#ifdef ftrace_regs_get_argument
	return ftrace_regs_get_argument(fregs, n);
#else
	return regs_get_kernel_argument(&fregs->regs, n);
#endif
}

/*
 * The two ways to change the flags of a mapping, mmap lock held for writing.
 * mmap_assert_write_locked() is not for modules: with CONFIG_DEBUG_VM it calls
 * dump_mm(), which is not exported.
 */
static inline void smadv_vma_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				       vm_flags_t clear)
{
#ifdef SMADV_HAVE_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/*
 * Does process_madvise() call do_madvise() for each of its parts? Not since mm/madvise:
 * remove redundant mmap_lock operations from process_madvise(), 6.15, of which the headers
 * tell nothing.
 */
#if KERNEL_VERSION(6, 15, 0) > LINUX_VERSION_CODE
#define SMADV_VECTORS_ARE_CALLS	true
#else
#define SMADV_VECTORS_ARE_CALLS	false
#endif

/*
 * A reference of the file at @file, or NULL. RCU read lock held.
 *
 * get_file_rcu(): file: convert to SLAB_TYPESAFE_BY_RCU, 0ede61d8589c, 6.7. Before it,
 * a macro that wants the file itself, which is not used anew while RCU protects it.
 */
static inline struct file *smadv_get_file_rcu(struct file __rcu **file)
{
#ifdef get_file_rcu
	struct file *found = rcu_dereference(*file);

	return found && get_file_rcu(found) ? found : NULL;
#else
	return get_file_rcu(file);
#endif
}

/* The attributes of a dump request. */
static inline struct nlattr **smadv_dump_attributes(struct netlink_callback *cb)
{
#ifdef SMADV_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* SMADV_COMPAT_H */
