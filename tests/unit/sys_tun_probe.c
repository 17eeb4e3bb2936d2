/*
 * A tun opened with the header gives it, and one opened without gives none.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/own_netns.h"

enum { WAIT_MS = 2000, UDP_LEN = 40, PI_LEN = 4, IP4_LEN = 20, PROTO_AT = 9 };

/* The first UDP packet that the device gives; whatever else comes is passed over. */
static ssize_t read_udp(int fd, size_t header, uint8_t *b, size_t cap)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (poll(&p, 1, WAIT_MS) > 0) {
		n = read(fd, b, cap);
		if (n >= (ssize_t)(header + IP4_LEN) && b[header + PROTO_AT] == IPPROTO_UDP)
			return n;
	}
	return -1;
}

static void sends_one(const char *to)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(9) };
	uint8_t payload[UDP_LEN - IP4_LEN - 8] = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, to, &sa.sin_addr);
	assert_int_equal(sendto(s, payload, sizeof(payload), 0, (void *)&sa, sizeof(sa)),
			 sizeof(payload));
	close(s);
}

static void opens(const char *name, bool pi)
{
	const struct platform_ops *p = platform_get();
	size_t header = pi ? PI_LEN : 0;
	struct sys_tun t;
	struct err e;
	uint8_t b[256];

	assert_int_equal(p->tun_open_as(name, pi, &t, &e), 0);
	assert_int_equal(own_addr(t.name, "192.0.2.1/24"), 0);
	sends_one("192.0.2.2");
	assert_int_equal(read_udp(t.fd, header, b, sizeof(b)), header + UDP_LEN);
	assert_int_equal(b[header] >> 4, 4);
	if (pi)
		assert_int_equal(b[2] << 8 | b[3], 0x0800);
	close(t.fd);
}

static void framing_is_as_asked(void **state)
{
	(void)state;
	opens("probe0", true);
	opens("probe0", false);
	opens("", true);
}

static void name_too_long(void **state)
{
	struct sys_tun t;
	struct err e;

	(void)state;
	assert_int_equal(platform_get()->tun_open_as("a-name-of-16-chr", true, &t, &e),
			 -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing_is_as_asked),
		cmocka_unit_test(name_too_long),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
