// SPDX-License-Identifier: GPL-2.0
/*
 * storm - threads that do everything a program may do to mappings, at random and at a
 * time, and know what they did: which advice each page should bear.
 *
 * usage: storm SEED THREADS FOLDER [WORD]...
 * WORDs name what is done; without any, all of it: map unmap move grow protect advise
 * misadvise zap fork. Touches always happen. Files are made in FOLDER.
 *
 * Says "ready PID" when it starts, then answers each command on standard input by a line:
 *   run MS     storm for so long    -> ok STEPS
 *   check      compare the advice that /proc/PID/smaps shows, of this process and of the
 *              children that live, with what the program itself advised
 *                                   -> ok MAPPINGS, or "error" lines, then "wrong N"
 *   exit
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "vector.h"

#define PAGE		4096L
#define BLOCK		16	/* pages that one fault on resident small folios maps */
#define FILES		2	/* of each thread */
#define NO_FILE		FILES	/* plain memory */
#define FILE_PAGES	1024
#define ARENA_PAGES	2048
#define MAX_THREADS	8
#define MAX_CHILDREN	4

enum hint { NONE, SEQUENTIAL, RANDOM };

static const char *const hint_names[] = { "none", "sequential", "random" };
static const int behaviors[] = { MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM };

/* What a page of an arena should be. */
struct page {
	int file; /* 0: nothing is mapped */
	long offset;
	enum hint hint;
	int rights;
};

/* The part of the address space that one thread does as it likes with. */
struct arena {
	char *start;
	int files[FILES];
	struct page pages[ARENA_PAGES];
	struct dice dice;
	long steps;
};

/* A stretch of pages in an arena */
struct stretch {
	long from;
	long count;
};

static struct arena arenas[MAX_THREADS];
static int threads;
static unsigned long seed;
static bool running;
static pthread_barrier_t begin, end;

/* A fork copies the models, too: nobody may be between a change and its note. */
static pthread_rwlock_t noting = PTHREAD_RWLOCK_INITIALIZER;

static _Noreturn void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *at(struct arena *arena, long page)
{
	return arena->start + page * PAGE;
}

/* --- stretches --------------------------------------------------------------- */

static struct stretch any_stretch(struct arena *arena)
{
	struct stretch s = { .count = 16 + below(&arena->dice, 240) };

	s.from = below(&arena->dice, ARENA_PAGES - s.count);
	return s;
}

static bool alike(const struct page *a, const struct page *b)
{
	return a->file == b->file && a->offset + 1 == b->offset && a->hint == b->hint &&
	       a->rights == b->rights;
}

/* Pages that are mapped; @uniform: as one mapping, as far as the program knows. */
static bool mapped_stretch(struct arena *arena, struct stretch *s, bool uniform)
{
	const struct page *pages = arena->pages;
	long last;

	*s = any_stretch(arena);
	last = s->from + s->count;
	while (s->from < last && !pages[s->from].file)
		s->from++;
	for (s->count = 0; s->from + s->count < last; s->count++) {
		const struct page *page = &pages[s->from + s->count];

		if (!page->file || (uniform && s->count && !alike(page - 1, page)))
			break;
	}
	return s->count;
}

static void forget(struct arena *arena, struct stretch s)
{
	memset(&arena->pages[s.from], 0, s.count * sizeof(struct page));
}

/* --- what is done -------------------------------------------------------------- */

/* A file, or sometimes plain memory, which is never hinted. */
static void map(struct arena *arena)
{
	struct stretch s = any_stretch(arena);
	int file = below(&arena->dice, 4) ? below(&arena->dice, FILES) : NO_FILE;
	int kind = file == NO_FILE ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	long i, offset = below(&arena->dice, FILE_PAGES - s.count);

	if (mmap(at(arena, s.from), s.count * PAGE, PROT_READ, kind | MAP_FIXED,
		 file == NO_FILE ? -1 : arena->files[file], offset * PAGE) == MAP_FAILED)
		die("mmap");
	for (i = 0; i < s.count; i++)
		arena->pages[s.from + i] = (struct page){ file + 1, offset + i, NONE, PROT_READ };
}

static void unmap(struct arena *arena)
{
	struct stretch s = any_stretch(arena);

	if (munmap(at(arena, s.from), s.count * PAGE))
		die("munmap");
	forget(arena, s);
}

