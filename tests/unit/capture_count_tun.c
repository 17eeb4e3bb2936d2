/*
 * Packets that lack their first four bytes or have four too many, among those that are
 * right: each as what it is, whatever its first byte looks like.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/tap.h"
#include "wire/cursor.h"
#include "wire/ip.h"

enum { FRAME_MAX = 70000, ICMP4_REQUEST = 8, ICMP6_REQUEST = 128 };

struct world {
	struct tap_conf c;
	struct ip_addr own[2];
	uint64_t rng;
	uint8_t room[4 + FRAME_MAX]; /* four bytes in front of the packet */
	size_t len;
};

static uint64_t next_random(struct world *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return w->rng;
}

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

struct what {
	const char *src, *dst;
	uint8_t proto;
	uint8_t type; /* of ICMP */
	enum tap_dir dir;
	bool foreign; /* neither address is our own */
};

static const struct what whats[] = {
	{ "10.9.0.2", "10.0.0.1", IP_PROTO_ICMP, 0, TAP_IN, false },
	{ "10.9.0.2", "10.0.0.1", IP_PROTO_TCP, 0, TAP_IN, false },
	{ "10.0.0.1", "10.9.0.2", IP_PROTO_UDP, 0, TAP_OUT, false },
	{ "10.9.0.2", "10.77.0.9", IP_PROTO_UDP, 0, TAP_IN, true },
	{ "10.9.0.2", "10.77.0.9", IP_PROTO_ICMP, 8, TAP_IN, true },
	{ "fd00::2", "fd00::1", IP_PROTO_ICMP6, 129, TAP_IN, false },
	{ "fd00::1", "fd00::2", IP_PROTO_TCP, 0, TAP_OUT, false },
	{ "fd00::2", "fd77::9", IP_PROTO_UDP, 0, TAP_IN, true },
};

static void make(struct world *w, const struct what *x, size_t payload, unsigned id, uint8_t tos)
{
	struct ip_addr src = addr(x->src), dst = addr(x->dst);
	bool v6 = src.family == FAMILY_IP6;
	uint8_t *b = w->room + 4, *p = b + (v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN);
	struct wr r = wr_on(b, FRAME_MAX);
	size_t i;

	if (!v6) {
		wr_be16(&r, (uint16_t)(0x4500 | tos));
		wr_be16(&r, (uint16_t)(payload + IP4_HEADER_LEN));
		wr_be16(&r, (uint16_t)id);
		wr_be16(&r, 0x4000);
		wr_u8(&r, 64);
		wr_u8(&r, x->proto);
		wr_be16(&r, 0);
	} else {
		wr_be32(&r, UINT32_C(6) << 28 | (uint32_t)tos << 20 | id);
		wr_be16(&r, (uint16_t)payload);
		wr_u8(&r, x->proto);
		wr_u8(&r, 64);
	}
	wr_bytes(&r, src.b, ip_addr_len(&src));
	wr_bytes(&r, dst.b, ip_addr_len(&dst));
	for (i = 0; i < payload; i++)
		p[i] = (uint8_t)next_random(w);
	if (x->proto == IP_PROTO_UDP) {
		p[4] = (uint8_t)(payload >> 8);
		p[5] = (uint8_t)payload;
	} else if (x->proto != IP_PROTO_TCP) {
		uint16_t sum;

		p[0] = x->type;
		p[2] = p[3] = 0;
		sum = ip_sum_finish(ip_sum(p, payload, 0));
		p[2] = (uint8_t)(sum >> 8);
		p[3] = (uint8_t)sum;
	}
	w->len = (size_t)(p - b) + payload;
	if (!v6) {
		uint16_t sum = ip_sum_finish(ip_sum(b, IP4_HEADER_LEN, 0));

		b[10] = (uint8_t)(sum >> 8);
		b[11] = (uint8_t)sum;
	}
}

static struct tap_facts count(struct world *w, const uint8_t *b, size_t len, size_t cap)
{
	uint8_t *exact = malloc(cap + 1); /* so that the sanitizers see one byte too far */
	struct tap_facts t;

	assert_non_null(exact);
	memcpy(exact, b, cap);
	tap_count_start(&t, &w->c);
	tap_count_frame(&t, &w->c, exact, cap, len, 1);
	free(exact);
	return t;
}

