/* SPDX-License-Identifier: GPL-2.0 */
/* Budget: a token bucket that limits hints per second. */
#ifndef SMADV_CORE_BUDGET_H
#define SMADV_CORE_BUDGET_H

#include "shim.h"

/**
 * struct smadv_budget - token bucket, full at one second's worth
 * @level: tokens in 1/1000
 * @last_ms: time of the last refill
 */
struct smadv_budget {
	u64 level;
	u64 last_ms;
};

/*@
 * logic integer smadv_bucket(integer per_second) = 1000 * per_second;
 *
 * logic integer smadv_passed_ms(integer last_ms, integer now_ms) = \max(0, now_ms - last_ms);
 *
 * logic integer smadv_refilled(integer level, integer last_ms, integer per_second,
 *			      integer now_ms) =
 *	\min(smadv_bucket(per_second), \min(level, smadv_bucket(per_second)) +
 *	     per_second * smadv_passed_ms(last_ms, now_ms));
 */

/* Start with a full bucket of @per_second tokens. */
/*@
 * requires \valid(budget);
 * assigns *budget;
 * ensures budget->level == smadv_bucket(per_second) && budget->last_ms == now_ms;
 */
void smadv_budget_init(struct smadv_budget *budget, u32 per_second, u64 now_ms);

/* Take one token. False when there is none yet. A changed @per_second takes effect at once. */
/*@
 * requires \valid(budget);
 * assigns *budget;
 * ensures \result <==> smadv_refilled(\old(budget->level), \old(budget->last_ms),
 *				      per_second, now_ms) >= 1000;
 * ensures exact: budget->level + (\result ? 1000 : 0) ==
 *	smadv_refilled(\old(budget->level), \old(budget->last_ms), per_second, now_ms);
 * ensures bounded: budget->level <= smadv_bucket(per_second);
 * ensures never_exceeded: budget->level + (\result ? 1000 : 0) <= \old(budget->level) +
 *	per_second * smadv_passed_ms(\old(budget->last_ms), budget->last_ms);
 * ensures budget->last_ms == \max(\old(budget->last_ms), now_ms);
 */
bool smadv_budget_take(struct smadv_budget *budget, u32 per_second, u64 now_ms);

/* Milliseconds until the next token, 0 when there is one. */
/*@
 * requires \valid_read(budget);
 * assigns \nothing;
 * ensures \result == 0 <==> per_second != 0 &&
 *	smadv_refilled(budget->level, budget->last_ms, per_second, now_ms) >= 1000;
 * ensures per_second != 0 ==> \result <= 1000;
 */
u64 smadv_budget_wait_ms(const struct smadv_budget *budget, u32 per_second, u64 now_ms);

#endif /* SMADV_CORE_BUDGET_H */
