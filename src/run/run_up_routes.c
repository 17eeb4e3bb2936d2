/*
 * Which packets go into the tunnel: only those to what is probed, or all that the file's AllowedIPs
 * name, as `wg-quick up` makes it.
 *
 * A default route cannot take the tunnel's own packets with it. So it stands in a table of its
 * own, which is asked for packets without the mark that the engine puts on its own; and where the
 * main table has something better than a default route, that counts. Replies then come in on a
 * link that their source is not routed to: they get the mark of what they answer, and the strict
 * form of rp_filter is told to heed it.
 */
#include "run/run_up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	MAIN_TABLE = 254, /* rtnetlink(7): RT_TABLE_MAIN */
	UNICAST = 1, /* rtnetlink(7): RTN_UNICAST */
	LAST_METRIC = INT32_MAX,
	IP6_METRIC = 1024, /* linux/ipv6_route.h: IP6_RT_PRIO_USER */
	TO_TABLE = 1, /* linux/fib_rules.h: FR_ACT_TO_TBL */
	/* wg-quick(8): the first table and mark that it tries */
	FIRST_TABLE = 51820,
};
#define VALID_MARK "net.ipv4.conf.all.src_valid_mark"

/* --- the table ------------------------------------------------------------------- */

static bool wants_default(const struct run_up *u, uint8_t family)
{
	const struct conf *c = u->file->conf;
	size_t i, k;

	for (i = 0; i < c->n_peers; i++)
		for (k = 0; k < c->peers[i].n_allowed; k++)
			if (c->peers[i].allowed[k].len == 0 &&
			    (family == FAMILY_NONE || c->peers[i].allowed[k].addr.family == family))
				return true;
	return false;
}

static bool table_is_used(const struct sys_route *r, size_t n, uint32_t table)
{
	while (n--)
		if (r[n].table == table)
			return true;
	return false;
}

static uint32_t free_table(const struct sys_route *r, size_t n)
{
	uint32_t table = FIRST_TABLE;

	while (table_is_used(r, n, table))
		table++;
	return table;
}

int run_up_choose_table(struct run_up *u, struct err *e)
{
	struct conf *c = u->file->conf;
	struct sys_route *r;
	size_t n;
	int rc;

	if (!u->file->full_routes || c->table != INTENDED_AUTO || !wants_default(u, FAMILY_NONE))
		return 0;
	if (c->fwmark > 0) {
		u->table = (uint32_t)c->fwmark;
		return 0;
	}
	rc = u->r->p->routes(u->r->arena, &r, &n, e);
	if (rc < 0)
		return rc;
	u->table = free_table(r, n);
	c->fwmark = u->table;
	return 0;
}

/* --- routes ---------------------------------------------------------------------- */

static int put(struct run_up *u, const struct cidr *dst, uint32_t table, unsigned metric,
	       struct err *e)
{
	struct undo_step s = {
		.kind = UNDO_ROUTE,
		.route = { .dst = *dst, .oif = u->ifindex, .table = table, .metric = metric },
	};
	int rc;

	cidr_mask(&s.route.dst);
	rc = run_up_will(u, &s, e);
	if (!rc)
		rc = u->r->p->route_put(&s.route, e);
	u->made_routes += !rc;
	return rc;
}

/* One that is refused is missing, which the rows about routes tell. */
static int put_or_tell(struct run_up *u, const struct cidr *dst, uint32_t table)
{
	char text[CIDR_STR_SIZE];
	struct err e;
	int rc = put(u, dst, table, 0, &e);

	if (rc == -EEXIST)
		run_notice(u->r, RUN_MUST_KNOW, "%s is routed elsewhere already, and left so",
			   cidr_str(dst, text));
	else if (rc < 0)
		run_notice(u->r, RUN_MUST_KNOW, "%s", e.text);
	return rc;
}

/*
 * To what is probed. Where somebody has that route, behind it: nobody's packets take ours then but
 * those that are bound to our interface, which find no way without one (IPv6). Its metric, or
 * -errno.
 */