static void expect(const struct tap_facts *t, enum tap_dir dir, int64_t packets, int64_t shifted)
{
	enum tap_dir other = dir == TAP_OUT ? TAP_IN : TAP_OUT;

	assert_int_equal(t->packets[dir], packets);
	assert_int_equal(t->shifted[dir], shifted);
	assert_int_equal(t->not_ip[dir], shifted);
	assert_int_equal(t->packets[other] + t->shifted[other] + t->not_ip[other], 0);
	assert_int_equal(t->unpadded[dir], UNKNOWN);
}

static void expect_right(struct world *w, const struct what *x)
{
	struct tap_facts t = count(w, w->room + 4, w->len, w->len);
	bool icmp = x->proto == IP_PROTO_ICMP || x->proto == IP_PROTO_ICMP6;
	bool request = x->type == ICMP4_REQUEST || x->type == ICMP6_REQUEST;

	expect(&t, x->dir, 1, 0);
	assert_int_equal(t.echo_requests[x->dir], icmp && request);
	assert_int_equal(t.echo_replies[x->dir], icmp && !request);
	assert_int_equal(t.echo_requests[!x->dir] + t.echo_replies[!x->dir], 0);
}

/* Every id, so each first byte there is; and every class. */
static void test_lacking_four(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	size_t i, id;

	for (i = 0; i < ARRAY_LEN(whats); i++) {
		for (id = 0; id < 65536; id += 64 + next_random(w) % 64) {
			make(w, &whats[i], 8 + next_random(w) % 1400, (unsigned)id,
			     (uint8_t)next_random(w));
			expect_right(w, &whats[i]);
			t = count(w, w->room + 8, w->len - 4, w->len - 4);
			expect(&t, whats[i].dir, 0, 1);
			assert_memory_equal(t.shifted_first, w->room + 8, 8);
			assert_int_equal(t.echo_requests[TAP_IN] + t.echo_replies[TAP_IN], 0);
		}
	}
}

static void test_four_more(void **state)
{
	struct world *w = *state;
	static const uint8_t heads[][4] = { { 0, 0, 0, 2 },
					    { 0, 0, 0, 30 },
					    { 0, 0, 8, 0 },
					    { 0, 0, 0x86, 0xdd },
					    { 0, 0, 0, 10 } };
	struct tap_facts t;
	size_t i, k;

	for (i = 0; i < ARRAY_LEN(whats); i++) {
		for (k = 0; k < ARRAY_LEN(heads); k++) {
			make(w, &whats[i], 8 + next_random(w) % 1400, next_random(w) & 0xffff, 0);
			memcpy(w->room, heads[k], 4);
			t = count(w, w->room, w->len + 4, w->len + 4);
			expect(&t, whats[i].dir, 0, 1);
		}
	}
}

/* No proof, no claim: then the nibble decides. */
static void test_not_proven(void **state)
{
	struct world *w = *state;
	struct what foreign = { "10.9.0.2", "10.77.0.9", IP_PROTO_TCP, 0, TAP_IN, true };
	struct tap_facts t;

	make(w, &foreign, 100, 0x9123, 0);
	t = count(w, w->room + 8, w->len - 4, w->len - 4);
	assert_int_equal(t.shifted[TAP_IN], 0);
	assert_int_equal(t.not_ip[TAP_IN], 1);
	make(w, &foreign, 100, 0x4512, 0);
	t = count(w, w->room + 8, w->len - 4, w->len - 4);
	assert_int_equal(t.shifted[TAP_IN] + t.not_ip[TAP_IN], 0);
	/* of our own, but of another length: a little of that could be the TOS, this cannot */
	make(w, &whats[0], 1000, 0x9123, 0);
	t = count(w, w->room + 8, w->len - 600, w->len - 600);
	assert_int_equal(t.shifted[TAP_IN], 0);
	assert_int_equal(t.not_ip[TAP_IN], 1);
	/* three bytes are not four */
	make(w, &whats[0], 100, 0x9123, 0);
	t = count(w, w->room + 7, w->len - 3, w->len - 3);
	assert_int_equal(t.shifted[TAP_IN], 0);
}

/*
 * To this network the words of a right header, read four bytes on, add up to 45 as well, and
 * our own source stands where the destination would: only its being right tells.
 */
