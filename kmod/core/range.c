// SPDX-License-Identifier: GPL-2.0
#include "range.h"

#include <linux/smart_madvise.h>

#include "benefit.h"

/* No part that a border makes is smaller. */
#define PART_PAGES_MIN	SMADV_SECTION_PAGES
/* Faults of a part before it may merge with its neighbour again. */
#define SETTLE_FAULTS	64

/* Nothing is known of it yet. */
/*@
 * requires \valid(memory);
 * assigns *memory;
 * ensures smadv_memory_valid(memory);
 */
static void init_memory(struct smadv_memory *memory)
{
	memory->file = 0;
	memory->extent_pages = 0;
	memory->beside_pages = 0;
	memory->passed_pages = 0;
	memory->most_pages = 0;
	memory->resident_pages = 0;
	memory->window_pages = 1;
	memory->misses = 0;
}

/*@
 * ensures smadv_range_sound(range);
 */
/**
 * smadv_range_init() - begin an empty range
 * @range: range
 * @start: first page
 * @end: first page behind, SMADV_PAGE_MAX at most
 * @mapping: identity of the mapping
 */
void smadv_range_init(struct smadv_range *range, u64 start, u64 end, u64 mapping)
{
	range->start = start;
	range->end = end;
	range->mapping = mapping;
	smadv_pattern_init(&range->pattern);
	range->verdict.hint = SMART_MADVISE_HINT_NONE;
	range->verdict.reason = SMART_MADVISE_REASON_NONE;
	smadv_hold_init(&range->hold);
	range->hint = SMART_MADVISE_HINT_NONE;
	range->application_hint = SMART_MADVISE_HINT_NONE;
	range->insists = false;
	smadv_effect_init(&range->effect, SMART_MADVISE_HINT_NONE);
	init_memory(&range->memory);
	range->memory_backed = false;
	range->doubtful = false;
	range->faults = 0;
	range->majors = 0;
	range->last_fault_ms = 0;
	range->passed_pages = 0;
	range->unsettled = 0;
	smadv_evidence_init(&range->evidence, start, end);
}

/*@
 * requires smadv_range_valid(range);
 * ensures smadv_range_valid(range);
 */
/**
 * smadv_range_resize() - make a range smaller or larger
 * @range: range
 * @start: first page
 * @end: first page behind, SMADV_PAGE_MAX at most
 *
 * Its evidence stays, as far as it has no position.
 */
void smadv_range_resize(struct smadv_range *range, u64 start, u64 end)
{
	range->start = start;
	range->end = end;
	smadv_evidence_resize(&range->evidence, start, end);
}

/*@
 * predicate same_place{A, B}(struct smadv_range *range) =
 *	\at(range->start, A) == \at(range->start, B) &&
 *	\at(range->end, A) == \at(range->end, B) &&
 *	\at(range->mapping, A) == \at(range->mapping, B);
 */

/*@
 * requires \valid(to) && \valid_read(from) && \separated(to, from);
 * requires smadv_evidence_valid(from);
 * assigns *to;
 * ensures smadv_evidence_valid(to);
 */
