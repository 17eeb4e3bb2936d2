/* The four messages: what is one, and where each field lies. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "wire/wg_msg.h"

enum { BIG = 256 };

static void classify(void **state)
{
	static const struct {
		uint8_t head[4];
		size_t len;
		enum wg_msg_fault fault;
		enum wg_msg_type type;
	} rows[] = {
		{ { 1 }, 148, WG_MSG_OK, WG_MSG_INITIATION },
		{ { 1 }, 147, WG_MSG_WRONG_LEN, WG_MSG_INITIATION },
		{ { 1 }, 149, WG_MSG_WRONG_LEN, WG_MSG_INITIATION },
		{ { 1 }, 4, WG_MSG_WRONG_LEN, WG_MSG_INITIATION },
		{ { 2 }, 92, WG_MSG_OK, WG_MSG_RESPONSE },
		{ { 2 }, 91, WG_MSG_WRONG_LEN, WG_MSG_RESPONSE },
		{ { 2 }, 93, WG_MSG_WRONG_LEN, WG_MSG_RESPONSE },
		{ { 2 }, 148, WG_MSG_WRONG_LEN, WG_MSG_RESPONSE },
		{ { 3 }, 64, WG_MSG_OK, WG_MSG_COOKIE_REPLY },
		{ { 3 }, 63, WG_MSG_WRONG_LEN, WG_MSG_COOKIE_REPLY },
		{ { 3 }, 65, WG_MSG_WRONG_LEN, WG_MSG_COOKIE_REPLY },
		{ { 4 }, 32, WG_MSG_OK, WG_MSG_DATA },
		{ { 4 }, 33, WG_MSG_OK, WG_MSG_DATA },
		{ { 4 }, BIG, WG_MSG_OK, WG_MSG_DATA },
		{ { 4 }, 31, WG_MSG_SHORT, WG_MSG_NONE },
		{ { 4 }, 4, WG_MSG_SHORT, WG_MSG_NONE },
		{ { 1 }, 0, WG_MSG_SHORT, WG_MSG_NONE },
		{ { 1 }, 3, WG_MSG_SHORT, WG_MSG_NONE },
		{ { 9 }, 3, WG_MSG_SHORT, WG_MSG_NONE },
		/* the order of the checks: length before reserved before type */
		{ { 4, 1 }, 31, WG_MSG_SHORT, WG_MSG_NONE },
		{ { 4, 1 }, 32, WG_MSG_RESERVED, WG_MSG_NONE },
		{ { 1, 1 }, 148, WG_MSG_RESERVED, WG_MSG_NONE },
		{ { 1, 0, 1 }, 148, WG_MSG_RESERVED, WG_MSG_NONE },
		{ { 1, 0, 0, 0x80 }, 148, WG_MSG_RESERVED, WG_MSG_NONE },
		{ { 2, 0xff, 0xff, 0xff }, 5, WG_MSG_RESERVED, WG_MSG_NONE },
		{ { 0 }, 148, WG_MSG_UNKNOWN_TYPE, WG_MSG_NONE },
		{ { 5 }, 148, WG_MSG_UNKNOWN_TYPE, WG_MSG_NONE },
		{ { 0, 1 }, 148, WG_MSG_UNKNOWN_TYPE, WG_MSG_NONE },
		{ { 0, 0, 0, 1 }, 148, WG_MSG_UNKNOWN_TYPE, WG_MSG_NONE },
		{ { 255, 1 }, 148, WG_MSG_UNKNOWN_TYPE, WG_MSG_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		enum wg_msg_type type = WG_MSG_DATA;
		uint8_t b[BIG] = { 0 };

		memcpy(b, rows[i].head, 4);
		if (wg_msg_classify(b, rows[i].len, &type) != rows[i].fault ||
		    type != rows[i].type)
			fail_msg("row %zu", i);
	}
}

/* Byte i is i, but for the type: so every field tells where it was read. */
static void ramp(uint8_t *b, size_t len, enum wg_msg_type type)
{
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = (uint8_t)i;
	memset(b, 0, 4);
	b[0] = (uint8_t)type;
}

static void is_ramp(const uint8_t *b, size_t len, size_t from)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(b[i], (uint8_t)(from + i));
}

