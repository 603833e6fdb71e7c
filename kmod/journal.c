// SPDX-License-Identifier: GPL-2.0
#include "journal.h"

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "map.h"

u64 smadv_journal_bytes(const struct smadv_journal *journal)
{
	return journal->capacity * sizeof(*journal->item);
}

/**
 * smadv_journal_reserve() - make room before a change, so that noting it cannot fail
 * @journal: journal
 * @more: entries that will be added
 * @forced: beyond max-memory-kb too, for what must not be forgotten
 *
 * Context: process, smadv_lock held; moves the entries.
 * Return: 0, -ENOSPC at max-memory-kb (counted), or -ENOMEM; 0 when @forced.
 */
int smadv_journal_reserve(struct smadv_journal *journal, u32 more, bool forced)
{
	u32 capacity = roundup_pow_of_two(journal->count + more);
	struct smadv_entry *item;
	u64 bytes;

	lockdep_assert_held(&smadv_lock);
	if (journal->count + more <= journal->capacity)
		return 0;
	bytes = (capacity - journal->capacity) * sizeof(*item);
	if (smadv_map_charge(bytes, forced))
		return -ENOSPC;
	item = kvcalloc(capacity, sizeof(*item), forced ? GFP_KERNEL | __GFP_NOFAIL : GFP_KERNEL);
	if (!item) {
		smadv_map_uncharge(bytes);
		return -ENOMEM;
	}
	if (journal->count)
		memcpy(item, journal->item, journal->count * sizeof(*item));
	kvfree(journal->item);
	journal->item = item;
	journal->capacity = capacity;
	return 0;
}

void smadv_journal_free(struct smadv_journal *journal)
{
	kvfree(journal->item);
	memset(journal, 0, sizeof(*journal));
}

/* Mappings added by the entries: each border that lay inside a mapping made one more. */
u32 smadv_journal_splits(const struct smadv_journal *journal)
{
	return smadv_journal_splits_outside(journal, U64_MAX, 0);
}

/* Those of them that would stay if [start, end) and its borders were undone. */
u32 smadv_journal_splits_outside(const struct smadv_journal *journal, u64 start, u64 end)
{
	const struct smadv_entry *entry, *last = NULL;
	u32 i, sum = 0;

	for (i = 0; i < journal->count; i++, last = entry) {
		entry = &journal->item[i];
		if (last && last->end == entry->start && last->splits & SMADV_SPLIT_END) {
			/* A border that two share counts once, and not between equals. */
			if (smadv_journal_same(last, entry))
				sum -= last->end < start || last->end > end;
		} else if (entry->splits & SMADV_SPLIT_START) {
			sum += entry->start < start || entry->start > end;
		}
		if (entry->splits & SMADV_SPLIT_END)
			sum += entry->end < start || entry->end > end;
	}
	return sum;
}

/* Is there a border of mappings at @page that an entry made, or shares? */
bool smadv_journal_has_split(const struct smadv_journal *journal, u64 page)
{
	u32 i = smadv_journal_lower(journal, page);

	if (i && journal->item[i - 1].end == page &&
	    journal->item[i - 1].splits & SMADV_SPLIT_END)
		return true;
	return i < journal->count && journal->item[i].start == page &&
	       journal->item[i].splits & SMADV_SPLIT_START;
}

/* Index of the first entry that ends behind @page, or count. */
u32 smadv_journal_lower(const struct smadv_journal *journal, u64 page)
{
	u32 low = 0, high = journal->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (journal->item[middle].end > page)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The entry that holds @page, or NULL. */
struct smadv_entry *smadv_journal_find(const struct smadv_journal *journal, u64 page)
{
	u32 i = smadv_journal_lower(journal, page);

	if (i == journal->count || journal->item[i].start > page)
		return NULL;
	return &journal->item[i];
}

/* Narrow [*start, *end) to its first part without an entry; false when there is none. */
bool smadv_journal_gap(const struct smadv_journal *journal, u64 *start, u64 *end)
{
	u32 i = smadv_journal_lower(journal, *start);

	for (; i < journal->count && journal->item[i].start <= *start; i++)
		*start = journal->item[i].end;
	if (i < journal->count)
		*end = min(*end, journal->item[i].start);
	return *start < *end;
}

/* Are both of one stretch, or parts of it? */
bool smadv_journal_same(const struct smadv_entry *a, const struct smadv_entry *b)
{
	return a->file == b->file && a->hint == b->hint &&
	       a->overwritten == b->overwritten &&
	       a->start - a->offset == b->start - b->offset;
}

/* .. and on the same pages? */
bool smadv_journal_equal(const struct smadv_entry *a, const struct smadv_entry *b)
{
	return smadv_journal_same(a, b) && a->start == b->start && a->end == b->end;
}

/* Add an entry that overlaps no other, and count it; room was reserved. */
void smadv_journal_add(struct smadv_journal *journal, const struct smadv_entry *entry)
{
	u32 i = smadv_journal_lower(journal, entry->start);

	if (WARN_ON_ONCE(journal->count == journal->capacity))
		return;
	memmove(&journal->item[i + 1], &journal->item[i],
		(journal->count - i) * sizeof(*entry));
	journal->item[i] = *entry;
	journal->count++;
	smadv_stats_inc(HINTS_CHANGED);
	smadv_stats_inc(HINTS_ACTIVE);
}

/* The caller counts why. */
void smadv_journal_delete(struct smadv_journal *journal, u32 index)
{
	journal->count--;
	memmove(&journal->item[index], &journal->item[index + 1],
		(journal->count - index) * sizeof(*journal->item));
	smadv_stats_dec(HINTS_ACTIVE);
}

static void split_at(struct smadv_journal *journal, u64 page, bool splits)
{
	struct smadv_entry *entry = smadv_journal_find(journal, page);
	struct smadv_entry right;

	if (!entry || entry->start == page)
		return;
	right = *entry;
	right.offset += page - right.start;
	right.start = page;
	right.splits &= SMADV_SPLIT_END;
	right.splits |= splits ? SMADV_SPLIT_START : 0;
	entry->end = page;
	entry->splits &= SMADV_SPLIT_START;
	entry->splits |= splits ? SMADV_SPLIT_END : 0;
	smadv_journal_add(journal, &right);
}

/**
 * smadv_journal_isolate() - split entries so that none reaches across a border
 * @journal: journal
 * @start: first page number
 * @end: first page number behind
 * @splits: SMADV_SPLIT_*, the borders that lie inside a mapping: when one side of
 *	them is restored, the hint on the other makes one mapping more
 *
 *   before:  |-----------a-----------|   |------b------|
 *   isolate:          start                      end
 *   after:   |---a----|------a'------|   |---b---|-b'--|
 *
 * Cannot fail: what was changed must never be forgotten. Each entry split
 * counts as one more changed and active.
 */
void smadv_journal_isolate(struct smadv_journal *journal, u64 start, u64 end, u32 splits)
{
	smadv_journal_reserve(journal, 2, true);
	split_at(journal, start, splits & SMADV_SPLIT_START);
	split_at(journal, end, splits & SMADV_SPLIT_END);
}
