// SPDX-License-Identifier: GPL-2.0
#include "verdict.h"

#include <linux/smart_madvise.h>

#include "benefit.h"
#include "range.h"

/* Changes within so many hold lengths of each other follow closely. */
#define CLOSE_HOLDS	8
/* The longest hold, in lengths of the shortest one. */
#define HOLD_FACTOR_MAX	64

/*@
 * assigns \nothing;
 * ensures \result.hint == hint && \result.reason == reason;
 */
static struct smadv_verdict verdict(u32 hint, u32 reason)
{
	struct smadv_verdict verdict = { hint, reason };

	return verdict;
}

/*@
 * logic integer wanted_hint(struct smadv_range *range, struct smadv_policy *policy) =
 *	range->pattern.kind == SMART_MADVISE_PATTERN_IDLE ? range->hint :
 *	range->pattern.kind == SMART_MADVISE_PATTERN_SEQUENTIAL ? SMART_MADVISE_HINT_SEQUENTIAL :
 *	range->pattern.kind == SMART_MADVISE_PATTERN_RANDOM ? SMART_MADVISE_HINT_RANDOM :
 *	range->pattern.kind == SMART_MADVISE_PATTERN_BACKWARD ? SMART_MADVISE_HINT_NONE :
 *	range->pattern.kind == SMART_MADVISE_PATTERN_STRIDED ? SMART_MADVISE_HINT_NONE :
 *	range->pattern.kind == SMART_MADVISE_PATTERN_RUNS ? SMART_MADVISE_HINT_NONE :
 *	range->evidence.seen < policy->min_faults ? range->hint : SMART_MADVISE_HINT_NONE;
 */

/* A hint for a pattern that is clear, or still clear enough. */
/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result.hint == hint;
 * ensures \result.reason == reason || \result.reason == SMART_MADVISE_REASON_WITHIN_HYSTERESIS;
 */
static struct smadv_verdict hint_for(const struct smadv_range *range,
				     const struct smadv_policy *policy, u32 hint, u32 reason)
{
	const struct smadv_pattern *pattern = &range->pattern;

	if (pattern->share_pct < smadv_pattern_threshold(pattern->kind, policy))
		reason = SMART_MADVISE_REASON_WITHIN_HYSTERESIS;
	return verdict(hint, reason);
}

/* The plain rule: mostly sequential -> SEQUENTIAL, mostly random -> RANDOM. */
/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result.hint == wanted_hint(range, policy);
 * ensures \result.reason != SMART_MADVISE_REASON_HOLDING;
 */
static struct smadv_verdict by_pattern(const struct smadv_range *range,
				       const struct smadv_policy *policy)
{
	switch (range->pattern.kind) {
	case SMART_MADVISE_PATTERN_IDLE:
		return verdict(range->hint, SMART_MADVISE_REASON_IDLE);
	case SMART_MADVISE_PATTERN_SEQUENTIAL:
		return hint_for(range, policy, SMART_MADVISE_HINT_SEQUENTIAL,
				SMART_MADVISE_REASON_SEQUENTIAL_MAJORITY);
	case SMART_MADVISE_PATTERN_RANDOM:
		return hint_for(range, policy, SMART_MADVISE_HINT_RANDOM,
				SMART_MADVISE_REASON_RANDOM_MAJORITY);
	case SMART_MADVISE_PATTERN_BACKWARD:
	case SMART_MADVISE_PATTERN_STRIDED:
	case SMART_MADVISE_PATTERN_RUNS:
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_UNHINTED);
	default:
		break;
	}
	if (range->evidence.seen < policy->min_faults)
		return verdict(range->hint, SMART_MADVISE_REASON_FEW_FAULTS);
	return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_NO_MAJORITY);
}

/*@
 * predicate honoured(struct smadv_range *range, struct smadv_policy *policy) =
 *	range->application_hint != SMART_MADVISE_HINT_NONE &&
 *	(policy->governor != SMART_MADVISE_GOVERNOR_BENEFIT ||
 *	 policy->application_hints == SMART_MADVISE_APPLICATION_HINTS_HONOUR);
 */

