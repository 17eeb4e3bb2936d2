/*
 * Reading links, addresses and routes through rtnetlink.
 *
 * A dump that the kernel marks as interrupted (something changed meanwhile) has holes or
 * doubles and is taken again.
 */
#include "sys/linux/rtnl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>

#include "sys/linux/linux.h"

/* A machine where this many dumps in a row are interrupted changes faster than it can be read. */
enum { DUMP_TRIES = 20 };

int rtnl_errno(int nle)
{
	static const int to_errno[NLE_MAX + 1] = {
		[NLE_INTR] = EINTR,
		[NLE_BAD_SOCK] = EBADF,
		[NLE_AGAIN] = EAGAIN,
		[NLE_NOMEM] = ENOMEM,
		[NLE_EXIST] = EEXIST,
		[NLE_INVAL] = EINVAL,
		[NLE_RANGE] = ERANGE,
		[NLE_MSGSIZE] = EMSGSIZE,
		[NLE_OPNOTSUPP] = EOPNOTSUPP,
		[NLE_AF_NOSUPPORT] = EAFNOSUPPORT,
		[NLE_OBJ_NOTFOUND] = ENOENT,
		[NLE_NOADDR] = EADDRNOTAVAIL,
		[NLE_BUSY] = EBUSY,
		[NLE_NOACCESS] = EACCES,
		[NLE_PERM] = EPERM,
		[NLE_NODEV] = ENODEV,
		[NLE_DUMP_INTR] = EINTR,
	};
	int code = nle < 0 ? -nle : nle;

	return code <= NLE_MAX && to_errno[code] ? to_errno[code] : EIO;
}

void rtnl_sockp(struct nl_sock **s)
{
	nl_socket_free(*s);
}

int rtnl_open(struct nl_sock **out, struct err *e)
{
	struct nl_sock *s = nl_socket_alloc();
	int rc;

	if (!s)
		return err_code(e, ENOMEM, "rtnetlink socket");
	rc = nl_connect(s, NETLINK_ROUTE);
	if (rc < 0) {
		nl_socket_free(s);
		return err_code(e, rtnl_errno(rc), "rtnetlink socket");
	}
	*out = s;
	return 0;
}

/* --- dumps ---------------------------------------------------------------- */

enum dump { DUMP_LINKS, DUMP_ADDRS, DUMP_ROUTES };

static int dump_once(enum dump what, struct nl_sock *s, struct nl_cache **out)
{
	switch (what) {
	case DUMP_LINKS:
		return rtnl_link_alloc_cache(s, AF_UNSPEC, out);
	case DUMP_ADDRS:
		return rtnl_addr_alloc_cache(s, out);
	case DUMP_ROUTES:
		return rtnl_route_alloc_cache(s, AF_UNSPEC, 0, out);
	}
	return -NLE_INVAL;
}

/*
 * Without it the kernel also tells what it learned of single destinations (a path MTU), and such an
 * entry takes the place of a route to the same prefix in the cache. Before Linux 4.20 there is no
 * such option, and no such entry in the dump.
 */
static void no_exceptions(const struct nl_sock *s)
{
	const int on = 1;

	setsockopt(nl_socket_get_fd(s), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

static int dump(enum dump what, struct nl_cache **out, struct err *e)
{
	static const char *const name[] = { "links", "addresses", "routes" };
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	int rc, tries;

	rc = rtnl_open(&s, e);
	if (rc < 0)
		return rc;
	if (what == DUMP_ROUTES)
		no_exceptions(s);
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		rc = dump_once(what, s, out);
		if (rc != -NLE_DUMP_INTR)
			break;
	}
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "read %s", name[what]);
	return 0;
}

static void copy_ip(const struct nl_addr *from, struct ip_addr *to)
{
	unsigned len;

	memset(to, 0, sizeof(*to));
	if (!from)
		return;
	len = nl_addr_get_len(from);
	if (nl_addr_get_family(from) == AF_INET && len == 4)
		to->family = FAMILY_IP4;
	else if (nl_addr_get_family(from) == AF_INET6 && len == 16)
		to->family = FAMILY_IP6;
	else
		return;
	memcpy(to->b, nl_addr_get_binary_addr(from), len);
}

