// SPDX-License-Identifier: GPL-2.0
#include "cursor.h"

/*
 * How a pass over a mapping shows in its faults. `#` is a fault, `-` a page
 * that the fault maps along with its own, windows are aligned to 16 pages:
 *
 *	resident pages    |.....#----------|#---------------|#---------------|
 *	going backward    |---------------#|---------------#|---.#...........|
 *	nothing resident,
 *	or a write        |.....#####################...
 *
 * So a stream steps by 1, or from window to window, and where folios are mapped
 * at once (up to 512 pages) from folio to folio. What faults cannot tell:
 *
 * - strides below 16 pages on resident pages fault once a window: they are
 *   streams, and cost what streams cost;
 * - a stride of 32, 64 .. 512 pages that begins aligned, right behind a stream of
 *   smaller steps, equals one over growing folios: it is taken for the stream.
 */

/* Streams from this length or number of steps on are long: 8 read-around windows of 32 pages. */
#define LONG_PAGES	256
#define LONG_STEPS	64
/* A short stream with this many steps, still going on, will probably be long. */
#define PROMISING_STEPS	6
/* A stream that is overdue by this many ticks has ended. */
#define END_TICKS	32
/* Strides below this are held apart from steps within fault-around. */
#define STRIDE_LARGE	(2 * SMADV_FAULT_AROUND_PAGES)
/* Largest folio that is mapped at once: one of 2 MiB. */
#define FOLIO_MAX	512
/* Nothing comes near a cursor that stands here. */
#define NOWHERE		(SMADV_PAGE_MAX * 4)

#define LENGTH_MAX	0xffffU
#define STEPS_MAX	0xffffU
#define REPEATS_MAX	0xffU
#define NEVER		0x100U

#define CURSOR_LONG	0x01	/* of LONG_PAGES or LONG_STEPS */
#define CURSOR_STRIDED	0x02	/* steps are constant, and not fault-around's */
#define CURSOR_FINE	0x04	/* one of its equal steps stayed in a window: no fault-around */
#define CURSOR_DENSE	0x08	/* has made some tight steps */
#define CURSOR_OWED	0x10	/* its steps so far, one or two, were counted as jumps */

/*@
 * requires -0x7fffffff <= delta <= 0x7fffffff;
 * assigns \nothing;
 * ensures \result == \abs(delta);
 */
static u32 magnitude(s64 delta)
{
	return (u32)(delta < 0 ? -delta : delta);
}

/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 * ensures \result <==> cursor->delta > 0;
 */
static bool is_forward(const struct smadv_cursor *cursor)
{
	return cursor->delta > 0;
}

/*@
 * assigns \nothing;
 */
static bool is_ahead(s64 delta)
{
	return delta > 0;
}

/*@
 * assigns \nothing;
 * ensures \result == SMADV_STEP_FORWARD || \result == SMADV_STEP_BACKWARD;
 */
static u32 direction(s64 delta)
{
	return delta > 0 ? SMADV_STEP_FORWARD : SMADV_STEP_BACKWARD;
}

/**
 * smadv_cursor_age() - how long a stream has rested
 * @cursor: stream
 * @tick: now
 *
 * Return: ticks since its last fault.
 */
u32 smadv_cursor_age(const struct smadv_cursor *cursor, u32 tick)
{
	return tick > cursor->last ? tick - cursor->last : 0;
}

/* How long it may rest before it is overdue, by its own pace so far. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * assigns \nothing;
 * ensures \result <= 2 * SMADV_TICK_MAX + 2;
 */
static u32 patience(const struct smadv_cursor *cursor)
{
	u32 span = cursor->last > cursor->first ? cursor->last - cursor->first : 0;

	return cursor->steps ? 2 * (span / cursor->steps) + 2 : 0;
}

/**
 * smadv_cursor_is_live() - does a stream go on?
 * @cursor: stream
 * @tick: now
 *
 * Return: true while it is not overdue.
 */
bool smadv_cursor_is_live(const struct smadv_cursor *cursor, u32 tick)
{
	return cursor->steps && smadv_cursor_age(cursor, tick) <= patience(cursor);
}

/**
 * smadv_cursor_is_ended() - has a stream ended?
 * @cursor: stream
 * @tick: now
 *
 * Return: true when it is overdue for long.
 */
bool smadv_cursor_is_ended(const struct smadv_cursor *cursor, u32 tick)
{
	return smadv_cursor_age(cursor, tick) > patience(cursor) + END_TICKS;
}

