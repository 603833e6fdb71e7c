/* SPDX-License-Identifier: GPL-2.0 */
/* Advice by process_madvise(), which a process may give itself since 6.13. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* False, with errno, where the kernel does not take it for all of the parts. */
static inline bool advise_by_vector(const struct iovec *parts, int count, int advice)
{
	int process = syscall(SYS_pidfd_open, getpid(), 0);
	long bytes = 0, done = syscall(SYS_process_madvise, process, parts, count, advice, 0);

	close(process);
	while (count--)
		bytes += parts[count].iov_len;
	return done == bytes;
}

#endif /* VECTOR_H */
