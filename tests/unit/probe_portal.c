/* What an HTTP answer says: its status, and the host that it sends to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "probe/portal.h"

static void reads(void **state)
{
	static const struct {
		const char *text;
		int64_t status;
		const char *host;
	} answers[] = {
		{ "HTTP/1.1 302 Found\r\nLocation: http://login.example.net/x?y\r\n\r\n", 302,
		  "login.example.net" },
		{ "HTTP/1.0 307 -\r\nA: b\r\nlocation:https://10.0.0.1:8443/\r\n\r\n", 307,
		  "10.0.0.1" },
		{ "HTTP/1.1 301 -\r\nLocation: http://[2001:db8::1]:80/\r\n\r\n", 301,
		  "2001:db8::1" },
		{ "HTTP/1.1 301 -\r\nLocation: /login\r\nX: http://a/\r\n\r\n", 301, "" },
		{ "HTTP/1.1 511 -\r\n\r\n", 511, "" },
		{ "HTTP/1.1 200 OK\r\n\r\n", 200, "" },
		{ "HTTP/1.1 3", UNKNOWN, "" },
		{ "HTTP/1.", UNKNOWN, "" },
		{ "SSH-2.0-x\r\n", UNKNOWN, "" },
		{ "", UNKNOWN, "" },
	};
	char host[PORTAL_HOST_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(portal_read(answers[i].text, host), answers[i].status);
		assert_string_equal(host, answers[i].host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
	};

	return cmocka_run_group_tests_name("portal", tests, NULL, NULL);
}
