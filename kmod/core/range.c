// SPDX-License-Identifier: GPL-2.0
#include "range.h"

#include <linux/smart_madvise.h>

#include "benefit.h"

/* No part that a border makes is smaller. */
#define PART_PAGES_MIN	SMADV_SECTION_PAGES
/* Faults of a part before it may merge with its neighbour again. */
#define SETTLE_FAULTS	64
/* A set of ranges is bounded: a search takes so many steps at most. */
#define SEARCH_STEPS	32

static void init(struct smadv_range *range, u64 start, u64 end, u64 mapping)
{
	range->start = start;
	range->end = end;
	range->mapping = mapping;
	smadv_evidence_init(&range->evidence, start, end);
	smadv_pattern_init(&range->pattern);
	range->verdict.hint = SMART_MADVISE_HINT_NONE;
	range->verdict.reason = SMART_MADVISE_REASON_NONE;
	smadv_hold_init(&range->hold);
	range->hint = SMART_MADVISE_HINT_NONE;
	range->application_hint = SMART_MADVISE_HINT_NONE;
	range->insists = false;
	smadv_effect_init(&range->effect, SMART_MADVISE_HINT_NONE);
	range->memory = (struct smadv_memory){ .window_pages = 1 };
	range->memory_backed = false;
	range->doubtful = false;
	range->faults = 0;
	range->majors = 0;
	range->last_fault_ms = 0;
	range->passed_pages = 0;
	range->unsettled = 0;
}

static void exchange(struct smadv_ranges *set, u32 i, u32 j)
{
	struct smadv_range *range = set->item[i];

	set->item[i] = set->item[j];
	set->item[j] = range;
}

/* Put the first spare range at @index, for the caller to fill. The set has room. */
static void add(struct smadv_ranges *set, u32 index)
{
	u32 i;

	for (i = set->count; i > index; i--)
		exchange(set, i, i - 1);
	set->count++;
}

/* Put @number ranges from @index on among the spare ones. */
static void remove(struct smadv_ranges *set, u32 index, u32 number)
{
	u32 i;

	for (i = index; i + number < set->count; i++)
		exchange(set, i, i + number);
	set->count -= number;
}

