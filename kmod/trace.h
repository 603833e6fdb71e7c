/* SPDX-License-Identifier: GPL-2.0 */
/* Trace events: what the module sees, wants and does. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM smart_madvise

#if !defined(SMADV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SMADV_TRACE_H

#include <linux/smart_madvise.h>
#include <linux/tracepoint.h>

#include "core/range.h"
#include "journal.h"
#include "taskmap.h"

#define smadv_show_hint(hint)						\
	__print_symbolic(hint,						\
		{ SMART_MADVISE_HINT_NONE,		"none" },	\
		{ SMART_MADVISE_HINT_SEQUENTIAL,	"sequential" },	\
		{ SMART_MADVISE_HINT_RANDOM,		"random" },	\
		{ SMART_MADVISE_HINT_NORMAL,		"normal" })

#define smadv_show_pattern(pattern)					\
	__print_symbolic(pattern,					\
		{ SMART_MADVISE_PATTERN_UNKNOWN,	"unknown" },	\
		{ SMART_MADVISE_PATTERN_IDLE,		"idle" },	\
		{ SMART_MADVISE_PATTERN_SEQUENTIAL,	"sequential" },	\
		{ SMART_MADVISE_PATTERN_BACKWARD,	"backward" },	\
		{ SMART_MADVISE_PATTERN_STRIDED,	"strided" },	\
		{ SMART_MADVISE_PATTERN_RUNS,		"runs" },	\
		{ SMART_MADVISE_PATTERN_RANDOM,		"random" })

#define smadv_show_reason(reason)						\
	__print_symbolic(reason,						\
		{ SMART_MADVISE_REASON_NONE,		"none" },		\
		{ SMART_MADVISE_REASON_FEW_FAULTS,	"few-faults" },		\
		{ SMART_MADVISE_REASON_NO_MAJORITY,	"no-majority" },	\
		{ SMART_MADVISE_REASON_SEQUENTIAL_MAJORITY, "sequential-majority" }, \
		{ SMART_MADVISE_REASON_RANDOM_MAJORITY,	"random-majority" },	\
		{ SMART_MADVISE_REASON_PATTERN_UNHINTED, "pattern-unhinted" },	\
		{ SMART_MADVISE_REASON_IDLE,		"idle" },		\
		{ SMART_MADVISE_REASON_WITHIN_HYSTERESIS, "within-hysteresis" }, \
		{ SMART_MADVISE_REASON_HOLDING,		"holding" },		\
		{ SMART_MADVISE_REASON_APPLICATION_HINT, "application-hint" },	\
		{ SMART_MADVISE_REASON_MEMORY_BACKED,	"memory-backed" },	\
		{ SMART_MADVISE_REASON_OBSERVING,	"observing" },		\
		{ SMART_MADVISE_REASON_FILTERED,	"filtered" },		\
		{ SMART_MADVISE_REASON_SUPERSEDED,	"superseded" },		\
		{ SMART_MADVISE_REASON_PROCESS_GONE,	"process-gone" },	\
		{ SMART_MADVISE_REASON_MAPPING_GONE,	"mapping-gone" },	\
		{ SMART_MADVISE_REASON_RATE_LIMIT,	"rate-limit" },		\
		{ SMART_MADVISE_REASON_SPLIT_LIMIT,	"split-limit" },	\
		{ SMART_MADVISE_REASON_MEMORY_LIMIT,	"memory-limit" },	\
		{ SMART_MADVISE_REASON_KERNEL_REFUSED,	"kernel-refused" },	\
		{ SMART_MADVISE_REASON_POLICY_CHANGED,	"policy-changed" },	\
		{ SMART_MADVISE_REASON_REQUEST,		"request" },		\
		{ SMART_MADVISE_REASON_UNLOAD,		"unload" },		\
		{ SMART_MADVISE_REASON_PATTERN_CHANGED,	"pattern-changed" },	\
		{ SMART_MADVISE_REASON_LOCK_CONTENDED,	"lock-contended" },	\
		{ SMART_MADVISE_REASON_TRIAL,		"trial" },		\
		{ SMART_MADVISE_REASON_PAYS,		"pays" },		\
		{ SMART_MADVISE_REASON_DOES_NOT_PAY,	"does-not-pay" },	\
		{ SMART_MADVISE_REASON_LITTLE_AT_STAKE,	"little-at-stake" },	\
		{ SMART_MADVISE_REASON_FITS_MEMORY,	"fits-memory" },	\
		{ SMART_MADVISE_REASON_APPLICATION_HINT_COSTS, "application-hint-costs" }, \
		{ SMART_MADVISE_REASON_MEMORY_FILLED,	"memory-filled" },	\
		{ SMART_MADVISE_REASON_NO_REUSE,	"no-reuse" },		\
		{ SMART_MADVISE_REASON_TRIED_BESIDE,	"tried-beside" })

#define smadv_show_state(state)						\
	__print_symbolic(state,						\
		{ SMART_MADVISE_TASK_STATE_QUEUED,	"queued" },	\
		{ SMART_MADVISE_TASK_STATE_APPLIED,	"applied" },	\
		{ SMART_MADVISE_TASK_STATE_REFUSED,	"refused" },	\
		{ SMART_MADVISE_TASK_STATE_CANCELLED,	"cancelled" })

/* The evidence of a range after a batch of its faults. Addresses are user addresses. */
TRACE_EVENT(smadv_evidence,
	TP_PROTO(int pid, const struct smadv_range *range),
	TP_ARGS(pid, range),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, start)
		__field(u64, end)
		__field(u64, faults)
		__field(u64, majors)
		__field(u32, forward)
		__field(u32, backward)
		__field(u32, strided)
		__field(u32, near)
		__field(u32, jumps)
		__field(u32, pattern)
		__field(u32, confidence_pct)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->start = range->start << PAGE_SHIFT;
		__entry->end = range->end << PAGE_SHIFT;
		__entry->faults = range->faults;
		__entry->majors = range->majors;
		__entry->forward = range->evidence.forward;
		__entry->backward = range->evidence.backward;
		__entry->strided = range->evidence.strided;
		__entry->near = range->evidence.near;
		__entry->jumps = range->evidence.jumps;
		__entry->pattern = range->pattern.kind;
		__entry->confidence_pct = range->pattern.confidence_pct;
	),
	TP_printk("pid=%d range=%llx-%llx faults=%llu majors=%llu forward=%u backward=%u strided=%u short=%u random=%u pattern=%s confidence=%u%%",
		  __entry->pid, __entry->start, __entry->end, __entry->faults, __entry->majors,
		  __entry->forward, __entry->backward, __entry->strided, __entry->near,
		  __entry->jumps, smadv_show_pattern(__entry->pattern),
		  __entry->confidence_pct)
);

