/*
 * IPv4 and IPv6 headers: just what the engine and the capture need.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include <stdbool.h>

#include "base/defs.h"

enum { IP4_HEADER_LEN = 20, IP6_HEADER_LEN = 40, UDP_HEADER_LEN = 8 };
enum { IP6_FLOW_MASK = 0xfffff }; /* RFC 8200, section 3: of the first four bytes */
enum { IP_PROTO_ICMP = 1, IP_PROTO_TCP = 6, IP_PROTO_UDP = 17, IP_PROTO_ICMP6 = 58 };

/* RFC 792; RFC 4443 */
enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO_REQUEST = 8,
	ICMP_ECHO6_REQUEST = 128,
	ICMP_ECHO6_REPLY = 129,
};

enum ip_fault {
	IP_OK,
	IP_EMPTY, /* no byte at all */
	IP_VERSION, /* version nibble is neither 4 nor 6 */
	IP_SHORT, /* fewer bytes than its own header */
	IP_LENGTH, /* total length below the header or beyond the bytes there are */
};

struct ip_packet {
	uint8_t version; /* 4 or 6 */
	uint8_t proto; /* IPv4 protocol, or IPv6 next header (extension headers are not walked) */
	uint8_t ttl; /* or hop limit */
	uint8_t ecn; /* the two ECN bits of TOS or traffic class */
	bool fragment; /* IPv4: a fragment with offset > 0 */
	bool dont_fragment; /* IPv4 DF; always true for IPv6 */
	size_t header_len;
	size_t total_len; /* as the header says; <= the bytes given */
	const uint8_t *src, *dst; /* 4 or 16 bytes, borrowed from the packet */
	const uint8_t *payload; /* borrowed; total_len - header_len bytes */
};

/* Reads the header. With another result than IP_OK, *out holds what was read before
 * the fault, and zero.
 */
enum ip_fault ip_parse(const void *b, size_t len, struct ip_packet *out);

/* RFC 1071 sum of len bytes added to `sum` (not folded). */
uint32_t ip_sum(const void *b, size_t len, uint32_t sum);
/* Folded and inverted, in host order: write with wr_be16. */
uint16_t ip_sum_finish(uint32_t sum);

/*
 * RFC 6040 decapsulation: what the inner ECN becomes when the outer packet
 * carried outer_ecn. Changes the packet in place (IPv4 checksum too). False:
 * the packet must be dropped (outer CE on an inner Not-ECT).
 */
bool ip_ecn_decapsulate(uint8_t *packet, size_t len, uint8_t outer_ecn);

/*
 * Where the packet went to that this one, an ICMP or ICMPv6 error, is about: of the same family,
 * borrowed. NULL: it is no error, or quotes no whole header.
 */
const uint8_t *ip_error_about(const struct ip_packet *ip);
/*
 * Is it an error that the host gives to which the packet went? That a host or network cannot be
 * reached, or that the way was too long, is the word of a router, whatever source it has.
 */
bool ip_error_is_of_host(uint8_t version, uint8_t type, uint8_t code);

/*
 * The ICMP or ICMPv6 "destination unreachable, host/address unreachable" for
 * the refused packet, whole, with the source address `from` (same family; NULL:
 * the destination of the refused packet). Returns its length, or 0 when none must be
 * sent: the packet is an ICMP error, a later fragment, or to or from
 * multicast, broadcast or unspecified addresses (RFC 1122 3.2.2, RFC 4443 2.4).
 */
enum { IP_UNREACHABLE_MAX = 1280 };
size_t ip_unreachable(const void *packet, size_t len, const uint8_t *from,
		      uint8_t out[IP_UNREACHABLE_MAX]);

#endif
