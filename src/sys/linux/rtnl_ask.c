/*
 * One question to rtnetlink and its one answer: which way a packet would go, what a neighbour
 * is known to be, how a tun device is framed.
 *
 * libnl turns the kernel's errno into a code of its own, in which "Network is unreachable" is a
 * mere failure; here it is the answer. So the answers are read from the message itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/neighbour.h>
#include <string.h>

#include "sys/linux/linux.h"
#include "sys/linux/rtnl.h"

struct answer {
	int (*take)(struct nlmsghdr *h, void *ctx);
	void *ctx;
	int refused; /* the kernel's errno, positive */
};

static int on_answer(struct nl_msg *m, void *arg)
{
	struct answer *a = arg;

	a->take(nlmsg_hdr(m), a->ctx);
	return NL_OK;
}

static int on_refusal(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct answer *a = arg;

	(void)from;
	a->refused = e->error < 0 ? -e->error : 0;
	return NL_STOP;
}

/* Frees m. 0 also when the kernel refused: a->refused. */
static int ask(struct nl_msg *m, struct answer *a, const char *what, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	int rc = rtnl_open(&s, e);

	if (rc < 0) {
		nlmsg_free(m);
		return rc;
	}
	nl_socket_disable_auto_ack(s);
	nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, on_answer, a);
	nl_socket_modify_err_cb(s, NL_CB_CUSTOM, on_refusal, a);
	rc = nl_send_auto(s, m);
	nlmsg_free(m);
	if (rc >= 0)
		rc = nl_recvmsgs_default(s);
	if (a->refused)
		return 0;
	return rc < 0 ? err_code(e, rtnl_errno(rc), "%s", what) : 0;
}

static size_t addr_len(const struct ip_addr *a)
{
	return ip_addr_len(a);
}

static int domain(const struct ip_addr *a)
{
	return a->family == FAMILY_IP4 ? AF_INET : AF_INET6;
}

/* --- the way -------------------------------------------------------------- */

static void take_addr(const struct nlattr *at, uint8_t family, struct ip_addr *out)
{
	struct ip_addr a = { .family = family };

	if (!at || (size_t)nla_len(at) != addr_len(&a))
		return;
	memcpy(a.b, nla_data(at), addr_len(&a));
	*out = a;
}

/* A gateway of the other family (RFC 5549). */
static void take_via(const struct nlattr *at, struct ip_addr *out)
{
	const struct rtvia *v;
	struct ip_addr a = { 0 };

	if (!at || (size_t)nla_len(at) < sizeof(*v))
		return;
	v = nla_data(at);
	a.family = v->rtvia_family == AF_INET ? FAMILY_IP4 : FAMILY_IP6;
	if ((size_t)nla_len(at) < sizeof(*v) + addr_len(&a))
		return;
	memcpy(a.b, v->rtvia_addr, addr_len(&a));
	*out = a;
}

/* IPv6 answers with such a route where IPv4 refuses. */
static int error_of(const struct rtmsg *r, const struct nlattr *cache)
{
	const struct rta_cacheinfo *c = cache ? nla_data(cache) : NULL;

	if (c && (size_t)nla_len(cache) >= sizeof(*c) && (int)c->rta_error < 0)
		return -(int)c->rta_error;
	switch (r->rtm_type) {
	case RTN_BLACKHOLE:
		return EINVAL;
	case RTN_UNREACHABLE:
		return EHOSTUNREACH;
	case RTN_PROHIBIT:
		return EACCES;
	}
	return 0;
}

static int take_path(struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *r = nlmsg_data(h);
	struct nlattr *at[RTA_MAX + 1];
	struct sys_path *out = ctx;
	uint8_t family;

	if (h->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(h, sizeof(*r), at, RTA_MAX, NULL) < 0)
		return 0;
	family = r->rtm_family == AF_INET ? FAMILY_IP4 : FAMILY_IP6;
	out->error = error_of(r, at[RTA_CACHEINFO]);
	out->type = r->rtm_type;
	out->table = at[RTA_TABLE] ? nla_get_u32(at[RTA_TABLE]) : r->rtm_table;
	out->oif = at[RTA_OIF] ? nla_get_u32(at[RTA_OIF]) : 0;
	take_addr(at[RTA_GATEWAY], family, &out->gateway);
	take_via(at[RTA_VIA], &out->gateway);
	take_addr(at[RTA_PREFSRC], family, &out->prefsrc);
	out->answered = true;
	return 0;
}

/* What the kernel says of a destination, and not of the question. */
static bool is_no_route(int code)
{
	return code == ENETUNREACH || code == EHOSTUNREACH || code == EACCES || code == EINVAL;
}

