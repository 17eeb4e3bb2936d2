/*
 * Tunnels of a few packets for the tests of the ledger: 10 ms apart, 0.1 ms from stage to stage.
 */
#ifndef TESTS_UNIT_LEDGER_SMALL_H
#define TESTS_UNIT_LEDGER_SMALL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/defs.h"
#include "loss/ledger.h"

#define EVERY_NS (10 * NS_PER_MS)
#define ALL ((1u << STAGE_COUNT) - 1)
#define NEAR                                                                               \
	(STAGE_BIT(STAGE_TUN_OUT) | STAGE_BIT(STAGE_WIRE_OUT) | STAGE_BIT(STAGE_WIRE_IN) | \
	 STAGE_BIT(STAGE_TUN_IN))

enum { THERE = 0x1111, BACK = 0x2222, SIZE = 84, OUTER = 32 + 96, KEEPALIVE = 32 };
enum { ANSWERED = STAGE_COUNT, NOWHERE = -1 };

struct run {
	struct arena a;
	struct ledger *l;
	struct fates_facts f;
	uint64_t next[2]; /* counters */
	uint32_t receiver[2];
	int64_t n;
};

static inline void begin(struct run *r, uint32_t watched)
{
	unsigned s;

	*r = (struct run){ .receiver = { THERE, BACK } };
	arena_init(&r->a);
	r->l = ledger_new(&r->a, 0);
	for (s = 0; s < STAGE_COUNT; s++)
		if (watched >> s & 1)
			ledger_watch(r->l, (enum stage)s);
}

static inline void close_(struct run *r)
{
	int64_t lost = 0;
	size_t i;

	ledger_close(r->l, NULL, &r->f);
	for (i = 0; i < r->f.n_lost; i++)
		lost += r->f.lost[i].count;
	assert_int_equal(r->f.answered + r->f.unknown + lost, r->n);
	assert_int_equal(r->f.sent, r->n);
}

static inline bool is_wire(unsigned s)
{
	return s == STAGE_WIRE_OUT || s == STAGE_FAR_WIRE_IN || s == STAGE_FAR_WIRE_OUT ||
	       s == STAGE_WIRE_IN;
}

static inline int64_t time_of(int64_t probe, unsigned stage)
{
	return (probe + 1) * EVERY_NS + (int64_t)stage * 100 * NS_PER_US;
}

static inline void see(struct run *r, int64_t probe, unsigned s, size_t len)
{
	unsigned way = s >= STAGE_FAR_TUN_OUT;

	if (is_wire(s))
		ledger_see_outer(r->l, (enum stage)s, time_of(probe, s), r->receiver[way],
				 r->next[way] - 1, 32 + (len + 15) / 16 * 16);
	else
		ledger_see_inner(r->l, (enum stage)s, time_of(probe, s), probe, len, 0);
}

/* The next probe; takes: an engine that drops it behind that tun gives it a counter before. */
static inline void probe_of(struct run *r, int reached, bool takes, size_t len)
{
	int s;

	ledger_sent(r->l, r->n, time_of(r->n, 0) - 1000, len);
	for (s = 0; s <= MIN(reached, (int)STAGE_TUN_IN); s++) {
		if (s == STAGE_WIRE_OUT || s == STAGE_FAR_WIRE_OUT)
			r->next[s == STAGE_FAR_WIRE_OUT]++;
		see(r, r->n, (unsigned)s, len);
	}
	if (takes && reached == STAGE_TUN_OUT)
		r->next[0]++;
	if (takes && reached == STAGE_FAR_TUN_OUT)
		r->next[1]++;
	if (reached == ANSWERED)
		ledger_answered(r->l, r->n, time_of(r->n, STAGE_COUNT));
	r->n++;
}

static inline void probe(struct run *r, int reached)
{
	probe_of(r, reached, true, SIZE);
}

static inline void probes(struct run *r, int n, int reached)
{
	while (n-- > 0)
		probe(r, reached);
}

static inline void keepalive(struct run *r, unsigned way, bool seen)
{
	int64_t t = time_of(r->n, 0) - EVERY_NS / 2;

	if (seen) {
		ledger_see_outer(r->l, way ? STAGE_WIRE_IN : STAGE_WIRE_OUT, t, r->receiver[way],
				 r->next[way], KEEPALIVE);
		ledger_see_outer(r->l, way ? STAGE_FAR_WIRE_OUT : STAGE_FAR_WIRE_IN, t,
				 r->receiver[way], r->next[way], KEEPALIVE);
	}
	r->next[way]++;
}

static inline void is_lost(const struct run *r, size_t i, enum stage after, enum stage before)
{
	const struct fate_facts *f = &r->f.list[i];

	if (f->result != FATE_LOST || f->after != after || f->before != before)
		fail_msg("probe %zu is %s after %d before %d, and not lost after %d before %d", i,
			 fate_result_str(f->result), f->after, f->before, after, before);
}

static inline void done(struct run *r)
{
	arena_done(&r->a);
}

static inline void counters_are(const struct run *r, size_t i, int64_t there, int64_t back)
{
	assert_int_equal(r->f.list[i].counter, there);
	assert_int_equal(r->f.list[i].counter_back, back);
}

#endif
