#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/uapi_text.h"

#define HEX "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"
#define PEER_1 "ccc10081b101e08b8a0b762a31faee9df62c15da57afa605ae8656a94f3a16d8"

/* --- one line --- */

static void numbers(void **state)
{
	static const struct {
		const char *line;
		enum uapi_key key;
		enum uapi_fault fault;
		uint64_t v;
	} rows[] = {
		{ "get=1", UAPI_GET, UAPI_OK, 1 },
		{ "get=0", UAPI_GET, UAPI_BAD_VALUE, 0 },
		{ "get=2", UAPI_GET, UAPI_BAD_VALUE, 0 },
		{ "set=1", UAPI_SET, UAPI_OK, 1 },
		{ "set=", UAPI_SET, UAPI_BAD_VALUE, 0 },
		{ "errno=0", UAPI_ERRNO, UAPI_OK, 0 },
		{ "errno=22", UAPI_ERRNO, UAPI_OK, 22 },
		{ "errno=-22", UAPI_ERRNO, UAPI_OK, 22 }, /* wireguard-go */
		{ "errno=--22", UAPI_ERRNO, UAPI_BAD_VALUE, 0 },
		{ "errno=-", UAPI_ERRNO, UAPI_BAD_VALUE, 0 },
		{ "errno=", UAPI_ERRNO, UAPI_BAD_VALUE, 0 },
		{ "errno=2147483647", UAPI_ERRNO, UAPI_OK, INT32_MAX },
		{ "errno=2147483648", UAPI_ERRNO, UAPI_BAD_VALUE, 0 },
		{ "listen_port=0", UAPI_LISTEN_PORT, UAPI_OK, 0 },
		{ "listen_port=65535", UAPI_LISTEN_PORT, UAPI_OK, 65535 },
		{ "listen_port=65536", UAPI_LISTEN_PORT, UAPI_BAD_VALUE, 0 },
		{ "listen_port= 1", UAPI_LISTEN_PORT, UAPI_BAD_VALUE, 0 },
		{ "listen_port=1 ", UAPI_LISTEN_PORT, UAPI_BAD_VALUE, 0 },
		{ "listen_port=", UAPI_LISTEN_PORT, UAPI_BAD_VALUE, 0 },
		{ "fwmark=0", UAPI_FWMARK, UAPI_OK, 0 },
		{ "fwmark=4294967295", UAPI_FWMARK, UAPI_OK, UINT32_MAX },
		{ "fwmark=4294967296", UAPI_FWMARK, UAPI_BAD_VALUE, 0 },
		{ "fwmark=0xca6c", UAPI_FWMARK, UAPI_OK, 0xca6c },
		{ "fwmark=0XCA6C", UAPI_FWMARK, UAPI_OK, 0xca6c },
		{ "fwmark=0xffffffff", UAPI_FWMARK, UAPI_OK, UINT32_MAX },
		{ "fwmark=0x0000000000000000001", UAPI_FWMARK, UAPI_OK, 1 },
		{ "fwmark=0x100000000", UAPI_FWMARK, UAPI_BAD_VALUE, 0 },
		{ "fwmark=0x", UAPI_FWMARK, UAPI_BAD_VALUE, 0 },
		{ "fwmark=0xg", UAPI_FWMARK, UAPI_BAD_VALUE, 0 },
		{ "fwmark=off", UAPI_FWMARK, UAPI_BAD_VALUE, 0 },
		{ "persistent_keepalive_interval=25", UAPI_KEEPALIVE, UAPI_OK, 25 },
		{ "persistent_keepalive_interval=65536", UAPI_KEEPALIVE, UAPI_BAD_VALUE, 0 },
		{ "persistent_keepalive_interval=off", UAPI_KEEPALIVE, UAPI_BAD_VALUE, 0 },
		{ "protocol_version=1", UAPI_PROTOCOL_VERSION, UAPI_OK, 1 },
		{ "protocol_version=2", UAPI_PROTOCOL_VERSION, UAPI_BAD_VALUE, 0 },
		{ "last_handshake_time_sec=9223372036854775807", UAPI_LAST_HANDSHAKE_SEC, UAPI_OK,
		  INT64_MAX },
		{ "last_handshake_time_sec=9223372036854775808", UAPI_LAST_HANDSHAKE_SEC,
		  UAPI_BAD_VALUE, 0 },
		{ "last_handshake_time_nsec=999999999", UAPI_LAST_HANDSHAKE_NSEC, UAPI_OK,
		  999999999 },
		{ "last_handshake_time_nsec=1000000000", UAPI_LAST_HANDSHAKE_NSEC, UAPI_BAD_VALUE,
		  0 },
		{ "tx_bytes=18446744073709551615", UAPI_TX_BYTES, UAPI_OK, UINT64_MAX },
		{ "rx_bytes=18446744073709551616", UAPI_RX_BYTES, UAPI_BAD_VALUE, 0 },
		{ "replace_peers=true", UAPI_REPLACE_PEERS, UAPI_OK, 0 },
		{ "replace_peers=false", UAPI_REPLACE_PEERS, UAPI_BAD_VALUE, 0 },
		{ "replace_peers=1", UAPI_REPLACE_PEERS, UAPI_BAD_VALUE, 0 },
		{ "remove=true", UAPI_REMOVE, UAPI_OK, 0 },
		{ "remove=TRUE", UAPI_REMOVE, UAPI_BAD_VALUE, 0 },
		{ "update_only=true", UAPI_UPDATE_ONLY, UAPI_OK, 0 },
		{ "replace_allowed_ips=true", UAPI_REPLACE_ALLOWED_IPS, UAPI_OK, 0 },
		{ "replace_allowed_ips=truex", UAPI_REPLACE_ALLOWED_IPS, UAPI_BAD_VALUE, 0 },
		{ "endpoint=", UAPI_ENDPOINT, UAPI_BAD_VALUE, 0 },
		{ "", UAPI_END, UAPI_OK, 0 },
		{ "get", UAPI_UNKNOWN, UAPI_NO_EQUALS, 0 },
		{ "=1", UAPI_UNKNOWN, UAPI_NO_EQUALS, 0 },
		{ "GET=1", UAPI_UNKNOWN, UAPI_OK, 0 },
		{ " get=1", UAPI_UNKNOWN, UAPI_OK, 0 },
		{ "get =1", UAPI_UNKNOWN, UAPI_OK, 0 },
		{ "gets=1", UAPI_UNKNOWN, UAPI_OK, 0 },
		{ "ge=1", UAPI_UNKNOWN, UAPI_OK, 0 },
		{ "x=1\r", UAPI_UNKNOWN, UAPI_BAD_VALUE, 0 },
		{ "x=\x1b[2J", UAPI_UNKNOWN, UAPI_BAD_VALUE, 0 },
		{ "x=caf\xc3\xa9", UAPI_UNKNOWN, UAPI_OK, 0 },
	};
	struct uapi_item item;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		enum uapi_fault f = uapi_parse_line(rows[i].line, strlen(rows[i].line), &item);

		if (f != rows[i].fault || item.key != rows[i].key || item.number != rows[i].v)
			fail_msg("\"%s\": %s, key %d, %llu", rows[i].line, uapi_fault_str(f),
				 item.key, (unsigned long long)item.number);
	}
	assert_int_equal(uapi_parse_line("errno=0\0x", 9, &item), UAPI_BAD_VALUE);
}

