/*
 * Where isolation finds this process, and how it leaves it, on a machine that refuses something.
 *
 * needs: root
 *
 * Each case is a child with a /run of its own, in which there is a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/platform.h"

#define MARK "/var/run/mark"

enum { STRANGER = 65534 };

/* Said by the child, whose own test framework nobody hears. */
#define MUST(what)                                                                           \
	do {                                                                                 \
		if (!(what)) {                                                               \
			fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #what, errno); \
			_exit(1);                                                            \
		}                                                                            \
	} while (0)

static void own_run(void)
{
	char path[PATH_MAX];
	int fd;

	MUST(unshare(CLONE_NEWNS) == 0);
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(realpath("/var/run", path) != NULL);
	MUST(mount("test", path, "tmpfs", 0, "mode=755") == 0);
	fd = open(MARK, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	MUST(fd >= 0 && close(fd) == 0);
}

/* As root in a folder that FUSE or NFS shows to its owner only. */
static void no_more_override(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	MUST(syscall(SYS_capget, &h, d) == 0);
	d[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
	MUST(syscall(SYS_capset, &h, d) == 0);
}

static void forbid_namespaces(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { ARRAY_LEN(f), f };

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) == 0);
}

static _Noreturn void in_a_closed_folder(const char *folder)
{
	const struct platform_ops *p = platform_get();
	struct sys_isolation i;
	char now[PATH_MAX];
	struct err e;
	ssize_t n;

	own_run();
	MUST(chdir(folder) == 0);
	no_more_override();
	MUST(open(".", O_PATH) < 0 && errno == EACCES);
	for (int round = 0; round < 2; round++) {
		MUST(p->isolate(&i, &e) == 0);
		MUST(access(MARK, F_OK) < 0);
		MUST(access("/var/run/wireguard", F_OK) == 0);
		p->isolate_end(&i);
		MUST(access(MARK, F_OK) == 0);
		/* A relative name is not one in "/". */
		n = readlink("/proc/self/cwd", now, sizeof(now) - 1);
		MUST(n > 0);
		now[n] = '\0';
		MUST(strcmp(now, folder) == 0);
		MUST(open("report.json", O_WRONLY | O_CREAT, 0600) < 0 && errno == EACCES);
	}
	_exit(0);
}

static void read_hosts(char out[static 256])
{
	int fd = open("/etc/hosts", O_RDONLY);
	ssize_t n = read(fd, out, 255);

	MUST(fd >= 0 && n >= 0);
	out[n] = '\0';
	close(fd);
}

/* Names are others in there, and as before afterwards. */
static _Noreturn void with_names_of_its_own(const char *folder)
{
	const struct platform_ops *p = platform_get();
	char before[256], now[256];
	struct sys_isolation i = { .own_run = false };
	struct err e;

	(void)folder;
	own_run();
	read_hosts(before);
	/* Never over the machine's own. */
	MUST(p->isolate_hosts(&i, "192.0.2.1 a\n", &e) < 0);
	MUST(p->isolate(&i, &e) == 0);
	MUST(p->isolate_hosts(&i, "192.0.2.1 a\n192.0.2.2 b\n", &e) == 0);
	MUST(p->isolate_hosts(&i, "192.0.2.3 a\n", &e) == 0);
	read_hosts(now);
	MUST(strcmp(now, "192.0.2.3 a\n") == 0);
	p->isolate_end(&i);
	read_hosts(now);
	MUST(strcmp(now, before) == 0);
	_exit(0);
}

static _Noreturn void without_namespaces(const char *folder)
{
	const struct platform_ops *p = platform_get();
	struct sys_isolation i;
	struct err e;

	(void)folder;
	own_run();
	forbid_namespaces();
	MUST(p->isolate(&i, &e) == -EPERM);
	MUST(access(MARK, F_OK) == 0);
	_exit(0);
}

static void in_a_child(void (*fn)(const char *folder))
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	int status = 0;
	pid_t child;

	snprintf(folder, sizeof(folder), "%s/isolate-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	assert_non_null(realpath(folder, real));
	assert_int_equal(chown(folder, STRANGER, STRANGER), 0);
	child = fork();
	if (!child)
		fn(real);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(status, 0);
}

static void folder_that_may_not_be_entered_is_kept(void **state)
{
	(void)state;
	in_a_child(in_a_closed_folder);
}

static void machines_own_run_stays(void **state)
{
	(void)state;
	in_a_child(without_namespaces);
}

static void names_are_its_own(void **state)
{
	(void)state;
	in_a_child(with_names_of_its_own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder_that_may_not_be_entered_is_kept),
		cmocka_unit_test(machines_own_run_stays),
		cmocka_unit_test(names_are_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
