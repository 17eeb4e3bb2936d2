/*
 * A socket that sends ICMP or ICMPv6 echo requests and hears the replies: a datagram
 * "ping" socket where the system lets this user have one, else a raw one.
 */
#ifndef PROBE_ICMP_SOCK_H
#define PROBE_ICMP_SOCK_H

#include <stdbool.h>

#include "base/err.h"
#include "model/endpoint.h"

struct icmp_sock {
	int fd; /* non-blocking */
	enum addr_family family;
	uint16_t id; /* as bound: a ping socket may have another one than asked for */
	bool raw;
};

enum { ICMP_SOCK_HEADER_LEN = 8 }; /* RFC 792 */

struct icmp_reply {
	struct ip_addr from;
	uint16_t seq;
	const uint8_t *payload; /* borrowed from the buffer */
	size_t len;
	int64_t age_ns; /* since the kernel got it; 0 when it does not say */
};

/* link: bound to it; NULL: by route. */
int icmp_sock_open(enum addr_family family, const struct ip_addr *source, const char *link,
		   uint16_t id, struct icmp_sock *out, struct err *e);
/* From now on what it sends has DF (IPv6: no fragment header), and is refused where too large. */
int icmp_sock_df(const struct icmp_sock *s, struct err *e);
/* From now on ICMP errors about what it sends wait in its error queue. */
int icmp_sock_hear_errors(const struct icmp_sock *s, struct err *e);
/* packet: ICMP_SOCK_HEADER_LEN bytes of room, then the payload. 0 or -errno. */
int icmp_sock_send(const struct icmp_sock *s, const struct ip_addr *to, uint16_t seq,
		   uint8_t *packet, size_t len);
/*
 * The next echo reply to our id: 1, 0 when there is none now, -errno. Everything else is passed
 * over.
 */
int icmp_sock_recv(const struct icmp_sock *s, uint8_t *buf, size_t cap, struct icmp_reply *out);
void icmp_sock_close(struct icmp_sock *s);

#endif
