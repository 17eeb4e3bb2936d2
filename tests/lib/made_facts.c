#include "made_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS(n) ((n)*NS_PER_MS)
#define US(n) ((n)*NS_PER_US)

enum { DATA = 400, KEEPALIVES = 1, STREAMS = 8, ECHO_BACK = 6, SIZES = 16, PACED = 200 };

static void engine(struct engine_facts *g)
{
	g->start_ns = MS(12);
	g->answer_ns = US(210);
	g->log_lines = 0;
	g->configured = true;
}

static void crypto(struct crypto_facts *c)
{
	c->known = true;
	c->sealed = DATA + KEEPALIVES;
	c->opened = DATA + KEEPALIVES;
	c->tx_bytes = 500240;
	c->rx_bytes = 500184;
	c->last_handshake_wall_ns = INT64_C(1790000000) * NS_PER_S;
}

static void link_(struct link_facts *l, const char *name, const char *kind)
{
	unsigned i;

	*l = (struct link_facts){
		.name = name,
		.kind = kind,
		.start = { .known = true, .up = true, .ifindex = 2, .mtu = 1420 },
		.end = { .known = true, .up = true, .ifindex = 2, .mtu = 1420 },
	};
	for (i = 0; i < LINK_COUNTER_COUNT; i++)
		l->before[i] = l->after[i] = 0;
	l->after[LINK_RX_PACKETS] = l->after[LINK_TX_PACKETS] = DATA;
	/* what the outer messages have without 32 B each and 7.5 B of padding */
	l->after[LINK_RX_BYTES] = l->after[LINK_TX_BYTES] = 484000;
}

static void wire_tap(struct tap_facts *t, const char *dev, bool near)
{
	enum tap_dir asks = near ? TAP_OUT : TAP_IN, answers = near ? TAP_IN : TAP_OUT;
	unsigned d;

	t->dev = dev;
	t->frames = 2 * (DATA + KEEPALIVES) + 2;
	t->dropped = t->truncated = t->icmp_errors = 0;
	for (d = 0; d < TAP_DIR_COUNT; d++) {
		memset(t->msgs[d], 0, sizeof(t->msgs[d]));
		t->msgs[d][WG_MSG_DATA] = DATA + KEEPALIVES;
		t->keepalives[d] = KEEPALIVES;
		t->msg_bytes[d] = 500000;
	}
	t->unpadded[TAP_OUT] = t->unpadded[TAP_IN] = 0;
	t->other_near[TAP_OUT] = t->other_near[TAP_IN] = 0;
	t->msgs[asks][WG_MSG_INITIATION] = 1;
	t->msgs[answers][WG_MSG_RESPONSE] = 1;
	t->first_initiation_ns = MS(100);
	t->first_response_ns = MS(101);
}

static void tun_tap(struct tap_facts *t, const char *dev)
{
	t->dev = dev;
	t->frames = 2 * DATA;
	t->dropped = t->truncated = 0;
	t->packets[TAP_OUT] = t->packets[TAP_IN] = DATA;
	t->not_ip[TAP_OUT] = t->not_ip[TAP_IN] = 0;
	t->shifted[TAP_OUT] = t->shifted[TAP_IN] = 0;
	t->echo_requests[TAP_OUT] = t->echo_replies[TAP_IN] = 10 + ECHO_BACK;
	t->echo_requests[TAP_IN] = t->echo_replies[TAP_OUT] = 10 + ECHO_BACK;
}

static void ping(struct ping_facts *p, const char *target, int64_t dev_is_tun)
{
	assert_true(ip_addr_parse(target, &p->target));
	p->sent = p->received = 10;
	p->duplicates = p->late = p->send_errors = 0;
	p->size = 84;
	p->interval_ns = MS(100);
	p->timeout_ns = MS(1000);
	p->elapsed_ns = MS(912);
	p->min_ns = US(213);
	p->avg_ns = US(301);
	p->max_ns = US(520);
	p->mdev_ns = US(82);
	p->dev_is_tun = dev_is_tun;
}

static void streams(struct facts *f, struct stream_facts *s)
{
	size_t i;

	for (i = 0; i < STREAMS; i++) {
		bool tcp = i < STREAMS / 2;

		s[i] = (struct stream_facts){
			.kind = tcp ? STREAM_TCP : STREAM_UDP,
			.from = i % 2 ? END_FAR : END_NEAR,
			.family = i / 2 % 2 ? FAMILY_IP6 : FAMILY_IP4,
			.sent = tcp ? 131072 : 32,
			.received = tcp ? 131072 : 32,
			.unit = 1420,
			.elapsed_ns = MS(9),
		};
	}
	f->streams = s;
	f->n_streams = STREAMS;
}

