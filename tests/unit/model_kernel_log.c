/*
 * Debug lines of the kernel's WireGuard: each form with what is in it, what is no such line, counting
 * by class and address, and lines of any bytes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/seed.h"
#include "model/kernel_log.h"

static const struct {
	const char *line;
	enum engine_log_class class;
	uint64_t peer;
	const char *outer, *inner;
	uint64_t attempt;
} lines[] = {
	{ "wireguard: wg0: Receiving handshake initiation from peer 1 (192.0.2.1:51820)",
	  ENGINE_LOG_COUNT, 1, "192.0.2.1:51820", "none", 0 },
	{ "<7>[ 1234.567890] wireguard: wg0: Invalid MAC of handshake, dropping packet from "
	  "192.0.2.1:5",
	  ENGINE_LOG_MAC1, 0, "192.0.2.1:5", "none", 0 },
	{ "7,1042,98765,-;wireguard: wg0: Invalid handshake initiation from "
	  "[2001:db8::1]:51820/0%0",
	  ENGINE_LOG_INITIATION, 0, "[2001:db8::1]:51820", "none", 0 },
	{ "wireguard: wg0: Invalid handshake response from [fe80::1]:7/0%3", ENGINE_LOG_RESPONSE, 0,
	  "[fe80::1%3]:7", "none", 0 },
	{ "wireguard: wg0: Packet has unallowed src IP (10.0.0.9) from peer 12 (192.0.2.1:51820)",
	  ENGINE_LOG_SOURCE, 12, "192.0.2.1:51820", "10.0.0.9", 0 },
	{ "wireguard: wg0: Packet has unallowed src IP (fd00::9) from peer 2 "
	  "([2001:db8::1]:51820/0%0)",
	  ENGINE_LOG_SOURCE, 2, "[2001:db8::1]:51820", "fd00::9", 0 },
	{ "wireguard: wg0: Packet is neither ipv4 nor ipv6 from peer 3 (192.0.2.1:51820)",
	  ENGINE_LOG_NOT_IP, 3, "192.0.2.1:51820", "none", 0 },
	{ "wireguard: wg0: Packet has invalid nonce 17 (max 8200)", ENGINE_LOG_COUNTER, 0, "(none)",
	  "none", 0 },
	{ "wireguard: wg0: Handshake for peer 1 (192.0.2.1:51820) did not complete after 5 seconds, "
	  "retrying (try 2)",
	  ENGINE_LOG_NO_ANSWER, 1, "192.0.2.1:51820", "none", 2 },
	{ "wireguard: wg0: Handshake for peer 1 ((einval)) did not complete after 20 attempts, "
	  "giving up",
	  ENGINE_LOG_NO_ANSWER, 1, "(none)", "none", 0 },
	{ "wireguard: wg0: Sending cookie response for denied handshake message for 192.0.2.1:9",
	  ENGINE_LOG_LOAD, 0, "192.0.2.1:9", "none", 0 },
	{ "wireguard: wg0: Receiving cookie response from 192.0.2.1:9", ENGINE_LOG_LOAD, 0,
	  "192.0.2.1:9", "none", 0 },
	{ "wireguard: wg0: No route to 192.0.2.1:51820, error 101", ENGINE_LOG_NO_ROUTE, 0,
	  "192.0.2.1:51820", "none", 0 },
	{ "wireguard: wg0: No valid endpoint has been configured or discovered for peer 4",
	  ENGINE_LOG_NO_ENDPOINT, 4, "(none)", "none", 0 },
	{ "wireguard: wg0: Keypair 9 created for peer 4", ENGINE_LOG_COUNT, 4, "(none)", "none",
	  0 },
};

static void each_form(void **state)
{
	char outer[ENDPOINT_STR_SIZE], inner[IP_ADDR_STR_SIZE];
	struct kernel_log_line l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		memset(&l, 0xee, sizeof(l));
		if (!kernel_log_parse(lines[i].line, strlen(lines[i].line), &l))
			fail_msg("no line: %s", lines[i].line);
		assert_string_equal(l.ifname, "wg0");
		assert_int_equal(l.class, lines[i].class);
		assert_int_equal(l.peer, lines[i].peer);
		assert_string_equal(endpoint_str(&l.outer, outer), lines[i].outer);
		assert_string_equal(ip_addr_str(&l.inner, inner), lines[i].inner);
		assert_int_equal(l.attempt, lines[i].attempt);
	}
}

static void no_such_line(void **state)
{
	static const char *const others[] = {
		"",
		"wireguard: ",
		"wireguard: wg0",
		"wireguard: WireGuard 1.0.0 loaded. See www.wireguard.com for information.",
		"wireguard: allowedips self-tests: pass",
		"wireguard: a-name-of-17-chars: Peer 1 created",
		"IPv6: ADDRCONF(NETDEV_CHANGE): wg0: link becomes ready",
	};
	struct kernel_log_line l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(others); i++)
		assert_false(kernel_log_parse(others[i], strlen(others[i]), &l));
	assert_false(kernel_log_parse("wireguard: wg0: a\0b", 18, &l));
}

static void take(struct kernel_log *k, const char *line)
{
	kernel_log_take(k, line, strlen(line));
}

static void is_counted(void **state)
{
	struct kernel_log k = { .ifname = "wg1" };
	char line[128];
	int i;

	(void)state;
	take(&k, "wireguard: wg1: Invalid handshake initiation from 192.0.2.1:5");
	take(&k, "wireguard: wg0: Invalid handshake initiation from 192.0.2.1:5");
	take(&k, "net_ratelimit: 12 callbacks suppressed");
	/* Limits of others: no line of WireGuard's is under them. */
	take(&k, "audit_log_start: 5 callbacks suppressed");
	take(&k, "net_ratelimit: many callbacks suppressed");
	take(&k, "wireguard: wg1: Invalid handshake initiation from 192.0.2.1:5");
	take(&k, "wireguard: wg1: Invalid handshake initiation from 192.0.2.1:6");
	take(&k, "wireguard: wg1: Invalid handshake response from 192.0.2.1:5");
	assert_int_equal(k.n, 3);
	assert_int_equal(k.list[0].n, 2);
	assert_int_equal(k.list[1].n, 1);
	assert_int_equal(k.list[2].class, ENGINE_LOG_RESPONSE);
	assert_int_equal(k.suppressed, 12);
	assert_int_equal(k.list[0].peer, 0);
	/* Whose address it is another line tells, before or after. */
	take(&k, "wireguard: wg1: Sending handshake initiation to peer 8 (192.0.2.1:5)");
	take(&k, "wireguard: wg1: Invalid MAC of handshake, dropping packet from 192.0.2.1:5");
	assert_int_equal(k.n, 4);
	assert_int_equal(k.list[0].peer, 8);
	assert_int_equal(k.list[1].peer, 0);
	assert_int_equal(k.list[3].peer, 8);
	for (i = 0; i < 2 * KERNEL_LOG_MAX; i++) {
		snprintf(line, sizeof(line),
			 "wireguard: wg1: Receiving cookie response from 192.0.2.9:%d", 100 + i);
		take(&k, line);
	}
	assert_int_equal(k.n, KERNEL_LOG_MAX);
	assert_int_equal(k.more, KERNEL_LOG_MAX + 4);
}

