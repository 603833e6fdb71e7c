// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <linux/ktime.h>
#include <linux/smart_madvise.h>
#include <net/genetlink.h>

#include "advise.h"
#include "compat/compat.h"
#include "control.h"
#include "core/benefit.h"
#include "filter.h"
#include "hook.h"
#include "main.h"
#include "map.h"
#include "mapping.h"
#include "observer.h"
#include "taskmap.h"

static int fill_info(struct sk_buff *skb, const void *unused)
{
	if (nla_put_string(skb, SMART_MADVISE_A_INFO_VERSION, SMADV_VERSION) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_ABI, SMART_MADVISE_ABI) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_HOOK, smadv_hook_kind()) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_EXECUTOR, smadv_advise_kind()) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_ADVICE_OBSERVER,
			smadv_observer_sees_advice()) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_FORK_OBSERVER, smadv_observer_sees_forks()) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_PAGE_BYTES, PAGE_SIZE) ||
	    nla_put_u32(skb, SMART_MADVISE_A_INFO_FAULT_AROUND_PAGES,
			SMADV_FAULT_AROUND_PAGES))
		return -EMSGSIZE;
	return 0;
}

int smadv_netlink_info_get(struct sk_buff *skb, struct genl_info *info)
{
	return smadv_netlink_reply(info, fill_info, NULL);
}

static int fill_policy(struct sk_buff *skb, const void *what)
{
	const u32 *field = what;
	u32 i;

	for (i = 0; i < SMADV_POLICY_FIELDS; i++)
		if (nla_put_u32(skb, i + 1, field[i]))
			return -EMSGSIZE;
	return 0;
}

int smadv_netlink_policy_get(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_policy policy;

	mutex_lock(&smadv_lock);
	policy = *smadv_control_policy();
	mutex_unlock(&smadv_lock);
	return smadv_netlink_reply(info, fill_policy, &policy);
}

static int fill_stats(struct sk_buff *skb, const void *unused)
{
	int i;

	for (i = SMART_MADVISE_A_STATS_PAD + 1; i <= SMART_MADVISE_A_STATS_MAX; i++)
		if (nla_put_u64_64bit(skb, i, smadv_stats_read(i), SMART_MADVISE_A_STATS_PAD))
			return -EMSGSIZE;
	return 0;
}

/* Under the lock, so that sums over counters hold. */
int smadv_netlink_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	mutex_lock(&smadv_lock);
	err = smadv_netlink_reply(info, fill_stats, NULL);
	mutex_unlock(&smadv_lock);
	return err;
}

/* The pattern of the range with the most faults stands for the process. */
static struct smadv_pattern main_pattern(const struct smadv_record *record)
{
	struct smadv_pattern pattern = { .kind = SMART_MADVISE_PATTERN_UNKNOWN };
	u64 most = 0;
	u32 i;

	for (i = 0; i < record->ranges.count; i++) {
		if (record->ranges.item[i]->faults <= most)
			continue;
		most = record->ranges.item[i]->faults;
		pattern = record->ranges.item[i]->pattern;
	}
	return pattern;
}

