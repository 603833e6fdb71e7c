/* SPDX-License-Identifier: GPL-2.0 */
/* Benefit: the governor that tries a hint, measures it, and keeps what pays. */
#ifndef SMADV_CORE_BENEFIT_H
#define SMADV_CORE_BENEFIT_H

#include "verdict.h"

/*
 * What was waited for and hardly would have been without the application's hint, in ns,
 * by what was seen under it.
 */
/*@
 * requires \valid_read(range);
 * assigns \nothing;
 */
u64 smadv_benefit_regret_ns(const struct smadv_range *range);

/* What a trial of @hint may cost for @range, in ns, 0 when unknown. */
/*@
 * requires \valid_read(range);
 * assigns \nothing;
 */
u64 smadv_benefit_price_ns(const struct smadv_range *range, u32 hint);

/* The hint that may pay for @range, whose pattern has been judged, pays, or does not. */
/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 */
struct smadv_verdict smadv_benefit_decide(const struct smadv_range *range,
					  const struct smadv_policy *policy);

#endif /* SMADV_CORE_BENEFIT_H */
