/*
 * The only program of a machine that tries a live patch: says on the console what files hold before, with and after it.
 * Arguments: the module's name, then files to read. The module is /payload.ko; without one only the names are shown. Where
 * there are /0.ko, /1.ko and so on, each is loaded, and unloaded again where it could be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[8192];

static int slurp(const char *path)
{
	int file = open(path, O_RDONLY), size = 0, got;

	if (file < 0)
		return -1;
	while (size < (int)sizeof(text) - 1 && (got = read(file, text + size, sizeof(text) - 1 - size)) > 0)
		size += got;
	close(file);
	text[size] = 0;
	return size;
}

static void show(const char *when, char **files)
{
	for (; *files; files++) {
		if (slurp(*files) < 0)
			sprintf(text, "errno %d", errno);
		text[strcspn(text, "\n")] = 0;
		printf("@%s %s %s\n", when, *files, text);
	}
}

static int put(const char *path, const char *words)
{
	int file = open(path, O_WRONLY), done;

	done = file < 0 ? -1 : (int)write(file, words, strlen(words));
	close(file);
	return done;
}

/* For at most 20 seconds. */
static int until(const char *path, const char *words)
{
	for (int tries = 0; tries < 2000; tries++) {
		if (slurp(path) < 0 ? !words : words && !strcmp(text, words))
			return 1;
		usleep(10000);
	}
	return 0;
}

/* What each answers with; one that is taken is disabled first, where it patches something. */
static void load_many(const char *name)
{
	char path[300], enabled[300];
	int file, number, answer;

	sprintf(enabled, "/sys/kernel/livepatch/%s/enabled", name);
	for (number = 0;; number++) {
		sprintf(path, "/%d.ko", number);
		file = open(path, O_RDONLY);
		if (file < 0)
			return;
		answer = syscall(SYS_finit_module, file, "", 0) ? errno : 0;
		close(file);
		printf("@many %d %d\n", number, answer);
		if (answer)
			continue;
		if (put(enabled, "0") == 1)
			until(enabled, 0);
		for (file = 0; file < 100 && syscall(SYS_delete_module, name, O_NONBLOCK); file++)
			usleep(10000);
	}
}

static void copy_out(const char *path)
{
	FILE *file = fopen(path, "r");

	while (file && fgets(text, sizeof(text), file))
		printf("%s", text);
}

int main(int count, char **words)
{
	char folder[200], path[300], state[300];
	int file;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, 0);
	mount("sysfs", "/sys", "sysfs", 0, 0);
	setvbuf(stdout, 0, _IOLBF, 0);
	put("/proc/sys/kernel/printk", "1");
	if (count > 1)
		load_many(words[1]);
	file = open("/payload.ko", O_RDONLY);
	if (file < 0 || count < 2) {
		printf("@names\n");
		copy_out("/proc/kallsyms");
		printf("@end\n");
		goto out;
	}
	show("before", words + 2);
	file = syscall(SYS_finit_module, file, "", 0) ? errno : 0;
	printf("@load %d\n", file);
	if (file == 0) {
		sprintf(folder, "/sys/kernel/livepatch/%s", words[1]);
		sprintf(path, "%s/enabled", folder);
		sprintf(state, "%s/transition", folder);
		printf("@enabled %d\n", until(path, "1\n") && until(state, "0\n"));
		show("with", words + 2);
		printf("@disable %d\n", put(path, "0") == 1 && until(path, 0));
		printf("@unload %d\n", syscall(SYS_delete_module, words[1], O_NONBLOCK) ? errno : 0);
		show("after", words + 2);
	}
	if (slurp("/proc/sys/kernel/tainted") > 0)
		printf("@tainted %s", text);
	printf("@end\n");
out:
	fflush(stdout);
	sync();
	usleep(100000);
	reboot(RB_AUTOBOOT);
	return 0;
}