/**
 * smadv_cursor_is_promising() - will a stream probably be long?
 * @cursor: stream
 *
 * Return: true when it is short, but has a number of steps.
 */
bool smadv_cursor_is_promising(const struct smadv_cursor *cursor)
{
	return cursor->steps >= PROMISING_STEPS &&
	       !(cursor->flags & (CURSOR_LONG | CURSOR_STRIDED));
}

/**
 * smadv_cursor_is_strided() - does a stream step by a constant stride?
 * @cursor: stream
 *
 * Return: true if it does.
 */
bool smadv_cursor_is_strided(const struct smadv_cursor *cursor)
{
	return cursor->flags & CURSOR_STRIDED;
}

/**
 * smadv_cursor_clear() - no stream
 * @cursor: cleared
 */
void smadv_cursor_clear(struct smadv_cursor *cursor)
{
	smadv_cursor_begin(cursor, NOWHERE, 0, 0);
}

/**
 * smadv_cursor_is_clear() - is there no stream?
 * @cursor: cursor
 *
 * Return: true if there is none.
 */
bool smadv_cursor_is_clear(const struct smadv_cursor *cursor)
{
	return cursor->page == NOWHERE;
}

/**
 * smadv_cursor_begin() - a stream may begin
 * @cursor: overwritten
 * @page: where
 * @delta: distance from an earlier fault, a stride to try, or 0
 * @tick: now
 */
void smadv_cursor_begin(struct smadv_cursor *cursor, u64 page, s64 delta, u32 tick)
{
	cursor->page = page;
	cursor->delta = (s32)delta;
	cursor->length = 0;
	cursor->first = tick;
	cursor->last = tick;
	cursor->steps = 0;
	cursor->weight = 0;
	cursor->repeats = 0;
	cursor->flags = 0;
}

/* Where a stream faults next when fault-around has mapped the window behind it. */
/*@
 * assigns \nothing;
 */
static bool lands(u64 page, bool forward)
{
	u64 offset = page % SMADV_FAULT_AROUND_PAGES;

	return forward ? offset == 0 : offset == SMADV_FAULT_AROUND_PAGES - 1;
}

/*
 * The next page, or a step from one folio within a window to the next, as large
 * as the folio and naturally aligned.
 */
/*@
 * requires -0x7fffffff <= delta <= 0x7fffffff;
 * requires page < SMADV_PAGE_MAX;
 * assigns \nothing;
 */
static bool is_small_folio_step(u64 page, s64 delta)
{
	u64 edge = delta > 0 ? page : page + 1; /* of the folio, where the step entered it */

	switch (magnitude(delta)) {
	case 1:
		return true;
	case 2:
		return edge % 2 == 0;
	case 4:
		return edge % 4 == 0;
	case 8:
		return edge % 8 == 0;
	default:
		return false;
	}
}

/*
 * A step from one folio to the next, as large as the folio and naturally
 * aligned. Readahead lets folios grow by up to four times at once
 * (page_cache_ra_order()).
 */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * assigns \nothing;
 */
static bool is_folio_step(const struct smadv_cursor *cursor, u64 page, u32 pages)
{
	u32 before = magnitude(cursor->delta);

	if (!(cursor->flags & CURSOR_DENSE) || pages < before || pages > 4 * before)
		return false;
	if (pages <= SMADV_FAULT_AROUND_PAGES || pages > FOLIO_MAX || FOLIO_MAX % pages)
		return false;
	return is_forward(cursor) ? page % pages == 0 : page % pages == pages - 1;
}

/*
 * How far off its constant step a stream may be. Rows of a table are no whole
 * pages long: large strides vary by a page.
 */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * assigns \nothing;
 */
static u32 tolerance(const struct smadv_cursor *cursor)
{
	u32 stride = magnitude(cursor->delta);

	if (stride < STRIDE_LARGE)
		return 0;
	return cursor->flags & CURSOR_STRIDED ? stride / 16 : 1;
}

/* The step is the same as the one before. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * requires -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR;
 * assigns \nothing;
 */
static bool repeats(const struct smadv_cursor *cursor, s64 delta)
{
	return cursor->delta && magnitude(delta - cursor->delta) <= tolerance(cursor);
}

/**
 * smadv_cursor_fit() - how well does a fault continue a stream?
 * @cursor: stream
 * @page: page of the fault
 * @delta: its distance from the cursor, at most SMADV_CURSOR_FAR either way
 * @near: how far ahead the next fault of a stream may lie
 *
 * An established stream goes one way. Behind a long one, a late thread may
 * still fault.
 *
 * Return: SMADV_FIT_*, the smaller the better.
 */
