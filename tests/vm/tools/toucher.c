// SPDX-License-Identifier: GPL-2.0
/*
 * toucher - maps files and touches them in a pattern, at the word of a test.
 *
 * usage: toucher [uid=N]            commands on standard input, see below
 *        toucher storm FILE [WORD]...  until killed; words: advise fork
 *
 * Says "ready PID" when it starts, then answers each command by one line: "ok"
 * with what it says below, or "error WHAT".
 *
 *   map NAME FILE [at=ADDRESS] [from=PAGE] [pages=N] [private] [write] [exec]
 *                                         -> ok START END (hexadecimal)
 *   anon NAME pages=N                     -> ok START END
 *   touch NAME PATTERN COUNT [KEY=N]...   -> ok PAGE-FAULTS
 *       seq back      every page, up or down
 *       stride        every page=N-th page
 *       random        a page of each 16-page block, the blocks in random order
 *       runs          run=N pages in a row, at random places
 *       streams       streams=N sequential cursors in turn
 *       hot           9 of 10 touches go to a tenth of the pages
 *       mix           seq below border=PAGE, random from there on, in turn
 *     on pages from=PAGE to=PAGE of the mapping; threads=N do it at a time, each in
 *     its part; pace=US sleeps after each touch that faulted; write=1 writes.
 *     seq, back, stride, random go on where the last such command on the mapping ended,
 *     unless restart=1.
 *   zap NAME                  page tables forget the mapping: its next touches fault
 *   cold NAME                 zap, and the page cache forgets the file
 *   advise NAME normal|sequential|random|willneed [from=PAGE] [to=PAGE] [vector]
 *                             vector: by process_madvise(), in two parts
 *   misadvise NAME normal|sequential|random     from no page border: refused
 *   scatter NAME sequential|random [odd] [pace=US]   every other 16 pages, one call each;
 *                             odd: those between, from the last one on
 *   unmap NAME [from=PAGE] [to=PAGE]
 *   part NAME NEW from=PAGE   what of the mapping begins there is called NEW from now on
 *   move NAME [pages=N]       mremap() to another place -> ok START END
 *   grow NAME pages=N         mremap() where it is; there must be room
 *   protect NAME none|read|write [from=PAGE] [to=PAGE]
 *   replace NAME FILE [to=PAGE]   another file at the same place, or at its beginning
 *   fork IN OUT               a child that takes commands from IN, answers to OUT -> ok PID
 *   leave                     a child that shares its memory with another process, and runs
 *                             another program -> ok PID of that other process
 *   bequeath NAME             a child, which has a child and then unmaps the mapping -> ok PID PID
 *   crowd NAME COUNT [pause=MS]   children that touch the mapping again and again -> ok PID...
 *   disperse                  kills them
 *   exec [PROGRAM]            this program anew -> ready PID
 *   comm NAME                 command name
 *   pid                       -> ok PID
 *   exit
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vector.h"

#define PAGE		4096L
#define BLOCK		16	/* pages that one fault on resident pages maps */
#define MAX_MAPPINGS	64
#define MAX_BLOCKS	65536
#define MAX_THREADS	16
#define MAX_STREAMS	64
#define MAX_CROWD	1024

struct mapping {
	char name[32];
	char *start;
	long pages;
	long offset;		/* page offset in the file */
	int fd;
	int rights;
	int kind;
	long cursor;		/* where seq, back and stride go on */
	long drawn;		/* places drawn of the random order */
	uint32_t *order;
	long blocks;
};

/* One touch command, or one thread's part of it. */
struct walk {
	struct mapping *mapping;
	const char *pattern;
	long count, from, to, page, run, streams, border, threads, pace, write, restart;
	unsigned int seed;
	long step;		/* touches so far */
	long cursors[MAX_STREAMS];
	pthread_t thread;
};

static struct mapping mappings[MAX_MAPPINGS];
static FILE *answers;

