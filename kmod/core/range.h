/* SPDX-License-Identifier: GPL-2.0 */
/* Ranges: half-open page intervals, each with its own evidence and verdict. */
#ifndef SMADV_CORE_RANGE_H
#define SMADV_CORE_RANGE_H

#include "effect.h"
#include "evidence.h"
#include "pattern.h"
#include "shim.h"
#include "verdict.h"

/**
 * struct smadv_range - one range of one process
 * @start: first page number (address / page size)
 * @end: first page number behind the range
 * @mapping: opaque identity of the mapping it lies in; ranges of different
 *	mappings never merge
 * @evidence: counters of the current window
 * @pattern: what the evidence says
 * @verdict: the hint wanted, and why
 * @hold: hysteresis of hint changes
 * @hint: enum smart_madvise_hint that the module has standing here
 * @application_hint: enum smart_madvise_hint that the application set itself; stands
 *	unless @hint is NORMAL
 * @insists: the application advised again after its hint was replaced
 * @effect: what faults wait for, hint by hint
 * @memory: memory that its file has
 * @memory_backed: the file lives in memory, hints do not apply
 * @doubtful: a fault saw another hint on the mapping than the range knows of;
 *	for the owner of the range, the core does not look at it
 * @faults: faults since the range was made
 * @majors: major faults among them
 * @last_fault_ms: time of the last batch that had a fault in this range
 * @passed_pages: pages that its faults touched while they were not random
 * @unsettled: faults still to come after a split before it may merge again
 */
struct smadv_range {
	u64 start;
	u64 end;
	u64 mapping;
	struct smadv_evidence evidence;
	struct smadv_pattern pattern;
	struct smadv_verdict verdict;
	struct smadv_hold hold;
	u32 hint;
	u32 application_hint;
	bool insists;
	struct smadv_effect effect;
	struct smadv_memory memory;
	bool memory_backed;
	bool doubtful;
	u64 faults;
	u64 majors;
	u64 last_fault_ms;
	u64 passed_pages;
	u32 unsettled;
};

/**
 * struct smadv_ranges - the ranges of one process, sorted, not overlapping
 * @item: caller's array of caller's ranges; behind those in use are spare ones
 * @count: ranges in use
 * @capacity: ranges in all
 */
struct smadv_ranges {
	struct smadv_range **item;
	u32 count;
	u32 capacity;
};

/* The range that holds @page, or NULL. Valid until that range is cut or merged. */
struct smadv_range *smadv_ranges_find(struct smadv_ranges *set, u64 page);

/* Index of the first range whose end lies behind @page, or count. */
u32 smadv_ranges_lower(const struct smadv_ranges *set, u64 page);

/*
 * Add an empty range over [start, end). NULL when it is empty, would overlap
 * another range, ends behind SMADV_PAGE_MAX, or the set is full (count ==
 * capacity).
 */
struct smadv_range *smadv_ranges_insert(struct smadv_ranges *set, u64 start, u64 end, u64 mapping);

/*
 * Forget [start, end): ranges inside it go, ranges that reach into it are
 * trimmed, a range around it is split when there is room and else loses the
 * part behind the hole too.
 */
void smadv_ranges_cut(struct smadv_ranges *set, u64 start, u64 end);

/*
 * Split range @index at @page, start < page < end. Both parts keep hint,
 * pattern and hold; the evidence is divided by position. False when the set
 * is full or @page does not lie inside.
 */
bool smadv_ranges_split(struct smadv_ranges *set, u32 index, u64 page);

/*
 * Merge range @index with its right neighbour if they touch, lie in one
 * mapping, and agree in pattern kind, wanted hint, standing hint and
 * application hint, and neither is fresh from a split. False, with nothing
 * changed, if not.
 */
bool smadv_ranges_merge(struct smadv_ranges *set, u32 index);

/* Note in the memory of range @index what the others of its file do with it. */
void smadv_ranges_share(struct smadv_ranges *set, u32 index);

/* Add one fault to the range's evidence. @page must lie inside. */
void smadv_range_fault(struct smadv_range *range, const struct smadv_fault *fault,
		       const struct smadv_policy *policy, u64 now_ms);

/* @lost faults of the process went unseen since the last one. */
void smadv_range_gap(struct smadv_range *range, u32 lost);

/* @skipped faults of the process were passed over, for @seen behind them are a fair sample. */
void smadv_range_skip(struct smadv_range *range, u32 skipped, u32 seen);

/*
 * Judge pattern and verdict anew. True when the wanted hint changed. Pure in
 * range, policy and time.
 */
bool smadv_range_judge(struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms);

/*
 * Page at which the evidence of the range falls into parts of different
 * pattern, start < page < end, or 0 when it is all of one kind or too little
 * is known.
 */
u64 smadv_range_border(const struct smadv_range *range, const struct smadv_policy *policy);

/*
 * The module changed the standing hint to @hint at @now_ms. Starts the hold
 * time, doubled when the change before is young; governor benefit has none.
 */
void smadv_range_hinted(struct smadv_range *range, u32 hint, const struct smadv_policy *policy,
			u64 now_ms);

/* The application's own hint is @hint, as far as is known. */
void smadv_range_advised(struct smadv_range *range, u32 hint);

/* Forget the evidence, for a mapping that was replaced. Keeps start and end. */
void smadv_range_reset(struct smadv_range *range);

#endif /* SMADV_CORE_RANGE_H */