/* --- what stands still: configuration, routes, addresses, firewall ----------------- */

static struct cidr made_allowed[END_COUNT][2];
static struct peer_config made_peers[END_COUNT][MADE_PEERS_MAX];
static struct path_facts made_paths[3];

struct ip_addr made_addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

struct cidr made_net(const char *s)
{
	struct cidr c;

	assert_true(cidr_parse(s, &c));
	return c;
}

/* Inner addresses of that end, as the allowed IPs of the other. */
static void config(struct facts *f, enum end end)
{
	static const char *const inner[END_COUNT][2] = {
		[END_NEAR] = { "10.90.17.2/32", "fd5a:17::2/128" },
		[END_FAR] = { "10.90.17.1/32", "fd5a:17::1/128" },
	};
	enum end other = end == END_NEAR ? END_FAR : END_NEAR;
	struct config_facts *c = &f->config[end];
	struct peer_config *p = made_peers[end];
	unsigned i;

	for (i = 0; i < 2; i++)
		made_allowed[end][i] = made_net(inner[end][i]);
	memset(p, 0, sizeof(made_peers[end]));
	memset(c->own.b, end == END_NEAR ? 0x11 : 0x22, sizeof(c->own.b));
	memset(p->key.b, other == END_NEAR ? 0x11 : 0x22, sizeof(p->key.b));
	p->has_psk = 1;
	p->keepalive_s = 0;
	p->endpoint.addr = made_addr(end == END_NEAR ? "192.0.2.20" : "192.0.2.10");
	p->endpoint.port = end == END_NEAR ? 23456 : 12345;
	p->allowed = made_allowed[end];
	p->n_allowed = 2;
	c->has_private_key = 1;
	c->listen_port = end == END_NEAR ? 12345 : 23456;
	c->fwmark = 0;
	c->peers = p;
	c->n_peers = 1;
}

static void paths(struct facts *f)
{
	made_paths[0] = (struct path_facts){
		.of = PATH_INNER,
		.to = made_addr("10.90.17.2"),
		.dev = "wgd7f3a0",
		.prefsrc = made_addr("10.90.17.1"),
		.table = 254,
	};
	made_paths[1] = (struct path_facts){
		.of = PATH_INNER,
		.to = made_addr("fd5a:17::2"),
		.dev = "wgd7f3a0",
		.prefsrc = made_addr("fd5a:17::1"),
		.table = 254,
	};
	made_paths[2] = (struct path_facts){
		.of = PATH_ENDPOINT,
		.to = made_addr("192.0.2.20"),
		.dev = "wgw7f3a0",
		.prefsrc = made_addr("192.0.2.10"),
		.table = 254,
	};
	f->paths = made_paths;
	f->n_paths = 3;
}

static void still(struct facts *f)
{
	unsigned i;

	for (i = 0; i < END_COUNT; i++) {
		config(f, (enum end)i);
		f->wire[i].start.mtu = f->wire[i].end.mtu = 1500;
		f->wire[i].running = f->tun[i].running = 1;
		f->wire[i].running_end = f->tun[i].running_end = 1;
	}
	paths(f);
	/* No gateway: both ends are on one link. */
	f->firewall.n_all_rules = 0;
}

static void framing(struct framing_facts *g)
{
	static const uint8_t first[FRAMING_FIRST] = { 0x45, 0, 0, 29 };

	g->dev = "wgf7f3a0";
	g->header_len = g->header_wanted = 0;
	memcpy(g->first, first, sizeof(first));
	g->reply_received = 1;
}

static void echo_back(struct ping_facts p[2])
{
	ping(&p[0], "10.90.17.1", 1);
	ping(&p[1], "fd5a:17::1", 1);
	p[0].sent = p[0].received = p[1].sent = p[1].received = ECHO_BACK / 2;
}

static void sizes(struct facts *f, struct size_facts *s)
{
	static const int64_t steps[SIZES / 4] = { 100, 1280, 1420, 1421 };
	size_t i;

	for (i = 0; i < SIZES; i++) {
		bool over = i / 4 == 3;

		s[i] = (struct size_facts){
			.from = i % 2 ? END_FAR : END_NEAR,
			.family = i / 2 % 2 ? FAMILY_IP6 : FAMILY_IP4,
			.size = steps[i / 4],
			.sent = over ? 0 : 2,
			.received = over ? 0 : 2,
			.error = over ? "Message too long" : NULL,
		};
	}
	f->sizes = s;
	f->n_sizes = SIZES;
}

static void loss(struct loss_facts *l)
{
	l->probes = PACED;
	l->sent = PACED + 2;
	l->lost = l->duplicates = l->reordered = l->capture_dropped = 0;
	l->elapsed_ns = MS(410);
}

