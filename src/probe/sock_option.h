/*
 * What a probe's packets have of their own.
 */
#ifndef PROBE_SOCK_OPTION_H
#define PROBE_SOCK_OPTION_H

#include <stdint.h>

#include "base/err.h"
#include "model/endpoint.h"

/*
 * The mark that rules know a tunnel's own messages by (`wg set ... fwmark`): with it a probe takes
 * the way that they take. 0: none, and nothing is done. -EPERM: needs CAP_NET_ADMIN;
 * -EOPNOTSUPP: no such marks here
 */
int sock_mark(int fd, uint32_t mark, struct err *e);
/*
 * Its packets leave by that link whatever the routes are, and only what comes in there is heard.
 * NULL: nothing is done. -EOPNOTSUPP: no such binding here
 */
int sock_bind_link(int fd, const char *link, struct err *e);
/* Of unicast packets from now on. family: the socket's. */
int sock_hop_limit(int fd, uint8_t family, unsigned hop_limit, struct err *e);

#endif
