#include "model/engine_log.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

const char *const engine_log_names[ENGINE_LOG_COUNT] = {
	[ENGINE_LOG_MAC1] = "mac1",
	[ENGINE_LOG_INITIATION] = "initiation",
	[ENGINE_LOG_RESPONSE] = "response",
	[ENGINE_LOG_TAG] = "tag",
	[ENGINE_LOG_COUNTER] = "counter",
	[ENGINE_LOG_SOURCE] = "source",
	[ENGINE_LOG_NOT_IP] = "not-ip",
	[ENGINE_LOG_TUN_NOT_IP] = "tun-not-ip",
	[ENGINE_LOG_TUN_WRITE] = "tun-write",
	[ENGINE_LOG_TUN_GONE] = "tun-gone",
	[ENGINE_LOG_NO_ROUTE] = "no-route",
	[ENGINE_LOG_SEND] = "send",
	[ENGINE_LOG_NO_ENDPOINT] = "no-endpoint",
	[ENGINE_LOG_NO_ANSWER] = "no-answer",
	[ENGINE_LOG_LOAD] = "load",
	[ENGINE_LOG_PORT] = "port",
};

static const char *const says[] = {
	[ENGINE_LOG_MAC1] = "a handshake message for another public key",
	[ENGINE_LOG_INITIATION] = "an initiation of an unknown peer, replayed, or too soon",
	[ENGINE_LOG_RESPONSE] = "a response that does not open: the preshared keys differ",
	[ENGINE_LOG_TAG] = "a message that does not authenticate",
	[ENGINE_LOG_COUNTER] = "a counter seen before, or too far behind",
	[ENGINE_LOG_SOURCE] = "an inner source that is not in the peer's allowed IPs",
	[ENGINE_LOG_NOT_IP] = "authentic, but the inner packet is neither IPv4 nor IPv6",
	[ENGINE_LOG_TUN_NOT_IP] = "from the tun: neither IPv4 nor IPv6",
	[ENGINE_LOG_TUN_WRITE] = "the tun refused a packet",
	[ENGINE_LOG_TUN_GONE] = "the tun could not be read any more",
	[ENGINE_LOG_NO_ROUTE] = "send: no route to the endpoint",
	[ENGINE_LOG_SEND] = "send: the system refused it",
	[ENGINE_LOG_NO_ENDPOINT] = "the peer has no endpoint yet",
	[ENGINE_LOG_NO_ANSWER] = "a handshake that nobody answered",
	[ENGINE_LOG_LOAD] = "under load: handshakes are answered with cookies",
	[ENGINE_LOG_PORT] = "the UDP port could not be had",
};
static_assert(ARRAY_LEN(says) == ENGINE_LOG_COUNT, "a class has no words");

const char *engine_log_says(enum engine_log_class c)
{
	assert(c < ENGINE_LOG_COUNT);
	return says[c];
}

/* The first row whose words are both in the line, in that order. */
struct row {
	enum engine_log_class class;
	const char *first, *then; /* then may be NULL */
};

