// SPDX-License-Identifier: GPL-2.0
#include "stream.h"

/* A stream's next fault is no farther: the window behind the next one. */
#define NEAR_MAX	(2 * SMADV_FAULT_AROUND_PAGES)
/* Strides below are found as near steps. */
#define STRIDE_MIN	(2 * SMADV_FAULT_AROUND_PAGES)
/* A loss of faults is bridged for this many ticks, over this many pages at most. */
#define GAP_TICKS	64
#define REACH_MAX	0x100000ULL
/* A single fault is left alone for this many ticks: it may be the first of a stream. */
#define YOUNG_TICKS	4
/* A stream's time goes slower than that of a single fault. */
#define STREAM_AGING	8
/* Promises remembered. */
#define PROMISES_MAX	8

/*
 * What comes near a cursor by chance must stay rare: in small ranges cursors
 * are fewer and look less far, so that what they cover in one direction,
 * limit * near, is at most an eighth of the range, from 256 pages on.
 *
 *	pages   256  512  1024  2048 ..
 *	near     16   16    16    32
 *	limit     2    4     8     8
 *
 * Strides are looked for over an eighth of the range too.
 */
/*@
 * requires \valid(set);
 * assigns set->far, set->near, set->limit, set->reach_max;
 * ensures smadv_streams_sized(set);
 */
static void size(struct smadv_streams *set, u64 pages)
{
	u64 near = pages / 64, far = pages / 8, limit;

	if (near < SMADV_FAULT_AROUND_PAGES)
		near = SMADV_FAULT_AROUND_PAGES;
	if (near > NEAR_MAX)
		near = NEAR_MAX;
	limit = far / near;
	if (limit < 2)
		limit = 2;
	if (limit > SMADV_CURSORS)
		limit = SMADV_CURSORS;
	if (far > SMADV_CURSOR_FAR)
		far = SMADV_CURSOR_FAR;
	if (far < 2 * STRIDE_MIN)
		far = 2 * STRIDE_MIN;
	set->far = (u32)far;
	set->near = (u32)near;
	set->limit = (u8)limit;
	set->reach_max = (u32)(pages / 8 < REACH_MAX ? pages / 8 : REACH_MAX);
}

/**
 * smadv_streams_init() - start without a stream
 * @set: streams
 * @pages: pages of the range
 */
void smadv_streams_init(struct smadv_streams *set, u64 pages)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_cursors_valid(set, i);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1];
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++)
		smadv_cursor_clear(&set->cursor[i]);
	set->tick = 0;
	set->gap_tick = 0;
	set->reach = 0;
	set->recent = 0;
	set->hand = 0;
	set->kept = 0;
	set->broken = 0;
	size(set, pages);
}

/* A stream outside of [start, end) goes. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor);
 * assigns cursor->page, cursor->delta, cursor->length, cursor->first, cursor->last,
 *	cursor->steps, cursor->weight, cursor->repeats, cursor->flags;
 * ensures smadv_cursor_valid(cursor);
 */
static void confine(struct smadv_cursor *cursor, u64 start, u64 end)
{
	if (cursor->page < start || cursor->page >= end)
		smadv_cursor_clear(cursor);
}

/**
 * smadv_streams_resize() - follow a change of the range
 * @set: streams
 * @start: first page
 * @end: first page behind, @start < @end
 *
 * Streams outside of the range go.
 */
void smadv_streams_resize(struct smadv_streams *set, u64 start, u64 end)
{
	u32 i;

	size(set, end - start);
	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_cursors_valid(set, SMADV_CURSORS);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1];
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < set->limit && i < SMADV_CURSORS; i++)
		confine(&set->cursor[i], start, end);
	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_cursors_valid(set, SMADV_CURSORS);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1];
	 * loop variant SMADV_CURSORS - i;
	 */
	for (; i < SMADV_CURSORS; i++)
		smadv_cursor_clear(&set->cursor[i]);
	set->recent = 0;
	set->hand = 0;
}

/*@
 * assigns \nothing;
 * ensures \result == \max(tick - SMADV_TICK_MAX / 2, 0);
 */
static u32 half_back(u32 tick)
{
	return tick > SMADV_TICK_MAX / 2 ? tick - SMADV_TICK_MAX / 2 : 0;
}

/*@
 * requires \valid(set) && smadv_streams_valid(set);
 * assigns *set;
 * ensures smadv_streams_valid(set) && set->tick <= SMADV_TICK_MAX / 2;
 */
