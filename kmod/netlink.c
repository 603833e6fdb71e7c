// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <linux/smart_madvise.h>
#include <linux/stringify.h>
#include <net/genetlink.h>

#include "control.h"
#include "filter.h"
#include "map.h"

/*
 * What a request may hold, per attribute set. Ranges are checked in the handlers, for
 * the sentence.
 */
static const struct nla_policy policy_attributes[SMART_MADVISE_A_POLICY_MAX + 1] = {
	[1 ... SMART_MADVISE_A_POLICY_MAX] = { .type = NLA_U32 },
};

static const struct nla_policy process_attributes[SMART_MADVISE_A_PROCESS_PID + 1] = {
	[SMART_MADVISE_A_PROCESS_PID] = { .type = NLA_U32 },
};

static const struct nla_policy range_attributes[SMART_MADVISE_A_RANGE_PID + 1] = {
	[SMART_MADVISE_A_RANGE_PID] = { .type = NLA_U32 },
};

static const struct nla_policy task_attributes[SMART_MADVISE_A_TASK_PID + 1] = {
	[SMART_MADVISE_A_TASK_PID] = { .type = NLA_U32 },
};

static const struct nla_policy restore_attributes[SMART_MADVISE_A_RESTORE_PID + 1] = {
	[SMART_MADVISE_A_RESTORE_PID] = { .type = NLA_U32 },
};

static const struct nla_policy filter_attributes[SMART_MADVISE_A_FILTER_VALUE + 1] = {
	[SMART_MADVISE_A_FILTER_ID] = { .type = NLA_U32 },
	[SMART_MADVISE_A_FILTER_ACTION] = { .type = NLA_U32 },
	[SMART_MADVISE_A_FILTER_KIND] = { .type = NLA_U32 },
	[SMART_MADVISE_A_FILTER_VALUE] = { .type = NLA_NUL_STRING,
					   .len = SMART_MADVISE_MAX_VALUE_LEN },
};

static const struct nla_policy prior_attributes[SMART_MADVISE_A_PRIOR_PRICE_PCT + 1] = {
	[SMART_MADVISE_A_PRIOR_PID] = { .type = NLA_U32 },
	[SMART_MADVISE_A_PRIOR_FILE_ID] = { .type = NLA_U64 },
	[SMART_MADVISE_A_PRIOR_HINT] = { .type = NLA_U32 },
	[SMART_MADVISE_A_PRIOR_PRICE_PCT] = { .type = NLA_U32 },
};

int smadv_netlink_reply(struct genl_info *info,
			int (*fill)(struct sk_buff *skb, const void *what), const void *what)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;
	int err = -EMSGSIZE;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &smadv_netlink_family, 0, info->genlhdr->cmd);
	if (header)
		err = fill(skb, what);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

struct sk_buff *smadv_netlink_begin(u32 command, size_t bytes, void **header)
{
	struct sk_buff *skb = genlmsg_new(bytes, GFP_KERNEL);

	if (skb) {
		*header = genlmsg_put(skb, 0, 0, &smadv_netlink_family, 0, command);
		if (*header)
			return skb;
		nlmsg_free(skb);
	}
	smadv_stats_inc(EVENTS_LOST);
	return NULL;
}

void smadv_netlink_end(struct sk_buff *skb, void *header, u32 group)
{
	int err;

	genlmsg_end(skb, header);
	err = genlmsg_multicast(&smadv_netlink_family, skb, 0, group, GFP_KERNEL);
	if (err && err != -ESRCH)
		smadv_stats_inc(EVENTS_LOST);
}

int smadv_netlink_pid(const struct genl_info *info, int attribute, bool required, u32 *pid)
{
	const struct nlattr *attr = info->attrs ? info->attrs[attribute] : NULL;

	*pid = 0;
	if (!attr) {
		if (!required)
			return 0;
		NL_SET_ERR_MSG(info->extack, "pid: missing");
		return -EINVAL;
	}
	*pid = nla_get_u32(attr);
	if (*pid >= 1 && *pid <= PID_MAX_LIMIT)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "pid: must be 1..4194304");
	return -ERANGE;
}

