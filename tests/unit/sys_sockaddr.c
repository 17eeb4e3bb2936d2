#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

#include "sys/sockaddr.h"

static void there_and_back(void **state)
{
	static const char *const texts[] = { "192.0.2.7:51820", "[2001:db8::7]:1",
					     "[fe80::1%4]:9" };
	static const size_t lens[] = { sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6),
				       sizeof(struct sockaddr_in6) };
	struct endpoint at, got;
	struct sockaddr_storage sa;
	unsigned char odd[sizeof(sa) + 1];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		memset(&at, 0, sizeof(at));
		assert_true(endpoint_parse(texts[i], &at));
		len = sockaddr_from_endpoint(&at, &sa);
		assert_int_equal(len, lens[i]);
		memcpy(odd + 1, &sa, len);
		assert_true(sockaddr_endpoint(odd + 1, len, &got));
		assert_true(ip_addr_equal(&got.addr, &at.addr));
		assert_int_equal(got.port, at.port);
		assert_int_equal(got.scope_id, at.scope_id);
		assert_false(sockaddr_endpoint(odd + 1, len - 1, &got));
		assert_int_equal(got.addr.family, FAMILY_NONE);
	}
	assert_int_equal(at.scope_id, 4);
}

static void others(void **state)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNIX };
	struct endpoint got;

	(void)state;
	assert_false(sockaddr_endpoint(&sa, sizeof(sa), &got));
	assert_int_equal(got.addr.family, FAMILY_NONE);
	assert_false(sockaddr_endpoint(&sa, 0, &got));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests_name("sys_sockaddr", tests, NULL, NULL);
}