static void other_values(void **state)
{
	static const struct {
		const char *line;
		enum uapi_fault fault;
		bool minus;
		const char *cidr;
	} rows[] = {
		{ "allowed_ip=10.0.0.0/24", UAPI_OK, false, "10.0.0.0/24" },
		{ "allowed_ip=-10.0.0.0/24", UAPI_OK, true, "10.0.0.0/24" },
		{ "allowed_ip=2001:db8::/32", UAPI_OK, false, "2001:db8::/32" },
		{ "allowed_ip=10.0.0.1", UAPI_OK, false, "10.0.0.1/32" },
		{ "allowed_ip=--10.0.0.0/24", UAPI_BAD_VALUE, false, NULL },
		{ "allowed_ip=-", UAPI_BAD_VALUE, false, NULL },
		{ "allowed_ip=+10.0.0.0/24", UAPI_BAD_VALUE, false, NULL },
		{ "allowed_ip=10.0.0.0/33", UAPI_BAD_VALUE, false, NULL },
		{ "allowed_ip=", UAPI_BAD_VALUE, false, NULL },
		{ "public_key=" HEX "0", UAPI_BAD_VALUE, false, NULL },
		{ "public_key=", UAPI_BAD_VALUE, false, NULL },
		{ "private_key=abc", UAPI_BAD_VALUE, false, NULL },
		{ "preshared_key=hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=", UAPI_BAD_VALUE,
		  false, NULL },
	};
	struct uapi_item item;
	struct secret_key s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CIDR_STR_SIZE];

		if (uapi_parse_line(rows[i].line, strlen(rows[i].line), &item) != rows[i].fault)
			fail_msg("\"%s\"", rows[i].line);
		if (rows[i].fault)
			continue;
		assert_int_equal(item.minus, rows[i].minus);
		assert_string_equal(cidr_str(&item.cidr, text), rows[i].cidr);
	}
	assert_true(secret_key_from_hex(HEX, KEY_HEX_LEN, &s));
	assert_int_equal(uapi_parse_line("preshared_key=" HEX, 14 + 64, &item), UAPI_OK);
	assert_memory_equal(item.secret.b, s.b, KEY_LEN);
	assert_int_equal(uapi_parse_line("public_key=" HEX, 11 + 64, &item), UAPI_OK);
	assert_memory_equal(item.public_key.b, s.b, KEY_LEN);
	assert_true(secret_key_is_zero(&item.secret));
	assert_int_equal(uapi_parse_line("endpoint=[fe80::1%eth0]:5", 25, &item), UAPI_OK);
	assert_string_equal(item.text, "[fe80::1%eth0]:5");
	assert_int_equal(uapi_parse_line("a_b=c=d", 7, &item), UAPI_OK);
	assert_string_equal(item.name, "a_b");
	assert_string_equal(item.text, "c=d");
}

