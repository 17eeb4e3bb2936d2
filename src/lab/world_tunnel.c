/*
 * The tunnel across the lab's network, as `wg-quick up` would make it at each end.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/wg_ask.h"
#include "lab/world.h"
#include "sys/sockaddr.h"

enum {
	START_MS = 5000,
	ASK_MS = 2000,
	SOCKET_MS = 2000, /* of an engine that opens it some time after its link came up */
	SESSION_MS = 8000, /* a lost initiation is repeated after 5 s, plus 1/3 s */
	EVERY_MS = 20,
	USE_MS = 150,
	USED_MS = 1500,
	LOOK_US = 1000,
	DISCARD_PORT = 9,

};

struct at_end {
	struct lab_world *w;
	struct lab_end *end;
	struct arena *a;
	struct uapi_device *device;
	const struct buf *text;
	int fd;
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

	return wg_ask_set(x->w->p, wg_ask_via(x->end->ops), x->end->tun, ASK_MS, x->text, e);
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

/* Until it has one: what is sent to a port that is still closed is repeated only after 5 s. */
static int wait_socket(struct lab_world *w, enum end i, struct err *e)
{
	int64_t until = loop_now(w->loop) + SOCKET_MS * NS_PER_MS;
	struct uapi_device *d;
	struct arena tmp;
	bool open = false;
	int rc;

	for (;;) {
		arena_init(&tmp);
		rc = lab_world_get(w, i, &tmp, &d, e);
		open = !rc && d->listen_port != 0;
		arena_done(&tmp);
		if (rc < 0 || open || loop_now(w->loop) >= until)
			return rc;
		rc = lab_world_pause(w, LOOK_US * NS_PER_US, e);
		if (rc < 0)
			return rc;
	}
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

/* --- a session ----------------------------------------------------------------------- */

static int open_socket(void *ctx, struct err *e)
{
	struct at_end *x = ctx;
	const struct lab_end *other = &x->w->end[x->end == x->w->end ? END_FAR : END_NEAR];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT) };

	memcpy(&to.sin_addr, other->inner4.b, sizeof(to.sin_addr));
	x->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->fd < 0)
		return err_sys(e, "socket");
	return connect(x->fd, (struct sockaddr *)&to, sizeof(to)) < 0 ?
		       err_sys(e, "connect through the tunnel") :
		       0;
}

static int has_session(struct lab_world *w, enum end end, bool *has, struct err *e)
{
	struct uapi_device *d;
	struct arena tmp;
	size_t i;
	int rc;

	arena_init(&tmp);
	rc = lab_world_get(w, end, &tmp, &d, e);
	for (i = 0; !rc && i < d->n_peers; i++)
		*has = *has || uapi_peer_handshake_ns(&d->peers[i]) != 0;
	arena_done(&tmp);
	return rc;
}

int lab_world_session(struct lab_world *w, enum end end, struct err *e)
{
	int64_t until = loop_now(w->loop) + SESSION_MS * NS_PER_MS;
	struct at_end x = { .w = w, .end = &w->end[end], .fd = -1 };
	bool has = false;
	int rc = lab_world_in(w, x.end->node, open_socket, &x, e);

	while (!rc && !has) {
		/* One that cannot be sent is followed by others. */
		(void)send(x.fd, "", 1, 0);
		rc = lab_world_pause(w, EVERY_MS * NS_PER_MS, e);
		if (!rc)
			rc = has_session(w, end, &has, e);
		if (!rc && !has && loop_now(w->loop) >= until)
			rc = err_say(e, ETIMEDOUT, "no session came about in the lab");
	}
	if (x.fd >= 0)
		close(x.fd);
	return rc;
}

/* --- in use -------------------------------------------------------------------------- */

struct using {
	struct lab_world *w;
	const struct ip_addr *to;
};

static int use_here(void *ctx, struct err *e)
{
	struct using *x = ctx;
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(x->to, DISCARD_PORT, &sa);

	x->w->use_fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->w->use_fd < 0)
		return err_sys(e, "socket");
	return connect(x->w->use_fd, (struct sockaddr *)&sa, len) < 0 ?
		       err_sys(e, "connect through the tunnel") :
		       0;
}

static void on_use(void *ctx)
{
	struct lab_world *w = ctx;

	/* What was said of the last one is nobody's concern. */
	if (send(w->use_fd, "", 1, 0) < 0)
		(void)send(w->use_fd, "", 1, 0);
	w->use_timer = loop_add_timer(w->loop, loop_now(w->loop) + USE_MS * NS_PER_MS, on_use, w);
}

int lab_world_use(struct lab_world *w, enum end end, const struct ip_addr *to, struct err *e)
{
	struct using x = { w, to };
	int64_t until = loop_now(w->loop) + USED_MS * NS_PER_MS;
	int rc = lab_world_in(w, w->end[end].node, use_here, &x, e);
	bool has = false;

	if (!rc)
		on_use(w);
	/* Where none comes about that is the fault, or follows of it. */
	while (!rc && !has && loop_now(w->loop) < until) {
		rc = lab_world_pause(w, EVERY_MS * NS_PER_MS, e);
		if (!rc)
			rc = has_session(w, end, &has, e);
	}
	return rc;
}
