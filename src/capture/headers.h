/*
 * The IP headers of one captured frame, which may be cut.
 *
 * Not ip_parse(): that wants whole packets, and here are frames cut by the snap length, and
 * quotes in ICMP errors, which end after the first bytes of UDP by design. So `have` (bytes
 * that are there) and `len` (bytes the headers tell of) are kept apart all the way down.
 */
#ifndef CAPTURE_HEADERS_H
#define CAPTURE_HEADERS_H

#include "capture/tap.h"

struct dgram {
	uint8_t proto, tos; /* tos: of IPv6 the traffic class */
	uint32_t flow; /* label of IPv6 */
	bool later_fragment, more_fragments;
	struct ip_addr src, dst;
	const uint8_t *b; /* behind the IP headers */
	size_t have, len;
	size_t ip_len; /* with headers */
};

/* The addresses are filled as far as they are there, also when the rest is bad. */
bool headers_read(const uint8_t *b, size_t caplen, struct dgram *d);

/* The two halves of tap_count_frame(). */
void count_wire(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		size_t len, int64_t t_ns);
void count_tun(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
	       size_t len, int64_t t_ns);

#endif
