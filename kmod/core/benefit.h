/* SPDX-License-Identifier: GPL-2.0 */
/* Benefit: the governor that tries a hint, measures it, and keeps what pays. */
#ifndef SMADV_CORE_BENEFIT_H
#define SMADV_CORE_BENEFIT_H

#include "range.h"

/*@
 * predicate smadv_range_measured(struct smadv_range *range) =
 *	smadv_effect_valid(&range->effect) && smadv_memory_valid(&range->memory) &&
 *	smadv_is_hint(range->hint) && smadv_streams_valid(&range->evidence.streams);
 */

/*
 * What was waited for and hardly would have been without the application's hint, in ns,
 * by what was seen under it.
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result <= range->effect.stake_ns;
 */
u64 smadv_benefit_regret_ns(const struct smadv_range *range);

/* What a trial of @hint may cost for @range, in ns, 0 when unknown. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result <= SMADV_TRIAL_MISSES * SMADV_MISS_MAX_NS;
 */
u64 smadv_benefit_price_ns(const struct smadv_range *range, u32 hint);

/* The hint that may pay for @range, whose pattern has been judged, pays, or does not. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range) && \valid_read(policy);
 * assigns \nothing;
 * ensures smadv_is_hint(\result.hint);
 * ensures never_replaced: range->hint != SMART_MADVISE_HINT_NONE ==>
 *	\result.hint == range->hint || \result.hint == SMART_MADVISE_HINT_NONE;
 * ensures never_unasked: \result.hint == SMART_MADVISE_HINT_NORMAL ==>
 *	range->hint == SMART_MADVISE_HINT_NORMAL ||
 *	range->application_hint != SMART_MADVISE_HINT_NONE;
 * ensures taken_back: range->effect.leaving ==> \result.hint == SMART_MADVISE_HINT_NONE;
 */
struct smadv_verdict smadv_benefit_decide(const struct smadv_range *range,
					  const struct smadv_policy *policy);

#endif /* SMADV_CORE_BENEFIT_H */
