/*
 * Who is behind a tunnel? UDP datagrams whose hop limit ends at the next host: the ICMP error
 * that comes back names it, and has crossed the tunnel both ways. Nothing is ever
 * delivered to the target then. Without a hop limit of ours: who says what of a datagram to it?
 */
#ifndef PROBE_HOP_H
#define PROBE_HOP_H

#include "base/arena.h"
#include "base/err.h"
#include "model/endpoint.h"
#include "sys/loop.h"
#include "sys/platform.h"

struct hop_conf {
	struct ip_addr target;
	const char *link; /* bound to it; NULL: by route */
	uint16_t port;
	unsigned hop_limit, count; /* hop_limit 0: as the system has it */
	int64_t interval_ns, timeout_ns; /* timeout: after the last one */
};
struct hop;
/* In the calling thread's namespace. -EOPNOTSUPP: this system does not tell of ICMP errors. */
int hop_open(const struct hop_conf *c, const struct platform_ops *p, struct loop *l,
	     struct arena *a, struct hop **out, struct err *e);
void hop_start(struct hop *h);
bool hop_done(void *hop); /* answered, or all timed out */
/*
 * Who answered; false: nobody. That the target cannot be reached, from the target itself, is no
 * answer.
 */
bool hop_answer(const struct hop *h, struct ip_addr *from);
/* And what; false: nobody, or the target itself, and not by ICMP. */
bool hop_icmp(const struct hop *h, struct ip_addr *from, uint8_t *type, uint8_t *code);
void hop_close(struct hop *h); /* NULL is fine */

#endif
