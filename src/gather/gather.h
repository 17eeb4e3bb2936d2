/*
 * Reads what stands still: links with counters, addresses, routes; in the calling thread's
 * namespace. One file per need.
 */
#ifndef GATHER_GATHER_H
#define GATHER_GATHER_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "sys/platform.h"

/*
 * Finds the link by name; fills identity, `start` and `before`, or `end` and `after`, leaving
 * the former as they are. -ENODEV: there is none; afterwards that is a fact too (end.gone).
 */
int gather_link(const struct platform_ops *p, const char *name, bool after, struct arena *a,
		struct link_facts *out, struct err *e);
int gather_addrs(const struct platform_ops *p, struct arena *a, struct addr_facts **out, size_t *n,
		 struct err *e);
int gather_routes(const struct platform_ops *p, struct arena *a, struct route_facts **out,
		  size_t *n, struct err *e);
/*
 * Names of WireGuard interfaces that run in this namespace: kernel ones by their kind,
 * userspace ones by a tun whose socket is in UAPI_SOCKET_DIR. Nothing is connected to, nothing
 * is deleted.
 */
int gather_wireguard_names(const struct platform_ops *p, struct arena *a, const char ***out,
			   size_t *n, struct err *e);

#endif
