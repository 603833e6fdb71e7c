/* SPDX-License-Identifier: GPL-2.0 */
/* Evidence: what the faults of one range looked like in the current window. */
#ifndef SMADV_CORE_EVIDENCE_H
#define SMADV_CORE_EVIDENCE_H

#include "policy.h"
#include "section.h"
#include "shim.h"
#include "sketch.h"
#include "stream.h"

#define SMADV_FAULT_WRITE	0x01	/* write access */
#define SMADV_FAULT_TRIED	0x02	/* second entry of a fault that waited for I/O */
#define SMADV_FAULT_SEQ_READ	0x04	/* the mapping bore MADV_SEQUENTIAL at the fault */
#define SMADV_FAULT_RAND_READ	0x08	/* the mapping bore MADV_RANDOM at the fault */

/**
 * struct smadv_fault - one page fault as the hook saw it
 * @page: page number (address / page size)
 * @flags: SMADV_FAULT_*
 * @waited_ns: of a second entry, since the first one, else 0
 */
struct smadv_fault {
	u64 page;
	u32 flags;
	u64 waited_ns;
};

/* Residues of page numbers that jumps are counted by: one fault-around window. */
#define SMADV_PHASES	SMADV_FAULT_AROUND_PAGES

/**
 * struct smadv_evidence - counters of one range
 * @forward: steps of long forward streams
 * @backward: steps of long backward streams
 * @strided: steps of strided streams
 * @near: steps of streams that are still short, in either direction
 * @jumps: faults that continue no stream
 * @tight: of @near, those to where a stream without gaps faults next
 * @tight_pages: pages travelled by the steps in @tight
 * @landed_q4: of @tight, those to where fault-around makes it fault next, in 1/16
 * @jumps_q4: @jumps in 1/16, for the mean length of runs that outlast a window
 * @lost: faults of the process that went unseen, at most SMADV_LOST_MAX
 * @total: the first five together
 * @seen: steps and jumps since the range was made, reset or split
 * @phase: jumps by page number modulo SMADV_PHASES
 * @streams: where the streams stand
 * @sections: where in the range streams and jumps are
 * @sketch: which blocks faulted
 *
 * The counters from @forward to @lost, and @phase, are of the window: they are
 * halved whenever @total comes to policy->window_faults.
 */
struct smadv_evidence {
	u32 forward;
	u32 backward;
	u32 strided;
	u32 near;
	u32 jumps;
	u32 tight;
	u32 tight_pages;
	u32 landed_q4;
	u32 jumps_q4;
	u32 lost;
	u32 total;
	u32 seen;
	u16 phase[SMADV_PHASES];
	struct smadv_streams streams;
	struct smadv_sections sections;
	struct smadv_sketch sketch;
};

#define SMADV_LOST_MAX	1024

/*@
 * predicate smadv_evidence_valid(struct smadv_evidence *evidence) =
 *	smadv_streams_valid(&evidence->streams) && smadv_sections_valid(&evidence->sections) &&
 *	smadv_sketch_valid(&evidence->sketch) && evidence->lost <= SMADV_LOST_MAX;
 */

/* Start empty, over pages [start, end), start < end <= SMADV_PAGE_MAX. */
/*@
 * requires \valid(evidence) && start < end <= SMADV_PAGE_MAX;
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence);
 */
void smadv_evidence_init(struct smadv_evidence *evidence, u64 start, u64 end);

/* The range is [start, end) now. Counters stay. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence) && start < end <= SMADV_PAGE_MAX;
 * assigns evidence->streams, evidence->sections, evidence->sketch;
 * ensures smadv_evidence_valid(evidence);
 */
void smadv_evidence_resize(struct smadv_evidence *evidence, u64 start, u64 end);

/* One fault at @page, inside the range. False for a repeat, which counts nowhere. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence) && page < SMADV_PAGE_MAX;
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence);
 */
bool smadv_evidence_add(struct smadv_evidence *evidence, u64 page, u32 window_faults);

/* @lost faults of the process went unseen. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence);
 */
void smadv_evidence_gap(struct smadv_evidence *evidence, u32 lost);

/* Divide the evidence of [start, end) at @page; @right is a copy of @left before. */
/*@
 * requires \valid(left) && smadv_evidence_valid(left);
 * requires \valid(right) && smadv_evidence_valid(right) && \separated(left, right);
 * requires start < page < end <= SMADV_PAGE_MAX;
 * assigns *left, *right;
 * ensures smadv_evidence_valid(left) && smadv_evidence_valid(right);
 */
void smadv_evidence_split(struct smadv_evidence *left, struct smadv_evidence *right, u64 start,
			  u64 page, u64 end);

/* Add the evidence of the right neighbour; the union is [start, end). */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence) && \valid_read(right);
 * requires smadv_evidence_valid(right) && \separated(evidence, right);
 * requires start < end <= SMADV_PAGE_MAX;
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence);
 */
void smadv_evidence_merge(struct smadv_evidence *evidence, const struct smadv_evidence *right,
			  u64 start, u64 end);

/* Concurrent streams that are going on. */
/*@
 * requires \valid_read(evidence) && smadv_streams_valid(&evidence->streams);
 * assigns \nothing;
 * ensures \result <= SMADV_CURSORS;
 */
u32 smadv_evidence_streams(const struct smadv_evidence *evidence);

/* Share of the blocks of a range of @pages pages that faulted, in 1/10000. */
/*@
 * requires \valid_read(evidence) && smadv_evidence_valid(evidence);
 * assigns \nothing;
 * ensures \result <= 10000;
 */
u32 smadv_evidence_coverage_bp(const struct smadv_evidence *evidence, u64 pages);

/* Share of the faults that hit a block faulted before, in 1/10000. */
/*@
 * requires \valid_read(evidence) && smadv_evidence_valid(evidence);
 * assigns \nothing;
 * ensures \result <= 10000;
 */
u32 smadv_evidence_reuse_bp(const struct smadv_evidence *evidence);

/* Mean length of the runs that begin with a jump, in 1/16 pages, at least 16. */
/*@
 * requires \valid_read(evidence);
 * assigns \nothing;
 * ensures \result >= 16;
 */
u32 smadv_evidence_run_q4(const struct smadv_evidence *evidence);

#endif /* SMADV_CORE_EVIDENCE_H */
