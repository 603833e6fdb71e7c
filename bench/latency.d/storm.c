// SPDX-License-Identifier: GPL-2.0
/*
 * storm FILE - page faults without a pause, until killed
 *
 * Processes that live for a moment, one after the other: each maps the cached
 * file and reads it in order, then at random, again and again, so that it is
 * adopted, hinted, hinted otherwise, and gone.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define PASSES 12

static void zap(char *memory, size_t bytes)
{
	if (madvise(memory, bytes, MADV_DONTNEED))
		err(1, "madvise");
}

static void live(int fd, size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	unsigned int random = getpid();
	int pass;

	if (memory == MAP_FAILED)
		err(1, "mmap");
	for (pass = 0; pass < PASSES; pass++) {
		volatile char *at = memory;
		size_t page;

		zap(memory, bytes);
		for (page = 0; page < bytes / PAGE; page++) {
			random = random * 1664525 + 1013904223;
			(void)at[(pass < PASSES / 2 ? page : (random >> 8) % (bytes / PAGE)) * PAGE];
		}
	}
}

int main(int count, char **words)
{
	struct stat file;
	int fd, status;
	pid_t child;

	if (count != 2)
		errx(2, "usage: storm FILE");
	fd = open(words[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &file))
		err(1, "%s", words[1]);
	for (;;) {
		child = fork();
		if (child < 0)
			err(1, "fork");
		if (!child) {
			live(fd, file.st_size);
			_exit(0);
		}
		if (waitpid(child, &status, 0) < 0 || status)
			errx(1, "a process of the storm failed");
	}
}