static size_t addrs(struct addr_facts *a, enum end end)
{
	static const struct {
		enum end end;
		const char *link, *net;
	} rows[] = {
		{ END_NEAR, "wgw7f3a0", "192.0.2.10/24" },
		{ END_NEAR, "wgd7f3a0", "10.90.17.1/24" },
		{ END_NEAR, "wgd7f3a0", "fd5a:17::1/64" },
		{ END_NEAR, "wgd7f3a0", "fe80::a5c2:11/64" },
		{ END_FAR, "wgw7f3a1", "192.0.2.20/24" },
		{ END_FAR, "wgd7f3a1", "10.90.17.2/24" },
		{ END_FAR, "wgd7f3a1", "fd5a:17::2/64" },
	};
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].end == end)
			a[n++] = (struct addr_facts){ .link = rows[i].link,
						      .addr = made_net(rows[i].net) };
	return n;
}

static void net(struct net_facts *n, struct addr_facts *a, struct route_facts *r, enum end end)
{
	const char *tun = end == END_NEAR ? "wgd7f3a0" : "wgd7f3a1";

	r[0] = (struct route_facts){ .dev = tun, .table = 254, .type = 1 };
	r[0].dst = made_net(end == END_NEAR ? "10.90.17.2/32" : "10.90.17.1/32");
	r[1] = (struct route_facts){ .dev = tun, .table = 255, .type = 2 };
	r[1].dst = made_net(end == END_NEAR ? "10.90.17.1/32" : "10.90.17.2/32");
	*n = (struct net_facts){
		.known = true, .addrs = a, .n_addrs = addrs(a, end), .routes = r, .n_routes = 2
	};
}

/* One set per program: a test changes it and makes it anew. */
static struct stream_facts made_streams[STREAMS];
static struct size_facts made_sizes[SIZES];
static struct refused_count made_refusals[END_COUNT][8];
/* With room for one more of each. */
static struct addr_facts made_addrs[END_COUNT][2][5];
static struct route_facts made_routes[END_COUNT][2][3];

void made_healthy(struct facts *f)
{
	unsigned i;

	facts_init(f);
	for (i = 0; i < NEED_COUNT; i++)
		facts_have(f, (enum need)i);
	facts_gap(f, NEED_CALLS, "there is somebody who can be asked", NULL);
	facts_gap(f, NEED_FAR_TEXT, "no text of the far end was given", NULL);
	f->marker = "WGD-20261124T150000Z-7f3a9c";
	f->started_wall_ns = INT64_C(1795532400) * NS_PER_S; /* 2026-11-24T15:00:00Z */
	f->target = (struct target_facts){
		.kind = TARGET_SELF_TEST,
		.name = "wgd7f3a0",
		.engine = "builtin",
	};
	for (i = 0; i < END_COUNT; i++) {
		engine(&f->engine[i]);
		crypto(&f->crypto[i]);
		link_(&f->tun[i], i == END_NEAR ? "wgd7f3a0" : "wgd7f3a1", "tun");
		net(&f->net_start[i], made_addrs[i][0], made_routes[i][0], (enum end)i);
		net(&f->net_end[i], made_addrs[i][1], made_routes[i][1], (enum end)i);
		link_(&f->wire[i], i == END_NEAR ? "wgw7f3a0" : "wgw7f3a1", "veth");
	}
	wire_tap(&f->taps[TAP_NEAR_WIRE], "wgw7f3a0", true);
	wire_tap(&f->taps[TAP_FAR_WIRE], "wgw7f3a1", false);
	tun_tap(&f->taps[TAP_NEAR_TUN], "wgd7f3a0");
	tun_tap(&f->taps[TAP_FAR_TUN], "wgd7f3a1");
	f->handshake = (struct handshake_facts){
		.age_ns = UNKNOWN,
		.complete = true,
		.response_ns = US(1240),
		.waited_ns = MS(3),
	};
	ping(&f->ping_self, "10.90.17.1", 0);
	ping(&f->ping_peer, "10.90.17.2", 1);
	streams(f, made_streams);
	framing(&f->framing);
	echo_back(f->echo_back);
	sizes(f, made_sizes);
	loss(&f->loss_up);
	loss(&f->loss_down);
	memset(made_refusals, 0, sizeof(made_refusals));
	still(f);
	facts_gap(f, NEED_INTENDED, "no file given", NULL);
}

void made_wireguard_go(struct facts *f)
{
	struct crypto_facts *c = &f->crypto[END_NEAR];

	f->target.engine = "wireguard-go";
	f->target.engine_version = "0.0.20220316";
	f->target.program = "/usr/bin/wireguard-go";
	c->known = false;
	c->sealed = c->opened = UNKNOWN;
}

