/*
 * Building it is a matter of namespaces only; no engine and no key is involved. The engines
 * come second, side by side, since most of the time is spent waiting for them.
 *
 * An engine's UDP socket opens some time after its link came up. An initiation sent to a
 * port that is still closed is repeated no sooner than after 5 s, so nothing may be sent
 * before. An engine tells by its listen_port: with none set it is zero until the socket is
 * open. Therefore the links come up first, and the port is set in a second `set`, which
 * returns when the socket is bound to it. One that does not bear a second `set` (set_once) has
 * its socket when it answers the first.
 */
#include "lab/self_tunnel.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/draw.h"
#include "lab/near_tun.h"
#include "lab/self_ask.h"
#include "lab/self_config.h"
#include "lab/wait.h"
#include "sys/netns_call.h"

enum {
	TUN_MTU = 1420,
	SOCKET_TIMEOUT_MS = 500,
	WIRE_TIMEOUT_MS = 3000,
	LOOK_US = 1000,
};

/* --- build ---------------------------------------------------------------- */

void self_tunnel_draw(struct self_end *ends, uint64_t seed)
{
	static const char letter[END_COUNT] = { [END_NEAR] = 'n', [END_FAR] = 'f' };
	struct ip_addr outer[2], inner4[2], inner6[2];
	struct self_end *end;
	struct draw d;
	uint16_t port[2];
	unsigned tag;
	int i;

	draw_init(&d, seed);
	draw_outer4(&d, outer);
	draw_inner4(&d, inner4);
	draw_inner6(&d, inner6);
	draw_ports(&d, port);
	tag = (unsigned)draw_below(&d, 0x10000);
	for (i = 0; i < END_COUNT; i++) {
		end = &ends[i];
		end->outer = outer[i];
		end->inner4 = inner4[i];
		end->inner6 = inner6[i];
		end->port = port[i];
		snprintf(end->tun, sizeof(end->tun), "wgd%04x%c", tag, letter[i]);
		snprintf(end->veth, sizeof(end->veth), "wgw%04x%c", tag, letter[i]);
	}
}

struct end_of {
	struct self_tunnel *t;
	struct self_end *end;
};

static int set_up_wire(void *ctx, struct err *e)
{
	struct end_of *x = ctx;
	struct cidr c = { x->end->outer, 24 };
	int rc;

	rc = x->t->p->addr_add(x->end->veth, &c, e);
	return rc ? rc : x->t->p->link_up(x->end->veth, true, e);
}

/* A namespace whose lo has no ::1 has no IPv6: not built in, or switched off. */
static int look_for_ip6(void *ctx, struct err *e)
{
	struct end_of *x = ctx;
	struct sys_addr *addrs;
	struct arena tmp;
	bool found = false;
	size_t n, i;
	int rc;

	arena_init(&tmp);
	rc = x->t->p->addrs(&tmp, &addrs, &n, e);
	for (i = 0; !rc && i < n; i++)
		found = found || addrs[i].addr.addr.family == FAMILY_IP6;
	arena_done(&tmp);
	if (!rc && !found)
		memset(&x->end->inner6, 0, sizeof(x->end->inner6));
	return rc;
}

struct wire {
	struct self_tunnel *t;
	bool *running;
};

static int look_at_wire(void *ctx, struct err *e)
{
	struct wire *x = ctx;
	struct sys_link *links;
	struct arena tmp;
	size_t n, i;
	int rc;

	arena_init(&tmp);
	rc = x->t->p->links(&tmp, &links, &n, e);
	for (i = 0; !rc && i < n; i++)
		if (!strcmp(links[i].name, x->t->end[END_NEAR].veth))
			*x->running = links[i].running;
	arena_done(&tmp);
	return rc;
}

static int is_running(void *ctx, bool *running, struct err *e)
{
	struct wire x = { ctx, running };

	return self_tunnel_in(x.t, END_NEAR, look_at_wire, &x, e);
}