static void lengths(void **state)
{
	char line[UAPI_LINE_MAX + 2];
	struct uapi_item item;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[1] = '=';
	assert_int_equal(uapi_parse_line(line, UAPI_LINE_MAX, &item), UAPI_OK);
	assert_int_equal(strlen(item.text), UAPI_LINE_MAX - 2);
	assert_int_equal(uapi_parse_line(line, UAPI_LINE_MAX + 1, &item), UAPI_TOO_LONG);
	assert_int_equal(item.key, UAPI_UNKNOWN);
	memcpy(line, "endpoint=", 9);
	assert_int_equal(uapi_parse_line(line, UAPI_LINE_MAX, &item), UAPI_OK);
	assert_int_equal(strlen(item.text), UAPI_LINE_MAX - 9);
	assert_int_equal(uapi_parse_line(line, UAPI_LINE_MAX + 1, &item), UAPI_TOO_LONG);
	assert_int_equal(item.key, UAPI_ENDPOINT);
	memset(line, 'x', sizeof(line));
	line[UAPI_NAME_MAX] = '=';
	assert_int_equal(uapi_parse_line(line, 100, &item), UAPI_OK);
	assert_int_equal(strlen(item.name), UAPI_NAME_MAX);
	line[UAPI_NAME_MAX] = 'x';
	line[UAPI_NAME_MAX + 1] = '=';
	assert_int_equal(uapi_parse_line(line, 100, &item), UAPI_TOO_LONG);
}

/* --- printing --- */

static void printing(void **state)
{
	struct buf b = { 0 };
	struct endpoint e;
	struct secret_key s;
	struct public_key k;
	struct cidr c;

	(void)state;
	assert_true(secret_key_from_hex(HEX, KEY_HEX_LEN, &s));
	assert_true(public_key_from_hex(PEER_1, KEY_HEX_LEN, &k));
	assert_true(endpoint_parse("[fe80::1%3]:5", &e));
	assert_true(cidr_parse("10.0.0.7/24", &c));
	uapi_put_secret(&b, UAPI_PRIVATE_KEY, &s);
	uapi_put_number(&b, UAPI_FWMARK, UINT32_MAX);
	uapi_put_true(&b, UAPI_REPLACE_PEERS);
	uapi_put_public_key(&b, &k);
	uapi_put_secret(&b, UAPI_PRESHARED_KEY, &s);
	uapi_put_endpoint(&b, &e);
	uapi_put_allowed_ip(&b, &c, false);
	uapi_put_allowed_ip(&b, &c, true);
	uapi_put_extra(&b, "sealed", UINT64_MAX);
	assert_string_equal(buf_str(&b), "private_key=" HEX "\n"
					 "fwmark=4294967295\n"
					 "replace_peers=true\n"
					 "public_key=" PEER_1 "\n"
					 "preshared_key=" HEX "\n"
					 "endpoint=[fe80::1%3]:5\n"
					 "allowed_ip=10.0.0.7/24\n"
					 "allowed_ip=-10.0.0.7/24\n"
					 "sealed=18446744073709551615\n");
	buf_wipe_done(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(other_values),
		cmocka_unit_test(lengths),
		cmocka_unit_test(printing),
	};

	return cmocka_run_group_tests_name("model_uapi_text", tests, NULL, NULL);
}
