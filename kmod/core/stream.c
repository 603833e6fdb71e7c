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
	for (i = 0; i < SMADV_CURSORS; i++)
		if (set->cursor[i].page < start || set->cursor[i].page >= end || i >= set->limit)
			smadv_cursor_clear(&set->cursor[i]);
	set->recent = 0;
	set->hand = 0;
}

static u32 half_back(u32 tick)
{
	return tick > SMADV_TICK_MAX / 2 ? tick - SMADV_TICK_MAX / 2 : 0;
}

static void rebase(struct smadv_streams *set)
{
	u32 i;

	for (i = 0; i < SMADV_CURSORS; i++) {
		set->cursor[i].first = half_back(set->cursor[i].first);
		set->cursor[i].last = half_back(set->cursor[i].last);
	}
	set->gap_tick = half_back(set->gap_tick);
	set->tick = half_back(set->tick);
}

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
static u32 oldest(const struct smadv_streams *set)
{
	u32 i, age, best = 0, best_age = 0;

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
static u32 victim(const struct smadv_streams *set)
{
	u32 i, n = set->hand;

	for (i = 0; i < SMADV_CURSORS; i++) {
		n = n + 1 < set->limit ? n + 1 : 0;
		if (set->cursor[n].steps < SMADV_CURSOR_ESTABLISHED &&
		    set->cursor[n].last + YOUNG_TICKS <= set->tick)
			return n;
	}
	return oldest(set);
}

/* Begin a stream at @page. A @neighbour so many pages away proposes a stride. */
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

static u64 magnitude(s64 delta)
{
	return (u64)(delta < 0 ? -delta : delta);
}

/*
 * After a loss, an established stream may be farther on, once. Returns the
 * nearest such cursor, or SMADV_CURSORS.
 */
static u32 bridge(const struct smadv_streams *set, u64 page)
{
	u32 i, best = SMADV_CURSORS;
	u64 pages, best_pages = (u64)set->reach + 1;

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

static void tick(struct smadv_streams *set)
{
	if (set->tick >= SMADV_TICK_MAX)
		rebase(set);
	set->tick++;
}

/* The cursor that a fault fits best, and the nearest one. */
struct match {
	u32 fit;
	u32 n;
	s64 delta;
	s64 neighbour;
};

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

static void search(const struct smadv_streams *set, u64 page, struct match *match)
{
	s64 delta, far = set->far;
	u32 n;

	match->fit = SMADV_FIT_NONE;
	match->n = 0;
	match->delta = 0;
	match->neighbour = 0;
	for (n = 0; n < SMADV_CURSORS; n++) {
		delta = (s64)page - (s64)set->cursor[n].page;
		if (delta <= far && delta >= -far)
			consider(set, n, page, delta, match);
	}
}

/* The fault fits cursor @match->n. */
static void follow(struct smadv_streams *set, u64 page, const struct match *match,
		   struct smadv_step *step)
{
	struct smadv_cursor *cursor = &set->cursor[match->n];

	if (match->fit >= SMADV_FIT_LATE && match->fit < SMADV_FIT_FRESH) {
		step->kind = smadv_cursor_lag(cursor, set->tick);
		return;
	}
	set->recent = (u8)match->n;
	step->kind = smadv_cursor_cruise(cursor, page, set->tick);
	if (step->kind != SMADV_STEP_REPEAT)
		return;
	smadv_cursor_advance(cursor, page, match->delta, set->tick, step);
	if (step->promise != SMADV_PROMISE_OPEN)
		count_promise(set, step->promise);
}

/* The last stream does not simply go on. Apart, for it is the rarer and longer way. */
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
	struct smadv_cursor *recent = &set->cursor[set->recent % SMADV_CURSORS];

	step->earlier = 0;
	tick(set);
	step->kind = smadv_cursor_cruise(recent, page, set->tick);
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

	for (i = 0; i < SMADV_CURSORS; i++)
		if (set->cursor[i].steps >= 4 && smadv_cursor_is_live(&set->cursor[i], set->tick))
			count++;
	return count;
}

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
static u32 place_for(const struct smadv_streams *set)
{
	u32 i;

	for (i = 0; i < set->limit && i < SMADV_CURSORS; i++)
		if (smadv_cursor_is_clear(&set->cursor[i]))
			return i;
	return oldest(set);
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
	struct smadv_cursor *cursor;
	u32 i, age;

	for (i = 0; i < SMADV_CURSORS; i++) {
		if (smadv_cursor_is_clear(&other->cursor[i]))
			continue;
		age = smadv_cursor_age(&other->cursor[i], other->tick);
		cursor = &set->cursor[place_for(set)];
		if (!smadv_cursor_is_clear(cursor) &&
		    smadv_cursor_age(cursor, set->tick) <= age)
			continue;
		*cursor = other->cursor[i];
		cursor->last = set->tick > age ? set->tick - age : 0;
		cursor->first = cursor->last;
	}
}
