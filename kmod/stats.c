// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <linux/cpumask.h>

atomic64_t smadv_stats[SMART_MADVISE_A_STATS_MAX + 1];
DEFINE_PER_CPU(u64, smadv_stats_untracked);
DEFINE_PER_CPU(struct smadv_stats_pages, smadv_stats_pages);

/* What one CPU has of a counter that is kept by CPU. */
static u64 read_cpu(int attribute, int cpu)
{
	switch (attribute) {
	case SMART_MADVISE_A_STATS_FAULTS_UNTRACKED:
		return READ_ONCE(per_cpu(smadv_stats_untracked, cpu));
	case SMART_MADVISE_A_STATS_PAGES_READ:
		return READ_ONCE(per_cpu(smadv_stats_pages, cpu).read);
	case SMART_MADVISE_A_STATS_PAGES_EVICTED:
		return READ_ONCE(per_cpu(smadv_stats_pages, cpu).evicted);
	default:
		return 0;
	}
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
	u64 sum = atomic64_read(&smadv_stats[attribute]);
	int cpu;

	for_each_possible_cpu(cpu)
		sum += read_cpu(attribute, cpu);
	return sum;
}
