// SPDX-License-Identifier: GPL-2.0
#include "pattern.h"

#include <linux/smart_madvise.h>

/*
 * Runs of three pages or more are runs, shorter ones random access to records of
 * one or two pages. More is asked of a range that was random so far, less of one
 * that had runs, for the length is an estimate. In 1/16 pages.
 */
#define RUN_Q4		48
#define RUN_ENTER_Q4	56
#define RUN_LEAVE_Q4	36

#define KINDS		(SMART_MADVISE_PATTERN_RANDOM + 1)

/*@
 * logic integer threshold(integer kind, struct smadv_policy *policy) =
 *	kind == SMART_MADVISE_PATTERN_RANDOM || kind == SMART_MADVISE_PATTERN_RUNS ?
 *	policy->random_pct : policy->sequential_pct;
 *
 * predicate clear(integer kind, u32 *share, struct smadv_policy *policy) =
 *	share[kind] >= threshold(kind, policy);
 *
 * predicate clear_enough(integer kind, u32 *share, struct smadv_policy *policy) =
 *	share[kind] + policy->hysteresis_pct >= threshold(kind, policy);
 */

/**
 * smadv_pattern_init() - nothing known yet
 * @pattern: pattern
 */
void smadv_pattern_init(struct smadv_pattern *pattern)
{
	pattern->kind = SMART_MADVISE_PATTERN_UNKNOWN;
	pattern->pages = 0;
	pattern->confidence_pct = 0;
	pattern->share_pct = 0;
}

/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 * ensures \result == threshold(kind, policy);
 */
/**
 * smadv_pattern_threshold() - share that makes a pattern
 * @kind: enum smart_madvise_pattern
 * @policy: policy
 *
 * Return: percent. Streams of every kind share sequential_pct, what jumps
 * begin shares random_pct.
 */
u32 smadv_pattern_threshold(u32 kind, const struct smadv_policy *policy)
{
	switch (kind) {
	case SMART_MADVISE_PATTERN_RANDOM:
	case SMART_MADVISE_PATTERN_RUNS:
		return policy->random_pct;
	default:
		return policy->sequential_pct;
	}
}

/*@
 * assigns \nothing;
 * ensures \result == \min(a, b);
 */
static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

/*@
 * requires part <= 0x400000000;
 * assigns \nothing;
 * ensures \result <= 100;
 */
static u32 percent(u64 part, u64 whole)
{
	u64 pct = whole ? part * 100 / whole : 0;

	return pct < 100 ? (u32)pct : 100;
}

/*
 * Threads take turns: to call a range sequential its streams must go on, while it
 * is called so a stream may rest.
 */
/*@
 * requires \valid_read(evidence) && smadv_streams_valid(&evidence->streams);
 * assigns \nothing;
 * ensures \result <= most;
 */
static u32 promised(const struct smadv_evidence *evidence, bool ahead, bool held, u32 most)
{
	return min_u32(smadv_streams_promised(&evidence->streams, ahead, held), most);
}

/*@
 * requires \valid_read(evidence);
 * assigns \nothing;
 */
static bool has_runs(const struct smadv_evidence *evidence, u32 held)
{
	u32 length = smadv_evidence_run_q4(evidence);

	switch (held) {
	case SMART_MADVISE_PATTERN_RUNS:
		return length >= RUN_LEAVE_Q4;
	case SMART_MADVISE_PATTERN_RANDOM:
		return length >= RUN_ENTER_Q4;
	default:
		return length >= RUN_Q4;
	}
}

/*
 * The share of each pattern in the window. Short streams count for the pattern
 * that they promise to become, and else for runs, or, when the runs are short,
 * for random.
 */
/*@
 * requires \valid(share + (0 .. KINDS - 1)) && \valid_read(evidence);
 * requires smadv_streams_valid(&evidence->streams);
 * requires \separated(share + (0 .. KINDS - 1), evidence);
 * assigns share[0 .. KINDS - 1];
 * ensures \forall integer k; 0 <= k < KINDS ==> share[k] <= 100;
 * ensures share[SMART_MADVISE_PATTERN_UNKNOWN] == 0;
 */
