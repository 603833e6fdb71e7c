// SPDX-License-Identifier: GPL-2.0
#include "section.h"

/* The memory of the sections in faults: some 32 jumps a section tell chance from a border. */
#define TOTAL_MAX	1024
#define COUNTER_MAX	255
/* The largest range in so many sections: SMADV_PAGE_MAX >> 5. */
#define SHIFT_MAX	47

/* Steps and jumps that each side of a border must have. */
#define STREAM_MIN	24
#define JUMPS_MIN	32
/* And jumps per section of that side: P(X <= 1 | 6) is 2 %, few sections miss them by chance. */
#define JUMPS_DENSITY	6
/* Jumps that chance would have put where there are hardly any: P(X <= 2 | 16) is 2e-5. */
#define EXPECTED_MIN	16
#define EXPECTED_RATIO	8
/* Steps and jumps in each half of the history, so that both go on at the same time. */
#define MIXED_MIN	2

/* Parts of a section by which it is known where in it jumps begin */
#define PARTS_SHIFT	6
#define PARTS		(1U << PARTS_SHIFT)

/*@
 * axiomatic Sections_end {
 *	axiom end: \forall integer shift;
 *		smadv_sections_end(shift) == (0x20000000000000 >> shift);
 * }
 */

/* Sections [low, high). */
struct block {
	u32 low;
	u32 high;
};

/**
 * smadv_sections_init() - start empty
 * @sections: sections
 * @start: first page
 * @end: first page behind, @start < @end
 *
 * Sections are powers of two in size and position, so that finding a page's
 * section takes a shift, and borders are aligned.
 */
