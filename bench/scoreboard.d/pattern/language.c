// SPDX-License-Identifier: GPL-2.0
#include "language.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_KIB 4
#define MAX_WORD 64

static const char *const verbs[] = {
	[VERB_SEQUENTIAL] = "sequential", [VERB_BACKWARD] = "backward",
	[VERB_STRIDE] = "stride", [VERB_RUNS] = "runs", [VERB_RANDOM] = "random",
	[VERB_UNIFORM] = "uniform", [VERB_ZIPF] = "zipf", [VERB_HOT] = "hot",
};

static const char *const advices[] = {
	[ADVICE_NONE] = "none", [ADVICE_NORMAL] = "normal",
	[ADVICE_SEQUENTIAL] = "sequential", [ADVICE_RANDOM] = "random",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
#define ANY_VERB (~0u)

/* Where a parser stands. */
struct parser {
	const char *at;
	struct workload *workload;
	char *error;
	char word[MAX_WORD];
};

__attribute__((format(printf, 2, 3)))
static bool fail(struct parser *parser, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(parser->error, MAX_ERROR, format, values);
	va_end(values);
	return false;
}

/* A word, or one of the marks ; and + alone. Empty at the end. False: too long. */
static bool next_word(struct parser *parser)
{
	size_t length;

	parser->at += strspn(parser->at, " \t");
	length = strcspn(parser->at, " \t;+");
	if (!length && *parser->at)
		length = 1;
	if (length >= MAX_WORD)
		return fail(parser, "%.20s...: longer than %d characters", parser->at, MAX_WORD - 1);
	memcpy(parser->word, parser->at, length);
	parser->word[length] = '\0';
	parser->at += length;
	return true;
}

static bool is_word(const struct parser *parser, const char *word)
{
	return !strcmp(parser->word, word);
}

static int find(const char *const names[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

/* --- values ---------------------------------------------------------------- */

/* What strtod() takes beyond digits and a point (signs, hex, nan) is refused. */
static bool number(const char *text, const char *unit, double *value)
{
	size_t digits = strspn(text, "0123456789.");
	char *end;

	*value = strtod(text, &end);
	return digits && end == text + digits && !strcmp(end, unit);
}

static bool in_range(struct parser *parser, const char *text, const char *unit,
		     double least, double most, double *value)
{
	if (number(text, unit, value) && *value >= least && *value <= most)
		return true;
	return fail(parser, "%s: want a number from %g%s to %g%s", parser->word, least, unit,
		    most, unit);
}

static bool whole(struct parser *parser, const char *text, unsigned int least,
		  unsigned int most, unsigned int *value)
{
	double found;

	if (number(text, "", &found) && found >= least && found <= most && found == floor(found)) {
		*value = (unsigned int)found;
		return true;
	}
	return fail(parser, "%s: want a whole number from %u to %u", parser->word, least, most);
}

static bool take_range(struct parser *parser, struct access *access, const char *text)
{
	const char *dash = strchr(text, '-');
	char from[MAX_WORD];

	snprintf(from, sizeof(from), "%.*s", dash ? (int)(dash - text) : 0, text);
	if (dash && number(from, "%", &access->from_pct) &&
	    number(dash + 1, "%", &access->to_pct) &&
	    access->from_pct < access->to_pct && access->to_pct <= 100)
		return true;
	return fail(parser, "%s: want two percentages of the file in ascending order, as range=0%%-25%%",
		    parser->word);
}

static bool take_touches(struct parser *parser, struct access *access, const char *text)
{
	access->touches.percent = strchr(text, '%');
	if (access->touches.percent)
		return in_range(parser, text, "%", 0.001, access->verb == VERB_RANDOM ? 100 : 10000,
				&access->touches.value);
	return in_range(parser, text, "", 1, 1e7, &access->touches.value);
}

static bool take_streams(struct parser *parser, struct access *access, const char *text)
{
	return whole(parser, text, 1, 256, &access->streams);
}

static bool take_step(struct parser *parser, struct access *access, const char *text)
{
	return whole(parser, text, 2, 65536, &access->step);
}

static bool take_length(struct parser *parser, struct access *access, const char *text)
{
	double kib;

	if (!number(text, "K", &kib)) {
		if (!number(text, "M", &kib))
			kib = 0;
		kib *= 1024;
	}
	if (kib < PAGE_KIB || kib > 65536 || fmod(kib, PAGE_KIB) != 0)
		return fail(parser, "%s: want a multiple of 4K from 4K to 64M", parser->word);
	access->run_pages = (unsigned int)(kib / PAGE_KIB);
	return true;
}

static bool take_theta(struct parser *parser, struct access *access, const char *text)
{
	return in_range(parser, text, "", 0, 5, &access->theta);
}

static bool take_hits(struct parser *parser, struct access *access, const char *text)
{
	return in_range(parser, text, "%", 0, 100, &access->hits_pct);
}

static bool take_set(struct parser *parser, struct access *access, const char *text)
{
	return in_range(parser, text, "%", 0.001, 100, &access->set_pct);
}

static bool take_place(struct parser *parser, struct access *access, const char *text)
{
	access->together = !strcmp(text, "together");
	if (access->together || !strcmp(text, "spread"))
		return true;
	return fail(parser, "%s: want place=spread or place=together", parser->word);
}

static bool take_think(struct parser *parser, struct access *access, const char *text)
{
	return in_range(parser, text, "us", 0, 1e6, &access->think_us);
}

static bool take_advise(struct parser *parser, struct access *access, const char *text)
{
	if (language_advice(text, &access->advice))
		return true;
	return fail(parser, "%s: want advise=none, normal, sequential or random", parser->word);
}

/* --- words ----------------------------------------------------------------- */

static const struct key {
	const char *name;
	unsigned int of_verbs;
	bool (*take)(struct parser *parser, struct access *access, const char *text);
} keys[] = {
	{ "range", ANY_VERB, take_range },
	{ "touches", ANY_VERB, take_touches },
	{ "streams", BIT(VERB_SEQUENTIAL) | BIT(VERB_BACKWARD), take_streams },
	{ "step", BIT(VERB_STRIDE), take_step },
	{ "length", BIT(VERB_RUNS), take_length },
	{ "theta", BIT(VERB_ZIPF), take_theta },
	{ "hits", BIT(VERB_HOT), take_hits },
	{ "set", BIT(VERB_HOT), take_set },
	{ "place", BIT(VERB_ZIPF) | BIT(VERB_HOT), take_place },
	{ "think", ANY_VERB, take_think },
	{ "advise", ANY_VERB, take_advise },
};

/* The value of KEY=VALUE when the word has that key. */
static const char *value_of(const struct parser *parser, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(parser->word, key, length) || parser->word[length] != '=')
		return NULL;
	return parser->word + length + 1;
}

static bool take_key(struct parser *parser, struct access *access)
{
	char known[MAX_ERROR / 2] = "";

	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *value = value_of(parser, keys[i].name);

		if (!(keys[i].of_verbs & BIT(access->verb)))
			continue;
		if (value)
			return keys[i].take(parser, access, value);
		snprintf(known + strlen(known), sizeof(known) - strlen(known), " %s=", keys[i].name);
	}
	return fail(parser, "%s: %s knows%s", parser->word, verbs[access->verb], known);
}

static void defaults(struct access *access, enum verb verb)
{
	*access = (struct access) {
		.verb = verb,
		.to_pct = 100,
		.touches = { .value = 100, .percent = true },
		.streams = 1,
		.step = 16,
		.run_pages = 64 / PAGE_KIB,
		.theta = 0.8,
		.hits_pct = 90,
		.set_pct = 10,
	};
}

/* A verb and its keys; the word behind them is in @parser afterwards. */
static bool parse_access(struct parser *parser, struct phase *phase)
{
	int verb = find(verbs, COUNT(verbs), parser->word);
	struct access *access;

	if (verb < 0)
		return fail(parser, "%s: want one of sequential, backward, stride, runs, random, "
			    "uniform, zipf, hot", *parser->word ? parser->word : "at the end");
	if (phase->count == MAX_ACCESSES)
		return fail(parser, "%s: a phase has %d accesses at most", parser->word, MAX_ACCESSES);
	access = &phase->accesses[phase->count++];
	defaults(access, verb);
	for (;;) {
		if (!next_word(parser))
			return false;
		if (!*parser->word || is_word(parser, ";") || is_word(parser, "+"))
			return true;
		if (!take_key(parser, access))
			return false;
	}
}

static bool parse_phases(struct parser *parser)
{
	struct workload *workload = parser->workload;

	do {
		struct phase *phase = &workload->phases[workload->count];

		if (workload->count == MAX_PHASES)
			return fail(parser, ";: a workload has %d phases at most", MAX_PHASES);
		workload->count++;
		/* The first access's verb was read already. */
		if (workload->count > 1 && !next_word(parser))
			return false;
		if (!parse_access(parser, phase))
			return false;
		while (is_word(parser, "+"))
			if (!next_word(parser) || !parse_access(parser, phase))
				return false;
	} while (is_word(parser, ";"));
	return true;
}

/* processes=, threads= and seed=, then the first verb is in @parser. */
static bool parse_settings(struct parser *parser)
{
	struct workload *workload = parser->workload;
	unsigned int seed = 1;

	for (;;) {
		const char *text;
		bool right;

		if (!next_word(parser))
			return false;
		if ((text = value_of(parser, "processes")))
			right = whole(parser, text, 1, MAX_WORKERS, &workload->processes);
		else if ((text = value_of(parser, "threads")))
			right = whole(parser, text, 1, MAX_WORKERS, &workload->threads);
		else if ((text = value_of(parser, "seed")))
			right = whole(parser, text, 0, 1000000000, &seed);
		else
			break;
		if (!right)
			return false;
	}
	workload->seed = seed;
	if (workload->processes * workload->threads > MAX_WORKERS)
		return fail(parser, "processes=%u threads=%u: %d workers at most in all",
			    workload->processes, workload->threads, MAX_WORKERS);
	return true;
}

static bool parse_name(struct parser *parser)
{
	const char *name = parser->at + strspn(parser->at, " \t");
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.");

	if (!length || length >= MAX_NAME || name[length] != ':')
		return fail(parser, "%.20s: want a name of at most %d of a-z, 0-9, - and . and then a colon",
			    name, MAX_NAME - 1);
	memcpy(parser->workload->name, name, length);
	parser->at = name + length + 1;
	return true;
}

bool language_parse(const char *line, struct workload *workload, char *error)
{
	struct parser parser = { .at = line, .workload = workload, .error = error };

	*workload = (struct workload) { .processes = 1, .threads = 1 };
	return parse_name(&parser) && parse_settings(&parser) && parse_phases(&parser);
}

bool language_advice(const char *name, enum advice *advice)
{
	int found = find(advices, COUNT(advices), name);

	if (found < 0)
		return false;
	*advice = found;
	return true;
}

const char *language_verb_name(enum verb verb)
{
	return verbs[verb];
}
