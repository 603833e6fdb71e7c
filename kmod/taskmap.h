/* SPDX-License-Identifier: GPL-2.0 */
/* The Task Map: hints that were decided on and wait to be applied. */
#ifndef SMADV_TASKMAP_H
#define SMADV_TASKMAP_H

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/uidgid.h>

#include "map.h"

/**
 * struct smadv_task - one entry of the Task Map
 * @link: all tasks kept, in order of @id
 * @record: process, NULL once the task has ended
 * @id: never re-used number
 * @pid: process id
 * @viewer: user who may see its addresses
 * @comm: command name at filing
 * @start: first page number
 * @end: first page number behind
 * @hint: enum smart_madvise_hint to apply, NONE takes ours back
 * @state: enum smart_madvise_task_state
 * @reason: enum smart_madvise_reason: why it was filed, then why it ended
 * @error: positive errno of the kernel's refusal
 * @deferred: it already had to wait for the hint budget
 * @filed_ns: CLOCK_BOOTTIME at filing
 * @done_ns: CLOCK_BOOTTIME at its end
 * @filed_faults: faults recorded of the process at filing
 * @done_faults: faults recorded of the process at its end
 */
struct smadv_task {
	struct list_head link;
	struct smadv_record *record;
	u64 id;
	pid_t pid;
	kuid_t viewer;
	char comm[TASK_COMM_LEN];
	u64 start;
	u64 end;
	u32 hint;
	u32 state;
	u32 reason;
	u32 error;
	bool deferred;
	u64 filed_ns;
	u64 done_ns;
	u64 filed_faults;
	u64 done_faults;
};

/* All with smadv_lock held. */
void smadv_taskmap_want(struct smadv_record *record, const struct smadv_range *range);
void smadv_taskmap_finish(struct smadv_task *task, u32 state, u32 reason, u32 error);
void smadv_taskmap_cancel(const struct smadv_record *record, u32 reason);
struct smadv_task *smadv_taskmap_next(u64 after_id);
struct smadv_task *smadv_taskmap_next_queued(u64 after_id);
void smadv_taskmap_exit(void);

#endif /* SMADV_TASKMAP_H */
