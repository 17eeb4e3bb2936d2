/*
 * What a run would make and send, said before anything is: --dry-run.
 */
#include <string.h>

#include "run/run_priv.h"

struct teller {
	const struct run_conf *conf;
	uint32_t plan;
	void (*say)(void *ctx, const char *line);
	void *ctx;
	struct arena a;
};

static bool has(const struct teller *t, uint32_t needs)
{
	return (t->plan & needs) != 0;
}

static void tunnel(struct teller *t, bool named)
{
	struct self_end ends[END_COUNT] = { 0 };
	const struct self_end *near = &ends[END_NEAR], *far = &ends[END_FAR];

	self_tunnel_draw(ends, t->conf->seed);
	if (named)
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would create two network namespaces with a veth pair %s, "
				    "%s and the tun devices %s, %s (removed on exit)",
				    near->veth, far->veth, near->tun, far->tun));
	else
		t->say(t->ctx, "would create two network namespaces with a veth pair and a tun "
			       "device in each (removed on exit)");
}

/* Of the near end. */
static const char *what_is_run(struct teller *t)
{
	const struct run_conf *c = t->conf;

	if (c->engine == engine_ops_find("builtin"))
		return "this program";
	if (c->engine->in_kernel)
		return "a link of its kind";
	return arena_printf(&t->a, "the program %s", c->program);
}

static void engines_of(struct teller *t)
{
	const struct run_conf *c = t->conf;

	t->say(t->ctx, arena_printf(&t->a,
				    "would start two engines (ended on exit): near %s, %s; "
				    "far builtin, this program",
				    c->engine->name, what_is_run(t)));
	t->say(t->ctx, "would give each a throw-away key, inner addresses and routes, in its own "
		       "namespace only");
}

static void fault(struct teller *t)
{
	const struct run_conf *c = t->conf;

	if (c->fault)
		t->say(t->ctx, arena_printf(&t->a, "would make the fault %s: %s (%s)",
					    c->fault->name, c->fault->says, c->variant->says));
	if (c->and_fault)
		t->say(t->ctx,
		       arena_printf(&t->a, "would make the fault %s as well: %s (%s)",
				    c->and_fault->name, c->and_fault->says, c->and_variant->says));
}

static void taps(struct teller *t)
{
	static const char *const names[TAP_COUNT] = {
		[TAP_NEAR_TUN] = "near tun",
		[TAP_NEAR_WIRE] = "near wire",
		[TAP_FAR_TUN] = "far tun",
		[TAP_FAR_WIRE] = "far wire",
	};
	const char *list = NULL;
	unsigned i;

	for (i = 0; i < TAP_COUNT; i++)
		if (has(t, NEED_BIT(NEED_TAP_NEAR_TUN + i)))
			list = arena_printf(&t->a, "%s%s%s", list ? list : "", list ? ", " : "",
					    names[i]);
	if (list)
		t->say(t->ctx, arena_printf(&t->a, "would capture on: %s", list));
	if (has(t, NEED_BIT(NEED_LINKS)))
		t->say(t->ctx, "would watch what the kernel drops at the near devices, where it is "
			       "root, by a trace instance of its own (removed on exit)");
	if (has(t, NEED_BIT(NEED_FRAMING)))
		t->say(t->ctx, "would create one more tun device (removed at once), and send one "
			       "datagram into it and one reply out of it");
}

static void pings(struct teller *t)
{
	const struct run_conf *c = t->conf;

	if (has(t, NEED_BIT(NEED_PING_SELF)))
		t->say(t->ctx, arena_printf(&t->a, "would send %d pings to our own tunnel address",
					    RUN_PINGS_SELF));
	if (has(t, NEED_BIT(NEED_PING_PEER)))
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would send %u pings with %u bytes of data to the peer, one "
				    "each %g s, and wait %g s for each answer",
				    c->ping_count, c->ping_payload,
				    (double)c->ping_interval_ns / 1e9,
				    (double)c->ping_timeout_ns / 1e9));
	if (has(t, NEED_BIT(NEED_SIZES)))
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would send %d pings of each size up to one byte above the "
				    "tunnel's MTU, unfragmented, both ways, and more where large "
				    "ones are lost",
				    RUN_SIZE_TRIES));
	if (has(t, NEED_BIT(NEED_ECHO_BACK)))
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would send %d pings from the far end to each inner address",
				    RUN_PINGS_BACK));
	if (has(t, RUN_LOSS_NEEDS))
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would send %d paced probes, and more, at most %d, where "
				    "the loss is close to a limit",
				    RUN_PROBES, RUN_PROBES_MAX));
}

static void traffic(struct teller *t)
{
	if (has(t, NEED_BIT(NEED_HANDSHAKE)))
		t->say(t->ctx, "would send one ping that provokes the handshake");
	pings(t);
	if (has(t, NEED_BIT(NEED_STREAMS)))
		t->say(t->ctx,
		       arena_printf(&t->a,
				    "would send %d full pings, %d full UDP datagrams and %d KiB "
				    "of TCP, both ways, over IPv4 and, where there is it, IPv6",
				    RUN_ECHOES, RUN_DATAGRAMS, RUN_TCP_BYTES >> 10));
	t->say(t->ctx, "would send nothing outside these namespaces, and leave nothing behind");
}

/* In the lab's network what is there is looked at as anybody's tunnel is. */
static void network(struct teller *t)
{
	t->say(t->ctx, "would create namespaces for a client, a router, a server and a host behind "
		       "it, with a tunnel from client to server (removed on exit)");
	fault(t);
	engines_of(t);
	t->say(t->ctx, "would look at the tunnel as wgdiag check does at one that is up, with "
		       "pings, captures and questions to its engine");
	t->say(t->ctx, "would send nothing outside these namespaces, and leave nothing behind");
}

void run_would(const struct run_conf *c, bool named, void (*say)(void *ctx, const char *line),
	       void *ctx)
{
	struct teller t = { .conf = c, .plan = run_plan(c->needs), .say = say, .ctx = ctx };

	arena_init(&t.a);
	if (c->variant && c->variant->scene) {
		network(&t);
	} else {
		tunnel(&t, named);
		fault(&t);
		engines_of(&t);
		taps(&t);
		traffic(&t);
	}
	arena_done(&t.a);
}
