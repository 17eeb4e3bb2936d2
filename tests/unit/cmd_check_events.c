/*
 * The lines of a run that goes on, into a pipe, a socket and a terminal that nobody reads: the run
 * does not wait, and in the end every line is there, in its order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/check_events.h"
#include "lib/made_facts.h"
#include "lib/seed.h"
#include "run/run.h"

static struct seed seed;

enum { ROUNDS = 5, PATIENCE_MS = 60000, READ = 0, WRITE = 1 };

static void by_pipe(int end[2])
{
	assert_int_equal(pipe(end), 0);
}

/* A small one: what is called writable takes less than a pipe does. */
static void by_socket(int end[2])
{
	int room = 2570 + (int)(seed_next(&seed) % 200);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
	assert_int_equal(setsockopt(end[WRITE], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
}

static void by_terminal(int end[2])
{
	struct termios t;

	end[READ] = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(end[READ] >= 0);
	assert_int_equal(grantpt(end[READ]), 0);
	assert_int_equal(unlockpt(end[READ]), 0);
	end[WRITE] = open(ptsname(end[READ]), O_RDWR | O_NOCTTY);
	assert_true(end[WRITE] >= 0);
	assert_int_equal(tcgetattr(end[WRITE], &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(end[WRITE], TCSANOW, &t), 0);
}

static void answer_all(struct facts *f, unsigned n, struct arena *a)
{
	unsigned i, s;

	f->fates.list = arena_alloc(a, n * sizeof(*f->fates.list));
	f->fates.n = n;
	f->fates.start_wall_ns = f->started_wall_ns;
	f->fates.sent = f->fates.answered = n;
	f->fates.unknown = 0;
	for (i = 0; i < n; i++) {
		struct fate_facts *p = &f->fates.list[i];

		*p = (struct fate_facts){ .probe = i, .size = 84, .sent_ns = i };
		p->result = FATE_ANSWERED;
		p->after = p->before = STAGE_NONE;
		for (s = 0; s < STAGE_COUNT; s++)
			p->seen_ns[s] = UNKNOWN;
	}
}

/* The run, in a process of its own: tells `done` when all is sent. */
static void run(int out, int done, unsigned few, unsigned n)
{
	struct check_events x;
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	struct report r = { .facts = &f, .findings = &all, .verdict = &v };
	unsigned i;

	dup2(out, STDOUT_FILENO);
	close(out);
	arena_init(&a);
	made_healthy(&f);
	answer_all(&f, n, &a);
	run_judge(&f, NULL, &a, &all, &v);
	check_events_init(&x);
	check_events_begun(&x, &f);
	for (i = 0; i < few; i++)
		check_events_sent(&x, &f, i, 84, f.started_wall_ns + i);
	/* Many at once: where there was room for a line, there may be none for so many. */
	check_events_decided(&x, &f);
	if ((fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK) || write(done, "", 1) != 1)
		_exit(2);
	i = check_events_end(&x, &r) == 0 ? 0 : 3;
	check_events_done(&x);
	_exit((int)i);
}

/* Each line in its turn. */
static void read_all(int fd, unsigned few, unsigned n)
{
	FILE *in = fdopen(fd, "r");
	char line[65536], wanted[64];
	unsigned sent = 0, fates = 0;
	bool ended = false;

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_ptr_equal(strstr(line, "{\"type\":\"start\""), line);
	while (!ended && fgets(line, sizeof(line), in)) {
		assert_int_equal(line[strlen(line) - 1], '\n');
		ended = strstr(line, "{\"type\":\"end\"") == line;
		if (strstr(line, "{\"type\":\"probe\"") == line)
			snprintf(wanted, sizeof(wanted), "\"probe\":%u,", sent++);
		else if (strstr(line, "{\"type\":\"fate\"") == line)
			snprintf(wanted, sizeof(wanted), "\"probe\":%u,", fates++);
		else
			continue;
		assert_non_null(strstr(line, wanted));
	}
	assert_true(ended);
	assert_int_equal(sent, few);
	assert_int_equal(fates, n);
	fclose(in);
}

static void nobody_reads_for_a_while(void **state)
{
	static void (*const ways[])(int end[2]) = { by_pipe, by_socket, by_terminal };
	size_t i;

	(void)state;
	for (i = 0; i < ROUNDS * ARRAY_LEN(ways); i++) {
		unsigned n = 2000 + (unsigned)seed_below(&seed, 1000);
		unsigned few = (unsigned)seed_below(&seed, 2);
		int end[2], done[2], status;
		struct pollfd p;
		pid_t pid;

		ways[i % ARRAY_LEN(ways)](end);
		assert_int_equal(pipe(done), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			run(end[WRITE], done[WRITE], few, n);
		close(done[WRITE]);
		p = (struct pollfd){ .fd = done[READ], .events = POLLIN };
		if (poll(&p, 1, PATIENCE_MS) <= 0 || !(p.revents & POLLIN)) {
			kill(pid, SIGKILL);
			fail_msg("the run waits for who reads (%zu)", i);
		}
		/* Ours is open while the other reads: a terminal that closes may forget some. */
		read_all(end[READ], few, n);
		close(end[WRITE]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		close(done[READ]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_reads_for_a_while),
	};

	seed = seed_start("cmd_check_events");
	return cmocka_run_group_tests_name("cmd/check_events", tests, NULL, NULL);
}
