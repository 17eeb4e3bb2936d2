/*
 * The trace: each packet leaves its records in order, and both ends can be joined by them
 * without keys.
 */
#include "sim_test.h"
#include "wg/device_priv.h"
#include "wire/inner_hash.h"

enum { RECS_MAX = 256 };

struct log {
	struct trace_rec rec[RECS_MAX];
	size_t n;
};

static void put(void *ctx, const struct trace_rec *r)
{
	struct log *log = ctx;

	assert_true(log->n < RECS_MAX);
	log->rec[log->n++] = *r;
}

/* The simulation's environment has its node as context; the trace of a test is its own. */
struct traced {
	struct wg_env env;
	struct log log;
};

static void env_random(void *ctx, void *out, size_t len)
{
	const struct traced *t = ctx;

	t->env.random(t->env.ctx, out, len);
}

static int64_t env_wall(void *ctx)
{
	const struct traced *t = ctx;

	return t->env.wall_ns(t->env.ctx);
}

static void env_send(void *ctx, struct wg_peer *p, const struct endpoint *to,
		     const struct wg_pkt *pkts, size_t n)
{
	const struct traced *t = ctx;

	t->env.send(t->env.ctx, p, to, pkts, n);
}

static void env_deliver(void *ctx, struct wg_peer *p, const struct wg_pkt *pkts, size_t n)
{
	const struct traced *t = ctx;

	t->env.deliver(t->env.ctx, p, pkts, n);
}

static void env_trace(void *ctx, const struct trace_rec *r)
{
	struct traced *t = ctx;

	put(&t->log, r);
}

static void trace_node(struct sim_node *n, struct traced *t)
{
	struct wg_env *env = &n->dev->env;

	t->env = *env;
	*env = (struct wg_env){
		.ctx = t,
		.random = env_random,
		.wall_ns = env_wall,
		.send = env_send,
		.deliver = env_deliver,
		.trace = env_trace,
	};
}

static const struct trace_rec *find(const struct log *log, enum trace_stage stage, size_t nth)
{
	for (size_t i = 0; i < log->n; i++)
		if (log->rec[i].stage == stage && nth-- == 0)
			return &log->rec[i];
	fail_msg("no record of stage %d", stage);
	return NULL;
}

static void assert_stages(const struct log *log, const enum trace_stage *stages, size_t n)
{
	for (size_t i = 0; i < log->n && i < n; i++)
		assert_int_equal(log->rec[i].stage, stages[i]);
	assert_int_equal(log->n, n);
}

static void both_ends_tell_the_same_story(void **state)
{
	static const enum trace_stage at_a[] = {
		TRACE_TUN_READ,		  TRACE_STAGED,
		TRACE_HANDSHAKE_SENT,	  TRACE_UDP_RECEIVED, /* the response */
		TRACE_HANDSHAKE_RECEIVED, TRACE_SEALED,
		TRACE_TUN_READ,		  TRACE_SEALED,
	};
	static const enum trace_stage at_b[] = {
		TRACE_UDP_RECEIVED, TRACE_HANDSHAKE_RECEIVED, TRACE_HANDSHAKE_SENT,
		TRACE_UDP_RECEIVED, /* data */
		TRACE_OPENED,	    TRACE_UDP_RECEIVED,	      TRACE_OPENED,
	};
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s);
	static struct traced ta, tb;
	const struct trace_rec *sealed, *received, *opened, *read, *sent;

	(void)state;
	memset(&ta, 0, sizeof(ta));
	memset(&tb, 0, sizeof(tb));
	sim_pair(a, b);
	trace_node(a, &ta);
	trace_node(b, &tb);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	sim_send(a, b, 1400);
	sim_run(s, NS_PER_S);
	assert_stages(&ta.log, at_a, ARRAY_LEN(at_a));
	assert_stages(&tb.log, at_b, ARRAY_LEN(at_b));
	sent = find(&ta.log, TRACE_HANDSHAKE_SENT, 0);
	assert_int_equal(sent->why, 1 + WG_WHY_STAGED);
	assert_int_equal(sent->attempt, 1);
	assert_int_equal(sent->sender, sent->session);
	assert_int_equal(find(&tb.log, TRACE_HANDSHAKE_RECEIVED, 0)->sender, sent->sender);
	assert_int_equal(find(&ta.log, TRACE_HANDSHAKE_RECEIVED, 0)->receiver, sent->sender);
	assert_int_equal(find(&tb.log, TRACE_HANDSHAKE_SENT, 0)->why, 0);
	for (size_t i = 0; i < 2; i++) {
		read = find(&ta.log, TRACE_TUN_READ, i);
		sealed = find(&ta.log, TRACE_SEALED, i);
		received = find(&tb.log, TRACE_UDP_RECEIVED, i + 1);
		opened = find(&tb.log, TRACE_OPENED, i);
		assert_int_equal(sealed->inner_hash, read->inner_hash);
		assert_int_equal(sealed->inner_hash, opened->inner_hash);
		assert_int_equal(sealed->inner_len, i ? 1400 : 84);
		assert_int_equal(sealed->outer_len, received->outer_len);
		assert_int_equal(sealed->counter, i);
		assert_int_equal(received->counter, i);
		assert_int_equal(sealed->receiver, received->receiver);
		assert_int_equal(opened->session, received->receiver);
		assert_int_equal(sealed->peer, 1);
		assert_int_equal(opened->peer, 1);
		assert_int_equal(read->t_ns, sealed->t_ns - (i ? 0 : 2 * s->link.delay_ns));
	}
	sim_free(s);
}