static void move(struct arena *arena)
{
	struct stretch from, to;

	if (!mapped_stretch(arena, &from, true))
		return;
	to = (struct stretch){ below(&arena->dice, ARENA_PAGES - from.count), from.count };
	if (to.from < from.from + from.count && from.from < to.from + to.count)
		return;
	if (munmap(at(arena, to.from), to.count * PAGE))
		die("munmap");
	forget(arena, to);
	/* What advice has split cannot be moved as one: refused. */
	if (mremap(at(arena, from.from), from.count * PAGE, to.count * PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, at(arena, to.from)) == MAP_FAILED)
		return;
	memcpy(&arena->pages[to.from], &arena->pages[from.from], to.count * sizeof(struct page));
	forget(arena, from);
}

static void grow(struct arena *arena)
{
	struct stretch s;
	struct page *last;
	long i, more;

	if (!mapped_stretch(arena, &s, true))
		return;
	more = 1 + below(&arena->dice, 64);
	last = &arena->pages[s.from + s.count - 1];
	if (s.from + s.count + more > ARENA_PAGES || last->offset + more >= FILE_PAGES)
		return;
	/* In place; refused where something is in the way. */
	if (mremap(at(arena, s.from), s.count * PAGE, (s.count + more) * PAGE, 0) == MAP_FAILED)
		return;
	for (i = 1; i <= more; i++) {
		last[i] = *last;
		last[i].offset += i;
	}
}

static void protect(struct arena *arena)
{
	static const int kinds[] = { PROT_READ, PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC };
	int rights = kinds[below(&arena->dice, 4)];
	struct stretch s;

	if (!mapped_stretch(arena, &s, false))
		return;
	if (mprotect(at(arena, s.from), s.count * PAGE, rights))
		die("mprotect");
	while (s.count--)
		arena->pages[s.from++].rights = rights;
}

static void advise(struct arena *arena)
{
	enum hint hint = below(&arena->dice, 3);
	bool by_vector = below(&arena->dice, 2);
	struct iovec part;
	struct stretch s;

	if (!mapped_stretch(arena, &s, false))
		return;
	part = (struct iovec){ at(arena, s.from), s.count * PAGE };
	if (!(by_vector && advise_by_vector(&part, 1, behaviors[hint])) &&
	    madvise(part.iov_base, part.iov_len, behaviors[hint]))
		die("madvise");
	while (s.count--)
		arena->pages[s.from++].hint = hint;
}

/* Advice that the kernel refuses, and that therefore changes nothing. */
static void misadvise(struct arena *arena)
{
	enum hint hint = below(&arena->dice, 3);
	struct stretch s;

	if (!mapped_stretch(arena, &s, false))
		return;
	if (!madvise(at(arena, s.from) + 1 + below(&arena->dice, PAGE - 1), s.count * PAGE,
		     behaviors[hint]) || errno != EINVAL)
		die("madvise of no page border");
	if (!madvise(at(arena, s.from), -PAGE, behaviors[hint]) || errno != EINVAL)
		die("madvise around the address space");
}

static void zap(struct arena *arena)
{
	static const int kinds[] = { MADV_DONTNEED, MADV_DONTNEED, MADV_WILLNEED, MADV_COLD };
	struct stretch s;

	if (mapped_stretch(arena, &s, false))
		madvise(at(arena, s.from), s.count * PAGE, kinds[below(&arena->dice, 4)]);
}

/* Faults in a pattern, so that there is something to hint. */
static void touch(struct arena *arena)
{
	long i, blocks, count = 10 + below(&arena->dice, 40);
	bool jumps = below(&arena->dice, 2);
	struct stretch s;

	if (!mapped_stretch(arena, &s, true) || !(arena->pages[s.from].rights & PROT_READ))
		return;
	madvise(at(arena, s.from), s.count * PAGE, MADV_DONTNEED);
	blocks = (s.count + BLOCK - 1) / BLOCK;
	for (i = 0; i < count; i++) {
		if (i && i % blocks == 0)
			madvise(at(arena, s.from), s.count * PAGE, MADV_DONTNEED);
		(void)*(volatile char *)at(arena, s.from + BLOCK * (jumps ?
					   below(&arena->dice, blocks) : i % blocks));
	}
}

static void fork_child(struct arena *arena);

static struct {
	const char *name;
	void (*act)(struct arena *arena);
	int weight;
} acts[] = {
	{ "map", map, 10 },	{ "unmap", unmap, 4 },	   { "move", move, 8 },
	{ "grow", grow, 4 },	{ "protect", protect, 6 }, { "advise", advise, 8 },
	{ "misadvise", misadvise, 2 }, { "zap", zap, 6 },  { "fork", fork_child, 1 },
};
#define ACTS	(sizeof(acts) / sizeof(*acts))

