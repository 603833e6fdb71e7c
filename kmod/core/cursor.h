/* SPDX-License-Identifier: GPL-2.0 */
/* Cursor: where one stream of faults stands, and what its next fault looks like. */
#ifndef SMADV_CORE_CURSOR_H
#define SMADV_CORE_CURSOR_H

#include "shim.h"

/*
 * Pages that one fault on resident file pages maps: the default of
 * fault_around_bytes, 64 KiB, in 4 KiB pages.
 */
#define SMADV_FAULT_AROUND_PAGES 16

/* No page number is larger: 64 bits of address in 4 KiB pages. */
#define SMADV_PAGE_MAX	0x10000000000000ULL

/* Nothing farther from a cursor can continue it: a stride of 1024 and its tolerance. */
#define SMADV_CURSOR_FAR	1088

/* Ticks stay below: those of a range are rebased when they reach this. */
#define SMADV_TICK_MAX	0x10000U

/* Steps from which a stream is established: chance makes few of them. */
#define SMADV_CURSOR_ESTABLISHED 2

/**
 * enum smadv_step_kind - what a fault is to the streams of its range
 * @SMADV_STEP_REPEAT: the page of a fault just seen: a retry, no step
 * @SMADV_STEP_JUMP: continues no stream
 * @SMADV_STEP_SHORT: step of a stream that is still short
 * @SMADV_STEP_FORWARD: step of a long forward stream
 * @SMADV_STEP_BACKWARD: step of a long backward stream
 * @SMADV_STEP_STRIDED: step of a stream with constant steps that fault-around
 *	does not explain
 */
enum smadv_step_kind {
	SMADV_STEP_REPEAT,
	SMADV_STEP_JUMP,
	SMADV_STEP_SHORT,
	SMADV_STEP_FORWARD,
	SMADV_STEP_BACKWARD,
	SMADV_STEP_STRIDED,
};

/**
 * enum smadv_promise - what became of a stream that promised to be long
 * @SMADV_PROMISE_OPEN: nothing yet, or there was none
 * @SMADV_PROMISE_KEPT: it is long now
 * @SMADV_PROMISE_BROKEN: it ended short
 */
enum smadv_promise {
	SMADV_PROMISE_OPEN,
	SMADV_PROMISE_KEPT,
	SMADV_PROMISE_BROKEN,
};

/**
 * struct smadv_step - one fault, as the streams see it
 * @kind: enum smadv_step_kind
 * @earlier: number of earlier steps that turn out to be of this kind too
 * @earlier_kind: enum smadv_step_kind that they were taken for, if @earlier
 * @promise: enum smadv_promise
 * @pages: distance from the fault that it continues, if SMADV_STEP_SHORT
 * @landed: likewise, it is where fault-around makes a stream fault next: the
 *	first page of a window going forward, the last one going backward
 * @tight: likewise, it is where a stream without gaps faults next: the next page,
 *	the next small folio, or @landed
 */
struct smadv_step {
	u32 kind;
	u32 earlier;
	u32 earlier_kind;
	u32 promise;
	u32 pages;
	bool landed;
	bool tight;
};

/**
 * struct smadv_cursor - where one stream stands
 * @page: page of its last fault
 * @delta: its last step in pages, or before the first step the distance from a
 *	neighbour, a stride to try
 * @length: pages travelled
 * @first: tick of its first fault
 * @last: tick of its last fault
 * @steps: steps so far
 * @weight: of these, those in the window: halved with its counters
 * @repeats: steps in a row that equalled the one before
 * @flags: CURSOR_* of cursor.c
 *
 * Ticks count the faults of a range.
 */
struct smadv_cursor {
	u64 page;
	s32 delta;
	u32 length;
	u32 first;
	u32 last;
	u16 steps;
	u16 weight;
	u8 repeats;
	u8 flags;
};

/* How well a fault fits: the smallest value wins. */
#define SMADV_FIT_REPEAT	0U
#define SMADV_FIT_STRIDE	1U
#define SMADV_FIT_NEAR		2U	/* + distance */
#define SMADV_FIT_FOLIO		10000U	/* + distance */
#define SMADV_FIT_LATE		20000U	/* + distance */
#define SMADV_FIT_FRESH		30000U	/* + distance */
#define SMADV_FIT_NONE		~0U

/*@
 * predicate smadv_cursor_valid(struct smadv_cursor *cursor) =
 *	cursor->page <= 4 * SMADV_PAGE_MAX && cursor->length <= 0xffff + SMADV_CURSOR_FAR &&
 *	-SMADV_CURSOR_FAR <= cursor->delta <= SMADV_CURSOR_FAR &&
 *	cursor->first <= SMADV_TICK_MAX && cursor->last <= SMADV_TICK_MAX;
 *
 * predicate smadv_is_step(integer kind) = SMADV_STEP_JUMP <= kind <= SMADV_STEP_STRIDED;
 */

/* No stream: no fault fits. */
/*@
 * requires \valid(cursor);
 * assigns cursor->page, cursor->delta, cursor->length, cursor->first, cursor->last,
 *	cursor->steps, cursor->weight, cursor->repeats, cursor->flags;
 * ensures smadv_cursor_valid(cursor);
 */