static int put_probed(struct run_up *u, const struct cidr *one)
{
	struct err unsaid;
	int rc = put_or_tell(u, one, MAIN_TABLE);

	if (!rc)
		return one->addr.family == FAMILY_IP6 ? IP6_METRIC : 0;
	if (rc != -EEXIST)
		return rc;
	rc = put(u, one, MAIN_TABLE, LAST_METRIC, &unsaid);
	return rc ? rc : LAST_METRIC;
}

/* Also one that is not used yet. */
static bool is_endpoint(const struct run_up *u, const struct ip_addr *a)
{
	const struct intended_facts *t = u->file->intended;
	size_t i, k;

	for (i = 0; i < t->n_peers; i++)
		for (k = 0; k < t->peers[i].n_resolved; k++)
			if (ip_addr_equal(&t->peers[i].resolved[k].addr, a))
				return true;
	return false;
}

/* A host route to where the tunnel's own packets go would be a loop. */
static void probed_only(struct run_up *u, const struct targets *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		struct cidr one = cidr_single(&t->t[i].addr);

		if (!is_endpoint(u, &one.addr))
			put_probed(u, &one);
	}
}

/* What a run has changed by itself is not what changed while it ran. */
static void was_there(struct run_up *u, const struct cidr *dst, unsigned metric)
{
	struct net_facts *n = &u->r->f->net_start[END_NEAR];
	struct route_facts *all = arena_alloc(u->r->arena, (n->n_routes + 1) * sizeof(*all));

	if (!n->known)
		return;
	if (n->n_routes)
		memcpy(all, n->routes, n->n_routes * sizeof(*all));
	all[n->n_routes++] = (struct route_facts){
		.dst = *dst,
		.dev = u->ifname,
		.table = MAIN_TABLE,
		.metric = metric,
		.type = UNICAST,
	};
	n->routes = all;
}

/* With all routes it has one already, or the file wants none for it. */
void run_up_route_to(struct run_up *u, const struct ip_addr *a)
{
	struct cidr one = cidr_single(a);
	int metric;

	if (u->file->full_routes || is_endpoint(u, a))
		return;
	metric = put_probed(u, &one);
	if (metric >= 0)
		was_there(u, &one, (unsigned)metric);
}

/* Somebody has it, such as a host of the local network. */
static bool is_routed_elsewhere(const struct run_up *u, const struct net_facts *net,
				const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < net->n_routes; i++) {
		const struct route_facts *r = &net->routes[i];

		if (r->dst.len > 0 && cidr_contains(&r->dst, a) &&
		    (!r->dev || strcmp(r->dev, u->ifname) != 0))
			return true;
	}
	return false;
}

bool run_up_route(struct run_up *u, const struct net_facts *net, const struct ip_addr *to)
{
	struct cidr one = cidr_single(to);
	struct err unsaid;

	if (u->file->full_routes || !net->known || is_endpoint(u, to) ||
	    is_routed_elsewhere(u, net, to))
		return false;
	return put(u, &one, MAIN_TABLE, 0, &unsaid) == 0;
}

/* The network of an own address is routed by the system. */
static bool is_own_network(const struct conf *c, const struct cidr *net)
{
	size_t i;

	for (i = 0; i < c->n_addrs; i++)
		if (c->addrs[i].len <= net->len && c->addrs[i].addr.family == net->addr.family &&
		    cidr_contains(&c->addrs[i], &net->addr))
			return true;
	return false;
}

/* --- a default route --------------------------------------------------------------- */

static int put_rule(struct run_up *u, struct sys_rule rule, struct err *e)
{
	struct undo_step s = { .kind = UNDO_RULE, .rule = rule };
	int rc;

	s.rule.action = TO_TABLE;
	rc = run_up_will(u, &s, e);
	if (!rc)
		rc = u->r->p->rule_add(&s.rule, e);
	u->made_rules += !rc;
	return rc;
}

static int put_rules(struct run_up *u, uint8_t family, struct err *e)
{
	struct sys_rule unmarked = {
		.family = family,
		.invert = true,
		.table = u->table,
		.mark = u->table,
		.mask = UINT32_MAX,
		.suppress_prefixlength = -1,
	};
	struct sys_rule better = { .family = family, .table = MAIN_TABLE };
	int rc = put_rule(u, unmarked, e);

	return rc ? rc : put_rule(u, better, e);
}

