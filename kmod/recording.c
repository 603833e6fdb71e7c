// SPDX-License-Identifier: GPL-2.0
#include "recording.h"

#include <net/genetlink.h>

#include "mapping.h"
#include "netlink.h"

/* In the first word of an entry: below a page number, or how many faults were lost. */
#define ENTRY_SHIFT	8
#define ENTRY_LOST	0x80
/* A batch is a ring's worth of faults at most, with a loss before each. */
#define ENTRIES		(2 * SMADV_RING_SLOTS)
/* All attributes of a message but faults and file, with room to spare. */
#define MESSAGE_BYTES	512

struct entry {
	u64 what;
	u64 waited_ns;
};

/* Under smadv_lock. What is pending is of the record being analyzed. */
static struct entry pending[ENTRIES];
static u32 count;
static bool listening;
static u64 round_ms;
static u64 sequence;
static u64 position;
static char path_buffer[PATH_MAX];

bool smadv_recording_active(void)
{
	lockdep_assert_held(&smadv_lock);
	return listening;
}

/* A round of the analyzer begins: who came or left since the last one? */
void smadv_recording_round(u64 now_ms)
{
	lockdep_assert_held(&smadv_lock);
	listening = genl_has_listeners(&smadv_netlink_family, &init_net,
				       SMADV_NETLINK_GROUP_RECORDING);
	round_ms = now_ms;
}

static void put_u32(struct sk_buff *skb, int attribute, u32 value)
{
	WARN_ON_ONCE(nla_put_u32(skb, attribute, value));
}

static void put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	WARN_ON_ONCE(nla_put_u64_64bit(skb, attribute, value, SMART_MADVISE_A_RECORDING_PAD));
}

static void put_pages(struct sk_buff *skb, u64 start, u64 end)
{
	put_u64(skb, SMART_MADVISE_A_RECORDING_START, start << PAGE_SHIFT);
	put_u64(skb, SMART_MADVISE_A_RECORDING_END, end << PAGE_SHIFT);
}

/* A message that could not be made leaves a gap in the sequence, too. */
static struct sk_buff *begin(const struct smadv_record *record, u32 kind, size_t bytes,
			     void **header)
{
	struct sk_buff *skb = smadv_netlink_begin(SMART_MADVISE_CMD_RECORDING_NTF,
						  MESSAGE_BYTES + bytes, header);

	sequence++;
	if (!skb)
		return NULL;
	put_u32(skb, SMART_MADVISE_A_RECORDING_KIND, kind);
	put_u64(skb, SMART_MADVISE_A_RECORDING_SEQUENCE, sequence);
	put_u64(skb, SMART_MADVISE_A_RECORDING_POSITION, position);
	put_u64(skb, SMART_MADVISE_A_RECORDING_TIME_MS, round_ms);
	put_u64(skb, SMART_MADVISE_A_RECORDING_ID, record->id);
	put_u32(skb, SMART_MADVISE_A_RECORDING_PID, pid_nr(record->pid));
	return skb;
}

static void end(struct sk_buff *skb, void *header)
{
	smadv_netlink_end(skb, header, SMADV_NETLINK_GROUP_RECORDING);
}

/* Tell what is pending, and what became of it. */
static void tell_faults(const struct smadv_record *record, u32 kind)
{
	size_t bytes = count * sizeof(*pending);
	void *header;
	struct sk_buff *skb = begin(record, kind, bytes, &header);

	if (skb) {
		if (bytes)
			WARN_ON_ONCE(nla_put(skb, SMART_MADVISE_A_RECORDING_FAULTS, bytes,
					     pending));
		end(skb, header);
	}
	position += count;
	count = 0;
}

static void flush(const struct smadv_record *record)
{
	if (count)
		tell_faults(record, SMART_MADVISE_RECORDING_KIND_FAULTS);
}

static void add(u64 what, u64 waited_ns)
{
	lockdep_assert_held(&smadv_lock);
	if (listening && !WARN_ON_ONCE(count == ENTRIES))
		pending[count++] = (struct entry){ what, waited_ns };
}