/* --- links ---------------------------------------------------------------- */

static void fill_stats(struct rtnl_link *from, struct sys_link_stats *s)
{
	/* libnl takes them from the 64-bit attribute. */
	static const struct {
		rtnl_link_stat_id_t id;
		size_t at;
	} row[] = {
#define ROW(id, field) { RTNL_LINK_##id, offsetof(struct sys_link_stats, field) }
		ROW(RX_PACKETS, rx_packets),
		ROW(RX_BYTES, rx_bytes),
		ROW(RX_ERRORS, rx_errors),
		ROW(RX_DROPPED, rx_dropped),
		ROW(RX_LEN_ERR, rx_length_errors),
		ROW(RX_OVER_ERR, rx_over_errors),
		ROW(RX_CRC_ERR, rx_crc_errors),
		ROW(RX_FRAME_ERR, rx_frame_errors),
		ROW(RX_FIFO_ERR, rx_fifo_errors),
		ROW(RX_MISSED_ERR, rx_missed_errors),
		ROW(RX_NOHANDLER, rx_nohandler),
		ROW(TX_PACKETS, tx_packets),
		ROW(TX_BYTES, tx_bytes),
		ROW(TX_ERRORS, tx_errors),
		ROW(TX_DROPPED, tx_dropped),
		ROW(TX_ABORT_ERR, tx_aborted_errors),
		ROW(TX_CARRIER_ERR, tx_carrier_errors),
		ROW(TX_FIFO_ERR, tx_fifo_errors),
		ROW(TX_HBEAT_ERR, tx_heartbeat_errors),
		ROW(TX_WIN_ERR, tx_window_errors),
#undef ROW
	};
	size_t i;

	_Static_assert(ARRAY_LEN(row) * sizeof(uint64_t) == sizeof(*s), "a counter has no row");
	for (i = 0; i < ARRAY_LEN(row); i++)
		*(uint64_t *)((char *)s + row[i].at) = rtnl_link_get_stat(from, row[i].id);
}

static void fill_link(struct rtnl_link *from, struct sys_link *to)
{
	unsigned flags = rtnl_link_get_flags(from);
	const char *name = rtnl_link_get_name(from), *kind = rtnl_link_get_type(from);

	to->ifindex = (unsigned)rtnl_link_get_ifindex(from);
	to->mtu = rtnl_link_get_mtu(from);
	snprintf(to->name, sizeof(to->name), "%s", name ? name : "");
	snprintf(to->kind, sizeof(to->kind), "%s", kind ? kind : "");
	to->up = flags & IFF_UP;
	to->running = flags & IFF_RUNNING;
	to->loopback = flags & IFF_LOOPBACK;
	to->point_to_point = flags & IFF_POINTOPOINT;
	to->ethernet = rtnl_link_get_arptype(from) == ARPHRD_ETHER;
	/* libnl does not know what is special of a tun. */
	to->tun_pi = strcmp(to->kind, "tun") == 0 ? rtnl_tun_pi(to->ifindex) : -1;
	fill_stats(from, &to->stats);
}

static bool has_link(const struct sys_link *l, size_t n, struct rtnl_link *x)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].ifindex == (unsigned)rtnl_link_get_ifindex(x))
			return true;
	return false;
}

/*
 * A bridge's ports may come a second time, as the bridge sees them and without counters; the
 * bridge itself comes once, and libnl gives it that family all the same.
 */
static size_t each_once(struct nl_cache *cache, struct sys_link *out)
{
	struct nl_object *o;
	size_t n = 0;
	int round;

	for (round = 0; round < 2; round++) {
		for (o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o)) {
			struct rtnl_link *l = (struct rtnl_link *)o;

			if ((rtnl_link_get_family(l) == AF_UNSPEC) != (round == 0))
				continue;
			if (round == 0 || !has_link(out, n, l))
				fill_link(l, &out[n++]);
		}
	}
	return n;
}