static void test_treacherous_destination(void **state)
{
	struct world *w = *state;
	struct what x = { "10.0.0.1", NULL, IP_PROTO_UDP, 0, TAP_OUT, false };
	struct tap_facts t;
	char dst[32];
	unsigned i;

	x.dst = dst;
	for (i = 0; i < 2000; i++) {
		snprintf(dst, sizeof(dst), "69.%u.%u.%u", (unsigned)(next_random(w) % 256),
			 (unsigned)(next_random(w) % 4), (unsigned)(next_random(w) % 256));
		make(w, &x, 8 + next_random(w) % 200, next_random(w) & 0xffff, 0);
		t = count(w, w->room + 4, w->len, w->len);
		expect(&t, TAP_OUT, 1, 0);
	}
}

/* Random packets of all kinds and random bytes: none that is right is ever called shifted. */
static void test_no_false_alarm(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	unsigned i;
	size_t k;

	for (i = 0; i < 20000; i++) {
		const struct what *x = &whats[next_random(w) % ARRAY_LEN(whats)];

		make(w, x, 8 + next_random(w) % 200, next_random(w) & 0xffff,
		     (uint8_t)next_random(w));
		t = count(w, w->room + 4, w->len, w->len);
		expect(&t, x->dir, 1, 0);
	}
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < 60; k++)
			w->room[k] = (uint8_t)next_random(w);
		t = count(w, w->room, 60, 60);
		assert_int_equal(t.shifted[TAP_IN] + t.shifted[TAP_OUT], 0);
	}
}

/* Longer than an IPv4 header can say, and cut by the snap length. */
static void test_long_and_cut(void **state)
{
	struct world *w = *state;
	struct tap_facts t;
	uint16_t sum;
	size_t cap;

	make(w, &whats[2], 1000, 0x9123, 0);
	w->room[4 + 2] = w->room[4 + 3] = w->room[4 + 10] = w->room[4 + 11] = 0;
	sum = ip_sum_finish(ip_sum(w->room + 4, IP4_HEADER_LEN, 0));
	w->room[4 + 10] = (uint8_t)(sum >> 8);
	w->room[4 + 11] = (uint8_t)sum;
	t = count(w, w->room + 4, 68000, 65535);
	expect(&t, TAP_OUT, 1, 0);
	for (cap = 1; cap < 60; cap++) {
		make(w, &whats[0], 100, 0x9123, 0);
		t = count(w, w->room + 4, w->len, cap);
		assert_int_equal(t.packets[TAP_IN], 1);
		t = count(w, w->room + 8, w->len - 4, cap);
		assert_int_equal(t.shifted[TAP_IN], cap >= 16);
		assert_int_equal(t.not_ip[TAP_IN], 1);
	}
}

/* An echo that another peer was asked with, and its answer, are aside; all else is as ever. */
static void test_others(void **state)
{
	static const struct what echoes[] = {
		{ "10.0.0.1", "10.9.0.7", IP_PROTO_ICMP, 8, TAP_OUT, false },
		{ "10.9.0.7", "10.0.0.1", IP_PROTO_ICMP, 0, TAP_IN, false },
		{ "fd00::1", "fd00::7", IP_PROTO_ICMP6, 128, TAP_OUT, false },
		{ "fd00::7", "fd00::1", IP_PROTO_ICMP6, 129, TAP_IN, false },
	};
	static const struct what not_it = {
		"10.9.0.7", "10.0.0.1", IP_PROTO_UDP, 0, TAP_IN, false
	};
	struct world *w = *state;
	struct ip_addr others[2] = { addr("10.9.0.7"), addr("fd00::7") };
	struct tap_facts t;
	size_t i;

	w->c.others = others;
	w->c.n_others = ARRAY_LEN(others);
	for (i = 0; i < ARRAY_LEN(echoes); i++) {
		make(w, &echoes[i], 64, next_random(w) & 0xffff, 0);
		t = count(w, w->room + 4, w->len, w->len);
		expect(&t, echoes[i].dir, 0, 0);
		assert_int_equal(t.others[echoes[i].dir], 1);
		assert_int_equal(t.others[!echoes[i].dir], 0);
		assert_int_equal(t.padded_bytes[echoes[i].dir], 0);
		assert_int_equal(t.echo_requests[TAP_OUT] + t.echo_replies[TAP_IN], 0);
		/* Without its first four bytes it is a fault of the tun, whoever it is from. */
		t = count(w, w->room + 8, w->len - 4, w->len - 4);
		expect(&t, echoes[i].dir, 0, 1);
	}
	make(w, &not_it, 64, 1, 0);
	expect_right(w, &not_it);
	for (i = 0; i < ARRAY_LEN(whats); i++) {
		make(w, &whats[i], 64, 1, 0);
		expect_right(w, &whats[i]);
	}
	w->c.n_others = 0;
}