/* So many faults went unseen, before the one that comes next. */
void smadv_recording_lost(u32 lost)
{
	add((u64)lost << ENTRY_SHIFT | ENTRY_LOST, 0);
}

void smadv_recording_fault(const struct smadv_fault *fault)
{
	add(fault->page << ENTRY_SHIFT | fault->flags, fault->waited_ns);
}

/* The ranges of @record that had faults in this round were judged. */
void smadv_recording_judged(const struct smadv_record *record)
{
	if (listening && (count || record->ranges.count))
		tell_faults(record, SMART_MADVISE_RECORDING_KIND_JUDGED);
}

/* The ranges of @record that had none for long were. */
void smadv_recording_idle(const struct smadv_record *record)
{
	if (listening && record->ranges.count)
		tell_faults(record, SMART_MADVISE_RECORDING_KIND_IDLE);
}

static void put_range(struct sk_buff *skb, const struct smadv_record *record,
		      const struct smadv_range *range, const char *path)
{
	struct smadv_mapping mapping;
	char comm[TASK_COMM_LEN];

	smadv_map_comm(record, comm);
	WARN_ON_ONCE(nla_put_string(skb, SMART_MADVISE_A_RECORDING_COMM, comm));
	put_pages(skb, range->start, range->end);
	put_u32(skb, SMART_MADVISE_A_RECORDING_HINT, range->application_hint);
	put_u64(skb, SMART_MADVISE_A_RECORDING_FILE_ID, range->memory.file);
	put_u64(skb, SMART_MADVISE_A_RECORDING_MAPPING, range->mapping);
	put_u32(skb, SMART_MADVISE_A_RECORDING_WINDOW_PAGES, range->memory.window_pages);
	put_u64(skb, SMART_MADVISE_A_RECORDING_MOST_PAGES, range->memory.most_pages);
	put_u32(skb, SMART_MADVISE_A_RECORDING_MEMORY_BACKED, range->memory_backed);
	if (smadv_mapping_at(record->mm, range->start, &mapping))
		return;
	put_u64(skb, SMART_MADVISE_A_RECORDING_OFFSET,
		(mapping.offset + range->start - mapping.start) << PAGE_SHIFT);
	if (path)
		WARN_ON_ONCE(nla_put_string(skb, SMART_MADVISE_A_RECORDING_FILE, path));
}

/* What is known of @range; after the faults before it, as the next one may have made it. */
void smadv_recording_range(const struct smadv_record *record, const struct smadv_range *range)
{
	struct sk_buff *skb;
	const char *path;
	void *header;

	if (!listening)
		return;
	flush(record);
	path = smadv_mapping_path(record->mm, range->start, path_buffer, sizeof(path_buffer));
	skb = begin(record, SMART_MADVISE_RECORDING_KIND_RANGE, path ? strlen(path) + 1 : 0,
		    &header);
	if (!skb)
		return;
	put_range(skb, record, range, path);
	end(skb, header);
}

/* [start, end) is no longer watched, or the application's word on it is @hint. */
static void tell_stretch(const struct smadv_record *record, u32 kind, u64 start, u64 end_page,
			 u32 hint)
{
	struct sk_buff *skb;
	void *header;

	lockdep_assert_held(&smadv_lock);
	if (!listening)
		return;
	flush(record);
	skb = begin(record, kind, 0, &header);
	if (!skb)
		return;
	put_pages(skb, start, end_page);
	put_u32(skb, SMART_MADVISE_A_RECORDING_HINT, hint);
	end(skb, header);
}

void smadv_recording_gone(const struct smadv_record *record, const struct smadv_range *range)
{
	tell_stretch(record, SMART_MADVISE_RECORDING_KIND_GONE, range->start, range->end,
		     range->application_hint);
}

void smadv_recording_advice(const struct smadv_record *record, u64 start, u64 end_page, u32 hint)
{
	tell_stretch(record, SMART_MADVISE_RECORDING_KIND_ADVICE, start, end_page, hint);
}