#define PUT_U32(set, name, value) \
	nla_put_u32(skb, SMART_MADVISE_A_##set##_##name, value)
#define PUT_U64(set, name, value) \
	nla_put_u64_64bit(skb, SMART_MADVISE_A_##set##_##name, value, SMART_MADVISE_A_##set##_PAD)

/* Left out where it is not known, or of no use to a filter. */
static int put_cgroup(struct sk_buff *skb, const struct smadv_record *record)
{
	struct task_struct *task = get_pid_task(record->pid, PIDTYPE_TGID);
	char path[SMART_MADVISE_MAX_VALUE_LEN + 1];
	bool known = task && smadv_filter_cgroup(task, path, sizeof(path));

	if (task)
		put_task_struct(task);
	return known ? nla_put_string(skb, SMART_MADVISE_A_PROCESS_CGROUP, path) : 0;
}

static int fill_process(struct sk_buff *skb, const void *what)
{
	const struct smadv_record *record = what;
	struct smadv_pattern pattern = main_pattern(record);
	char comm[TASK_COMM_LEN];

	smadv_map_comm(record, comm);
	if (PUT_U64(PROCESS, ID, record->id) ||
	    PUT_U32(PROCESS, PID, pid_nr(record->pid)) ||
	    nla_put_string(skb, SMART_MADVISE_A_PROCESS_COMM, comm) ||
	    PUT_U32(PROCESS, UID, from_kuid(&init_user_ns, record->uid)) ||
	    PUT_U64(PROCESS, TRACKED_MS, ktime_to_ms(ktime_get()) - record->adopted_ms) ||
	    PUT_U64(PROCESS, FAULTS, record->faults) ||
	    PUT_U64(PROCESS, FAULTS_LOST, record->lost) ||
	    PUT_U64(PROCESS, MAJORS, record->majors) ||
	    PUT_U32(PROCESS, RANGES, record->ranges.count) ||
	    PUT_U32(PROCESS, PATTERN, pattern.kind) ||
	    PUT_U32(PROCESS, CONFIDENCE_PCT, pattern.confidence_pct) ||
	    PUT_U32(PROCESS, HINTS_ACTIVE, record->journal.count) ||
	    PUT_U64(PROCESS, HINTS_CHANGED, record->hints_changed) ||
	    PUT_U32(PROCESS, SPLITS, smadv_journal_splits(&record->journal)) ||
	    PUT_U64(PROCESS, MEMORY_BYTES, smadv_map_bytes(record)) ||
	    PUT_U32(PROCESS, EXCLUDED, record->excluded) ||
	    PUT_U64(PROCESS, PAGES_READ, atomic64_read(&record->read_pages)) ||
	    PUT_U64(PROCESS, PAGES_TOUCHED, record->touched_pages) ||
	    PUT_U64(PROCESS, SAVED_BYTES, record->saved_pages << PAGE_SHIFT) ||
	    put_cgroup(skb, record))
		return -EMSGSIZE;
	return 0;
}

int smadv_netlink_process_get(struct sk_buff *skb, struct genl_info *info)
{
	struct smadv_record *record;
	u32 pid;
	int err = smadv_netlink_pid(info, SMART_MADVISE_A_PROCESS_PID, true, &pid);

	if (err)
		return err;
	mutex_lock(&smadv_lock);
	record = smadv_map_find_pid(pid);
	err = record ? smadv_netlink_reply(info, fill_process, record) :
		       smadv_netlink_no_such_process(info);
	mutex_unlock(&smadv_lock);
	return err;
}

/*
 * Dumps go by numbers that grow and are never re-used: what was there at the
 * start and still is when its turn comes is shown once, whatever else changes.
 */
struct cursor {
	u64 id;		/* last record, task or rule shown, or being shown */
	u64 page;	/* end of the last range shown of it */
	u32 pid;	/* 0: every process */
	bool begun;	/* the fields below are set */
	bool all;	/* the caller may see every user's addresses */
	kuid_t uid;
};

static struct cursor *cursor_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct cursor) > sizeof(cb->ctx));
	return (struct cursor *)cb->ctx;
}

static bool may_see(const struct cursor *cursor, kuid_t uid)
{
	return cursor->all || uid_eq(cursor->uid, uid);
}

/* One message of a dump. On failure the skb is as before. */
static int put_item(struct sk_buff *skb, struct netlink_callback *cb, u8 command,
		    int (*fill)(struct sk_buff *skb, const void *what), const void *what)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &smadv_netlink_family, NLM_F_MULTI, command);

	if (!header)
		return -EMSGSIZE;
	if (fill(skb, what)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/*
 * What a dump returns when it stopped at @next. An empty message would end it, so
 * an item too large for one is an error.
 */
static int dumped(const struct sk_buff *skb, const void *next)
{
	return next && !skb->len ? -EMSGSIZE : skb->len;
}

int smadv_netlink_process_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	struct smadv_record *record;

	mutex_lock(&smadv_lock);
	while ((record = smadv_map_next(cursor->id))) {
		if (put_item(skb, cb, SMART_MADVISE_CMD_PROCESS_GET, fill_process, record))
			break;
		cursor->id = record->id;
	}
	mutex_unlock(&smadv_lock);
	return dumped(skb, record);
}

/*
 * Who asks, and for whom. Addresses of other users' processes are for
 * CAP_SYS_ADMIN. Done at the first message and not in .start, where older kernels
 * have no extack.
 */