static bool put_flow(struct nl_msg *m, const struct sys_flow *flow)
{
	if (nla_put(m, RTA_DST, (int)addr_len(&flow->to), flow->to.b) < 0)
		return false;
	if (flow->from.family != FAMILY_NONE &&
	    nla_put(m, RTA_SRC, (int)addr_len(&flow->from), flow->from.b) < 0)
		return false;
	if (flow->mark && nla_put_u32(m, RTA_MARK, flow->mark) < 0)
		return false;
	if (!flow->sport || !flow->dport)
		return true;
	return nla_put_u8(m, RTA_IP_PROTO, IPPROTO_UDP) >= 0 &&
	       nla_put_u16(m, RTA_SPORT, htons(flow->sport)) >= 0 &&
	       nla_put_u16(m, RTA_DPORT, htons(flow->dport)) >= 0;
}

int linux_route_get(const struct sys_flow *flow, struct sys_path *out, struct err *e)
{
	const struct ip_addr *to = &flow->to;
	struct rtmsg r = {
		.rtm_family = (unsigned char)domain(to),
		.rtm_dst_len = (unsigned char)(addr_len(to) * 8),
		.rtm_src_len = (unsigned char)(addr_len(&flow->from) * 8),
		.rtm_flags = RTM_F_LOOKUP_TABLE,
	};
	struct nl_msg *m = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	struct sys_path p = { 0 };
	struct answer a = { take_path, &p, 0 };
	char name[IP_ADDR_STR_SIZE];
	int rc;

	if (!m || nlmsg_append(m, &r, sizeof(r), NLMSG_ALIGNTO) < 0 || !put_flow(m, flow)) {
		nlmsg_free(m);
		return err_code(e, ENOMEM, "ask for a route");
	}
	rc = ask(m, &a, "ask for a route", e);
	if (rc < 0)
		return rc;
	if (a.refused && !is_no_route(a.refused))
		return err_code(e, a.refused, "ask for the route to %s", ip_addr_str(to, name));
	if (a.refused)
		p = (struct sys_path){ .error = a.refused, .answered = true };
	if (!p.answered)
		return err_say(e, EPROTO, "the route to %s was asked for and not told",
			       ip_addr_str(to, name));
	*out = p;
	return 0;
}

/* --- a neighbour ------------------------------------------------------------ */

static const char *neigh_word(int state)
{
	static const struct {
		int bit;
		const char *word;
	} words[] = {
		{ NUD_INCOMPLETE, "INCOMPLETE" }, { NUD_REACHABLE, "REACHABLE" },
		{ NUD_STALE, "STALE" },		  { NUD_DELAY, "DELAY" },
		{ NUD_PROBE, "PROBE" },		  { NUD_FAILED, "FAILED" },
		{ NUD_NOARP, "NOARP" },		  { NUD_PERMANENT, "PERMANENT" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (state & words[i].bit)
			return words[i].word;
	return NULL; /* NUD_NONE: there, and nothing known */
}

int linux_neigh(unsigned ifindex, const struct ip_addr *addr, const char **state, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct rtnl_neigh *found;
	struct nl_cache *cache;
	struct nl_addr *a;
	int rc = rtnl_open(&s, e);

	if (rc < 0)
		return rc;
	rc = rtnl_neigh_alloc_cache(s, &cache);
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "read neighbours");
	a = nl_addr_build(domain(addr), addr->b, addr_len(addr));
	found = a ? rtnl_neigh_get(cache, (int)ifindex, a) : NULL;
	*state = found ? neigh_word(rtnl_neigh_get_state(found)) : NULL;
	rtnl_neigh_put(found);
	nl_addr_put(a);
	nl_cache_free(cache);
	return a ? 0 : err_code(e, ENOMEM, "read neighbours");
}

/* --- a tun's framing -------------------------------------------------------- */

static int take_pi(struct nlmsghdr *h, void *ctx)
{
	struct nlattr *at[IFLA_MAX + 1], *inside[IFLA_INFO_MAX + 1], *tun[IFLA_TUN_MAX + 1];
	int *pi = ctx;

	if (nlmsg_parse(h, sizeof(struct ifinfomsg), at, IFLA_MAX, NULL) < 0 || !at[IFLA_LINKINFO])
		return 0;
	if (nla_parse_nested(inside, IFLA_INFO_MAX, at[IFLA_LINKINFO], NULL) < 0 ||
	    !inside[IFLA_INFO_DATA])
		return 0;
	if (nla_parse_nested(tun, IFLA_TUN_MAX, inside[IFLA_INFO_DATA], NULL) < 0)
		return 0;
	if (tun[IFLA_TUN_PI] && nla_len(tun[IFLA_TUN_PI]) == 1)
		*pi = nla_get_u8(tun[IFLA_TUN_PI]) != 0;
	return 0;
}

int rtnl_tun_pi(unsigned ifindex)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST);
	int pi = -1;
	struct answer a = { take_pi, &pi, 0 };

	if (!m || nlmsg_append(m, &i, sizeof(i), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(m);
		return -1;
	}
	return ask(m, &a, "ask for a link", NULL) < 0 || a.refused ? -1 : pi;
}
