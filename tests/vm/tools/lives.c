// SPDX-License-Identifier: GPL-2.0
/*
 * lives - processes that come and go while they are being hinted.
 *
 * usage: lives SEED COUNT FILE                short lives: fork, exec, exit, kill -9
 *        lives SEED COUNT FILE groups FOLDER  each in a cgroup made for it below FOLDER
 *        lives SEED COUNT FILE hogs GROUP     each takes memory in a cgroup until it is killed
 *        lives SEED life FILE                 one of them: touches the file, then ends
 *
 * Says "ok LIVES KILLED" at the end, KILLED without its having asked for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dice.h"

#define PAGE	4096L
#define BLOCK	16	/* pages that one fault on resident pages maps, at least */
#define AT_ONCE	6
#define HOG_BYTES (1L << 20)

enum fate { ENDS, EXECS, FORKS, IS_KILLED, FATES };

static unsigned long seed;
static const char *file;
static const char *folder; /* of the cgroups, or NULL */
static const char *hogs; /* cgroup of lives that take memory, or NULL */

static long killed;

static _Noreturn void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *map(long *pages)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *start;

	if (fd < 0 || fstat(fd, &status))
		die(file);
	*pages = status.st_size / PAGE;
	start = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (start == MAP_FAILED)
		die("mmap");
	close(fd);
	return start;
}

/*
 * Faults in a pattern that calls for a hint. One for each touch, though kernels
 * since 6.18 map all of a large folio at a fault.
 */
static void touch(struct dice *dice, char *start, long pages, long count)
{
	long i, blocks = pages / BLOCK, from = below(dice, blocks);
	bool jumps = below(dice, 2);

	for (i = 0; i < count; i++) {
		long block = jumps ? below(dice, blocks) : (from + i) % blocks;

		madvise(start, pages * PAGE, MADV_DONTNEED);
		(void)*(volatile char *)(start + block * BLOCK * PAGE);
		if (i % 16 == 15)
			usleep(200);
	}
}

static void join_group(const char *group)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static _Noreturn void hog(struct dice *dice, char *start, long pages)
{
	for (;;) {
		char *more = mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (more != MAP_FAILED)
			memset(more, 1, HOG_BYTES);
		touch(dice, start, pages, 20);
	}
}

static _Noreturn void live(struct dice dice, enum fate fate)
{
	char seed_word[24];
	long pages;
	char *start = map(&pages);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (hogs)
		hog(&dice, start, pages);
	touch(&dice, start, pages, 16 + below(&dice, 48));
	switch (fate) {
	case EXECS:
		snprintf(seed_word, sizeof(seed_word), "%lu", (unsigned long)roll(&dice));
		execl("/proc/self/exe", "lives", seed_word, "life", file, NULL);
		die("exec");
	case FORKS:
		if (!fork())
			touch(&dice, start, pages, 16);
		break;
	case IS_KILLED:
		for (;;)
			touch(&dice, start, pages, 64);
	default:
		break;
	}
	_exit(0);
}

static void make_group(char *group, size_t size, long number)
{
	snprintf(group, size, "%s/life-%ld", folder, number);
	if (mkdir(group, 0755))
		die(group);
}

/* What was killed takes a moment to leave its cgroup. */
static void remove_group(const char *group)
{
	while (rmdir(group) && errno == EBUSY)
		usleep(1000);
}

static pid_t begin_life(long number, struct dice *dice)
{
	enum fate fate = below(dice, FATES);
	char group[4096] = "";
	pid_t pid;

	if (folder)
		make_group(group, sizeof(group), number);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (folder || hogs)
			join_group(hogs ?: group);
		live(dice_of(seed, number), fate);
	}
	if (fate == IS_KILLED && !hogs) {
		usleep(below(dice, 8000));
		kill(pid, SIGKILL);
	}
	return pid;
}

static void end_life(pid_t *pids, long numbers[])
{
	char group[4096];
	int i, status;
	pid_t pid = wait(&status);

	for (i = 0; i < AT_ONCE && pids[i] != pid; i++)
		;
	if (i == AT_ONCE)
		die("an unknown child");
	pids[i] = 0;
	killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
		printf("error life %ld ended by signal %d\n", numbers[i], WTERMSIG(status));
		exit(1);
	}
	if (!folder)
		return;
	snprintf(group, sizeof(group), "%s/life-%ld", folder, numbers[i]);
	remove_group(group);
}

int main(int argc, char **argv)
{
	pid_t pids[AT_ONCE] = { 0 };
	long numbers[AT_ONCE], i, count, living = 0;
	struct dice dice;
	int slot;

	if (argc < 4)
		return 2;
	setlinebuf(stdout);
	seed = strtoul(argv[1], NULL, 0);
	file = argv[3];
	if (!strcmp(argv[2], "life"))
		live(dice_of(seed, 0), ENDS);
	count = atol(argv[2]);
	if (argc > 5 && !strcmp(argv[4], "hogs"))
		hogs = argv[5];
	else if (argc > 5)
		folder = argv[5];
	dice = dice_of(seed, -1);
	for (i = 0; i < count; i++) {
		for (slot = 0; slot < AT_ONCE && pids[slot]; slot++)
			;
		if (slot == AT_ONCE) {
			end_life(pids, numbers);
			living--;
			i--;
			continue;
		}
		numbers[slot] = i;
		pids[slot] = begin_life(i, &dice);
		living++;
	}
	for (; living; living--)
		end_life(pids, numbers);
	printf("ok %ld %ld\n", count, killed);
	return 0;
}