static int begin_dump(struct netlink_callback *cb, int attribute, bool tracked_only)
{
	struct genl_info info = { .attrs = smadv_dump_attributes(cb), .extack = cb->extack };
	struct cursor *cursor = cursor_of(cb);
	struct smadv_record *record;
	int err;

	if (cursor->begun)
		return 0;
	cursor->begun = true;
	cursor->all = netlink_capable(cb->skb, CAP_SYS_ADMIN);
	cursor->uid = NETLINK_CREDS(cb->skb)->uid;
	err = smadv_netlink_pid(&info, attribute, false, &cursor->pid);
	if (err || !cursor->pid)
		return err;
	mutex_lock(&smadv_lock);
	record = smadv_map_find_pid(cursor->pid);
	if (!record && tracked_only) {
		err = smadv_netlink_no_such_process(&info);
	} else if (record && !may_see(cursor, record->viewer)) {
		NL_SET_ERR_MSG(cb->extack,
			       "pid: addresses of another user's process need CAP_SYS_ADMIN");
		err = -EPERM;
	}
	mutex_unlock(&smadv_lock);
	return err;
}

int smadv_netlink_range_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = 3 * PATH_MAX; /* a range with the longest paths fits a message */
	return 0;
}

struct shown_range {
	struct smadv_record *record;
	const struct smadv_range *range;
	char *buffer;
};

static int fill_range(struct sk_buff *skb, const void *what)
{
	const struct shown_range *shown = what;
	const struct smadv_range *range = shown->range;
	const struct smadv_evidence *evidence = &range->evidence;
	u64 now_ms = ktime_to_ms(ktime_get());
	u64 hold_ms = range->hold.until_ms > now_ms ? range->hold.until_ms - now_ms : 0;
	const char *exe = smadv_map_exe(shown->record);
	struct smadv_mapping mapping = { };
	const char *path = smadv_mapping_path(shown->record->mm, range->start, shown->buffer,
					      PATH_MAX);

	if (!smadv_mapping_at(shown->record->mm, range->start, &mapping))
		mapping.offset += range->start - mapping.start;
	if (PUT_U32(RANGE, PID, pid_nr(shown->record->pid)) ||
	    PUT_U64(RANGE, START, range->start << PAGE_SHIFT) ||
	    PUT_U64(RANGE, END, range->end << PAGE_SHIFT) ||
	    (path && nla_put_string(skb, SMART_MADVISE_A_RANGE_FILE, path)) ||
	    PUT_U32(RANGE, HINT, range->hint) ||
	    PUT_U32(RANGE, APPLICATION_HINT, range->application_hint) ||
	    PUT_U32(RANGE, PATTERN, range->pattern.kind) ||
	    PUT_U32(RANGE, PATTERN_PAGES, range->pattern.pages) ||
	    PUT_U32(RANGE, CONFIDENCE_PCT, range->pattern.confidence_pct) ||
	    PUT_U32(RANGE, VERDICT, range->verdict.hint) ||
	    PUT_U32(RANGE, REASON, range->verdict.reason) ||
	    PUT_U64(RANGE, FAULTS, range->faults) ||
	    PUT_U64(RANGE, MAJORS, range->majors) ||
	    PUT_U32(RANGE, WINDOW_FORWARD, evidence->forward) ||
	    PUT_U32(RANGE, WINDOW_BACKWARD, evidence->backward) ||
	    PUT_U32(RANGE, WINDOW_STRIDED, evidence->strided) ||
	    PUT_U32(RANGE, WINDOW_SHORT, evidence->near) ||
	    PUT_U32(RANGE, WINDOW_RANDOM, evidence->jumps) ||
	    PUT_U32(RANGE, STREAMS, smadv_evidence_streams(evidence)) ||
	    PUT_U32(RANGE, COVERAGE_BP,
		    smadv_evidence_coverage_bp(evidence, range->end - range->start)) ||
	    PUT_U32(RANGE, REUSE_BP, smadv_evidence_reuse_bp(evidence)) ||
	    PUT_U32(RANGE, HOLD_MS, min_t(u64, hold_ms, U32_MAX)) ||
	    PUT_U32(RANGE, CHANGES, range->hold.changes) ||
	    PUT_U64(RANGE, WAITED_NS, range->effect.stake_ns) ||
	    PUT_U64(RANGE, REGRET_NS, smadv_benefit_regret_ns(range)) ||
	    (exe && nla_put_string(skb, SMART_MADVISE_A_RANGE_EXE, exe)) ||
	    PUT_U64(RANGE, FILE_ID, range->memory.file) ||
	    PUT_U64(RANGE, FILE_OFFSET, mapping.offset << PAGE_SHIFT))
		return -EMSGSIZE;
	return 0;
}