/* Make a range smaller or larger. Its evidence stays, as far as it has no position. */
static void resize(struct smadv_range *range, u64 start, u64 end)
{
	range->start = start;
	range->end = end;
	smadv_evidence_resize(&range->evidence, start, end);
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
	u32 low = 0, high = set->count, middle, step;

	for (step = 0; step < SEARCH_STEPS && low < high; step++) {
		middle = low + (high - low) / 2;
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

	if (start >= end || end > SMADV_PAGE_MAX || set->count >= set->capacity)
		return NULL;
	if (i < set->count && set->item[i]->start < end)
		return NULL;
	add(set, i);
	init(set->item[i], start, end, mapping);
	return set->item[i];
}

/* Punch [start, end) out of the middle of range @index: two parts stay, or the lower one. */
static void punch(struct smadv_ranges *set, u32 index, u64 start, u64 end)
{
	if (set->count < set->capacity) {
		add(set, index + 1);
		*set->item[index + 1] = *set->item[index];
		resize(set->item[index + 1], end, set->item[index]->end);
	}
	resize(set->item[index], set->item[index]->start, start);
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
	u32 last;

	if (start >= end || first >= set->count)
		return;
	if (set->item[first]->start < start) {
		if (set->item[first]->end > end) {
			punch(set, first, start, end);
			return;
		}
		resize(set->item[first], set->item[first]->start, start);
		first++;
	}
	last = smadv_ranges_lower(set, end);
	if (last < set->count && set->item[last]->start < end)
		resize(set->item[last], end, set->item[last]->end);
	if (last > first)
		remove(set, first, last - first);
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
	struct smadv_range *left, *right;

	if (index >= set->count || set->count >= set->capacity)
		return false;
	left = set->item[index];
	if (page <= left->start || page >= left->end)
		return false;
	add(set, index + 1);
	right = set->item[index + 1];
	*right = *left;
	smadv_evidence_split(&left->evidence, &right->evidence, left->start, page, left->end);
	smadv_effect_split(&left->effect, &right->effect);
	right->faults = right->evidence.seen;
	if (right->faults > left->faults)
		right->faults = left->faults;
	left->faults -= right->faults;
	right->majors = 0;
	right->passed_pages = 0;
	left->end = page;
	right->start = page;
	left->unsettled = SETTLE_FAULTS;
	right->unsettled = SETTLE_FAULTS;
	return true;
}

static bool agree(const struct smadv_range *left, const struct smadv_range *right)
{
	return left->end == right->start && left->mapping == right->mapping &&
	       left->pattern.kind == right->pattern.kind &&
	       left->verdict.hint == right->verdict.hint && left->hint == right->hint &&
	       left->application_hint == right->application_hint &&
	       left->insists == right->insists &&
	       left->memory_backed == right->memory_backed;
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
	struct smadv_range *left, *right;

	if (set->count < 2 || index >= set->count - 1)
		return false;
	left = set->item[index];
	right = set->item[index + 1];
	if (!agree(left, right) || left->unsettled || right->unsettled)
		return false;

	smadv_evidence_merge(&left->evidence, &right->evidence, left->start, right->end);
	smadv_effect_merge(&left->effect, &right->effect);
	left->end = right->end;
	left->faults = smadv_sum(left->faults, right->faults);
	left->majors = smadv_sum(left->majors, right->majors);
	left->passed_pages = smadv_sum(left->passed_pages, right->passed_pages);
	left->doubtful = left->doubtful || right->doubtful;
	if (right->last_fault_ms > left->last_fault_ms)
		left->last_fault_ms = right->last_fault_ms;
	if (right->hold.until_ms > left->hold.until_ms)
		left->hold = right->hold;
	remove(set, index + 1, 1);
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

/* Is it of use to know what faults wait for here? */
static bool is_measured(const struct smadv_range *range, const struct smadv_policy *policy)
{
	return range->application_hint == SMART_MADVISE_HINT_NONE || smadv_policy_weighs(policy);
}

static u32 hint_at(const struct smadv_fault *fault)
{
	if (fault->flags & SMADV_FAULT_SEQ_READ)
		return SMART_MADVISE_HINT_SEQUENTIAL;
	if (fault->flags & SMADV_FAULT_RAND_READ)
		return SMART_MADVISE_HINT_RANDOM;
	return SMART_MADVISE_HINT_NONE;
}

/**
 * smadv_range_fault() - add one fault
 * @range: range
 * @fault: fault; nothing happens unless its page lies inside of @range
 * @policy: policy
 * @now_ms: time of the batch in ms
 *
 * The second entry of a fault that waited for I/O tells that the fault was
 * major, and is no step: its first entry was. A retry that does not say so
 * repeats the page of its first entry, and counts once.
 */
void smadv_range_fault(struct smadv_range *range, const struct smadv_fault *fault,
		       const struct smadv_policy *policy, u64 now_ms)
{
	u64 touched;

	if (fault->page < range->start || fault->page >= range->end)
		return;
	range->last_fault_ms = now_ms;
	if (fault->waited_ns && is_measured(range, policy))
		smadv_effect_wait(&range->effect, fault->page, hint_at(fault), fault->waited_ns,
				  &range->memory);
	if (fault->flags & SMADV_FAULT_TRIED) {
		range->majors = smadv_sum(range->majors, 1);
		return;
	}
	if (fault->waited_ns ||
	    !smadv_evidence_add(&range->evidence, fault->page, policy->window_faults))
		return;
	touched = range->effect.touched_pages;
	smadv_effect_fault(&range->effect, fault->page, hint_at(fault), &range->memory);
	if (range->pattern.kind != SMART_MADVISE_PATTERN_RANDOM)
		range->passed_pages = smadv_sum(range->passed_pages,
						range->effect.touched_pages - touched);
	if (range->faults != ~0ULL)
		range->faults++;
	if (range->unsettled)
		range->unsettled--;
}

/**
 * smadv_range_gap() - faults went unseen
 * @range: range
 * @lost: how many, of the whole process, since the last fault that was seen
 */
void smadv_range_gap(struct smadv_range *range, u32 lost)
{
	smadv_evidence_gap(&range->evidence, lost);
}

/**
 * smadv_range_skip() - faults were passed over
 * @range: range
 * @skipped: how many, of the whole process, since the last fault that was looked at
 * @seen: how many come next, which stand for them as well
 *
 * Unlike losses, which come when faults are too many, they do not make the evidence
 * less certain: a process is sampled when nothing is new about it.
 */
void smadv_range_skip(struct smadv_range *range, u32 skipped, u32 seen)
{
	if (skipped)
		smadv_streams_gap(&range->evidence.streams, skipped);
	range->effect.weight = 1 + skipped / seen;
}

static bool is_idle(const struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms)
{
	return now_ms > range->last_fault_ms && now_ms - range->last_fault_ms >= policy->idle_ms;
}

/* How far a range goes before it comes near the same page again. */
static u64 extent(const struct smadv_range *range)
{
	if (range->pattern.kind == SMART_MADVISE_PATTERN_STRIDED &&
	    range->pattern.pages > range->memory.window_pages)
		return SMADV_EXTENT_MAX; /* no window has two of its pages */
	return smadv_sections_extent(&range->evidence.sections);
}

/* Is the pattern another one than it was @before, not just the first to become clear? */
static bool is_another(const struct smadv_range *range, u32 before,
		       const struct smadv_policy *policy)
{
	if (before == SMART_MADVISE_PATTERN_UNKNOWN &&
	    range->evidence.seen < 2 * policy->min_faults)
		return false;
	return range->pattern.kind != before;
}

/**
 * smadv_range_judge() - judge pattern and verdict anew
 * @range: range
 * @policy: policy
 * @now_ms: time in ms
 *
 * Return: true when the wanted hint changed.
 */
bool smadv_range_judge(struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms)
{
	u32 hint = range->verdict.hint, kind = range->pattern.kind;
	bool changed;

	if (is_idle(range, policy, now_ms)) {
		smadv_pattern_init(&range->pattern);
		range->pattern.kind = SMART_MADVISE_PATTERN_IDLE;
	} else {
		smadv_pattern_judge(&range->pattern, &range->evidence, policy);
	}
	range->memory.extent_pages = extent(range);
	changed = smadv_effect_look(&range->effect, &range->memory, range->pattern.kind);
	if (range->hint == SMART_MADVISE_HINT_NONE) {
		if (changed || is_another(range, kind, policy))
			smadv_effect_renew(&range->effect);
		smadv_effect_weigh(&range->effect, &range->memory);
	}
	range->verdict = smadv_verdict_decide(range, policy, now_ms);
	range->effect.reserved_ns = range->verdict.reason == SMART_MADVISE_REASON_TRIAL ?
					    smadv_benefit_price_ns(range, range->verdict.hint) : 0;
	if (policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT && !range->effect.leaving &&
	    range->hint != SMART_MADVISE_HINT_NONE && range->verdict.hint != range->hint)
		smadv_effect_end(&range->effect, range->hint,
				 range->verdict.reason == SMART_MADVISE_REASON_DOES_NOT_PAY,
				 &range->memory);
	return range->verdict.hint != hint;
}

/**
 * smadv_range_border() - find a border between patterns
 * @range: range
 * @policy: policy
 *
 * Return: first page of the right part, start < page < end, or 0 when the range
 * is all of one kind or too little is known.
 */
u64 smadv_range_border(const struct smadv_range *range, const struct smadv_policy *policy)
{
	u64 page;

	if (range->evidence.seen < policy->min_faults)
		return 0;
	page = smadv_sections_border(&range->evidence.sections);
	if (page <= range->start || page >= range->end)
		return 0;
	if (page - range->start < PART_PAGES_MIN || range->end - page < PART_PAGES_MIN)
		return 0;
	return page;
}

/**
 * smadv_range_hinted() - the standing hint changed
 * @range: range
 * @hint: enum smart_madvise_hint that stands now
 * @policy: policy
 * @now_ms: time in ms
 */
void smadv_range_hinted(struct smadv_range *range, u32 hint, const struct smadv_policy *policy,
			u64 now_ms)
{
	range->hint = hint;
	smadv_effect_begin(&range->effect, hint, &range->memory);
	if (policy->governor != SMART_MADVISE_GOVERNOR_BENEFIT)
		smadv_hold_start(&range->hold, policy, now_ms);
}

/**
 * smadv_range_advised() - the application's own hint is known
 * @range: range
 * @hint: enum smart_madvise_hint, NONE when there is none
 *
 * What hints cost was measured against another one, when it is new.
 */
void smadv_range_advised(struct smadv_range *range, u32 hint)
{
	if (hint == range->application_hint)
		return;
	range->application_hint = hint;
	range->insists = false;
	smadv_effect_advised(&range->effect, hint);
}

/**
 * smadv_range_reset() - forget the evidence
 * @range: range whose mapping was replaced
 *
 * Extent, mapping, hints and hold stay.
 */
void smadv_range_reset(struct smadv_range *range)
{
	smadv_evidence_init(&range->evidence, range->start, range->end);
	smadv_pattern_init(&range->pattern);
	smadv_effect_init(&range->effect, range->application_hint);
	range->insists = false;
	range->unsettled = 0;
}