/*@
 * requires \valid_read(range) && \valid_read(policy) && smadv_range_measured(range);
 * assigns \nothing;
 * behavior application:
 *   assumes honoured(range, policy);
 *   ensures \result.hint == SMART_MADVISE_HINT_NONE;
 *   ensures \result.reason == SMART_MADVISE_REASON_APPLICATION_HINT;
 * behavior memory:
 *   assumes !honoured(range, policy) && range->memory_backed;
 *   ensures \result.hint == SMART_MADVISE_HINT_NONE;
 *   ensures \result.reason == SMART_MADVISE_REASON_MEMORY_BACKED;
 * behavior judged:
 *   assumes !honoured(range, policy) && !range->memory_backed;
 *   ensures policy->governor != SMART_MADVISE_GOVERNOR_BENEFIT ==>
 *	now_ms >= range->hold.until_ms ==> \result.hint == wanted_hint(range, policy);
 *   ensures now_ms < range->hold.until_ms ==> \result.hint == range->hint;
 * complete behaviors;
 * disjoint behaviors;
 */
/**
 * smadv_verdict_decide() - choose the hint for a range
 * @range: range, its pattern judged
 * @policy: policy; observing shows what the governor pattern would do
 * @now_ms: time in ms
 *
 * Return: the hint wanted and why. While the hold lasts, the standing hint.
 */
struct smadv_verdict smadv_verdict_decide(const struct smadv_range *range,
					  const struct smadv_policy *policy, u64 now_ms)
{
	struct smadv_verdict wanted;

	if (range->application_hint != SMART_MADVISE_HINT_NONE && !smadv_policy_weighs(policy))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_APPLICATION_HINT);
	if (range->memory_backed)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_MEMORY_BACKED);

	wanted = policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT ?
			 smadv_benefit_decide(range, policy) : by_pattern(range, policy);
	if (wanted.hint != range->hint && now_ms < range->hold.until_ms)
		return verdict(range->hint, SMART_MADVISE_REASON_HOLDING);
	return wanted;
}

/**
 * smadv_hold_init() - no change yet
 * @hold: hold
 */
void smadv_hold_init(struct smadv_hold *hold)
{
	hold->until_ms = 0;
	hold->changed_ms = 0;
	hold->length_ms = 0;
	hold->changes = 0;
}

/*@
 * requires \valid_read(hold) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result >= policy->hold_ms;
 * ensures \result <= \max(policy->hold_ms, 64 * policy->hold_ms);
 */
static u32 next_length_ms(const struct smadv_hold *hold, const struct smadv_policy *policy,
			  u64 now_ms)
{
	u64 since_ms = now_ms > hold->changed_ms ? now_ms - hold->changed_ms : 0;
	u64 longest_ms = (u64)policy->hold_ms * HOLD_FACTOR_MAX;
	u64 length_ms = policy->hold_ms;

	if (hold->changes && since_ms < CLOSE_HOLDS * (u64)hold->length_ms)
		length_ms = 2 * (u64)hold->length_ms;
	if (length_ms < policy->hold_ms)
		length_ms = policy->hold_ms;
	if (length_ms > longest_ms)
		length_ms = longest_ms;
	return length_ms < 0xffffffffULL ? (u32)length_ms : 0xffffffffU;
}

/**
 * smadv_hold_start() - the standing hint changed
 * @hold: hold
 * @policy: policy
 * @now_ms: time in ms
 *
 * The first hint comes at once, each change after it waits hold_ms. A change
 * that follows the last one within eight times its hold doubles the wait, up to
 * 64 times hold_ms; a later one begins with hold_ms again. So a pattern that
 * flips for T ms makes about log2(T / hold_ms) changes, and then one in
 * 64 * hold_ms.
 */
void smadv_hold_start(struct smadv_hold *hold, const struct smadv_policy *policy, u64 now_ms)
{
	hold->length_ms = next_length_ms(hold, policy, now_ms);
	hold->until_ms = now_ms <= ~0ULL - hold->length_ms ? now_ms + hold->length_ms : ~0ULL;
	hold->changed_ms = now_ms;
	if (hold->changes < 0xffffffffU)
		hold->changes++;
}
