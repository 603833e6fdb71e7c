// SPDX-License-Identifier: GPL-2.0
/*
 * pattern - touch the pages of a mapped file as a line of docs/workloads.md says
 *
 * Prints one JSON object: time, minor and major faults, of all and of each phase.
 * All that can be worked out in advance (the pages, in order) is, so that the time
 * is that of the touches.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "language.h"
#include "touches.h"

#define PAGE 4096ul
#define EXIT_LANGUAGE 3

static const int advice_values[] = {
	[ADVICE_NORMAL] = MADV_NORMAL,
	[ADVICE_SEQUENTIAL] = MADV_SEQUENTIAL,
	[ADVICE_RANDOM] = MADV_RANDOM,
};

/**
 * struct count - what one phase took, of all workers
 */
struct count {
	uint64_t time_ns;
	atomic_ulong minors;
	atomic_ulong majors;
};

/**
 * struct shared - what the processes share
 * @barrier: of all workers, before the first phase and after each
 * @counts: of each phase
 */
struct shared {
	pthread_barrier_t barrier;
	struct count counts[MAX_PHASES];
};

/* What is set up before the processes part. */
static struct workload workload;
static struct touches touches[MAX_PHASES];
static struct shared *shared;
static const char *path;
static uint32_t file_pages;
static double time_scale = 1;
/* From the command line: for the whole mapping at once, or for each access, late. */
static enum advice whole_advice;
static bool have_advices;
static enum advice advices[MAX_PHASES][MAX_ACCESSES];
static uint64_t late_touches;

/* Of each process. */
static volatile char *memory;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void advise(struct pages range, enum advice advice)
{
	if (advice == ADVICE_NONE)
		return;
	if (madvise((char *)memory + range.start * PAGE, (range.end - range.start) * PAGE,
		    advice_values[advice]))
		err(1, "madvise");
}

/* What the workload says itself, unless the command line has something to say. */
static void advise_phase(unsigned int number)
{
	const struct phase *phase = &workload.phases[number];

	for (unsigned int a = 0; a < phase->count; a++)
		advise(touches_range(&phase->accesses[a], file_pages),
		       have_advices ? advices[number][a] : phase->accesses[a].advice);
}

static void think(double us)
{
	uint64_t end_ns = now_ns() + us * 1000 * time_scale;

	while (now_ns() < end_ns)
		;
}

static void touch(const struct phase *phase, const struct touch *list, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		double think_us = phase->accesses[list[i].access].think_us;

		(void)memory[list[i].page * PAGE];
		if (think_us > 0)
			think(think_us);
	}
}

/* A worker's part of a phase; one of each process advises. */
static void run_part(unsigned int number, unsigned int worker, bool advises)
{
	uint64_t workers = workload.processes * workload.threads;
	uint64_t start = touches[number].count * worker / workers;
	uint64_t end = touches[number].count * (worker + 1) / workers;
	uint64_t at = have_advices && start + late_touches < end ? start + late_touches : start;
	const struct phase *phase = &workload.phases[number];

	touch(phase, touches[number].list + start, at - start);
	if (advises && whole_advice == ADVICE_NONE)
		advise_phase(number);
	touch(phase, touches[number].list + at, end - at);
}

static void *work(void *data)
{
	unsigned int worker = (uintptr_t)data;
	uint64_t before_ns;

	pthread_barrier_wait(&shared->barrier);
	before_ns = now_ns();
	for (unsigned int p = 0; p < workload.count; p++) {
		struct rusage before, after;
		struct count *count = &shared->counts[p];

		getrusage(RUSAGE_THREAD, &before);
		run_part(p, worker, worker % workload.threads == 0);
		getrusage(RUSAGE_THREAD, &after);
		atomic_fetch_add(&count->minors, after.ru_minflt - before.ru_minflt);
		atomic_fetch_add(&count->majors, after.ru_majflt - before.ru_majflt);
		pthread_barrier_wait(&shared->barrier);
		if (worker == 0) {
			count->time_ns = now_ns() - before_ns;
			before_ns += count->time_ns;
		}
	}
	return NULL;
}

