// SPDX-License-Identifier: GPL-2.0
#include "clock.h"

#ifdef CONFIG_X86_TSC
#include <asm/tsc.h>
#endif

u64 smadv_clock_rate __read_mostly;

/*
 * The TSC of x86 is what local_clock() reads, too, with some 40 instructions around it.
 * Unstable is one that stops, changes its rate, or differs between CPUs.
 */
void smadv_clock_check(void)
{
#ifdef CONFIG_X86_TSC
	u64 rate = 0;

	if (tsc_khz && !check_tsc_unstable())
		rate = mul_u64_u64_div_u64(U64_MAX / SMADV_CLOCK_NS, USEC_PER_SEC, tsc_khz);
	WRITE_ONCE(smadv_clock_rate, rate);
#endif
}
