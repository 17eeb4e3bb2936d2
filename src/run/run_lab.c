/*
 * A fault in the lab's network, looked at as a user would: at the interface that is up, at the
 * other end's, or from the configuration file. Whoever looks is told nothing of what was made.
 */
#include <errno.h>
#include <unistd.h>

#include "gather/gather_resolve.h"
#include "run/run_lab_far.h"
#include "run/run_priv.h"
#include "sys/loop.h"

struct lab_run {
	const struct run_conf *conf;
	const struct run_lab *lab;
	struct lab_world *world;
	struct arena *arena;
	struct facts *f;
};

/* --- the configuration file ------------------------------------------------------------ */

struct resolving {
	const struct conf *conf;
	struct intended_facts *to;
	struct arena *arena;
};

/* As whoever reads the file now would; what has no address has none then either. */
static int resolve_here(void *ctx, struct err *e)
{
	struct resolving *x = ctx;
	struct ip_addr literal;
	size_t i;

	for (i = 0; i < x->conf->n_peers; i++) {
		const struct conf_peer *p = &x->conf->peers[i];
		struct intended_peer *to = &x->to->peers[i];

		if (!p->host || ip_addr_parse(p->host, &literal))
			continue;
		to->n_resolved = 0;
		if (gather_resolve(p->host, p->port, x->arena, &to->resolved, &to->n_resolved, e))
			to->n_resolved = 0;
	}
	return 0;
}

static int intend(struct lab_run *x, const struct lab_end *own, struct intended_facts **out,
		  struct err *e)
{
	struct intended_facts *t = arena_alloc(x->arena, sizeof(*t));
	struct resolving r = { own->conf, t, x->arena };
	static const struct conf_notes no_notes;

	conf_facts(own->conf, &no_notes, x->arena, t);
	t->file = arena_printf(x->arena, "%s.conf", own->tun);
	*out = t;
	return lab_world_in(x->world, own->node, resolve_here, &r, e);
}

/* --- from outside ---------------------------------------------------------------------- */

/* Whoever has a recording knows whose it is before he looks. */
static void know_far(const struct lab_world *w, enum end end, struct far_text *out)
{
	*out = (struct far_text){ .n_looks = 1, .last.has_private_key = 1 };
	if (!public_key_of(&w->end[end].conf->private_key, &out->last.own))
		out->last.has_private_key = UNKNOWN;
}

static int attach(struct lab_run *x, struct err *e)
{
	struct lab_world *w = x->world;
	struct lab_end *own = &w->end[x->lab->from_far ? END_FAR : END_NEAR];
	struct run_existing there = {
		.ifname = own->tun,
		.netns = w->netns[own->node],
		.pings = &w->ping,
		.n_pings = w->ping.family != FAMILY_NONE && !x->lab->from_far,
	};
	struct intended_facts *t;
	struct far_text who;
	int rc;

	if (x->lab->far_file) {
		know_far(w, x->lab->from_far ? END_NEAR : END_FAR, &who);
		there.far = &who;
	}
	if (x->lab->from_far && w->ping_from_far.family != FAMILY_NONE) {
		there.pings = &w->ping_from_far;
		there.n_pings = 1;
	}
	if (w->hidden && !x->lab->from_far)
		there.endpoint = w->listens;
	/* Who cannot get through goes on trying, while the far end is looked at. */
	if (x->lab->from_far && w->ping.family != FAMILY_NONE) {
		rc = lab_world_use(w, END_NEAR, &w->ping, e);
		if (rc < 0)
			return rc;
	}
	if (w->with_file) {
		rc = intend(x, own, &t, e);
		if (rc < 0)
			return rc;
		there.intended = t;
	}
	return run_attach(x->conf, &there, x->arena, x->f, e);
}