static void weigh(u32 share[KINDS], const struct smadv_evidence *evidence, u32 held)
{
	u32 near = evidence->near;
	u32 forward = promised(evidence, true, held == SMART_MADVISE_PATTERN_SEQUENTIAL, near);
	u32 backward = promised(evidence, false, held == SMART_MADVISE_PATTERN_BACKWARD,
				near - forward);
	u64 scattered = (u64)evidence->jumps + near - forward - backward;
	u64 total = evidence->total;
	bool runs = has_runs(evidence, held);

	share[SMART_MADVISE_PATTERN_UNKNOWN] = 0;
	share[SMART_MADVISE_PATTERN_IDLE] = 0;
	share[SMART_MADVISE_PATTERN_SEQUENTIAL] =
		percent((u64)evidence->forward + forward, total);
	share[SMART_MADVISE_PATTERN_BACKWARD] = percent((u64)evidence->backward + backward, total);
	share[SMART_MADVISE_PATTERN_STRIDED] = percent(evidence->strided, total);
	share[SMART_MADVISE_PATTERN_RUNS] = runs ? percent(scattered, total) : 0;
	share[SMART_MADVISE_PATTERN_RANDOM] = runs ? 0 : percent(scattered, total);
}

/*@
 * requires kind < KINDS && \valid_read(share + (0 .. KINDS - 1)) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result <==> clear(kind, share, policy);
 */
static bool is_entered(u32 kind, const u32 share[KINDS], const struct smadv_policy *policy)
{
	return share[kind] >= smadv_pattern_threshold(kind, policy);
}

/*@
 * requires kind < KINDS && \valid_read(share + (0 .. KINDS - 1)) && \valid_read(policy);
 * requires share[kind] <= 100 && smadv_policy_valid(policy);
 * assigns \nothing;
 * ensures \result <==> share[kind] != 0 && clear_enough(kind, share, policy);
 */
static bool is_kept(u32 kind, const u32 share[KINDS], const struct smadv_policy *policy)
{
	return share[kind] && share[kind] + policy->hysteresis_pct >=
			      smadv_pattern_threshold(kind, policy);
}

/* The held pattern while it is clear, else another that is, else the held one while it can be. */
/*@
 * requires \valid_read(share + (0 .. KINDS - 1)) && \valid_read(policy);
 * requires smadv_policy_valid(policy);
 * requires \forall integer k; 0 <= k < KINDS ==> share[k] <= 100;
 * assigns \nothing;
 * ensures \result == SMART_MADVISE_PATTERN_UNKNOWN ||
 *	SMART_MADVISE_PATTERN_SEQUENTIAL <= \result < KINDS;
 * ensures begins: \result != SMART_MADVISE_PATTERN_UNKNOWN ==> \result != held ==>
 *	clear(\result, share, policy);
 * ensures holds: \result == held ==> held != SMART_MADVISE_PATTERN_UNKNOWN ==>
 *	clear_enough(held, share, policy);
 * ensures ends: SMART_MADVISE_PATTERN_SEQUENTIAL <= held < KINDS ==>
 *	clear(held, share, policy) ==> \result == held;
 */
static u32 choose(u32 held, const u32 share[KINDS], const struct smadv_policy *policy)
{
	u32 kind, best = SMART_MADVISE_PATTERN_UNKNOWN;

	if (held < KINDS && held >= SMART_MADVISE_PATTERN_SEQUENTIAL &&
	    is_entered(held, share, policy))
		return held;
	/*@
	 * loop invariant SMART_MADVISE_PATTERN_SEQUENTIAL <= kind <= KINDS;
	 * loop invariant best == SMART_MADVISE_PATTERN_UNKNOWN ||
	 *	SMART_MADVISE_PATTERN_SEQUENTIAL <= best < kind && clear(best, share, policy);
	 * loop assigns kind, best;
	 * loop variant KINDS - kind;
	 */
	for (kind = SMART_MADVISE_PATTERN_SEQUENTIAL; kind < KINDS; kind++)
		if (is_entered(kind, share, policy) && share[kind] > share[best])
			best = kind;
	if (best != SMART_MADVISE_PATTERN_UNKNOWN)
		return best;
	if (held < KINDS && held >= SMART_MADVISE_PATTERN_SEQUENTIAL &&
	    is_kept(held, share, policy))
		return held;
	return SMART_MADVISE_PATTERN_UNKNOWN;
}