void smadv_sections_init(struct smadv_sections *sections, u64 start, u64 end)
{
	u32 shift, i;

	/*@
	 * loop invariant 6 <= shift <= SHIFT_MAX;
	 * loop assigns shift;
	 * loop variant SHIFT_MAX - shift;
	 */
	for (shift = 6; shift < SHIFT_MAX; shift++)
		if (((end - 1) >> shift) - (start >> shift) < SMADV_SECTIONS)
			break;
	/*@
	 * loop invariant i <= SMADV_SECTIONS;
	 * loop assigns i, sections->stream[0 .. SMADV_SECTIONS - 1],
	 *	sections->jumps[0 .. SMADV_SECTIONS - 1],
	 *	sections->lowest[0 .. SMADV_SECTIONS - 1];
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 0; i < SMADV_SECTIONS; i++) {
		sections->stream[i] = 0;
		sections->jumps[i] = 0;
		sections->lowest[i] = PARTS - 1;
	}
	sections->shift = shift;
	sections->first = start >> shift;
	sections->count = (u32)(((end - 1) >> shift) - sections->first) % SMADV_SECTIONS + 1;
	sections->total = 0;
	sections->stream_at = 0;
	sections->history = 0;
}

/*@
 * requires \valid(sections) && smadv_sections_valid(sections);
 * assigns sections->total, sections->stream[0 .. SMADV_SECTIONS - 1],
 *	sections->jumps[0 .. SMADV_SECTIONS - 1];
 * ensures sections->total <= 254 * SMADV_SECTIONS;
 * ensures \forall integer k; 0 <= k < SMADV_SECTIONS ==>
 *	sections->stream[k] == \old(sections->stream[k]) / 2 &&
 *	sections->jumps[k] == \old(sections->jumps[k]) / 2;
 */
static void halve(struct smadv_sections *sections)
{
	u32 i;

	sections->total = 0;
	/*@
	 * loop invariant i <= SMADV_SECTIONS && sections->total <= 254 * i;
	 * loop invariant \forall integer k; 0 <= k < SMADV_SECTIONS ==>
	 *	sections->stream[k] == (k < i ? \at(sections->stream[k], Pre) / 2 :
	 *				       \at(sections->stream[k], Pre)) &&
	 *	sections->jumps[k] == (k < i ? \at(sections->jumps[k], Pre) / 2 :
	 *				      \at(sections->jumps[k], Pre));
	 * loop assigns i, sections->total, sections->stream[0 .. SMADV_SECTIONS - 1],
	 *	sections->jumps[0 .. SMADV_SECTIONS - 1];
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 0; i < SMADV_SECTIONS; i++) {
		sections->stream[i] /= 2;
		sections->jumps[i] /= 2;
		sections->total += sections->stream[i] + sections->jumps[i];
	}
}

/*
 * A stream over pages that are mapped in parts jumps ahead, which is no other
 * use of the range. So what counts as a jump beside the stream is farther away.
 */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections) && i < SMADV_SECTIONS;
 * assigns \nothing;
 */
static bool is_away(const struct smadv_sections *sections, u32 i)
{
	return i > sections->stream_at + 1 || i + 1 < sections->stream_at;
}

/*@
 * requires \valid(sections) && smadv_sections_valid(sections) && i < SMADV_SECTIONS;
 * assigns sections->lowest[i];
 */
static void note_jump(struct smadv_sections *sections, u32 i, u64 page)
{
	u8 part = (u8)((page >> (sections->shift - PARTS_SHIFT)) % PARTS);

	if (part < sections->lowest[i])
		sections->lowest[i] = part;
}

/**
 * smadv_sections_add() - note one fault
 * @sections: sections
 * @page: where, inside the range
 * @jump: a jump, else a step of a long or strided stream
 */
void smadv_sections_add(struct smadv_sections *sections, u64 page, bool jump)
{
	u64 number = page >> sections->shift;
	u8 *counter;
	u32 i;

	if (number < sections->first || number - sections->first >= SMADV_SECTIONS)
		return;
	i = (u32)(number - sections->first);
	counter = jump ? &sections->jumps[i] : &sections->stream[i];
	if (sections->total >= TOTAL_MAX || (jump && *counter >= COUNTER_MAX))
		halve(sections);
	if (*counter < COUNTER_MAX) { /* one stream may fill its section: more tells nothing new */
		++*counter;
		sections->total++;
	}
	if (jump)
		note_jump(sections, i, page);
	else
		sections->stream_at = i;
	if (!jump || is_away(sections, i))
		sections->history = sections->history % (1ULL << 63) * 2 + jump;
}

/* Sum over the sections inside of @block, or over the others. */
/*@
 * requires \valid_read(sections);
 * assigns \nothing;
 * ensures \result.stream <= 255 * SMADV_SECTIONS && \result.jumps <= 255 * SMADV_SECTIONS;
 */
static struct smadv_section_sum sum(const struct smadv_sections *sections, struct block block,
				    bool inside)
{
	struct smadv_section_sum sum = { 0, 0 };
	u32 i;

	/*@
	 * loop invariant i <= SMADV_SECTIONS && sum.stream <= 255 * i && sum.jumps <= 255 * i;
	 * loop assigns i, sum;
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 0; i < SMADV_SECTIONS; i++) {
		if ((i >= block.low && i < block.high) != inside)
			continue;
		sum.stream += sections->stream[i];
		sum.jumps += sections->jumps[i];
	}
	return sum;
}

/* The sections below @page. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections);
 * assigns \nothing;
 * ensures \result.low == 0 && \result.high <= SMADV_SECTIONS;
 */
static struct block up_to(const struct smadv_sections *sections, u64 page)
{
	struct block below = { 0, 0 };
	u64 number = page >> sections->shift;

	if (number > sections->first)
		below.high = number - sections->first < SMADV_SECTIONS ?
			     (u32)(number - sections->first) : SMADV_SECTIONS;
	return below;
}

/**
 * smadv_sections_below() - sum up to a page
 * @sections: sections
 * @page: a page on the border of two sections; inside of one, that one is left out
 *
 * Return: the sum of the sections below.
 */
struct smadv_section_sum smadv_sections_below(const struct smadv_sections *sections, u64 page)
{
	return sum(sections, up_to(sections, page), true);
}

/**
 * smadv_sections_from() - sum from a page on
 * @sections: sections
 * @page: likewise
 *
 * Return: the sum of the sections that smadv_sections_below() leaves out.
 */
struct smadv_section_sum smadv_sections_from(const struct smadv_sections *sections, u64 page)
{
	return sum(sections, up_to(sections, page), false);
}

/*@
 * requires \valid_read(sections);
 * assigns \nothing;
 * ensures \result <= 255 * SMADV_SECTIONS;
 */
static u32 all_jumps(const struct smadv_sections *sections)
{
	u32 i, jumps = 0;

	/*@
	 * loop invariant i <= SMADV_SECTIONS && jumps <= 255 * i;
	 * loop assigns i, jumps;
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 0; i < SMADV_SECTIONS; i++)
		jumps += sections->jumps[i];
	return jumps;
}

/**
 * smadv_sections_extent() - how much of the range jumps spread over
 * @sections: sections
 *
 * As many sections as two jumps, chosen at random, meet in one time in (Simpson's index,
 * which few jumps do not bias): n sections with the same number of jumps count for n, and
 * few among them that have much less for little.
 *
 * Return: pages, 0 without a jump.
 */
u64 smadv_sections_extent(const struct smadv_sections *sections)
{
	u64 most = (u64)SMADV_SECTIONS << sections->shift;
	u32 i, sum = all_jumps(sections), pairs = 0;
	u64 sections_q4;

	if (!sum)
		return 0;
	/*@
	 * loop invariant i <= SMADV_SECTIONS && pairs <= 255 * 255 * i;
	 * loop assigns i, pairs;
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 0; i < SMADV_SECTIONS; i++)
		if (sections->jumps[i])
			pairs += (u32)sections->jumps[i] * (sections->jumps[i] - 1U);
	sections_q4 = 16 * (u64)sum * (sum - 1) / (pairs ? pairs : 1);
	if (sections_q4 < 16)
		sections_q4 = 16;
	if (sections_q4 > 16 * SMADV_SECTIONS)
		sections_q4 = 16 * SMADV_SECTIONS;
	/*@ assert most <= 0x20000000000000; */
	return most / (16 * SMADV_SECTIONS) * sections_q4;
}

/* The section that most steps of streams lie in. */
/*@
 * requires \valid_read(sections);
 * assigns \nothing;
 * ensures \result < SMADV_SECTIONS;
 * ensures \forall integer k; 0 <= k < SMADV_SECTIONS ==>
 *	sections->stream[k] <= sections->stream[\result];
 */
static u32 busiest(const struct smadv_sections *sections)
{
	u32 i, best = 0;

	/*@
	 * loop invariant i <= SMADV_SECTIONS && best < i;
	 * loop invariant \forall integer k; 0 <= k < i ==>
	 *	sections->stream[k] <= sections->stream[best];
	 * loop assigns i, best;
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = 1; i < SMADV_SECTIONS; i++)
		if (sections->stream[i] > sections->stream[best])
			best = i;
	return best;
}

/* At most @limit jumps, or a stream that was lost and found again there. */
/*@
 * requires \valid_read(sections) && i < SMADV_SECTIONS;
 * assigns \nothing;
 */
static bool is_quiet(const struct smadv_sections *sections, u32 i, u32 limit)
{
	return sections->jumps[i] <= limit || sections->jumps[i] * 2 <= sections->stream[i];
}

/* The quiet sections around section @at. */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections) && at < SMADV_SECTIONS;
 * assigns \nothing;
 * ensures \result.low <= at <= \result.high <= SMADV_SECTIONS;
 */
static struct block quiet_around(const struct smadv_sections *sections, u32 at, u32 limit)
{
	struct block block = { at, at };
	u32 i;

	/*@
	 * loop invariant at <= i <= SMADV_SECTIONS && block.low == at && block.high == i;
	 * loop assigns i, block;
	 * loop variant SMADV_SECTIONS - i;
	 */
	for (i = at; i < sections->count && i < SMADV_SECTIONS; i++) {
		if (!is_quiet(sections, i, limit))
			break;
		block.high = i + 1;
	}
	/*@
	 * loop invariant i <= at && block.low == i && at <= block.high <= SMADV_SECTIONS;
	 * loop assigns i, block;
	 * loop variant i;
	 */
	for (i = at; i > 0; i--) {
		if (!is_quiet(sections, i - 1, limit))
			break;
		block.low = i - 1;
	}
	return block;
}

/*@
 * assigns \nothing;
 * ensures \result <= 32;
 */
static u32 jumps_among(u32 history)
{
	u32 i, count = 0;

	/*@
	 * loop invariant i <= 32 && count <= i;
	 * loop assigns i, count;
	 * loop variant 32 - i;
	 */
	for (i = 0; i < 32; i++)
		count += history >> i & 1;
	return count;
}

/*@
 * assigns \nothing;
 */
static bool mixed(u32 history)
{
	u32 jumps = jumps_among(history);

	return jumps >= MIXED_MIN && jumps <= 32 - MIXED_MIN;
}

/*
 * @inside, so many sections, holds a stream and hardly a jump, where jumps as dense as in
 * @outside would be many; @outside has jumps for the most part.
 */
/*@
 * requires \valid_read(sections) && \valid_read(inside);
 * requires 0 < inside_count < SMADV_SECTIONS && outside.high - outside.low < SMADV_SECTIONS;
 * assigns \nothing;
 * ensures outside.low >= outside.high ==> !\result;
 */
static bool distinct(const struct smadv_sections *sections,
		     const struct smadv_section_sum *inside, u32 inside_count,
		     struct block outside)
{
	struct smadv_section_sum beside;
	u32 expected, outside_count;

	if (outside.low >= outside.high)
		return false;
	outside_count = outside.high - outside.low;
	beside = sum(sections, outside, true);
	expected = beside.jumps * inside_count / outside_count;
	return inside->stream >= STREAM_MIN && beside.jumps >= JUMPS_MIN &&
	       beside.jumps >= JUMPS_DENSITY * outside_count &&
	       beside.jumps >= 2 * beside.stream &&
	       expected >= EXPECTED_MIN && inside->jumps <= expected / EXPECTED_RATIO;
}

/*
 * Where in section @i do jumps begin, that reach its end? As far below the lowest of n as
 * they lie apart from there to the end (the minimum of n uniform variables, unbiased).
 */
/*@
 * requires \valid_read(sections) && smadv_sections_valid(sections) && i < SMADV_SECTIONS;
 * assigns \nothing;
 */
static u64 begin_of_jumps(const struct smadv_sections *sections, u32 i)
{
	u64 start = (sections->first + i) << sections->shift;
	u64 pages = 1ULL << sections->shift;
	u64 below = pages / PARTS * (sections->lowest[i] % PARTS);
	u64 apart = pages - below;
	u64 page = start;

	/*@ assert start <= 0x20000000000000; */
	if (sections->jumps[i])
		apart /= sections->jumps[i];
	if (below > apart)
		page += below - apart;
	return page - page % SMADV_SECTION_PAGES;
}

/**
 * smadv_sections_border() - find where streams end and jumps begin
 * @sections: sections
 *
 * ::
 *
 *	jumps   0  0  1  0  0  0  0  0  9  7 11  8  6  9 10  7
 *	stream  .  . 31 60  .  .  .  .  .  .  .  .  .  .  .  .
 *	        |<------ quiet ------->^ border
 *
 * Around the section where a stream runs now, sections without jumps belong to
 * it: jumps that reach them would have shown. A stream among jumps leaves no
 * quiet sections, and a stream before or after jumps has not mixed with them in
 * time, so neither makes a border. Nor do the first faults of a stream, which are
 * jumps until it is known for one: each side has to have jumps of its own.
 *
 * Return: a page with sections on both sides, on the border of two, or, where a stream
 * runs up to them, where jumps begin in theirs; or 0.
 */
u64 smadv_sections_border(const struct smadv_sections *sections)
{
	struct smadv_section_sum inside;
	struct block quiet;
	u32 width;

	if (sections->count < 2)
		return 0;
	if (!mixed((u32)(sections->history >> 32)) ||
	    !mixed((u32)(sections->history % (1ULL << 32))))
		return 0;

	quiet = quiet_around(sections, busiest(sections),
			     (all_jumps(sections) / sections->count + 3) / 4);
	width = quiet.high - quiet.low;
	if (quiet.high <= quiet.low || width >= sections->count)
		return 0;
	inside = sum(sections, quiet, true);
	if (distinct(sections, &inside, width, (struct block){ 0, quiet.low }))
		return (sections->first + quiet.low) << sections->shift;
	if (distinct(sections, &inside, width, (struct block){ quiet.high, sections->count }))
		return begin_of_jumps(sections, quiet.high);
	return 0;
}
