/*
 * Does the kernel take packets that come by another link than their answer would leave by? For each
 * link the stricter of two settings counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gather/gather.h"

enum { NAME_SIZE = 64, VALUE_SIZE = 16 };

static int64_t setting(const struct platform_ops *p, const char *dev, const char *what)
{
	char name[NAME_SIZE], value[VALUE_SIZE];
	struct err e;
	char *c;

	snprintf(name, sizeof(name), "net.ipv4.conf.%s.%s", dev, what);
	/* A dot in the name of a link; as sysctl(8). */
	for (c = name + sizeof("net.ipv4.conf.") - 1; *c && *dev; c++, dev++)
		if (*c == '.')
			*c = '/';
	if (!p->sysctl_get || p->sysctl_get(name, value, sizeof(value), &e) < 0)
		return UNKNOWN;
	return atoi(value);
}

int64_t gather_rp_filter(const struct platform_ops *p, const char *dev)
{
	int64_t all = setting(p, "all", "rp_filter"), own = dev ? setting(p, dev, "rp_filter") : 0;

	/* Loose is the larger number, and wins as well. */
	return all == UNKNOWN || own == UNKNOWN ? UNKNOWN : MAX(all, own);
}

void gather_kernel(const struct platform_ops *p, bool after, const char *wire, const char *tun,
		   struct kernel_facts *out)
{
	struct err e;
	uint64_t n;

	if (p->net_count && p->net_count("TcpExtIPReversePathFilter", &n, &e) == 0)
		*(after ? &out->rpfilter_after : &out->rpfilter_before) = (int64_t)n;
	if (after) {
		if (out->elsewhere)
			out->rp_elsewhere = gather_rp_filter(p, out->elsewhere);
		return;
	}
	if (wire)
		out->rp_wire = gather_rp_filter(p, wire);
	if (tun)
		out->rp_tun = gather_rp_filter(p, tun);
	out->src_valid_mark = setting(p, "all", "src_valid_mark");
	if (out->src_valid_mark == 0 && wire)
		out->src_valid_mark = setting(p, wire, "src_valid_mark");
}