/* Ranges of one record behind the cursor. */
static int dump_ranges(struct sk_buff *skb, struct netlink_callback *cb,
		       struct smadv_record *record, char *buffer)
{
	struct cursor *cursor = cursor_of(cb);
	u32 i = smadv_ranges_lower(&record->ranges, cursor->page);

	for (; i < record->ranges.count; i++) {
		struct shown_range shown = { record, record->ranges.item[i], buffer };

		if (put_item(skb, cb, SMART_MADVISE_CMD_RANGE_GET, fill_range, &shown))
			return -EMSGSIZE;
		cursor->page = shown.range->end;
	}
	return 0;
}

int smadv_netlink_range_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	struct smadv_record *record;
	char *buffer;
	int err = begin_dump(cb, SMART_MADVISE_A_RANGE_PID, true);

	if (err)
		return err;
	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	mutex_lock(&smadv_lock);
	/* The record being shown is the next one behind cursor->id. */
	while ((record = smadv_map_next(cursor->id))) {
		if (may_see(cursor, record->viewer) &&
		    (!cursor->pid || pid_nr(record->pid) == cursor->pid) &&
		    dump_ranges(skb, cb, record, buffer))
			break;
		cursor->id = record->id;
		cursor->page = 0;
	}
	mutex_unlock(&smadv_lock);
	kfree(buffer);
	return dumped(skb, record);
}

static int fill_task(struct sk_buff *skb, const void *what)
{
	const struct smadv_task *task = what;

	if (PUT_U64(TASK, ID, task->id) ||
	    PUT_U32(TASK, PID, task->pid) ||
	    nla_put_string(skb, SMART_MADVISE_A_TASK_COMM, task->comm) ||
	    PUT_U64(TASK, START, task->start << PAGE_SHIFT) ||
	    PUT_U64(TASK, END, task->end << PAGE_SHIFT) ||
	    PUT_U32(TASK, HINT, task->hint) ||
	    PUT_U32(TASK, STATE, task->state) ||
	    PUT_U32(TASK, REASON, task->reason) ||
	    PUT_U32(TASK, ERROR, task->error) ||
	    PUT_U64(TASK, FILED_NS, task->filed_ns) ||
	    PUT_U64(TASK, DONE_NS, task->done_ns) ||
	    PUT_U64(TASK, FILED_FAULTS, task->filed_faults) ||
	    PUT_U64(TASK, DONE_FAULTS, task->done_faults))
		return -EMSGSIZE;
	return 0;
}

int smadv_netlink_task_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	struct smadv_task *task;
	int err = begin_dump(cb, SMART_MADVISE_A_TASK_PID, false);

	if (err)
		return err;
	mutex_lock(&smadv_lock);
	while ((task = smadv_taskmap_next(cursor->id))) {
		if (may_see(cursor, task->viewer) && (!cursor->pid || task->pid == cursor->pid) &&
		    put_item(skb, cb, SMART_MADVISE_CMD_TASK_GET, fill_task, task))
			break;
		cursor->id = task->id;
	}
	mutex_unlock(&smadv_lock);
	return dumped(skb, task);
}

static int fill_filter(struct sk_buff *skb, const void *what)
{
	const struct smadv_filter *filter = what;

	if (PUT_U32(FILTER, ID, filter->id) ||
	    PUT_U32(FILTER, ACTION, filter->action) ||
	    PUT_U32(FILTER, KIND, filter->kind) ||
	    nla_put_string(skb, SMART_MADVISE_A_FILTER_VALUE, filter->value))
		return -EMSGSIZE;
	return 0;
}

int smadv_netlink_filter_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct cursor *cursor = cursor_of(cb);
	const struct smadv_filter *filter;

	mutex_lock(&smadv_lock);
	while ((filter = smadv_filter_next(cursor->id))) {
		if (put_item(skb, cb, SMART_MADVISE_CMD_FILTER_GET, fill_filter, filter))
			break;
		cursor->id = filter->id;
	}
	mutex_unlock(&smadv_lock);
	return dumped(skb, filter);
}
