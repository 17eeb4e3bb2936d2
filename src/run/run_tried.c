/*
 * An address of the endpoint's name did not answer. Is that the fault of all addresses of its
 * family, or of this one alone? Datagrams to it that may go a few hops only: who tells that they
 * got farther than this host's gateway, or that there is no such host, was reached by that family.
 */
#include <string.h>

#include "probe/hop.h"
#include "run/run_attach_priv.h"
#include "run/run_find_priv.h"
#include "wire/ip.h"

enum {
	FIRST_HOP = 2, /* one answers at the gateway itself, which may carry nothing on */
	N_HOPS = 4, /* and as many; the last of these probes may go all the way */
	TRIES = 3,
	INTERVAL_MS = 200,
	TIMEOUT_MS =
		1400, /* a router looks for a host on its link for three seconds; some have gone */
};

struct look {
	struct run *r;
	struct hop_conf conf;
	struct hop *hop[N_HOPS + 1];
};

static int open_hops(void *ctx, struct err *e)
{
	struct look *k = ctx;
	int rc = 0;
	size_t i;

	for (i = 0; i <= N_HOPS && rc >= 0; i++) {
		k->conf.hop_limit = i < N_HOPS ? FIRST_HOP + (unsigned)i : 0;
		rc = hop_open(&k->conf, k->r->p, k->r->loop, k->r->arena, &k->hop[i], e);
	}
	return rc;
}

/* Beyond the gateway, or from the last router before the host: it has looked for it. */
static bool is_of_the_way(uint8_t family, uint8_t type, uint8_t code)
{
	enum { UNREACHABLE = 3, HOST = 1, EXCEEDED = 11 }; /* RFC 792 */
	enum { UNREACHABLE6 = 1, ADDRESS6 = 3, EXCEEDED6 = 3 }; /* RFC 4443 */

	if (ip_error_is_of_host(family, type, code))
		return true;
	if (family == FAMILY_IP6)
		return type == EXCEEDED6 || (type == UNREACHABLE6 && code == ADDRESS6);
	return type == EXCEEDED || (type == UNREACHABLE && code == HOST);
}

/* This host itself says so where its gateway does not answer. */
static bool is_of_this_host(struct run *r, const struct ip_addr *from)
{
	struct path_facts way;

	return run_way(r, from, &way) < 0 || (way.dev && !strcmp(way.dev, "lo"));
}

static bool look(struct look *k, struct ip_addr *out)
{
	struct ip_addr from;
	uint8_t type, code;
	size_t i;

	for (i = 0; i <= N_HOPS && k->hop[i]; i++)
		if (hop_icmp(k->hop[i], &from, &type, &code) &&
		    is_of_the_way(from.family, type, code) && !is_of_this_host(k->r, &from)) {
			*out = from;
			return true;
		}
	return false;
}

static bool is_over(void *ctx)
{
	struct look *k = ctx;
	struct ip_addr from;
	bool over = true;
	size_t i;

	for (i = 0; i <= N_HOPS && k->hop[i]; i++)
		over = over && hop_done(k->hop[i]);
	return over || look(k, &from);
}

void run_tried_look(struct run *r, struct tried_facts *t)
{
	const struct path_facts *way = NULL;
	struct look k = { .r = r };
	struct err e;
	size_t i;

	for (i = 0; i < r->f->n_paths; i++)
		if (r->f->paths[i].of == PATH_ENDPOINT)
			way = &r->f->paths[i];
	if (!way || !way->dev || run_interrupted(r))
		return;
	k.conf = (struct hop_conf){
		.target = t->to.addr,
		.link = way->dev, /* past a tunnel that takes all */
		.port = RUN_FIND_HOP_PORT,
		.count = TRIES,
		.interval_ns = INTERVAL_MS * NS_PER_MS,
		.timeout_ns = TIMEOUT_MS * NS_PER_MS,
	};
	run_in(r, END_NEAR, open_hops, &k, &e);
	for (i = 0; i <= N_HOPS && k.hop[i]; i++)
		hop_start(k.hop[i]);
	loop_run(r->loop, run_until(r, TRIES * INTERVAL_MS + TIMEOUT_MS), is_over, &k);
	look(&k, &t->heard);
	for (i = 0; i <= N_HOPS; i++)
		hop_close(k.hop[i]);
}
