/*
 * Making one takes no right, but there are five ways to be refused, and each has its own
 * cure. So every refusal looks for the switch that is behind it, and names that one.
 *
 * setgroups comes before gid_map: since Linux 3.19 an ordinary user may map its group only
 * after it has given up to change groups (user_namespaces(7)).
 */
#include "sys/linux/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/linux/linux.h"

#define SYSCTL "/proc/sys/kernel/"
#define DEBIAN_SWITCH "unprivileged_userns_clone" /* a patch of Debian's and Arch's */
#define APPARMOR_SWITCH "apparmor_restrict_unprivileged_userns" /* Ubuntu, from 23.10 on */

/* -1 where there is no such sysctl. */
static long read_sysctl(const char *path)
{
	char text[32];
	long v = -1;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n > 0) {
		text[n] = '\0';
		v = strtol(text, NULL, 10);
	}
	return v;
}

bool userns_in_chroot(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	char *line = NULL, where[8];
	size_t size = 0;

	if (!f)
		return false; /* not known, so not said */
	/* 36 35 98:0 /subvolume / rw,noatime …: the fifth is where it is mounted */
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%*s %*s %*s %*s %7s", where) == 1 && !strcmp(where, "/");
	free(line);
	fclose(f);
	return !found;
}

/* Lines of: the first id here, the first one outside, how many. Not known: it is. */
static bool is_mapped(const char *path, unsigned id)
{
	unsigned long from, outside, n;
	FILE *f = fopen(path, "re");
	bool found = false;

	if (!f)
		return true;
	while (!found && fscanf(f, "%lu %lu %lu", &from, &outside, &n) == 3)
		found = id >= from && id - from < n;
	fclose(f);
	return found;
}

static const char *why_not_unshare(int code)
{
	if (code == ENOSPC)
		return "raise the sysctl user.max_user_namespaces, or run as root";
	if (code == EUSERS) /* before Linux 4.9; now that is ENOSPC too */
		return "user namespaces are nested too deep: run wgdiag further out";
	if ((code == EINVAL || code == ENOSYS) && geteuid() == 0)
		return "no right to make namespaces: a container needs CAP_SYS_ADMIN and "
		       "CAP_NET_ADMIN (docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN)";
	if (code == EINVAL || code == ENOSYS)
		return "this kernel has no user namespaces (CONFIG_USER_NS): run as root";
	if (!is_mapped("/proc/self/uid_map", geteuid()) ||
	    !is_mapped("/proc/self/gid_map", getegid()))
		return "this user namespace has no number for this user: unshare -U -r";
	if (userns_in_chroot())
		return "no user namespaces in a chroot: run outside it, or enter it by pivot_root "
		       "(systemd-nspawn, bwrap)";
	if (read_sysctl(SYSCTL DEBIAN_SWITCH) == 0)
		return "set the sysctl kernel." DEBIAN_SWITCH " to 1, or run as root";
	if (read_sysctl(SYSCTL APPARMOR_SWITCH) > 0)
		return "set the sysctl kernel." APPARMOR_SWITCH " to 0, or run as root";
	return "the container or its seccomp filter forbids it: docker run --cap-add SYS_ADMIN "
	       "--cap-add NET_ADMIN --device /dev/net/tun, or run as root outside it";
}

static const char *why_not_map(int code)
{
	if (read_sysctl(SYSCTL APPARMOR_SWITCH) > 0)
		return "set the sysctl kernel." APPARMOR_SWITCH " to 0, give wgdiag an AppArmor "
		       "profile with \"userns,\", or run as root";
	if (code == EROFS)
		return "/proc is mounted read-only here: mount it read-write, or run as root";
	if (code == EACCES)
		return "the files of this process in /proc are root's, as with a program that is "
		       "setuid, setgid, has capabilities or may not be read: chmod 755 it, or "
		       "run as root";
	return "a security module or the container forbids it: run as root outside it";
}

static int write_map(const char *path, const char *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		rc = err_sys(e, "write %s", path);
		err_remedy(e, why_not_map(-rc));
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int userns_enter(struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[32];
	int rc;

	if (unshare(CLONE_NEWUSER) < 0) {
		rc = err_sys(e, "create a user namespace");
		err_remedy(e, why_not_unshare(-rc));
		return rc;
	}
	rc = write_map("/proc/self/setgroups", "deny", e);
	if (rc < 0)
		return rc;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	rc = write_map("/proc/self/uid_map", map, e);
	if (rc < 0)
		return rc;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	rc = write_map("/proc/self/gid_map", map, e);
	if (rc < 0)
		return rc;
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	rc = err_sys(e, "create a network namespace in a user namespace");
	if (-rc == ENOSPC)
		err_remedy(e, "raise the sysctl user.max_net_namespaces");
	else
		err_remedy(e, why_not_map(-rc));
	return rc;
}
