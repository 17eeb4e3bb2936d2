/* wgdiag's own datagrams: what is one, by each of its bytes, and that it comes back as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/seed.h"
#include "wire/probe_msg.h"
#include "wire/wg_msg.h"

enum { ROUNDS = 500, BODY_MAX = 300 };

static struct probe_msg of_chance(struct seed *s, uint8_t body[BODY_MAX])
{
	struct probe_msg m = {
		.type = (enum probe_type)(PROBE_KNOCK +
					  seed_below(s, PROBE_TYPE_END - PROBE_KNOCK)),
		.direction = (enum probe_direction)seed_below(s, 2),
		.token = seed_next(s),
		.cookie = seed_next(s),
		.seq = (uint32_t)seed_next(s),
		.body = body,
		.body_len = seed_below(s, BODY_MAX),
	};

	seed_bytes(s, body, m.body_len);
	return m;
}

static void comes_back(void **state)
{
	struct seed s = seed_start("probe_msg");
	uint8_t body[BODY_MAX], b[PROBE_HEADER_LEN + BODY_MAX];
	struct probe_msg m, back;
	enum wg_msg_type type;
	unsigned i;
	size_t len;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		m = of_chance(&s, body);
		len = probe_msg_put(&m, b, sizeof(b));
		assert_int_equal(len, PROBE_HEADER_LEN + m.body_len);
		assert_int_equal(probe_msg_put(&m, b, len - 1), 0);
		len = probe_msg_put(&m, b, sizeof(b));
		assert_true(probe_msg_read(b, len, &back));
		assert_int_equal(back.type, m.type);
		assert_int_equal(back.direction, m.direction);
		assert_true(back.token == m.token && back.cookie == m.cookie && back.seq == m.seq);
		assert_int_equal(back.body_len, m.body_len);
		assert_memory_equal(back.body, body, m.body_len);
		/* No engine takes it for a message of its own. */
		assert_int_not_equal(wg_msg_classify(b, len, &type), WG_MSG_OK);
	}
}

/* Each byte of the head that is not free, changed. */
static void nothing_else_is_one(void **state)
{
	static const struct {
		size_t at;
		uint8_t to;
	} bad[] = { { 0, 'x' }, { 3, 0 }, { 4, 0 }, { 4, 2 }, { 5, 0 }, { 5, PROBE_TYPE_END },
		    { 5, 255 }, { 6, 2 }, { 7, 1 } };
	struct probe_msg m = { .type = PROBE_ECHO, .token = 1 }, out = { .seq = 7 };
	uint8_t good[PROBE_HEADER_LEN], b[PROBE_HEADER_LEN];
	size_t i;

	(void)state;
	assert_int_equal(probe_msg_put(&m, good, sizeof(good)), sizeof(good));
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memcpy(b, good, sizeof(b));
		b[bad[i].at] = bad[i].to;
		assert_false(probe_msg_read(b, sizeof(b), &out));
	}
	for (i = 0; i < sizeof(good); i++)
		assert_false(probe_msg_read(good, i, &out));
	assert_int_equal(out.seq, 7);
	assert_true(probe_msg_read(good, sizeof(good), &out));
}

static void pace(void **state)
{
	struct probe_pace p = { .count = 70000, .interval_us = 2000, .body_len = 1300 }, back;
	uint8_t b[PROBE_PACE_LEN + 1] = { 0 };
	struct probe_msg m = { .body = b, .body_len = PROBE_PACE_LEN };

	(void)state;
	probe_pace_put(&p, b);
	assert_true(probe_pace_read(&m, &back));
	assert_true(back.count == p.count && back.interval_us == p.interval_us &&
		    back.body_len == p.body_len);
	m.body_len = PROBE_PACE_LEN - 1;
	assert_false(probe_pace_read(&m, &back));
	m.body_len = PROBE_PACE_LEN + 1;
	assert_false(probe_pace_read(&m, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(nothing_else_is_one),
		cmocka_unit_test(pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