static int from_file(struct lab_run *x, struct err *e)
{
	struct lab_world *w = x->world;
	struct lab_end *own = &w->end[END_NEAR];
	struct intended_facts *intended;
	struct run_file file = {
		.conf = own->conf,
		.pings = &w->ping,
		.n_pings = w->ping.family != FAMILY_NONE,
	};
	struct far_text who;
	int rc = intend(x, own, &intended, e);

	if (rc < 0)
		return rc;
	if (x->lab->far_file) {
		know_far(w, END_FAR, &who);
		file.far = &who;
	}
	file.intended = intended;
	file.path = intended->file;
	rc = run_host_open(x->conf, w->netns[own->node], false, x->arena, &file.host, e);
	if (rc < 0)
		return rc;
	rc = run_file(x->conf, &file, x->arena, x->f, e);
	run_host_close(file.host, x->conf);
	if (w->p->netns_enter(w->host_netns, NULL) < 0)
		return err_say(e, EIO, "cannot leave the lab's network");
	return rc;
}

/* One fault, or two at once. */
struct scenes {
	const struct lab_scene *of[2];
	size_t n;
};

static void scenes_of(const struct lab_run *x, struct scenes *out)
{
	*out = (struct scenes){ .of = { x->conf->variant->scene }, .n = 1 };
	if (x->conf->and_variant)
		out->of[out->n++] = x->conf->and_variant->scene;
}

static int can_be_seen(const struct lab_run *x, const struct lab_variant *v, struct err *e)
{
	if (v && x->lab->from_file && !lab_can_be_file(v))
		return err_say(e, EOPNOTSUPP,
			       "it is there only in a tunnel that is up: --as interface");
	if (v && !x->lab->from_file && !lab_can_be_interface(v))
		return err_say(e, EOPNOTSUPP, "it is there only when one is brought up: --as file");
	return 0;
}

/* Each step of the one and of the other, so that both are made from the beginning. */
static int make_scenes(struct lab_run *x, const struct scenes *s, struct err *e)
{
	struct lab_world *w = x->world;
	bool session = false;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->n && !rc; i++) {
		session = session || s->of[i]->session;
		if (s->of[i]->before)
			rc = s->of[i]->before(w, e);
	}
	if (!rc)
		rc = lab_world_start(w, x->lab->from_file ? END_FAR : END_COUNT, e);
	if (!rc && session)
		rc = lab_world_session(w, END_NEAR, e);
	for (i = 0; i < s->n && !rc; i++)
		if (s->of[i]->after)
			rc = s->of[i]->after(w, e);
	/* Who looks at the other end does so because somebody here wants to use the tunnel. */
	if (!rc && x->lab->from_far && !session)
		rc = lab_world_talk(w, END_NEAR, e);
	return rc;
}

static int make(struct lab_run *x, struct err *e)
{
	const struct lab_world *w = x->world;
	struct scenes s;
	int rc;

	scenes_of(x, &s);
	rc = can_be_seen(x, x->conf->variant, e);
	if (!rc)
		rc = can_be_seen(x, x->conf->and_variant, e);
	if (!rc)
		rc = make_scenes(x, &s, e);
	if (!rc && w->made.len && x->conf->changed)
		x->conf->changed(x->conf->ctx, buf_str(&w->made));
	if (rc < 0 && x->conf->and_variant)
		return err_prefix(e, "make %s, %s, and %s, %s", x->conf->fault->name,
				  x->conf->variant->name, x->conf->and_fault->name,
				  x->conf->and_variant->name);
	return rc < 0 ? err_prefix(e, "make %s, %s", x->conf->fault->name, x->conf->variant->name) :
			0;
}

/* --- kept ------------------------------------------------------------------------------ */

static void say(const struct lab_run *x, const char *line)
{
	if (x->conf->notice)
		x->conf->notice(x->conf->ctx, RUN_MUST_KNOW, line);
}

