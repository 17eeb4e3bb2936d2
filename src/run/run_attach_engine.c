/*
 * Whose engine it is that was found running, and of what version, where it can be known.
 */
#include <string.h>

#include "engine/uapi_client.h"
#include "run/run_attach_priv.h"

enum { ASK_MS = 1000, VERSION_MAX_LEN = 40 };

/* By the name of its program; our own has two. */
static const struct engine_ops *ops_of(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	size_t i;

	if (!strcmp(name, "wgdiag") || !strcmp(name, "wgdiag-engine"))
		return engine_ops_find("builtin");
	for (i = 0; engines[i]; i++)
		if (!strcmp(name, engines[i]->program))
			return engines[i];
	return NULL;
}

/* As the engine says of itself; what could be no version is none. */
static const char *told_version(const struct uapi_device *d)
{
	static const char of[] = "0123456789.-+abcdefghijklmnopqrstuvwxyz";
	const char *v = uapi_extra_text(d->extra, d->n_extra, "engine_version");
	size_t len = v ? strspn(v, of) : 0;

	return len > 0 && len <= VERSION_MAX_LEN && !v[len] ? v : NULL;
}

/*
 * Only a program that is known by its name is run for it, and only where it is the very one that
 * runs already.
 */
static const char *version_of(struct attach *x, const struct uapi_owner *o)
{
	const struct engine_ops *ops = x->r.end[END_NEAR].ops;

	if (!ops || ops == engine_ops_find("builtin"))
		return ops && x->device ? told_version(x->device) : NULL;
	return o->is_same ? engine_version(ops, o->program, x->r.p, x->r.loop, x->r.arena) : NULL;
}

struct asking_owner {
	struct attach *x;
	struct uapi_owner *out;
};

static int ask_owner(void *ctx, struct err *e)
{
	struct asking_owner *q = ctx;

	return uapi_owner(q->x->conf->ifname, ASK_MS, q->x->r.arena, q->out, e);
}

static void name_owner(struct attach *x)
{
	struct target_facts *t = &x->r.f->target;
	struct uapi_owner o;
	struct asking_owner q = { x, &o };
	const char *slash;
	struct err e;

	if (run_in(&x->r, END_NEAR, ask_owner, &q, &e) < 0)
		return;
	slash = strrchr(o.program, '/');
	x->r.end[END_NEAR].ops = ops_of(o.program);
	t->engine = x->r.end[END_NEAR].ops ? x->r.end[END_NEAR].ops->name :
		    slash		   ? slash + 1 :
					     o.program;
	t->program = o.program;
	if (!x->device) {
		x->r.f->engine[END_NEAR].pid = o.pid;
		x->r.f->engine[END_NEAR].process_state =
			o.state[0] ? arena_strdup(x->r.arena, o.state) : NULL;
	}
	t->engine_version = version_of(x, &o);
}

static void name_kernel(struct attach *x)
{
	struct target_facts *t = &x->r.f->target;

	t->engine = "kernel";
	t->engine_version =
		engine_version(engine_ops_find(t->engine), NULL, x->r.p, x->r.loop, x->r.arena);
}

void run_attach_name_engine(struct attach *x)
{
	enum wg_via via = x->r.end[END_NEAR].via;

	if (x->up)
		return;
	if (via == WG_VIA_KERNEL)
		name_kernel(x);
	if (via == WG_VIA_NONE)
		x->r.f->target.kind = TARGET_OPAQUE;
	if (via == WG_VIA_SOCKET)
		name_owner(x);
}
