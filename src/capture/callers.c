/*
 * Told apart by where they come from and what they are sent to. An initiation to the engine's port
 * is somebody's call, whoever it is meant for; to another port it is one only if it is for our key:
 * then whoever sent it wants us and has the port wrong. One that was seen twice, at a bridge and
 * its port, is one: no two initiations of an engine have the same ephemeral key.
 */
#include "capture/callers.h"

#include <net/if.h>
#include <string.h>

#include "capture/headers.h"
#include "wire/cursor.h"
#include "wire/ip.h"
#include "wire/ladder_mark.h"

enum {
	CALLERS_MAX = 16,
	ICMP_HEADER_LEN = 8,
	TYPE_LEN = 4,
	TOLD_APART_LEN = 20,
	RING_BYTES = 8 << 20, /* other peers' data passes the filter too */
};

struct caller {
	unsigned ifindex;
	uint8_t last[TOLD_APART_LEN]; /* of the last initiation, behind its type */
};

struct callers {
	struct callers_conf conf;
	struct all_links *links;
	struct caller caller[CALLERS_MAX];
	struct call_facts list[CALLERS_MAX];
	size_t n;
	int64_t more;
};

struct udp {
	struct endpoint from, to;
	const uint8_t *b; /* behind its header */
	size_t have, len;
};

/* Of one that is cut, as in an ICMP error, the ports are enough. */
static bool read_udp(const struct dgram *d, struct udp *out)
{
	struct rd r = rd_on(d->b, d->have);
	size_t len;

	*out = (struct udp){ .from.addr = d->src, .to.addr = d->dst };
	out->from.port = rd_be16(&r);
	out->to.port = rd_be16(&r);
	len = rd_be16(&r);
	rd_be16(&r); /* checksum */
	if (r.bad || d->proto != IP_PROTO_UDP || d->later_fragment || len < UDP_HEADER_LEN)
		return false;
	out->len = len - UDP_HEADER_LEN;
	out->b = r.p;
	out->have = MIN(r.left, out->len);
	return true;
}

static bool is_local(const struct callers *x, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < x->conf.n_locals; i++)
		if (cidr_contains(&x->conf.locals[i].addr, a))
			return true;
	return false;
}

/* to: NULL: whatever this host's end is, but of that port. */
static struct call_facts *find(struct callers *x, const struct endpoint *from,
			       const struct endpoint *to, uint16_t port)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (endpoint_equal(&x->list[i].from, from) &&
		    (to ? endpoint_equal(&x->list[i].to, to) : x->list[i].to.port == port))
			return &x->list[i];
	return NULL;
}

/* --- what comes ------------------------------------------------------------------- */

static void see_initiation(struct callers *x, const struct udp *u, unsigned ifindex)
{
	struct call_facts *c = find(x, &u->from, &u->to, 0);
	bool ours;

	/* Those of a ladder of wgdiag's are nobody's call. */
	if (u->have < WG_INITIATION_LEN || !is_local(x, &u->to.addr) ||
	    ladder_mark_is(u->b, u->have))
		return;
	ours = x->conf.is_ours(x->conf.ctx, u->b);
	if (!ours && u->to.port != x->conf.port)
		return;
	if (!c && x->n == CALLERS_MAX) {
		x->more++;
		return;
	}
	if (!c) {
		c = &x->list[x->n];
		*c = (struct call_facts){ .from = u->from, .to = u->to };
		x->caller[x->n++].ifindex = ifindex;
	} else if (!memcmp(x->caller[c - x->list].last, u->b + TYPE_LEN, TOLD_APART_LEN)) {
		return;
	}
	memcpy(x->caller[c - x->list].last, u->b + TYPE_LEN, TOLD_APART_LEN);
	c->initiations++;
	c->ours |= ours;
}

static void see_in(struct callers *x, const struct udp *u, enum wg_msg_type type, unsigned ifindex)
{
	struct call_facts *c;

	if (type == WG_MSG_INITIATION) {
		see_initiation(x, u, ifindex);
	} else if (type == WG_MSG_DATA) {
		c = find(x, &u->from, &u->to, 0);
		if (c)
			c->data++;
	}
}

/* --- what leaves ------------------------------------------------------------------ */

/* It may leave from another address than the one that was called. */
static void see_out(struct callers *x, const struct udp *u, enum wg_msg_type type)
{
	struct call_facts *c = find(x, &u->to, NULL, u->from.port);

	if (!c)
		return;
	c->responses += type == WG_MSG_RESPONSE;
	c->cookie_replies += type == WG_MSG_COOKIE_REPLY;
}

static bool is_unreachable(const struct dgram *d)
{
	if (d->have < ICMP_HEADER_LEN)
		return false;
	return d->proto == IP_PROTO_ICMP ? d->b[0] == 3 :
					   d->proto == IP_PROTO_ICMP6 && d->b[0] == 1;
}