static bool is_of(const struct kernel_log *k, size_t i, const char *peer, bool only)
{
	struct endpoint at = { 0 };

	if (peer)
		assert_true(endpoint_parse(peer, &at));
	return kernel_log_is_of(k, &k->list[i], &at, only);
}

/* By address and port, or by the number that goes with them. */
static void whose_it_is(void **state)
{
	static const char own[] = "192.0.2.1:5", other[] = "192.0.2.1:6";
	struct kernel_log k = { .ifname = "wg1" };

	(void)state;
	take(&k, "wireguard: wg1: Invalid MAC of handshake, dropping packet from 192.0.2.1:5");
	take(&k, "wireguard: wg1: Packet has invalid nonce 17 (max 8200)");
	take(&k, "wireguard: wg1: Packet is neither ipv4 nor ipv6 from peer 3 (192.0.2.9:9)");
	take(&k, "wireguard: wg1: No valid endpoint has been configured or discovered for peer 3");
	assert_int_equal(k.n, 4);
	assert_true(is_of(&k, 0, own, true));
	assert_true(is_of(&k, 0, own, false));
	/* Another port of its address is another one behind it. */
	assert_false(is_of(&k, 0, other, true));
	assert_false(is_of(&k, 0, NULL, true));
	assert_true(is_of(&k, 1, own, true));
	assert_false(is_of(&k, 1, own, false));
	assert_false(is_of(&k, 2, own, false));
	assert_true(is_of(&k, 2, "192.0.2.9:9", false));
	assert_true(is_of(&k, 3, "192.0.2.9:9", false));
	assert_false(is_of(&k, 3, own, false));
	assert_true(is_of(&k, 3, NULL, true));
	/* It was at another address then: its number tells. */
	take(&k, "wireguard: wg1: Receiving keepalive packet from peer 3 (192.0.2.1:5)");
	assert_true(is_of(&k, 2, own, false));
	assert_true(is_of(&k, 3, own, false));
	assert_false(is_of(&k, 2, other, false));
}

/* Cut anywhere, and with any bytes in it: within bounds (the sanitizers look), and never more lines
 * than were given.
 */
static void any_bytes(void **state)
{
	struct seed s = seed_start("model/kernel_log");
	char line[512];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const char *of = lines[seed_below(&s, ARRAY_LEN(lines))].line;
		size_t len = seed_below(&s, strlen(of) + 1), n = 0, j;
		struct kernel_log log = { .ifname = "wg0" };

		memcpy(line, of, len);
		for (k = (unsigned)seed_below(&s, 4); k > 0 && len > 0; k--)
			line[seed_below(&s, len)] = (char)seed_next(&s);
		kernel_log_take(&log, line, len);
		for (j = 0; j < log.n; j++)
			n += (size_t)log.list[j].n;
		assert_true(n <= 1 && log.more == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),  cmocka_unit_test(no_such_line),
		cmocka_unit_test(is_counted), cmocka_unit_test(whose_it_is),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests_name("model/kernel_log", tests, NULL, NULL);
}
