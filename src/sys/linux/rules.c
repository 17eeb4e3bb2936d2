/*
 * Policy routing: reading and changing the rules of `ip rule`, and routes in any table.
 *
 * Rules are read and written by hand: libnl's own have neither `not` nor suppress_prefixlength.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/linux/linux.h"
#include "sys/linux/rtnl.h"

enum { DUMP_TRIES = 20, RULES_MAX = 1 << 16 };

static int af_of(uint8_t family)
{
	return family == FAMILY_IP6 ? AF_INET6 : AF_INET;
}

/* --- reading -------------------------------------------------------------- */

struct rule_list {
	struct arena *a;
	struct sys_rule *rule;
	size_t n, cap;
};

static struct sys_rule *rule_more(struct rule_list *l)
{
	struct sys_rule *more;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		more = arena_alloc(l->a, l->cap * sizeof(*more));
		if (l->n)
			memcpy(more, l->rule, l->n * sizeof(*more));
		l->rule = more;
	}
	return &l->rule[l->n++];
}

static void take_prefix(struct nlattr *from, uint8_t family, uint8_t len, struct cidr *to)
{
	size_t want = family == FAMILY_IP6 ? 16 : 4;

	if (!from || (size_t)nla_len(from) < want)
		return;
	to->addr.family = family;
	memcpy(to->addr.b, nla_data(from), want);
	to->len = len;
}

static uint32_t take_u32(struct nlattr *from, uint32_t otherwise)
{
	return from && nla_len(from) >= 4 ? nla_get_u32(from) : otherwise;
}

static int take_rule(struct nl_msg *msg, void *ctx)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *t[FRA_MAX + 1];
	struct fib_rule_hdr *f = nlmsg_data(h);
	struct rule_list *l = ctx;
	struct sys_rule *r;

	if (h->nlmsg_type != RTM_NEWRULE || l->n >= RULES_MAX ||
	    nlmsg_parse(h, sizeof(*f), t, FRA_MAX, NULL) < 0)
		return NL_SKIP;
	if (f->family != AF_INET && f->family != AF_INET6)
		return NL_SKIP; /* multicast routing has rules too */
	r = rule_more(l);
	r->family = f->family == AF_INET6 ? FAMILY_IP6 : FAMILY_IP4;
	r->pref = take_u32(t[FRA_PRIORITY], 0);
	r->table = take_u32(t[FRA_TABLE], f->table);
	r->mark = take_u32(t[FRA_FWMARK], 0);
	r->mask = take_u32(t[FRA_FWMASK], 0);
	take_prefix(t[FRA_SRC], r->family, f->src_len, &r->src);
	take_prefix(t[FRA_DST], r->family, f->dst_len, &r->dst);
	if (t[FRA_IIFNAME])
		nla_strlcpy(r->iif, t[FRA_IIFNAME], sizeof(r->iif));
	if (t[FRA_OIFNAME])
		nla_strlcpy(r->oif, t[FRA_OIFNAME], sizeof(r->oif));
	r->action = f->action;
	/* The kernel tells "none" as all ones. */
	r->suppress_prefixlength = (int)take_u32(t[FRA_SUPPRESS_PREFIXLEN], (uint32_t)-1);
	r->invert = f->flags & FIB_RULE_INVERT;
	return NL_OK;
}

static int dump_rules(struct nl_sock *s, struct rule_list *l)
{
	struct fib_rule_hdr ask = { .family = AF_UNSPEC };
	int rc;

	rc = nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, take_rule, l);
	if (rc >= 0)
		rc = nl_send_simple(s, RTM_GETRULE, NLM_F_DUMP, &ask, sizeof(ask));
	return rc < 0 ? rc : nl_recvmsgs_default(s);
}

int linux_rules(struct arena *a, struct sys_rule **out, size_t *n, struct err *e)
{
	struct rule_list l = { .a = a };
	int rc = -NLE_DUMP_INTR, tries;

	for (tries = 0; rc == -NLE_DUMP_INTR && tries < DUMP_TRIES; tries++) {
		CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;

		rc = rtnl_open(&s, e);
		if (rc < 0)
			return rc;
		l.n = l.cap = 0;
		rc = dump_rules(s, &l);
	}
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "read the rules of ip rule");
	*out = l.rule;
	*n = l.n;
	return 0;
}

/* --- changing ------------------------------------------------------------- */

static void msgp(struct nl_msg **m)
{
	nlmsg_free(*m);
}

static int put_prefix(struct nl_msg *m, int attr, const struct cidr *c)
{
	return c->addr.family ? nla_put(m, attr, (int)ip_addr_len(&c->addr), c->addr.b) : 0;
}

