/*
 * Reads what stands still: links with counters, addresses, routes, firewall rules; in the calling
 * thread's namespace. One file per need.
 */
#ifndef GATHER_GATHER_H
#define GATHER_GATHER_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "model/uapi_text.h"
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
int gather_rules(const struct platform_ops *p, struct arena *a, struct policy_facts **out,
		 size_t *n, struct err *e);
/*
 * Names of WireGuard interfaces that run in this namespace: kernel ones by their kind,
 * userspace ones by a tun whose socket is in UAPI_SOCKET_DIR. Nothing is connected to, nothing
 * is deleted.
 */
int gather_wireguard_names(const struct platform_ops *p, struct arena *a, const char ***out,
			   size_t *n, struct err *e);

/* Of a `get` that succeeded; borrows from it, so both live in one arena. */
void gather_config(const struct uapi_device *d, struct arena *a, struct config_facts *out);
/*
 * Of the same `get`: are its preshared keys those of the file? psks: conf_psk_digests() of that
 * file, as no key stays here.
 */
void gather_psks(const struct uapi_device *d, const struct intended_facts *t,
		 const struct key_digest *psks, struct config_facts *out);
/* What `ip route get TO [mark MARK]` says; no route is an answer too. */
int gather_path(const struct platform_ops *p, enum path_of of, const struct ip_addr *to,
		uint32_t mark, struct arena *a, struct path_facts *out, struct err *e);
/* What the tunnel's messages may have that the route was not asked for. */
struct path_sources {
	const struct addr_facts *locals; /* what is this host's own; only addresses are asked for */
	size_t n;
	uint16_t sport, dport; /* of its socket, and the peer's; 0: not known */
	const char *tun; /* nothing of it */
};
/*
 * Fills path->other_dev: which other link the kernel would have them take for their ports, or for
 * the address that they come from.
 */
void gather_path_other(const struct platform_ops *p, const struct path_sources *s, struct arena *a,
		       struct path_facts *path);
/* Of the way to the endpoint. Without a gateway on it, addr is FAMILY_NONE. */
int gather_gateway(const struct platform_ops *p, const struct path_facts *path, struct arena *a,
		   struct gateway_facts *out, struct err *e);
/*
 * What the kernel counts, and how strict it is; the links may be NULL: not asked. What cannot be
 * read stays unknown.
 */
void gather_kernel(const struct platform_ops *p, bool after, const char *wire, const char *tun,
		   struct kernel_facts *out);
/* Whose counters: the near end's links, NULL: not known; and the port of its engine, or 0. */
struct counted {
	const char *tun, *wire;
	uint16_t port;
};
/* Before it makes the list of them, after it adds what they are then. */
void gather_counters(const struct platform_ops *p, bool after, const struct counted *x,
		     struct arena *a, struct kernel_facts *out);
/* How strict the reverse path filter is of that link, as of struct kernel_facts. */
int64_t gather_rp_filter(const struct platform_ops *p, const char *dev);
/* Before the run fills *out; after it adds the counters as they are then. */
int gather_firewall(const struct platform_ops *p, bool after, struct arena *a,
		    struct firewall_facts *out, struct err *e);

#endif