static void rebase(struct smadv_streams *set)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_cursors_valid(set, SMADV_CURSORS);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1].first,
	 *	set->cursor[0 .. SMADV_CURSORS - 1].last;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		set->cursor[i].first = half_back(set->cursor[i].first);
		set->cursor[i].last = half_back(set->cursor[i].last);
	}
	set->gap_tick = half_back(set->gap_tick);
	set->tick = half_back(set->tick);
}

/*@
 * requires \valid(set) && set->kept < PROMISES_MAX && set->broken < PROMISES_MAX;
 * assigns set->kept, set->broken;
 * ensures set->kept < PROMISES_MAX && set->broken < PROMISES_MAX;
 */
static void count_promise(struct smadv_streams *set, u32 promise)
{
	if (promise == SMADV_PROMISE_KEPT)
		set->kept++;
	if (promise == SMADV_PROMISE_BROKEN)
		set->broken++;
	if (set->kept < PROMISES_MAX && set->broken < PROMISES_MAX)
		return;
	set->kept /= 2;
	set->broken /= 2;
}

/*
 * The cursor to give away when all are worth keeping: the one unused for the
 * longest time, where a stream's time goes slower, so that noise does not drive
 * out a slow stream.
 */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result < SMADV_CURSORS;
 */
static u32 oldest(const struct smadv_streams *set)
{
	u32 i, age, best = 0, best_age = 0;

	/*@
	 * loop invariant i <= SMADV_CURSORS && best < SMADV_CURSORS;
	 * loop assigns i, age, best, best_age;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < set->limit && i < SMADV_CURSORS; i++) {
		age = smadv_cursor_age(&set->cursor[i], set->tick);
		if (set->cursor[i].steps < SMADV_CURSOR_ESTABLISHED)
			age *= STREAM_AGING;
		if (age >= best_age) {
			best = i;
			best_age = age;
		}
	}
	return best;
}

/* The next cursor, in turn, that is a single fault, and not a young one. */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result < SMADV_CURSORS;
 */
static u32 victim(const struct smadv_streams *set)
{
	u32 i, n = set->hand;

	/*@
	 * loop invariant i <= SMADV_CURSORS && n < SMADV_CURSORS;
	 * loop assigns i, n;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		n = n + 1 < set->limit ? n + 1 : 0;
		if (set->cursor[n].steps < SMADV_CURSOR_ESTABLISHED &&
		    set->cursor[n].last + YOUNG_TICKS <= set->tick)
			return n;
	}
	return oldest(set);
}

/* Begin a stream at @page. A @neighbour so many pages away proposes a stride. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && page < SMADV_PAGE_MAX;
 * requires -SMADV_CURSOR_FAR <= neighbour <= SMADV_CURSOR_FAR;
 * assigns *set;
 * ensures smadv_streams_valid(set);
 */
static void begin(struct smadv_streams *set, u64 page, s64 neighbour)
{
	u32 n = victim(set);

	if (smadv_cursor_is_promising(&set->cursor[n]))
		count_promise(set, SMADV_PROMISE_BROKEN);
	if (neighbour > -STRIDE_MIN && neighbour < STRIDE_MIN)
		neighbour = 0;
	smadv_cursor_begin(&set->cursor[n], page, neighbour, set->tick);
	set->recent = (u8)n;
	set->hand = (u8)n;
}

/*@
 * requires delta > -0x7fffffffffffffff;
 * assigns \nothing;
 * ensures \result == \abs(delta);
 */
static u64 magnitude(s64 delta)
{
	return (u64)(delta < 0 ? -delta : delta);
}

/*
 * After a loss, an established stream may be farther on, once. Returns the
 * nearest such cursor, or SMADV_CURSORS.
 */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set) && page < SMADV_PAGE_MAX;
 * assigns \nothing;
 * ensures \result <= SMADV_CURSORS;
 */
static u32 bridge(const struct smadv_streams *set, u64 page)
{
	u32 i, best = SMADV_CURSORS;
	u64 pages, best_pages = (u64)set->reach + 1;

	/*@
	 * loop invariant i <= SMADV_CURSORS && best <= SMADV_CURSORS;
	 * loop assigns i, pages, best, best_pages;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		pages = magnitude((s64)page - (s64)set->cursor[i].page);
		if (pages >= best_pages || set->cursor[i].last > set->gap_tick)
			continue;
		if (!smadv_cursor_may_reach(&set->cursor[i], page))
			continue;
		best = i;
		best_pages = pages;
	}
	return best;
}

/* No cursor fits: bridge a loss, or begin a stream. Returns the kind of step. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && page < SMADV_PAGE_MAX;
 * requires -SMADV_CURSOR_FAR <= neighbour <= SMADV_CURSOR_FAR;
 * assigns *set;
 * ensures smadv_streams_valid(set) && smadv_is_step(\result);
 */
static u32 jump(struct smadv_streams *set, u64 page, s64 neighbour)
{
	u32 n;

	if (set->reach && set->tick - set->gap_tick > GAP_TICKS)
		set->reach = 0;
	if (set->reach) {
		n = bridge(set, page);
		if (n < SMADV_CURSORS) {
			set->recent = (u8)n;
			return smadv_cursor_leap(&set->cursor[n], page, set->tick);
		}
	}
	begin(set, page, neighbour);
	return SMADV_STEP_JUMP;
}

/*@
 * requires \valid(set) && smadv_streams_valid(set);
 * assigns *set;
 * ensures smadv_streams_valid(set) && set->gap_tick < set->tick;
 */
static void tick(struct smadv_streams *set)
{
	if (set->tick >= SMADV_TICK_MAX)
		rebase(set);
	set->tick++;
}

/* If stream @n goes on in its usual way at @page, move it there. Returns the kind of step. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && n < SMADV_CURSORS;
 * requires page < SMADV_PAGE_MAX;
 * assigns set->cursor[n];
 * ensures smadv_streams_valid(set);
 * ensures \result == SMADV_STEP_REPEAT || smadv_is_step(\result);
 */
static u32 cruise(struct smadv_streams *set, u32 n, u64 page)
{
	return smadv_cursor_cruise(&set->cursor[n], page, set->tick);
}

/* The cursor that a fault fits best, and the nearest one. */
struct match {
	u32 fit;
	u32 n;
	s64 delta;
	s64 neighbour;
};

/*@
 * predicate within(struct match *match) =
 *	match->n < SMADV_CURSORS &&
 *	-SMADV_CURSOR_FAR <= match->delta <= SMADV_CURSOR_FAR &&
 *	-SMADV_CURSOR_FAR <= match->neighbour <= SMADV_CURSOR_FAR &&
 *	(SMADV_FIT_REPEAT < match->fit < 0xffffffff ==> match->delta != 0);
 */

/*@
 * requires \valid_read(set) && smadv_streams_valid(set) && \valid(match);
 * requires \separated(set, match) && within(match) && n < SMADV_CURSORS;
 * requires page < SMADV_PAGE_MAX && -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR;
 * assigns *match;
 * ensures within(match);
 */
static void consider(const struct smadv_streams *set, u32 n, u64 page, s64 delta,
		     struct match *match)
{
	u32 fit = smadv_cursor_fit(&set->cursor[n], page, delta, set->near);

	if (!match->neighbour || magnitude(delta) < magnitude(match->neighbour))
		match->neighbour = delta;
	if (fit >= match->fit)
		return;
	match->fit = fit;
	match->n = n;
	match->delta = delta;
}

/*@
 * requires \valid_read(set) && smadv_streams_valid(set) && \valid(match);
 * requires \separated(set, match) && page < SMADV_PAGE_MAX;
 * assigns *match;
 * ensures within(match);
 */
static void search(const struct smadv_streams *set, u64 page, struct match *match)
{
	/* By a pointer: of an array, kernels with UBSAN_BOUNDS check the index again. */
	const struct smadv_cursor *cursor = set->cursor;
	s64 delta, far = set->far;
	u32 n;

	match->fit = SMADV_FIT_NONE;
	match->n = 0;
	match->delta = 0;
	match->neighbour = 0;
	/*@
	 * loop invariant n <= SMADV_CURSORS && within(match);
	 * loop assigns n, delta, *match;
	 * loop variant SMADV_CURSORS - n;
	 */
	for (n = 0; n < SMADV_CURSORS; n++) {
		delta = (s64)page - (s64)cursor[n].page;
		if (delta <= far && delta >= -far)
			consider(set, n, page, delta, match);
	}
}

/* The stream that the fault fits does not go on in its usual way. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && \valid_read(match) && \valid(step);
 * requires \separated(set, match, step) && page < SMADV_PAGE_MAX && within(match);
 * requires match->delta != 0 && step->earlier == 0;
 * assigns *set, *step;
 * ensures smadv_streams_valid(set) && smadv_is_step(step->kind);
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->earlier <= 0xffff;
 */
static void advance(struct smadv_streams *set, u64 page, const struct match *match,
		    struct smadv_step *step)
{
	smadv_cursor_advance(&set->cursor[match->n], page, match->delta, set->tick, step);
	/*@ assert smadv_streams_valid(set); */
	if (step->promise != SMADV_PROMISE_OPEN)
		count_promise(set, step->promise);
}

/* The fault fits cursor @match->n. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && \valid_read(match) && \valid(step);
 * requires \separated(set, match, step) && page < SMADV_PAGE_MAX && within(match);
 * requires match->delta != 0 && step->earlier == 0;
 * assigns *set, *step;
 * ensures smadv_streams_valid(set) && smadv_is_step(step->kind);
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->earlier <= 0xffff;
 */
static void follow(struct smadv_streams *set, u64 page, const struct match *match,
		   struct smadv_step *step)
{
	if (match->fit >= SMADV_FIT_LATE && match->fit < SMADV_FIT_FRESH) {
		step->kind = smadv_cursor_lag(&set->cursor[match->n], set->tick);
		return;
	}
	set->recent = (u8)match->n;
	step->kind = cruise(set, match->n, page);
	/*@ assert smadv_streams_valid(set); */
	if (step->kind == SMADV_STEP_REPEAT)
		advance(set, page, match, step);
}

/* The last stream does not simply go on. Apart, for it is the rarer and longer way. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && \valid(step) && \separated(set, step);
 * requires page < SMADV_PAGE_MAX && set->gap_tick < set->tick;
 * requires step->kind == SMADV_STEP_REPEAT && step->earlier == 0;
 * assigns *set, *step;
 * ensures smadv_streams_valid(set);
 * ensures step->kind == SMADV_STEP_REPEAT || smadv_is_step(step->kind);
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->earlier <= 0xffff;
 */
static noinline void explore(struct smadv_streams *set, u64 page, struct smadv_step *step)
{
	struct match match;

	search(set, page, &match);
	if (match.fit == SMADV_FIT_REPEAT)
		set->tick--;
	else if (match.fit == SMADV_FIT_NONE)
		step->kind = jump(set, page, match.neighbour);
	else
		follow(set, page, &match, step);
}

/**
 * smadv_streams_step() - find what a fault continues
 * @set: streams
 * @page: page of the fault, below SMADV_PAGE_MAX
 * @step: filled in
 */
void smadv_streams_step(struct smadv_streams *set, u64 page, struct smadv_step *step)
{
	step->earlier = 0;
	tick(set);
	step->kind = cruise(set, set->recent % SMADV_CURSORS, page);
	if (step->kind == SMADV_STEP_REPEAT)
		explore(set, page, step);
}

/**
 * smadv_streams_halve() - the counters of the window are halved
 * @set: streams
 */
void smadv_streams_halve(struct smadv_streams *set)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_cursors_valid(set, SMADV_CURSORS);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1].weight;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++)
		set->cursor[i].weight /= 2;
}

