#include "sim_net.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ip.h"

enum { NUMBER_AT = IP4_HEADER_LEN + UDP_HEADER_LEN, INNER_MIN = NUMBER_AT + 4 };
enum { NUMBERS_MAX = 1 << 21, PORT = 51820 };

static const int64_t START_NS = 1000 * NS_PER_S;
static const int64_t WALL_START_NS = INT64_C(1700000000) * NS_PER_S; /* 2023-11-14 */

enum kind { DATAGRAM, INNER };

struct sim_event {
	int64_t at_ns;
	uint64_t order; /* what was sent first arrives first */
	enum kind kind;
	struct sim_node *node; /* INNER: who sends */
	struct endpoint from, to; /* DATAGRAM */
	uint8_t tos;
	size_t len;
	uint8_t b[];
};

/* --- chance --- */

uint64_t sim_random(struct sim *s)
{
	return seed_next(&s->seed);
}

static bool chance(struct sim *s, unsigned permille)
{
	return permille && sim_random(s) % 1000 < permille;
}

/* --- events --- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void push(struct sim *s, struct sim_event *e)
{
	size_t at = s->n_heap++;

	if (at == s->cap_heap) {
		s->cap_heap = s->cap_heap ? 2 * s->cap_heap : 64;
		s->heap = realloc(s->heap, s->cap_heap * sizeof(*s->heap));
		assert(s->heap);
	}
	e->order = ++s->last_order;
	for (; at && before(e, s->heap[(at - 1) / 2]); at = (at - 1) / 2)
		s->heap[at] = s->heap[(at - 1) / 2];
	s->heap[at] = e;
}

static struct sim_event *pop(struct sim *s)
{
	struct sim_event *top = s->heap[0], *last = s->heap[--s->n_heap];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < s->n_heap) {
		if (child + 1 < s->n_heap && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s->heap[child], last))
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	if (s->n_heap)
		s->heap[at] = last;
	return top;
}

static struct sim_event *event_new(enum kind kind, const void *b, size_t len)
{
	struct sim_event *e = calloc(1, sizeof(*e) + len);

	assert(e);
	e->kind = kind;
	e->len = len;
	if (len)
		memcpy(e->b, b, len);
	return e;
}

/* --- the link --- */

static struct sim_event *datagram(const struct endpoint *from, const struct endpoint *to,
				  const void *b, size_t len, uint8_t tos)
{
	struct sim_event *e = event_new(DATAGRAM, b, len);

	e->from = *from;
	e->to = *to;
	e->tos = tos;
	return e;
}

/* Does the link swallow it? */
static bool swallowed(struct sim *s, const struct wg_pkt *p)
{
	bool is_data = p->msg_type == WG_MSG_DATA && p->len > WG_KEEPALIVE_LEN;

	if (s->link.max_len && p->len > s->link.max_len) {
		s->too_long++;
		return true;
	}
	if (!chance(s, s->link.loss_permille))
		return false;
	s->lost++;
	s->data_lost += is_data;
	return true;
}

static void put_on_link(struct sim_node *n, const struct endpoint *to, const struct wg_pkt *p)
{
	struct sim *s = n->sim;
	unsigned copies = chance(s, s->link.duplicate_permille) ? 2 : 1;

	if (swallowed(s, p))
		return;
	s->duplicated += copies - 1;
	while (copies--) {
		struct sim_event *e = datagram(&n->seen, to, wg_pkt_bytes(p), p->len, p->tos);

		e->at_ns = s->now_ns + s->link.delay_ns;
		if (chance(s, s->link.reorder_permille)) {
			s->reordered++;
			e->at_ns += s->link.reorder_ns;
		}
		push(s, e);
	}
}

static struct sim_node *node_at(struct sim *s, const struct endpoint *e)
{
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (endpoint_equal(&s->node[i].seen, e))
			return &s->node[i];
	return NULL;
}

void sim_inject(struct sim *s, struct sim_node *to, const struct endpoint *from, const void *b,
		size_t len, uint8_t tos)
{
	struct sim_event *e = datagram(from, &to->seen, b, len, tos);

	e->at_ns = s->now_ns;
	push(s, e);
}