void smadv_cursor_clear(struct smadv_cursor *cursor);

/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 */
bool smadv_cursor_is_clear(const struct smadv_cursor *cursor);

/* A stream may begin at @page. @delta is a stride to try, or 0. */
/*@
 * requires \valid(cursor) && page <= 4 * SMADV_PAGE_MAX && tick <= SMADV_TICK_MAX;
 * requires -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR;
 * assigns cursor->page, cursor->delta, cursor->length, cursor->first, cursor->last,
 *	cursor->steps, cursor->weight, cursor->repeats, cursor->flags;
 * ensures smadv_cursor_valid(cursor);
 */
void smadv_cursor_begin(struct smadv_cursor *cursor, u64 page, s64 delta, u32 tick);

/*
 * How well a fault at @page, @delta pages from the cursor, within
 * SMADV_CURSOR_FAR of it, continues it. @near: how far a next fault may lie.
 */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * requires -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR && page < SMADV_PAGE_MAX;
 * requires near <= 2 * SMADV_FAULT_AROUND_PAGES;
 * assigns \nothing;
 * ensures \result == SMADV_FIT_REPEAT <==> delta == 0;
 */
u32 smadv_cursor_fit(const struct smadv_cursor *cursor, u64 page, s64 delta, u32 near);

/*
 * If a long or strided stream goes on in its usual way at @page, move it there
 * and return the kind of step, else change nothing and return SMADV_STEP_REPEAT.
 */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires page < SMADV_PAGE_MAX;
 * assigns cursor->page, cursor->delta, cursor->last, cursor->steps, cursor->weight,
 *	cursor->repeats;
 * ensures smadv_cursor_valid(cursor);
 * ensures \result == SMADV_STEP_REPEAT || SMADV_STEP_FORWARD <= \result <= SMADV_STEP_STRIDED;
 * ensures \result == SMADV_STEP_REPEAT ==> *cursor == \old(*cursor);
 */
u32 smadv_cursor_cruise(struct smadv_cursor *cursor, u64 page, u32 tick);

/* Move the stream @delta pages on to @page, which fits, and tell what that step is. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires \valid(step) && \separated(cursor, step) && page < SMADV_PAGE_MAX;
 * requires -SMADV_CURSOR_FAR <= delta <= SMADV_CURSOR_FAR && delta != 0;
 * assigns cursor->page, cursor->delta, cursor->length, cursor->first, cursor->last,
 *	cursor->steps, cursor->weight, cursor->repeats, cursor->flags, *step;
 * ensures smadv_cursor_valid(cursor);
 * ensures smadv_is_step(step->kind) && step->promise <= SMADV_PROMISE_BROKEN;
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->pages <= SMADV_CURSOR_FAR && step->earlier <= 0xffff;
 */
void smadv_cursor_advance(struct smadv_cursor *cursor, u64 page, s64 delta, u32 tick,
			  struct smadv_step *step);

/* A page behind a long stream faulted: another thread was faster. Returns the kind of step. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * assigns cursor->delta, cursor->last, cursor->repeats;
 * ensures smadv_cursor_valid(cursor);
 * ensures smadv_is_step(\result);
 */
u32 smadv_cursor_lag(struct smadv_cursor *cursor, u32 tick);

/* The stream may have come to @page while faults were lost. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor);
 * requires page < SMADV_PAGE_MAX;
 * assigns \nothing;
 */
bool smadv_cursor_may_reach(const struct smadv_cursor *cursor, u64 page);

/* The stream has come to @page while faults were lost. Returns the kind of step. */
/*@
 * requires \valid(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * requires page < SMADV_PAGE_MAX;
 * assigns cursor->page, cursor->last, cursor->steps, cursor->weight;
 * ensures smadv_cursor_valid(cursor);
 * ensures smadv_is_step(\result);
 */
u32 smadv_cursor_leap(struct smadv_cursor *cursor, u64 page, u32 tick);

/* It is not overdue by more than its own pace would let expect. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * assigns \nothing;
 */
bool smadv_cursor_is_live(const struct smadv_cursor *cursor, u32 tick);

/* Overdue for so long that it has ended, and not just made way to another thread. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * assigns \nothing;
 */
bool smadv_cursor_is_ended(const struct smadv_cursor *cursor, u32 tick);

/* Short, but with a number of steps. */
/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 */
bool smadv_cursor_is_promising(const struct smadv_cursor *cursor);

/*@
 * requires \valid_read(cursor);
 * assigns \nothing;
 */
bool smadv_cursor_is_strided(const struct smadv_cursor *cursor);

/* Ticks since its last fault. */
/*@
 * requires \valid_read(cursor) && smadv_cursor_valid(cursor) && tick <= SMADV_TICK_MAX;
 * assigns \nothing;
 * ensures \result <= tick;
 */
u32 smadv_cursor_age(const struct smadv_cursor *cursor, u32 tick);

#endif /* SMADV_CORE_CURSOR_H */