void made_refused(struct facts *f, enum end end, const char *id, const char *says, uint64_t n)
{
	struct crypto_facts *c = &f->crypto[end];

	assert_true(c->n_refused < ARRAY_LEN(made_refusals[end]));
	c->refused = made_refusals[end];
	c->refused[c->n_refused++] = (struct refused_count){ .id = id, .says = says, .n = n };
}

void made_not_started(struct facts *f, const char *why)
{
	unsigned i;

	for (i = NEED_ENGINE; i < NEED_COUNT; i++)
		facts_gap(f, (enum need)i, "the engine did not start", NULL);
	for (i = 0; i < END_COUNT; i++) {
		f->engine[i].start_ns = f->engine[i].answer_ns = UNKNOWN;
		f->engine[i].configured = false;
	}
	f->engine[END_NEAR].start_error = why;
}

void made_silent(struct facts *f)
{
	struct tap_facts *near = &f->taps[TAP_NEAR_WIRE], *far = &f->taps[TAP_FAR_WIRE];
	unsigned d;

	f->handshake = (struct handshake_facts){ .age_ns = UNKNOWN, .response_ns = UNKNOWN, .waited_ns = MS(6000) };
	for (d = 0; d < TAP_DIR_COUNT; d++) {
		near->msgs[d][WG_MSG_DATA] = far->msgs[d][WG_MSG_DATA] = 0;
		near->keepalives[d] = far->keepalives[d] = 0;
	}
	near->msgs[TAP_IN][WG_MSG_RESPONSE] = far->msgs[TAP_OUT][WG_MSG_RESPONSE] = 0;
	near->msgs[TAP_OUT][WG_MSG_INITIATION] = far->msgs[TAP_IN][WG_MSG_INITIATION] = 2;
	near->first_response_ns = far->first_response_ns = UNKNOWN;
	f->ping_peer.received = 0;
	f->ping_peer.min_ns = f->ping_peer.avg_ns = f->ping_peer.max_ns = UNKNOWN;
	f->ping_peer.mdev_ns = UNKNOWN;
	f->crypto[END_NEAR].sealed = f->crypto[END_NEAR].opened = 0;
	f->crypto[END_FAR].sealed = f->crypto[END_FAR].opened = 0;
	facts_gap(f, NEED_STREAMS, "the handshake did not complete", NULL);
}

const struct finding *made_row(const struct findings *all, const char *id)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (strcmp(f->check->id, id) == 0)
			return f;
	return NULL;
}

/* JSON has one object for all numbers of a row, so no name may stand there twice. */
static void names_are_unique(const struct finding *f)
{
	const char *seen[128];
	const struct evidence *ev;
	size_t i, k, n = 0;

	for (ev = f->evidence; ev; ev = ev->next) {
		for (i = 0; i < ev->n_numbers; i++) {
			for (k = 0; k < n; k++)
				assert_string_not_equal(seen[k], ev->numbers[i].name);
			assert_true(n < ARRAY_LEN(seen));
			seen[n++] = ev->numbers[i].name;
		}
	}
}

/* ERROR only where a case asks for it. */
static void all_rows_are_sound(const struct facts *facts, const struct findings *all,
			       const struct finding *error)
{
	const struct check *const *c;
	const struct finding *f;

	for (c = checks; *c; c++)
		if (!(*c)->asked || (*c)->asked(facts))
			assert_non_null(made_row(all, (*c)->id));
	for (f = all->first; f; f = f->next) {
		assert_true(f->summary && f->summary[0]);
		assert_true(f->state != STATE_ERROR || f == error);
		if (f->state == STATE_FAIL)
			assert_non_null(f->evidence);
		if (f->caused_by)
			assert_int_equal(made_row(all, f->caused_by)->state, STATE_FAIL);
		names_are_unique(f);
	}
}

static void one_case(const char *id, const struct check_case *c)
{
	const struct finding *row;
	struct findings all;
	struct facts f;
	struct arena a;

	made_healthy(&f);
	arena_init(&a);
	findings_init(&all, &a);
	if (c->change)
		c->change(&f);
	checks_run(&f, NULL, &all);
	row = made_row(&all, id);
	all_rows_are_sound(&f, &all, c->state == STATE_ERROR ? row : NULL);
	if (row->state != c->state || (c->says && !strstr(row->summary, c->says)))
		print_message("# %s: %s %s\n", c->name, state_str(row->state), row->summary);
	assert_string_equal(state_str(row->state), state_str(c->state));
	if (c->says)
		assert_non_null(strstr(row->summary, c->says));
	assert_string_equal(row->caused_by ? row->caused_by : "-",
			    c->caused_by ? c->caused_by : "-");
	arena_done(&a);
}

void check_cases_run(const char *id, const struct check_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		one_case(id, &cases[i]);
}