/**
 * smadv_streams_gap() - faults went unseen
 * @set: streams
 * @lost: how many, of the whole process
 *
 * Each stream may have gone on by as many steps, within bounds.
 */
void smadv_streams_gap(struct smadv_streams *set, u32 lost)
{
	u32 reach = set->reach_max;

	if (lost < reach / set->near)
		reach = set->near * (lost + 1);
	if (reach > set->reach || set->tick - set->gap_tick > GAP_TICKS)
		set->reach = reach;
	set->gap_tick = set->tick;
}

/**
 * smadv_streams_live() - count the streams that are going on
 * @set: streams
 *
 * Return: streams of four steps or more that are not overdue, 0..SMADV_CURSORS.
 */
u32 smadv_streams_live(const struct smadv_streams *set)
{
	u32 i, count = 0;

	/*@
	 * loop invariant i <= SMADV_CURSORS && count <= i;
	 * loop assigns i, count;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++)
		if (set->cursor[i].steps >= 4 && smadv_cursor_is_live(&set->cursor[i], set->tick))
			count++;
	return count;
}

/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 */
static bool goes_forward(const struct smadv_cursor *cursor)
{
	return cursor->delta > 0;
}

/**
 * smadv_streams_promised() - steps that will probably prove to be a long stream's
 * @set: streams
 * @forward: of streams going forward, else of those going backward
 * @patient: count streams that are overdue, until they have ended
 *
 * So that four interleaved streams are known before each of them is long. No
 * more is promised where promising streams have come to end short: those are
 * runs.
 *
 * Return: steps in the window.
 */
u32 smadv_streams_promised(const struct smadv_streams *set, bool forward, bool patient)
{
	const struct smadv_cursor *cursor;
	u32 i, steps = 0, broken = set->broken;

	/*@
	 * loop invariant i <= SMADV_CURSORS && steps <= 0xffff * i && broken <= set->broken + i;
	 * loop assigns i, cursor, steps, broken;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		cursor = &set->cursor[i];
		if (!smadv_cursor_is_promising(cursor))
			continue;
		if (smadv_cursor_is_ended(cursor, set->tick)) {
			broken++;
			continue;
		}
		if (goes_forward(cursor) == forward &&
		    (patient || smadv_cursor_is_live(cursor, set->tick)))
			steps += cursor->weight;
	}
	return broken <= set->kept ? steps : 0;
}

/**
 * smadv_streams_stride() - how far strided streams step
 * @set: streams
 *
 * Return: step in pages, without its direction, of the strided stream used
 * last, 0 without one.
 */
u32 smadv_streams_stride(const struct smadv_streams *set)
{
	const struct smadv_cursor *cursor, *best = NULL;
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS;
	 * loop invariant best == \null || \exists integer k; 0 <= k < i && best == &set->cursor[k];
	 * loop assigns i, cursor, best;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		cursor = &set->cursor[i];
		if (smadv_cursor_is_strided(cursor) && (!best || cursor->last > best->last))
			best = cursor;
	}
	if (!best)
		return 0;
	return (u32)(best->delta < 0 ? -best->delta : best->delta);
}

/* Free cursors first, then the oldest. */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result < SMADV_CURSORS;
 */
static u32 place_for(const struct smadv_streams *set)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS;
	 * loop assigns i;
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < set->limit && i < SMADV_CURSORS; i++)
		if (smadv_cursor_is_clear(&set->cursor[i]))
			return i;
	return oldest(set);
}

