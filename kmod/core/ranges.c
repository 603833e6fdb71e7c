// SPDX-License-Identifier: GPL-2.0
#include "ranges.h"

#include <linux/smart_madvise.h>

/*@
 * requires smadv_ranges_stored(set) && i < set->capacity && j < set->capacity;
 * assigns set->item[i], set->item[j];
 * ensures smadv_ranges_stored(set);
 * ensures set->item[i] == \old(set->item[j]) && set->item[j] == \old(set->item[i]);
 * ensures \forall integer number, page, in; i < number && j < number ==>
 *	(smadv_ranges_hold_in(set, 0, number, page, in) <==>
 *	 \old(smadv_ranges_hold_in(set, 0, number, page, in)));
 */
static void exchange(struct smadv_ranges *set, u32 i, u32 j)
{
	struct smadv_range *range = set->item[i];

	set->item[i] = set->item[j];
	set->item[j] = range;
}

/* Bring the first spare range to @index, and those from there on one place up. */
/*@
 * requires smadv_ranges_stored(set) && index <= set->count < set->capacity;
 * assigns set->item[index .. set->count];
 * ensures smadv_ranges_stored(set);
 * ensures set->item[index] == \old(set->item[set->count]);
 * ensures \forall integer k; 0 <= k < index ==> set->item[k] == \old(set->item[k]);
 * ensures \forall integer k; index < k <= set->count ==>
 *	\exists integer m; m + 1 == k && set->item[k] == \old(set->item[m]);
 * ensures \forall integer page, in;
 *	smadv_ranges_hold_in(set, 0, set->count + 1, page, in) <==>
 *	\old(smadv_ranges_hold_in(set, 0, set->count + 1, page, in));
 */
static void move_up(struct smadv_ranges *set, u32 index)
{
	u32 i;

	/*@
	 * loop invariant index <= i <= set->count && smadv_ranges_stored(set);
	 * loop invariant set->item[i] == \at(set->item[set->count], Pre);
	 * loop invariant \forall integer k; 0 <= k < i ==>
	 *	set->item[k] == \at(set->item[k], Pre);
	 * loop invariant \forall integer k; i < k <= set->count ==>
	 *	set->item[k] == \at(set->item[k - 1], Pre);
	 * loop invariant \forall integer page, in;
	 *	smadv_ranges_hold_in(set, 0, set->count + 1, page, in) <==>
	 *	\at(smadv_ranges_hold_in(set, 0, set->count + 1, page, in), Pre);
	 * loop assigns i, \at(set->item, Pre)[index .. set->count];
	 * loop variant i - index;
	 */
	for (i = set->count; i > index; i--)
		exchange(set, i, i - 1);
}

/* Put the first spare range at @index, where it belongs. The set has room. */
/*@
 * requires smadv_ranges_stored(set) && index <= set->count < set->capacity;
 * requires smadv_ranges_sorted(set);
 * requires smadv_range_bounded(set->item[set->count]);
 * requires \forall integer k; 0 <= k < index ==>
 *	set->item[k]->end <= set->item[set->count]->start;
 * requires \forall integer k; index <= k < set->count ==>
 *	set->item[set->count]->end <= set->item[k]->start;
 * assigns set->item[index .. set->count], set->count;
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->count == \old(set->count) + 1;
 * ensures set->item[index] == \old(set->item[set->count]);
 * ensures \forall integer k; 0 <= k < index ==> set->item[k] == \old(set->item[k]);
 * ensures \forall integer page, mapping; smadv_ranges_hold(set, page, mapping) <==>
 *	\old(smadv_ranges_hold(set, page, mapping)) ||
 *	\old(smadv_range_holds(set->item[set->count], page, mapping));
 */
