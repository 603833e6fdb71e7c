/* SPDX-License-Identifier: GPL-2.0 */
/* Streams: which fault continues which run of earlier ones. */
#ifndef SMADV_CORE_STREAM_H
#define SMADV_CORE_STREAM_H

#include "cursor.h"
#include "shim.h"

#define SMADV_CURSORS	8

/**
 * struct smadv_streams - the streams of one range
 * @cursor: streams, and single faults that may become one
 * @tick: faults seen, counted modulo a rebase
 * @gap_tick: tick of the last loss of faults
 * @reach: pages that a stream may have gone unseen in it, 0 when it is over
 * @reach_max: bound of @reach
 * @far: a stride is looked for within so many pages
 * @near: a fault within so many pages of a cursor may continue it
 * @limit: cursors in use
 * @recent: cursor of the last fault
 * @hand: cursor given away last
 * @kept: promising streams that became long
 * @broken: promising streams that ended short
 */
struct smadv_streams {
	struct smadv_cursor cursor[SMADV_CURSORS];
	u32 tick;
	u32 gap_tick;
	u32 reach;
	u32 reach_max;
	u32 far;
	u32 near;
	u8 limit;
	u8 recent;
	u8 hand;
	u8 kept;
	u8 broken;
};

/*@
 * predicate smadv_cursors_valid(struct smadv_streams *streams, integer number) =
 *	\forall integer i; 0 <= i < number ==> smadv_cursor_valid(&streams->cursor[i]);
 *
 * predicate smadv_streams_sized(struct smadv_streams *streams) =
 *	SMADV_FAULT_AROUND_PAGES <= streams->near <= 2 * SMADV_FAULT_AROUND_PAGES &&
 *	streams->far <= SMADV_CURSOR_FAR && 2 <= streams->limit <= SMADV_CURSORS &&
 *	streams->reach_max <= 0x100000;
 *
 * predicate smadv_streams_valid(struct smadv_streams *streams) =
 *	smadv_cursors_valid(streams, SMADV_CURSORS) && smadv_streams_sized(streams) &&
 *	streams->gap_tick <= streams->tick <= SMADV_TICK_MAX && streams->reach <= 0x100000 &&
 *	streams->recent < SMADV_CURSORS && streams->hand < SMADV_CURSORS &&
 *	streams->kept < 8 && streams->broken < 8;
 */

/* Start without a stream, for a range of @pages pages. */
/*@
 * requires \valid(set);
 * assigns *set;
 * ensures smadv_streams_valid(set);
 */
void smadv_streams_init(struct smadv_streams *set, u64 pages);

/* The range is now [start, end): streams outside of it go. */
/*@
 * requires \valid(set) && smadv_streams_valid(set) && start < end;
 * assigns *set;
 * ensures smadv_streams_valid(set);
 */
void smadv_streams_resize(struct smadv_streams *set, u64 start, u64 end);

/* Take in the younger streams of @other. */
/*@
 * requires \valid(set) && \valid_read(other) && \separated(set, other);
 * requires smadv_streams_valid(set) && smadv_streams_valid(other);
 * assigns *set;
 * ensures smadv_streams_valid(set);
 */
void smadv_streams_merge(struct smadv_streams *set, const struct smadv_streams *other);

/* One fault at @page. */
/*@
 * requires \valid(set) && \valid(step) && \separated(set, step);
 * requires smadv_streams_valid(set) && page < SMADV_PAGE_MAX;
 * assigns *set, *step;
 * ensures smadv_streams_valid(set);
 * ensures step->kind == SMADV_STEP_REPEAT || smadv_is_step(step->kind);
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * ensures step->earlier <= 0xffff;
 */
void smadv_streams_step(struct smadv_streams *set, u64 page, struct smadv_step *step);

/* The counters of the window are halved. */
/*@
 * requires \valid(set) && smadv_streams_valid(set);
 * assigns set->cursor[0 .. SMADV_CURSORS - 1].weight;
 * ensures smadv_streams_valid(set);
 */
void smadv_streams_halve(struct smadv_streams *set);

/* @lost faults went unseen. */
/*@
 * requires \valid(set) && smadv_streams_valid(set);
 * assigns set->reach, set->gap_tick;
 * ensures smadv_streams_valid(set);
 */
void smadv_streams_gap(struct smadv_streams *set, u32 lost);

/* Concurrent streams that are going on. */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result <= SMADV_CURSORS;
 */
u32 smadv_streams_live(const struct smadv_streams *set);

/*
 * Steps in the window of streams that are still short, but going on and likely
 * to become long, in one direction. @patient counts overdue ones too.
 */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result <= 0xffff * SMADV_CURSORS;
 */
u32 smadv_streams_promised(const struct smadv_streams *set, bool forward, bool patient);

/* Stride in pages of the strided stream used last, 0 without one. */
/*@
 * requires \valid_read(set) && smadv_streams_valid(set);
 * assigns \nothing;
 * ensures \result <= SMADV_CURSOR_FAR;
 */
u32 smadv_streams_stride(const struct smadv_streams *set);

#endif /* SMADV_CORE_STREAM_H */