/* Nobody outside may send to our inner addresses; replies get the mark of what they answer. */
static int put_marks(struct run_up *u, const char *family, struct err *e)
{
	const struct conf *c = u->file->conf;
	uint8_t which = strcmp(family, "ip6") == 0 ? FAMILY_IP6 : FAMILY_IP4;
	struct undo_step s = { .kind = UNDO_NFT_TABLE };
	CLEANUP(buf_done) struct buf b = { 0 };
	char text[IP_ADDR_STR_SIZE];
	size_t i;
	int rc;

	snprintf(s.path, sizeof(s.path), "%s " RUN_OWN_TABLE "%s", family, u->ifname);
	buf_printf(&b, "table %s {\n chain raw { type filter hook prerouting priority -300;\n",
		   s.path);
	for (i = 0; i < c->n_addrs; i++)
		if (c->addrs[i].addr.family == which)
			buf_printf(&b,
				   "  iifname != \"%s\" %s daddr %s fib saddr type != local drop\n",
				   u->ifname, family, ip_addr_str(&c->addrs[i].addr, text));
	buf_printf(&b,
		   " }\n chain in { type filter hook prerouting priority -150;\n"
		   "  meta l4proto udp meta mark set ct mark\n }\n"
		   " chain out { type filter hook postrouting priority -150;\n"
		   "  meta l4proto udp meta mark %u ct mark set meta mark\n }\n}\n",
		   u->table);
	rc = run_up_will(u, &s, e);
	if (!rc)
		rc = u->r->p->ruleset_change(buf_str(&b), e);
	u->made_tables += !rc;
	return rc;
}

static int heed_marks(struct run_up *u, struct err *e)
{
	struct undo_step s = { .kind = UNDO_SYSCTL, .path = VALID_MARK, .new = "1" };
	int rc = u->r->p->sysctl_get(VALID_MARK, s.old, sizeof(s.old), e);

	if (rc < 0 || !strcmp(s.old, s.new))
		return rc;
	rc = run_up_will(u, &s, e);
	if (!rc)
		rc = u->r->p->sysctl_set(VALID_MARK, s.new, e);
	u->made_sysctls += !rc;
	return rc;
}

/*
 * The rules come last: with them alone, and a strict rp_filter, not even a handshake would come in.
 * So where the marks cannot be made there is no default route, rather than one that does harm.
 */
static void put_default(struct run_up *u, uint8_t family)
{
	struct cidr all = { .addr = { .family = family } };
	struct err e;
	int rc = put_marks(u, family == FAMILY_IP6 ? "ip6" : "ip", &e);

	if (!rc && family == FAMILY_IP4)
		rc = heed_marks(u, &e);
	if (!rc)
		rc = put(u, &all, u->table, 0, &e);
	if (!rc)
		rc = put_rules(u, family, &e);
	if (rc < 0)
		run_notice(u->r, RUN_MUST_KNOW, "the default route of %s was not made: %s",
			   family == FAMILY_IP6 ? "IPv6" : "IPv4", e.text);
}

/* --- all --------------------------------------------------------------------------- */

static void put_one(struct run_up *u, const struct cidr *net)
{
	const struct conf *c = u->file->conf;

	if (c->table == INTENDED_NUMBER)
		put_or_tell(u, net, (uint32_t)c->table_number);
	else if (net->len > 0 && !is_own_network(c, net))
		put_or_tell(u, net, MAIN_TABLE);
}

static void all_of_file(struct run_up *u)
{
	const struct conf *c = u->file->conf;
	size_t i, k;

	if (c->table == INTENDED_NAME)
		run_notice(u->r, RUN_MUST_KNOW,
			   "Table = %s: tables are known by number here; no route was made",
			   c->table_name);
	if (c->table == INTENDED_OFF || c->table == INTENDED_NAME)
		return;
	for (i = 0; i < c->n_peers; i++)
		for (k = 0; k < c->peers[i].n_allowed; k++)
			put_one(u, &c->peers[i].allowed[k]);
	if (u->table && wants_default(u, FAMILY_IP4))
		put_default(u, FAMILY_IP4);
	if (u->table && wants_default(u, FAMILY_IP6))
		put_default(u, FAMILY_IP6);
}