static void add(struct smadv_ranges *set, u32 index)
{
	move_up(set, index);
	set->count++;
	/*@ assert smadv_ranges_stored(set); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count ==> smadv_range_bounded(set->item[k]);
	 */
	/*@
	 * assert \forall integer i, j; 0 <= i < j < index ==>
	 *	set->item[i]->end <= set->item[j]->start;
	 */
	/*@
	 * assert \forall integer i; 0 <= i < index ==>
	 *	set->item[i]->end <= set->item[index]->start;
	 */
	/*@
	 * assert \forall integer j; index < j < set->count ==>
	 *	set->item[index]->end <= set->item[j]->start;
	 */
	/*@
	 * assert \forall integer i, j; 0 <= i < index < j < set->count ==>
	 *	set->item[i]->end <= set->item[j]->start;
	 */
	/*@
	 * assert \forall integer i, j; index < i < j < set->count ==>
	 *	set->item[i]->end <= set->item[j]->start;
	 */
	/*@ assert smadv_ranges_sorted(set); */
}

/* Bring ranges [@first, @behind) behind all others in use. */
/*@
 * requires smadv_ranges_stored(set) && first < behind <= set->count;
 * assigns set->item[first .. set->count - 1];
 * ensures smadv_ranges_stored(set);
 * ensures behind == first + 1 ==> \exists integer k; k + 1 == set->count &&
 *	set->item[k] == \old(set->item[first]);
 * ensures \forall integer k; 0 <= k < first ==> set->item[k] == \old(set->item[k]);
 * ensures \forall integer k; first <= k < set->count - (behind - first) ==>
 *	\exists integer m; m == k + (behind - first) && set->item[k] == \old(set->item[m]);
 * ensures \forall integer page, in; smadv_ranges_hold_in(set, 0, set->count, page, in) <==>
 *	\old(smadv_ranges_hold_in(set, 0, set->count, page, in));
 * ensures \forall integer page, in;
 *	smadv_ranges_hold_in(set, set->count - (behind - first), set->count, page, in) ==>
 *	\old(smadv_ranges_hold_in(set, first, behind, page, in));
 */
static void move_back(struct smadv_ranges *set, u32 first, u32 behind)
{
	u32 i, number = behind - first;

	/*@
	 * loop invariant first <= i && i + number <= set->count && smadv_ranges_stored(set);
	 * loop invariant number == 1 ==> set->item[i] == \at(set->item[first], Pre);
	 * loop invariant \forall integer k; 0 <= k < first ==>
	 *	set->item[k] == \at(set->item[k], Pre);
	 * loop invariant \forall integer k; first <= k < i ==>
	 *	set->item[k] == \at(set->item[k + (behind - first)], Pre);
	 * loop invariant \forall integer k; i + number <= k < set->count ==>
	 *	set->item[k] == \at(set->item[k], Pre);
	 * loop invariant \forall integer page, in;
	 *	smadv_ranges_hold_in(set, 0, set->count, page, in) <==>
	 *	\at(smadv_ranges_hold_in(set, 0, set->count, page, in), Pre);
	 * loop invariant \forall integer page, in;
	 *	smadv_ranges_hold_in(set, i, i + number, page, in) ==>
	 *	\at(smadv_ranges_hold_in(set, first, behind, page, in), Pre);
	 * loop assigns i, \at(set->item, Pre)[first .. set->count - 1];
	 * loop variant set->count - i;
	 */
	for (i = first; i + number < set->count; i++)
		exchange(set, i, i + number);
}

/* Put ranges [@first, @behind) among the spare ones. */
/*@
 * requires smadv_ranges_stored(set) && first < behind <= set->count;
 * requires smadv_ranges_sorted(set);
 * assigns set->item[first .. set->count - 1], set->count;
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->count == \old(set->count) - (behind - first);
 * ensures behind == first + 1 ==> set->item[set->count] == \old(set->item[first]);
 * ensures \forall integer k; 0 <= k < first ==> set->item[k] == \old(set->item[k]);
 * ensures \forall integer k; first <= k < set->count ==>
 *	\exists integer m; m == k + (behind - first) && set->item[k] == \old(set->item[m]);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) ==>
 *	\old(smadv_ranges_hold(set, page, in));
 * ensures \forall integer page, in; \old(smadv_ranges_hold(set, page, in)) ==>
 *	smadv_ranges_hold(set, page, in) ||
 *	\old(smadv_ranges_hold_in(set, first, behind, page, in));
 */
