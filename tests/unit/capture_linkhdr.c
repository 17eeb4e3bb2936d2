/*
 * Link headers of every supported type, whole, tagged and cut.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/dlt.h>

#include "capture/linkhdr.h"

static const struct {
	const char *name;
	int dlt;
	uint8_t b[40];
	size_t len; /* of the header */
	enum linkhdr what;
} headers[] = {
	{ "raw", DLT_RAW, { 0x45 }, 0, LINKHDR_IP },
	{ "null", DLT_NULL, { 2, 0, 0, 0 }, 4, LINKHDR_IP },
	{ "loop", DLT_LOOP, { 0, 0, 0, 30 }, 4, LINKHDR_IP },
	{ "ethernet IPv4", DLT_EN10MB, { [12] = 0x08, [13] = 0x00 }, 14, LINKHDR_IP },
	{ "ethernet IPv6", DLT_EN10MB, { [12] = 0x86, [13] = 0xdd }, 14, LINKHDR_IP },
	{ "ethernet ARP", DLT_EN10MB, { [12] = 0x08, [13] = 0x06 }, 14, LINKHDR_OTHER },
	{ "802.3 length", DLT_EN10MB, { [12] = 0x00, [13] = 0x26 }, 14, LINKHDR_OTHER },
	{ "VLAN", DLT_EN10MB, { [12] = 0x81, 0, 0, 5, 0x08, 0x00 }, 18, LINKHDR_IP },
	{ "VLAN ARP", DLT_EN10MB, { [12] = 0x81, 0, 0, 5, 0x08, 0x06 }, 18, LINKHDR_OTHER },
	{ "QinQ",
	  DLT_EN10MB,
	  { [12] = 0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x86, 0xdd },
	  22,
	  LINKHDR_IP },
	{ "old QinQ",
	  DLT_EN10MB,
	  { [12] = 0x91, 0x00, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00 },
	  22,
	  LINKHDR_IP },
	{ "SLL", DLT_LINUX_SLL, { [14] = 0x08, [15] = 0x00 }, 16, LINKHDR_IP },
	{ "SLL VLAN", DLT_LINUX_SLL, { [14] = 0x81, 0x00, 0, 5, 0x86, 0xdd }, 20, LINKHDR_IP },
	{ "SLL other", DLT_LINUX_SLL, { [14] = 0x00, [15] = 0x04 }, 16, LINKHDR_OTHER },
	{ "SLL2", DLT_LINUX_SLL2, { 0x86, 0xdd }, 20, LINKHDR_IP },
	{ "SLL2 VLAN", DLT_LINUX_SLL2, { [0] = 0x81, [20] = 0, 5, 0x08, 0x00 }, 24, LINKHDR_IP },
	{ "SLL2 other", DLT_LINUX_SLL2, { 0x08, 0x06 }, 20, LINKHDR_OTHER },
};

static void one(size_t i)
{
	size_t cap, skip;

	for (cap = 0; cap <= sizeof(headers[i].b); cap++) {
		uint8_t *exact = malloc(cap + 1);
		enum linkhdr what;

		assert_non_null(exact);
		memcpy(exact, headers[i].b, cap);
		skip = 999;
		what = linkhdr_parse(headers[i].dlt, exact, cap, &skip);
		free(exact);
		if (what != (cap < headers[i].len ? LINKHDR_SHORT : headers[i].what) ||
		    skip != (cap < headers[i].len ? 999 : headers[i].len))
			fail_msg("%s, %zu bytes of it: %d, skip %zu", headers[i].name, cap, what,
				 skip);
	}
}

static void test_headers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(headers); i++) {
		assert_true(linkhdr_supported(headers[i].dlt));
		one(i);
	}
}

/* Tags without end are cut, not followed. */
static void test_only_tags(void **state)
{
	uint8_t b[64];
	size_t i, skip;

	(void)state;
	for (i = 0; i < sizeof(b); i++)
		b[i] = i % 2 ? 0x00 : 0x81;
	assert_int_equal(linkhdr_parse(DLT_EN10MB, b, sizeof(b), &skip), LINKHDR_SHORT);
}

static void test_unsupported(void **state)
{
	static const uint8_t b[64];
	size_t skip = 999;

	(void)state;
	assert_false(linkhdr_supported(DLT_IEEE802_11_RADIO));
	assert_int_equal(linkhdr_parse(DLT_IEEE802_11_RADIO, b, sizeof(b), &skip),
			 LINKHDR_UNSUPPORTED);
	assert_int_equal(skip, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_only_tags),
		cmocka_unit_test(test_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
