/* Lines of four engines' logs, and which class each is of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/engine_log.h"

static const struct {
	int class; /* ENGINE_LOG_COUNT: of none */
	const char *line;
} lines[] = {
	{ ENGINE_LOG_MAC1, "DEBUG: (wg0) 2026/11/24 10:00:00 Received packet with invalid mac1" },
	{ ENGINE_LOG_MAC1,
	  "wireguard: wg0: Invalid MAC of handshake, dropping packet from 1.2.3.4:5" },
	{ ENGINE_LOG_INITIATION,
	  "DEBUG: (wg0) Received invalid initiation message from 192.0.2.1:51820" },
	{ ENGINE_LOG_INITIATION, "wireguard: wg0: Invalid handshake initiation from 192.0.2.1:5" },
	{ ENGINE_LOG_RESPONSE, "DEBUG: (wg0) Received invalid response message from 192.0.2.1:5" },
	{ ENGINE_LOG_RESPONSE, "wireguard: wg0: Invalid handshake response from 192.0.2.1:5" },
	{ ENGINE_LOG_TAG, " ERROR boringtun::device: Decapsulate error error=InvalidAeadTag" },
	{ ENGINE_LOG_COUNTER, "wireguard: wg0: Packet has invalid nonce 5 (max 9000)" },
	{ ENGINE_LOG_COUNTER, "Decapsulate error error=DuplicateCounter" },
	{ ENGINE_LOG_COUNTER, "Decapsulate error error=InvalidCounter" },
	{ ENGINE_LOG_SOURCE, "wireguard: wg0: Packet has unallowed src IP (10.0.0.9) from peer 1" },
	{ ENGINE_LOG_SOURCE,
	  "DEBUG: (wg0) IPv6 packet with disallowed source address from peer(AbCd…wxyz)" },
	{ ENGINE_LOG_NOT_IP,
	  "wireguard: wg0: Packet is neither ipv4 nor ipv6 from peer 1 (192.0.2.1:5)" },
	{ ENGINE_LOG_NOT_IP, "DEBUG: (wg0) Packet with invalid IP version from peer(AbCd…wxyz)" },
	{ ENGINE_LOG_TUN_NOT_IP, "DEBUG: (wg0) Received packet with unknown IP version" },
	{ ENGINE_LOG_TUN_WRITE,
	  "ERROR: (wg0) Failed to write packet to TUN device: write tun: invalid argument" },
	{ ENGINE_LOG_TUN_WRITE,
	  "ERROR: (wg0) Failed to write packets to TUN device: write tun: invalid argument" },
	{ ENGINE_LOG_TUN_GONE,
	  "ERROR gotatun::device: Unexpected error on tun interface: Custom { kind: UnexpectedEof" },
	{ ENGINE_LOG_NO_ROUTE,
	  "ERROR: (wg0) peer(AbCd…wxyz) - Failed to send data packet: write udp4 0.0.0.0:5->"
	  "192.0.2.1:5: sendto: network is unreachable" },
	{ ENGINE_LOG_NO_ROUTE, "wireguard: wg0: No route to 192.0.2.1:5 for peer 1" },
	{ ENGINE_LOG_SEND,
	  "ERROR: (wg0) peer(AbCd…wxyz) - Failed to send handshake initiation: sendto: operation "
	  "not permitted" },
	{ ENGINE_LOG_NO_ENDPOINT,
	  "ERROR: (wg0) peer(AbCd…wxyz) - Failed to send handshake initiation: no known endpoint for "
	  "peer" },
	{ ENGINE_LOG_NO_ENDPOINT, " ERROR boringtun::device: No endpoint" },
	{ ENGINE_LOG_NO_ANSWER,
	  "DEBUG: (wg0) peer(AbCd…wxyz) - Handshake did not complete after 5 seconds, retrying "
	  "(try 2)" },
	{ ENGINE_LOG_NO_ANSWER,
	  "wireguard: wg0: Handshake for peer 1 (192.0.2.1:5) did not complete after 5 seconds" },
	{ ENGINE_LOG_NO_ANSWER, " WARN boringtun::noise::timers: HANDSHAKE(REKEY_TIMEOUT)" },
	{ ENGINE_LOG_PORT,
	  "wgdiag: engine wg0: no socket, nothing can be sent: bind UDP port 51820: Address already in use" },
	{ ENGINE_LOG_PORT,
	  "ERROR: (wg0) 2026/11/24 10:00:00 Unable to update bind: listen udp4 :51820: bind: address already in use" },
	{ ENGINE_LOG_LOAD, "wireguard: wg0: Sending cookie response for denied handshake message" },
	{ ENGINE_LOG_LOAD, "DEBUG boringtun::noise: Received cookie_reply local_idx=3" },

	/* of a healthy life */
	{ ENGINE_LOG_COUNT, "" },
	{ ENGINE_LOG_COUNT, "DEBUG: (wg0) peer(AbCd…wxyz) - Sending handshake initiation" },
	{ ENGINE_LOG_COUNT, "DEBUG: (wg0) peer(AbCd…wxyz) - Received handshake response" },
	{ ENGINE_LOG_COUNT, "DEBUG: (wg0) UAPI: Updating private key" },
	{ ENGINE_LOG_COUNT, "DEBUG: (wg0) Routine: decryption worker 1 - started" },
	{ ENGINE_LOG_COUNT, "DEBUG: (wg0) Interface up requested" },
	{ ENGINE_LOG_COUNT, "DEBUG boringtun::noise: New session session=1" },
	{ ENGINE_LOG_COUNT, "INFO boringtun::device::peer: Connected endpoint port=5" },
	{ ENGINE_LOG_COUNT, "DEBUG gotatun::noise: Sending keepalive" },
	{ ENGINE_LOG_COUNT, "INFO gotatun::device::uapi: New UAPI connection on unix socket" },
	/* the second words before the first are none */
	{ ENGINE_LOG_COUNT, "network is unreachable. Failed to send word" },
	{ ENGINE_LOG_COUNT, "to TUN device: Failed to write packet" },
};