int smadv_netlink_no_such_process(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "pid: no tracked process has this id");
	return -ESRCH;
}

/*
 * Every change needs this. The flag GENL_ADMIN_PERM would ask for CAP_NET_ADMIN,
 * which is not what tuning memory is about.
 */
static int check_admin(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack, "needs CAP_SYS_ADMIN in the initial user namespace");
	return -EPERM;
}

/* Older kernels take constant sentences only: one for each policy field, made at start. */
static char out_of_range[SMADV_POLICY_FIELDS][64];

static void make_sentences(void)
{
	const struct smadv_policy_field *field = smadv_policy_fields;
	u32 i;

	for (i = 0; i < SMADV_POLICY_FIELDS; i++, field++)
		snprintf(out_of_range[i], sizeof(out_of_range[i]), "%s: must be %u..%u",
			 field->name, field->min, field->max);
}

static int set_field(struct smadv_policy *policy, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	u32 i = nla_type(attr) - 1;
	const struct smadv_policy_field *field = &smadv_policy_fields[i];
	u32 value = nla_get_u32(attr);

	if (value < field->min || value > field->max) {
		NL_SET_BAD_ATTR(extack, attr);
		if (extack)
			extack->_msg = out_of_range[i];
		return -ERANGE;
	}
	((u32 *)policy)[i] = value;
	return 0;
}

static int policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_policy policy;
	int i, err = -EINVAL, given = 0;

	BUILD_BUG_ON(SMADV_POLICY_FIELDS != SMART_MADVISE_A_POLICY_MAX);

	if (check_admin(skb, info))
		return -EPERM;
	mutex_lock(&smadv_lock);
	policy = *smadv_control_policy();
	for (i = 1; i <= SMART_MADVISE_A_POLICY_MAX; i++) {
		if (!info->attrs[i])
			continue;
		given++;
		err = set_field(&policy, info->attrs[i], info->extack);
		if (err)
			goto unlock;
	}
	err = -EINVAL;
	if (!given) {
		NL_SET_ERR_MSG(info->extack, "the request names no policy attribute");
		goto unlock;
	}
	if (!smadv_policy_consistent(&policy)) {
		NL_SET_ERR_MSG(info->extack, "min-faults: must not exceed window-faults");
		goto unlock;
	}
	err = smadv_control_set_policy(&policy);
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "enabled: page faults cannot be hooked, or it was interrupted");
unlock:
	mutex_unlock(&smadv_lock);
	return err;
}

static int fill_outcome(struct sk_buff *skb, const void *what)
{
	const struct smadv_outcome *outcome = what;

	return nla_put_u32(skb, SMART_MADVISE_A_RESTORE_RESTORED, outcome->restored) ?:
	       nla_put_u32(skb, SMART_MADVISE_A_RESTORE_YIELDED, outcome->yielded);
}

static int process_forget_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_outcome outcome = { };
	struct smadv_record *record;
	u32 pid;
	int err = check_admin(skb, info) ?:
		  smadv_netlink_pid(info, SMART_MADVISE_A_RESTORE_PID, true, &pid);

	if (err)
		return err;
	mutex_lock(&smadv_lock);
	record = smadv_map_find_pid(pid);
	err = record ? smadv_control_forget(record, &outcome) :
		       smadv_netlink_no_such_process(info);
	mutex_unlock(&smadv_lock);
	return err ?: smadv_netlink_reply(info, fill_outcome, &outcome);
}