static void see_refusal(struct callers *x, const struct dgram *d)
{
	struct dgram quoted;
	struct call_facts *c;
	struct udp u;

	if (!headers_read(d->b + ICMP_HEADER_LEN, d->have - ICMP_HEADER_LEN, &quoted) ||
	    !read_udp(&quoted, &u))
		return;
	c = find(x, &u.from, &u.to, 0);
	if (c)
		c->refused++;
}

static void tell_data(const struct callers *x, const struct tap_outer *m, size_t len)
{
	const struct tap_message whole = { .dir = m->dir, .t_ns = m->t_ns };

	tap_data_messages(&whole, m->b, m->have, len, x->conf.on_data, x->conf.on_data_ctx);
}

static void tell(const struct callers *x, const struct link_frame *f, const struct udp *u,
		 enum wg_msg_type type)
{
	struct tap_outer m = {
		.dir = u->to.port == x->conf.port && !f->out ? TAP_IN : TAP_OUT,
		.type = type,
		.from = u->from,
		.to = u->to,
		.b = u->b,
		.have = u->have,
		.t_ns = f->t_ns,
	};
	bool here = is_local(x, m.dir == TAP_IN ? &u->to.addr : &u->from.addr);

	if (!here || x->conf.port != (m.dir == TAP_IN ? u->to.port : u->from.port))
		return;
	if (x->conf.on_outer)
		x->conf.on_outer(x->conf.on_outer_ctx, &m);
	if (x->conf.on_data && type == WG_MSG_DATA)
		tell_data(x, &m, u->len);
}

void callers_see(struct callers *x, const struct link_frame *f)
{
	enum wg_msg_type type;
	struct dgram d;
	struct udp u;

	if (!headers_read(f->b, f->caplen, &d))
		return;
	if ((f->out || f->to_itself) && is_unreachable(&d))
		see_refusal(x, &d);
	if (!read_udp(&d, &u) || u.have < TYPE_LEN ||
	    wg_msg_classify(u.b, u.len, &type) != WG_MSG_OK)
		return;
	tell(x, f, &u, type);
	if (f->out || f->to_itself)
		see_out(x, &u, type);
	if (!f->out)
		see_in(x, &u, type, f->ifindex);
}

/* --- live ------------------------------------------------------------------------- */

struct callers *callers_new(const struct callers_conf *c, struct arena *a)
{
	struct callers *x = arena_alloc(a, sizeof(*x));

	x->conf = *c;
	return x;
}

size_t callers_list(const struct callers *x, const struct call_facts **out)
{
	*out = x->list;
	return x->n;
}

static void on_frame(void *ctx, const struct link_frame *f)
{
	callers_see(ctx, f);
}

/* pcap-filter(7) has no fields of UDP over IPv6. */
#define MESSAGE(len, type)                                          \
	"(ip and udp[4:2] = " #len " and udp[8:4] = " #type ") or " \
	"(ip6 and ip6[6] = 17 and ip6[44:2] = " #len " and ip6[48:4] = " #type ")"

int callers_open(const struct callers_conf *c, struct loop *l, struct arena *a,
		 struct callers **out, struct err *e)
{
	struct callers *x = callers_new(c, a);
	/* Where one frame holds several messages, they are told apart by their headers. */
	struct all_links_conf all = {
		.on_frame = on_frame,
		.ctx = x,
		.ring_bytes = RING_BYTES,
		.whole = c->on_data,
	};
	int rc;

	/* With the UDP header an initiation is 156 bytes, and a response 100. */
	all.filter = arena_printf(a,
				  "(udp port %u) or " MESSAGE(156, 0x01000000) " or " MESSAGE(
					  100, 0x02000000) " or (icmp[0] = 3) or "
							   "(ip6[6] = 58 and ip6[40] = 1)",
				  c->port);
	rc = all_links_open(&all, l, a, &x->links, e);
	if (!rc)
		*out = x;
	return rc;
}

void callers_facts(struct callers *x, struct arena *a, struct calls_facts *out)
{
	char name[IF_NAMESIZE];
	size_t i;

	all_links_read(x->links);
	out->list = arena_alloc(a, (x->n + 1) * sizeof(*out->list));
	for (i = 0; i < x->n; i++) {
		out->list[i] = x->list[i];
		if (if_indextoname(x->caller[i].ifindex, name))
			out->list[i].link = arena_strdup(a, name);
	}
	out->n = x->n;
	out->more = x->more;
	out->dropped = all_links_dropped(x->links);
}

void callers_close(struct callers *x)
{
	if (x)
		all_links_close(x->links);
}
