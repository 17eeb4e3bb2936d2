/*
 * The rules by which a relay loses frames, each held against what it says, and what it loses against
 * what loss/pattern calls it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lab/relay_lose.h"
#include "lib/seed.h"
#include "loss/pattern.h"

enum { MESSAGES = 6000, FRAME = 2048, ROUNDS = 20 };

struct way {
	struct relay_conf conf;
	struct relay_lose lose;
	struct draw draw;
	struct seed seed;
	int64_t now_ns;
	struct pattern_message m[MESSAGES];
	size_t n;
	int64_t sessions_ns[32];
	size_t n_sessions;
};

/* --- frames ------------------------------------------------------------------------------ */

/* An outer packet of so many bytes with a message of that type; how long the frame is. */
static size_t frame_make(uint8_t *b, bool v6, uint8_t type, size_t ip_len)
{
	size_t udp = 14 + (v6 ? 40 : 20);

	memset(b, 0, FRAME);
	b[12] = v6 ? 0x86 : 0x08;
	b[13] = v6 ? 0xdd : 0x00;
	b[14] = v6 ? 0x60 : 0x45;
	b[v6 ? 20 : 23] = 17;
	b[udp + 8] = type;
	return 14 + ip_len;
}

static size_t response_make(uint8_t *b, bool v6)
{
	return frame_make(b, v6, 2, (v6 ? 48 : 28) + 92);
}

static void knows_what_is_carried(void **state)
{
	uint8_t b[FRAME];
	size_t len, i;
	int v6;

	(void)state;
	for (v6 = 0; v6 < 2; v6++) {
		len = frame_make(b, v6, 4, 200);
		assert_int_equal(relay_carried(b, len), RELAY_DATA);
		for (i = 0; i < 14 + (v6 ? 48u : 28u) + 32; i++)
			assert_int_equal(relay_carried(b, i), RELAY_OTHER);
		b[v6 ? 20 : 23] = 6; /* TCP */
		assert_int_equal(relay_carried(b, len), RELAY_OTHER);
		len = response_make(b, v6);
		assert_int_equal(relay_carried(b, len), RELAY_RESPONSE);
		assert_int_equal(relay_carried(b, len + 1), RELAY_OTHER);
		len = frame_make(b, v6, 1, 176);
		assert_int_equal(relay_carried(b, len), RELAY_OTHER);
		len = frame_make(b, v6, 4, 200);
		b[14 + (v6 ? 48 : 28) + 2] = 1;
		assert_int_equal(relay_carried(b, len), RELAY_OTHER);
	}
	frame_make(b, false, 4, 200);
	b[21] = 1; /* a later fragment */
	assert_int_equal(relay_carried(b, 214), RELAY_OTHER);
	frame_make(b, false, 4, 220);
	b[14] = 0x46; /* an IP option of four bytes */
	memmove(b + 46, b + 42, 100);
	memset(b + 42, 0, 4);
	assert_int_equal(relay_carried(b, 234), RELAY_DATA);
	memset(b, 0, sizeof(b));
	b[12] = 8, b[13] = 6; /* ARP */
	assert_int_equal(relay_carried(b, 60), RELAY_OTHER);
}

/* --- a way ------------------------------------------------------------------------------- */

static struct way *way_new(struct seed *seed, const char *rules)
{
	struct way *w = calloc(1, sizeof(*w));
	char text[200];

	assert_non_null(w);
	snprintf(text, sizeof(text), "a,b,%s", rules);
	print_message("# %s\n", text);
	assert_int_equal(relay_parse(text, &w->conf, NULL), 0);
	w->seed = *seed;
	draw_init(&w->draw, seed_next(seed));
	w->now_ns = (int64_t)seed_below(seed, 1000) * NS_PER_S;
	return w;
}

static bool pass(struct way *w, unsigned from, uint8_t type, size_t ip_len)
{
	uint8_t b[FRAME];
	bool v6 = seed_below(&w->seed, 2);
	size_t len = type == 2 ? response_make(b, v6) : frame_make(b, v6, type, ip_len);

	return !relay_loses(&w->conf, &w->lose, &w->draw, from, w->now_ns, b, len);
}

/* One probe from link a, and what comes back by link b meets no rule of another's state. */
static void probe(struct way *w, int64_t wait_ns, unsigned size, double rate)
{
	struct pattern_message *m = &w->m[w->n];

	w->now_ns += wait_ns;
	*m = (struct pattern_message){
		.t_ns = w->now_ns,
		.count = w->n,
		.size = size,
		.rate = rate,
		.known = true,
		.lost = !pass(w, 0, 4, size + 60),
	};
	w->n++;
}

static void is_named(struct way *w, enum pattern_kind kind)
{
	struct pattern_input in = { w->m, w->n, w->sessions_ns, w->n_sessions };
	struct pattern p;
	struct arena a;

	arena_init(&a);
	pattern_find(&in, &a, &p);
	print_message("#   %s\n", p.sentence);
	assert_string_equal(pattern_kind_str(p.kind), pattern_kind_str(kind));
	arena_done(&a);
	free(w);
}

#define WAY(seed, ...)                                         \
	({                                                     \
		char rules_[128];                              \
		snprintf(rules_, sizeof(rules_), __VA_ARGS__); \
		way_new(seed, rules_);                         \
	})

static unsigned between(struct seed *s, unsigned low, unsigned high)
{
	return low + (unsigned)seed_below(s, high - low + 1);
}

static int64_t about_10_ms(struct way *w)
{
	return (int64_t)between(&w->seed, 9000, 11000) * NS_PER_US;
}

