// SPDX-License-Identifier: GPL-2.0
#include "duty.h"

/* What comes in within one second. */
/*@
 * requires share_bp <= 10000;
 * assigns \nothing;
 * ensures \result == smadv_duty_full(share_bp);
 */
static s64 full_ns(u32 share_bp)
{
	return SMADV_DUTY_FILL_NS / 10000 * share_bp;
}

/*@
 * assigns \nothing;
 * ensures \result == \min(a, b);
 */
static u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

/*@
 * requires low <= high;
 * assigns \nothing;
 * ensures \result == \max(low, \min(high, value));
 */
static s64 clamp_s64(s64 value, s64 low, s64 high)
{
	if (value < low)
		return low;
	return value < high ? value : high;
}

/**
 * smadv_duty_init() - start with a full bucket
 * @duty: bucket
 * @share_bp: share of one CPU in 1/10,000
 * @now_ns: time in ns
 */
void smadv_duty_init(struct smadv_duty *duty, u32 share_bp, u64 now_ns)
{
	duty->credit_ns = full_ns(share_bp);
	duty->last_ns = now_ns;
}

/**
 * smadv_duty_spend() - note what was spent
 * @duty: bucket
 * @share_bp: share of one CPU in 1/10,000
 * @used_ns: CPU time spent since the last call
 * @now_ns: time in ns
 *
 * What could not wait may have overdrawn the bucket, by a second's worth at most.
 */
void smadv_duty_spend(struct smadv_duty *duty, u32 share_bp, u64 used_ns, u64 now_ns)
{
	u64 passed_ns = now_ns > duty->last_ns ? now_ns - duty->last_ns : 0;
	s64 full = full_ns(share_bp);
	s64 income_ns = (s64)(min_u64(passed_ns, SMADV_DUTY_FILL_NS) * share_bp / 10000);
	s64 credit_ns = clamp_s64(duty->credit_ns + income_ns, -full, full);

	/* From the fullest bucket this leads to the deepest debt. */
	credit_ns -= (s64)min_u64(used_ns, 2 * (u64)full);
	duty->credit_ns = clamp_s64(credit_ns, -full, full);
	if (now_ns > duty->last_ns)
		duty->last_ns = now_ns;
}

/**
 * smadv_duty_has_time() - is there time for what can wait?
 * @duty: bucket
 * @used_ns: CPU time spent since the last smadv_duty_spend()
 *
 * Return: true as long as the bucket is not empty.
 */
bool smadv_duty_has_time(const struct smadv_duty *duty, u64 used_ns)
{
	return duty->credit_ns > 0 && used_ns < (u64)duty->credit_ns;
}
