#include "capture/passers.h"

#include <net/if.h>

#include "base/buf.h"
#include "capture/headers.h"
#include "wire/cursor.h"
#include "wire/ip.h"
#include "wire/ladder_mark.h"
#include "wire/probe_msg.h"

enum {
	PASSERS_MAX = 32,
	NETS_MAX = 64,
	DNS_PORT = 53,
	RING_BYTES = 4 << 20, /* all that peers send is in it, also inside the tunnel */
};

struct passers {
	struct passers_conf conf;
	struct all_links *links;
	struct passed_facts list[PASSERS_MAX];
	unsigned ifindex[PASSERS_MAX];
	size_t n;
	int64_t knocks, knocks_dns, knocks_other, shaped;
	bool more; /* others than these passed */
};

static bool is_peers(const struct passers *x, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < x->conf.n_nets; i++)
		if (x->conf.nets[i].len && cidr_contains(&x->conf.nets[i], a))
			return true;
	return false;
}

/* from: the peer's address. */
static struct passed_facts *find(struct passers *x, unsigned ifindex, const struct ip_addr *from,
				 const struct ip_addr *to)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->ifindex[i] == ifindex && ip_addr_equal(&x->list[i].from, from) &&
		    ip_addr_equal(&x->list[i].to, to))
			return &x->list[i];
	return NULL;
}

static void see_passing(struct passers *x, const struct link_frame *f, const struct dgram *d)
{
	const struct ip_addr *from = f->out ? &d->src : &d->dst;
	const struct ip_addr *to = f->out ? &d->dst : &d->src;
	struct passed_facts *p = find(x, f->ifindex, from, to);

	if (!is_peers(x, from) || f->to_itself || f->ifindex == x->conf.tun_ifindex)
		return;
	if (!p && x->n == PASSERS_MAX) {
		x->more = true;
		return;
	}
	if (!p) {
		p = &x->list[x->n];
		*p = (struct passed_facts){ .from = *from, .to = *to };
		x->ifindex[x->n++] = f->ifindex;
	}
	p->left += f->out;
	p->came += !f->out;
}

static void see_knock(struct passers *x, const struct link_frame *f, const struct dgram *d)
{
	struct rd r = rd_on(d->b, d->have);
	struct probe_msg m;
	uint16_t port;

	rd_be16(&r);
	port = rd_be16(&r);
	rd_be32(&r); /* length, checksum */
	if (f->out || d->proto != IP_PROTO_UDP || d->later_fragment || r.bad)
		return;
	if (port == x->conf.port && r.left >= WG_INITIATION_LEN && ladder_mark_is(r.p, r.left))
		x->shaped++;
	if (!probe_msg_read(r.p, r.left, &m) || m.type != PROBE_KNOCK)
		return;
	if (port == x->conf.port)
		x->knocks++;
	else if (port == DNS_PORT)
		x->knocks_dns++;
	else
		x->knocks_other++;
}

void passers_see(struct passers *x, const struct link_frame *f)
{
	struct dgram d;

	if (!headers_read(f->b, f->caplen, &d))
		return;
	see_knock(x, f, &d);
	see_passing(x, f, &d);
}

void passers_count(const struct passers *x, struct arena *a, struct recording_facts *out)
{
	size_t i;

	out->knocks = x->knocks;
	out->knocks_dns = x->knocks_dns;
	out->knocks_other = x->knocks_other;
	out->shaped = x->shaped;
	out->passed = arena_alloc(a, (x->n + 1) * sizeof(*out->passed));
	for (i = 0; i < x->n; i++)
		out->passed[i] = x->list[i];
	out->n_passed = x->n;
	out->passed_dropped = x->more ? UNKNOWN : 0;
}

/* --- live ------------------------------------------------------------------------- */

struct passers *passers_new(const struct passers_conf *c, struct arena *a)
{
	struct passers *x = arena_alloc(a, sizeof(*x));

	x->conf = *c;
	return x;
}

static void on_frame(void *ctx, const struct link_frame *f)
{
	passers_see(ctx, f);
}

/* pcap-filter(7) has no fields of UDP over IPv6. */
static char *filter_of(const struct passers_conf *c, struct arena *a)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	char net[CIDR_STR_SIZE];
	size_t i, n = 0;

	buf_printf(&text,
		   "(ip and udp[8:4] = 0x%08x) or (ip6 and ip6[6] = 17 and ip6[48:4] = 0x%08x) or "
		   "(udp dst port %u and (ip[2:2] = 176 or ip6[4:2] = 156))",
		   PROBE_MAGIC, PROBE_MAGIC, c->port);
	for (i = 0; i < c->n_nets && n < NETS_MAX; i++) {
		if (!c->nets[i].len)
			continue;
		buf_printf(&text, " or net %s", cidr_str(&c->nets[i], net));
		n++;
	}
	return arena_strdup(a, buf_str(&text));
}

int passers_open(const struct passers_conf *c, struct loop *l, struct arena *a,
		 struct passers **out, struct err *e)
{
	struct passers *x = passers_new(c, a);
	struct all_links_conf all = { .on_frame = on_frame, .ctx = x, .ring_bytes = RING_BYTES };
	int rc;

	x->conf.tun_ifindex = if_nametoindex(c->tun);
	x->more = c->n_nets > NETS_MAX;
	all.filter = filter_of(c, a);
	rc = all_links_open(&all, l, a, &x->links, e);
	if (!rc)
		*out = x;
	return rc;
}

void passers_facts(struct passers *x, struct arena *a, struct recording_facts *out)
{
	char name[IF_NAMESIZE];
	int64_t dropped;
	size_t i;

	all_links_read(x->links);
	passers_count(x, a, out);
	for (i = 0; i < x->n; i++)
		if (if_indextoname(x->ifindex[i], name))
			out->passed[i].link = arena_strdup(a, name);
	dropped = all_links_dropped(x->links);
	if (dropped == UNKNOWN || out->passed_dropped == UNKNOWN)
		out->passed_dropped = UNKNOWN;
	else
		out->passed_dropped = dropped;
}

void passers_close(struct passers *x)
{
	if (x)
		all_links_close(x->links);
}
