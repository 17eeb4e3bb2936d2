/*
 * Changing links, addresses and routes through rtnetlink.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/rtnl.h"

static int ifindex_of(const char *name, int *out, struct err *e)
{
	struct ifreq r = { 0 };
	/* Not if_nametoindex(): without a descriptor to spare glibc says ENOENT. */
	int rc, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "socket");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	rc = ioctl(fd, SIOCGIFINDEX, &r) < 0 ? err_code(e, errno, "interface %s", name) : 0;
	close(fd);
	*out = r.ifr_ifindex;
	return rc;
}

static struct nl_addr *nl_addr_of(const struct ip_addr *a, unsigned len)
{
	int family = a->family == FAMILY_IP6 ? AF_INET6 : AF_INET;
	struct nl_addr *n = nl_addr_build(family, a->b, ip_addr_len(a));

	if (n)
		nl_addr_set_prefixlen(n, (int)len);
	return n;
}

static void linkp(struct rtnl_link **l)
{
	rtnl_link_put(*l);
}

/* --- links ---------------------------------------------------------------- */

/* Applies what is set in `change` to the link of that name. */
static int link_change(const char *name, struct rtnl_link *change, const char *what, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	CLEANUP(linkp) struct rtnl_link *which = rtnl_link_alloc();
	int rc, ifindex = 0;

	if (!which || !change)
		return err_code(e, ENOMEM, "%s %s", what, name);
	rc = rtnl_open(&s, e);
	if (rc < 0)
		return rc;
	rc = ifindex_of(name, &ifindex, e);
	if (rc < 0)
		return rc;
	rtnl_link_set_ifindex(which, ifindex);
	rc = rtnl_link_change(s, which, change, 0);
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "%s %s", what, name);
	return 0;
}

int linux_link_up(const char *name, bool up, struct err *e)
{
	CLEANUP(linkp) struct rtnl_link *change = rtnl_link_alloc();
	int rc;

	if (change && up)
		rtnl_link_set_flags(change, IFF_UP);
	else if (change)
		rtnl_link_unset_flags(change, IFF_UP);
	rc = link_change(name, change, up ? "bring up" : "bring down", e);
	/* libnl has one word for both; a link of WireGuard binds its port when it comes up. */
	return rc == -EEXIST ? err_code(e, EADDRINUSE, "bring up %s", name) : rc;
}

int linux_link_mtu(const char *name, unsigned mtu, struct err *e)
{
	CLEANUP(linkp) struct rtnl_link *change = rtnl_link_alloc();

	if (change)
		rtnl_link_set_mtu(change, mtu);
	return link_change(name, change, "set the MTU of", e);
}

int linux_link_delete(const char *name, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	CLEANUP(linkp) struct rtnl_link *which = rtnl_link_alloc();
	int rc, ifindex = 0;

	if (!which)
		return err_code(e, ENOMEM, "delete %s", name);
	rc = rtnl_open(&s, e);
	if (rc < 0)
		return rc;
	rc = ifindex_of(name, &ifindex, e);
	if (rc < 0)
		return rc;
	rtnl_link_set_ifindex(which, ifindex);
	rc = rtnl_link_delete(s, which);
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "delete %s", name);
	return 0;
}

/* A socket that is in another namespace than this thread will be when it returns. */
static int open_in(int netns, struct nl_sock **out, struct err *e)
{
	int home = -1, rc;

	rc = linux_netns_get(&home, e);
	if (rc < 0)
		return rc;
	rc = linux_netns_enter(netns, e);
	if (!rc) {
		rc = rtnl_open(out, e);
		netns_return(home);
	}
	close(home);
	return rc;
}

