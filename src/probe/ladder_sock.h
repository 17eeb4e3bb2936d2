/*
 * The two raw sockets of the ladder: one that sends whole IP packets and hears none, and one that
 * sends echo requests and hears all ICMP.
 */
#ifndef PROBE_LADDER_SOCK_H
#define PROBE_LADDER_SOCK_H

#include <sys/types.h>

#include "probe/ladder.h"

struct ladder_sock {
	int icmp_fd, udp_fd; /* non-blocking; -1: none */
};

/* Bound to c->from, with c->mark. -EPERM: needs CAP_NET_RAW, and CAP_NET_ADMIN for a mark. */
int ladder_sock_open(const struct ladder_conf *c, struct ladder_sock *out, struct err *e);
ssize_t ladder_sock_send(const struct ladder_conf *c, int fd, const uint8_t *b, size_t len);
/* The length of the next ICMP message, which *icmp then points to within b; -1: there is none. */
ssize_t ladder_sock_recv(int fd, uint8_t *b, size_t cap, const uint8_t **icmp,
			 struct ip_addr *from);
void ladder_sock_close(struct ladder_sock *s);

#endif