/* Maps the file, and works with all threads of this process. */
static void run_process(unsigned int process)
{
	uintptr_t first = process * workload.threads;
	pthread_t threads[MAX_WORKERS];
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	memory = mmap(NULL, file_pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	advise((struct pages) { 0, file_pages }, whole_advice);
	for (unsigned int t = 1; t < workload.threads; t++)
		if (pthread_create(&threads[t], NULL, work, (void *)(first + t)))
			errx(1, "no thread");
	work((void *)first);
	for (unsigned int t = 1; t < workload.threads; t++)
		pthread_join(threads[t], NULL);
}

/* The others would wait for ever at the barrier for one that failed. */
static void child_ended(int signal)
{
	int status;

	(void)signal;
	while (waitpid(-1, &status, WNOHANG) > 0)
		if (status)
			_exit(1);
}

static void run_all(void)
{
	struct sigaction action = { .sa_handler = child_ended, .sa_flags = SA_RESTART };

	sigaction(SIGCHLD, &action, NULL);
	for (unsigned int process = 1; process < workload.processes; process++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child) {
			run_process(process);
			_exit(0);
		}
	}
	run_process(0);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* --- before and after -------------------------------------------------------- */

static void prepare(void)
{
	pthread_barrierattr_t attributes;
	struct stat file;

	if (stat(path, &file))
		err(1, "%s", path);
	if (file.st_size < (off_t)PAGE || file.st_size / PAGE > UINT32_MAX)
		errx(1, "%s: smaller than a page, or too large", path);
	file_pages = file.st_size / PAGE;
	for (unsigned int p = 0; p < workload.count; p++) {
		touches[p] = touches_of_phase(&workload, p, file_pages);
		if (!touches[p].list)
			errx(1, "not enough memory for the touches");
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attributes, workload.processes * workload.threads);
}

static void print_counts(uint64_t time_ns, unsigned long minors, unsigned long majors)
{
	printf("\"time_ns\":%llu,\"minors\":%lu,\"majors\":%lu", (unsigned long long)time_ns,
	       minors, majors);
}

static void report(void)
{
	unsigned long minors = 0, majors = 0;
	uint64_t time_ns = 0;

	printf("{\"phases\":[");
	for (unsigned int p = 0; p < workload.count; p++) {
		struct count *count = &shared->counts[p];

		printf("%s{\"touches\":%llu,", p ? "," : "", (unsigned long long)touches[p].count);
		print_counts(count->time_ns, count->minors, count->majors);
		printf("}");
		time_ns += count->time_ns;
		minors += count->minors;
		majors += count->majors;
	}
	printf("],");
	print_counts(time_ns, minors, majors);
	printf("}\n");
}

/* For the host: how many accesses each phase has, and whether there is own advice. */
static void describe(void)
{
	bool own = false;

	printf("{\"name\":\"%s\",\"phases\":[", workload.name);
	for (unsigned int p = 0; p < workload.count; p++) {
		const struct phase *phase = &workload.phases[p];

		printf("%s[", p ? "," : "");
		for (unsigned int a = 0; a < phase->count; a++) {
			printf("%s\"%s\"", a ? "," : "", language_verb_name(phase->accesses[a].verb));
			own = own || phase->accesses[a].advice != ADVICE_NONE;
		}
		printf("]");
	}
	printf("],\"own_advice\":%s}\n", own ? "true" : "false");
}

/* --- the command line --------------------------------------------------------- */

static void usage(FILE *to)
{
	fputs("usage: pattern [OPTION]... FILE 'WORKLOAD'\n"
	      "       pattern --check 'WORKLOAD'\n\n"
	      "Touches pages of the mapped file as the workload says (docs/workloads.md).\n\n"
	      "  --advise A        normal, sequential or random for the whole mapping, at once\n"
	      "  --advise A,A...   one for the part of each access, in their order, when its phase\n"
	      "                    begins; either way the workload's own advise= is left out\n"
	      "  --late N          with a list: after so many touches of the phase (0)\n"
	      "  --time-scale N    thinking takes so many times as long (1)\n"
	      "  --check           only read the workload, and say of what it consists\n", to);
}

static void take_advices(char *text)
{
	unsigned int p = 0, a = 0, given = 0;
	char *word, *rest = text;

	while ((word = strsep(&rest, ","))) {
		enum advice advice;

		if (!language_advice(word, &advice) || advice == ADVICE_NONE)
			errx(2, "--advise %s: want normal, sequential or random", word);
		whole_advice = advice;
		if (p == workload.count)
			errx(2, "--advise: more words than the workload has accesses");
		advices[p][a] = advice;
		given++;
		if (++a == workload.phases[p].count) {
			a = 0;
			p++;
		}
	}
	have_advices = given > 1;
	if (have_advices) {
		whole_advice = ADVICE_NONE;
		if (p < workload.count)
			errx(2, "--advise: fewer words than the workload has accesses");
	}
}

static double positive(const char *option, const char *text, double least)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= least && value <= 1e9))
		errx(2, "%s %s: want a number from %g to 1e9", option, text, least);
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "advise", required_argument, NULL, 'a' },
		{ "late", required_argument, NULL, 'l' },
		{ "time-scale", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	char error[MAX_ERROR], *advice = NULL;
	bool check = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'a': advice = optarg; break;
		case 'l': late_touches = positive("--late", optarg, 0); break;
		case 's': time_scale = positive("--time-scale", optarg, 1); break;
		case 'c': check = true; break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	if (argc - optind != (check ? 1 : 2)) {
		usage(stderr);
		return 2;
	}
	if (!language_parse(argv[argc - 1], &workload, error)) {
		fprintf(stderr, "%s\n", error);
		return EXIT_LANGUAGE;
	}
	if (check) {
		describe();
		return 0;
	}
	path = argv[optind];
	if (advice)
		take_advices(advice);
	prepare();
	run_all();
	report();
	return 0;
}
