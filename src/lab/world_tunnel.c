/*
 * The tunnel across the lab's network, as `wg-quick up` would make it at each end.
 */
#include <errno.h>
#include <string.h>

#include "engine/wg_ask.h"
#include "lab/wait.h"
#include "lab/world.h"

enum {
	/* Of the lab on a machine that stalls; an engine that died is known at once. */
	START_MS = 15000,
	ASK_MS = 2000,
	SET_MS = 5000, /* what is set is set once */
	SOCKET_MS = 2000, /* of an engine that opens it some time after its link came up */
	LOOK_US = 1000,
};

struct at_end {
	struct lab_world *w;
	struct lab_end *end;
	struct arena *a;
	struct uapi_device *device;
	const struct buf *text;
};

static int get_here(void *ctx, struct err *e)
{
	struct at_end *x = ctx;

	return wg_ask_get(x->w->p, wg_ask_via(x->end->ops), x->end->tun, ASK_MS, x->a, &x->device,
			  e);
}

static int set_here(void *ctx, struct err *e)
{
	struct at_end *x = ctx;

	return wg_ask_set(x->w->p, wg_ask_via(x->end->ops), x->end->tun, SET_MS, x->text, e);
}

int lab_world_get(struct lab_world *w, enum end end, struct arena *a, struct uapi_device **out,
		  struct err *e)
{
	struct at_end x = { .w = w, .end = &w->end[end], .a = a };
	int rc = lab_world_in(w, x.end->node, get_here, &x, e);

	if (!rc)
		*out = x.device;
	return rc;
}

int lab_world_set(struct lab_world *w, enum end end, const struct buf *text, struct err *e)
{
	struct at_end x = { .w = w, .end = &w->end[end], .text = text };

	return lab_world_in(w, x.end->node, set_here, &x, e);
}

/* --- up ----------------------------------------------------------------------------- */

static int begin(struct lab_world *w, struct lab_end *end, struct err *e)
{
	struct engine_conf c = {
		.ops = end->ops,
		.program = end->program,
		.ifname = end->tun,
		.netns = w->netns[end->node],
		.extra_args = end->args,
	};

	return engine_begin(&c, w->p, w->loop, w->arena, &end->engine, &end->facts, e);
}

/* One that failed to start was ended. */
static int wait_ready(struct lab_end *end, struct err *e)
{
	int rc = engine_wait(end->engine, START_MS, &end->facts, e);

	if (rc < 0)
		end->engine = NULL;
	return rc;
}

static int configure(struct lab_world *w, enum end i, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text);
	conf_put_set(w->end[i].conf, NULL, &text);
	rc = lab_world_set(w, i, &text, e);
	buf_wipe_done(&text);
	return rc;
}

/* As wg-quick(8): all but what carries our mark, and but what a route more special than /0 has. */
static int route_all(struct at_end *x, const struct cidr *all, struct err *e)
{
	const struct platform_ops *p = x->w->p;
	struct sys_rule marked = {
		.family = all->addr.family,
		.action = 1,
		.invert = true,
		.table = LAB_FULL_TABLE,
		.mark = LAB_FULL_TABLE,
		.mask = UINT32_MAX,
		.suppress_prefixlength = -1,
	};
	struct sys_rule special = {
		.family = all->addr.family,
		.action = 1,
		.table = 254, /* main */
		.suppress_prefixlength = 0,
	};
	struct sys_route route = { .dst = *all, .table = LAB_FULL_TABLE, .type = 1 };
	struct sys_link *links;
	size_t n, i;
	int rc = p->links(x->w->arena, &links, &n, e);

	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++)
		if (!strcmp(links[i].name, x->end->tun))
			route.oif = links[i].ifindex;
	rc = p->route_put(&route, e);
	if (!rc)
		rc = p->rule_add(&marked, e);
	return rc ? rc : p->rule_add(&special, e);
}

static int add_routes(struct at_end *x, struct err *e)
{
	const struct conf *c = x->end->conf;
	size_t i, j;
	int rc = 0;

	if (c->table == INTENDED_OFF)
		return 0;
	for (i = 0; i < c->n_peers && !rc; i++) {
		for (j = 0; j < c->peers[i].n_allowed && !rc; j++) {
			struct cidr net = c->peers[i].allowed[j];

			cidr_mask(&net);
			rc = net.len ? x->w->p->route_add(&net, x->end->tun, NULL, e) :
				       route_all(x, &net, e);
			/* The network of its own address leads there already. */
			if (rc == -EEXIST)
				rc = 0;
		}
	}
	return rc;
}

static int set_up_here(void *ctx, struct err *e)
{
	struct at_end *x = ctx;
	const struct platform_ops *p = x->w->p;
	const struct conf *c = x->end->conf;
	size_t i;
	int rc = 0;

	for (i = 0; i < c->n_addrs && !rc; i++)
		rc = p->addr_add(x->end->tun, &c->addrs[i], e);
	if (!rc && c->mtu > 0)
		rc = p->link_mtu(x->end->tun, (unsigned)c->mtu, e);
	if (!rc)
		rc = p->link_up(x->end->tun, true, e);
	return rc ? rc : add_routes(x, e);
}

struct of_end {
	struct lab_world *w;
	enum end end;
};

static int has_socket(void *ctx, bool *has, struct err *e)
{
	struct of_end *x = ctx;
	struct uapi_device *d;
	struct arena tmp;
	int rc;

	arena_init(&tmp);
	rc = lab_world_get(x->w, x->end, &tmp, &d, e);
	*has = !rc && d->listen_port != 0;
	arena_done(&tmp);
	return rc;
}

/* Until it has one: what is sent to a port that is still closed is repeated only after 5 s. */
static int wait_socket(struct lab_world *w, enum end i, struct err *e)
{
	struct of_end x = { w, i };
	bool has;
	int rc;

	rc = lab_wait(w->loop, SOCKET_MS * NS_PER_MS, LOOK_US * NS_PER_US, has_socket, &x, &has, e);
	/* Then it has one by the time it answers. */
	return rc == -ETIMEDOUT ? 0 : rc;
}

static bool wanted(enum end i, enum end only)
{
	return only == END_COUNT || i == only;
}

int lab_world_start(struct lab_world *w, enum end only, struct err *e)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < END_COUNT && !rc; i++)
		if (wanted((enum end)i, only))
			rc = begin(w, &w->end[i], e);
	for (i = 0; i < END_COUNT && !rc; i++)
		if (wanted((enum end)i, only))
			rc = wait_ready(&w->end[i], e);
	for (i = END_COUNT; i-- > 0 && !rc;) {
		struct at_end x = { .w = w, .end = &w->end[i] };

		if (!wanted((enum end)i, only))
			continue;
		rc = configure(w, (enum end)i, e);
		if (!rc)
			rc = lab_world_in(w, x.end->node, set_up_here, &x, e);
		if (!rc)
			rc = wait_socket(w, (enum end)i, e);
	}
	return rc;
}
