// SPDX-License-Identifier: GPL-2.0
#include "budget.h"

/* One token. */
#define ONE		1000
/* The bucket fills up within this time. */
#define FILL_MS		1000

/*@
 * assigns \nothing;
 * ensures \result == smadv_bucket(per_second);
 */
static u64 bucket(u32 per_second)
{
	return (u64)per_second * ONE;
}

/* What the bucket holds at @now_ms. A clock that steps back fills nothing. */
/*@
 * requires \valid_read(budget);
 * assigns \nothing;
 * ensures \result == smadv_refilled(budget->level, budget->last_ms, per_second, now_ms);
 */
static u64 level_at(const struct smadv_budget *budget, u32 per_second, u64 now_ms)
{
	u64 passed_ms = now_ms > budget->last_ms ? now_ms - budget->last_ms : 0;
	u64 full = bucket(per_second);
	u64 level = budget->level < full ? budget->level : full;

	if (passed_ms >= FILL_MS)
		return full;
	level += passed_ms * per_second; /* ONE / FILL_MS tokens a millisecond and hint */
	return level < full ? level : full;
}

/**
 * smadv_budget_init() - start with a full bucket
 * @budget: bucket
 * @per_second: tokens per second, and most that gather
 * @now_ms: time in ms
 */
void smadv_budget_init(struct smadv_budget *budget, u32 per_second, u64 now_ms)
{
	budget->level = bucket(per_second);
	budget->last_ms = now_ms;
}

/**
 * smadv_budget_take() - take one token
 * @budget: bucket
 * @per_second: tokens per second, and most that gather; a change takes effect at once
 * @now_ms: time in ms
 *
 * Return: false when there is no token yet.
 */
bool smadv_budget_take(struct smadv_budget *budget, u32 per_second, u64 now_ms)
{
	budget->level = level_at(budget, per_second, now_ms);
	if (now_ms > budget->last_ms)
		budget->last_ms = now_ms;
	if (budget->level < ONE)
		return false;
	budget->level -= ONE;
	return true;
}

/**
 * smadv_budget_wait_ms() - time until the next token
 * @budget: bucket
 * @per_second: tokens per second
 * @now_ms: time in ms
 *
 * Return: ms from @now_ms on, 0 when there is a token, all ones when none will
 * ever come.
 */
u64 smadv_budget_wait_ms(const struct smadv_budget *budget, u32 per_second, u64 now_ms)
{
	u64 level = level_at(budget, per_second, now_ms);

	if (!per_second)
		return ~0ULL;
	if (level >= ONE)
		return 0;
	return (ONE - level + per_second - 1) / per_second;
}
