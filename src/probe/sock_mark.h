/*
 * The mark that rules know a tunnel's own messages by (`wg set ... fwmark`): with it a probe takes
 * the way that they take.
 */
#ifndef PROBE_SOCK_MARK_H
#define PROBE_SOCK_MARK_H

#include <stdint.h>

#include "base/err.h"

/* 0: none, and nothing is done. -EPERM: needs CAP_NET_ADMIN; -EOPNOTSUPP: no such marks here */
int sock_mark(int fd, uint32_t mark, struct err *e);

#endif
