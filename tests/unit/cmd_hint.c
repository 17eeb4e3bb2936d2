/* The hint behind a refusal: by code, by what was tried, and by who asks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "cmd/hint.h"

#define NS "create a PID and a mount namespace"
#define TUN "open /dev/net/tun"

static const struct {
	int code;
	bool root;
	const char *what, *says; /* NULL: nothing */
} rows[] = {
	{ EPERM, false, NS, "run as root outside it" },
	{ EACCES, false, TUN, "run as root" },
	{ EPERM, true, NS, "CAP_SYS_ADMIN" },
	{ EPERM, true, TUN, "CAP_NET_ADMIN and the device" },
	{ EACCES, true, TUN, "nodev" },
	{ ENOSPC, true, NS, "user.max_pid_namespaces" },
	{ ENOSPC, true, NS, "user.max_mnt_namespaces" },
	{ ENOSPC, true, "create a network namespace", "user.max_net_namespaces" },
	{ ENOSPC, true, "mount a tmpfs on /run", "fs.mount-max" },
	{ ENOSPC, false, "mount a tmpfs on /run", "fs.mount-max" },
	{ ENODEV, true, TUN, "modprobe tun" },
	{ ENXIO, true, TUN, "modprobe tun" },
	{ ENOENT, true, TUN, "mknod /dev/net/tun c 10 200" },
	{ ENOTTY, true, "/dev/net/tun", "mknod /dev/net/tun c 10 200" },
	{ EISDIR, false, TUN, "rm -r /dev/net/tun" },
	{ ENOTDIR, true, TUN, "rm /dev/net;" },
	{ ENOENT, true, "engine builtin: /proc/self/exe", "mount -t proc proc /proc" },
	{ ENOENT, false, "open /proc/thread-self/ns/net", "mount -t proc proc /proc" },
	{ ENOENT, true, "start engine wireguard-go: /no/such/program", NULL },
	{ ENOSYS, true, NS, "has no such namespaces" },
	{ EINVAL, true, NS, "has no such namespaces" },
	{ EINVAL, true, "set the MTU of wgd0n", NULL },
	{ EUSERS, true, NS, "nested too deep" },
	{ EAGAIN, false, "start the first process of a PID namespace", "ulimit -u" },
	{ EAGAIN, false, "start engine builtin: start /proc/self/exe", "ulimit -u" },
	{ EAGAIN, false, "ask wg0", NULL },
	{ EPERM, true, "create the trace ring (memfd_create)", "a sandbox (seccomp) forbids it" },
	{ EPERM, false, "create a timer (timerfd_create)", "a sandbox (seccomp) forbids it" },
	{ ENOSYS, true, "create a timer (timerfd_create)", "the kernel is too old" },
	{ EFBIG, true, "size the trace ring", "ulimit -f" },
	{ EACCES, false, "mkdir /var/run/wireguard", "run as root" },
	{ ENOSPC, true, "create /run/wgdiag", NULL },
	{ ENODEV, true, "set the MTU of wgd0n", NULL },
	{ EMFILE, true, NS, NULL },
	{ EBUSY, true, TUN, NULL },
};

static void hints(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		const char *got;

		err_code(&e, rows[i].code, "%s", rows[i].what);
		got = hint_for(&e, rows[i].root);
		if (rows[i].says ? !got || !strstr(got, rows[i].says) : got != NULL)
			fail_msg("%s: got '%s'", e.text, got ? got : "");
		if (got)
			assert_null(strchr(got, '\n'));
		/* Who knows better is heard. */
		err_remedy(&e, "ask her");
		assert_string_equal(hint_for(&e, rows[i].root), "ask her");
	}
}

/* A limit of mounts is not told as one of namespaces, nor the reverse. */
static void limits_are_told_apart(void **state)
{
	struct err e = { 0 };

	(void)state;
	err_code(&e, ENOSPC, "mount a tmpfs on /run");
	assert_null(strstr(hint_for(&e, true), "namespaces"));
	err_code(&e, ENOSPC, NS);
	assert_null(strstr(hint_for(&e, true), "mount-max"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints),
		cmocka_unit_test(limits_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
