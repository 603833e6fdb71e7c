/* SPDX-License-Identifier: GPL-2.0 */
/* Duty: CPU time that a thread may spend on what can wait. */
#ifndef SMADV_CORE_DUTY_H
#define SMADV_CORE_DUTY_H

#include "shim.h"

/* Time that can be saved up, and overdrawn: what comes in within one second. */
#define SMADV_DUTY_FILL_NS	1000000000LL

/**
 * struct smadv_duty - token bucket of CPU time
 * @credit_ns: time saved up, negative when overdrawn
 * @last_ns: time of the last refill
 */
struct smadv_duty {
	s64 credit_ns;
	u64 last_ns;
};

/*@
 * logic integer smadv_duty_full(integer share_bp) = share_bp * 100000;
 *
 * predicate smadv_duty_valid(struct smadv_duty *duty) =
 *	-SMADV_DUTY_FILL_NS <= duty->credit_ns <= SMADV_DUTY_FILL_NS;
 */

/* Start with a second's worth of @share_bp / 10,000 of one CPU. */
/*@
 * requires \valid(duty) && share_bp <= 10000;
 * assigns *duty;
 * ensures smadv_duty_valid(duty) && duty->credit_ns == smadv_duty_full(share_bp);
 */
void smadv_duty_init(struct smadv_duty *duty, u32 share_bp, u64 now_ns);

/* @used_ns were spent. A changed @share_bp takes effect at once. */
/*@
 * requires \valid(duty) && smadv_duty_valid(duty) && share_bp <= 10000;
 * assigns *duty;
 * ensures smadv_duty_valid(duty);
 * ensures bounded: -smadv_duty_full(share_bp) <= duty->credit_ns <= smadv_duty_full(share_bp);
 * ensures never_exceeded: used_ns <= smadv_duty_full(share_bp) ==>
 *	\old(duty->credit_ns) >= 0 ==> duty->credit_ns + used_ns <= \old(duty->credit_ns) +
 *	\max(0, now_ns - \old(duty->last_ns)) * share_bp / 10000;
 * ensures duty->last_ns == \max(\old(duty->last_ns), now_ns);
 */
void smadv_duty_spend(struct smadv_duty *duty, u32 share_bp, u64 used_ns, u64 now_ns);

/* Is there time for what can wait, @used_ns after the last smadv_duty_spend()? */
/*@
 * requires \valid_read(duty) && smadv_duty_valid(duty);
 * assigns \nothing;
 * ensures \result <==> used_ns < duty->credit_ns;
 */
bool smadv_duty_has_time(const struct smadv_duty *duty, u64 used_ns);

#endif /* SMADV_CORE_DUTY_H */
