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

#define MOST_WORDS	256

static jmp_buf leaving;

static inline _Noreturn void leave(int status)
{
	longjmp(leaving, status + 1);
}

static int run_words(WORD_LIST *list, const char *name, int (*run)(int argc, char **argv))
{
	char *words[MOST_WORDS + 1] = { (char *)name };
	int count = 1, left;

	for (; list && count < MOST_WORDS; list = list->next)
		words[count++] = list->word->word;
	left = setjmp(leaving);
	left = left ? left - 1 : run(count, words);
	fflush(stdout);
	return left;
}

#define TOOL(name)								\
	static int name##_words(WORD_LIST *list)				\
	{									\
		return run_words(list, #name, run);				\
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
