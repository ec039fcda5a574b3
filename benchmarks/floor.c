/* The least that a container can cost: a process in new namespaces, up to its exec.
 *
 * One round for each byte on stdin, until that ends; prints the microseconds that it took.
 * Usage: floor PROGRAM. Source: clone(2), pid_namespaces(7).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char stack[1 << 16];
static int told[2];

static int child(void *program)
{
	char *argv[] = {program, NULL};

	close(told[0]);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		_exit(1);
	execv(program, argv);
	_exit(1);
}

int main(int argc, char **argv)
{
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | SIGCHLD;
	char byte;

	if (argc != 2)
		return 2;
	while (read(STDIN_FILENO, &byte, 1) == 1) {
		struct timespec begin, end;

		if (pipe2(told, O_CLOEXEC))
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &begin);
		pid_t pid = clone(child, stack + sizeof stack, flags, argv[1]);
		if (pid < 0)
			return 1;
		close(told[1]);
		/* The far end closes with the exec. */
		if (read(told[0], &byte, 1) != 0)
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &end);
		close(told[0]);
		printf("%ld\n", (end.tv_sec - begin.tv_sec) * 1000000 +
				(end.tv_nsec - begin.tv_nsec) / 1000);
		fflush(stdout);
		kill(pid, SIGKILL);
		if (waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	return 0;
}
