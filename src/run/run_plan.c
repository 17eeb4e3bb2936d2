/*
 * Which stages a run has: those that are asked for, and what they stand on themselves.
 */
#include "run/run_priv.h"

#define BIT(n) NEED_BIT(NEED_##n)
#define TUNNEL_TRAFFIC                                                                \
	(BIT(PING_PEER) | BIT(STREAMS) | BIT(SIZES) | BIT(ECHO_BACK) | BIT(LOSS_UP) | \
	 BIT(LOSS_DOWN))

static const struct {
	uint32_t any, on;
} stands_on[] = {
	/* Whatever else is asked of a tunnel, it must have been made. */
	{ UINT32_MAX, BIT(ENGINE_START) },
	{ TUNNEL_TRAFFIC, BIT(HANDSHAKE) },
	/* the MTU of the ladder's last steps */
	{ BIT(SIZES), BIT(LINKS) | BIT(LINKS_FAR) },
	/* whether the near tun has a header */
	{ BIT(FRAMING), BIT(LINKS) },
	/* one window for both directions, seen at both ends */
	{ BIT(LOSS_UP) | BIT(LOSS_DOWN),
	  BIT(LOSS_UP) | BIT(LOSS_DOWN) | BIT(TAP_NEAR_WIRE) | BIT(TAP_FAR_WIRE) },
	/* which way the pings go */
	{ BIT(PING_SELF) | BIT(PING_PEER), BIT(ADDRS) | BIT(ROUTES) },
	{ BIT(GATEWAY), BIT(PATHS) },
	/* that messages leave, and none comes back */
	{ BIT(LADDER), BIT(TAP_NEAR_WIRE) | BIT(HANDSHAKE) | BIT(PING_PEER) | BIT(CONFIG) },
	/* the endpoint, by the engine's own word */
	{ BIT(PATHS), BIT(CONFIG) },
	/* who they are */
	{ BIT(PEERS), BIT(CONFIG) },
	/* our key and port, and what may take it */
	{ BIT(CALLS), BIT(CONFIG) | BIT(FIREWALL) },
	/* one question to the engine for both */
	{ BIT(CONFIG), BIT(ENGINE) },
	{ BIT(CONFIG_FAR), BIT(ENGINE_FAR) },
};

uint32_t run_plan(uint32_t needs)
{
	uint32_t plan = needs ? needs : NEED_BIT(NEED_COUNT) - 1, before;
	size_t i;

	do {
		before = plan;
		for (i = 0; i < ARRAY_LEN(stands_on); i++)
			if (plan & stands_on[i].any)
				plan |= stands_on[i].on;
	} while (plan != before);
	return plan;
}

bool run_has(const struct run *r, uint32_t needs)
{
	return (needs & ~r->left_out) != 0;
}

/* Whether a step is there at all; 0: always. */
static const uint32_t of_step[RUN_STEP_COUNT] = {
	[RUN_STEP_HANDSHAKE] = BIT(HANDSHAKE),
	[RUN_STEP_PING] = RUN_PING_NEEDS,
	[RUN_STEP_DATA] = BIT(STREAMS),
	[RUN_STEP_COUNTERS] = ~BIT(ENGINE_START),
};

static bool has_step(const struct run *r, unsigned step)
{
	return !of_step[step] || run_has(r, of_step[step]);
}

void run_tell(const struct run *r, enum run_step step, const char *what)
{
	unsigned i, at = 0, n = 0;

	if (!r->conf->progress)
		return;
	for (i = 0; i < RUN_STEP_COUNT; i++) {
		n += has_step(r, i);
		if (i == step)
			at = n;
	}
	r->conf->progress(r->conf->ctx, at, n, what);
}

void run_mark_left_out(const struct run *r)
{
	/* The start says that they answer; what they count was not asked. */
	uint32_t answered = BIT(ENGINE) | BIT(ENGINE_FAR);
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (r->left_out & ~r->has_words & NEED_BIT(i) & (answered | ~r->f->have))
			facts_gap(r->f, (enum need)i,
				  r->f->target.kind != TARGET_SELF_TEST &&
						  RUN_FAR_NEEDS & NEED_BIT(i) ?
					  "the far end is not on this machine" :
					  "not asked for",
				  NULL);
}