static const struct row rows[] = {
	/* ours: src/engine/daemon_link.c */
	{ ENGINE_LOG_PORT, "no socket, nothing can be sent", NULL },

	/* the kernel, drivers/net/wireguard/receive.c and send.c */
	{ ENGINE_LOG_MAC1, "Invalid MAC of handshake", NULL },
	{ ENGINE_LOG_INITIATION, "Invalid handshake initiation", NULL },
	{ ENGINE_LOG_RESPONSE, "Invalid handshake response", NULL },
	{ ENGINE_LOG_SOURCE, "Packet has unallowed src IP", NULL },
	{ ENGINE_LOG_NOT_IP, "Packet is neither ipv4 nor ipv6", NULL },
	{ ENGINE_LOG_NOT_IP, "Packet is neither IPv4 nor IPv6", NULL },
	{ ENGINE_LOG_COUNTER, "Packet has invalid nonce", NULL },
	{ ENGINE_LOG_NO_ROUTE, "wireguard: ", "No route to " },
	{ ENGINE_LOG_NO_ENDPOINT, "No valid endpoint has been configured", NULL },

	/* wireguard-go, device/receive.go and send.go; "packet" until 2022, "packets" since */
	{ ENGINE_LOG_PORT, "Unable to update bind", NULL },
	{ ENGINE_LOG_MAC1, "Received packet with invalid mac1", NULL },
	{ ENGINE_LOG_INITIATION, "Received invalid initiation message", NULL },
	{ ENGINE_LOG_RESPONSE, "Received invalid response message", NULL },
	{ ENGINE_LOG_SOURCE, "packet with disallowed source address", NULL },
	{ ENGINE_LOG_NOT_IP, "Packet with invalid IP version", NULL },
	{ ENGINE_LOG_TUN_NOT_IP, "Received packet with unknown IP version", NULL },
	{ ENGINE_LOG_TUN_WRITE, "Failed to write packet", "to TUN device" },
	{ ENGINE_LOG_TUN_GONE, "Failed to read packet", "from TUN device" },
	{ ENGINE_LOG_NO_ENDPOINT, "Failed to send ", "no known endpoint for peer" },
	{ ENGINE_LOG_NO_ROUTE, "Failed to send ", "network is unreachable" },
	{ ENGINE_LOG_NO_ROUTE, "Failed to send ", "no route to host" },
	{ ENGINE_LOG_NO_ROUTE, "Failed to send ", "can't assign requested address" },
	{ ENGINE_LOG_SEND, "Failed to send data packet", NULL },
	{ ENGINE_LOG_SEND, "Failed to send handshake", NULL },
	{ ENGINE_LOG_SEND, "Failed to send keepalive", NULL },

	/* both */
	{ ENGINE_LOG_NO_ANSWER, "andshake ", "did not complete after" },
	{ ENGINE_LOG_LOAD, "Sending cookie response", NULL },
	{ ENGINE_LOG_LOAD, "Receiving cookie response", NULL },

	/* boringtun and gotatun: names of their errors, and their own words */
	{ ENGINE_LOG_MAC1, "InvalidMac", NULL },
	{ ENGINE_LOG_INITIATION, "WrongTai64nTimestamp", NULL },
	{ ENGINE_LOG_TAG, "InvalidAeadTag", NULL },
	{ ENGINE_LOG_COUNTER, "InvalidCounter", NULL },
	{ ENGINE_LOG_COUNTER, "DuplicateCounter", NULL },
	{ ENGINE_LOG_NOT_IP, "InvalidPacket", NULL },
	{ ENGINE_LOG_SOURCE, "is not allowed to send us packets from", NULL },
	{ ENGINE_LOG_TUN_WRITE, "Error sending IP packet", NULL },
	{ ENGINE_LOG_TUN_GONE, "TUN device was deleted", NULL },
	{ ENGINE_LOG_TUN_GONE, "Unexpected error on tun interface", NULL },
	{ ENGINE_LOG_TUN_GONE, "Fatal read error on tun interface", NULL },
	{ ENGINE_LOG_NO_ENDPOINT, "No endpoint", NULL },
	{ ENGINE_LOG_NO_ANSWER, "HANDSHAKE(REKEY_TIMEOUT)", NULL },
	{ ENGINE_LOG_NO_ANSWER, "CONNECTION_EXPIRED(REKEY_ATTEMPT_TIME)", NULL },
	{ ENGINE_LOG_LOAD, "Received cookie_reply", NULL },
	{ ENGINE_LOG_LOAD, "UnderLoad", NULL },
};

/* Behind where it is; NULL when it is not there. */
static const char *find(const char *in, size_t len, const char *words)
{
	const char *at = memmem(in, len, words, strlen(words));

	return at ? at + strlen(words) : NULL;
}

static bool fits(const struct row *r, const char *line, size_t len)
{
	const char *rest = find(line, len, r->first);

	if (!rest || !r->then)
		return rest;
	return find(rest, len - (size_t)(rest - line), r->then);
}

void engine_log_take(int64_t n[ENGINE_LOG_COUNT], const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (fits(&rows[i], line, len)) {
			n[rows[i].class]++;
			return;
		}
	}
}

void engine_log_take_all(struct engine_log_given *g, const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len, all = line + (end != NULL);

		engine_log_take(g->says, text, line);
		g->lines++;
		text += all;
		len -= all;
	}
}