u32 smadv_cursor_fit(const struct smadv_cursor *cursor, u64 page, s64 delta, u32 near)
{
	u32 pages = magnitude(delta);

	if (!delta)
		return SMADV_FIT_REPEAT;
	if (pages >= STRIDE_LARGE && repeats(cursor, delta))
		return SMADV_FIT_STRIDE;
	if (!cursor->steps)
		return pages <= near ? SMADV_FIT_FRESH + pages : SMADV_FIT_NONE;
	if (is_forward(cursor) != is_ahead(delta))
		return cursor->flags & CURSOR_LONG && pages <= near ? SMADV_FIT_LATE + pages :
								      SMADV_FIT_NONE;
	if (pages <= near)
		return pages + (cursor->steps < SMADV_CURSOR_ESTABLISHED ? SMADV_FIT_FRESH :
									   SMADV_FIT_NEAR);
	return is_folio_step(cursor, page, pages) ? SMADV_FIT_FOLIO + pages : SMADV_FIT_NONE;
}

/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires page < SMADV_PAGE_MAX;
 * assigns cursor->page, cursor->last, cursor->steps, cursor->weight;
 * ensures smadv_cursor_valid(cursor);
 * ensures saturates: cursor->steps >= \old(cursor->steps) &&
 *	cursor->weight >= \old(cursor->weight);
 */
static void move(struct smadv_cursor *cursor, u64 page, u32 tick)
{
	cursor->page = page;
	cursor->last = tick;
	if (cursor->steps < STEPS_MAX)
		cursor->steps++;
	if (cursor->weight < STEPS_MAX)
		cursor->weight++;
}

/**
 * smadv_cursor_cruise() - the usual case, quickly
 * @cursor: stream
 * @page: page of a fault
 * @tick: now
 *
 * Return: SMADV_STEP_STRIDED when a strided stream goes on by its stride,
 * SMADV_STEP_FORWARD or SMADV_STEP_BACKWARD when a long one goes on by a page or
 * a window, else SMADV_STEP_REPEAT, with nothing changed.
 */
u32 smadv_cursor_cruise(struct smadv_cursor *cursor, u64 page, u32 tick)
{
	s64 delta = (s64)page - (s64)cursor->page;
	bool forward = is_forward(cursor);
	s64 pages = forward ? delta : -delta;

	if (!(cursor->flags & (CURSOR_LONG | CURSOR_STRIDED)))
		return SMADV_STEP_REPEAT;
	if (cursor->flags & CURSOR_STRIDED) {
		if (delta != cursor->delta)
			return SMADV_STEP_REPEAT;
		move(cursor, page, tick);
		return SMADV_STEP_STRIDED;
	}
	if (pages < 1 || pages > SMADV_FAULT_AROUND_PAGES || (pages > 1 && !lands(page, forward)))
		return SMADV_STEP_REPEAT;
	move(cursor, page, tick);
	cursor->delta = (s32)delta;
	cursor->repeats = 0;
	return direction(delta);
}

/* Equal steps in a row, after the first, from which they are a stride. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * requires -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR;
 * assigns \nothing;
 */
static u32 repeats_wanted(const struct smadv_cursor *cursor, u64 page, s64 delta)
{
	u32 pages = magnitude(delta);

	if (pages == 1)
		return NEVER;
	if (pages < SMADV_FAULT_AROUND_PAGES) /* from window to window they are fault-around's */
		return (cursor->flags & (CURSOR_FINE | CURSOR_LONG)) == CURSOR_FINE ? 8 : NEVER;
	if (pages == SMADV_FAULT_AROUND_PAGES)
		return lands(page, delta > 0) ? NEVER : 2;
	if (pages < STRIDE_LARGE) /* strides of 9..15 make four in a row */
		return 5;
	return is_folio_step(cursor, page, pages) ? NEVER : 1;
}

/* What steps of a stream that is not strided were counted as. */
/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 * ensures smadv_is_step(\result);
 */
static u32 plain_kind(const struct smadv_cursor *cursor)
{
	if (cursor->flags & CURSOR_LONG)
		return direction(cursor->delta);
	return !cursor->steps || cursor->flags & CURSOR_OWED ? SMADV_STEP_JUMP : SMADV_STEP_SHORT;
}

