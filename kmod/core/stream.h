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

/* Start without a stream, for a range of @pages pages. */
void smadv_streams_init(struct smadv_streams *set, u64 pages);

/* The range is now [start, end): streams outside of it go. */
void smadv_streams_resize(struct smadv_streams *set, u64 start, u64 end);

/* Take in the younger streams of @other. */
void smadv_streams_merge(struct smadv_streams *set, const struct smadv_streams *other);

/* One fault at @page. */
void smadv_streams_step(struct smadv_streams *set, u64 page, struct smadv_step *step);

/* The counters of the window are halved. */
void smadv_streams_halve(struct smadv_streams *set);

/* @lost faults went unseen. */
void smadv_streams_gap(struct smadv_streams *set, u32 lost);

/* Concurrent streams that are going on. */
/*@
 * requires \valid_read(set);
 * assigns \nothing;
 */
u32 smadv_streams_live(const struct smadv_streams *set);

/*
 * Steps in the window of streams that are still short, but going on and likely
 * to become long, in one direction. @patient counts overdue ones too.
 */
/*@
 * requires \valid_read(set);
 * assigns \nothing;
 */
u32 smadv_streams_promised(const struct smadv_streams *set, bool forward, bool patient);

/* Stride in pages of the strided stream used last, 0 without one. */
/*@
 * requires \valid_read(set);
 * assigns \nothing;
 */
u32 smadv_streams_stride(const struct smadv_streams *set);

#endif /* SMADV_CORE_STREAM_H */
