/*
 * forbid WHAT[,WHAT...][=ERRNO] PROGRAM ARGUMENT...: runs it with these system calls refused, as
 * the default seccomp filter of a container does it (EPERM), or a kernel without them (=38,
 * ENOSYS); "tun" is the making of a tun, which security modules refuse; "=kill" is for a filter
 * that kills. Compiled by the tests that need it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

enum { PROGRAM_MAX = 64 };

static const struct {
	const char *name;
	unsigned nr;
} calls[] = {
	{ "unshare", SYS_unshare },
	{ "setns", SYS_setns },
	{ "memfd_create", SYS_memfd_create },
	{ "timerfd_create", SYS_timerfd_create },
	{ "inotify_init1", SYS_inotify_init1 },
};

static struct sock_filter *add(struct sock_filter *at, const char *what, unsigned refuse)
{
	/* The low half of the ioctl's number: the first on a little-endian machine. */
	const struct sock_filter no_tun[] = { LOAD(nr), UNLESS(SYS_ioctl, 3), LOAD(args[1]),
					      UNLESS(TUNSETIFF, 1), RETURN(refuse) };
	size_t i;

	if (strcmp(what, "tun") == 0) {
		memcpy(at, no_tun, sizeof(no_tun));
		return at + sizeof(no_tun) / sizeof(no_tun[0]);
	}
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct sock_filter no_call[] = { LOAD(nr), UNLESS(calls[i].nr, 1),
						       RETURN(refuse) };

		if (strcmp(what, calls[i].name) != 0)
			continue;
		memcpy(at, no_call, sizeof(no_call));
		return at + sizeof(no_call) / sizeof(no_call[0]);
	}
	fprintf(stderr, "forbid: what is '%s'?\n", what);
	exit(2);
}

int main(int argc, char **argv)
{
	struct sock_filter f[PROGRAM_MAX], *at = f;
	const struct sock_filter allow = RETURN(SECCOMP_RET_ALLOW);
	unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
	struct sock_fprog filter = { .filter = f };
	char *as, *what;

	if (argc < 3)
		return 2;
	as = strchr(argv[1], '=');
	if (as) {
		*as++ = '\0';
		refuse = strcmp(as, "kill") == 0 ? SECCOMP_RET_KILL_PROCESS :
						   SECCOMP_RET_ERRNO | (unsigned)atoi(as);
	}
	for (what = strtok(argv[1], ","); what && at - f < PROGRAM_MAX - 8;
	     what = strtok(NULL, ","))
		at = add(at, what, refuse);
	*at++ = allow;
	filter.len = (unsigned short)(at - f);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter, 0, 0)) {
		perror("seccomp");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