/* A stream used last at @tick, by the clock of the range that it comes to. */
/*@
 * requires \valid(cursor) && \valid_read(stream) && \separated(cursor, stream);
 * requires smadv_cursor_valid(stream) && tick <= SMADV_TICK_MAX;
 * assigns *cursor;
 * ensures smadv_cursor_valid(cursor);
 */
static void put(struct smadv_cursor *cursor, const struct smadv_cursor *stream, u32 tick)
{
	*cursor = *stream;
	cursor->first = tick;
	cursor->last = tick;
}

/* Take in a stream used last @age ticks ago, unless there are as many younger ones. */
/*@
 * requires \valid(set) && \valid_read(stream) && \separated(set, stream);
 * requires smadv_streams_valid(set) && smadv_cursor_valid(stream);
 * assigns set->cursor[0 .. SMADV_CURSORS - 1];
 * ensures smadv_streams_valid(set);
 */
static void take(struct smadv_streams *set, const struct smadv_cursor *stream, u32 age)
{
	u32 n = place_for(set);

	if (!smadv_cursor_is_clear(&set->cursor[n]) &&
	    smadv_cursor_age(&set->cursor[n], set->tick) <= age)
		return;
	put(&set->cursor[n], stream, set->tick > age ? set->tick - age : 0);
	/*@ assert smadv_cursors_valid(set, SMADV_CURSORS); */
}

/**
 * smadv_streams_merge() - take in the streams of another range
 * @set: streams, resized to the union before
 * @other: streams of the other range
 *
 * Of more streams than there is room for, those used last stay. Ticks of two
 * ranges are two clocks: only ages compare.
 */
void smadv_streams_merge(struct smadv_streams *set, const struct smadv_streams *other)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_CURSORS && smadv_streams_valid(set);
	 * loop assigns i, set->cursor[0 .. SMADV_CURSORS - 1];
	 * loop variant SMADV_CURSORS - i;
	 */
	for (i = 0; i < SMADV_CURSORS; i++) {
		if (smadv_cursor_is_clear(&other->cursor[i]))
			continue;
		take(set, &other->cursor[i],
		     smadv_cursor_age(&other->cursor[i], other->tick));
	}
}