int linux_veth_add(int netns_a, const char *name_a, int netns_b, const char *name_b, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct rtnl_link *a, *b;
	int rc;

	rc = open_in(netns_a, &s, e);
	if (rc < 0)
		return rc;
	a = rtnl_link_veth_alloc();
	if (!a)
		return err_code(e, ENOMEM, "create veth %s", name_a);
	b = rtnl_link_veth_get_peer(a);
	rtnl_link_set_name(a, name_a);
	rtnl_link_set_name(b, name_b);
	rtnl_link_set_ns_fd(b, netns_b);
	rc = rtnl_link_add(s, a, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(b);
	rtnl_link_veth_release(a);
	if (rc == 0)
		return 0;
	rc = err_code(e, rtnl_errno(rc), "create veth %s", name_a);
	if (-rc == EOPNOTSUPP)
		err_remedy(e, "this kernel has no veth (CONFIG_VETH): modprobe veth, as root");
	return rc;
}

/* --- addresses and routes ------------------------------------------------- */

static int addr_add(const char *name, const struct cidr *c, unsigned flags, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct nl_addr *local = nl_addr_of(&c->addr, c->len);
	struct rtnl_addr *a = rtnl_addr_alloc();
	char text[CIDR_STR_SIZE];
	int rc = 0, ifindex = 0;

	if (!local || !a)
		rc = err_code(e, ENOMEM, "add an address to %s", name);
	if (!rc)
		rc = rtnl_open(&s, e);
	if (!rc)
		rc = ifindex_of(name, &ifindex, e);
	if (!rc) {
		rtnl_addr_set_ifindex(a, ifindex);
		rtnl_addr_set_local(a, local);
		/* Nobody else is there, and a tentative address cannot be used for a second. */
		rtnl_addr_set_flags(a, IFA_F_NODAD | flags);
		rc = rtnl_addr_add(s, a, NLM_F_EXCL);
		if (rc < 0)
			rc = err_code(e, rtnl_errno(rc), "add %s to %s", cidr_str(c, text), name);
	}
	nl_addr_put(local);
	rtnl_addr_put(a);
	return rc;
}

int linux_addr_add(const char *name, const struct cidr *c, struct err *e)
{
	return addr_add(name, c, 0, e);
}

int linux_addr_add_alone(const char *name, const struct cidr *c, struct err *e)
{
	return addr_add(name, c, IFA_F_NOPREFIXROUTE, e);
}

static int add_route(struct rtnl_route *r, struct rtnl_nexthop *h, const struct cidr *dst,
		     const char *dev, const struct ip_addr *gateway, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct nl_addr *to = nl_addr_of(&dst->addr, dst->len), *via = NULL;
	char text[CIDR_STR_SIZE];
	int rc, ifindex = 0;

	rtnl_route_add_nexthop(r, h); /* belongs to the route now */
	rc = to ? rtnl_open(&s, e) : err_code(e, ENOMEM, "add a route to %s", dev);
	if (!rc)
		rc = ifindex_of(dev, &ifindex, e);
	if (rc < 0)
		goto out;
	rtnl_route_set_family(r, nl_addr_get_family(to));
	rtnl_route_set_dst(r, to);
	rtnl_route_set_table(r, RT_TABLE_MAIN);
	rtnl_route_set_protocol(r, RTPROT_BOOT);
	rtnl_route_set_type(r, RTN_UNICAST);
	rtnl_route_set_scope(r, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	rtnl_route_nh_set_ifindex(h, ifindex);
	if (gateway && (via = nl_addr_of(gateway, ip_addr_len(gateway) * 8)))
		rtnl_route_nh_set_gateway(h, via);
	rc = rtnl_route_add(s, r, NLM_F_EXCL);
	if (rc < 0)
		rc = err_code(e, rtnl_errno(rc), "route %s into %s", cidr_str(dst, text), dev);
out:
	nl_addr_put(to);
	nl_addr_put(via);
	return rc;
}

int linux_route_add(const struct cidr *dst, const char *dev, const struct ip_addr *gateway,
		    struct err *e)
{
	struct rtnl_nexthop *h = rtnl_route_nh_alloc();
	struct rtnl_route *r = rtnl_route_alloc();
	int rc;

	if (!h || !r) {
		if (h)
			rtnl_route_nh_free(h);
		rtnl_route_put(r);
		return err_code(e, ENOMEM, "add a route to %s", dev);
	}
	rc = add_route(r, h, dst, dev, gateway, e);
	rtnl_route_put(r);
	return rc;
}
