/*
 * --far ADDR: `wgdiag serve` at the far end is asked through the tunnel to record while this end
 * looks, and then for what it recorded.
 */
#include <errno.h>

#include "model/far_seen.h"
#include "probe/far_ask.h"
#include "run/run_attach_priv.h"
#include "wire/probe_msg.h"

enum { RECORD_MS = 3000, FETCH_MS = 12000 };

static int open_here(void *ctx, struct err *e)
{
	struct attach *x = ctx;
	const struct run *r = &x->r;
	struct far_ask_conf c = {
		.to = { .addr = *x->conf->far_addr, .port = PROBE_PORT },
		.token = r->conf->seed ^ (uint64_t)r->f->started_wall_ns,
	};

	return far_ask_open(&c, r->loop, r->arena, &x->far_ask, e);
}

static void say_not(const struct attach *x, const char *why)
{
	const struct run_conf *c = x->r.conf;
	char addr[IP_ADDR_STR_SIZE];

	if (!c->notice)
		return;
	c->notice(c->ctx, RUN_MUST_KNOW,
		  arena_printf(x->r.arena,
			       "--far %s: %s; judged from this end alone. Where a tunnel carries "
			       "nothing: wgdiag serve --once --out FAR.json there, and --far-file",
			       ip_addr_str(x->conf->far_addr, addr), why));
}

void run_far_begin(struct attach *x)
{
	struct run *r = &x->r;
	struct err e;

	if (!x->conf->far_addr || r->f->interrupted)
		return;
	if (run_has_no_session(r)) {
		say_not(x, "there is no session to ask through");
		return;
	}
	if (run_in(r, END_NEAR, open_here, x, &e) < 0) {
		say_not(x, arena_strdup(r->arena, e.text));
		return;
	}
	if (far_ask_record(x->far_ask, run_until(r, RECORD_MS)) == 0)
		return;
	if (!run_interrupted(r))
		say_not(x, "wgdiag serve does not answer there");
	far_ask_close(x->far_ask);
	x->far_ask = NULL;
}

void run_far_fetch(struct attach *x)
{
	CLEANUP(buf_wipe_done) struct buf text = { 0 };
	struct run *r = &x->r;
	struct err e = { 0 };
	int rc;

	if (!x->far_ask)
		return;
	/* Beside the time of the run: there is nothing else left to do. */
	rc = far_ask_fetch(x->far_ask, loop_now(r->loop) + FETCH_MS * NS_PER_MS, &text);
	far_ask_close(x->far_ask);
	x->far_ask = NULL;
	if (rc == -EINTR)
		return;
	if (rc < 0)
		say_not(x, "what it recorded did not come through");
	else if (far_parse(buf_str(&text), text.len, r->arena, x->conf->far_got, &e) < 0)
		say_not(x, arena_printf(r->arena, "what it sent: %s", e.text));
}
