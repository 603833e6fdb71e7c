// SPDX-License-Identifier: GPL-2.0
/*
 * advise - an LD_PRELOAD library that advises each file mapping of 1 MiB and more
 *
 * ADVICE in the environment: normal, sequential or random. What the program itself
 * says of these is left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEAST_BYTES (1ul << 20)

static int advice(void)
{
	const char *word = getenv("ADVICE");

	if (word && !strcmp(word, "sequential"))
		return MADV_SEQUENTIAL;
	return word && !strcmp(word, "random") ? MADV_RANDOM : MADV_NORMAL;
}

void *mmap(void *start, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	void *memory = (void *)syscall(SYS_mmap, start, bytes, prot, flags, fd, offset);

	if (memory != MAP_FAILED && fd >= 0 && bytes >= LEAST_BYTES && !(prot & PROT_EXEC))
		syscall(SYS_madvise, memory, bytes, advice());
	return memory;
}

void *mmap64(void *start, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return mmap(start, bytes, prot, flags, fd, offset);
}

static int is_hint(int what)
{
	return what == MADV_NORMAL || what == MADV_SEQUENTIAL || what == MADV_RANDOM;
}

int madvise(void *start, size_t bytes, int what)
{
	return is_hint(what) ? 0 : syscall(SYS_madvise, start, bytes, what);
}

/* Its numbers are those of madvise(), and DONTNEED does nothing in glibc. */
int posix_madvise(void *start, size_t bytes, int what)
{
	if (is_hint(what) || what == POSIX_MADV_DONTNEED)
		return 0;
	return syscall(SYS_madvise, start, bytes, what) ? errno : 0;
}