static void initiation(void **state)
{
	uint8_t b[WG_INITIATION_LEN], again[WG_INITIATION_LEN];
	struct wg_msg_initiation m;

	(void)state;
	ramp(b, sizeof(b), WG_MSG_INITIATION);
	assert_true(wg_msg_read_initiation(b, sizeof(b), &m));
	assert_int_equal(m.sender, 0x07060504);
	is_ramp(m.ephemeral, 32, 8);
	is_ramp(m.enc_static, 48, 40);
	is_ramp(m.enc_timestamp, 28, 88);
	is_ramp(m.mac1, 16, 116);
	is_ramp(m.mac2, 16, 132);
	wg_msg_write_initiation(&m, again);
	assert_memory_equal(b, again, sizeof(b));
}

static void response(void **state)
{
	uint8_t b[WG_RESPONSE_LEN], again[WG_RESPONSE_LEN];
	struct wg_msg_response m;

	(void)state;
	ramp(b, sizeof(b), WG_MSG_RESPONSE);
	assert_true(wg_msg_read_response(b, sizeof(b), &m));
	assert_int_equal(m.sender, 0x07060504);
	assert_int_equal(m.receiver, 0x0b0a0908);
	is_ramp(m.ephemeral, 32, 12);
	is_ramp(m.enc_nothing, 16, 44);
	is_ramp(m.mac1, 16, 60);
	is_ramp(m.mac2, 16, 76);
	wg_msg_write_response(&m, again);
	assert_memory_equal(b, again, sizeof(b));
}

static void cookie_reply(void **state)
{
	uint8_t b[WG_COOKIE_REPLY_LEN], again[WG_COOKIE_REPLY_LEN];
	struct wg_msg_cookie_reply m;

	(void)state;
	ramp(b, sizeof(b), WG_MSG_COOKIE_REPLY);
	assert_true(wg_msg_read_cookie_reply(b, sizeof(b), &m));
	assert_int_equal(m.receiver, 0x07060504);
	is_ramp(m.nonce, 24, 8);
	is_ramp(m.enc_cookie, 32, 32);
	wg_msg_write_cookie_reply(&m, again);
	assert_memory_equal(b, again, sizeof(b));
}

static void data(void **state)
{
	uint8_t b[40], again[WG_DATA_HEADER_LEN];
	struct wg_msg_data m;

	(void)state;
	ramp(b, sizeof(b), WG_MSG_DATA);
	assert_true(wg_msg_read_data(b, sizeof(b), &m));
	assert_int_equal(m.receiver, 0x07060504);
	assert_true(m.counter == UINT64_C(0x0f0e0d0c0b0a0908));
	assert_ptr_equal(m.enc, b + 16);
	assert_int_equal(m.enc_len, 24);
	wg_msg_write_data_header(m.receiver, m.counter, again);
	assert_memory_equal(b, again, sizeof(again));
	assert_true(wg_msg_read_data(b, WG_KEEPALIVE_LEN, &m));
	assert_int_equal(m.enc_len, WG_TAG_LEN);
}

/* A reader takes its own message only, and leaves *out alone otherwise. */
static void readers_refuse_others(void **state)
{
	static const size_t lens[] = { 0, 3, 31, 32, 64, 92, 148, 200 };
	size_t i;
	int type;

	(void)state;
	for (type = 0; type <= 5; type++) {
		for (i = 0; i < ARRAY_LEN(lens); i++) {
			struct wg_msg_initiation mi = { .sender = 77 };
			struct wg_msg_response mr = { .sender = 77 };
			struct wg_msg_cookie_reply mc = { .receiver = 77 };
			struct wg_msg_data md = { .receiver = 77 };
			uint8_t b[BIG] = { (uint8_t)type };

			assert_int_equal(wg_msg_read_initiation(b, lens[i], &mi),
					 type == 1 && lens[i] == 148);
			assert_int_equal(wg_msg_read_response(b, lens[i], &mr),
					 type == 2 && lens[i] == 92);
			assert_int_equal(wg_msg_read_cookie_reply(b, lens[i], &mc),
					 type == 3 && lens[i] == 64);
			assert_int_equal(wg_msg_read_data(b, lens[i], &md),
					 type == 4 && lens[i] >= 32);
			assert_int_equal(mi.sender, type == 1 && lens[i] == 148 ? 0 : 77);
			assert_int_equal(md.receiver, type == 4 && lens[i] >= 32 ? 0 : 77);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classify),
		cmocka_unit_test(initiation),
		cmocka_unit_test(response),
		cmocka_unit_test(cookie_reply),
		cmocka_unit_test(data),
		cmocka_unit_test(readers_refuse_others),
	};

	return cmocka_run_group_tests_name("wire_wg_msg", tests, NULL, NULL);
}