static void step(struct arena *arena)
{
	int sum = 0, die;
	unsigned int i;

	for (i = 0; i < ACTS; i++)
		sum += acts[i].weight;
	die = below(&arena->dice, 2 * sum);
	arena->steps++;
	for (i = 0; i < ACTS; i++) {
		die -= acts[i].weight;
		if (die >= 0)
			continue;
		if (acts[i].act == fork_child)
			pthread_rwlock_wrlock(&noting);
		else
			pthread_rwlock_rdlock(&noting);
		acts[i].act(arena);
		pthread_rwlock_unlock(&noting);
		return;
	}
	touch(arena);
	/* Or there is no processor left for the others. */
	usleep(below(&arena->dice, 1000));
}

/* --- comparing ----------------------------------------------------------------- */

static struct arena *arena_of(const char *address)
{
	int i;

	for (i = 0; i < threads; i++)
		if (address >= arenas[i].start && address < at(&arenas[i], ARENA_PAGES))
			return &arenas[i];
	return NULL;
}

/* One mapping, as smaps shows it. Returns whether a page of it is wrong. */
static bool check_mapping(char *from, char *to, enum hint hint)
{
	struct arena *arena = arena_of(from);
	long page;

	if (!arena)
		return false;
	for (page = (from - arena->start) / PAGE; from < to; from += PAGE, page++) {
		const struct page *want = &arena->pages[page];

		if (want->file && want->hint == hint)
			continue;
		printf("error process %d thread %d at %p (file %d offset %ld): expected %s, got %s\n",
		       getpid(), (int)(arena - arenas), from, want->file, want->offset,
		       want->file ? hint_names[want->hint] : "nothing", hint_names[hint]);
		return true;
	}
	return false;
}

/* Counts the mappings in arenas. Returns how many of them are wrong. */
static long check_own(long *mappings)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[4096], *from = NULL, *to = NULL, *left, *right;
	long wrong = 0;

	if (!smaps)
		die("smaps");
	while (fgets(line, sizeof(line), smaps)) {
		enum hint hint = strstr(line, " sr") ? SEQUENTIAL : strstr(line, " rr") ? RANDOM : NONE;

		if (sscanf(line, "%p-%p ", (void **)&left, (void **)&right) == 2) {
			from = left;
			to = right;
		}
		if (strncmp(line, "VmFlags:", 8))
			continue;
		*mappings += arena_of(from) != NULL;
		wrong += check_mapping(from, to, hint);
	}
	fclose(smaps);
	return wrong;
}

/* --- children ------------------------------------------------------------------- */

static struct child {
	pid_t pid; /* or 0, of a daemon */
	int ask; /* a byte asks it to compare, the end of file to end */
	int tell;
} children[MAX_CHILDREN];

struct answer {
	long mappings;
	long wrong;
};

static void check_children(struct answer *sum)
{
	struct child *child;
	struct answer answer;

	for (child = children; child < children + MAX_CHILDREN; child++) {
		if (!child->ask)
			continue;
		if (write(child->ask, "c", 1) != 1 ||
		    read(child->tell, &answer, sizeof(answer)) != sizeof(answer))
			die("a child");
		sum->mappings += answer.mappings;
		sum->wrong += answer.wrong;
	}
}

