/* SPDX-License-Identifier: GPL-2.0 */
/*
 * touches - the pages that a phase touches, in order
 */
#ifndef SCOREBOARD_TOUCHES_H
#define SCOREBOARD_TOUCHES_H

#include <stdint.h>

#include "language.h"

/**
 * struct touch - one touch of a page
 * @page: of the file
 * @access: of the phase
 */
struct touch {
	uint32_t page;
	uint32_t access;
};

/**
 * struct touches - the touches of a phase
 * @list: in order, malloc()ed
 * @count: how many
 */
struct touches {
	struct touch *list;
	uint64_t count;
};

/**
 * struct pages - a half-open interval of pages of the file
 */
struct pages {
	uint32_t start;
	uint32_t end;
};

/* The part of a file of @file_pages that @access is about; one page at least. */
struct pages touches_range(const struct access *access, uint32_t file_pages);

/**
 * touches_of_phase() - all touches of a phase
 * @workload: whose seed counts
 * @phase: its number
 * @file_pages: pages of the file, at least 1
 *
 * The accesses take turns in proportion to how many touches each has.
 *
 * Return: the touches, to be given to free(); a NULL list without memory.
 */
struct touches touches_of_phase(const struct workload *workload, unsigned int phase,
				uint32_t file_pages);

#endif