/* The hint wanted for a range changed. */
TRACE_EVENT(smadv_verdict,
	TP_PROTO(int pid, const struct smadv_range *range),
	TP_ARGS(pid, range),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, start)
		__field(u64, end)
		__field(u64, faults)
		__field(u32, pattern)
		__field(u32, pages)
		__field(u32, confidence_pct)
		__field(u32, hint)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->start = range->start << PAGE_SHIFT;
		__entry->end = range->end << PAGE_SHIFT;
		__entry->faults = range->faults;
		__entry->pattern = range->pattern.kind;
		__entry->pages = range->pattern.pages;
		__entry->confidence_pct = range->pattern.confidence_pct;
		__entry->hint = range->verdict.hint;
		__entry->reason = range->verdict.reason;
	),
	TP_printk("pid=%d range=%llx-%llx faults=%llu pattern=%s pages=%u confidence=%u%% hint=%s reason=%s",
		  __entry->pid, __entry->start, __entry->end, __entry->faults,
		  smadv_show_pattern(__entry->pattern), __entry->pages,
		  __entry->confidence_pct, smadv_show_hint(__entry->hint),
		  smadv_show_reason(__entry->reason))
);

/* What the faults of a range waited for, by hint (none, sequential, random), and what that says. */
TRACE_EVENT(smadv_effect,
	TP_PROTO(int pid, const struct smadv_range *range),
	TP_ARGS(pid, range),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, start)
		__field(u64, end)
		__array(u32, misses, SMADV_EFFECT_HINTS)
		__array(u64, miss_ns, SMADV_EFFECT_HINTS)
		__array(u64, page_ns, SMADV_EFFECT_HINTS)
		__field(s64, balance_ns)
		__field(u64, allowance_ns)
		__field(u32, pattern)
		__field(u32, standing)
		__field(u32, hint)
		__field(u32, reason)
	),
	TP_fast_assign(
		u32 hint;

		__entry->pid = pid;
		__entry->start = range->start << PAGE_SHIFT;
		__entry->end = range->end << PAGE_SHIFT;
		for (hint = 0; hint < SMADV_EFFECT_HINTS; hint++) {
			__entry->misses[hint] = range->effect.account[hint].misses;
			__entry->miss_ns[hint] = smadv_effect_miss_ns(&range->effect, hint);
			__entry->page_ns[hint] = smadv_effect_page_q4(&range->effect, hint) / 16;
		}
		__entry->balance_ns = range->effect.balance_ns;
		__entry->allowance_ns = smadv_effect_allowance_ns(&range->effect);
		__entry->pattern = range->pattern.kind;
		__entry->standing = range->hint;
		__entry->hint = range->verdict.hint;
		__entry->reason = range->verdict.reason;
	),
	TP_printk("pid=%d range=%llx-%llx misses=%u,%u,%u miss_ns=%llu,%llu,%llu page_ns=%llu,%llu,%llu balance_ns=%lld allowance_ns=%llu pattern=%s standing=%s hint=%s reason=%s",
		  __entry->pid, __entry->start, __entry->end,
		  __entry->misses[0], __entry->misses[1], __entry->misses[2],
		  __entry->miss_ns[0], __entry->miss_ns[1], __entry->miss_ns[2],
		  __entry->page_ns[0], __entry->page_ns[1], __entry->page_ns[2],
		  __entry->balance_ns, __entry->allowance_ns,
		  smadv_show_pattern(__entry->pattern), smadv_show_hint(__entry->standing),
		  smadv_show_hint(__entry->hint), smadv_show_reason(__entry->reason))
);

