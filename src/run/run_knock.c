/*
 * The control probe, where a host answers no ping: a host that is there accepts or refuses TCP.
 */
#include "probe/knock.h"
#include "run/run_priv.h"

enum { KNOCK_MS = 1200 };

/* What a host most often answers at, whether it accepts or refuses. */
static const uint16_t ports[] = { 22, 443 };

struct knocking {
	struct run *r;
	struct knock_conf conf;
	struct knock *knock;
};

static int knock_here(void *ctx, struct err *e)
{
	struct knocking *x = ctx;

	return knock_open(&x->conf, x->r->loop, x->r->arena, &x->knock, e);
}

uint16_t run_knock(struct run *r, const struct ip_addr *to, const struct ip_addr *from,
		   uint32_t mark)
{
	struct knocking x = {
		.r = r,
		.conf = { .target = *to, .ports = ports, .n_ports = ARRAY_LEN(ports), .mark = mark }
	};
	struct err e;
	bool refused;
	uint16_t port;

	if (from)
		x.conf.source = *from;
	if (run_in(r, END_NEAR, knock_here, &x, &e) < 0)
		return 0;
	knock_start(x.knock);
	loop_run(r->loop, run_until(r, KNOCK_MS), knock_done, x.knock);
	port = knock_answer(x.knock, &refused);
	knock_close(x.knock);
	return port;
}
