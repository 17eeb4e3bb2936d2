/*
 * How an engine that cannot start says so, from the background and with an odd set of
 * descriptors.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon.h"
#include "own_netns.h"
#include "own_run.h"

enum { WITHIN_S = 20 };

/* The positive errno of a background start under a name that cannot be had, as an exit code. */
static int start_without(int first_closed, int last_closed)
{
	const struct daemon_conf c = { .ifname = "lo" };
	struct err e = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(WITHIN_S);
		for (int fd = first_closed; fd <= last_closed; fd++)
			close(fd);
		_exit(-daemon_run(&c, &e));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void the_word_arrives_whatever_is_closed(void **state)
{
	int want = start_without(1, 0);

	(void)state;
	assert_true(want > 0 && want != EIO);
	assert_int_equal(start_without(0, 0), want);
	assert_int_equal(start_without(1, 1), want);
	assert_int_equal(start_without(0, 1), want);
	assert_int_equal(start_without(0, 2), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_word_arrives_whatever_is_closed),
	};
	int rc = own_netns_enter();

	if (!rc)
		rc = own_run_enter();
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