/*@
 * requires \valid(cursor) && \valid(step) && \separated(cursor, step) && step->earlier == 0;
 * requires smadv_cursor_valid(cursor);
 * assigns cursor->flags, step->kind, step->earlier, step->earlier_kind;
 * ensures step->kind == SMADV_STEP_STRIDED && step->earlier <= 0xffff;
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures smadv_cursor_valid(cursor);
 */
static void step_strided(struct smadv_cursor *cursor, struct smadv_step *step)
{
	step->kind = SMADV_STEP_STRIDED;
	if (cursor->flags & CURSOR_STRIDED)
		return;
	step->earlier = cursor->repeats < cursor->weight ? cursor->repeats : cursor->weight;
	if (!cursor->steps)
		step->earlier = 1; /* the jump that proposed the stride */
	step->earlier_kind = plain_kind(cursor);
	cursor->flags |= CURSOR_STRIDED;
	cursor->flags &= ~(CURSOR_LONG | CURSOR_OWED);
}

/*@
 * requires \valid(cursor) && \valid(step) && \separated(cursor, step) && step->earlier == 0;
 * requires smadv_cursor_valid(cursor);
 * assigns cursor->flags, step->kind, step->earlier, step->earlier_kind;
 * ensures smadv_is_step(step->kind) && step->earlier <= 0xffff;
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures smadv_cursor_valid(cursor);
 */
static void step_short(struct smadv_cursor *cursor, struct smadv_step *step)
{
	if (!cursor->steps && !step->tight)
		cursor->flags |= CURSOR_OWED;
	if (!(cursor->flags & CURSOR_OWED)) {
		step->kind = SMADV_STEP_SHORT;
		return;
	}
	step->kind = SMADV_STEP_JUMP;
	if (!step->tight && cursor->steps < 2)
		return;
	/* Chance makes one or two such steps in one direction: now it is credible. */
	step->kind = SMADV_STEP_SHORT;
	step->earlier = cursor->steps;
	step->earlier_kind = SMADV_STEP_JUMP;
	cursor->flags &= ~CURSOR_OWED;
}

/*@
 * requires \valid(cursor) && \valid(step) && \separated(cursor, step) && step->earlier == 0;
 * requires smadv_cursor_valid(cursor);
 * requires step->promise == SMADV_PROMISE_OPEN;
 * assigns cursor->flags, step->kind, step->earlier, step->earlier_kind, step->promise;
 * ensures smadv_is_step(step->kind) && step->earlier <= 0xffff;
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->promise <= SMADV_PROMISE_KEPT;
 * ensures smadv_cursor_valid(cursor);
 */
static void step_plain(struct smadv_cursor *cursor, s64 delta, struct smadv_step *step)
{
	if (step->tight && cursor->steps)
		cursor->flags |= CURSOR_DENSE;
	if (cursor->flags & CURSOR_LONG) {
		step->kind = direction(delta);
	} else if (cursor->length >= LONG_PAGES || cursor->steps + 1 >= LONG_STEPS) {
		step->kind = direction(delta);
		step->earlier = cursor->weight;
		step->earlier_kind = SMADV_STEP_SHORT;
		step->promise = SMADV_PROMISE_KEPT;
		cursor->flags |= CURSOR_LONG;
		cursor->flags &= ~CURSOR_OWED;
	} else {
		step_short(cursor, step);
	}
}

/* The stream begins anew at its last fault: its steps were of another kind. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * assigns cursor->length, cursor->first, cursor->steps, cursor->weight, cursor->flags;
 * ensures smadv_cursor_valid(cursor);
 */
static void restart(struct smadv_cursor *cursor, u32 tick)
{
	cursor->length = 0;
	cursor->first = tick;
	cursor->steps = 0;
	cursor->weight = 0;
	cursor->flags &= ~(CURSOR_STRIDED | CURSOR_DENSE);
}

/* Steps are constant no more. After small ones it is the same stream still. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires pages <= SMADV_CURSOR_FAR;
 * assigns cursor->length, cursor->first, cursor->steps, cursor->weight, cursor->flags;
 * ensures smadv_cursor_valid(cursor);
 */
static void leave_stride(struct smadv_cursor *cursor, u32 pages, u32 tick)
{
	if (magnitude(cursor->delta) >= STRIDE_LARGE) {
		restart(cursor, tick);
		cursor->length = pages;
	}
	cursor->flags &= ~CURSOR_STRIDED;
}

/* Count equal steps in a row. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor);
 * assigns cursor->repeats, cursor->flags;
 */