static void remove(struct smadv_ranges *set, u32 first, u32 behind)
{
	move_back(set, first, behind);
	set->count -= behind - first;
}

/* Of range @index [start, end) stays. */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * requires index < set->count;
 * requires set->item[index]->start <= start < end <= set->item[index]->end;
 * assigns *set->item[index];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->item[index]->start == start && set->item[index]->end == end;
 * ensures \forall integer k; 0 <= k < set->count && k != index ==>
 *	set->item[k]->start == \old(set->item[k]->start) &&
 *	set->item[k]->end == \old(set->item[k]->end);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in)) &&
 *	!(\old(set->item[index]->start) <= page < start) &&
 *	!(end <= page < \old(set->item[index]->end));
 */
static void trim(struct smadv_ranges *set, u32 index, u64 start, u64 end)
{
	smadv_range_resize(set->item[index], start, end);
	/*@ assert set->count == \at(set->count, Pre); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	\separated(set->item[k], set->item[index]);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	set->item[k]->start == \at(set->item[k]->start, Pre) &&
	 *	set->item[k]->end == \at(set->item[k]->end, Pre) &&
	 *	set->item[k]->mapping == \at(set->item[k]->mapping, Pre);
	 */
}

/*@
 * requires low < high;
 * assigns \nothing;
 * ensures low <= \result < high;
 */
static u32 between(u32 low, u32 high)
{
	return low + (high - low) / 2;
}

/**
 * smadv_ranges_lower() - find the first range at or behind a page
 * @set: ranges
 * @page: page number
 *
 * Return: index of the first range whose end lies behind @page, or count.
 */
