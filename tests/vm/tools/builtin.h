/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tool that is, compiled with -DBUILTIN, a command of bash itself (`enable -f`): on an
 * emulated machine, the process takes longer than what it does.
 *
 * The tool defines static int run(int argc, char **argv), ends with leave(), and says
 * TOOL(its name). It may be run more than once.
 */
#ifndef BUILTIN_H
#define BUILTIN_H

#include <stdlib.h>

#ifdef BUILTIN
#include <setjmp.h>
#include <stdio.h>

#include <loadables.h>

static jmp_buf leaving;
static int left_with;

static inline _Noreturn void leave(int status)
{
	left_with = status;
	longjmp(leaving, 1);
}

static int run_words(WORD_LIST *list, int (*run)(int argc, char **argv))
{
	int count;
	char **words = make_builtin_argv(list, &count);

	if (!setjmp(leaving))
		left_with = run(count, words);
	free(words);
	fflush(stdout);
	return left_with;
}

#define TOOL(name)								\
	static int name##_words(WORD_LIST *list)				\
	{									\
		return run_words(list, run);				\
	}									\
	static char *name##_doc[] = { NULL };					\
	struct builtin name##_struct = {					\
		#name, name##_words, BUILTIN_ENABLED, name##_doc, #name, 0	\
	};
#else
#define leave(status)	exit(status)
#define TOOL(name)								\
	int main(int argc, char **argv)						\
	{									\
		return run(argc, argv);						\
	}
#endif

#endif /* BUILTIN_H */
