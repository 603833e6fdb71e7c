/* SPDX-License-Identifier: GPL-2.0 */
/* Ranges of one process: which there are. What becomes of each is in range.h. */
#ifndef SMADV_CORE_RANGES_H
#define SMADV_CORE_RANGES_H

#include "range.h"
#include "shim.h"

/**
 * struct smadv_ranges - the ranges of one process, sorted, not overlapping
 * @item: caller's array of caller's ranges; behind those in use are spare ones
 * @count: ranges in use
 * @capacity: ranges in all
 */
struct smadv_ranges {
	struct smadv_range **item;
	u32 count;
	u32 capacity;
};

/*@
 * predicate smadv_range_bounded(struct smadv_range *range) =
 *	range->start < range->end <= SMADV_PAGE_MAX;
 *
 * predicate smadv_range_holds(struct smadv_range *range, integer page, integer mapping) =
 *	range->start <= page < range->end && range->mapping == mapping;
 *
 * predicate smadv_ranges_stored(struct smadv_ranges *ranges) =
 *	\valid(ranges) && ranges->count <= ranges->capacity &&
 *	\valid(ranges->item + (0 .. ranges->capacity - 1)) &&
 *	\separated(ranges, ranges->item + (0 .. ranges->capacity - 1)) &&
 *	(\forall integer i; 0 <= i < ranges->capacity ==>
 *	 \valid(ranges->item[i]) && \separated(ranges->item[i], ranges)) &&
 *	(\forall integer i, j; 0 <= i < j < ranges->capacity ==>
 *	 \separated(ranges->item[i], ranges->item[j]));
 *
 * predicate smadv_ranges_sorted(struct smadv_ranges *ranges) =
 *	(\forall integer i; 0 <= i < ranges->count ==> smadv_range_bounded(ranges->item[i])) &&
 *	(\forall integer i, j; 0 <= i < j < ranges->count ==>
 *	 ranges->item[i]->end <= ranges->item[j]->start);
 *
 * predicate smadv_ranges_hold_in(struct smadv_ranges *ranges, integer from, integer to,
 *				integer page, integer mapping) =
 *	\exists integer i; from <= i < to &&
 *	smadv_range_holds(ranges->item[i], page, mapping);
 *
 * predicate smadv_ranges_hold(struct smadv_ranges *ranges, integer page, integer mapping) =
 *	smadv_ranges_hold_in(ranges, 0, ranges->count, page, mapping);
 */

/* The range that holds @page, or NULL. Valid until that range is cut or merged. */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns \nothing;
 * ensures \result != \null ==> \exists integer i; 0 <= i < set->count &&
 *	\result == set->item[i] && set->item[i]->start <= page < set->item[i]->end;
 * ensures \result == \null ==> \forall integer i; 0 <= i < set->count ==>
 *	!(set->item[i]->start <= page < set->item[i]->end);
 */
struct smadv_range *smadv_ranges_find(struct smadv_ranges *set, u64 page);

/* Index of the first range whose end lies behind @page, or count. */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns \nothing;
 * ensures \result <= set->count;
 * ensures \forall integer i; 0 <= i < \result ==> set->item[i]->end <= page;
 * ensures \forall integer i; \result <= i < set->count ==> page < set->item[i]->end;
 */
u32 smadv_ranges_lower(const struct smadv_ranges *set, u64 page);

/*
 * Add an empty range over [start, end). NULL when it is empty, would overlap
 * another range, ends behind SMADV_PAGE_MAX, or the set is full (count ==
 * capacity).
 */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns set->item[0 .. set->capacity - 1], set->count, *set->item[set->count];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \result != \null ==>
 *	\result->start == start && \result->end == end && \result->mapping == mapping;
 * ensures \result != \null ==> \exists integer i; 0 <= i < set->count &&
 *	\result == set->item[i];
 * ensures \result == \null ==> \forall integer page, in;
 *	smadv_ranges_hold(set, page, in) <==> \old(smadv_ranges_hold(set, page, in));
 * ensures \result != \null ==> \forall integer page, in;
 *	smadv_ranges_hold(set, page, in) <==> \old(smadv_ranges_hold(set, page, in)) ||
 *	start <= page < end && in == mapping;
 */
struct smadv_range *smadv_ranges_insert(struct smadv_ranges *set, u64 start, u64 end, u64 mapping);

/*
 * Forget [start, end): ranges inside it go, ranges that reach into it are
 * trimmed, a range around it is split when there is room and else loses the
 * part behind the hole too.
 */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns set->item[0 .. set->capacity - 1], set->count,
 *	*(set->item[0 .. set->capacity - 1]);
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) ==>
 *	\old(smadv_ranges_hold(set, page, in)) && !(start <= page < end);
 * ensures room: \old(set->count < set->capacity) ==> \forall integer page, in;
 *	\old(smadv_ranges_hold(set, page, in)) && !(start <= page < end) ==>
 *	smadv_ranges_hold(set, page, in);
 * ensures full: \forall integer page, in; \old(smadv_ranges_hold(set, page, in)) &&
 *	!(start <= page < end) ==> smadv_ranges_hold(set, page, in) ||
 *	end <= page && \exists integer i; 0 <= i < \old(set->count) &&
 *	\old(set->item[i]->start) < start && page < \old(set->item[i]->end);
 */
void smadv_ranges_cut(struct smadv_ranges *set, u64 start, u64 end);

/*
 * Split range @index at @page, start < page < end. Both parts keep hint,
 * pattern and hold; the evidence is divided by position. False when the set
 * is full or @page does not lie inside.
 */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns set->item[0 .. set->capacity - 1], set->count,
 *	*(set->item[0 .. set->capacity - 1]);
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \forall integer any, in;
 *	smadv_ranges_hold(set, any, in) <==> \old(smadv_ranges_hold(set, any, in));
 * ensures !\result ==> set->count == \old(set->count);
 * ensures \result ==> set->count == \old(set->count) + 1;
 * ensures \result ==> set->item[index]->start == \old(set->item[index]->start);
 * ensures \result ==> set->item[index]->end == page;
 * ensures \result ==> set->item[index + 1]->start == page;
 * ensures \result ==> set->item[index + 1]->end == \old(set->item[index]->end);
 */
bool smadv_ranges_split(struct smadv_ranges *set, u32 index, u64 page);

/*
 * Merge range @index with its right neighbour if they touch, lie in one
 * mapping, and agree in pattern kind, wanted hint, standing hint and
 * application hint, and neither is fresh from a split. False, with nothing
 * changed, if not.
 */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * assigns set->item[0 .. set->capacity - 1], set->count,
 *	*(set->item[0 .. set->capacity - 1]);
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \forall integer page, in;
 *	smadv_ranges_hold(set, page, in) <==> \old(smadv_ranges_hold(set, page, in));
 * ensures !\result ==> set->count == \old(set->count);
 * ensures \result ==> set->count == \old(set->count) - 1;
 * ensures \result ==> set->item[index]->start == \old(set->item[index]->start);
 * ensures \result ==> set->item[index]->end == \old(set->item[index + 1]->end);
 */
bool smadv_ranges_merge(struct smadv_ranges *set, u32 index);

/* Note in the memory of range @index what the others of its file do with it. */
/*@
 * requires smadv_ranges_stored(set) && index < set->count;
 * assigns set->item[index]->memory.beside_pages, set->item[index]->memory.passed_pages;
 */
void smadv_ranges_share(struct smadv_ranges *set, u32 index);

#endif /* SMADV_CORE_RANGES_H */
