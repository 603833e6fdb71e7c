// SPDX-License-Identifier: GPL-2.0
#include "section.h"

/* The memory of the sections in faults: some 32 jumps a section tell chance from a border. */
#define TOTAL_MAX	1024
#define COUNTER_MAX	255

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

	for (shift = 6; shift < 63; shift++)
		if (((end - 1) >> shift) - (start >> shift) < SMADV_SECTIONS)
			break;
	for (i = 0; i < SMADV_SECTIONS; i++) {
		sections->stream[i] = 0;
		sections->jumps[i] = 0;
	}
	sections->shift = shift;
	sections->first = start >> shift;
	sections->count = (u32)(((end - 1) >> shift) - sections->first) % SMADV_SECTIONS + 1;
	sections->total = 0;
	sections->stream_at = 0;
	sections->history = 0;
}

static void halve(struct smadv_sections *sections)
{
	u32 i;

	sections->total = 0;
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
static bool is_away(const struct smadv_sections *sections, u32 i)
{
	return i > sections->stream_at + 1 || i + 1 < sections->stream_at;
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
	if (!jump)
		sections->stream_at = i;
	if (!jump || is_away(sections, i))
		sections->history = sections->history % (1ULL << 63) * 2 + jump;
}

static struct smadv_section_sum sum(const struct smadv_sections *sections, struct block block)
{
	struct smadv_section_sum sum = { 0, 0 };
	u32 i;

	for (i = 0; i < SMADV_SECTIONS; i++) {
		if (i < block.low || i >= block.high)
			continue;
		sum.stream += sections->stream[i];
		sum.jumps += sections->jumps[i];
	}
	return sum;
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
	struct block below = { 0, 0 };
	u64 number = page >> sections->shift;

	if (number > sections->first)
		below.high = number - sections->first < SMADV_SECTIONS ?
			     (u32)(number - sections->first) : SMADV_SECTIONS;
	return sum(sections, below);
}

/**
 * smadv_sections_all() - sum of the whole range
 * @sections: sections
 *
 * Return: the sum of all sections.
 */
struct smadv_section_sum smadv_sections_all(const struct smadv_sections *sections)
{
	struct block all = { 0, SMADV_SECTIONS };

	return sum(sections, all);
}

/* The section that most steps of streams lie in. */
static u32 busiest(const struct smadv_sections *sections)
{
	u32 i, best = 0;

	for (i = 1; i < SMADV_SECTIONS; i++)
		if (sections->stream[i] > sections->stream[best])
			best = i;
	return best;
}

/* At most @limit jumps, or a stream that was lost and found again there. */
static bool is_quiet(const struct smadv_sections *sections, u32 i, u32 limit)
{
	return sections->jumps[i] <= limit || sections->jumps[i] * 2 <= sections->stream[i];
}

/* The quiet sections around section @at. */
static struct block quiet_around(const struct smadv_sections *sections, u32 at, u32 limit)
{
	struct block block = { at, at };
	u32 i;

	for (i = at; i < sections->count && i < SMADV_SECTIONS; i++) {
		if (!is_quiet(sections, i, limit))
			break;
		block.high = i + 1;
	}
	for (i = at; i > 0; i--) {
		if (!is_quiet(sections, i - 1, limit))
			break;
		block.low = i - 1;
	}
	return block;
}

static u32 jumps_among(u32 history)
{
	u32 i, count = 0;

	for (i = 0; i < 32; i++)
		count += history >> i & 1;
	return count;
}

static bool mixed(u32 history)
{
	u32 jumps = jumps_among(history);

	return jumps >= MIXED_MIN && jumps <= 32 - MIXED_MIN;
}

/*
 * @inside holds a stream and hardly a jump, where jumps spread evenly over all
 * sections would have put many; @outside has jumps for the most part.
 */
static bool distinct(const struct smadv_section_sum *inside, u32 inside_count,
		     const struct smadv_section_sum *outside, u32 outside_count)
{
	u32 expected = outside->jumps * inside_count / outside_count;

	return inside->stream >= STREAM_MIN && outside->jumps >= JUMPS_MIN &&
	       outside->jumps >= JUMPS_DENSITY * outside_count &&
	       outside->jumps >= 2 * outside->stream &&
	       expected >= EXPECTED_MIN && inside->jumps <= expected / EXPECTED_RATIO;
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
 * time, so neither makes a border.
 *
 * Return: a page on a section's border with sections on both sides, or 0.
 */
u64 smadv_sections_border(const struct smadv_sections *sections)
{
	struct smadv_section_sum all, inside, outside;
	struct block quiet;
	u32 width;

	if (sections->count < 2)
		return 0;
	if (!mixed((u32)(sections->history >> 32)) ||
	    !mixed((u32)(sections->history % (1ULL << 32))))
		return 0;

	all = smadv_sections_all(sections);
	quiet = quiet_around(sections, busiest(sections), (all.jumps / sections->count + 3) / 4);
	width = quiet.high - quiet.low;
	if (quiet.high <= quiet.low || width >= sections->count)
		return 0;
	inside = sum(sections, quiet);
	outside.stream = all.stream - inside.stream;
	outside.jumps = all.jumps - inside.jumps;
	if (!distinct(&inside, width, &outside, sections->count - width))
		return 0;
	if (quiet.low > 0)
		return (sections->first + quiet.low) << sections->shift;
	return (sections->first + quiet.high) << sections->shift;
}
