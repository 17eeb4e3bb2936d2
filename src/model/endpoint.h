/*
 * Where a peer is on the outer network: address, port, scope; and from which of our
 * own addresses we answer it (the sticky source).
 */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include <stdbool.h>

#include "base/defs.h"

enum addr_family { FAMILY_NONE = 0, FAMILY_IP4 = 4, FAMILY_IP6 = 6 };

struct ip_addr {
	uint8_t family; /* enum addr_family */
	uint8_t b[16]; /* the first 4 for IPv4 */
};

struct endpoint {
	struct ip_addr addr;
	uint16_t port; /* host order */
	uint32_t scope_id; /* interface index, for IPv6 link-local; else 0 */
	struct ip_addr src; /* sticky source, FAMILY_NONE when there is none */
	uint32_t src_ifindex; /* 0 when unknown */
};

size_t ip_addr_len(const struct ip_addr *a); /* 0, 4 or 16 */
bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);
/* Of that link alone: fe80::/10 (RFC 4291, section 2.5.6), 169.254.0.0/16 (RFC 3927). */
bool ip6_is_link_local(const uint8_t b[static 16]);
bool ip4_is_link_local(const uint8_t b[static 4]);
/* "192.0.2.1", "2001:db8::1" (RFC 5952), "none". */
enum { IP_ADDR_STR_SIZE = 48 };
const char *ip_addr_str(const struct ip_addr *a, char out[static IP_ADDR_STR_SIZE]);
/* Plain addresses only, no names, no scope. */
bool ip_addr_parse(const char *s, struct ip_addr *out);

/* Same remote side (address, port, scope); the source is not compared. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
void endpoint_clear_src(struct endpoint *e);
/* "192.0.2.1:51820", "[2001:db8::1]:51820", "[fe80::1%3]:51820"; "(none)" without a family. */
enum { ENDPOINT_STR_SIZE = 72 };
const char *endpoint_str(const struct endpoint *e, char out[static ENDPOINT_STR_SIZE]);
/* The same forms; the scope numeric here (the I/O half maps names before). Port 1 to 65535. */
bool endpoint_parse(const char *s, struct endpoint *out);

#endif