static int put_rule(struct nl_msg *m, const struct sys_rule *r)
{
	struct fib_rule_hdr h = {
		.family = (uint8_t)af_of(r->family),
		.src_len = r->src.addr.family ? r->src.len : 0,
		.dst_len = r->dst.addr.family ? r->dst.len : 0,
		.table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.action = r->action,
		.flags = r->invert ? FIB_RULE_INVERT : 0,
	};
	int rc = nlmsg_append(m, &h, sizeof(h), NLMSG_ALIGNTO);

	rc = rc ? rc : nla_put_u32(m, FRA_TABLE, r->table);
	if (r->pref)
		rc = rc ? rc : nla_put_u32(m, FRA_PRIORITY, r->pref);
	if (r->mark || r->mask) {
		rc = rc ? rc : nla_put_u32(m, FRA_FWMARK, r->mark);
		rc = rc ? rc : nla_put_u32(m, FRA_FWMASK, r->mask ? r->mask : ~0U);
	}
	rc = rc ? rc : put_prefix(m, FRA_SRC, &r->src);
	rc = rc ? rc : put_prefix(m, FRA_DST, &r->dst);
	if (r->iif[0])
		rc = rc ? rc : nla_put_string(m, FRA_IIFNAME, r->iif);
	if (r->oif[0])
		rc = rc ? rc : nla_put_string(m, FRA_OIFNAME, r->oif);
	if (r->suppress_prefixlength >= 0)
		rc = rc ? rc :
			  nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN,
				      (uint32_t)r->suppress_prefixlength);
	return rc;
}

/* Sends m and waits for the kernel's yes or no. */
static int ask_kernel(struct nl_msg *m, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	int rc = rtnl_open(&s, e);

	if (rc < 0)
		return rc;
	rc = nl_send_auto(s, m);
	if (rc >= 0)
		rc = nl_wait_for_ack(s);
	return rc < 0 ? err_code(e, rtnl_errno(rc), "rtnetlink") : 0;
}

static int rule_change(int type, int flags, const struct sys_rule *r, const char *what,
		       struct err *e)
{
	CLEANUP(msgp) struct nl_msg *m = nlmsg_alloc_simple(type, flags);
	int rc = m ? put_rule(m, r) : -NLE_NOMEM;

	rc = rc < 0 ? err_code(e, ENOMEM, "rtnetlink") : ask_kernel(m, e);
	if (rc < 0)
		err_prefix(e, "%s a rule of table %u", what, r->table);
	return rc;
}

int linux_rule_add(const struct sys_rule *r, struct err *e)
{
	return rule_change(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r, "add", e);
}

int linux_rule_del(const struct sys_rule *r, struct err *e)
{
	return rule_change(RTM_DELRULE, 0, r, "delete", e);
}

/* --- routes in any table -------------------------------------------------- */

static int put_route(struct nl_msg *m, const struct sys_route *r)
{
	struct rtmsg h = {
		.rtm_family = (uint8_t)af_of(r->dst.addr.family),
		.rtm_dst_len = r->dst.len,
		.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = r->gateway.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = r->type ? r->type : RTN_UNICAST,
	};
	struct cidr to = r->dst;
	int rc = nlmsg_append(m, &h, sizeof(h), NLMSG_ALIGNTO);

	cidr_mask(&to);
	if (to.len)
		rc = rc ? rc : put_prefix(m, RTA_DST, &to);
	rc = rc ? rc : nla_put_u32(m, RTA_TABLE, r->table);
	if (r->oif)
		rc = rc ? rc : nla_put_u32(m, RTA_OIF, r->oif);
	if (r->metric)
		rc = rc ? rc : nla_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->gateway.family)
		rc = rc ? rc : nla_put(m, RTA_GATEWAY, (int)ip_addr_len(&r->gateway), r->gateway.b);
	if (r->prefsrc.family)
		rc = rc ? rc : nla_put(m, RTA_PREFSRC, (int)ip_addr_len(&r->prefsrc), r->prefsrc.b);
	return rc;
}

static int route_change(int type, int flags, const struct sys_route *r, const char *what,
			struct err *e)
{
	CLEANUP(msgp) struct nl_msg *m = nlmsg_alloc_simple(type, flags);
	int rc = m ? put_route(m, r) : -NLE_NOMEM;
	char text[CIDR_STR_SIZE];

	rc = rc < 0 ? err_code(e, ENOMEM, "rtnetlink") : ask_kernel(m, e);
	if (rc < 0)
		err_prefix(e, "%s the route to %s in table %u", what, cidr_str(&r->dst, text),
			   r->table);
	return rc;
}

int linux_route_put(const struct sys_route *r, struct err *e)
{
	return route_change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r, "add", e);
}

int linux_route_del(const struct sys_route *r, struct err *e)
{
	return route_change(RTM_DELROUTE, 0, r, "delete", e);
}
