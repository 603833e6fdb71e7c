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

/* Start with a full bucket of @per_second tokens. */
void smadv_budget_init(struct smadv_budget *budget, u32 per_second, u64 now_ms);

/* Take one token. False when there is none yet. A changed @per_second takes effect at once. */
bool smadv_budget_take(struct smadv_budget *budget, u32 per_second, u64 now_ms);

/* Milliseconds until the next token, 0 when there is one. */
u64 smadv_budget_wait_ms(const struct smadv_budget *budget, u32 per_second, u64 now_ms);

#endif /* SMADV_CORE_BUDGET_H */
