// SPDX-License-Identifier: GPL-2.0
#include "memory.h"

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/vmstat.h>

#ifdef CONFIG_MEMCG
static u64 limit_of(const struct mem_cgroup *memcg)
{
	return min(READ_ONCE(memcg->memory.max), READ_ONCE(memcg->memory.high));
}

/* The least limit of the group and of those that it is in. */
static u64 least_limit(struct mm_struct *mm)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(mm);
	struct mem_cgroup *memcg;
	u64 least = U64_MAX;

	/* A group holds a reference of its parent. */
	for (memcg = own; memcg; memcg = parent_mem_cgroup(memcg))
		least = min(least, limit_of(memcg));
	mem_cgroup_put(own);
	return least;
}
#else
static u64 least_limit(struct mm_struct *mm)
{
	return U64_MAX;
}
#endif

/*
 * What is free, or could be. Not MemAvailable, which holds back what reclaim keeps free:
 * it is to be surely enough, and this is to be surely not too little.
 */
static u64 machine_pages(void)
{
	return global_zone_page_state(NR_FREE_PAGES) +
	       global_node_page_state(NR_ACTIVE_FILE) + global_node_page_state(NR_INACTIVE_FILE);
}

/**
 * smadv_memory_most_pages() - memory that an address space may fill
 * @mm: address space, mm_count held
 *
 * What is left for its files of the limits of its control group (memory.max and
 * memory.high) beside its own anonymous memory, and of the machine beside what
 * is no page cache. At most: what others take, and what reclaim keeps free, shows in
 * evictions only (smadv_pagecache_room()).
 *
 * Context: any.
 * Return: pages.
 */
u64 smadv_memory_most_pages(struct mm_struct *mm)
{
	u64 own = get_mm_counter(mm, MM_ANONPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
	u64 least = least_limit(mm);

	return min(machine_pages(), least > own ? least - own : 0);
}
