/*
 * Work for a machine while live patches come and go on it:
 *   load start     processes that fork, write and read files, and talk over the loopback device, in the background
 *   load stop      ends them; prints how often each did its work, and fails where one got something wrong
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP "/tmp/load-stop"

static int forks(void)
{
	int status, child = fork();

	if (!child)
		_exit(7);
	return child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
}

static int files(void)
{
	char path[64], there[8] = "";
	int file, fine;

	sprintf(path, "/tmp/load-%d", getpid());
	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fine = write(file, "written", 7) == 7 && pread(file, there, 7, 0) == 7 && !strcmp(there, "written");
	close(file);
	return fine && !unlink(path);
}

static int pipes(void)
{
	char byte = 0;
	int ends[2], fine;

	if (pipe(ends))
		return 0;
	fine = write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x';
	close(ends[0]);
	close(ends[1]);
	return fine;
}

static int reads(void)
{
	char line[512];
	int file = open("/proc/cmdline", O_RDONLY);
	long got = read(file, line, sizeof(line) - 1);

	close(file);
	line[got > 0 ? got : 0] = 0;
	return strstr(line, "console=") != 0;
}

static int network(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(to);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), peer, fine;
	char byte = 0;

	if (bind(server, (void *)&to, sizeof(to)) || listen(server, 1) || getsockname(server, (void *)&to, &size))
		return 0;
	if (connect(client, (void *)&to, sizeof(to)))
		return 0;
	peer = accept(server, 0, 0);
	fine = write(client, "y", 1) == 1 && read(peer, &byte, 1) == 1 && byte == 'y';
	close(peer);
	close(client);
	close(server);
	return fine;
}

static const struct { const char *name; int (*work)(void); } ALL[] = {
	{ "forks", forks }, { "files", files }, { "pipes", pipes }, { "reads", reads }, { "network", network },
};
#define COUNT (int)(sizeof(ALL) / sizeof(ALL[0]))

static void work(int number)
{
	char path[64], said[64];
	long done = 0, wrong = 0;
	int file;

	while (access(STOP, F_OK)) {
		done++;
		wrong += !ALL[number].work();
	}
	sprintf(path, "/tmp/load-done-%d", number);
	sprintf(said, "%s: %ld done, %ld wrong", ALL[number].name, done, wrong);
	file = open(path, O_WRONLY | O_CREAT, 0600);
	if (write(file, said, strlen(said)) > 0)
		close(file);
	_exit(0);
}

int main(int count, char **words)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int number, tries, got, failed = 0;
	char path[64], said[64];

	if (count > 1 && !strcmp(words[1], "start")) {
		if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &loopback))
			return 1;
		for (number = 0; number < COUNT; number++)
			if (!fork())
				work(number);
		return 0;
	}
	close(open(STOP, O_WRONLY | O_CREAT, 0600));
	for (number = 0; number < COUNT; number++) {
		sprintf(path, "/tmp/load-done-%d", number);
		for (tries = 0; tries < 600 && access(path, R_OK); tries++)
			usleep(100000);
		usleep(100000);
		got = read(open(path, O_RDONLY), said, sizeof(said) - 1);
		said[got > 0 ? got : 0] = 0;
		printf("%s\n", said);
		failed |= got <= 0 || !strstr(said, ", 0 wrong") || strstr(said, ": 0 done");
	}
	return failed;
}