/* Of the same file, begun at the same moment; who is asked for another all the same says so. */
static bool is_another_run(const struct run_up *u, const char *dev)
{
	const char *wanted = u->r->f->target.wanted_name;

	return run_file_is_made_up(dev) || (wanted && !strcmp(dev, wanted) && !u->file->force);
}

/*
 * Without any route on the interface IPv6 does not even let leave what is bound to it. With this
 * one nobody else's packets take another way.
 */
static int put_bound(struct run_up *u, const struct ip_addr *to, uint32_t table, struct err *e)
{
	struct sys_rule bound = {
		.family = to->family,
		.table = table,
		.dst = cidr_single(to),
		.suppress_prefixlength = -1,
	};
	struct cidr one = cidr_single(to);
	int rc = put(u, &one, table, 0, e);

	snprintf(bound.oif, sizeof(bound.oif), "%s", u->ifname);
	return rc ? rc : put_rule(u, bound, e);
}

/* Of one that fails the rows tell that nothing came back. */
static void let_leave(struct run_up *u, const struct targets *probed)
{
	struct path_facts way;
	struct sys_route *r;
	struct err unsaid;
	uint32_t table;
	size_t n, i;

	if (!u->file->full_routes || u->r->p->routes(u->r->arena, &r, &n, &unsaid) < 0)
		return;
	table = free_table(r, n);
	for (i = 0; i < probed->n; i++) {
		const struct ip_addr *a = &probed->t[i].addr;

		if (a->family == FAMILY_IP6 && !is_endpoint(u, a) && run_way(u->r, a, &way) == 0 &&
		    way.bound)
			put_bound(u, a, table, &unsaid);
	}
}

void run_up_bind(struct run_up *u, const struct targets *probed)
{
	struct run *r = u->r;
	char text[IP_ADDR_STR_SIZE];
	const char *held = NULL;
	struct path_facts way;
	bool mine = false;
	size_t i;

	for (i = 0; i < probed->n; i++) {
		const struct ip_addr *a = &probed->t[i].addr;

		/* Of an endpoint inside its own tunnel there is no route, and no fault in that. */
		if (is_endpoint(u, a) || run_way(r, a, &way) < 0)
			continue;
		/* Two at once may have a part each: whoever has the first of them goes on. */
		if (run_way_leads_in(r, &way))
			mine = mine || !held;
		else if (way.dev && is_another_run(u, way.dev))
			held = arena_printf(
				r->arena,
				"another run of wgdiag has %s on %s: when that is over, "
				"this can be asked",
				ip_addr_str(a, text), way.dev);
		else
			r->bind_to = u->ifname;
	}
	u->held = mine || r->bind_to ? NULL : held;
	/* For the next address of the endpoint it is there. */
	if (r->bind_to && !u->n_tried)
		let_leave(u, probed);
}

static void add_made(struct buf *b, unsigned n, const char *one, const char *more)
{
	if (n)
		buf_printf(b, "%s%u %s", b->len ? ", " : "", n, n == 1 ? one : more);
}

/* A change to the system is always said. */
static void tell_made(const struct run_up *u)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	add_made(&b, u->made_routes, "route", "routes");
	add_made(&b, u->made_rules, "rule", "rules");
	add_made(&b, u->made_tables, "nftables table", "nftables tables");
	if (u->made_sysctls)
		buf_printf(&b, ", " VALID_MARK " = 1");
	if (b.len)
		run_notice(u->r, RUN_TOLD, "added %s (%s on exit)", buf_str(&b),
			   u->made_sysctls ? "all undone" : "removed");
}

void run_up_routes(struct run_up *u, const struct targets *probed)
{
	if (u->file->full_routes)
		all_of_file(u);
	else
		probed_only(u, probed);
	tell_made(u);
}
