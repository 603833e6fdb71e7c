// SPDX-License-Identifier: GPL-2.0
/*
 * smart-madvise: page faults come in; evidence gathers per address range; a
 * verdict names a hint; the hint is applied, journalled, and can be taken back.
 *
 *   hook -> map -> analyzer (core) -> taskmap -> executor
 *
 * What is here is the order in which the parts come and go.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "main.h"

#include <linux/module.h>

#include "advise.h"
#include "analyzer.h"
#include "control.h"
#include "executor.h"
#include "filter.h"
#include "hook.h"
#include "map.h"
#include "netlink.h"
#include "observer.h"
#include "pagecache.h"
#include "sysfs.h"
#include "taskmap.h"

static char *hook = "auto";
module_param(hook, charp, 0444);
MODULE_PARM_DESC(hook, "How to see page faults: auto, ftrace or kprobe (default auto)");

static char *executor = "auto";
module_param(executor, charp, 0444);
MODULE_PARM_DESC(executor, "How to apply hints: auto, madvise or vma-flags (default auto)");

static bool enabled = true;
module_param(enabled, bool, 0444);
MODULE_PARM_DESC(enabled, "Watch page faults from the start (default true)");

static int check_parameters(void)
{
	int err = smadv_hook_init(hook);

	if (err) {
		pr_err("hook=%s: must be auto, ftrace or kprobe\n", hook);
		return err;
	}
	err = smadv_advise_init(executor);
	if (err == -EINVAL)
		pr_err("executor=%s: must be auto, madvise or vma-flags\n", executor);
	else if (err)
		pr_err("executor=%s: do_madvise() cannot be reached on this kernel\n", executor);
	return err;
}

static int start_watching(void)
{
	struct smadv_policy policy;
	int err;

	mutex_lock(&smadv_lock);
	policy = *smadv_control_policy();
	policy.enabled = enabled;
	err = smadv_control_set_policy(&policy);
	mutex_unlock(&smadv_lock);
	return err;
}

static int __init smadv_init(void)
{
	int err;

	smadv_control_init();
	err = check_parameters();
	if (err)
		return err;
	smadv_executor_init();
	err = smadv_map_init();
	if (err)
		return err;
	err = smadv_observer_init(smadv_advise_madvise_address());
	if (err)
		goto map;
	err = smadv_pagecache_init();
	if (err)
		goto observer;
	err = smadv_analyzer_start();
	if (err)
		goto pagecache;
	err = start_watching();
	if (err)
		goto analyzer;
	err = smadv_sysfs_init();
	if (err)
		goto leave;
	err = smadv_netlink_init();
	if (err)
		goto sysfs;
	return 0;

sysfs:
	smadv_sysfs_exit();
leave:
	smadv_control_leave();
analyzer:
	smadv_observer_exit();
	smadv_control_forget_all();
	smadv_analyzer_stop();
	smadv_pagecache_exit();
	smadv_map_exit();
	return err;
pagecache:
	smadv_pagecache_exit();
observer:
	smadv_observer_exit();
map:
	smadv_map_exit();
	return err;
}

/*
 * First nobody can ask for anything new; then the faults stop, all is restored
 * and forgotten while forks are still observed; then nothing is left that the
 * thread could do.
 */
static void __exit smadv_exit(void)
{
	smadv_netlink_exit();
	smadv_sysfs_exit();
	smadv_control_leave();
	smadv_observer_exit();
	smadv_control_forget_all();
	smadv_analyzer_stop();
	smadv_pagecache_exit();
	smadv_map_exit();
	smadv_taskmap_exit();
	smadv_filter_exit();
}

module_init(smadv_init);
module_exit(smadv_exit);

MODULE_DESCRIPTION("Run-time tuning of madvise() hints from page faults");
MODULE_VERSION(SMADV_VERSION);
MODULE_LICENSE("GPL");