/*@
 * requires \valid_read(evidence) && smadv_streams_valid(&evidence->streams);
 * assigns \nothing;
 */
static u32 pages_of(u32 kind, const struct smadv_evidence *evidence)
{
	switch (kind) {
	case SMART_MADVISE_PATTERN_STRIDED:
		return smadv_streams_stride(&evidence->streams);
	case SMART_MADVISE_PATTERN_RUNS:
		return (u32)(((u64)smadv_evidence_run_q4(evidence) + 8) / 16);
	default:
		return 0;
	}
}

/*
 * The share, less up to half while the range has seen less than a window, less
 * the part of the window that was lost.
 */
/*@
 * requires share_pct <= 100 && \valid_read(evidence) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result <= 100;
 */
static u32 confidence(u32 share_pct, const struct smadv_evidence *evidence,
		      const struct smadv_policy *policy)
{
	u64 total = evidence->total;
	u32 amount_pct = 50 + percent(evidence->seen, policy->window_faults) / 2;
	u32 heard_pct = percent(total, total + evidence->lost);

	return share_pct * amount_pct / 100 * heard_pct / 100;
}

/*@
 * requires \valid(pattern) && \valid_read(evidence) && \valid_read(policy);
 * requires \separated(pattern, evidence) && \separated(pattern, policy);
 * requires smadv_policy_valid(policy) && smadv_streams_valid(&evidence->streams);
 * assigns *pattern;
 * ensures pattern->confidence_pct <= 100 && pattern->share_pct <= 100;
 * ensures few: \old(evidence->seen < policy->min_faults) ==>
 *	pattern->kind == SMART_MADVISE_PATTERN_UNKNOWN;
 * ensures begins: pattern->kind != SMART_MADVISE_PATTERN_UNKNOWN ==>
 *	pattern->kind != \old(pattern->kind) ==>
 *	pattern->share_pct >= threshold{Pre}(pattern->kind, policy);
 * ensures holds: pattern->kind != SMART_MADVISE_PATTERN_UNKNOWN ==>
 *	pattern->share_pct + \old(policy->hysteresis_pct) >=
 *	threshold{Pre}(pattern->kind, policy);
 */
/**
 * smadv_pattern_judge() - name the pattern of a range
 * @pattern: last pattern, replaced by the new one
 * @evidence: evidence of the range
 * @policy: policy
 *
 * A pattern begins when its share of the window reaches its threshold, and ends
 * when it falls below that by more than hysteresis_pct, or another one begins.
 */
void smadv_pattern_judge(struct smadv_pattern *pattern, const struct smadv_evidence *evidence,
			 const struct smadv_policy *policy)
{
	u32 share[KINDS];
	u32 kind;

	if (evidence->seen < policy->min_faults) {
		smadv_pattern_init(pattern);
		return;
	}
	weigh(share, evidence, pattern->kind);
	kind = choose(pattern->kind, share, policy);
	/*@
	 * assert kind != SMART_MADVISE_PATTERN_UNKNOWN ==> kind != \at(pattern->kind, Pre) ==>
	 *	share[kind] >= threshold{Pre}(kind, policy);
	 */
	/*@
	 * assert kind != SMART_MADVISE_PATTERN_UNKNOWN ==>
	 *	share[kind] + \at(policy->hysteresis_pct, Pre) >= threshold{Pre}(kind, policy);
	 */
	pattern->pages = pages_of(kind, evidence);
	pattern->kind = kind;
	pattern->share_pct = share[kind];
	pattern->confidence_pct = confidence(share[kind], evidence, policy);
}
