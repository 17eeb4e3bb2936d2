/*
 * Captured frames and trace records of any bytes, one after the other: what came of each initiation
 * is told within bounds, in order, and never that nothing came where the capture lost frames.
 *
 * Input: for each a byte (bit 0: a trace record; else bits 1 to 7: how much later it is), its length
 * in two bytes, and the frame or record.
 */
#include <assert.h>
#include <string.h>

#include "capture/attempts.h"
#include "fuzz.h"

enum { PORT = 51820, PEER = 1 };

static int64_t is_ours(void *ctx, const uint8_t *initiation)
{
	(void)ctx;
	return initiation[WG_INITIATION_LEN - 1] & 1;
}

static void on_outer(void *ctx, const struct tap_outer *m)
{
	assert(m->have <= 65535 && m->type <= WG_MSG_DATA);
	attempts_see(ctx, m);
}

static void check(const struct attempts *x, int64_t now_ns, struct arena *a)
{
	struct handshakes_facts h, gaps;
	size_t i;

	attempts_facts(x, now_ns, 0, a, &h);
	attempts_facts(x, now_ns, 1, a, &gaps);
	assert(h.n <= ATTEMPTS_MAX + ATTEMPTS_ELSEWHERE_MAX && h.more >= 0);
	for (i = 0; i < h.n; i++) {
		const struct attempt_facts *t = &h.list[i];

		assert(t->outcome < ATTEMPT_OUTCOME_COUNT && t->why < ATTEMPT_WHY_COUNT);
		assert(i == 0 || h.list[i - 1].t_ns <= t->t_ns);
		assert(t->in_row == UNKNOWN || t->in_row >= 1);
		assert(t->outcome != ATTEMPT_ICMP || t->icmp_from.family != FAMILY_NONE);
		assert(t->outcome != ATTEMPT_UNUSED || t->answer_ns >= 0);
		assert(t->by == END_FAR || !t->elsewhere);
	}
	for (i = 0; i < gaps.n; i++)
		assert(gaps.list[i].outcome != ATTEMPT_SILENT &&
		       gaps.list[i].outcome != ATTEMPT_UNUSED);
}

static void take(struct attempts *x, const struct tap_conf *c, bool is_trace, const uint8_t *b,
		 size_t len, int64_t now_ns)
{
	struct trace_rec r = { 0 };
	struct tap_facts t;

	if (is_trace) {
		memcpy(&r, b, MIN(len, sizeof(r)));
		attempts_trace(x, &r, PEER, r.drop & 1 ? "in_response" : "io_send_perm");
		return;
	}
	tap_count_start(&t, c);
	tap_count_frame(&t, c, b, len, len, now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tap_conf c = { .kind = TAP_KIND_WIRE, .on_outer = on_outer };
	struct attempts_conf conf = { .is_ours = is_ours };
	int64_t now_ns = 0;
	struct arena a;
	bool ok = ip_addr_parse("192.0.2.1", &c.near.addr) &&
		  ip_addr_parse("198.51.100.2", &c.far.addr);

	assert(ok);
	c.near.port = c.far.port = PORT;
	conf.far = c.far.addr;
	arena_init(&a);
	c.on_outer_ctx = attempts_new(&conf, &a);
	while (len >= 3) {
		size_t one = (size_t)(bytes[1] << 8 | bytes[2]);
		bool is_trace = bytes[0] & 1;

		now_ns += (bytes[0] >> 1) * 100 * NS_PER_MS;
		bytes += 3;
		len -= 3;
		one = MIN(one, len);
		take(c.on_outer_ctx, &c, is_trace, bytes, one, now_ns);
		bytes += one;
		len -= one;
	}
	check(c.on_outer_ctx, now_ns, &a);
	arena_done(&a);
	return 0;
}