static void copy_evidence(struct smadv_evidence *to, const struct smadv_evidence *from)
{
	*to = *from;
	/*@
	 * assert \let copy = *to; \let whole = \at(*from, Pre);
	 *	\forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	to->streams.cursor[i] == copy.streams.cursor[i] &&
	 *	copy.streams.cursor[i] == whole.streams.cursor[i] &&
	 *	whole.streams.cursor[i] == \at(from->streams.cursor[i], Pre);
	 */
	/*@ assert smadv_cursors_valid(&to->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(to) && \valid_read(from) && \separated(to, from);
 * requires smadv_memory_valid(from);
 * assigns *to;
 * ensures smadv_memory_valid(to);
 */
static void copy_memory(struct smadv_memory *to, const struct smadv_memory *from)
{
	*to = *from;
}

/*
 * All but the evidence, and what divide_effect() and divide_counts() write, one by one: the
 * provers do not see through a copy of so much.
 */
/*@
 * requires \valid(to) && \valid_read(from) && \separated(to, from);
 * requires smadv_range_valid(from);
 * assigns *to;
 * ensures smadv_memory_valid(&to->memory);
 * ensures smadv_is_hint(to->hint) && smadv_is_borne(to->application_hint);
 * ensures to->start == from->start && to->end == from->end && to->mapping == from->mapping;
 * ensures same_place{Pre, Post}(from);
 */
static void copy_state(struct smadv_range *to, const struct smadv_range *from)
{
	to->start = from->start;
	to->end = from->end;
	to->mapping = from->mapping;
	to->pattern = from->pattern;
	to->verdict = from->verdict;
	to->hold = from->hold;
	to->hint = from->hint;
	to->application_hint = from->application_hint;
	to->insists = from->insists;
	copy_memory(&to->memory, &from->memory);
	to->memory_backed = from->memory_backed;
	to->doubtful = from->doubtful;
	to->last_fault_ms = from->last_fault_ms;
}

/* What copy_state() does leaves all of @from valid, which the provers see from outside only. */
/*@
 * requires \valid(to) && \valid_read(from) && \separated(to, from);
 * requires smadv_range_valid(from);
 * assigns *to;
 * ensures smadv_memory_valid(&to->memory) && smadv_range_valid(from);
 * ensures smadv_is_hint(to->hint) && smadv_is_borne(to->application_hint);
 * ensures to->start == from->start && to->end == from->end && to->mapping == from->mapping;
 * ensures same_place{Pre, Post}(from);
 */
static void share_state(struct smadv_range *to, const struct smadv_range *from)
{
	copy_state(to, from);
}

/*@
 * requires \valid(to) && \valid_read(from) && \separated(to, from);
 * requires smadv_range_valid(from) && smadv_memory_valid(&to->memory);
 * requires smadv_is_hint(to->hint) && smadv_is_borne(to->application_hint);
 * requires to->start == from->start && to->end == from->end;
 * assigns to->evidence;
 * ensures smadv_range_sound(to) && smadv_range_valid(from);
 * ensures same_place{Pre, Post}(to) && same_place{Pre, Post}(from);
 */
static void share_evidence(struct smadv_range *to, const struct smadv_range *from)
{
	copy_evidence(&to->evidence, &from->evidence);
}

/*@
 * requires \valid(left) && smadv_range_valid(left);
 * requires \valid(right) && smadv_range_sound(right) && \separated(left, right);
 * requires left->start < page < left->end;
 * assigns left->evidence, right->evidence;
 * ensures smadv_range_valid(left) && smadv_range_sound(right);
 * ensures same_place{Pre, Post}(left) && same_place{Pre, Post}(right);
 */
static void divide_evidence(struct smadv_range *left, struct smadv_range *right, u64 page)
{
	smadv_evidence_split(&left->evidence, &right->evidence, left->start, page, left->end);
}

/*@
 * requires \valid(left) && smadv_range_valid(left);
 * requires \valid(right) && smadv_range_sound(right) && \separated(left, right);
 * assigns left->effect, right->effect;
 * ensures smadv_range_sound(left);
 * ensures smadv_range_sound(right);
 * ensures same_place{Pre, Post}(left) && same_place{Pre, Post}(right);
 */
static void divide_effect(struct smadv_range *left, struct smadv_range *right)
{
	smadv_effect_split(&left->effect, &right->effect);
	/*@ assert smadv_cursors_valid(&left->evidence.streams, SMADV_CURSORS); */
	/*@ assert smadv_cursors_valid(&right->evidence.streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid(right) && smadv_range_sound(right) && \separated(left, right);
 * assigns left->faults, right->faults, right->majors, right->passed_pages;
 * assigns left->unsettled, right->unsettled;
 * ensures smadv_range_sound(left) && smadv_range_sound(right);
 * ensures same_place{Pre, Post}(left) && same_place{Pre, Post}(right);
 * ensures left->faults + right->faults == \old(left->faults);
 */
static void divide_counts(struct smadv_range *left, struct smadv_range *right)
{
	right->faults = right->evidence.seen;
	if (right->faults > left->faults)
		right->faults = left->faults;
	left->faults -= right->faults;
	right->majors = 0;
	right->passed_pages = 0;
	left->unsettled = SETTLE_FAULTS;
	right->unsettled = SETTLE_FAULTS;
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid(right) && smadv_range_sound(right) && \separated(left, right);
 * requires left->start < page < right->end;
 * assigns left->end, right->start;
 * ensures smadv_range_sound(left) && smadv_range_sound(right);
 * ensures left->start == \old(left->start) && left->end == page;
 * ensures right->start == page && right->end == \old(right->end);
 * ensures left->mapping == \old(left->mapping) && right->mapping == \old(right->mapping);
 */
static void divide_pages(struct smadv_range *left, struct smadv_range *right, u64 page)
{
	left->end = page;
	right->start = page;
}

/*@
 * requires smadv_range_valid(left);
 * ensures smadv_range_sound(left) && smadv_range_sound(right);
 */
/**
 * smadv_range_divide() - make two ranges of one
 * @left: range, becomes its part below @page
 * @right: becomes the other one
 * @page: first page of @right, inside of @left
 *
 * Both keep hint, pattern and hold; the evidence is divided by position.
 */
void smadv_range_divide(struct smadv_range *left, struct smadv_range *right, u64 page)
{
	share_state(right, left);
	share_evidence(right, left);
	/*@ assert left->mapping == \at(left->mapping, Pre); */
	divide_evidence(left, right, page);
	divide_effect(left, right);
	/*@ assert left->mapping == \at(left->mapping, Pre); */
	divide_counts(left, right);
	divide_pages(left, right, page);
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid_read(right) && \separated(left, right) && smadv_evidence_valid(&right->evidence);
 * requires left->start < right->end <= SMADV_PAGE_MAX;
 * assigns left->evidence;
 * ensures smadv_range_sound(left);
 */
static void unite_evidence(struct smadv_range *left, const struct smadv_range *right)
{
	smadv_evidence_merge(&left->evidence, &right->evidence, left->start, right->end);
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid_read(right) && \separated(left, right);
 * assigns left->effect;
 * ensures smadv_range_sound(left);
 */
static void unite_effect(struct smadv_range *left, const struct smadv_range *right)
{
	smadv_effect_merge(&left->effect, &right->effect);
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid_read(right) && \separated(left, right);
 * assigns left->faults, left->majors, left->passed_pages, left->doubtful, left->last_fault_ms;
 * ensures smadv_range_sound(left);
 */
static void unite_counts(struct smadv_range *left, const struct smadv_range *right)
{
	left->faults = smadv_sum(left->faults, right->faults);
	left->majors = smadv_sum(left->majors, right->majors);
	left->passed_pages = smadv_sum(left->passed_pages, right->passed_pages);
	left->doubtful = left->doubtful || right->doubtful;
	if (right->last_fault_ms > left->last_fault_ms)
		left->last_fault_ms = right->last_fault_ms;
}

/*@
 * requires \valid(left) && smadv_range_sound(left);
 * requires \valid_read(right) && \separated(left, right);
 * assigns left->hold;
 * ensures smadv_range_sound(left);
 */
static void unite_hold(struct smadv_range *left, const struct smadv_range *right)
{
	if (right->hold.until_ms > left->hold.until_ms)
		left->hold = right->hold;
}

/*@
 * requires smadv_range_valid(left) && smadv_range_valid(right);
 * ensures smadv_range_sound(left);
 */
/**
 * smadv_range_unite() - make one range of two
 * @left: range, becomes the union
 * @right: its neighbour
 *
 * The hold of the one that is held longer stays.
 */
void smadv_range_unite(struct smadv_range *left, const struct smadv_range *right)
{
	unite_evidence(left, right);
	unite_effect(left, right);
	unite_counts(left, right);
	unite_hold(left, right);
	left->end = right->end;
}

/* Is it of use to know what faults wait for here? */
/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 */
static bool is_measured(const struct smadv_range *range, const struct smadv_policy *policy)
{
	return range->application_hint == SMART_MADVISE_HINT_NONE || smadv_policy_weighs(policy);
}

/*@
 * requires \valid_read(fault);
 * assigns \nothing;
 * ensures smadv_is_borne(\result);
 */
static u32 hint_at(const struct smadv_fault *fault)
{
	if (fault->flags & SMADV_FAULT_SEQ_READ)
		return SMART_MADVISE_HINT_SEQUENTIAL;
	if (fault->flags & SMADV_FAULT_RAND_READ)
		return SMART_MADVISE_HINT_RANDOM;
	return SMART_MADVISE_HINT_NONE;
}

/* What @fault waited for. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(fault) && \separated(range, fault) && \valid_read(policy);
 * requires fault->waited_ns <= SMADV_WAIT_MAX_NS;
 * assigns range->effect;
 * ensures smadv_range_valid(range);
 */
static void wait(struct smadv_range *range, const struct smadv_fault *fault,
		 const struct smadv_policy *policy)
{
	if (fault->waited_ns && is_measured(range, policy))
		smadv_effect_wait(&range->effect, fault->page, hint_at(fault), fault->waited_ns,
				  &range->memory);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->majors;
 * ensures smadv_range_valid(range);
 */
static void count_major(struct smadv_range *range)
{
	range->majors = smadv_sum(range->majors, 1);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires page < range->end;
 * assigns range->evidence;
 * ensures smadv_range_valid(range);
 */
static bool step(struct smadv_range *range, u64 page, u32 window_faults)
{
	return smadv_evidence_add(&range->evidence, page, window_faults);
}

/* What @fault, which is a step, touched. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(fault) && \separated(range, fault);
 * assigns range->effect, range->passed_pages;
 * ensures smadv_range_valid(range);
 */
static void touch(struct smadv_range *range, const struct smadv_fault *fault)
{
	u64 touched = range->effect.touched_pages;

	smadv_effect_fault(&range->effect, fault->page, hint_at(fault), &range->memory);
	if (range->pattern.kind != SMART_MADVISE_PATTERN_RANDOM)
		range->passed_pages = smadv_sum(range->passed_pages,
						range->effect.touched_pages - touched);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->faults, range->unsettled;
 * ensures smadv_range_valid(range);
 */
static void count(struct smadv_range *range)
{
	if (range->faults != ~0ULL)
		range->faults++;
	if (range->unsettled)
		range->unsettled--;
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
	if (fault->page < range->start || fault->page >= range->end)
		return;
	range->last_fault_ms = now_ms;
	/*@ assert smadv_range_valid(range); */
	wait(range, fault, policy);
	if (fault->flags & SMADV_FAULT_TRIED) {
		count_major(range);
		return;
	}
	if (fault->waited_ns || !step(range, fault->page, policy->window_faults))
		return;
	touch(range, fault);
	count(range);
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

/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 */
static bool is_idle(const struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms)
{
	return now_ms > range->last_fault_ms && now_ms - range->last_fault_ms >= policy->idle_ms;
}

/* How far a range goes before it comes near the same page again. */
/*@
 * requires \valid_read(range) && smadv_sections_valid(&range->evidence.sections);
 * assigns \nothing;
 */
static u64 extent(const struct smadv_range *range)
{
	if (range->pattern.kind == SMART_MADVISE_PATTERN_STRIDED &&
	    range->pattern.pages > range->memory.window_pages)
		return SMADV_EXTENT_MAX; /* no window has two of its pages */
	return smadv_sections_extent(&range->evidence.sections);
}

/* Is the pattern another one than it was @before, not just the first to become clear? */
/*@
 * requires \valid_read(range) && \valid_read(policy);
 * assigns \nothing;
 */
static bool is_another(const struct smadv_range *range, u32 before,
		       const struct smadv_policy *policy)
{
	if (before == SMART_MADVISE_PATTERN_UNKNOWN &&
	    range->evidence.seen / 2 < policy->min_faults)
		return false;
	return range->pattern.kind != before;
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->pattern;
 * ensures smadv_range_valid(range);
 */
static void rest(struct smadv_range *range)
{
	smadv_pattern_init(&range->pattern);
	range->pattern.kind = SMART_MADVISE_PATTERN_IDLE;
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(policy) && smadv_policy_valid(policy) && \separated(range, policy);
 * assigns range->pattern;
 * ensures smadv_range_valid(range);
 */
static void judge_pattern(struct smadv_range *range, const struct smadv_policy *policy)
{
	smadv_pattern_judge(&range->pattern, &range->evidence, policy);
}

/* Note what is new of memory. Does what misses cost say nothing of now? */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->memory.extent_pages, range->effect;
 * ensures smadv_range_valid(range);
 */
static bool look(struct smadv_range *range)
{
	range->memory.extent_pages = extent(range);
	return smadv_effect_look(&range->effect, &range->memory, range->pattern.kind);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->effect;
 * ensures smadv_range_valid(range);
 */
static void renew(struct smadv_range *range)
{
	smadv_effect_renew(&range->effect);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->effect;
 * ensures smadv_range_valid(range);
 */
static void weigh(struct smadv_range *range)
{
	smadv_effect_weigh(&range->effect, &range->memory);
}

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(policy) && \separated(range, policy);
 * assigns range->verdict, range->effect.reserved_ns;
 * ensures smadv_range_valid(range);
 */
static void decide(struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms)
{
	/*@ assert smadv_range_measured(range); */
	range->verdict = smadv_verdict_decide(range, policy, now_ms);
	/*@ assert smadv_range_valid(range); */
	range->effect.reserved_ns = range->verdict.reason == SMART_MADVISE_REASON_TRIAL ?
					    smadv_benefit_price_ns(range, range->verdict.hint) : 0;
}

/* The standing hint is to be taken back. */
/*@
 * requires \valid(range) && smadv_range_valid(range);
 * assigns range->effect;
 * ensures smadv_range_valid(range);
 */
static void end(struct smadv_range *range)
{
	smadv_effect_end(&range->effect, range->hint,
			 range->verdict.reason == SMART_MADVISE_REASON_DOES_NOT_PAY,
			 &range->memory);
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

	if (is_idle(range, policy, now_ms))
		rest(range);
	else
		judge_pattern(range, policy);
	changed = look(range);
	if (range->hint == SMART_MADVISE_HINT_NONE) {
		if (changed || is_another(range, kind, policy))
			renew(range);
		weigh(range);
	}
	decide(range, policy, now_ms);
	if (policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT && !range->effect.leaving &&
	    range->hint != SMART_MADVISE_HINT_NONE && range->verdict.hint != range->hint)
		end(range);
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

/*@
 * requires \valid(range) && smadv_range_valid(range);
 * requires \valid_read(policy) && \separated(range, policy);
 * assigns range->hold;
 * ensures smadv_range_valid(range);
 */
static void hold(struct smadv_range *range, const struct smadv_policy *policy, u64 now_ms)
{
	smadv_hold_start(&range->hold, policy, now_ms);
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
	/*@ assert smadv_range_valid(range); */
	if (policy->governor != SMART_MADVISE_GOVERNOR_BENEFIT)
		hold(range, policy, now_ms);
}

/**
 * smadv_range_advised() - the application's own hint is known
 * @range: range
 * @hint: enum smart_madvise_hint, NONE when there is none
 *
 * What hints cost was measured against another one, when it is new. That the application
 * insists stays: a mapping may be read before advice that was noted takes effect.
 */
void smadv_range_advised(struct smadv_range *range, u32 hint)
{
	if (hint == range->application_hint)
		return;
	range->application_hint = hint;
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
