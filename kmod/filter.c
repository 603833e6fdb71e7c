// SPDX-License-Identifier: GPL-2.0
#include "filter.h"

#include <linux/cgroup.h>
#include <linux/kstrtox.h>
#include <linux/netlink.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stringify.h>

#include "map.h"

static LIST_HEAD(filters);
static u32 filter_count;
static u32 last_id;

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (!strcmp(folder, "/"))
		return true;
	return !strncmp(path, folder, length) && (path[length] == '\0' || path[length] == '/');
}

/**
 * smadv_filter_cgroup() - where in the cgroup v2 hierarchy a task is
 * @task: task
 * @buffer: filled in
 * @bytes: its size
 *
 * Return: false when there are no cgroups, or the path is too long.
 */
bool smadv_filter_cgroup(struct task_struct *task, char *buffer, int bytes)
{
#ifdef CONFIG_CGROUPS
	int length;

	rcu_read_lock();
	length = cgroup_path(task_dfl_cgroup(task), buffer, bytes);
	rcu_read_unlock();
	return length >= 0 && length < bytes;
#else
	return false;
#endif
}

static bool matches(const struct smadv_filter *filter, struct smadv_record *record,
		    struct task_struct *task, char *buffer)
{
	char comm[TASK_COMM_LEN];
	const char *exe;

	switch (filter->kind) {
	case SMART_MADVISE_FILTER_KIND_PID:
		return pid_nr(record->pid) == filter->number;
	case SMART_MADVISE_FILTER_KIND_UID:
		return from_kuid(&init_user_ns, task_uid(task)) == filter->number;
	case SMART_MADVISE_FILTER_KIND_COMM:
		get_task_comm(comm, task);
		return !strcmp(comm, filter->value);
	case SMART_MADVISE_FILTER_KIND_EXE:
		exe = smadv_map_exe(record);
		return exe && !strcmp(exe, filter->value);
	default:
		return smadv_filter_cgroup(task, buffer, PATH_MAX) &&
		       is_below(buffer, filter->value);
	}
}

/**
 * smadv_filter_excludes() - do the rules keep a process from being watched?
 * @record: process
 *
 * An exclude rule that matches wins. Otherwise, if there is any include rule,
 * one must match.
 *
 * Return: true when it must not be watched.
 */
bool smadv_filter_excludes(struct smadv_record *record)
{
	bool included = false, must_be_included = false, excluded = false;
	struct smadv_filter *filter;
	struct task_struct *task;
	char *buffer;

	lockdep_assert_held(&smadv_lock);
	if (list_empty(&filters))
		return false;
	task = get_pid_task(record->pid, PIDTYPE_TGID);
	if (!task)
		return record->excluded;
	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buffer) {
		put_task_struct(task);
		return true; /* when in doubt, hands off */
	}
	list_for_each_entry(filter, &filters, link) {
		bool exclude = filter->action == SMART_MADVISE_FILTER_ACTION_EXCLUDE;

		must_be_included |= !exclude;
		if ((exclude && excluded) || (!exclude && included))
			continue;
		if (!matches(filter, record, task, buffer))
			continue;
		if (exclude)
			excluded = true;
		else
			included = true;
	}
	kfree(buffer);
	put_task_struct(task);
	return excluded || (must_be_included && !included);
}

static int check(u32 kind, const char *value, u32 *number, struct netlink_ext_ack *extack)
{
	switch (kind) {
	case SMART_MADVISE_FILTER_KIND_PID:
		if (kstrtou32(value, 10, number) || !*number || *number > PID_MAX_LIMIT) {
			NL_SET_ERR_MSG(extack, "value: a pid is a decimal number, at least 1");
			return -EINVAL;
		}
		return 0;
	case SMART_MADVISE_FILTER_KIND_UID:
		if (kstrtou32(value, 10, number) || *number == (u32)-1) {
			NL_SET_ERR_MSG(extack, "value: a uid is a decimal number, 0..4294967294");
			return -EINVAL;
		}
		return 0;
	case SMART_MADVISE_FILTER_KIND_COMM:
		if (strlen(value) < 1 || strlen(value) >= TASK_COMM_LEN) {
			NL_SET_ERR_MSG(extack, "value: a command name has 1..15 bytes");
			return -EINVAL;
		}
		return 0;
	default:
		if (value[0] != '/') {
			NL_SET_ERR_MSG(extack, "value: the path must be absolute");
			return -EINVAL;
		}
		return 0;
	}
}

/**
 * smadv_filter_add() - add a rule
 * @action: enum smart_madvise_filter_action, checked
 * @kind: enum smart_madvise_filter_kind, checked
 * @value: value, at most SMART_MADVISE_MAX_VALUE_LEN bytes
 * @id: set to its number
 * @extack: gets a sentence with each refusal
 *
 * Return: 0, -EINVAL for a value that does not suit the kind, -EOPNOTSUPP for
 * cgroup rules on a kernel without, -EEXIST, -ENOSPC or -ENOMEM.
 */
int smadv_filter_add(u32 action, u32 kind, const char *value, u32 *id,
		     struct netlink_ext_ack *extack)
{
	struct smadv_filter *filter;
	u32 number = 0;
	int err;

	lockdep_assert_held(&smadv_lock);
	if (kind == SMART_MADVISE_FILTER_KIND_CGROUP && !IS_ENABLED(CONFIG_CGROUPS)) {
		NL_SET_ERR_MSG(extack, "kind: this kernel has no cgroups");
		return -EOPNOTSUPP;
	}
	err = check(kind, value, &number, extack);
	if (err)
		return err;
	list_for_each_entry(filter, &filters, link) {
		if (filter->action == action && filter->kind == kind &&
		    !strcmp(filter->value, value)) {
			NL_SET_ERR_MSG(extack, "this rule is there already");
			return -EEXIST;
		}
	}
	if (filter_count >= SMART_MADVISE_MAX_FILTERS) {
		NL_SET_ERR_MSG(extack, "there are " __stringify(SMART_MADVISE_MAX_FILTERS)
				       " filter rules, the most there can be");
		return -ENOSPC;
	}
	filter = kzalloc(sizeof(*filter), GFP_KERNEL);
	if (!filter) {
		NL_SET_ERR_MSG(extack, "no memory for the rule");
		return -ENOMEM;
	}
	filter->id = ++last_id;
	filter->action = action;
	filter->kind = kind;
	filter->number = number;
	strscpy(filter->value, value, sizeof(filter->value));
	list_add_tail(&filter->link, &filters);
	filter_count++;
	*id = filter->id;
	return 0;
}

/* Delete the rule @id, or every rule when it is 0. -ENOENT when there is no such rule. */
int smadv_filter_delete(u32 id)
{
	struct smadv_filter *filter, *next;
	int err = id ? -ENOENT : 0;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry_safe(filter, next, &filters, link) {
		if (id && filter->id != id)
			continue;
		list_del(&filter->link);
		kfree(filter);
		filter_count--;
		err = 0;
	}
	return err;
}

const struct smadv_filter *smadv_filter_next(u32 after_id)
{
	struct smadv_filter *filter;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry(filter, &filters, link)
		if (filter->id > after_id)
			return filter;
	return NULL;
}

void smadv_filter_exit(void)
{
	mutex_lock(&smadv_lock);
	smadv_filter_delete(0);
	mutex_unlock(&smadv_lock);
}