static void loses_by_lot(struct seed *s)
{
	struct way *w = WAY(s, "loss=%u", between(s, 3, 40));

	while (w->n < 3000)
		probe(w, about_10_ms(w), 100, 0);
	is_named(w, PATTERN_RANDOM);
}

static void loses_in_bursts(struct seed *s)
{
	struct way *w = WAY(s, "burst=%u:%u", between(s, 1, 3), between(s, 15, 35));

	while (w->n < 3000)
		probe(w, about_10_ms(w), 100, 0);
	is_named(w, PATTERN_BURST);
}

static void loses_the_large(struct seed *s)
{
	unsigned from = between(s, 600, 1300);
	struct way *w = WAY(s, "large=%u:%u,loss=1", from, between(s, 50, 100));

	while (w->n < 2000)
		probe(w, about_10_ms(w), between(&w->seed, 1, 14) * 100, 0);
	is_named(w, PATTERN_BY_SIZE);
}

static void loses_above_a_rate(struct seed *s)
{
	struct way *w = WAY(s, "rate=%u:%u", between(s, 220, 300), between(s, 2, 5));
	unsigned first = 0, step, i;

	/* Ten rounds of three rates, in an order that changes. */
	for (step = 0; step < 30; step++) {
		double rate = 100 << (first + step) % 3;

		if (step % 3 == 2)
			first = between(&w->seed, 0, 2);

		for (i = 0; i < 60; i++)
			probe(w, (int64_t)(1e9 / rate), 100, rate);
	}
	is_named(w, PATTERN_BY_RATE);
}

static void loses_by_the_clock(struct seed *s)
{
	struct way *w = WAY(s, "period=%u:%u", between(s, 800, 1500), between(s, 30, 100));

	while (w->n < 3000)
		probe(w, about_10_ms(w), 100, 0);
	is_named(w, PATTERN_PERIODIC);
}

static void loses_after_pauses(struct seed *s)
{
	unsigned pause = between(s, 2000, 9000), first = between(s, 1, 5);
	struct way *w = WAY(s, "idle=%u:%u", pause, first);
	unsigned k;

	/* Two of three pauses are long ones: seven at least, or there would be too few to say so. */
	for (k = 0; w->n < 2000; k++) {
		unsigned flow = between(&w->seed, 60, 180);

		while (flow--)
			probe(w, 10 * NS_PER_MS, 100, 0);
		probe(w, (k % 3 ? pause : 500) * NS_PER_MS, 100, 0);
	}
	is_named(w, PATTERN_AFTER_IDLE);
}

static void loses_at_rekey(struct seed *s)
{
	struct way *w = WAY(s, "rekey=%u", between(s, 60, 400));
	size_t i;

	for (i = 0; i < 12; i++) {
		unsigned n = between(&w->seed, 200, 400), k;

		assert_true(pass(w, i % 2, 2, 0));
		w->sessions_ns[w->n_sessions++] = w->now_ns;
		for (k = 0; k < n; k++)
			probe(w, about_10_ms(w), 100, 0);
	}
	is_named(w, PATTERN_AT_REKEY);
}

static void each_is_named(void **state)
{
	struct seed seed = seed_start("each_is_named");
	int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		loses_by_lot(&seed);
		loses_in_bursts(&seed);
		loses_the_large(&seed);
		loses_above_a_rate(&seed);
		loses_by_the_clock(&seed);
		loses_after_pauses(&seed);
		loses_at_rekey(&seed);
	}
}

/* --- what is not meant -------------------------------------------------------------------- */

/* Handshakes, and frames that are not of the tunnel, go by; and all of the other link does. */
static void only_what_is_meant(void **state)
{
	static const char *const rules[] = {
		"burst=100:0",	"large=1:100",	      "rate=0.001:1",
		"period=10:10", "idle=0.001:1000000", "rekey=1000000",
	};
	struct seed seed = seed_start("only_what_is_meant");
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rules); i++) {
		unsigned from = (unsigned)seed_below(&seed, 2);
		struct way *w = WAY(&seed, "%s,from=%s", rules[i], from ? "b" : "a");

		assert_true(pass(w, from, 2, 0));
		pass(w, from, 4, 200); /* one may pass first */
		for (k = 0; k < 50; k++) {
			w->now_ns += 10 * NS_PER_MS;
			assert_false(pass(w, from, 4, 200));
			assert_true(pass(w, !from, 4, 200));
			assert_true(pass(w, from, 1, 176));
			assert_true(pass(w, from, 2, 0));
			assert_true(pass(w, from, 9, 200));
		}
		free(w);
	}
}

/* Of one way nothing is to be seen at the other. */
static void ways_are_apart(void **state)
{
	struct seed seed = seed_start("ways_are_apart");
	struct way *w = WAY(&seed, "rate=1:5,idle=5000:2");
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_true(pass(w, 0, 4, 200));
	assert_false(pass(w, 0, 4, 200));
	for (i = 0; i < 5; i++)
		assert_true(pass(w, 1, 4, 200));
	assert_false(pass(w, 1, 4, 200));
	w->now_ns += 4 * NS_PER_S;
	assert_true(pass(w, 0, 4, 200));
	w->now_ns += NS_PER_S;
	assert_true(pass(w, 0, 4, 200));
	assert_false(pass(w, 1, 4, 200)); /* five seconds without one */
	assert_false(pass(w, 1, 4, 200));
	assert_true(pass(w, 1, 4, 200));
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_is_carried),
		cmocka_unit_test(each_is_named),
		cmocka_unit_test(only_what_is_meant),
		cmocka_unit_test(ways_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