/* What is neither from nor to an own address, and the tunnel's own messages inside of it. */
static void test_foreign_and_nested(void **state)
{
	static const struct what passing[] = {
		{ "10.77.0.9", "10.9.0.2", IP_PROTO_ICMP, 8, TAP_OUT, true },
		{ "10.9.0.2", "10.77.0.9", IP_PROTO_TCP, 0, TAP_IN, true },
		{ "fd77::9", "fd00::2", IP_PROTO_ICMP6, 128, TAP_OUT, true },
	};
	static const struct what not_it[] = {
		{ "10.0.0.1", "10.9.0.2", IP_PROTO_ICMP, 8, TAP_OUT, false },
		{ "fd00::1", "fd00::2", IP_PROTO_ICMP6, 128, TAP_OUT, false },
		{ "10.9.0.2", "10.0.0.1", IP_PROTO_ICMP, 8, TAP_IN, false },
		{ "10.9.0.2", "224.0.0.251", IP_PROTO_UDP, 0, TAP_IN, true },
		{ "fe80::1", "ff02::2", IP_PROTO_ICMP6, 133, TAP_OUT, true },
	};
	static const struct what to_endpoint = { "10.0.0.1", "192.0.2.7", IP_PROTO_UDP,
						 0,	     TAP_OUT,	  false };
	struct world *w = *state;
	struct tap_facts t;
	size_t i;

	for (i = 0; i < ARRAY_LEN(passing); i++) {
		enum tap_dir dir = passing[i].dir;

		w->c.told = dir == TAP_OUT ? TAP_TOLD_OUT : TAP_TOLD_IN;
		make(w, &passing[i], 64, 1, 0);
		t = count(w, w->room + 4, w->len, w->len);
		assert_int_equal(t.foreign[dir], 1);
		assert_int_equal(t.foreign[!dir], 0);
		assert_int_equal(t.own_echoes[0] + t.own_echoes[1], 0);
		assert_int_equal(t.foreign_echoes[dir],
				 passing[i].type == 8 || passing[i].type == 128);
		assert_true(ip_addr_equal(dir == TAP_OUT ? &t.foreign_from : &t.foreign_to,
					  &(struct ip_addr){ 0 }) == false);
	}
	for (i = 0; i < ARRAY_LEN(not_it); i++) {
		w->c.told = not_it[i].dir == TAP_OUT ? TAP_TOLD_OUT : TAP_TOLD_IN;
		make(w, &not_it[i], 64, 1, 0);
		t = count(w, w->room + 4, w->len, w->len);
		assert_int_equal(t.foreign[TAP_OUT] + t.foreign[TAP_IN], 0);
		assert_int_equal(t.own_echoes[0], i == 0);
		assert_int_equal(t.own_echoes[1], i == 1);
	}
	make(w, &to_endpoint, 64, 1, 0);
	w->c.told = TAP_TOLD_OUT;
	w->c.far = (struct endpoint){ .addr = addr("192.0.2.7") };
	w->c.far.port =
		(uint16_t)(w->room[4 + IP4_HEADER_LEN + 2] << 8 | w->room[4 + IP4_HEADER_LEN + 3]);
	t = count(w, w->room + 4, w->len, w->len);
	assert_int_equal(t.nested, w->c.far.port != 0);
	w->c.far.port ^= 1;
	t = count(w, w->room + 4, w->len, w->len);
	assert_int_equal(t.nested, 0);
	w->c.told = TAP_TOLD_NOTHING;
	w->c.far = (struct endpoint){ 0 };
}

static int setup(void **state)
{
	const char *seed = getenv("SEED");
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->rng = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("SEED=%llu\n", (unsigned long long)w->rng);
	w->rng = w->rng * 2 + 1;
	w->own[0] = addr("10.0.0.1");
	w->own[1] = addr("fd00::1");
	w->c = (struct tap_conf){ .dev = "wg0", .kind = TAP_KIND_TUN, .own = w->own, .n_own = 2 };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lacking_four), cmocka_unit_test(test_four_more),
		cmocka_unit_test(test_not_proven),   cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_long_and_cut), cmocka_unit_test(test_treacherous_destination),
		cmocka_unit_test(test_others),	     cmocka_unit_test(test_foreign_and_nested),
	};

	return cmocka_run_group_tests_name("capture.count_tun", tests, setup, teardown);
}
