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

/*@
 * predicate smadv_range_valid(struct smadv_range *range) =
 *	range->start < range->end <= SMADV_PAGE_MAX &&
 *	smadv_evidence_valid(&range->evidence) && smadv_effect_valid(&range->effect) &&
 *	smadv_memory_valid(&range->memory) && smadv_is_hint(range->hint) &&
 *	smadv_is_borne(range->application_hint);
 *
 * predicate smadv_range_sound(struct smadv_range *range) =
 *	range->start < range->end <= SMADV_PAGE_MAX &&
 *	smadv_evidence_valid(&range->evidence) && smadv_memory_valid(&range->memory) &&
 *	smadv_is_hint(range->hint) && smadv_is_borne(range->application_hint);
 */

/* Begin an empty range over [start, end), start < end <= SMADV_PAGE_MAX. */
/*@
 * requires \valid(range) && start < end <= SMADV_PAGE_MAX;
 * assigns *range;
 * ensures range->start == start && range->end == end && range->mapping == mapping;
 */
void smadv_range_init(struct smadv_range *range, u64 start, u64 end, u64 mapping);

/* Make a range smaller or larger. Its evidence stays, as far as it has no position. */
/*@
 * requires \valid(range) && start < end <= SMADV_PAGE_MAX;
 * assigns *range;
 * ensures range->start == start && range->end == end;
 * ensures range->mapping == \old(range->mapping);
 */
void smadv_range_resize(struct smadv_range *range, u64 start, u64 end);

/*
 * @left becomes its part below @page, and @right the other one. Both keep hint, pattern
 * and hold; the evidence is divided by position.
 */
/*@
 * requires \valid(left) && \valid(right) && \separated(left, right);
 * requires left->start < page < left->end <= SMADV_PAGE_MAX;
 * assigns *left, *right;
 * ensures left->start == \old(left->start) && left->end == page;
 * ensures right->start == page && right->end == \old(left->end);
 * ensures left->mapping == \old(left->mapping);
 * ensures right->mapping == \old(left->mapping);
 */
void smadv_range_divide(struct smadv_range *left, struct smadv_range *right, u64 page);

/* @left takes in its neighbour. */
/*@
 * requires \valid(left) && \valid_read(right) && \separated(left, right);
 * requires left->start < right->end <= SMADV_PAGE_MAX;
 * assigns *left;
 * ensures left->start == \old(left->start) && left->end == right->end;
 * ensures left->mapping == \old(left->mapping);
 */
void smadv_range_unite(struct smadv_range *left, const struct smadv_range *right);

/* Add one fault to the range's evidence. @page must lie inside. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(fault) && fault->waited_ns <= SMADV_WAIT_MAX_NS;
 * requires \valid_read(policy) && smadv_policy_valid(policy);
 * requires \separated(range, fault) && \separated(range, policy);
 * assigns range->last_fault_ms, range->effect, range->majors, range->evidence,
 *	range->passed_pages, range->faults, range->unsettled;
 * ensures smadv_range_valid(range);
 */
void smadv_range_fault(struct smadv_range *range, const struct smadv_fault *fault,
		       const struct smadv_policy *policy, u64 now_ms);

/* @lost faults of the process went unseen since the last one. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->evidence;
 * ensures smadv_range_valid(range);
 */
void smadv_range_gap(struct smadv_range *range, u32 lost);

/* @skipped faults of the process were passed over, for @seen behind them are a fair sample. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires 1 < seen;
 * assigns range->evidence.streams.reach, range->evidence.streams.gap_tick,
 *	range->effect.weight;
 * ensures smadv_range_valid(range);
 * ensures range->effect.weight == 1 + skipped / seen;
 */
void smadv_range_skip(struct smadv_range *range, u32 skipped, u32 seen);

/*
 * Judge pattern and verdict anew. True when the wanted hint changed. Pure in
 * range, policy and time.
 */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(policy) && smadv_policy_valid(policy) && \separated(range, policy);
 * assigns range->pattern, range->memory.extent_pages, range->effect, range->verdict;
 * ensures smadv_range_valid(range);
 * ensures \result <==> range->verdict.hint != \old(range->verdict.hint);
 */
bool smadv_range_judge(struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms);

/*
 * Page at which the evidence of the range falls into parts of different
 * pattern, start < page < end, or 0 when it is all of one kind or too little
 * is known.
 */
/*@
 * requires \valid_read(range) && smadv_range_valid(range) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result != 0 ==> range->start + SMADV_SECTION_PAGES <= \result <=
 *	range->end - SMADV_SECTION_PAGES;
 * ensures range->evidence.seen < policy->min_faults ==> \result == 0;
 */
u64 smadv_range_border(const struct smadv_range *range, const struct smadv_policy *policy);

/*
 * The module changed the standing hint to @hint at @now_ms. Starts the hold
 * time, doubled when the change before is young; governor benefit has none.
 */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(policy) && \separated(range, policy) && smadv_is_hint(hint);
 * assigns range->hint, range->effect, range->hold;
 * ensures smadv_range_valid(range) && range->hint == hint;
 */
void smadv_range_hinted(struct smadv_range *range, u32 hint, const struct smadv_policy *policy,
			u64 now_ms);

/* The application's own hint is @hint, as far as is known. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires smadv_is_borne(hint);
 * assigns range->application_hint, range->effect;
 * ensures smadv_range_sound(range) && range->application_hint == hint;
 */
void smadv_range_advised(struct smadv_range *range, u32 hint);

/* Forget the evidence, for a mapping that was replaced. Keeps start and end. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->evidence, range->pattern, range->effect, range->insists, range->unsettled;
 * ensures smadv_range_sound(range);
 */
void smadv_range_reset(struct smadv_range *range);

#endif /* SMADV_CORE_RANGE_H */
