// SPDX-License-Identifier: GPL-2.0
/*
 * faults - time page faults of one kind, or hold mappings for a look at them
 *
 *	faults anonymous|file|tmpfs FILE	FILE is not used for anonymous
 *	faults hold MAPPINGS FILE		maps and touches, then waits for its input to end
 *
 * Where virtual time is counted in instructions (QEMU -icount shift=0), a
 * nanosecond is an instruction. Prints one JSON object.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define FAULT_AROUND (16 * PAGE)
#define FAULTS 2048
#define REPETITIONS 9
#define ANALYZER_NS "/sys/kernel/smart_madvise/stats/analyzer_ns"

/**
 * struct kind - how to provoke one kind of fault
 * @name: on the command line
 * @step: bytes from one fault to the next
 * @prot: of the mapping
 * @flags: of the mapping
 */
struct kind {
	const char *name;
	size_t step;
	int prot;
	int flags;
};

static const struct kind kinds[] = {
	{ "anonymous", PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
	{ "file", FAULT_AROUND, PROT_READ, MAP_SHARED },
	{ "tmpfs", PAGE, PROT_READ | PROT_WRITE, MAP_SHARED },
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* CPU time of the module's thread, 0 without the module. */
static uint64_t analyzer_ns(void)
{
	char text[32] = "0";
	int fd = open(ANALYZER_NS, O_RDONLY);

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			err(1, ANALYZER_NS);
		close(fd);
	}
	return strtoull(text, NULL, 10);
}

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	if (usage.ru_majflt)
		errx(1, "%ld major faults: the file is not in the page cache", usage.ru_majflt);
	return usage.ru_minflt;
}

static void touch(const struct kind *kind, volatile char *at)
{
	if (kind->prot & PROT_WRITE)
		*at = 1;
	else
		(void)*at;
}

static volatile char *map(const struct kind *kind, int fd)
{
	size_t bytes = FAULTS * kind->step;
	char *memory = mmap(NULL, bytes, kind->prot, kind->flags, fd, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (kind->flags & MAP_ANONYMOUS)
		madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory;
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The middle duration of single faults: what interrupts and other threads do is not in it. */
static uint32_t median_of_one(const struct kind *kind, int fd)
{
	static uint32_t each[FAULTS], empty[FAULTS];
	volatile char *memory = map(kind, fd);
	uint64_t start;
	size_t i;

	memset(each, 1, sizeof(each)); /* no faults of our own */
	memset(empty, 1, sizeof(empty));
	for (i = 0; i < FAULTS; i++) {
		start = now_ns(CLOCK_MONOTONIC);
		empty[i] = now_ns(CLOCK_MONOTONIC) - start;
	}
	for (i = 0; i < FAULTS; i++) {
		start = now_ns(CLOCK_MONOTONIC);
		touch(kind, memory + i * kind->step);
		each[i] = now_ns(CLOCK_MONOTONIC) - start;
	}
	munmap((void *)memory, FAULTS * kind->step);
	qsort(each, FAULTS, sizeof(*each), by_size);
	qsort(empty, FAULTS, sizeof(*empty), by_size);
	return each[FAULTS / 2] - empty[FAULTS / 2];
}

/* The duration of all faults of a mapping, what they set off included. */
static uint64_t duration_of_all(const struct kind *kind, int fd)
{
	volatile char *memory = map(kind, fd);
	long faults = minor_faults();
	uint64_t start = now_ns(CLOCK_MONOTONIC), duration;
	size_t i;

	for (i = 0; i < FAULTS; i++)
		touch(kind, memory + i * kind->step);
	duration = now_ns(CLOCK_MONOTONIC) - start;
	faults = minor_faults() - faults;
	if (faults < FAULTS || faults > FAULTS + FAULTS / 50)
		errx(1, "%ld faults instead of %d", faults, FAULTS);
	munmap((void *)memory, FAULTS * kind->step);
	return duration;
}

static void measure(const struct kind *kind, int fd)
{
	uint32_t one[REPETITIONS];
	uint64_t all[REPETITIONS], sum = 0, analyzer;
	int i;

	for (i = 0; i < REPETITIONS; i++)
		one[i] = median_of_one(kind, fd);
	duration_of_all(kind, fd);
	analyzer = analyzer_ns();
	for (i = 0; i < REPETITIONS; i++)
		sum += all[i] = duration_of_all(kind, fd);
	usleep(20000); /* for the last of it */
	analyzer = analyzer_ns() - analyzer;

	printf("{\"kind\": \"%s\", \"faults\": %d, \"repetitions\": %d, \"one\": [", kind->name,
	       FAULTS, REPETITIONS);
	for (i = 0; i < REPETITIONS; i++)
		printf("%s%u", i ? ", " : "", one[i]);
	printf("], \"all\": [");
	for (i = 0; i < REPETITIONS; i++)
		printf("%s%.1f", i ? ", " : "", (double)all[i] / FAULTS);
	printf("], \"analyzer\": %.1f}\n", (double)analyzer / FAULTS / REPETITIONS);
}

/* Mappings of 2 MiB that do not touch each other. */
static void hold(int mappings, int fd)
{
	size_t bytes = 2ul << 20;
	char *room = mmap(NULL, 2 * mappings * bytes, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int i;

	if (room == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < mappings; i++) {
		volatile char *at = mmap(room + 2 * i * bytes, bytes, PROT_READ,
					 MAP_SHARED | MAP_FIXED, fd, 0);
		size_t page;

		if (at == MAP_FAILED)
			err(1, "mmap");
		for (page = 0; page < bytes; page += FAULT_AROUND)
			(void)at[page];
		usleep(20000); /* for the analyzer to adopt the process and look */
		for (page = 0; page < bytes; page += PAGE) {
			madvise((void *)at, bytes, MADV_DONTNEED);
			(void)at[page];
		}
	}
	usleep(20000);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int main(int count, char **words)
{
	int fd = -1;
	size_t i;

	if (count == 4 && !strcmp(words[1], "hold")) {
		fd = open(words[3], O_RDONLY);
		if (fd < 0)
			err(1, "%s", words[3]);
		hold(atoi(words[2]), fd);
		return 0;
	}
	for (i = 0; count == 3 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(words[1], kinds[i].name))
			continue;
		if (!(kinds[i].flags & MAP_ANONYMOUS)) {
			fd = open(words[2], kinds[i].prot & PROT_WRITE ? O_RDWR : O_RDONLY);
			if (fd < 0)
				err(1, "%s", words[2]);
		}
		measure(&kinds[i], fd);
		return 0;
	}
	errx(2, "usage: faults anonymous|file|tmpfs FILE, or faults hold MAPPINGS FILE");
}