static void count_repeats(struct smadv_cursor *cursor, u64 page, bool again)
{
	if (!again) {
		cursor->repeats = 0;
		cursor->flags &= ~CURSOR_FINE;
		return;
	}
	if (cursor->repeats < REPEATS_MAX)
		cursor->repeats++;
	if (page / SMADV_FAULT_AROUND_PAGES == cursor->page / SMADV_FAULT_AROUND_PAGES)
		cursor->flags |= CURSOR_FINE;
}

/* More likely than the stream going on, another run begins near its end by chance. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires \valid_read(step);
 * assigns \nothing;
 */
static bool is_chance(const struct smadv_cursor *cursor, const struct smadv_step *step, u32 tick)
{
	if (!cursor->steps || cursor->flags & (CURSOR_LONG | CURSOR_STRIDED))
		return false;
	return step->tight ? smadv_cursor_is_ended(cursor, tick) :
			     !smadv_cursor_is_live(cursor, tick);
}

/**
 * smadv_cursor_advance() - go on
 * @cursor: stream
 * @page: page of a fault that fits
 * @delta: its distance from the cursor, at most SMADV_CURSOR_FAR either way, not 0
 * @tick: now
 * @step: filled in
 */
void smadv_cursor_advance(struct smadv_cursor *cursor, u64 page, s64 delta, u32 tick,
			  struct smadv_step *step)
{
	bool again = repeats(cursor, delta);

	step->earlier = 0;
	step->promise = SMADV_PROMISE_OPEN;
	step->pages = magnitude(delta);
	step->landed = step->pages <= SMADV_FAULT_AROUND_PAGES && lands(page, delta > 0);
	step->tight = step->landed || is_small_folio_step(page, delta);
	if (is_chance(cursor, step, tick)) {
		if (smadv_cursor_is_promising(cursor))
			step->promise = SMADV_PROMISE_BROKEN;
		step->kind = SMADV_STEP_JUMP;
		smadv_cursor_begin(cursor, page, 0, tick);
		return;
	}

	if (cursor->flags & CURSOR_DENSE)
		step->tight = true; /* readahead's edges interrupt its windows */

	count_repeats(cursor, page, again);
	if (cursor->length < LENGTH_MAX)
		cursor->length += step->pages;
	/*@ assert smadv_cursor_valid(cursor); */
	if (again && cursor->repeats >= repeats_wanted(cursor, page, delta)) {
		step_strided(cursor, step);
	} else {
		if (cursor->flags & CURSOR_STRIDED)
			leave_stride(cursor, step->pages, tick);
		step_plain(cursor, delta, step);
		cursor->delta = (s32)delta;
	}
	move(cursor, page, tick);
}

/**
 * smadv_cursor_lag() - a page behind a long stream faulted
 * @cursor: stream
 * @tick: now
 *
 * Its last step leapt over that page, so it is no stride to be repeated.
 *
 * Return: kind of step.
 */
u32 smadv_cursor_lag(struct smadv_cursor *cursor, u32 tick)
{
	cursor->last = tick;
	cursor->delta = is_forward(cursor) ? 1 : -1;
	cursor->repeats = 0;
	return direction(cursor->delta);
}

/**
 * smadv_cursor_may_reach() - may a stream have gone on unseen to a page?
 * @cursor: stream
 * @page: page of a fault that fits no stream
 *
 * Return: true if an established stream goes that way, by its stride if it has
 * one.
 */
bool smadv_cursor_may_reach(const struct smadv_cursor *cursor, u64 page)
{
	s64 delta = (s64)page - (s64)cursor->page;

	if (cursor->steps < PROMISING_STEPS || !cursor->delta)
		return false;
	if (is_forward(cursor) != is_ahead(delta))
		return false;
	return !(cursor->flags & CURSOR_STRIDED) || delta % cursor->delta == 0;
}

/**
 * smadv_cursor_leap() - a stream has gone on unseen to a page
 * @cursor: stream
 * @page: page of a fault
 * @tick: now
 *
 * Return: kind of step. For a stream that is still short a jump, which tells
 * least.
 */
u32 smadv_cursor_leap(struct smadv_cursor *cursor, u64 page, u32 tick)
{
	move(cursor, page, tick);
	if (cursor->flags & CURSOR_STRIDED)
		return SMADV_STEP_STRIDED;
	return cursor->flags & CURSOR_LONG ? direction(cursor->delta) : SMADV_STEP_JUMP;
}
