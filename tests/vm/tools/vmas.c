// SPDX-License-Identifier: GPL-2.0
/*
 * vmas - the mappings of processes with their madvise() hint, from /proc/PID/smaps.
 *
 * usage: vmas [-H] PID...|all
 * One line a mapping: START-END PERMISSIONS OFFSET FILE HINT, where FILE is "-"
 * for anonymous memory. Heap and stack, which grow by themselves, are left out.
 * With -H only mappings with a hint, behind "PID:".
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin.h"

static bool hinted_only;

static int show(const char *pid)
{
	char path[64], line[8192], span[64] = "", rights[8] = "", offset[32] = "", file[4096] = "";
	FILE *smaps;

	snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	smaps = fopen(path, "re");
	if (!smaps)
		return 1;
	while (fgets(line, sizeof(line), smaps)) {
		const char *hint = "none";

		/* Only the lines that begin a mapping begin with a digit or a small letter. */
		if (isdigit(*line) || islower(*line)) {
			*file = 0;
			if (sscanf(line, "%63s %7s %31s %*s %*s %4095[^\n]", span, rights, offset,
				   file) < 3)
				*span = 0;
			continue;
		}
		if (strncmp(line, "VmFlags:", 8) || !*span || *file == '[')
			continue;
		if (strstr(line, " sr"))
			hint = "sequential";
		else if (strstr(line, " rr"))
			hint = "random";
		if (hinted_only && !strcmp(hint, "none"))
			continue;
		if (hinted_only)
			printf("%s: ", pid);
		printf("%s %s %s %s %s\n", span, rights, offset, *file ? file : "-", hint);
	}
	fclose(smaps);
	return 0;
}

static void show_all(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit(*entry->d_name))
			show(entry->d_name); /* it may have gone meanwhile */
	closedir(proc);
}

static int run(int argc, char **argv)
{
	int i = 1, missing = 0;

	hinted_only = false;
	if (i < argc && !strcmp(argv[i], "-H")) {
		hinted_only = true;
		i++;
	}
	for (; i < argc; i++)
		if (!strcmp(argv[i], "all"))
			show_all();
		else
			missing |= show(argv[i]);
	return missing;
}

TOOL(vmas)