/* A child that lives until another takes its place; it does a few things of its own. */
static _Noreturn void live_on(struct arena *arena, int asked, int told)
{
	struct answer answer;
	int i, steps = below(&arena->dice, 40);
	char byte;

	for (i = 0; i < MAX_CHILDREN; i++) {
		if (!children[i].ask)
			continue;
		close(children[i].ask); /* or no sibling would see its end */
		close(children[i].tell);
	}
	memset(children, 0, sizeof(children));
	for (i = 0; i < steps; i++)
		if (below(&arena->dice, 2))
			touch(arena);
		else
			acts[below(&arena->dice, 6)].act(arena); /* map to advise */
	while (read(asked, &byte, 1) == 1) {
		answer = (struct answer){ 0 };
		answer.wrong = check_own(&answer.mappings);
		fflush(stdout);
		if (write(told, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

/* @daemon: as a daemon is born, by a child that is gone at once */
static void fork_survivor(struct arena *arena, bool daemon)
{
	struct child *child = &children[below(&arena->dice, MAX_CHILDREN)];
	int ask[2], tell[2];
	pid_t pid;

	if (pipe2(ask, O_CLOEXEC) || pipe2(tell, O_CLOEXEC))
		die("pipe");
	if (child->pid)
		kill(child->pid, SIGKILL);
	if (child->ask) {
		close(child->ask);
		close(child->tell);
	}
	child->ask = ask[1];
	child->tell = tell[0];
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (!daemon)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		else if (fork())
			_exit(0);
		live_on(arena, ask[0], tell[1]);
	}
	child->pid = daemon ? 0 : pid;
	close(ask[0]);
	close(tell[1]);
}

/* With the lock for writing: in the child no other thread is in the middle of anything. */
static void fork_child(struct arena *arena)
{
	unsigned int fate = below(&arena->dice, 4);
	pid_t pid;

	arena->dice.state += 1; /* the child's dice go on differently than the parent's */
	fflush(stdout);
	if (fate < 2) {
		fork_survivor(arena, fate);
		return;
	}
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (fate == 2)
			execl("/bin/true", "true", NULL);
		_exit(0);
	}
}

/* --- the program ------------------------------------------------------------------ */

static void *work(void *argument)
{
	struct arena *arena = argument;

	for (;;) {
		pthread_barrier_wait(&begin);
		while (__atomic_load_n(&running, __ATOMIC_RELAXED))
			step(arena);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void run(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	long steps = 0;
	int i;

	__atomic_store_n(&running, true, __ATOMIC_RELAXED);
	pthread_barrier_wait(&begin);
	nanosleep(&time, NULL);
	__atomic_store_n(&running, false, __ATOMIC_RELAXED);
	pthread_barrier_wait(&end);
	for (i = 0; i < threads; i++)
		steps += arenas[i].steps;
	printf("ok %ld\n", steps);
}

static void check(void)
{
	struct answer sum = { 0 };

	sum.wrong = check_own(&sum.mappings);
	fflush(stdout);
	check_children(&sum);
	if (sum.wrong)
		printf("wrong %ld of %ld\n", sum.wrong, sum.mappings);
	else
		printf("ok %ld\n", sum.mappings);
}

/*
 * Into the page cache in folios of one page: kernels since 6.18 map all of a large one at
 * a fault, which leaves few faults to see a pattern in.
 */
static void read_by_page(int file)
{
	char page[PAGE];
	long i;

	posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	for (i = 0; i < FILE_PAGES; i++)
		if (pread(file, page, PAGE, i * PAGE) != PAGE)
			die("read");
	posix_fadvise(file, 0, 0, POSIX_FADV_NORMAL);
}

static void make_arena(int number, const char *folder)
{
	struct arena *arena = &arenas[number];
	char path[4096];
	pthread_t thread;
	int i;

	arena->dice = dice_of(seed, number);
	/* A free place: everything that is mapped there later is mapped there on purpose. */
	arena->start = mmap(NULL, ARENA_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/case_storm_%d_%d_%d", folder, getpid(), number, i);
		arena->files[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (arena->files[i] < 0 || ftruncate(arena->files[i], FILE_PAGES * PAGE))
			die(path);
	}
	read_by_page(arena->files[0]); /* the others cause major faults */
	if (pthread_create(&thread, NULL, work, arena))
		die("thread");
}

static void choose(char **words)
{
	unsigned int i;
	char **word;

	for (i = 0; *words && i < ACTS; i++) {
		for (word = words; *word && strcmp(*word, acts[i].name); word++)
			;
		if (!*word)
			acts[i].weight = 0;
	}
}

int main(int argc, char **argv)
{
	char line[64];
	int i;

	if (argc < 4 || atoi(argv[2]) < 1 || atoi(argv[2]) > MAX_THREADS)
		return 2;
	setlinebuf(stdout);
	signal(SIGCHLD, SIG_IGN);
	seed = strtoul(argv[1], NULL, 0);
	threads = atoi(argv[2]);
	choose(argv + 4);
	pthread_barrier_init(&begin, NULL, threads + 1);
	pthread_barrier_init(&end, NULL, threads + 1);
	for (i = 0; i < threads; i++)
		make_arena(i, argv[3]);
	for (i = 0; i < threads; i++)
		munmap(arenas[i].start, ARENA_PAGES * PAGE);
	printf("ready %d\n", getpid());
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "run ", 4))
			run(atol(line + 4));
		else if (!strncmp(line, "check", 5))
			check();
		else
			break;
	}
	puts("ok");
	return 0;
}
