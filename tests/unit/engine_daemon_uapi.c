/*
 * Who is let in at the configuration socket when there are many, and what may be there before
 * it.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon_priv.h"
#include "own_netns.h"
#include "own_run.h"

enum { SOMEBODY = 54321 };

static const struct daemon_conf conf = { .ifname = "wgt0" };
#define SOCKET "/var/run/wireguard/wgt0.sock"

static int setup(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));

	d->os = platform_get();
	d->conf = &conf;
	d->log.level = -1;
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->uapi.fd = d->uapi.watch = -1;
	for (int i = 0; i < DAEMON_CLIENTS; i++)
		d->uapi.client[i].fd = -1;
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *d = *state;

	daemon_uapi_close(d);
	close(d->epoll);
	free(d);
	return 0;
}

static void open_socket(struct daemon *d)
{
	struct err e = { 0 };

	if (daemon_uapi_open(d, &e) < 0)
		fail_msg("%s", e.text);
}

static int call_in(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* What is ready now, as the loop would serve it. How many there were. */
static int serve(struct daemon *d)
{
	struct epoll_event ev[SOURCE_CLIENT + DAEMON_CLIENTS];
	int n = epoll_wait(d->epoll, ev, ARRAY_LEN(ev), 0);

	for (int i = 0; i < n; i++)
		if (ev[i].data.u32 == SOURCE_FOLDER)
			daemon_uapi_folder(d);
		else if (ev[i].data.u32 == SOURCE_UAPI)
			daemon_uapi_accept(d);
		else
			daemon_uapi_serve(d, ev[i].data.u32 - SOURCE_CLIENT,
					  ev[i].events & EPOLLIN, ev[i].events & EPOLLOUT);
	return n;
}

/* A request that needs no device. */
static bool is_answered(struct daemon *d, int fd)
{
	char reply[64];

	if (send(fd, "nonsense\n\n", 10, MSG_NOSIGNAL) != 10)
		return false;
	serve(d);
	return recv(fd, reply, sizeof(reply), 0) > 0;
}

static void idle_clients_lock_nobody_out(void **state)
{
	struct daemon *d = *state;
	int fd[DAEMON_CLIENTS + 8];

	open_socket(d);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		fd[i] = call_in();
		serve(d);
		/* This one is not idle. */
		assert_true(is_answered(d, fd[0]));
	}
	assert_true(is_answered(d, fd[ARRAY_LEN(fd) - 1]));
	assert_true(is_answered(d, fd[ARRAY_LEN(fd) - DAEMON_CLIENTS + 1]));
	/* The eight that were silent longest were closed. */
	for (size_t i = 1; i <= 8; i++)
		assert_false(is_answered(d, fd[i]));
	assert_true(is_answered(d, fd[9]));
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		close(fd[i]);
}

static struct rlimit limit_descriptors(void)
{
	struct rlimit was, none;
	int next = dup(STDIN_FILENO);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return was;
}

static void without_a_descriptor_it_waits(void **state)
{
	struct daemon *d = *state;
	struct rlimit was;
	int fd;

	open_socket(d);
	serve(d);
	assert_int_equal(daemon_uapi_next_due(d), INT64_MAX);
	fd = call_in();
	was = limit_descriptors();
	assert_int_equal(serve(d), 1);
	/* Paused, or the loop would spin. */
	assert_int_equal(serve(d), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_true(daemon_uapi_next_due(d) < INT64_MAX);
	while (daemon_uapi_next_due(d) != INT64_MAX)
		daemon_uapi_tick(d);
	assert_int_equal(serve(d), 1);
	assert_true(is_answered(d, fd));
	close(fd);
}

static void without_a_descriptor_an_idle_client_goes(void **state)
{
	struct daemon *d = *state;
	struct rlimit was;
	int idle, fd;

	open_socket(d);
	serve(d);
	idle = call_in();
	serve(d);
	fd = call_in();
	was = limit_descriptors();
	serve(d);
	serve(d);
	assert_true(is_answered(d, fd));
	assert_false(is_answered(d, idle));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	close(idle);
	close(fd);
}

static void what_is_no_socket_stays(void **state)
{
	struct daemon *d = *state;
	struct err e = { 0 };
	int fd;

	/* Makes the folder. */
	open_socket(d);
	daemon_uapi_close(d);
	fd = open(SOCKET, O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(daemon_uapi_open(d, &e), -EEXIST);
	assert_non_null(strstr(e.text, SOCKET));
	assert_int_equal(unlink(SOCKET), 0);
	close(fd);
	assert_int_equal(symlink("/nowhere", SOCKET), 0);
	assert_int_equal(daemon_uapi_open(d, &e), -EEXIST);
	assert_int_equal(unlink(SOCKET), 0);
	open_socket(d);
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void without_its_socket_it_ends(void **state)
{
	const char other[] = "/var/run/wireguard/other.sock", moved[] = "/var/run/moved";
	struct daemon *d = *state;

	open_socket(d);
	serve(d);
	touch(other);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(serve(d), 1);
	assert_int_equal(serve(d), 0);
	assert_false(d->stop);
	assert_int_equal(unlink(SOCKET), 0);
	serve(d);
	assert_true(d->stop);

	/* Replaced, with no moment in which there was none. */
	d->stop = false;
	daemon_uapi_close(d);
	open_socket(d);
	serve(d);
	touch(other);
	assert_int_equal(rename(other, SOCKET), 0);
	serve(d);
	assert_true(d->stop);
	daemon_uapi_close(d);
	assert_int_equal(unlink(SOCKET), 0);

	d->stop = false;
	open_socket(d);
	serve(d);
	assert_int_equal(rename("/var/run/wireguard", moved), 0);
	serve(d);
	assert_true(d->stop);
	assert_int_equal(rename(moved, "/var/run/wireguard"), 0);
}

/* Instances are counted by user, so by one whom nobody else is. */
static int open_without_inotify(struct daemon *d)
{
	struct err e;
	int fd;

	if (setuid(SOMEBODY) < 0)
		return EXIT_SKIP;
	while (inotify_init1(0) >= 0)
		;
	/* It was not the limit of descriptors? */
	fd = dup(STDIN_FILENO);
	if (fd < 0)
		return EXIT_SKIP;
	return daemon_uapi_open(d, &e) < 0 || d->uapi.watch >= 0;
}

static void it_lives_without_inotify(void **state)
{
	struct daemon *d = *state;
	int status;
	pid_t pid;

	assert_int_equal(chown("/var/run/wireguard", SOMEBODY, (gid_t)-1), 0);
	pid = fork();
	if (pid == 0)
		_exit(open_without_inotify(d));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chown("/var/run/wireguard", 0, (gid_t)-1), 0);
	unlink(SOCKET);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == EXIT_SKIP)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(idle_clients_lock_nobody_out, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_descriptor_it_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_socket_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(without_its_socket_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(it_lives_without_inotify, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_descriptor_an_idle_client_goes, setup,
						teardown),
	};
	int rc = own_netns_enter();

	if (!rc)
		rc = own_run_enter();
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
