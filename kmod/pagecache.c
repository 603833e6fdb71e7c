// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "pagecache.h"

#include <linux/hash.h>
#include <linux/pagemap.h>
#include <linux/tracepoint.h>

#include "map.h"
#include "mapping.h"

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

/**
 * struct reader - for whom pages come in on a CPU
 * @file: page cache that they belong to, an identity only
 * @mm: address space of the process that reads them, likewise
 * @generation: of what was looked up
 * @slot: slot of the file, NULL where it is not watched
 * @record: record of the process, NULL where it has none
 *
 * Looked up once for the many in a row that readahead adds. All zero it is nobody's: no
 * page that comes in is without a page cache.
 */
struct reader {
	const struct address_space *file;
	const struct mm_struct *mm;
	unsigned long generation;
	struct slot *slot;
	struct smadv_record *record;
};

/* Of two files that meet here the later one stays; strays that this counts do no harm. */
static struct slot slots[1 << FILE_BITS];

/* Each used on its own CPU, with preemption disabled. */
static DEFINE_PER_CPU(struct reader, readers);

/* Of the slots' identities and the map's records; written under smadv_lock. */
static unsigned long generation;

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

static bool is_known(const struct reader *reader, const struct address_space *file)
{
	return reader->file == file && reader->mm == current->mm &&
	       reader->generation == READ_ONCE(generation);
}

/* On behalf of the process that runs: of io_uring and the like, too. */
static noinline void look_up(struct reader *reader, const struct folio *folio)
{
	/* Before all else: what changes from here on is looked up again. */
	reader->generation = smp_load_acquire(&generation);
	reader->file = folio->mapping;
	reader->mm = current->mm;
	reader->slot = watched(folio);
	reader->record = reader->slot && reader->mm ? smadv_map_lookup(reader->mm) : NULL;
}

/*
 * Any context but NMI, the page cache's own lock may be held. As short as can be: random
 * accesses have it called for each page that is read around them.
 */
static void added_probe(void *data, struct folio *folio)
{
	struct reader *reader;
	long pages;

	preempt_disable(); /* an RCU reader, as the hook is one */
	reader = this_cpu_ptr(&readers);
	if (!is_known(reader, folio->mapping))
		look_up(reader, folio);
	if (reader->slot) {
		pages = folio_nr_pages(folio);
		atomic64_add(pages, &reader->slot->read);
		if (reader->record)
			atomic64_add(pages, &reader->record->read_pages);
	}
	preempt_enable();
}

/* Only what is reclaimed is evicted: reclaim runs with this flag, truncation without. */
static void deleted_probe(void *data, struct folio *folio)
{
	struct slot *slot = current->flags & PF_MEMALLOC ? watched(folio) : NULL;

	if (slot)
		atomic64_add(folio_nr_pages(folio), &slot->evicted);
}

/**
 * smadv_pagecache_renew() - who reads which file is to be looked up again
 *
 * Called after a slot became another file's, and a record was added to the map, or removed
 * from it, before the grace period that lets it go.
 */
void smadv_pagecache_renew(void)
{
	lockdep_assert_held(&smadv_lock);
	/* After what changed: who sees this in look_up() sees that. */
	smp_store_release(&generation, generation + 1);
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
		smadv_pagecache_renew();
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

/**
 * smadv_pagecache_pages() - what was read and evicted since the module was loaded
 *
 * Context: any.
 * Return: pages of watched files.
 */
struct smadv_pagecache_pages smadv_pagecache_pages(void)
{
	struct smadv_pagecache_pages sum = { 0, 0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		sum.read += atomic64_read(&slots[i].read);
		sum.evicted += atomic64_read(&slots[i].evicted);
	}
	return sum;
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
