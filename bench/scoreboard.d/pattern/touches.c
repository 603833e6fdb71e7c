// SPDX-License-Identifier: GPL-2.0
#include "touches.h"

#include <math.h>
#include <stdlib.h>

/* --- random numbers: splitmix64 ---------------------------------------------- */

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Below @limit, which is not 0. */
static uint32_t below(struct dice *dice, uint32_t limit)
{
	return (roll(dice) >> 32) * limit >> 32;
}

/* From 0 to less than 1. */
static double chance(struct dice *dice)
{
	return (roll(dice) >> 11) * 0x1p-53;
}

/* 0 to @count - 1, shuffled or in order. NULL without memory. */
static uint32_t *numbers(struct dice *dice, uint32_t count, bool shuffled)
{
	uint32_t *list = malloc(count * sizeof(*list));

	if (!list)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = shuffled ? below(dice, i + 1) : i;

		list[i] = list[j];
		list[j] = i;
	}
	return list;
}

/* --- one access: page numbers within its part of @pages pages ------------------ */

struct stretch {
	const struct access *access;
	struct dice *dice;
	uint32_t pages;
	uint32_t *out;
	uint64_t count;
};

/* Parts of equal length; the last pages that do not fill a part are left out. */
static bool fill_streams(const struct stretch *s)
{
	uint32_t streams = s->access->streams < s->pages ? s->access->streams : s->pages;
	uint32_t length = s->pages / streams;

	for (uint64_t i = 0; i < s->count; i++) {
		uint32_t at = i / streams % length;

		if (s->access->verb == VERB_BACKWARD)
			at = length - 1 - at;
		s->out[i] = i % streams * length + at;
	}
	return true;
}

static uint32_t stride_pass(const struct access *access, uint32_t pages)
{
	return (pages + access->step - 1) / access->step;
}

static bool fill_stride(const struct stretch *s)
{
	uint32_t pass = stride_pass(s->access, s->pages);

	for (uint64_t i = 0; i < s->count; i++)
		s->out[i] = i % pass * s->access->step;
	return true;
}

static bool fill_uniform(const struct stretch *s)
{
	for (uint64_t i = 0; i < s->count; i++)
		s->out[i] = below(s->dice, s->pages);
	return true;
}

/* Runs begin at multiples of their length, none twice before all had their turn. */
static bool fill_runs(const struct stretch *s)
{
	uint32_t length = s->access->run_pages < s->pages ? s->access->run_pages : s->pages;
	uint32_t runs = s->pages / length;
	uint32_t *order = numbers(s->dice, runs, true);

	if (!order)
		return false;
	for (uint64_t i = 0; i < s->count; i++)
		s->out[i] = order[i / length % runs] * length + i % length;
	free(order);
	return true;
}

static bool fill_random(const struct stretch *s)
{
	uint32_t *order = numbers(s->dice, s->pages, true);

	if (!order)
		return false;
	for (uint64_t i = 0; i < s->count; i++)
		s->out[i] = order[i];
	free(order);
	return true;
}

/* The page of each rank of popularity. */
static uint32_t *places(const struct stretch *s)
{
	return numbers(s->dice, s->pages, !s->access->together);
}

static bool fill_hot(const struct stretch *s)
{
	uint32_t hot = fmax(1, round(s->pages * s->access->set_pct / 100));
	uint32_t *place = places(s);

	if (!place)
		return false;
	for (uint64_t i = 0; i < s->count; i++) {
		bool hit = chance(s->dice) * 100 < s->access->hits_pct;

		s->out[i] = place[below(s->dice, hit ? hot : s->pages)];
	}
	free(place);
	return true;
}

/* The least rank whose cumulated weight is above @weight. */
static uint32_t rank_of(const double *sums, uint32_t count, double weight)
{
	uint32_t low = 0, high = count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sums[middle] > weight)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Rank k, from 1, has a probability in proportion to k^-theta. */
