// SPDX-License-Identifier: GPL-2.0
#include "event.h"

#include <linux/ktime.h>
#include <net/genetlink.h>

#include "netlink.h"
#include "taskmap.h"

static void put_u32(struct sk_buff *skb, int attribute, u32 value)
{
	WARN_ON_ONCE(nla_put_u32(skb, attribute, value));
}

static void put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	WARN_ON_ONCE(nla_put_u64_64bit(skb, attribute, value, SMART_MADVISE_A_EVENT_PAD));
}

/* Begin an event. NULL when nobody listens, or there is no memory (counted). */
static struct sk_buff *begin(u32 kind, void **header)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&smadv_netlink_family, &init_net, SMADV_NETLINK_GROUP_EVENTS))
		return NULL;
	skb = smadv_netlink_begin(SMART_MADVISE_CMD_EVENT_NTF, NLMSG_GOODSIZE, header);
	if (!skb)
		return NULL;
	put_u32(skb, SMART_MADVISE_A_EVENT_KIND, kind);
	put_u64(skb, SMART_MADVISE_A_EVENT_TIME_NS, ktime_get_boottime_ns());
	return skb;
}

/* The message is of a size that always fits NLMSG_GOODSIZE. */
static void end(struct sk_buff *skb, void *header)
{
	smadv_netlink_end(skb, header, SMADV_NETLINK_GROUP_EVENTS);
}

static void put_pages(struct sk_buff *skb, u64 start, u64 end)
{
	put_u64(skb, SMART_MADVISE_A_EVENT_START, start << PAGE_SHIFT);
	put_u64(skb, SMART_MADVISE_A_EVENT_END, end << PAGE_SHIFT);
}

static void put_process(struct sk_buff *skb, const struct smadv_record *record)
{
	char comm[TASK_COMM_LEN];

	smadv_map_comm(record, comm);
	put_u32(skb, SMART_MADVISE_A_EVENT_PID, pid_nr(record->pid));
	WARN_ON_ONCE(nla_put_string(skb, SMART_MADVISE_A_EVENT_COMM, comm));
	put_u64(skb, SMART_MADVISE_A_EVENT_FAULTS, record->faults);
}

/* The path of the executable goes with the news of a process, when it fits. */
static void put_exe(struct sk_buff *skb, struct smadv_record *record)
{
	const char *exe = smadv_map_exe(record);

	if (exe && strlen(exe) <= SMART_MADVISE_MAX_EXE_LEN)
		WARN_ON_ONCE(nla_put_string(skb, SMART_MADVISE_A_EVENT_EXE, exe));
}

void smadv_event_process(struct smadv_record *record, u32 kind)
{
	void *header;
	struct sk_buff *skb = begin(kind, &header);

	if (!skb)
		return;
	put_process(skb, record);
	if (kind == SMART_MADVISE_EVENT_KIND_ADOPTED)
		put_exe(skb, record);
	end(skb, header);
}

void smadv_event_verdict(const struct smadv_record *record, const struct smadv_range *range)
{
	void *header;
	struct sk_buff *skb = begin(SMART_MADVISE_EVENT_KIND_VERDICT, &header);

	if (!skb)
		return;
	put_process(skb, record);
	put_pages(skb, range->start, range->end);
	put_u32(skb, SMART_MADVISE_A_EVENT_HINT, range->verdict.hint);
	put_u32(skb, SMART_MADVISE_A_EVENT_STANDING_HINT, range->hint);
	put_u64(skb, SMART_MADVISE_A_EVENT_EFFECT_NS, abs(range->effect.balance_ns));
	put_u32(skb, SMART_MADVISE_A_EVENT_REASON, range->verdict.reason);
	put_u32(skb, SMART_MADVISE_A_EVENT_PATTERN, range->pattern.kind);
	put_u32(skb, SMART_MADVISE_A_EVENT_PATTERN_PAGES, range->pattern.pages);
	put_u32(skb, SMART_MADVISE_A_EVENT_CONFIDENCE_PCT, range->pattern.confidence_pct);
	end(skb, header);
}

static u32 kind_of(u32 state)
{
	switch (state) {
	case SMART_MADVISE_TASK_STATE_APPLIED:
		return SMART_MADVISE_EVENT_KIND_APPLIED;
	case SMART_MADVISE_TASK_STATE_REFUSED:
		return SMART_MADVISE_EVENT_KIND_REFUSED;
	default:
		return SMART_MADVISE_EVENT_KIND_CANCELLED;
	}
}

/* A task has ended; its record is still set. */
void smadv_event_task(const struct smadv_task *task)
{
	void *header;
	struct sk_buff *skb = begin(kind_of(task->state), &header);

	if (!skb)
		return;
	put_process(skb, task->record);
	put_pages(skb, task->start, task->end);
	put_u32(skb, SMART_MADVISE_A_EVENT_HINT, task->hint);
	put_u32(skb, SMART_MADVISE_A_EVENT_REASON, task->reason);
	if (task->error)
		put_u32(skb, SMART_MADVISE_A_EVENT_ERROR, task->error);
	put_u64(skb, SMART_MADVISE_A_EVENT_TASK_ID, task->id);
	end(skb, header);
}

void smadv_event_entry(const struct smadv_record *record, u32 kind,
		       const struct smadv_entry *entry, u32 reason)
{
	void *header;
	struct sk_buff *skb = begin(kind, &header);

	if (!skb)
		return;
	put_process(skb, record);
	put_pages(skb, entry->start, entry->end);
	put_u32(skb, SMART_MADVISE_A_EVENT_HINT,
		kind == SMART_MADVISE_EVENT_KIND_RESTORED ? entry->original : entry->hint);
	put_u32(skb, SMART_MADVISE_A_EVENT_REASON, reason);
	end(skb, header);
}

void smadv_event_policy(void)
{
	void *header;
	struct sk_buff *skb = begin(SMART_MADVISE_EVENT_KIND_POLICY, &header);

	if (skb)
		end(skb, header);
}
