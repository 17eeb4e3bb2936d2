/*
 * Sysctls below net., which are the network namespace's in which the thread is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/linux/linux.h"
#include "sys/linux/netns.h"

/* All that is ever written: what wg-quick writes for a default route through the tunnel. */
#define MAY_WRITE "net.ipv4.conf.all.src_valid_mark"

/* Names of links may hold dots: as sysctl(8), a "/" in the name stands for one. */
static int path_of(const char *name, char *path, size_t cap, struct err *e)
{
	char *p;
	int len = snprintf(path, cap, "/proc/sys/%s", name);

	if (!str_has_prefix(name, "net.") || strstr(name, "..") || (size_t)len >= cap)
		return err_code(e, EINVAL, "sysctl %s", name);
	for (p = path + strlen("/proc/sys/"); *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	return 0;
}

int linux_sysctl_get(const char *name, char *out, size_t cap, struct err *e)
{
	char path[256];
	ssize_t n;
	int fd, rc = path_of(name, path, sizeof(path), e);

	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "read sysctl %s", name);
	n = read(fd, out, cap - 1);
	rc = n < 0 ? err_sys(e, "read sysctl %s", name) : 0;
	close(fd);
	if (rc < 0)
		return rc;
	while (n > 0 && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
	return 0;
}

static int write_it(const char *name, const char *value, struct err *e)
{
	char path[256];
	int fd, rc = path_of(name, path, sizeof(path), e);

	if (rc < 0)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "write sysctl %s", name);
	rc = write(fd, value, strlen(value)) < 0 ? err_sys(e, "write sysctl %s", name) : 0;
	close(fd);
	return rc;
}

int linux_sysctl_set(const char *name, const char *value, struct err *e)
{
	if (strcmp(name, MAY_WRITE) != 0)
		return err_code(e, EPERM, "sysctl %s is not ours to write", name);
	return write_it(name, value, e);
}

/* Each belongs to a network namespace: what is written in the lab's stays in it. */
static bool is_for_lab(const char *name)
{
	static const char *const whole[] = {
		"net.ipv4.ip_forward",
		"net.ipv4.icmp_echo_ignore_all",
		"net.ipv4.conf.all.src_valid_mark",
		"net.ipv6.conf.all.forwarding",
		"net.ipv6.conf.all.accept_dad",
		"net.ipv6.conf.default.accept_dad",
		"net.netfilter.nf_conntrack_udp_timeout",
		"net.netfilter.nf_conntrack_udp_timeout_stream",
	};
	/* of one link */
	static const struct {
		const char *first, *last;
	} parts[] = {
		{ "net.ipv4.conf.", ".rp_filter" },
		{ "net.ipv4.neigh.", ".unres_qlen_bytes" },
		{ "net.ipv6.neigh.", ".unres_qlen_bytes" },
	};
	size_t i, len = strlen(name);

	for (i = 0; i < ARRAY_LEN(whole); i++)
		if (strcmp(name, whole[i]) == 0)
			return true;
	for (i = 0; i < ARRAY_LEN(parts); i++) {
		size_t last = strlen(parts[i].last);

		if (str_has_prefix(name, parts[i].first) && len > strlen(parts[i].first) + last &&
		    strcmp(name + len - last, parts[i].last) == 0)
			return true;
	}
	return false;
}

int linux_netns_sysctl(int netns, const char *name, const char *value, struct err *e)
{
	struct stat st;
	int home, rc;

	if (!is_for_lab(name) || fstat(netns, &st) < 0 || netns_is_own(&st))
		return err_code(e, EPERM, "sysctl %s is not ours to write", name);
	rc = linux_netns_get(&home, e);
	if (rc < 0)
		return rc;
	rc = linux_netns_enter(netns, e);
	if (!rc) {
		rc = write_it(name, value, e);
		netns_return(home);
	}
	close(home);
	return rc;
}
