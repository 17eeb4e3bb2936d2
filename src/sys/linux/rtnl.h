/*
 * What the files that speak rtnetlink share.
 */
#ifndef SYS_LINUX_RTNL_H
#define SYS_LINUX_RTNL_H

#include <netlink/netlink.h>

#include "base/err.h"

/* A route socket in the namespace where the thread is now; it stays in that one. */
int rtnl_open(struct nl_sock **out, struct err *e);
/* The errno, positive, behind one of libnl's codes (of either sign). */
int rtnl_errno(int nle);

/* Whether that tun has the header before each packet: 1, 0, -1 when the kernel does not tell. */
int rtnl_tun_pi(unsigned ifindex);

void rtnl_sockp(struct nl_sock **s); /* for CLEANUP */

#endif
