// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <linux/cpumask.h>

#include "pagecache.h"

atomic64_t smadv_stats[SMART_MADVISE_A_STATS_MAX + 1];
DEFINE_PER_CPU(u64, smadv_stats_untracked);

static u64 untracked(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(smadv_stats_untracked, cpu));
	return sum;
}

/**
 * smadv_stats_read() - value of one counter or gauge
 * @attribute: SMART_MADVISE_A_STATS_*
 *
 * Context: any.
 * Return: the value. Counters are read one by one: sums over several of them
 * hold exactly only while nothing changes.
 */
u64 smadv_stats_read(int attribute)
{
	switch (attribute) {
	case SMART_MADVISE_A_STATS_FAULTS_UNTRACKED:
		return untracked();
	case SMART_MADVISE_A_STATS_PAGES_READ:
		return smadv_pagecache_pages().read;
	case SMART_MADVISE_A_STATS_PAGES_EVICTED:
		return smadv_pagecache_pages().evicted;
	default:
		return atomic64_read(&smadv_stats[attribute]);
	}
}