static int restore_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_record *record = NULL;
	struct smadv_outcome outcome = { };
	u32 pid;
	int err = check_admin(skb, info) ?:
		  smadv_netlink_pid(info, SMART_MADVISE_A_RESTORE_PID, false, &pid);

	if (err)
		return err;
	mutex_lock(&smadv_lock);
	if (pid)
		record = smadv_map_find_pid(pid);
	err = pid && !record ? smadv_netlink_no_such_process(info) :
			       smadv_control_restore(record, &outcome);
	mutex_unlock(&smadv_lock);
	return err ?: smadv_netlink_reply(info, fill_outcome, &outcome);
}

static int fill_filter_id(struct sk_buff *skb, const void *what)
{
	return nla_put_u32(skb, SMART_MADVISE_A_FILTER_ID, *(const u32 *)what);
}

static int filter_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *action = info->attrs[SMART_MADVISE_A_FILTER_ACTION];
	const struct nlattr *kind = info->attrs[SMART_MADVISE_A_FILTER_KIND];
	const struct nlattr *value = info->attrs[SMART_MADVISE_A_FILTER_VALUE];
	u32 id;
	int err = check_admin(skb, info);

	if (err)
		return err;
	if (!action || !kind || !value) {
		NL_SET_ERR_MSG(info->extack, "a rule needs action, kind and value");
		return -EINVAL;
	}
	if (nla_get_u32(action) > SMART_MADVISE_FILTER_ACTION_EXCLUDE) {
		NL_SET_ERR_MSG_ATTR(info->extack, action,
				    "action: must be 0 (include) or 1 (exclude)");
		return -ERANGE;
	}
	if (nla_get_u32(kind) > SMART_MADVISE_FILTER_KIND_CGROUP) {
		NL_SET_ERR_MSG_ATTR(info->extack, kind,
				    "kind: must be 0..4 (pid, uid, comm, exe, cgroup)");
		return -ERANGE;
	}
	mutex_lock(&smadv_lock);
	err = smadv_filter_add(nla_get_u32(action), nla_get_u32(kind), nla_data(value), &id,
			       info->extack);
	if (err)
		goto unlock;
	err = smadv_netlink_reply(info, fill_filter_id, &id);
	if (err) { /* nobody would know its number */
		NL_SET_ERR_MSG(info->extack, "no memory for the answer");
		smadv_filter_delete(id);
		goto unlock;
	}
	smadv_control_apply_filters();
unlock:
	mutex_unlock(&smadv_lock);
	return err;
}

static int filter_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *id = info->attrs[SMART_MADVISE_A_FILTER_ID];
	int err = check_admin(skb, info);

	if (err)
		return err;
	if (id && !nla_get_u32(id)) {
		NL_SET_ERR_MSG_ATTR(info->extack, id, "id: must be at least 1");
		return -ERANGE;
	}
	mutex_lock(&smadv_lock);
	err = smadv_filter_delete(id ? nla_get_u32(id) : 0);
	if (err)
		NL_SET_ERR_MSG_ATTR(info->extack, id, "id: no rule has this number");
	else
		smadv_control_apply_filters();
	mutex_unlock(&smadv_lock);
	return err;
}

static int check_prior(struct genl_info *info)
{
	const struct nlattr *file = info->attrs[SMART_MADVISE_A_PRIOR_FILE_ID];
	const struct nlattr *hint = info->attrs[SMART_MADVISE_A_PRIOR_HINT];
	const struct nlattr *price = info->attrs[SMART_MADVISE_A_PRIOR_PRICE_PCT];

	if (!file || !hint || !price) {
		NL_SET_ERR_MSG(info->extack, "a prior needs pid, file-id, hint and price-pct");
		return -EINVAL;
	}
	if (!nla_get_u64(file)) {
		NL_SET_ERR_MSG_ATTR(info->extack, file, "file-id: must be at least 1");
		return -ERANGE;
	}
	if (!nla_get_u32(hint) || nla_get_u32(hint) > SMART_MADVISE_HINT_RANDOM) {
		NL_SET_ERR_MSG_ATTR(info->extack, hint,
				    "hint: must be 1 (sequential) or 2 (random)");
		return -ERANGE;
	}
	if (!nla_get_u32(price) || nla_get_u32(price) > SMADV_PRIOR_MAX_PCT) {
		NL_SET_ERR_MSG_ATTR(info->extack, price,
				    "price-pct: must be 1.." __stringify(SMADV_PRIOR_MAX_PCT));
		return -ERANGE;
	}
	return 0;
}