/* Its namespaces have no names: they are reached through the descriptors of this process. */
static void how_to_enter(const struct lab_run *x)
{
	const struct lab_world *w = x->world;
	const struct lab_end *near = &w->end[END_NEAR];
	long pid = (long)getpid();
	const char *user = x->lab->root ? "" :
					  arena_printf(x->arena,
						       "--user=/proc/%ld/ns/user "
						       "--preserve-credentials ",
						       pid);
	unsigned i;

	for (i = 0; i < LAB_NODE_COUNT; i++)
		say(x, arena_printf(x->arena,
				    "%s: nsenter %s--mount=/proc/%ld/ns/mnt --net=/proc/%ld/fd/%d",
				    lab_node_str((enum lab_node)i), user, pid, pid, w->netns[i]));
	say(x, arena_printf(x->arena,
			    "the tunnel is %s at the client and %s at the server; "
			    "there: wgdiag check %s",
			    near->tun, w->end[END_FAR].tun, near->tun));
	say(x, "until Ctrl-C");
}

static int keep(struct lab_run *x, struct err *e)
{
	sigset_t old;
	int fd, rc = run_signal_open(&fd, &old, e);

	if (rc < 0)
		return rc;
	how_to_enter(x);
	loop_set_stop_fd(x->conf->loop, fd);
	loop_run(x->conf->loop, INT64_MAX, NULL, NULL);
	loop_set_stop_fd(x->conf->loop, -1);
	run_signal_close(fd, &old);
	return 0;
}

static int look(struct lab_run *x, struct err *e)
{
	if (x->lab->keep)
		return keep(x, e);
	return x->lab->from_file ? from_file(x, e) : attach(x, e);
}

/* With a recording of the far end, where there is one. */
static int look_with_far(struct lab_run *x, struct err *e)
{
	struct lab_far *far = NULL;
	int rc = 0;

	if (x->lab->far_file && !x->lab->keep)
		rc = lab_far_start(x->world, x->lab->from_far ? END_NEAR : END_FAR, &far, e);
	if (!rc)
		rc = look(x, e);
	if (!rc && far && !x->f->interrupted)
		rc = lab_far_end(far, x->arena, x->f, e);
	lab_far_stop(far);
	return rc;
}

static int build_and_run(struct lab_run *x, struct err *e)
{
	const struct run_conf *c = x->conf;
	struct lab_world_conf wc = {
		.engine = { c->engine, x->lab->far },
		.program = { c->program, x->lab->far_program },
		.seed = c->seed,
		.relay = c->variant->scene->relay,
	};
	int rc;

	if (!wc.relay && x->conf->and_variant)
		wc.relay = x->conf->and_variant->scene->relay;
	rc = lab_world_build(&wc, platform_get(), c->loop, x->arena, &x->world, e);
	if (rc < 0)
		return rc;
	rc = make(x, e);
	if (!rc)
		rc = look_with_far(x, e);
	x->f->target.lab = c->fault->name;
	x->f->target.lab_variant = c->variant->name;
	lab_world_free(x->world);
	return rc;
}

int run_lab(const struct run_conf *c, const struct run_lab *l, struct arena *a, struct facts *f,
	    struct err *e)
{
	struct run_conf inside = *c;
	struct lab_run x = { .conf = &inside, .lab = l, .arena = a, .f = f };
	int rc;

	inside.loop = loop_new(platform_get()->boot_ns);
	rc = build_and_run(&x, e);
	loop_free(inside.loop);
	return rc;
}

int run_lab_relay(const struct relay_conf *c, void (*ready)(void *ctx), void *ctx, struct err *e)
{
	const struct platform_ops *p = platform_get();
	struct loop *loop = loop_new(p->boot_ns);
	struct relay *r = NULL;
	sigset_t old;
	int fd, rc = run_signal_open(&fd, &old, e);

	if (!rc) {
		rc = relay_open(c, p, loop, &r, e);
		if (!rc)
			ready(ctx);
		loop_set_stop_fd(loop, fd);
		if (!rc)
			loop_run(loop, INT64_MAX, NULL, NULL);
		relay_close(r);
		run_signal_close(fd, &old);
	}
	loop_free(loop);
	return rc;
}
