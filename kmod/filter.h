/* SPDX-License-Identifier: GPL-2.0 */
/* Filters: which processes are watched at all. */
#ifndef SMADV_FILTER_H
#define SMADV_FILTER_H

#include <linux/smart_madvise.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct smadv_record;
struct task_struct;

/**
 * struct smadv_filter - one rule
 * @link: all rules, in order of @id
 * @id: never re-used number, from 1
 * @action: enum smart_madvise_filter_action
 * @kind: enum smart_madvise_filter_kind
 * @number: value of pid and uid rules
 * @value: value as it was given
 */
struct smadv_filter {
	struct list_head link;
	u32 id;
	u32 action;
	u32 kind;
	u32 number;
	char value[SMART_MADVISE_MAX_VALUE_LEN + 1];
};

/* All with smadv_lock held. */
bool smadv_filter_excludes(struct smadv_record *record);
int smadv_filter_add(u32 action, u32 kind, const char *value, u32 *id,
		     struct netlink_ext_ack *extack);
int smadv_filter_delete(u32 id);
const struct smadv_filter *smadv_filter_next(u32 after_id);

/* The path of @task in the cgroup v2 hierarchy, if it has no more than @bytes with its end. */
bool smadv_filter_cgroup(struct task_struct *task, char *buffer, int bytes);

void smadv_filter_exit(void);

#endif /* SMADV_FILTER_H */
