/* SPDX-License-Identifier: GPL-2.0 */
/* Sections: where in a range the streams run and where the jumps land. */
#ifndef SMADV_CORE_SECTION_H
#define SMADV_CORE_SECTION_H

#include "shim.h"

#define SMADV_SECTIONS		32

/* No part made by a split is smaller. Borders lie on multiples of this. */
#define SMADV_SECTION_PAGES	64

/**
 * struct smadv_sections - a range in equal parts, 16..32 of them unless it is small
 * @stream: steps of long and strided streams per section
 * @jumps: jumps per section
 * @lowest: part of each section that the lowest jump was in
 * @shift: a section has 2^@shift pages, and begins at a multiple of that
 * @count: sections in use
 * @total: faults in all sections
 * @first: number of the first section: page >> @shift
 * @stream_at: section of the last step of a stream
 * @history: last 64 faults, 1 for a jump away from the stream and 0 for a step
 *	of it, the latest lowest
 *
 * All counters are halved together when one of jumps is full or @total grows too
 * large.
 */
struct smadv_sections {
	u8 stream[SMADV_SECTIONS];
	u8 jumps[SMADV_SECTIONS];
	u8 lowest[SMADV_SECTIONS];
	u32 shift;
	u32 count;
	u32 total;
	u32 stream_at;
	u64 first;
	u64 history;
};

/**
 * struct smadv_section_sum - steps and jumps of a number of sections
 * @stream: steps of long and strided streams
 * @jumps: jumps
 */
struct smadv_section_sum {
	u32 stream;
	u32 jumps;
};

/*
 * Number of the section behind the last one that there may be: pages have 53 bits. Only
 * section.c looks into it: whoever just keeps to it need not know of shifts.
 */
/*@
 * axiomatic Sections {
 *	logic integer smadv_sections_end(integer shift);
 * }
 *
 * predicate smadv_sections_valid(struct smadv_sections *sections) =
 *	6 <= sections->shift <= 47 && 1 <= sections->count <= SMADV_SECTIONS &&
 *	sections->total <= 2 * 255 * SMADV_SECTIONS && sections->stream_at < SMADV_SECTIONS &&
 *	sections->first <= 0x10000000000000 &&
 *	sections->first + SMADV_SECTIONS <= smadv_sections_end(sections->shift);
 */

/* Start empty, over pages [start, end), start < end <= SMADV_PAGE_MAX. */
/*@
 * requires \valid(sections) && start < end <= 0x10000000000000;
 * assigns sections->stream[0 .. SMADV_SECTIONS - 1], sections->jumps[0 .. SMADV_SECTIONS - 1],
 *	sections->lowest[0 .. SMADV_SECTIONS - 1], sections->shift, sections->count,
 *	sections->total, sections->stream_at, sections->first, sections->history;
 * ensures smadv_sections_valid(sections);
 */
void smadv_sections_init(struct smadv_sections *sections, u64 start, u64 end);

/* One fault at @page inside the range. */
/*@
 * requires \valid(sections) && smadv_sections_valid(sections);
 * assigns sections->stream[0 .. SMADV_SECTIONS - 1], sections->jumps[0 .. SMADV_SECTIONS - 1],
 *	sections->lowest[0 .. SMADV_SECTIONS - 1], sections->total, sections->stream_at,
 *	sections->history;
 * ensures smadv_sections_valid(sections);
 */
void smadv_sections_add(struct smadv_sections *sections, u64 page, bool jump);

/* Sum over the sections below @page. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections);
 * assigns \nothing;
 * ensures \result.stream <= 255 * SMADV_SECTIONS && \result.jumps <= 255 * SMADV_SECTIONS;
 */
struct smadv_section_sum smadv_sections_below(const struct smadv_sections *sections, u64 page);

/* Sum over the other sections, from @page on. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections);
 * assigns \nothing;
 * ensures \result.stream <= 255 * SMADV_SECTIONS && \result.jumps <= 255 * SMADV_SECTIONS;
 */
struct smadv_section_sum smadv_sections_from(const struct smadv_sections *sections, u64 page);

/* Pages of as many sections as jumps spread over, were they spread evenly. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections);
 * assigns \nothing;
 */
u64 smadv_sections_extent(const struct smadv_sections *sections);

/* Page where a part with streams only touches one with jumps, or 0. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections);
 * assigns \nothing;
 */
u64 smadv_sections_border(const struct smadv_sections *sections);

#endif /* SMADV_CORE_SECTION_H */