/* A task ended. */
TRACE_EVENT(smadv_apply,
	TP_PROTO(const struct smadv_task *task),
	TP_ARGS(task),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(int, pid)
		__field(u64, start)
		__field(u64, end)
		__field(u32, hint)
		__field(u32, state)
		__field(u32, reason)
		__field(u32, error)
	),
	TP_fast_assign(
		__entry->id = task->id;
		__entry->pid = task->pid;
		__entry->start = task->start << PAGE_SHIFT;
		__entry->end = task->end << PAGE_SHIFT;
		__entry->hint = task->hint;
		__entry->state = task->state;
		__entry->reason = task->reason;
		__entry->error = task->error;
	),
	TP_printk("task=%llu pid=%d range=%llx-%llx hint=%s state=%s reason=%s error=%u",
		  __entry->id, __entry->pid, __entry->start, __entry->end,
		  smadv_show_hint(__entry->hint), smadv_show_state(__entry->state),
		  smadv_show_reason(__entry->reason), __entry->error)
);

/* A journal entry was taken back in that many pieces, 0: the application had changed it. */
TRACE_EVENT(smadv_restore,
	TP_PROTO(int pid, const struct smadv_entry *journal_entry, int pieces, u32 reason),
	TP_ARGS(pid, journal_entry, pieces, reason),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, start)
		__field(u64, end)
		__field(u32, hint)
		__field(u32, original)
		__field(int, pieces)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->start = journal_entry->start << PAGE_SHIFT;
		__entry->end = journal_entry->end << PAGE_SHIFT;
		__entry->hint = journal_entry->hint;
		__entry->original = journal_entry->original;
		__entry->pieces = pieces;
		__entry->reason = reason;
	),
	TP_printk("pid=%d range=%llx-%llx hint=%s original=%s pieces=%d reason=%s",
		  __entry->pid, __entry->start, __entry->end, smadv_show_hint(__entry->hint),
		  smadv_show_hint(__entry->original), __entry->pieces,
		  smadv_show_reason(__entry->reason))
);

#endif /* SMADV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
