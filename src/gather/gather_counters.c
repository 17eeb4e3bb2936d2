/*
 * Counters of the kernel's that rise when it throws something away: of the network namespace, of
 * the engine's socket, of the queues of the two links.
 */
#include "gather/gather.h"

static const char *const names[] = {
	"IpInHdrErrors",    "IpInAddrErrors",	  "IpInUnknownProtos",	  "IpInDiscards",
	"IpOutDiscards",    "IpOutNoRoutes",	  "IpReasmFails",	  "IpFragFails",
	"UdpNoPorts",	    "UdpInErrors",	  "UdpRcvbufErrors",	  "UdpSndbufErrors",
	"UdpInCsumErrors",  "Ip6InHdrErrors",	  "Ip6InTooBigErrors",	  "Ip6InNoRoutes",
	"Ip6InAddrErrors",  "Ip6InTruncatedPkts", "Ip6InDiscards",	  "Ip6OutDiscards",
	"Ip6OutNoRoutes",   "Ip6FragFails",	  "Udp6NoPorts",	  "Udp6InErrors",
	"Udp6RcvbufErrors", "conntrack_drop",	  "conntrack_early_drop", "conntrack_insert_failed",
};
enum { OTHERS = 3 };

static void put(struct kernel_facts *out, size_t i, bool after, const char *name, const char *of,
		int rc, uint64_t n)
{
	struct counter_facts *c = &out->counters[i];

	if (!after)
		*c = (struct counter_facts){ name, of, UNKNOWN, UNKNOWN };
	if (!rc)
		*(after ? &c->after : &c->before) = (int64_t)n;
}

static void of_link(const struct platform_ops *p, bool after, const char *dev, const char *name,
		    size_t i, struct kernel_facts *out)
{
	uint64_t n = 0;
	struct err e;
	int rc = p->qdisc_drops && dev ? p->qdisc_drops(dev, &n, &e) : -1;

	put(out, i, after, name, dev, rc, n);
}

void gather_counters(const struct platform_ops *p, bool after, const struct counted *x,
		     struct arena *a, struct kernel_facts *out)
{
	size_t i, n = ARRAY_LEN(names);
	struct err e;
	uint64_t v;
	int rc;

	if (!after) {
		out->counters = arena_alloc(a, (n + OTHERS) * sizeof(*out->counters));
		out->n_counters = n + OTHERS;
	}
	if (!out->n_counters)
		return;
	for (i = 0; i < n; i++) {
		v = 0;
		rc = p->net_count ? p->net_count(names[i], &v, &e) : -1;
		put(out, i, after, names[i], NULL, rc, v);
	}
	v = 0;
	rc = p->udp_port_drops && x->port ? p->udp_port_drops(x->port, &v, &e) : -1;
	put(out, n, after, COUNTER_SOCKET_DROPS, NULL, rc, v);
	of_link(p, after, x->tun, "qdisc_drops_tun", n + 1, out);
	of_link(p, after, x->wire, COUNTER_QDISC_WIRE, n + 2, out);
}
