/* SPDX-License-Identifier: GPL-2.0 */
/* Counters and gauges, numbered as the stats attributes of the netlink family. */
#ifndef SMADV_STATS_H
#define SMADV_STATS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/smart_madvise.h>

extern atomic64_t smadv_stats[SMART_MADVISE_A_STATS_MAX + 1];

/* The one counter that the fault path writes. */
DECLARE_PER_CPU(u64, smadv_stats_untracked);

#define smadv_stats_add(name, n) \
	atomic64_add(n, &smadv_stats[SMART_MADVISE_A_STATS_##name])
#define smadv_stats_sub(name, n) \
	atomic64_sub(n, &smadv_stats[SMART_MADVISE_A_STATS_##name])
#define smadv_stats_inc(name)	smadv_stats_add(name, 1)
#define smadv_stats_dec(name)	smadv_stats_sub(name, 1)

u64 smadv_stats_read(int attribute);

#endif /* SMADV_STATS_H */