static __attribute__((format(printf, 1, 2))) void answer(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(answers, format, arguments);
	va_end(arguments);
	fputc('\n', answers);
	fflush(answers);
}

static void answer_errno(const char *what)
{
	answer("error %s: %s", what, strerror(errno));
}

static struct mapping *find(const char *name)
{
	int i;

	for (i = 0; name && i < MAX_MAPPINGS; i++)
		if (!strcmp(mappings[i].name, name))
			return &mappings[i];
	return NULL;
}

/* The value of KEY=... among the words, or @fallback. */
static long option(char **words, const char *key, long fallback)
{
	size_t length = strlen(key);

	for (; *words; words++)
		if (!strncmp(*words, key, length) && (*words)[length] == '=')
			return strtol(*words + length + 1, NULL, 0);
	return fallback;
}

static bool has(char **words, const char *word)
{
	for (; *words; words++)
		if (!strcmp(*words, word))
			return true;
	return false;
}

static long page_faults(int whose)
{
	struct rusage usage;

	getrusage(whose, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* --- patterns ---------------------------------------------------------------- */

static unsigned int draw(unsigned int *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Blocks [0, @blocks) in random order, anew when they have all been drawn. */
static long next_random_block(struct walk *walk, long blocks)
{
	struct mapping *m = walk->mapping;
	long i, j;
	uint32_t swap;

	if (m->blocks != blocks || m->drawn >= blocks) {
		m->blocks = blocks;
		m->drawn = 0;
		for (i = 0; i < blocks; i++)
			m->order[i] = i;
		for (i = blocks - 1; i > 0; i--) {
			j = draw(&walk->seed) % (i + 1);
			swap = m->order[i];
			m->order[i] = m->order[j];
			m->order[j] = swap;
		}
	}
	return m->order[m->drawn++];
}

static long wrap(const struct walk *walk, long page)
{
	if (page >= walk->to)
		return walk->from;
	if (page < walk->from)
		return walk->to - 1;
	return page;
}

static long next_sequential(struct walk *walk, long *cursor, long from, long to)
{
	long page = *cursor < from || *cursor >= to ? from : *cursor;

	(void)walk;
	*cursor = page + 1;
	return page;
}

static long next_random(struct walk *walk, long from, long to)
{
	long blocks = (to - from) / BLOCK;

	return from + next_random_block(walk, blocks) * BLOCK + draw(&walk->seed) % BLOCK;
}

static long next_in_run(struct walk *walk)
{
	long places = (walk->to - walk->from) / (2 * walk->run);

	if (walk->step % walk->run == 0)
		walk->cursors[0] = walk->from + next_random_block(walk, places) * 2 * walk->run;
	return walk->cursors[0]++;
}

static long next_of_streams(struct walk *walk)
{
	long stream = walk->step % walk->streams, part = (walk->to - walk->from) / walk->streams;
	long from = walk->from + stream * part;

	return next_sequential(walk, &walk->cursors[stream], from, from + part);
}

static long next_hot(struct walk *walk)
{
	long tenth = walk->from + (walk->to - walk->from) / 10, page;

	if (draw(&walk->seed) % 10)
		page = walk->from + draw(&walk->seed) % (tenth - walk->from);
	else
		page = tenth + draw(&walk->seed) % (walk->to - tenth);
	if (walk->step % BLOCK == 0) /* so that hot pages fault again and again */
		madvise(walk->mapping->start, walk->mapping->pages * PAGE, MADV_DONTNEED);
	return page;
}

/* As many faults on either side of the border: one in BLOCK sequential touches faults. */
static long next_mixed(struct walk *walk)
{
	if (walk->step % (BLOCK + 1) == 0)
		return next_random(walk, walk->border, walk->to);
	return next_sequential(walk, &walk->cursors[0], walk->from, walk->border);
}

static long next_page(struct walk *walk)
{
	struct mapping *m = walk->mapping;

	/* Threads walk by their own cursors, a single walk goes on where the last one ended. */
	long *cursor = walk->threads > 1 ? &walk->cursors[0] : &m->cursor;

	switch (*walk->pattern) {
	case 'b': /* back */
		*cursor = wrap(walk, *cursor - 1);
		return *cursor;
	case 'm':
		return next_mixed(walk);
	case 'h':
		return next_hot(walk);
	case 'r':
		return walk->pattern[1] == 'u' ? next_in_run(walk) :
						 next_random(walk, walk->from, walk->to);
	}
	if (!strcmp(walk->pattern, "streams"))
		return next_of_streams(walk);
	if (!strcmp(walk->pattern, "stride")) {
		long page = wrap(walk, *cursor);

		*cursor = page + walk->page;
		return page;
	}
	return next_sequential(walk, cursor, walk->from, walk->to);
}

static void *do_walk(void *argument)
{
	struct walk *walk = argument;
	long before = walk->pace ? page_faults(RUSAGE_THREAD) : 0;

	for (walk->step = 0; walk->step < walk->count; walk->step++) {
		volatile char *byte = walk->mapping->start + next_page(walk) * PAGE;

		if (walk->write)
			*byte = walk->step;
		else
			(void)*byte;
		if (walk->pace && page_faults(RUSAGE_THREAD) != before) {
			usleep(walk->pace);
			before = page_faults(RUSAGE_THREAD);
		}
	}
	return NULL;
}

static void walk_in_threads(const struct walk *whole)
{
	static struct walk parts[MAX_THREADS];
	long i, part = (whole->to - whole->from) / whole->threads;

	for (i = 0; i < whole->threads; i++) {
		parts[i] = *whole;
		parts[i].from = whole->from + i * part;
		parts[i].to = parts[i].from + part;
		parts[i].cursors[0] = parts[i].from;
		parts[i].count = whole->count / whole->threads;
		pthread_create(&parts[i].thread, NULL, do_walk, &parts[i]);
	}
	for (i = 0; i < whole->threads; i++)
		pthread_join(parts[i].thread, NULL);
}

static void touch(char **words)
{
	static const char *const patterns[] = { "seq",	   "back", "stride", "random", "runs",
						"streams", "hot",  "mix",    NULL };
	static unsigned int seeds = 1;
	struct mapping *m = find(words[1]);
	struct walk walk = { 0 };
	long before = page_faults(RUSAGE_SELF);
	int i;

	if (!m || !words[2] || !words[3]) {
		answer("error touch what, how, how often?");
		return;
	}
	for (i = 0; patterns[i] && strcmp(patterns[i], words[2]); i++)
		;
	walk.mapping = m;
	walk.pattern = words[2];
	walk.count = strtol(words[3], NULL, 0);
	walk.from = option(words, "from", 0);
	walk.to = option(words, "to", m->pages);
	walk.page = option(words, "page", 64);
	walk.run = option(words, "run", 64);
	walk.streams = option(words, "streams", 1);
	walk.border = option(words, "border", m->pages / 2);
	walk.threads = option(words, "threads", 1);
	walk.pace = option(words, "pace", 0);
	walk.write = option(words, "write", 0);
	walk.restart = option(words, "restart", 0);
	walk.seed = 2463534242u + 977 * option(words, "seed", seeds++);
	if (!patterns[i] || walk.from < 0 || walk.to > m->pages || walk.from >= walk.to ||
	    walk.streams > MAX_STREAMS || walk.threads > MAX_THREADS ||
	    m->pages / BLOCK > MAX_BLOCKS) {
		answer("error touch: out of range");
		return;
	}
	if (walk.restart) {
		m->cursor = walk.from;
		m->blocks = 0;
	}
	if (walk.threads > 1)
		walk_in_threads(&walk);
	else
		do_walk(&walk);
	answer("ok %ld", page_faults(RUSAGE_SELF) - before);
}

/* --- mappings ---------------------------------------------------------------- */

static struct mapping *new_mapping(const char *name)
{
	struct mapping *m = find(""); /* a free one has no name */

	if (!m || !name || find(name)) {
		answer("error the name is taken, or there are too many mappings");
		return NULL;
	}
	memset(m, 0, sizeof(*m));
	m->fd = -1;
	m->order = mmap(NULL, MAX_BLOCKS * sizeof(*m->order), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m;
}

static void answer_place(const struct mapping *m)
{
	answer("ok %lx %lx", (long)m->start, (long)m->start + m->pages * PAGE);
}

static void map(char **words)
{
	struct mapping *m = new_mapping(words[1]);
	char *at = (char *)option(words, "at", 0);
	bool writes = has(words, "write");
	struct stat status;

	if (!m)
		return;
	m->fd = words[2] ? open(words[2], (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC) : -1;
	if (m->fd < 0 || fstat(m->fd, &status)) {
		answer_errno("open");
		return;
	}
	m->offset = option(words, "from", 0);
	m->pages = option(words, "pages", status.st_size / PAGE - m->offset);
	m->rights = PROT_READ | (writes ? PROT_WRITE : 0) | (has(words, "exec") ? PROT_EXEC : 0);
	m->kind = has(words, "private") ? MAP_PRIVATE : MAP_SHARED;
	m->start = mmap(at, m->pages * PAGE, m->rights, m->kind | (at ? MAP_FIXED_NOREPLACE : 0),
			m->fd, m->offset * PAGE);
	if (m->start == MAP_FAILED) {
		answer_errno("mmap");
		return;
	}
	snprintf(m->name, sizeof(m->name), "%s", words[1]);
	answer_place(m);
}

static void map_anonymous(char **words)
{
	struct mapping *m = new_mapping(words[1]);

	if (!m)
		return;
	m->pages = option(words, "pages", 1024);
	m->start = mmap(NULL, m->pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	if (m->start == MAP_FAILED) {
		answer_errno("mmap");
		return;
	}
	snprintf(m->name, sizeof(m->name), "%s", words[1]);
	answer_place(m);
}

/* The program's own matter: the kernel knows nothing of it. */
static void part(struct mapping *m, const char *name, long from)
{
	struct mapping *rest = new_mapping(name);

	if (!rest)
		return;
	if (from <= 0 || from >= m->pages) {
		answer("error part: from is out of range");
		return;
	}
	rest->start = m->start + from * PAGE;
	rest->pages = m->pages - from;
	rest->offset = m->offset + from;
	rest->fd = dup(m->fd);
	rest->rights = m->rights;
	rest->kind = m->kind;
	snprintf(rest->name, sizeof(rest->name), "%s", name);
	m->pages = from;
	answer_place(rest);
}

static void zap(struct mapping *m)
{
	madvise(m->start, m->pages * PAGE, MADV_DONTNEED);
}

static void cold(struct mapping *m)
{
	zap(m);
	if (m->fd >= 0)
		posix_fadvise(m->fd, m->offset * PAGE, m->pages * PAGE, POSIX_FADV_DONTNEED);
}

static int advice_of(const char *word)
{
	if (!strcmp(word, "sequential"))
		return MADV_SEQUENTIAL;
	if (!strcmp(word, "random"))
		return MADV_RANDOM;
	if (!strcmp(word, "willneed"))
		return MADV_WILLNEED;
	return MADV_NORMAL;
}

static int rights_of(const char *word)
{
	if (!strcmp(word, "none"))
		return PROT_NONE;
	return !strcmp(word, "write") ? PROT_READ | PROT_WRITE : PROT_READ;
}

static void move(struct mapping *m, char **words)
{
	long pages = option(words, "pages", m->pages);
	/* A place that is surely another one. */
	char *place = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	place = mremap(m->start, m->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	if (place == MAP_FAILED) {
		answer_errno("mremap");
		return;
	}
	m->start = place;
	m->pages = pages;
	answer_place(m);
}

static void grow(struct mapping *m, char **words)
{
	long pages = option(words, "pages", m->pages);

	if (mremap(m->start, m->pages * PAGE, pages * PAGE, 0) == MAP_FAILED) {
		answer_errno("mremap");
		return;
	}
	m->pages = pages;
	answer("ok");
}

static void replace(struct mapping *m, const char *file, long pages)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || mmap(m->start, pages * PAGE, m->rights, m->kind | MAP_FIXED, fd, 0) !=
			      m->start) {
		answer_errno("replace");
		return;
	}
	close(m->fd);
	m->fd = fd;
	m->offset = 0;
	answer_place(m);
}

static int advise(char *start, long pages, int advice, bool vector)
{
	struct iovec parts[] = {
		{ start, pages / 2 * PAGE },
		{ start + pages / 2 * PAGE, (pages - pages / 2) * PAGE },
	};

	return vector ? !advise_by_vector(parts, 2, advice) : madvise(start, pages * PAGE, advice);
}

static int scatter(struct mapping *m, int advice, bool odd, long pace)
{
	long i, page, count = m->pages / (2 * BLOCK);
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		page = odd ? (2 * (count - i) - 1) * BLOCK : 2 * i * BLOCK;
		err = madvise(m->start + page * PAGE, BLOCK * PAGE, advice);
		if (pace)
			usleep((useconds_t)pace);
	}
	return err;
}

/* Commands on a mapping or a part of it. */
static bool change(char **words)
{
	struct mapping *m = find(words[1]);
	long from = option(words, "from", 0), to = m ? option(words, "to", m->pages) : 0;
	char *start = m ? m->start + from * PAGE : NULL;
	const char *what = words[0];
	int err = 0;

	if (!m || from < 0 || to > m->pages || from >= to) {
		answer("error %s: no such mapping, or out of range", what);
		return true;
	}
	if (!strcmp(what, "zap"))
		zap(m);
	else if (!strcmp(what, "cold"))
		cold(m);
	else if (!strcmp(what, "advise") && words[2])
		err = advise(start, to - from, advice_of(words[2]), has(words, "vector"));
	else if (!strcmp(what, "misadvise") && words[2])
		err = !madvise(start + 1, (to - from) * PAGE, advice_of(words[2]));
	else if (!strcmp(what, "scatter") && words[2])
		err = scatter(m, advice_of(words[2]), has(words, "odd"), option(words, "pace", 0));
	else if (!strcmp(what, "protect") && words[2])
		err = mprotect(start, (to - from) * PAGE, rights_of(words[2]));
	else if (!strcmp(what, "unmap"))
		err = munmap(start, (to - from) * PAGE);
	else
		return false;
	if (!strcmp(what, "unmap") && from == 0 && to == m->pages)
		m->name[0] = 0;
	if (err)
		answer_errno(what);
	else
		answer("ok");
	return true;
}

/* --- processes ----------------------------------------------------------------- */

static void serve(int in, FILE *out);

static void fork_child(char **words)
{
	pid_t pid;
	int in, out;

	if (!words[1] || !words[2]) {
		answer("error fork: IN OUT");
		return;
	}
	pid = fork();
	if (pid < 0) {
		answer_errno("fork");
	} else if (pid) {
		answer("ok %d", pid);
	} else {
		in = open(words[1], O_RDONLY);
		out = open(words[2], O_WRONLY);
		if (in < 0 || out < 0)
			_exit(1);
		/* So that exec finds them where a new program does. */
		dup2(in, 0);
		dup2(out, 1);
		serve(0, stdout);
		_exit(0);
	}
}

static int stay(void *told)
{
	close(*(int *)told);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* not with its parent's program, which goes on */
	return pause(); /* until it is killed */
}

static void leave(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	pid_t heir = 0;
	int told[2];

	if (pipe2(told, O_CLOEXEC)) {
		answer_errno("pipe");
		return;
	}
	if (!fork()) {
		heir = clone(stay, stack + sizeof(stack), CLONE_VM | SIGCHLD, &told[1]);
		if (write(told[1], &heir, sizeof(heir)) == sizeof(heir))
			execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	close(told[1]);
	if (read(told[0], &heir, sizeof(heir)) != sizeof(heir) || heir <= 0)
		answer("error leave");
	else if (read(told[0], &heir, 1)) /* until it runs the other program */
		answer("error leave: exec");
	else
		answer("ok %d", heir);
	close(told[0]);
}

static void bequeath(const struct mapping *m)
{
	pid_t pids[2] = { 0, 0 };
	int told[2];

	if (pipe2(told, O_CLOEXEC)) {
		answer_errno("pipe");
		return;
	}
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pids[0] = getpid();
		pids[1] = fork();
		if (!pids[1]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(pause());
		}
		if (!munmap(m->start, m->pages * PAGE) &&
		    write(told[1], pids, sizeof(pids)) == sizeof(pids))
			pause();
		_exit(1);
	}
	close(told[1]);
	if (read(told[0], pids, sizeof(pids)) == sizeof(pids))
		answer("ok %d %d", pids[0], pids[1]);
	else
		answer("error bequeath");
	close(told[0]);
}

static pid_t crowd[MAX_CROWD];
static long crowd_size;

static _Noreturn void belong_to_crowd(struct mapping *m, long pause_ms)
{
	unsigned int seed = getpid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		zap(m);
		(void)*(volatile char *)(m->start + draw(&seed) % m->pages * PAGE);
		usleep(pause_ms * 1000);
	}
}

static void gather(struct mapping *m, char **words)
{
	long pause_ms = option(words, "pause", 500), count = strtol(words[2], NULL, 0);
	pid_t pid;

	while (count-- > 0 && crowd_size < MAX_CROWD) {
		pid = fork();
		if (pid < 0) {
			answer_errno("fork");
			return;
		}
		if (!pid)
			belong_to_crowd(m, pause_ms);
		crowd[crowd_size++] = pid;
	}
	fputs("ok", answers);
	for (count = 0; count < crowd_size; count++)
		fprintf(answers, " %d", crowd[count]);
	answer("%s", "");
}

static void disperse(void)
{
	while (crowd_size)
		kill(crowd[--crowd_size], SIGKILL);
	answer("ok");
}

static void execute(char **words)
{
	char program[4096] = "";
	char *arguments[] = { program, NULL };

	if (words[1])
		snprintf(program, sizeof(program), "%s", words[1]);
	else if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		snprintf(program, sizeof(program), "?");
	execv(program, arguments);
	answer_errno("exec");
}

/* Not through stdio: its read-ahead would be lost at exec. */
static bool read_line(int in, char *line, size_t size)
{
	size_t length = 0;

	while (length < size - 1 && read(in, line + length, 1) == 1) {
		if (line[length] == '\n') {
			line[length] = 0;
			return true;
		}
		length++;
	}
	return false;
}

static void obey(char **words)
{
	const char *what = words[0];

	if (!strcmp(what, "map")) {
		map(words);
	} else if (!strcmp(what, "anon")) {
		map_anonymous(words);
	} else if (!strcmp(what, "touch")) {
		touch(words);
	} else if (!strcmp(what, "grow") && find(words[1])) {
		grow(find(words[1]), words + 2);
	} else if (!strcmp(what, "part") && find(words[1]) && words[2]) {
		part(find(words[1]), words[2], option(words, "from", 0));
	} else if (!strcmp(what, "move") && find(words[1])) {
		move(find(words[1]), words);
	} else if (!strcmp(what, "replace") && find(words[1]) && words[2]) {
		replace(find(words[1]), words[2], option(words, "to", find(words[1])->pages));
	} else if (!strcmp(what, "fork")) {
		fork_child(words);
	} else if (!strcmp(what, "leave")) {
		leave();
	} else if (!strcmp(what, "bequeath") && find(words[1])) {
		bequeath(find(words[1]));
	} else if (!strcmp(what, "crowd") && find(words[1]) && words[2]) {
		gather(find(words[1]), words);
	} else if (!strcmp(what, "disperse")) {
		disperse();
	} else if (!strcmp(what, "exec")) {
		execute(words);
	} else if (!strcmp(what, "comm") && words[1]) {
		prctl(PR_SET_NAME, words[1]);
		answer("ok");
	} else if (!strcmp(what, "pid")) {
		answer("ok %d", getpid());
	} else if (!strcmp(what, "exit")) {
		answer("ok");
		_exit(0);
	} else if (!change(words)) {
		answer("error unknown command %s", what);
	}
}

static void serve(int in, FILE *out)
{
	static char line[4096];
	char *words[64];
	int count;

	answers = out;
	answer("ready %d", getpid());
	while (read_line(in, line, sizeof(line))) {
		count = 0;
		for (words[0] = strtok(line, " "); words[count] && count < 62;
		     words[++count] = strtok(NULL, " "))
			;
		words[count] = NULL;
		if (count)
			obey(words);
	}
}

/* --- storm ------------------------------------------------------------------- */

/* Everything that a process may do to its mappings, at random, for ever. */
static _Noreturn void storm(char **words)
{
	unsigned int seed = 2463534242u + 977 * getpid();
	bool advises = has(words, "advise"), forks = has(words, "fork");
	struct mapping *m = &mappings[0];
	long i, cursor = 0;
	struct stat status;

	m->fd = open(words[0], O_RDONLY);
	if (m->fd < 0 || fstat(m->fd, &status))
		exit(1);
	m->pages = status.st_size / PAGE;
	for (;;) {
		m->start = mmap(NULL, m->pages * PAGE, PROT_READ, MAP_SHARED, m->fd, 0);
		for (i = 0; i < 4000; i++) {
			long page = draw(&seed) % m->pages;

			if (i / 500 % 2)
				page = cursor = (cursor + BLOCK) % m->pages;
			(void)*(volatile char *)(m->start + page * PAGE);
			if (i % 100 == 0) /* or there is no processor left for the others */
				usleep(1000);
			if (i % 500 == 0)
				zap(m);
			if (i % 700 == 0)
				mprotect(m->start + page * PAGE, PAGE, PROT_READ | PROT_EXEC);
			if (i % 900 == 0 && advises)
				madvise(m->start + page * PAGE, (m->pages - page) * PAGE,
					draw(&seed) % 3); /* normal, random, sequential */
			if (i % 1100 == 0) {
				char *to = mmap(NULL, m->pages * PAGE, PROT_NONE,
						MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

				mprotect(m->start, m->pages * PAGE, PROT_READ);
				/* Fails while advice splits the mapping. */
				if (mremap(m->start, m->pages * PAGE, m->pages * PAGE,
					   MREMAP_MAYMOVE | MREMAP_FIXED, to) == to)
					m->start = to;
				else
					munmap(to, m->pages * PAGE);
			}
			if (i % 1300 == 0 && forks && !fork()) {
				for (i = 0; i < 200; i++)
					(void)*(volatile char *)(m->start +
								 draw(&seed) % m->pages * PAGE);
				_exit(0);
			}
		}
		munmap(m->start, m->pages * PAGE);
	}
}

int main(int argc, char **argv)
{
	long uid = option(argv, "uid", 0);

	signal(SIGCHLD, SIG_IGN);
	if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		return 1;
	if (argc > 2 && !strcmp(argv[1], "storm"))
		storm(argv + 2);
	serve(0, stdout);
	return 0;
}
