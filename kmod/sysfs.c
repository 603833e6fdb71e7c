// SPDX-License-Identifier: GPL-2.0
#include "sysfs.h"

#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "advise.h"
#include "control.h"
#include "hook.h"
#include "main.h"
#include "stats.h"

static struct kobject *folder;

/* --- stats/: every counter and gauge -------------------------------------- */

struct stat_file {
	struct kobj_attribute attribute;
	int stat;
};

static ssize_t stat_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	struct stat_file *file = container_of(attribute, struct stat_file, attribute);

	return sysfs_emit(buffer, "%llu\n", smadv_stats_read(file->stat));
}

#define STAT(file_name, id) {						\
	.attribute = { .attr = { .name = #file_name, .mode = 0444 },	\
		       .show = stat_show },				\
	.stat = SMART_MADVISE_A_STATS_##id,				\
}

static struct stat_file stat_files[] = {
	STAT(faults, FAULTS),
	STAT(faults_lost, FAULTS_LOST),
	STAT(faults_untracked, FAULTS_UNTRACKED),
	STAT(majors, MAJORS),
	STAT(processes, PROCESSES),
	STAT(processes_adopted, PROCESSES_ADOPTED),
	STAT(processes_gone, PROCESSES_GONE),
	STAT(processes_refused, PROCESSES_REFUSED),
	STAT(ranges, RANGES),
	STAT(range_splits, RANGE_SPLITS),
	STAT(range_merges, RANGE_MERGES),
	STAT(range_limit_hits, RANGE_LIMIT_HITS),
	STAT(memory_bytes, MEMORY_BYTES),
	STAT(memory_limit_hits, MEMORY_LIMIT_HITS),
	STAT(verdicts, VERDICTS),
	STAT(tasks_filed, TASKS_FILED),
	STAT(tasks_queued, TASKS_QUEUED),
	STAT(tasks_applied, TASKS_APPLIED),
	STAT(tasks_refused, TASKS_REFUSED),
	STAT(tasks_cancelled, TASKS_CANCELLED),
	STAT(hints_changed, HINTS_CHANGED),
	STAT(hints_active, HINTS_ACTIVE),
	STAT(hints_restored, HINTS_RESTORED),
	STAT(hints_yielded, HINTS_YIELDED),
	STAT(hints_gone, HINTS_GONE),
	STAT(rate_limit_hits, RATE_LIMIT_HITS),
	STAT(split_limit_hits, SPLIT_LIMIT_HITS),
	STAT(forks_followed, FORKS_FOLLOWED),
	STAT(forks_lost, FORKS_LOST),
	STAT(calls_lost, CALLS_LOST),
	STAT(faults_skipped, FAULTS_SKIPPED),
	STAT(pages_read, PAGES_READ),
	STAT(pages_touched, PAGES_TOUCHED),
	STAT(pages_evicted, PAGES_EVICTED),
	STAT(saved_bytes, SAVED_BYTES),
	STAT(events_lost, EVENTS_LOST),
	STAT(analyzer_rounds, ANALYZER_ROUNDS),
	STAT(analyzer_ns, ANALYZER_NS),
};

static_assert(ARRAY_SIZE(stat_files) == SMART_MADVISE_A_STATS_MAX - 1);

static struct attribute *stat_attributes[ARRAY_SIZE(stat_files) + 1];

static const struct attribute_group stat_group = {
	.name = "stats",
	.attrs = stat_attributes,
};

/* --- the folder itself ------------------------------------------------------ */

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%s\n", SMADV_VERSION);
}

static ssize_t hook_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	static const char * const names[] = {
		[SMART_MADVISE_HOOK_KIND_NONE] = "none",
		[SMART_MADVISE_HOOK_KIND_FTRACE] = "ftrace",
		[SMART_MADVISE_HOOK_KIND_KPROBE] = "kprobe",
	};

	return sysfs_emit(buffer, "%s\n", names[smadv_hook_kind()]);
}

static ssize_t executor_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	static const char * const names[] = {
		[SMART_MADVISE_EXECUTOR_KIND_MADVISE] = "madvise",
		[SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS] = "vma-flags",
	};

	return sysfs_emit(buffer, "%s\n", names[smadv_advise_kind()]);
}

static const char * const governors[] = {
	[SMART_MADVISE_GOVERNOR_OBSERVE] = "observe",
	[SMART_MADVISE_GOVERNOR_PATTERN] = "pattern",
	[SMART_MADVISE_GOVERNOR_BENEFIT] = "benefit",
};

static ssize_t governor_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	u32 governor;

	mutex_lock(&smadv_lock);
	governor = smadv_control_policy()->governor;
	mutex_unlock(&smadv_lock);
	return sysfs_emit(buffer, "%s\n", governors[governor]);
}

/* Change one field of the policy, like a policy-set request. */
static int set_policy(u32 *governor, bool *enabled)
{
	struct smadv_policy policy;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&smadv_lock);
	policy = *smadv_control_policy();
	if (governor)
		policy.governor = *governor;
	if (enabled)
		policy.enabled = *enabled;
	err = smadv_control_set_policy(&policy);
	mutex_unlock(&smadv_lock);
	return err;
}

static ssize_t governor_store(struct kobject *kobj, struct kobj_attribute *attribute,
			      const char *buffer, size_t bytes)
{
	int found = sysfs_match_string(governors, buffer);
	u32 governor = found;

	if (found < 0)
		return found;
	return set_policy(&governor, NULL) ?: bytes;
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attribute, char *buffer)
{
	u32 enabled;

	mutex_lock(&smadv_lock);
	enabled = smadv_control_policy()->enabled;
	mutex_unlock(&smadv_lock);
	return sysfs_emit(buffer, "%u\n", enabled);
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *buffer, size_t bytes)
{
	bool enabled;
	int err = kstrtobool(buffer, &enabled);

	return err ?: set_policy(NULL, &enabled) ?: bytes;
}

static struct kobj_attribute version_attribute = __ATTR_RO(version);
static struct kobj_attribute hook_attribute = __ATTR_RO(hook);
static struct kobj_attribute executor_attribute = __ATTR_RO(executor);
static struct kobj_attribute governor_attribute = __ATTR_RW(governor);
static struct kobj_attribute enabled_attribute = __ATTR_RW(enabled);

static struct attribute *attributes[] = {
	&version_attribute.attr,
	&hook_attribute.attr,
	&executor_attribute.attr,
	&governor_attribute.attr,
	&enabled_attribute.attr,
	NULL
};

static const struct attribute_group group = { .attrs = attributes };
static const struct attribute_group *groups[] = { &group, &stat_group, NULL };

int smadv_sysfs_init(void)
{
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(stat_files); i++) {
		sysfs_attr_init(&stat_files[i].attribute.attr);
		stat_attributes[i] = &stat_files[i].attribute.attr;
	}
	folder = kobject_create_and_add("smart_madvise", kernel_kobj);
	if (!folder)
		return -ENOMEM;
	err = sysfs_create_groups(folder, groups);
	if (err)
		kobject_put(folder);
	return err;
}

void smadv_sysfs_exit(void)
{
	sysfs_remove_groups(folder, groups);
	kobject_put(folder);
}