int linux_links(struct arena *a, struct sys_link **out, size_t *n, struct err *e)
{
	struct nl_cache *cache;
	int rc;

	rc = dump(DUMP_LINKS, &cache, e);
	if (rc < 0)
		return rc;
	*out = arena_alloc(a, (size_t)nl_cache_nitems(cache) * sizeof(**out));
	*n = each_once(cache, *out);
	nl_cache_free(cache);
	return 0;
}

/* --- addresses ------------------------------------------------------------ */

static bool fill_addr(struct rtnl_addr *from, struct sys_addr *to)
{
	unsigned flags = rtnl_addr_get_flags(from);

	copy_ip(rtnl_addr_get_local(from), &to->addr.addr);
	copy_ip(rtnl_addr_get_peer(from), &to->peer);
	to->addr.len = (uint8_t)rtnl_addr_get_prefixlen(from);
	to->ifindex = (unsigned)rtnl_addr_get_ifindex(from);
	to->tentative = flags & IFA_F_TENTATIVE;
	to->dad_failed = flags & IFA_F_DADFAILED;
	return to->addr.addr.family != FAMILY_NONE;
}

int linux_addrs(struct arena *a, struct sys_addr **out, size_t *n, struct err *e)
{
	struct nl_cache *cache;
	struct nl_object *o;
	struct sys_addr *all;
	size_t i = 0;
	int rc;

	rc = dump(DUMP_ADDRS, &cache, e);
	if (rc < 0)
		return rc;
	all = arena_alloc(a, (size_t)nl_cache_nitems(cache) * sizeof(*all));
	for (o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o))
		i += fill_addr((struct rtnl_addr *)o, &all[i]);
	nl_cache_free(cache);
	*out = all;
	*n = i;
	return 0;
}

/* --- routes --------------------------------------------------------------- */

static uint8_t route_family(struct rtnl_route *r)
{
	switch (rtnl_route_get_family(r)) {
	case AF_INET:
		return FAMILY_IP4;
	case AF_INET6:
		return FAMILY_IP6;
	}
	return FAMILY_NONE; /* MPLS, multicast routing */
}

static void fill_route(struct rtnl_route *from, int hop, struct sys_route *to)
{
	struct rtnl_nexthop *h = rtnl_route_nexthop_n(from, hop);
	struct nl_addr *dst = rtnl_route_get_dst(from);

	copy_ip(dst, &to->dst.addr);
	to->dst.addr.family = route_family(from); /* a default route has no destination */
	to->dst.len = dst ? (uint8_t)nl_addr_get_prefixlen(dst) : 0;
	copy_ip(rtnl_route_get_pref_src(from), &to->prefsrc);
	to->table = rtnl_route_get_table(from);
	to->metric = rtnl_route_get_priority(from);
	to->type = rtnl_route_get_type(from);
	if (!h)
		return;
	to->oif = (unsigned)rtnl_route_nh_get_ifindex(h);
	copy_ip(rtnl_route_nh_get_gateway(h), &to->gateway);
	if (!to->gateway.family)
		copy_ip(rtnl_route_nh_get_via(h), &to->gateway);
}

/* One entry for each way a route has; a blackhole has none and is one entry too. */
static int n_ways(struct rtnl_route *r)
{
	/* What was only learned of a way, such as its MTU, is no entry of the table. */
	if (rtnl_route_get_flags(r) & RTM_F_CLONED)
		return 0;
	return route_family(r) ? MAX(rtnl_route_get_nnexthops(r), 1) : 0;
}

int linux_routes(struct arena *a, struct sys_route **out, size_t *n, struct err *e)
{
	struct nl_cache *cache;
	struct nl_object *o;
	struct sys_route *all;
	size_t i = 0;
	int rc, way;

	rc = dump(DUMP_ROUTES, &cache, e);
	if (rc < 0)
		return rc;
	for (o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o))
		i += (size_t)n_ways((struct rtnl_route *)o);
	all = arena_alloc(a, i * sizeof(*all));
	i = 0;
	for (o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o))
		for (way = 0; way < n_ways((struct rtnl_route *)o); way++)
			fill_route((struct rtnl_route *)o, way, &all[i++]);
	nl_cache_free(cache);
	*out = all;
	*n = i;
	return 0;
}