u32 smadv_ranges_lower(const struct smadv_ranges *set, u64 page)
{
	u32 low = 0, high = set->count, middle;

	/*@
	 * loop invariant low <= high <= set->count;
	 * loop invariant \forall integer i; 0 <= i < low ==> set->item[i]->end <= page;
	 * loop invariant \forall integer i; high <= i < set->count ==>
	 *	page < set->item[i]->end;
	 * loop assigns low, high, middle;
	 * loop variant high - low;
	 */
	while (low < high) {
		middle = between(low, high);
		if (set->item[middle]->end <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * smadv_ranges_find() - find the range of a page
 * @set: ranges
 * @page: page number
 *
 * Return: the range that holds @page, or NULL. Valid until it is cut or merged.
 */
struct smadv_range *smadv_ranges_find(struct smadv_ranges *set, u64 page)
{
	u32 i = smadv_ranges_lower(set, page);

	if (i >= set->count || set->item[i]->start > page)
		return NULL;
	return set->item[i];
}

/* Begin an empty range, the first spare one. */
/*@
 * requires smadv_ranges_stored(set) && set->count < set->capacity;
 * requires smadv_ranges_sorted(set);
 * requires start < end <= SMADV_PAGE_MAX;
 * assigns *set->item[set->count];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \result == set->item[set->count];
 * ensures \result->start == start && \result->end == end && \result->mapping == mapping;
 * ensures \forall integer k; 0 <= k < set->count ==>
 *	set->item[k]->start == \old(set->item[k]->start) &&
 *	set->item[k]->end == \old(set->item[k]->end);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in));
 */
static struct smadv_range *begin(struct smadv_ranges *set, u64 start, u64 end, u64 mapping)
{
	struct smadv_range *range = set->item[set->count];

	smadv_range_init(range, start, end, mapping);
	/*@ assert set->count == \at(set->count, Pre); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != set->count ==>
	 *	\separated(set->item[k], range);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != set->count ==>
	 *	set->item[k]->start == \at(set->item[k]->start, Pre) &&
	 *	set->item[k]->end == \at(set->item[k]->end, Pre) &&
	 *	set->item[k]->mapping == \at(set->item[k]->mapping, Pre);
	 */
	return range;
}

/**
 * smadv_ranges_insert() - add an empty range
 * @set: ranges
 * @start: first page
 * @end: first page behind
 * @mapping: identity of the mapping
 *
 * Return: the range, or NULL when it is empty, would overlap another one, ends
 * behind SMADV_PAGE_MAX, or the set is full.
 */
struct smadv_range *smadv_ranges_insert(struct smadv_ranges *set, u64 start, u64 end, u64 mapping)
{
	u32 i = smadv_ranges_lower(set, start);
	struct smadv_range *range;

	if (start >= end || end > SMADV_PAGE_MAX || set->count >= set->capacity)
		return NULL;
	if (i < set->count && set->item[i]->start < end)
		return NULL;
	range = begin(set, start, end, mapping);
	add(set, i);
	return range;
}

/*@
 * requires \valid(range) && \valid_read(from) && \separated(range, from);
 * assigns *range;
 * ensures range->mapping == from->mapping;
 */
static void copy(struct smadv_range *range, const struct smadv_range *from)
{
	*range = *from;
	range->mapping = from->mapping; /* for the proof, which does not look into a copy */
}

/* Of @left [left->start, start) stays, and [end, left->end) becomes @right. */
/*@
 * requires \valid(left) && \valid(right) && \separated(left, right);
 * requires left->start < start <= end < left->end <= SMADV_PAGE_MAX;
 * assigns *left, *right;
 * ensures left->start == \old(left->start) && left->end == start;
 * ensures right->start == end && right->end == \old(left->end);
 * ensures left->mapping == \old(left->mapping) && right->mapping == left->mapping;
 */
static void hole(struct smadv_range *left, struct smadv_range *right, u64 start, u64 end)
{
	copy(right, left);
	smadv_range_resize(right, end, left->end);
	smadv_range_resize(left, left->start, start);
}

/* Punch [start, end) out of the middle of range @index. The first spare one gets what is behind. */
/*@
 * requires smadv_ranges_stored(set) && index < set->count < set->capacity;
 * requires smadv_ranges_sorted(set);
 * requires set->item[index]->start < start < end < set->item[index]->end;
 * assigns *set->item[index], *set->item[set->count];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->count == \old(set->count);
 * ensures set->item[index]->start == \old(set->item[index]->start);
 * ensures set->item[index]->end == start;
 * ensures set->item[set->count]->start == end;
 * ensures set->item[set->count]->end == \old(set->item[index]->end);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) ||
 *	smadv_range_holds(set->item[set->count], page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in)) && !(start <= page < end);
 */
static void part(struct smadv_ranges *set, u32 index, u64 start, u64 end)
{
	hole(set->item[index], set->item[set->count], start, end);
	/*@ assert set->count == \at(set->count, Pre); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	\separated(set->item[k], set->item[index]) &&
	 *	\separated(set->item[k], set->item[set->count]);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	set->item[k]->start == \at(set->item[k]->start, Pre) &&
	 *	set->item[k]->end == \at(set->item[k]->end, Pre) &&
	 *	set->item[k]->mapping == \at(set->item[k]->mapping, Pre);
	 */
}

/* Punch [start, end) out of the middle of range @index: two parts stay. The set has room. */
/*@
 * requires smadv_ranges_stored(set) && index < set->count < set->capacity;
 * requires smadv_ranges_sorted(set);
 * requires set->item[index]->start < start < end < set->item[index]->end;
 * assigns set->item[0 .. set->capacity - 1], set->count,
 *	*(set->item[0 .. set->capacity - 1]);
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in)) && !(start <= page < end);
 */
static void punch(struct smadv_ranges *set, u32 index, u64 start, u64 end)
{
	part(set, index, start, end);
	add(set, index + 1);
}

/* Forget what ranges from @first on have before @end. */
/*@
 * requires smadv_ranges_stored(set) && smadv_ranges_sorted(set);
 * requires first <= set->count;
 * requires \forall integer k; 0 <= k < first ==> set->item[k]->end <= end;
 * assigns set->item[0 .. set->capacity - 1], set->count,
 *	*(set->item[0 .. set->capacity - 1]);
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in)) &&
 *	!(page < end && \old(smadv_ranges_hold_in(set, first, set->count, page, in)));
 */
static void cut_from(struct smadv_ranges *set, u32 first, u64 end)
{
	u32 last = smadv_ranges_lower(set, end);

	if (last < set->count && set->item[last]->start < end)
		trim(set, last, end, set->item[last]->end);
	/*@
	 * assert \forall integer page, in; smadv_ranges_hold_in(set, first, last, page, in) ==>
	 *	page < end;
	 */
	/*@
	 * assert \forall integer k; last <= k < set->count ==> end <= set->item[k]->start;
	 */
	/*@
	 * assert \forall integer page, in; page < end &&
	 *	smadv_ranges_hold_in(set, first, set->count, page, in) ==>
	 *	smadv_ranges_hold_in(set, first, last, page, in);
	 */
	if (last > first)
		remove(set, first, last);
}

/**
 * smadv_ranges_cut() - forget an interval
 * @set: ranges
 * @start: first page
 * @end: first page behind
 *
 * ::
 *
 *	[--------)   [---)   [----------)          ranges
 *	      start                 end
 *	[-----)                     [---)          what stays
 *
 * A range around the interval is split when there is room, and else loses what
 * lies behind the interval too.
 */
void smadv_ranges_cut(struct smadv_ranges *set, u64 start, u64 end)
{
	u32 first = smadv_ranges_lower(set, start);

	if (start >= end || first >= set->count)
		return;
	if (set->item[first]->start < start) {
		if (set->item[first]->end > end && set->count < set->capacity) {
			punch(set, first, start, end);
			return;
		}
		trim(set, first, set->item[first]->start, start);
		first++;
	}
	cut_from(set, first, end);
}

/* Divide range @index at @page. The first spare one gets the right part. */
/*@
 * requires smadv_ranges_stored(set) && index < set->count < set->capacity;
 * requires smadv_ranges_sorted(set);
 * requires set->item[index]->start < page < set->item[index]->end;
 * assigns *set->item[index], *set->item[set->count];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->count == \old(set->count);
 * ensures set->item[index]->start == \old(set->item[index]->start);
 * ensures set->item[index]->end == page;
 * ensures set->item[set->count]->start == page;
 * ensures \forall integer k; index < k < set->count ==>
 *	set->item[set->count]->end <= set->item[k]->start;
 * ensures set->item[set->count]->end == \old(set->item[index]->end);
 * ensures \forall integer any, in; smadv_ranges_hold(set, any, in) ||
 *	smadv_range_holds(set->item[set->count], any, in) <==>
 *	\old(smadv_ranges_hold(set, any, in));
 */
static void split(struct smadv_ranges *set, u32 index, u64 page)
{
	smadv_range_divide(set->item[index], set->item[set->count], page);
	/*@ assert set->count == \at(set->count, Pre); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	\separated(set->item[k], set->item[index]) &&
	 *	\separated(set->item[k], set->item[set->count]);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	set->item[k]->start == \at(set->item[k]->start, Pre) &&
	 *	set->item[k]->end == \at(set->item[k]->end, Pre) &&
	 *	set->item[k]->mapping == \at(set->item[k]->mapping, Pre);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < index ==>
	 *	set->item[k]->end <= set->item[index]->start;
	 */
	/*@
	 * assert \forall integer k; index < k < set->count ==>
	 *	set->item[set->count]->end <= set->item[k]->start;
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count ==> smadv_range_bounded(set->item[k]);
	 */
	/*@
	 * assert \forall integer i, j; 0 <= i < j < set->count && i != index && j != index ==>
	 *	set->item[i]->end <= set->item[j]->start;
	 */
	/*@
	 * assert \forall integer k; index < k < set->count ==>
	 *	set->item[index]->end <= set->item[k]->start;
	 */
	/*@ assert smadv_ranges_sorted(set); */
}

/**
 * smadv_ranges_split() - make two ranges of one
 * @set: ranges
 * @index: which
 * @page: first page of the right part
 *
 * Both keep hint, pattern and hold; the evidence is divided by position.
 *
 * Return: false when the set is full or @page does not lie inside.
 */
bool smadv_ranges_split(struct smadv_ranges *set, u32 index, u64 page)
{
	struct smadv_range *left;

	if (index >= set->count || set->count >= set->capacity)
		return false;
	left = set->item[index];
	if (page <= left->start || page >= left->end)
		return false;
	split(set, index, page);
	add(set, index + 1);
	return true;
}

/*@
 * requires \valid_read(left) && \valid_read(right);
 * assigns \nothing;
 * ensures \result ==> left->end == right->start && left->mapping == right->mapping;
 */
static bool agree(const struct smadv_range *left, const struct smadv_range *right)
{
	return left->end == right->start && left->mapping == right->mapping &&
	       left->pattern.kind == right->pattern.kind &&
	       left->verdict.hint == right->verdict.hint && left->hint == right->hint &&
	       left->application_hint == right->application_hint &&
	       left->insists == right->insists &&
	       left->memory_backed == right->memory_backed &&
	       !left->unsettled && !right->unsettled;
}

/* Range @index takes in its neighbour, which is the first spare one. */
/*@
 * requires smadv_ranges_stored(set) && index < set->count < set->capacity;
 * requires smadv_ranges_sorted(set) && smadv_range_bounded(set->item[set->count]);
 * requires set->item[index]->end == set->item[set->count]->start;
 * requires set->item[index]->mapping == set->item[set->count]->mapping;
 * requires \forall integer k; index < k < set->count ==>
 *	set->item[set->count]->end <= set->item[k]->start;
 * assigns *set->item[index];
 * ensures smadv_ranges_stored(set);
 * ensures smadv_ranges_sorted(set);
 * ensures set->count == \old(set->count);
 * ensures set->item[index]->start == \old(set->item[index]->start);
 * ensures set->item[index]->end == \old(set->item[set->count]->end);
 * ensures \forall integer page, in; smadv_ranges_hold(set, page, in) <==>
 *	\old(smadv_ranges_hold(set, page, in)) ||
 *	\old(smadv_range_holds(set->item[set->count], page, in));
 */
static void absorb(struct smadv_ranges *set, u32 index)
{
	smadv_range_unite(set->item[index], set->item[set->count]);
	/*@ assert set->count == \at(set->count, Pre); */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	\separated(set->item[k], set->item[index]);
	 */
	/*@
	 * assert \forall integer k; 0 <= k < set->count && k != index ==>
	 *	set->item[k]->start == \at(set->item[k]->start, Pre) &&
	 *	set->item[k]->end == \at(set->item[k]->end, Pre) &&
	 *	set->item[k]->mapping == \at(set->item[k]->mapping, Pre);
	 */
}

/**
 * smadv_ranges_merge() - make one range of two
 * @set: ranges
 * @index: the left one
 *
 * The hold of the one that is held longer stays.
 *
 * Return: false, with nothing changed, unless both touch, lie in one mapping,
 * agree in pattern kind and every hint, and have had some faults since a split.
 */
bool smadv_ranges_merge(struct smadv_ranges *set, u32 index)
{
	u32 next;

	if (set->count < 2 || index >= set->count - 1)
		return false;
	next = index + 1;
	if (!agree(set->item[index], set->item[next]))
		return false;
	remove(set, next, next + 1);
	absorb(set, index);
	return true;
}

/**
 * smadv_ranges_share() - note what other ranges of the file do with its memory
 * @set: ranges
 * @index: which
 *
 * How far random accesses reach there, and how much others have brought in.
 */
void smadv_ranges_share(struct smadv_ranges *set, u32 index)
{
	struct smadv_memory *memory = &set->item[index]->memory;
	const struct smadv_range *other;
	u32 i;

	memory->beside_pages = 0;
	memory->passed_pages = 0;
	/*@
	 * loop invariant i <= set->count;
	 * loop assigns i, other, memory->beside_pages, memory->passed_pages;
	 * loop variant set->count - i;
	 */
	for (i = 0; i < set->count; i++) {
		other = set->item[i];
		if (i == index || other->memory.file != memory->file)
			continue;
		memory->passed_pages = smadv_sum(memory->passed_pages, other->passed_pages);
		if (other->pattern.kind == SMART_MADVISE_PATTERN_RANDOM)
			memory->beside_pages = smadv_sum(memory->beside_pages,
							 other->memory.extent_pages);
	}
}
