// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "pagecache.h"

#include <linux/hash.h>
#include <linux/pagemap.h>
#include <linux/tracepoint.h>

#include "map.h"
#include "mapping.h"
#include "stats.h"

#define FILE_BITS	8
/* Pages read after which it is judged anew whether memory keeps them: eight windows. */
#define WINDOW_PAGES	256

/**
 * struct slot - what the page cache did with one file
 * @id: its identity, 0 when the slot is free
 * @read: pages that came in, written by whoever reads them
 * @evicted: pages that were reclaimed, written by whoever reclaims them
 * @resident: pages that were there at the last look; from here on under smadv_lock
 * @seen_read: @read at the last look
 * @seen_evicted: @evicted at the last look
 * @window_read: @read at the beginning of the window
 * @window_evicted: @evicted at the beginning of the window
 * @evicting: in the last window one page went for every two that came
 */
struct slot {
	u64 id;
	atomic64_t read;
	atomic64_t evicted;
	u64 resident;
	u64 seen_read;
	u64 seen_evicted;
	u64 window_read;
	u64 window_evicted;
	bool evicting;
};

/* Of two files that meet here the later one stays; strays that this counts do no harm. */
static struct slot slots[1 << FILE_BITS];

static struct tracepoint *added, *deleted;

static struct slot *slot_of(u64 id)
{
	return &slots[hash_64(id, FILE_BITS)];
}

/* The slot of the file that @folio belongs to, if it is watched. */
static struct slot *watched(const struct folio *folio)
{
	u64 id = smadv_mapping_file(folio->mapping->host);
	struct slot *slot = slot_of(id);

	return READ_ONCE(slot->id) == id ? slot : NULL;
}

/* On behalf of the process that runs: of io_uring and the like, too. */
static void add_to_process(long pages)
{
	struct smadv_record *record;

	preempt_disable(); /* an RCU reader, as the hook is one */
	record = current->mm ? smadv_map_lookup(current->mm) : NULL;
	if (record)
		atomic64_add(pages, &record->read_pages);
	preempt_enable();
}

/*
 * Any context but NMI, the page cache's own lock may be held. As short as can be: random
 * accesses have it called for each page that is read around them.
 */
static void added_probe(void *data, struct folio *folio)
{
	struct slot *slot = watched(folio);
	long pages;

	if (!slot)
		return;
	pages = folio_nr_pages(folio);
	add_to_process(pages);
	atomic64_add(pages, &slot->read);
	this_cpu_add(smadv_stats_pages.read, pages);
}

/* Only what is reclaimed is evicted: reclaim runs with this flag, truncation without. */
static void deleted_probe(void *data, struct folio *folio)
{
	struct slot *slot = current->flags & PF_MEMALLOC ? watched(folio) : NULL;
	long pages;

	if (!slot)
		return;
	pages = folio_nr_pages(folio);
	atomic64_add(pages, &slot->evicted);
	this_cpu_add(smadv_stats_pages.evicted, pages);
}

/**
 * smadv_pagecache_look() - watch a file, and note how much of it is resident
 * @id: identity of the file
 * @resident: pages of it in the page cache
 */
void smadv_pagecache_look(u64 id, u64 resident)
{
	struct slot *slot = slot_of(id);

	lockdep_assert_held(&smadv_lock);
	if (slot->id != id) {
		WRITE_ONCE(slot->id, id);
		slot->window_read = atomic64_read(&slot->read);
		slot->window_evicted = atomic64_read(&slot->evicted);
		slot->evicting = false;
	}
	slot->seen_read = atomic64_read(&slot->read);
	slot->seen_evicted = atomic64_read(&slot->evicted);
	slot->resident = resident;
}

static void judge(struct slot *slot, u64 read, u64 evicted)
{
	if (read - slot->window_read < WINDOW_PAGES)
		return;
	slot->evicting = 2 * (evicted - slot->window_evicted) >= read - slot->window_read;
	slot->window_read = read;
	slot->window_evicted = evicted;
}

/**
 * smadv_pagecache_resident() - how much of a file is there?
 * @id: identity of the file
 *
 * Return: pages, 0 when the file is not watched, or changes cannot be.
 */
u64 smadv_pagecache_resident(u64 id)
{
	struct slot *slot = slot_of(id);
	u64 came, went;

	lockdep_assert_held(&smadv_lock);
	if (slot->id != id || !added || !deleted)
		return 0;
	came = slot->resident + atomic64_read(&slot->read) - slot->seen_read;
	went = atomic64_read(&slot->evicted) - slot->seen_evicted;
	return came > went ? came - went : 0;
}

/**
 * smadv_pagecache_room() - how much of a file does memory hold?
 * @id: identity of the file
 *
 * A file that is evicted as fast as it is read, or half as fast, has no more room
 * than it takes now, whatever limits and sizes say: others share the memory.
 *
 * Return: pages, U64_MAX when what is read stays.
 */
u64 smadv_pagecache_room(u64 id)
{
	struct slot *slot = slot_of(id);
	u64 read = atomic64_read(&slot->read);
	u64 evicted = atomic64_read(&slot->evicted);

	lockdep_assert_held(&smadv_lock);
	if (slot->id != id)
		return U64_MAX;
	judge(slot, read, evicted);
	return slot->evicting ? smadv_pagecache_resident(id) : U64_MAX;
}

static void find(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "mm_filemap_add_to_page_cache"))
		added = tracepoint;
	else if (!strcmp(tracepoint->name, "mm_filemap_delete_from_page_cache"))
		deleted = tracepoint;
}

/**
 * smadv_pagecache_init() - count from now on
 *
 * Without the tracepoints nothing is counted, and what is known of memory is its
 * size and its limits.
 *
 * Return: 0 or a negative errno.
 */
int smadv_pagecache_init(void)
{
	int err;

	for_each_kernel_tracepoint(find, NULL);
	if (!added || !deleted) {
		pr_info("this kernel does not tell what the page cache reads and evicts\n");
		return 0;
	}
	err = tracepoint_probe_register(added, added_probe, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(deleted, deleted_probe, NULL);
	if (err)
		tracepoint_probe_unregister(added, added_probe, NULL);
	return err;
}

/* No probe runs after this. */
void smadv_pagecache_exit(void)
{
	if (!added || !deleted)
		return;
	tracepoint_probe_unregister(added, added_probe, NULL);
	tracepoint_probe_unregister(deleted, deleted_probe, NULL);
	tracepoint_synchronize_unregister();
}
