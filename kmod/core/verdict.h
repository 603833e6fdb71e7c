/* SPDX-License-Identifier: GPL-2.0 */
/* Verdict: the hint that the governor wants for a range, and why. */
#ifndef SMADV_CORE_VERDICT_H
#define SMADV_CORE_VERDICT_H

#include "policy.h"
#include "shim.h"

struct smadv_range;

/**
 * struct smadv_verdict - the hint wanted
 * @hint: enum smart_madvise_hint
 * @reason: enum smart_madvise_reason
 */
struct smadv_verdict {
	u32 hint;
	u32 reason;
};

/**
 * struct smadv_hold - hysteresis in time of one range's hint changes
 * @until_ms: no change before this time
 * @changed_ms: time of the last change
 * @length_ms: length of the last hold
 * @changes: hint changes since the range was made
 */
struct smadv_hold {
	u64 until_ms;
	u64 changed_ms;
	u32 length_ms;
	u32 changes;
};

/* The hint that the plain rule wants for @range, whose pattern has been judged. */
/*@
 * assigns \nothing;
 */
struct smadv_verdict smadv_verdict_decide(const struct smadv_range *range,
					  const struct smadv_policy *policy, u64 now_ms);

/* No change yet. */
/*@
 * requires \valid(hold);
 * assigns *hold;
 * ensures hold->until_ms == 0 && hold->changes == 0;
 */
void smadv_hold_init(struct smadv_hold *hold);

/* The standing hint changed: no other change for a while. */
/*@
 * requires \valid(hold) && \valid_read(policy) && \separated(hold, policy);
 * assigns *hold;
 * ensures hold->changed_ms == now_ms;
 * ensures longest: hold->until_ms <= now_ms + 64 * policy->hold_ms;
 * ensures shortest: hold->until_ms >= \min(now_ms + policy->hold_ms, 0xffffffffffffffff);
 * ensures saturates: hold->changes == \min(\old(hold->changes) + 1, 0xffffffff);
 */
void smadv_hold_start(struct smadv_hold *hold, const struct smadv_policy *policy, u64 now_ms);

#endif /* SMADV_CORE_VERDICT_H */
