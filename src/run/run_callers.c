#include "run/run_callers.h"

#include "gather/gather.h"

static bool is_ours(void *ctx, const uint8_t *initiation)
{
	const struct run_callers *x = ctx;

	return cookie_mac1_valid(&x->own, initiation, WG_INITIATION_LEN);
}

static void see_outer(void *ctx, const struct tap_outer *m)
{
	const struct run_callers *x = ctx;
	struct tap_outer own = *m;

	if (x->attempts && x->r->attempts)
		run_attempts_see(x->r->attempts, m);
	/* Whose of our peers it is tells its index. */
	own.tunnel = true;
	if (x->counters)
		run_loss_see_handshake(&x->r->tap_ctx[TAP_NEAR_WIRE], &own);
}

static int open_here(void *ctx, struct err *e)
{
	struct run_callers *x = ctx;
	struct run *r = x->r;
	const struct run_end *near = &r->end[END_NEAR];
	struct callers_conf c = {
		.port = near->port,
		.locals = near->locals,
		.n_locals = near->n_locals,
		.is_ours = is_ours,
		.ctx = x,
		.on_outer = see_outer,
		.on_outer_ctx = x,
		.on_data = x->counters ? run_loss_see : NULL,
		.on_data_ctx = &r->tap_ctx[TAP_NEAR_WIRE],
	};

	if (x->counters)
		r->tap_ctx[TAP_NEAR_WIRE] = (struct run_tap){ r, TAP_NEAR_WIRE };

	return callers_open(&c, r->loop, r->arena, &x->callers, e);
}

static int facts_here(void *ctx, struct err *e)
{
	struct run_callers *x = ctx;
	struct run *r = x->r;
	struct calls_facts *f = &r->f->calls;

	(void)e;
	callers_facts(x->callers, r->arena, f);
	if (f->n && f->list[0].link)
		f->rp_filter = gather_rp_filter(r->p, f->list[0].link);
	return 0;
}

int run_callers_open(struct run_callers *x, const struct public_key *own, struct err *e)
{
	cookie_checker_init(&x->own);
	cookie_checker_set_key(&x->own, own);
	return run_in(x->r, END_NEAR, open_here, x, e);
}

void run_callers_facts(struct run_callers *x)
{
	struct err ignored;

	if (x->callers)
		run_in(x->r, END_NEAR, facts_here, x, &ignored);
}