/*
 * The end that came up first, without a carrier, drops what is sent until the kernel has
 * noticed that there is one now; it does so in its own time.
 */
static int wait_wire(struct self_tunnel *t, struct err *e)
{
	bool running;
	int rc = lab_wait(t->loop, WIRE_TIMEOUT_MS * NS_PER_MS, LOOK_US * NS_PER_US, is_running, t,
			  &running, e);

	return rc || running ? rc :
			       err_say(e, ETIMEDOUT, "%s has no carrier", t->end[END_NEAR].veth);
}

/* Shows that there is a tun device at all; otherwise it would look like the engine's fault. */
static int try_tun(void *ctx, struct err *e)
{
	struct end_of *x = ctx;
	struct sys_tun tun = { .watch_fd = -1 };
	int rc;

	rc = x->t->p->tun_open(x->end->tun, &tun, e);
	if (!rc)
		close(tun.fd);
	return rc;
}

static int in_each(struct self_tunnel *t, int (*fn)(void *ctx, struct err *e), struct err *e)
{
	int i, rc = 0;

	for (i = 0; i < END_COUNT && !rc; i++) {
		struct end_of x = { t, &t->end[i] };

		rc = self_tunnel_in(t, (enum end)i, fn, &x, e);
	}
	return rc;
}

static int build(struct self_tunnel *t, struct err *e)
{
	const struct platform_ops *p = t->p;
	struct self_end *near = &t->end[END_NEAR], *far = &t->end[END_FAR];
	struct end_of x = { t, near };
	int rc;

	rc = p->isolate(&t->isolation, e);
	if (rc)
		return rc;
	t->isolated = true;
	rc = p->netns_get(&t->host_netns, e);
	if (!rc)
		rc = p->netns_new(&near->netns, e);
	if (!rc)
		rc = p->netns_new(&far->netns, e);
	if (!rc)
		rc = p->veth_add(near->netns, near->veth, far->netns, far->veth, e);
	if (!rc)
		rc = in_each(t, set_up_wire, e);
	if (!rc)
		rc = in_each(t, look_for_ip6, e);
	if (!rc)
		rc = self_tunnel_in(t, END_NEAR, try_tun, &x, e);
	if (!rc)
		rc = wait_wire(t, e);
	return rc;
}

int self_tunnel_build(const struct self_conf *c, const struct platform_ops *p, struct loop *l,
		      struct arena *a, struct self_tunnel **out, struct err *e)
{
	struct self_tunnel *t = arena_alloc(a, sizeof(*t));
	int rc, i;

	if (!p->isolate || !p->netns_new || !p->veth_add)
		return err_say(e, EOPNOTSUPP, "%s has no network namespaces", p->name);
	t->p = p;
	t->loop = l;
	t->arena = a;
	t->mtu = TUN_MTU;
	t->host_netns = -1;
	for (i = 0; i < END_COUNT; i++) {
		t->end[i].netns = -1;
		t->end[i].ops = c->engine[i];
	}
	self_tunnel_draw(t->end, c->seed);
	rc = build(t, e);
	if (rc < 0) {
		self_tunnel_free(t, NULL);
		return rc;
	}
	*out = t;
	return 0;
}

int self_tunnel_in(struct self_tunnel *t, enum end end, int (*fn)(void *ctx, struct err *e),
		   void *ctx, struct err *e)
{
	return netns_call(t->p, t->end[end].netns, t->host_netns, fn, ctx, e);
}

/* --- start ---------------------------------------------------------------- */

/* What failed because we have run out of something is no finding about the engine. */
static int unless_ours(int rc, struct engine_facts *f)
{
	if (err_is_shortage(rc))
		f->start_error = f->answer_error = NULL;
	return rc;
}

static int begin(struct self_tunnel *t, const struct self_conf *c, enum end i, struct facts *f,
		 struct err *e)
{
	struct self_end *end = &t->end[i];
	struct engine_conf ec = {
		.ops = end->ops,
		.program = c->program[i],
		.ifname = end->tun,
		.netns = end->netns,
		.extra_args = i == END_NEAR ? c->near_args : NULL,
	};