static void a_refused_packet_names_its_reason(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s), *b = sim_add(s), *c = sim_add(s);
	static struct traced t;
	const struct trace_rec *r;

	(void)state;
	memset(&t, 0, sizeof(t));
	sim_pair(a, b);
	sim_send(a, b, 84);
	sim_run(s, NS_PER_S);
	trace_node(b, &t);
	sim_inject(s, b, &a->seen, a->last_msg[WG_MSG_DATA], a->last_msg_len[WG_MSG_DATA], 0);
	sim_send(b, c, 100);
	sim_run(s, NS_PER_S);
	r = find(&t.log, TRACE_DROPPED, 0);
	assert_int_equal(r->drop, WG_DROP_IN_REPLAY);
	assert_int_equal(r->counter, 0);
	assert_int_equal(r->peer, 1);
	assert_int_equal(r->msg_type, WG_MSG_DATA);
	assert_int_equal(r->receiver, sim_peer(b, a)->sessions.current->index.value);
	assert_int_equal(r->outer_len, 128);
	r = find(&t.log, TRACE_DROPPED, 1);
	assert_int_equal(r->drop, WG_DROP_OUT_NO_PEER);
	assert_int_equal(r->inner_len, 100);
	assert_int_equal(r->inner_hash, find(&t.log, TRACE_TUN_READ, 0)->inner_hash);
	sim_free(s);
}

/* What routers change on the way must not change the hash. */
static void the_hash_ignores_what_changes(void **state)
{
	uint8_t b[100], c[100];

	(void)state;
	sim_inner_packet(b, sizeof(b), 0, 1, 7);
	memcpy(c, b, sizeof(c));
	c[1] ^= 3; /* ECN */
	c[8]--; /* TTL */
	c[10]++; /* checksum */
	assert_int_equal(trace_inner_hash(b, sizeof(b)), trace_inner_hash(c, sizeof(c)));
	c[30]++;
	assert_int_not_equal(trace_inner_hash(b, sizeof(b)), trace_inner_hash(c, sizeof(c)));
	memset(b, 0, sizeof(b));
	b[0] = 0x60;
	memcpy(c, b, sizeof(c));
	c[1] ^= 0x30;
	c[7]--;
	assert_int_equal(trace_inner_hash(b, sizeof(b)), trace_inner_hash(c, sizeof(c)));
	c[70]++;
	assert_int_not_equal(trace_inner_hash(b, sizeof(b)), trace_inner_hash(c, sizeof(c)));
	trace_inner_hash(b, 0);
	trace_inner_hash(b, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_tell_the_same_story),
		cmocka_unit_test(a_refused_packet_names_its_reason),
		cmocka_unit_test(the_hash_ignores_what_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
