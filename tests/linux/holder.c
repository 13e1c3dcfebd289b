/*
 * A task that sleeps in a read of a pipe, so that no live patch of that code is through as long as it does.
 *   holder hold    starts one, called "holder", which stays behind
 *   holder wake    stops it and lets it go on, so that it leaves the read and begins anew
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int named(int task)
{
	char path[64], name[64] = "";
	FILE *file;

	sprintf(path, "/proc/%d/comm", task);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(name, sizeof(name), file))
		name[0] = 0;
	fclose(file);
	return !strcmp(name, "holder\n");
}

int main(int count, char **words)
{
	int ends[2], task, found = 0;
	char byte;

	if (count > 1 && !strcmp(words[1], "hold")) {
		if (pipe(ends))
			return 1;
		if (fork()) {
			usleep(300000);
			return 0;
		}
		prctl(PR_SET_NAME, "holder");
		return read(ends[0], &byte, 1) != 1;
	}
	for (task = 2; task < 32768; task++) {
		if (task == getpid() || !named(task))
			continue;
		found++;
		kill(task, SIGSTOP);
		usleep(300000);
		kill(task, SIGCONT);
	}
	return found != 1;
}
