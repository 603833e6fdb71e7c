/* SPDX-License-Identifier: GPL-2.0 */
/* The time of a fault, in as few instructions as the machine allows. */
#ifndef SMADV_CLOCK_H
#define SMADV_CLOCK_H

#include <linux/math64.h>
#include <linux/sched/clock.h>
#include <linux/timex.h>

#include "core/effect.h"

/* SMADV_CLOCK_NS per cycle, times 2^64; 0 where the cycle counter is not to be trusted. */
extern u64 smadv_clock_rate;

/*
 * Now, in SMADV_CLOCK_NS since any time. Good for differences, also between CPUs.
 * Context: any; what the hook calls is not traced.
 */
static __always_inline u64 smadv_clock(void)
{
	u64 rate = READ_ONCE(smadv_clock_rate);

	if (likely(rate))
		return mul_u64_u64_shr(get_cycles(), rate, 64);
	return local_clock() / SMADV_CLOCK_NS;
}

/*
 * Ask the kernel whether the cycle counter is (still) to be trusted, at every sweep.
 * One difference per fault that waits is wrong when it ceases to be.
 */
void smadv_clock_check(void);

#endif /* SMADV_CLOCK_H */
