/*
 * One that was named, and answers no ping: does the next host on the way to it say something, or it
 * itself by an ICMP error?
 */
#include "probe/hop.h"
#include "run/run_find_priv.h"
#include "wire/ip.h"

enum {
	BESIDE_INTERVAL_MS = 200,
	BESIDE_TIMEOUT_MS = 800,
};

struct opening {
	struct find *x;
	size_t i;
};

static int open_beside(void *ctx, struct err *e)
{
	struct opening *o = ctx;
	struct run *r = o->x->r;
	struct asked *q = &o->x->asked[o->i];
	struct hop_conf h = {
		.target = q->target->addr,
		.port = RUN_FIND_HOP_PORT,
		.hop_limit = 1,
		.count = RUN_FIND_TRIES,
		.interval_ns = BESIDE_INTERVAL_MS * NS_PER_MS,
		.timeout_ns = BESIDE_TIMEOUT_MS * NS_PER_MS,
	};
	int rc = hop_open(&h, r->p, r->loop, r->arena, &q->next, e);

	h.hop_limit = 0;
	return rc ? rc : hop_open(&h, r->p, r->loop, r->arena, &q->there, e);
}

void run_find_begin_beside(struct find *x)
{
	struct err e;
	size_t i;

	for (i = 0; i < x->n; i++) {
		struct opening o = { x, i };
		struct asked *q = &x->asked[i];

		if (q->target->how != TARGET_GIVEN || !q->through ||
		    x->r->f->inner_targets[i].answered)
			continue;
		run_in(x->r, END_NEAR, open_beside, &o, &e);
		if (q->next)
			hop_start(q->next);
		if (q->there)
			hop_start(q->there);
	}
}

bool run_find_beside_is_over(void *ctx)
{
	const struct find *x = ctx;
	size_t i;

	for (i = 0; i < x->n; i++) {
		if (x->asked[i].next && !hop_done(x->asked[i].next))
			return false;
		if (x->asked[i].there && !hop_done(x->asked[i].there))
			return false;
	}
	return true;
}

static bool is_time_exceeded(const struct ip_addr *from, uint8_t type)
{
	enum { ICMP4_TIME_EXCEEDED = 11, ICMP6_TIME_EXCEEDED = 3 };

	return type == (from->family == FAMILY_IP6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED);
}

static void note_beside(const struct asked *q, struct inner_target_facts *out)
{
	struct ip_addr from;
	uint8_t type, code;

	if (q->next && hop_icmp(q->next, &from, &type, &code) && is_time_exceeded(&from, type))
		out->hop = from;
	if (!q->there || !hop_icmp(q->there, &from, &type, &code))
		return;
	out->icmp_from = from;
	out->icmp_type = type;
	out->icmp_code = code;
	/* Whatever it says, it is there; that it cannot be reached is not its own word. */
	if (!out->answered && ip_addr_equal(&from, &out->addr) &&
	    ip_error_is_of_host(from.family, type, code)) {
		out->answered = ANSWERED_ERROR;
		out->from = from;
	}
}

void run_find_end_beside(struct find *x)
{
	enum { LONGEST_MS = RUN_FIND_TRIES * BESIDE_INTERVAL_MS + BESIDE_TIMEOUT_MS };
	size_t i;

	loop_run(x->r->loop, run_until(x->r, LONGEST_MS), run_find_beside_is_over, x);
	for (i = 0; i < x->n; i++) {
		note_beside(&x->asked[i], &x->r->f->inner_targets[i]);
		hop_close(x->asked[i].next);
		hop_close(x->asked[i].there);
		x->asked[i].next = x->asked[i].there = NULL;
	}
}