static int prior_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_record *record;
	u32 pid;
	int err = check_admin(skb, info) ?:
		  smadv_netlink_pid(info, SMART_MADVISE_A_PRIOR_PID, true, &pid) ?:
		  check_prior(info);

	if (err)
		return err;
	mutex_lock(&smadv_lock);
	record = smadv_map_find_pid(pid);
	if (!record) {
		err = smadv_netlink_no_such_process(info);
		goto unlock;
	}
	err = smadv_prior_set(&record->priors,
			      nla_get_u64(info->attrs[SMART_MADVISE_A_PRIOR_FILE_ID]),
			      nla_get_u32(info->attrs[SMART_MADVISE_A_PRIOR_HINT]),
			      nla_get_u32(info->attrs[SMART_MADVISE_A_PRIOR_PRICE_PCT]));
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "file-id: the process has priors of " __stringify(SMADV_PRIORS)
			       " other files, the most there can be");
unlock:
	mutex_unlock(&smadv_lock);
	return err;
}

#define ATTRIBUTES(set)	.policy = set, .maxattr = ARRAY_SIZE(set) - 1

static const struct genl_ops ops[] = {
	{
		.cmd = SMART_MADVISE_CMD_INFO_GET,
		.doit = smadv_netlink_info_get,
	}, {
		.cmd = SMART_MADVISE_CMD_POLICY_GET,
		.doit = smadv_netlink_policy_get,
	}, {
		.cmd = SMART_MADVISE_CMD_POLICY_SET,
		.doit = policy_set_doit,
		ATTRIBUTES(policy_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_STATS_GET,
		.doit = smadv_netlink_stats_get,
	}, {
		.cmd = SMART_MADVISE_CMD_PROCESS_GET,
		.doit = smadv_netlink_process_get,
		.dumpit = smadv_netlink_process_dump,
		ATTRIBUTES(process_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_RANGE_GET,
		.start = smadv_netlink_range_start,
		.dumpit = smadv_netlink_range_dump,
		ATTRIBUTES(range_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_TASK_GET,
		.dumpit = smadv_netlink_task_dump,
		ATTRIBUTES(task_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_PROCESS_FORGET,
		.doit = process_forget_doit,
		ATTRIBUTES(restore_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_RESTORE,
		.doit = restore_doit,
		ATTRIBUTES(restore_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_FILTER_GET,
		.dumpit = smadv_netlink_filter_dump,
	}, {
		.cmd = SMART_MADVISE_CMD_FILTER_ADD,
		.doit = filter_add_doit,
		ATTRIBUTES(filter_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_FILTER_DEL,
		.doit = filter_del_doit,
		ATTRIBUTES(filter_attributes),
	}, {
		.cmd = SMART_MADVISE_CMD_PRIOR_SET,
		.doit = prior_set_doit,
		ATTRIBUTES(prior_attributes),
	},
};

static const struct genl_multicast_group groups[] = {
	[SMADV_NETLINK_GROUP_EVENTS] = {
		.name = SMART_MADVISE_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
	[SMADV_NETLINK_GROUP_RECORDING] = {
		.name = SMART_MADVISE_MCGRP_RECORDING, .flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
};

struct genl_family smadv_netlink_family __ro_after_init = {
	.name = SMART_MADVISE_FAMILY_NAME,
	.version = SMART_MADVISE_FAMILY_VERSION,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = SMART_MADVISE_CMD_INFO_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int smadv_netlink_init(void)
{
	make_sentences();
	return genl_register_family(&smadv_netlink_family);
}

void smadv_netlink_exit(void)
{
	genl_unregister_family(&smadv_netlink_family);
}