	if (i == END_NEAR && c->near_tun != NEAR_TUN_OWN)
		return near_tun_begin(t, c->near_tun, &ec, &f->engine[i], e);
	return unless_ours(
		engine_begin(&ec, t->p, t->loop, t->arena, &end->engine, &f->engine[i], e),
		&f->engine[i]);
}

/* A failed engine_wait has ended the engine already. */
static int wait_ready(struct self_tunnel *t, const struct self_conf *c, enum end i, struct facts *f,
		      struct err *e)
{
	int rc = engine_wait(t->end[i].engine, c->start_timeout_ms, &f->engine[i], e);

	if (rc < 0)
		t->end[i].engine = NULL;
	return unless_ours(rc, &f->engine[i]);
}

static int set_up_tun(void *ctx, struct err *e)
{
	struct end_of *x = ctx;
	const struct platform_ops *p = x->t->p;
	int rc;

	rc = p->link_mtu(x->end->tun, x->t->mtu, e);
	return rc ? rc : p->link_up(x->end->tun, true, e);
}

/* The other end's addresses are routes, as wg-quick makes them from AllowedIPs. */
static int set_up_inner(void *ctx, struct err *e)
{
	struct end_of *x = ctx;
	const struct platform_ops *p = x->t->p;
	const struct self_end *end = x->end;
	const struct self_end *other = &x->t->end[end == x->t->end ? END_FAR : END_NEAR];
	struct cidr own4 = { end->inner4, 32 }, own6 = { end->inner6, 128 };
	struct cidr other4 = { other->inner4, 32 }, other6 = { other->inner6, 128 };
	int rc;

	rc = p->addr_add(end->tun, &own4, e);
	if (!rc)
		rc = p->route_add(&other4, end->tun, NULL, e);
	if (!rc && end->inner6.family)
		rc = p->addr_add(end->tun, &own6, e);
	if (!rc && end->inner6.family)
		rc = p->route_add(&other6, end->tun, NULL, e);
	return rc;
}

struct listener {
	struct self_tunnel *t;
	enum end end;
};

static int has_socket(void *ctx, bool *has, struct err *e)
{
	struct listener *x = ctx;
	struct uapi_device *d;
	struct arena tmp;
	int rc;

	arena_init(&tmp);
	rc = self_ask_get(x->t, x->end, &tmp, &d, e);
	*has = !rc && d->listen_port != 0;
	arena_done(&tmp);
	return rc;
}

/* Until the engine has a socket. One that does not show it by its port is not waited for long. */
static int wait_socket(struct self_tunnel *t, enum end i, struct err *e)
{
	struct listener x = { t, i };
	bool has;

	return lab_wait(t->loop, SOCKET_TIMEOUT_MS * NS_PER_MS, LOOK_US * NS_PER_US, has_socket, &x,
			&has, e);
}

static int set(struct self_tunnel *t, enum end i, const struct buf *text, struct err *e)
{
	int rc = self_ask_set(t, i, text, e);

	return rc < 0 && e ? err_prefix(e, "set") : rc;
}

static int configure(struct self_tunnel *t, enum end i, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text);
	if (t->end[i].ops->set_once)
		uapi_put_number(&text, UAPI_LISTEN_PORT, t->end[i].port);
	self_config_peer(t, i, &text);
	rc = set(t, i, &text, e);
	buf_clear(&text);
	if (!rc)
		rc = wait_socket(t, i, e);
	if (!rc && !t->end[i].ops->set_once) {
		uapi_put_number(&text, UAPI_LISTEN_PORT, t->end[i].port);
		rc = set(t, i, &text, e);
	}
	buf_wipe_done(&text);
	return rc;
}

/* What the engine says it was told. */
static int verify(struct self_tunnel *t, enum end i, struct engine_facts *f, struct err *e)
{
	int64_t asked_ns = loop_now(t->loop);
	struct uapi_device *d;
	int rc;

	rc = self_ask_get(t, i, t->arena, &d, e);
	if (rc < 0)
		return rc;
	f->answer_ns = loop_now(t->loop) - asked_ns;
	f->config_difference = self_config_difference(t, i, d, t->arena);
	f->configured = !f->config_difference;
	return 0;
}