void sim_rebind(struct sim_node *n)
{
	n->seen.port++;
}

/* --- what the core asks of the world --- */

static void env_random(void *ctx, void *out, size_t len)
{
	struct sim_node *n = ctx;
	uint8_t *b = out;

	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)sim_random(n->sim);
}

int64_t sim_wall_ns(const struct sim *s)
{
	return WALL_START_NS + s->now_ns;
}

static int64_t env_wall(void *ctx)
{
	const struct sim_node *n = ctx;

	return sim_wall_ns(n->sim) + n->wall_offset_ns;
}

static void note_sent(struct sim_node *n, const struct wg_pkt *p)
{
	assert(p->msg_type < SIM_MSG_TYPES && p->len <= SIM_SLOT_LEN);
	assert(wg_pkt_bytes(p)[0] == p->msg_type);
	n->sent[p->msg_type]++;
	n->sent_at_ns[p->msg_type] = n->sim->now_ns;
	memcpy(n->last_msg[p->msg_type], wg_pkt_bytes(p), p->len);
	n->last_msg_len[p->msg_type] = p->len;
	n->last_len = p->len;
	n->last_tos = p->tos;
	if (p->msg_type == WG_MSG_DATA && p->len == WG_KEEPALIVE_LEN) {
		n->keepalives_sent++;
		n->keepalive_at_ns = n->sim->now_ns;
	}
}

static void env_send(void *ctx, struct wg_peer *peer, const struct endpoint *to,
		     const struct wg_pkt *pkts, size_t n)
{
	struct sim_node *node = ctx;

	(void)peer;
	for (size_t i = 0; i < n; i++) {
		note_sent(node, &pkts[i]);
		if (!node->mute)
			put_on_link(node, to, &pkts[i]);
	}
}

static void note_number(struct sim_node *n, const uint8_t *b, size_t len)
{
	uint32_t number;
	uint8_t bit;

	if (len < INNER_MIN)
		return;
	memcpy(&number, b + NUMBER_AT, sizeof(number));
	assert(number < NUMBERS_MAX);
	bit = (uint8_t)(1 << number % 8);
	if (n->seen_numbers[number / 8] & bit)
		n->inner_twice++;
	n->seen_numbers[number / 8] |= bit;
}

static bool env_is_own(void *ctx, const struct ip_addr *a)
{
	const struct sim_node *node = ctx;

	assert(a->family == FAMILY_IP4 || a->family == FAMILY_IP6);
	return !node->forwards;
}

static void env_deliver(void *ctx, struct wg_peer *peer, const struct wg_pkt *pkts, size_t n)
{
	struct sim_node *node = ctx;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *b = wg_pkt_bytes(&pkts[i]);

		if (!peer) {
			node->icmp_errors++;
			continue;
		}
		node->inner_received++;
		node->inner_at_ns = node->sim->now_ns;
		node->inner_len = pkts[i].len;
		node->inner_tos = b[1];
		note_number(node, b, pkts[i].len);
		if (node->echo)
			sim_send(node, &node->sim->node[b[15] - 1], pkts[i].len);
	}
}

static void env_event(void *ctx, const struct wg_event *ev)
{
	struct sim_node *n = ctx;

	n->events[ev->type]++;
	n->last_event[ev->type] = *ev;
	if (getenv("SIM_VERBOSE"))
		printf("# %.6f node %u event %d why %d attempt %u\n",
		       (double)n->sim->now_ns / (double)NS_PER_S, n->number, ev->type, ev->why,
		       ev->attempt);
}

/* --- nodes --- */

struct sim *sim_new(void)
{
	struct sim *s = calloc(1, sizeof(*s));

	assert(s && sodium_init() >= 0);
	s->seed = seed_start("simulation");
	s->now_ns = START_NS;
	s->link.delay_ns = 20 * NS_PER_MS;
	return s;
}

void sim_free(struct sim *s)
{
	for (unsigned i = 0; i < s->n_nodes; i++) {
		wg_device_free(s->node[i].dev);
		free(s->node[i].seen_numbers);
	}
	while (s->n_heap)
		free(pop(s));
	free(s->heap);
	free(s);
}

