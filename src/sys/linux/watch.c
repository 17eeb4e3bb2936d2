/*
 * Tells that something about links or routes may have changed; what, is asked for
 * anew. So a lost message (ENOBUFS) costs nothing.
 *
 * A tun keeps belonging to us when it is moved to another network namespace, but its
 * messages are then sent there. A socket of ours in that namespace would keep it alive
 * after all others have left it, and with it the tun; so one here listens to all
 * namespaces that have a number here. That of a namespace that ends is not told: that the
 * tun is gone, its own descriptor says.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/nsid.h"

/* Messages read in one go; what is left keeps the descriptor readable. */
enum { DRAIN_MAX = 256 };

static int open_watch(uint32_t groups)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

/* Needs CAP_NET_BROADCAST, there too. */
static int open_watch_of(int netns)
{
	int fd = open_watch(RTMGRP_LINK), on = 1, rc;

	if (fd < 0)
		return fd;
	rc = nsid_assign(netns);
	if (!rc && setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) < 0)
		rc = -errno;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int linux_link_watch_open(struct sys_tun *t, int *out, struct err *e)
{
	int netns = ioctl(t->fd, TUNGETDEVNETNS);
	struct stat st = { 0 };
	int fd;

	/* Before Linux 5.5 one cannot ask; then it is taken to be here. */
	if (netns < 0 && errno == EBADFD)
		return err_sys(e, "%s", t->name);
	if (netns < 0 || fstat(netns, &st) < 0 || netns_is_own(&st))
		fd = open_watch(RTMGRP_LINK);
	else
		fd = open_watch_of(netns);
	if (netns >= 0)
		close(netns);
	if (fd < 0)
		return err_code(e, fd, "watch the links of %s", t->name);
	if (t->watch_fd >= 0)
		close(t->watch_fd);
	t->watch_fd = fd;
	t->watch_netns = st.st_ino;
	*out = fd;
	return 0;
}

void linux_link_watch_drain(int fd)
{
	char b[8192];

	for (int i = 0; i < DRAIN_MAX; i++)
		if (recv(fd, b, sizeof(b), 0) < 0 && errno != ENOBUFS && errno != EINTR)
			return;
}

int linux_route_watch_open(int *out, struct err *e)
{
	/* IPv6 rules have a group without an old-style mask; its bit is the same. */
	const uint32_t ip6_rule = 1u << (RTNLGRP_IPV6_RULE - 1);
	int fd = open_watch(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			    RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | ip6_rule);

	if (fd < 0)
		return err_code(e, fd, "watch the routes");
	*out = fd;
	return 0;
}

int linux_addr_watch_open(int *out, struct err *e)
{
	int fd = open_watch(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);

	if (fd < 0)
		return err_code(e, fd, "watch the links");
	*out = fd;
	return 0;
}