static bool fill_zipf(const struct stretch *s)
{
	uint32_t *place = places(s);
	double *sums = malloc(s->pages * sizeof(*sums)), sum = 0;
	bool complete = place && sums;

	if (complete) {
		for (uint32_t i = 0; i < s->pages; i++)
			sums[i] = sum += pow(i + 1, -s->access->theta);
		for (uint64_t i = 0; i < s->count; i++)
			s->out[i] = place[rank_of(sums, s->pages, chance(s->dice) * sum)];
	}
	free(sums);
	free(place);
	return complete;
}

static bool (*const fills[])(const struct stretch *s) = {
	[VERB_SEQUENTIAL] = fill_streams, [VERB_BACKWARD] = fill_streams,
	[VERB_STRIDE] = fill_stride, [VERB_RUNS] = fill_runs, [VERB_RANDOM] = fill_random,
	[VERB_UNIFORM] = fill_uniform, [VERB_ZIPF] = fill_zipf, [VERB_HOT] = fill_hot,
};

static uint64_t touch_count(const struct access *access, uint32_t pages)
{
	uint32_t pass = access->verb == VERB_STRIDE ? stride_pass(access, pages) : pages;
	double count = access->touches.value;

	if (access->touches.percent)
		count = round(pass * count / 100);
	/* No page twice: there are no more. */
	if (access->verb == VERB_RANDOM)
		count = fmin(count, pages);
	return fmax(1, count);
}

/* --- a phase ------------------------------------------------------------------ */

struct pages touches_range(const struct access *access, uint32_t file_pages)
{
	struct pages range = {
		.start = fmin(floor(file_pages * access->from_pct / 100), file_pages - 1),
		.end = floor(file_pages * access->to_pct / 100),
	};

	if (range.end <= range.start)
		range.end = range.start + 1;
	return range;
}

/* Page numbers of one access, @count of them. NULL without memory. */
static uint32_t *touches_of_access(const struct access *access, struct dice *dice,
				   uint32_t file_pages, uint64_t *count)
{
	struct pages range = touches_range(access, file_pages);
	struct stretch s = { .access = access, .dice = dice, .pages = range.end - range.start };

	*count = s.count = touch_count(access, s.pages);
	s.out = malloc(s.count * sizeof(*s.out));
	if (!s.out || !fills[access->verb](&s)) {
		free(s.out);
		return NULL;
	}
	for (uint64_t i = 0; i < s.count; i++)
		s.out[i] += range.start;
	return s.out;
}

/* The access that is furthest behind, in terms of its own touches, comes next. */
static unsigned int whose_turn(const uint64_t *done, const uint64_t *counts, unsigned int accesses)
{
	unsigned int best = 0;

	for (unsigned int a = 1; a < accesses; a++)
		if ((2 * done[a] + 1) * counts[best] < (2 * done[best] + 1) * counts[a])
			best = a;
	return best;
}

struct touches touches_of_phase(const struct workload *workload, unsigned int number,
				uint32_t file_pages)
{
	const struct phase *phase = &workload->phases[number];
	uint64_t counts[MAX_ACCESSES], done[MAX_ACCESSES] = { 0 };
	struct touches touches = { 0 };
	uint32_t *pages[MAX_ACCESSES];
	bool complete = true;

	for (unsigned int a = 0; a < phase->count; a++) {
		struct dice dice = { (workload->seed << 32) + number * MAX_ACCESSES + a };

		pages[a] = touches_of_access(&phase->accesses[a], &dice, file_pages, &counts[a]);
		complete = complete && pages[a];
		touches.count += counts[a];
	}
	if (complete)
		touches.list = malloc(touches.count * sizeof(*touches.list));
	for (uint64_t i = 0; touches.list && i < touches.count; i++) {
		unsigned int a = whose_turn(done, counts, phase->count);

		touches.list[i] = (struct touch) { pages[a][done[a]++], a };
	}
	for (unsigned int a = 0; a < phase->count; a++)
		free(pages[a]);
	return touches;
}