static int talk_to(struct self_tunnel *t, enum end i, struct facts *f, struct err *e)
{
	int rc;

	rc = configure(t, i, e);
	if (!rc)
		rc = verify(t, i, &f->engine[i], e);
	if (rc < 0 && rc != -EINTR)
		f->engine[i].answer_error = arena_strdup(t->arena, e->text);
	return unless_ours(rc, &f->engine[i]);
}

static int start(struct self_tunnel *t, const struct self_conf *c, struct facts *f, struct err *e)
{
	int i, rc = 0;

	for (i = 0; i < END_COUNT && !rc; i++)
		rc = begin(t, c, (enum end)i, f, e);
	for (i = 0; i < END_COUNT && !rc; i++)
		rc = wait_ready(t, c, (enum end)i, f, e);
	if (!rc)
		rc = in_each(t, set_up_tun, e);
	for (i = 0; i < END_COUNT && !rc; i++)
		rc = talk_to(t, (enum end)i, f, e);
	if (!rc)
		rc = in_each(t, set_up_inner, e);
	return rc;
}

/* If an engine died meanwhile, that is what to say, not which call noticed it. */
static void why_not(struct self_tunnel *t, enum end i, enum need need, struct facts *f,
		    struct err *e)
{
	struct engine_facts *ef = &f->engine[i];
	struct err why = { 0 };
	const char *says;

	if (t->end[i].engine && engine_gone(t->end[i].engine, &why) < 0 &&
	    !engine_refused(t->end[i].engine, NULL)) {
		ef->answer_error = arena_strdup(t->arena, why.text);
		*e = why;
	}
	says = ef->start_error ? ef->start_error : ef->answer_error;
	facts_gap(f, need, says ? says : arena_strdup(t->arena, e->text), NULL);
}

int self_tunnel_start(struct self_tunnel *t, const struct self_conf *c, struct facts *f,
		      struct err *e)
{
	static const enum need need[END_COUNT] = { NEED_ENGINE, NEED_ENGINE_FAR };
	struct err own = { 0 };
	int i, rc;

	e = e ? e : &own;
	facts_have(f, NEED_ENGINE_START);
	self_config_keys(t);
	rc = start(t, c, f, e);
	self_config_wipe(t);
	for (i = 0; i < END_COUNT; i++) {
		if (rc < 0)
			why_not(t, (enum end)i, need[i], f, e);
		else
			facts_have(f, need[i]);
	}
	return rc;
}

int self_tunnel_keepalive(struct self_tunnel *t, const struct self_conf *c, struct err *e)
{
	struct self_end *near = &t->end[END_NEAR];
	struct buf text;
	int rc;

	if (!c->near_keepalive_s)
		return 0;
	near->keepalive_s = c->near_keepalive_s;
	buf_init(&text);
	self_config_keepalive(t, END_NEAR, &text);
	rc = set(t, END_NEAR, &text, e);
	buf_done(&text);
	return rc;
}

/* --- free ----------------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void self_tunnel_stop(struct self_tunnel *t, struct facts *f)
{
	int i;

	for (i = 0; i < END_COUNT; i++) {
		engine_stop(t->end[i].engine, t->arena, f ? &f->engine[i] : NULL);
		t->end[i].engine = NULL;
		t->end[i].keepalive_s = 0;
	}
}

void self_tunnel_free(struct self_tunnel *t, struct facts *f)
{
	int i;

	if (!t)
		return;
	self_tunnel_stop(t, f);
	for (i = 0; i < END_COUNT; i++)
		close_fd(&t->end[i].netns);
	close_fd(&t->host_netns);
	if (t->isolated)
		t->p->isolate_end(&t->isolation);
	t->isolated = false;
	self_config_wipe(t);
}
