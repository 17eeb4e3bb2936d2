/*
 * forbid unshare|tun PROGRAM ARGUMENT...: runs it with unshare(2) refused, as the default
 * seccomp filter of a container does it, or with the making of a tun refused, as security
 * modules do it. Compiled by the tests that need it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int main(int argc, char **argv)
{
	struct sock_filter no_unshare[] = { LOAD(nr), UNLESS(SYS_unshare, 1), REFUSE, ALLOW };
	/* The low half of the ioctl's number: the first on a little-endian machine. */
	struct sock_filter no_tun[] = { LOAD(nr),      UNLESS(SYS_ioctl, 3),
					LOAD(args[1]), UNLESS(TUNSETIFF, 1),
					REFUSE,	       ALLOW };
	struct sock_fprog filter = { sizeof(no_unshare) / sizeof(no_unshare[0]), no_unshare };

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "tun") == 0)
		filter = (struct sock_fprog){ sizeof(no_tun) / sizeof(no_tun[0]), no_tun };
	else if (strcmp(argv[1], "unshare") != 0)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter, 0, 0)) {
		perror("seccomp");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
