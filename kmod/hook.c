// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "hook.h"

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/smart_madvise.h>

#include "compat/compat.h"
#include "map.h"

static u32 kind; /* written under smadv_lock, shown without */
static u32 first_choice = SMART_MADVISE_HOOK_KIND_FTRACE;
static u32 last_choice = SMART_MADVISE_HOOK_KIND_KPROBE;

#if defined(CONFIG_DYNAMIC_FTRACE) && defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
static void notrace fault_callback(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	smadv_map_fault((struct vm_area_struct *)smadv_ftrace_argument(fregs, 0),
			smadv_ftrace_argument(fregs, 1),
			(unsigned int)smadv_ftrace_argument(fregs, 2));
}

/*
 * PERMANENT: the sysctl kernel.ftrace_enabled must not blind us silently. No
 * recursion guard: the filter holds one function, and nothing that the callback
 * calls comes back to it.
 */
static struct ftrace_ops fault_ops;

static int start_ftrace(void)
{
	int err;

	/* As new: freeing the filter of the last time left its pointers in place. */
	fault_ops = (struct ftrace_ops){
		.func = fault_callback,
		.flags = FTRACE_OPS_FL_PERMANENT,
	};
	err = ftrace_set_filter_ip(&fault_ops, (unsigned long)handle_mm_fault, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&fault_ops);
	if (err)
		ftrace_free_filter(&fault_ops);
	return err;
}

static void stop_ftrace(void)
{
	unregister_ftrace_function(&fault_ops); /* waits for callbacks under way */
	ftrace_free_filter(&fault_ops);
}
#else
static int start_ftrace(void)
{
	return -EOPNOTSUPP;
}

static void stop_ftrace(void) { }
#endif

#ifdef CONFIG_KPROBES
static int notrace fault_probe(struct kprobe *probe, struct pt_regs *regs)
{
	smadv_map_fault((struct vm_area_struct *)regs_get_kernel_argument(regs, 0),
			regs_get_kernel_argument(regs, 1),
			(unsigned int)regs_get_kernel_argument(regs, 2));
	return 0;
}

NOKPROBE_SYMBOL(fault_probe);

static struct kprobe fault_kprobe;

static int start_kprobe(void)
{
	/* As new: registering leaves traces in the structure. */
	fault_kprobe = (struct kprobe){
		.symbol_name = "handle_mm_fault",
		.pre_handler = fault_probe,
	};
	return register_kprobe(&fault_kprobe);
}

static void stop_kprobe(void)
{
	unregister_kprobe(&fault_kprobe);
}
#else
static int start_kprobe(void)
{
	return -EOPNOTSUPP;
}

static void stop_kprobe(void) { }
#endif

static int start(u32 candidate)
{
	int err = candidate == SMART_MADVISE_HOOK_KIND_FTRACE ? start_ftrace() : start_kprobe();

	if (!err)
		WRITE_ONCE(kind, candidate);
	return err;
}

/**
 * smadv_hook_init() - choose the mechanism
 * @mechanism: "auto" for the cheapest that works, "ftrace" or "kprobe"
 *
 * Return: 0, or -EINVAL for another word.
 */
int smadv_hook_init(const char *mechanism)
{
	if (!strcmp(mechanism, "auto"))
		return 0;
	if (!strcmp(mechanism, "ftrace"))
		last_choice = SMART_MADVISE_HOOK_KIND_FTRACE;
	else if (!strcmp(mechanism, "kprobe"))
		first_choice = SMART_MADVISE_HOOK_KIND_KPROBE;
	else
		return -EINVAL;
	return 0;
}

/**
 * smadv_hook_start() - see every page fault from now on
 *
 * Context: process, may sleep.
 *
 * Return: 0 or the errno of the last mechanism tried.
 */
int smadv_hook_start(void)
{
	int err = start(first_choice);

	if (err && last_choice != first_choice) {
		pr_info("ftrace cannot hook handle_mm_fault (%d), using a kprobe\n", err);
		err = start(last_choice);
	}
	return err;
}

/* No callback runs, or will run, after this. Context: process, sleeps. */
void smadv_hook_stop(void)
{
	if (kind == SMART_MADVISE_HOOK_KIND_FTRACE)
		stop_ftrace();
	else if (kind == SMART_MADVISE_HOOK_KIND_KPROBE)
		stop_kprobe();
	WRITE_ONCE(kind, SMART_MADVISE_HOOK_KIND_NONE);
}

u32 smadv_hook_kind(void)
{
	return READ_ONCE(kind);
}
