/* SPDX-License-Identifier: GPL-2.0 */
/* The netlink spec as tables, which spec-tables makes of it. */
#ifndef SPEC_H
#define SPEC_H

#include <stdbool.h>

enum type { TYPE_U32 = 1, TYPE_U64, TYPE_STRING, TYPE_PAD, TYPE_BINARY };

struct attribute {
	int number;
	const char *name;
	enum type type;
	const char *const *names; /* of an enum's values, ended by NULL */
	unsigned int min;
	unsigned int max; /* of a string, its length */
};

struct operation {
	int number;
	const char *name;
	const struct attribute *attributes; /* ended by number 0 */
	bool does;
	bool dumps;
	unsigned int requested; /* 1 << number of each attribute that a request may have */
};

#include "nl-spec.h"

#endif /* SPEC_H */