static void each_line_is_of_its_class(void **state)
{
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		int64_t n[ENGINE_LOG_COUNT] = { 0 };

		engine_log_take(n, lines[i].line, strlen(lines[i].line));
		for (c = 0; c < ENGINE_LOG_COUNT; c++)
			if (n[c] != (c == lines[i].class))
				fail_msg("%s: %s %ld", lines[i].line, engine_log_names[c],
					 (long)n[c]);
	}
}

static void every_class_has_a_line(void **state)
{
	size_t i;
	int c;

	(void)state;
	for (c = 0; c < ENGINE_LOG_COUNT; c++) {
		assert_non_null(engine_log_names[c]);
		assert_non_null(engine_log_says((enum engine_log_class)c));
		for (i = 0; i < ARRAY_LEN(lines) && lines[i].class != c;)
			i++;
		if (i == ARRAY_LEN(lines))
			fail_msg("no line of class %s", engine_log_names[c]);
	}
}

/* Of exactly len bytes, so that reading one more is seen. */
static void a_cut_line_is_read_no_further(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		for (len = 0; len < strlen(lines[i].line); len++) {
			int64_t n[ENGINE_LOG_COUNT] = { 0 };
			char *cut = malloc(len ? len : 1);

			assert_non_null(cut);
			memcpy(cut, lines[i].line, len);
			engine_log_take(n, cut, len);
			free(cut);
		}
	}
}

static void lines_add_up(void **state)
{
	int64_t n[ENGINE_LOG_COUNT] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		engine_log_take(n, lines[0].line, strlen(lines[0].line));
	assert_int_equal(n[ENGINE_LOG_MAC1], 3);
}

static void a_whole_text(void **state)
{
	static const char text[] = "Received packet with invalid mac1\n"
				   "a line without a newline before the end: InvalidCounter\n"
				   "\n"
				   "with\0a NUL: InvalidMac\n"
				   "Received packet with inva\nlid mac1\n"
				   "and one without a newline: InvalidAeadTag";
	struct engine_log_given g = { 0 };
	int c;

	(void)state;
	engine_log_take_all(&g, text, sizeof(text) - 1);
	assert_int_equal(g.lines, 7);
	for (c = 0; c < ENGINE_LOG_COUNT; c++)
		assert_int_equal(g.says[c], c == ENGINE_LOG_MAC1    ? 2 :
					    c == ENGINE_LOG_COUNTER ? 1 :
					    c == ENGINE_LOG_TAG	    ? 1 :
								      0);
	engine_log_take_all(&g, "", 0);
	assert_int_equal(g.lines, 7);
	engine_log_take_all(&g, "\n", 1);
	assert_int_equal(g.lines, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_of_its_class),
		cmocka_unit_test(every_class_has_a_line),
		cmocka_unit_test(a_cut_line_is_read_no_further),
		cmocka_unit_test(lines_add_up),
		cmocka_unit_test(a_whole_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
