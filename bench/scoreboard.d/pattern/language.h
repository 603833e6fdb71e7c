/* SPDX-License-Identifier: GPL-2.0 */
/*
 * language - what docs/workloads.md describes: one workload in a line
 */
#ifndef SCOREBOARD_LANGUAGE_H
#define SCOREBOARD_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_PHASES 8
#define MAX_ACCESSES 8 /* of one phase */
#define MAX_WORKERS 64
#define MAX_NAME 32
#define MAX_ERROR 256

enum verb {
	VERB_SEQUENTIAL,
	VERB_BACKWARD,
	VERB_STRIDE,
	VERB_RUNS,
	VERB_RANDOM,
	VERB_UNIFORM,
	VERB_ZIPF,
	VERB_HOT,
};

/* What to tell madvise(); ADVICE_NONE does not call it. */
enum advice {
	ADVICE_NONE,
	ADVICE_NORMAL,
	ADVICE_SEQUENTIAL,
	ADVICE_RANDOM,
};

/**
 * struct amount - a number, or a share of something
 * @value: the number, or percent
 * @percent: which of the two
 */
struct amount {
	double value;
	bool percent;
};

/**
 * struct access - one way to touch one part of the file
 * @verb: the order of the touches
 * @from_pct: where the part begins, in percent of the file
 * @to_pct: where it ends
 * @touches: how many, percent being of the pages of one pass
 * @streams: sequential, backward: how many parts are read in turn
 * @step: stride: pages from one touch to the next
 * @run_pages: runs: pages of one run
 * @theta: zipf: skew, 0 is uniform
 * @hits_pct: hot: share of the touches that goes to the hot set
 * @set_pct: hot: share of the pages that is hot
 * @together: hot, zipf: popular pages are neighbours, not spread over the part
 * @think_us: computing after each touch
 * @advice: the workload's own
 */
struct access {
	enum verb verb;
	double from_pct;
	double to_pct;
	struct amount touches;
	unsigned int streams;
	unsigned int step;
	unsigned int run_pages;
	double theta;
	double hits_pct;
	double set_pct;
	bool together;
	double think_us;
	enum advice advice;
};

/* Accesses of a phase take turns so that all of them end together. */
struct phase {
	struct access accesses[MAX_ACCESSES];
	unsigned int count;
};

/**
 * struct workload - a parsed line
 * @name: before the colon
 * @processes: each maps the file for itself
 * @threads: of each process, on its one mapping
 * @seed: of all random numbers
 * @phases: one after the other
 * @count: of the phases
 */
struct workload {
	char name[MAX_NAME];
	unsigned int processes;
	unsigned int threads;
	uint64_t seed;
	struct phase phases[MAX_PHASES];
	unsigned int count;
};

/**
 * language_parse() - read one line
 * @line: without its comment
 * @workload: is filled in
 * @error: MAX_ERROR bytes; says in one sentence which word is wrong and what is allowed
 *
 * Return: whether the line is right.
 */
bool language_parse(const char *line, struct workload *workload, char *error);

/* Return: false when there is no advice of that name. */
bool language_advice(const char *name, enum advice *advice);

const char *language_verb_name(enum verb verb);

#endif