struct sim_node *sim_add(struct sim *s)
{
	struct sim_node *n = &s->node[s->n_nodes];
	struct wg_env env = {
		.ctx = n,
		.random = env_random,
		.wall_ns = env_wall,
		.send = env_send,
		.deliver = env_deliver,
		.is_own = env_is_own,
		.event = env_event,
	};

	assert(s->n_nodes < SIM_NODES_MAX);
	n->sim = s;
	n->number = s->n_nodes++;
	n->seen_numbers = calloc(1, NUMBERS_MAX / 8);
	assert(n->seen_numbers);
	env_random(n, &n->private_key, sizeof(n->private_key));
	secret_key_clamp(&n->private_key);
	n->seen.addr = (struct ip_addr){ FAMILY_IP4, { 192, 0, 2, (uint8_t)(n->number + 1) } };
	n->seen.port = PORT;
	n->dev = wg_device_new(&env, NULL);
	wg_device_set_mtu(n->dev, 1420);
	wg_device_set_private_key(n->dev, &n->private_key, s->now_ns);
	assert(wg_device_public_key(n->dev, &n->public_key));
	wg_device_set_up(n->dev, true, s->now_ns);
	return n;
}

struct wg_peer *sim_know(struct sim_node *a, struct sim_node *b, bool with_endpoint)
{
	struct cidr inner = { { FAMILY_IP4, { 10, 0, 0, (uint8_t)(b->number + 1) } }, 32 };
	struct wg_peer *p = wg_device_peer_add(a->dev, &b->public_key, a->sim->now_ns);

	assert(p);
	wg_peer_allow(p, &inner);
	if (with_endpoint)
		wg_peer_set_endpoint(p, &b->seen);
	return p;
}

void sim_pair(struct sim_node *a, struct sim_node *b)
{
	sim_know(a, b, true);
	sim_know(b, a, true);
}

struct wg_peer *sim_peer(struct sim_node *a, const struct sim_node *b)
{
	struct wg_peer *p = wg_device_peer(a->dev, &b->public_key);

	assert(p);
	return p;
}

struct wg_peer_status sim_status(struct sim_node *a, const struct sim_node *b)
{
	struct wg_peer_status st;

	wg_peer_status(sim_peer(a, b), &st);
	return st;
}

uint64_t sim_drop(const struct sim_node *n, enum wg_drop why)
{
	return wg_device_drops(n->dev)[why];
}

uint64_t sim_drops(const struct sim_node *n)
{
	uint64_t sum = 0;

	for (int why = 0; why < WG_DROP_COUNT; why++)
		sum += wg_device_drops(n->dev)[why];
	return sum;
}

/* --- inner packets --- */

void sim_inner_packet(uint8_t *b, size_t len, unsigned from, unsigned to, uint32_t number)
{
	uint8_t head[NUMBER_AT] = {
		0x45,
		0,
		(uint8_t)(len >> 8),
		(uint8_t)len,
		[8] = 64,
		[9] = IP_PROTO_UDP,
		[12] = 10,
		[15] = (uint8_t)(from + 1),
		[16] = 10,
		[19] = (uint8_t)(to + 1),
		[21] = 7,
		[23] = 7, /* ports; no UDP checksum */
		[24] = (uint8_t)((len - IP4_HEADER_LEN) >> 8),
		[25] = (uint8_t)(len - IP4_HEADER_LEN),
	};
	uint16_t sum = ip_sum_finish(ip_sum(head, IP4_HEADER_LEN, 0));

	assert(len >= INNER_MIN);
	head[10] = (uint8_t)(sum >> 8);
	head[11] = (uint8_t)sum;
	memset(b, 0xa5, len);
	memcpy(b, head, sizeof(head));
	memcpy(b + NUMBER_AT, &number, sizeof(number));
}

void sim_send_in(struct sim_node *from, const struct sim_node *to, size_t len, int64_t delay_ns)
{
	struct sim *s = from->sim;
	uint8_t b[SIM_SLOT_LEN];
	struct sim_event *e;

	assert(len <= sizeof(b));
	sim_inner_packet(b, len, from->number, to->number, s->n_inner++);
	e = event_new(INNER, b, len);
	e->node = from;
	e->at_ns = s->now_ns + delay_ns;
	push(s, e);
}

void sim_send(struct sim_node *from, const struct sim_node *to, size_t len)
{
	sim_send_in(from, to, len, 0);
}

/* --- time --- */

/* Packets of one node that come at one time, as a batch. */
struct batch {
	struct wg_pkt pkts[SIM_BATCH];
	struct endpoint from[SIM_BATCH];
	size_t n;
	uint8_t mem[SIM_BATCH][SIM_SLOT_LEN];
};

static void batch_add(struct batch *b, const struct sim_event *e)
{
	struct wg_pkt *p = &b->pkts[b->n];

	assert(e->len + WG_PKT_HEADROOM + WG_PKT_TAILROOM <= SIM_SLOT_LEN);
	b->from[b->n] = e->from;
	b->from[b->n].src = e->to.addr; /* none for an inner packet */
	*p = (struct wg_pkt){
		.mem = b->mem[b->n],
		.cap = SIM_SLOT_LEN,
		.off = WG_PKT_HEADROOM,
		.len = (uint32_t)e->len,
		.tos = e->tos,
		.from = &b->from[b->n],
	};
	memcpy(wg_pkt_bytes(p), e->b, e->len);
	b->n++;
}

static void batch_run(struct sim *s, struct batch *b, enum kind kind, struct sim_node *n)
{
	if (b->n == 0)
		return;
	if (kind == INNER) {
		n->inner_sent += b->n;
		wg_device_transmit(n->dev, b->pkts, b->n, s->now_ns);
	} else {
		for (size_t i = 0; i < b->n; i++)
			if (wg_pkt_bytes(&b->pkts[i])[0] < SIM_MSG_TYPES)
				n->received[wg_pkt_bytes(&b->pkts[i])[0]]++;
		wg_device_receive(n->dev, b->pkts, b->n, s->now_ns);
	}
	b->n = 0;
}

/* Everything that happens at this very time. */
static void run_now(struct sim *s, struct batch *b)
{
	struct sim_node *of = NULL;
	enum kind kind = DATAGRAM;

	while (s->n_heap && s->heap[0]->at_ns <= s->now_ns) {
		struct sim_event *e = pop(s);
		struct sim_node *n = e->kind == INNER ? e->node : node_at(s, &e->to);

		if (n != of || e->kind != kind || b->n == SIM_BATCH)
			batch_run(s, b, kind, of);
		of = n;
		kind = e->kind;
		if (n)
			batch_add(b, e);
		else
			s->unroutable++;
		free(e);
	}
	batch_run(s, b, kind, of);
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (wg_device_next_due(s->node[i].dev) <= s->now_ns)
			wg_device_tick(s->node[i].dev, s->now_ns);
}

static int64_t next_time(const struct sim *s, int64_t until_ns)
{
	if (s->n_heap)
		until_ns = MIN(until_ns, s->heap[0]->at_ns);
	for (unsigned i = 0; i < s->n_nodes; i++)
		until_ns = MIN(until_ns, wg_device_next_due(s->node[i].dev));
	return MAX(until_ns, s->now_ns);
}

bool sim_run_until(struct sim *s, int64_t for_ns, bool (*fn)(void *ctx), void *ctx)
{
	int64_t until_ns = s->now_ns + for_ns;
	struct batch *b = calloc(1, sizeof(*b));
	bool done = false;

	assert(b);
	while (!done) {
		int64_t at_ns = next_time(s, until_ns);

		s->now_ns = at_ns;
		run_now(s, b);
		done = fn && fn(ctx);
		if (at_ns == until_ns && next_time(s, until_ns + 1) > until_ns)
			break;
	}
	free(b);
	return done;
}

void sim_run(struct sim *s, int64_t for_ns)
{
	sim_run_until(s, for_ns, NULL, NULL);
}
