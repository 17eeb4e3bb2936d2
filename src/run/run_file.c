/*
 * A tunnel from a configuration file: brought up on this host, run on as on one that was there,
 * and taken down.
 *
 * The name of an endpoint may have several addresses, and engines know only one. So when there is
 * no handshake with it, all begins anew with the next; what is judged is the run on the first one
 * that answers, or on the last.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <net/if.h>

#include "base/str.h"
#include "engine/uapi_client.h"
#include "gather/gather.h"
#include "run/run_attach_priv.h"
#include "run/run_debug.h"
#include "sys/drop_watch.h"

enum { ASK_MS = 500 };

void run_notice(const struct run *r, enum run_weight w, const char *fmt, ...)
{
	const struct run_conf *c = r->conf;
	char text[512];
	va_list ap;

	if (!c->notice)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->notice(c->ctx, w, text);
}

/* --- who watches ------------------------------------------------------------------- */

static void tell_undone(const struct run_conf *c, const char *whose, const struct undo_result *u)
{
	char text[768];
	unsigned i;

	if (!c->notice)
		return;
	for (i = 0; i < MIN(u->n_failed, (unsigned)ARRAY_LEN(u->failed)); i++) {
		snprintf(text, sizeof(text), "%s was not undone: %s; by hand: %s", whose,
			 u->failed[i].what, u->failed[i].command);
		c->notice(c->ctx, RUN_MUST_KNOW, text);
	}
}

int run_host_open(const struct run_conf *c, int netns, bool hooks, struct arena *a,
		  struct run_host **out, struct err *e)
{
	const struct platform_ops *p = platform_get();
	struct run_host *h = arena_alloc(a, sizeof(*h));
	struct undo_result left = { 0 };
	int rc = 0;

	if (netns >= 0)
		rc = p->netns_enter(netns, e);
	if (!rc)
		rc = supervisor_start(&h->supervisor, hooks, &left, e);
	h->reaper = (struct reaper){ .pid = -1, .fd = -1 };
	if (!rc && !c->engine->in_kernel) {
		rc = reaper_start(&h->reaper, e);
		if (rc < 0)
			supervisor_undo_all(&h->supervisor, &left, NULL);
	}
	if ((rc == -EPERM || rc == -EACCES || rc == -EROFS) && geteuid() != 0)
		err_remedy(e, "run as root: an interface, its addresses and routes are made");
	if (rc < 0)
		return rc;
	h->drops = run_drops_watch(c, p, a);
	h->debug = run_debug_open(c, a);
	if (left.n_done && c->notice)
		c->notice(c->ctx, RUN_TOLD, "undid what a run that was killed had left");
	tell_undone(c, "what a run that was killed had left", &left);
	*out = h;
	return 0;
}

void run_host_close(struct run_host *h, const struct run_conf *c)
{
	struct undo_result u;
	struct err e = { 0 };

	if (platform_get()->drop_watch)
		platform_get()->drop_watch->close(h->drops);
	run_debug_close(h->debug);
	reaper_end(&h->reaper);
	if (supervisor_undo_all(&h->supervisor, &u, &e) < 0 && !u.n_failed && c->notice)
		c->notice(c->ctx, RUN_MUST_KNOW, e.text);
	tell_undone(c, "a change", &u);
}

/* --- which engine ------------------------------------------------------------------ */

const struct engine_ops *run_engine_auto(struct arena *a, const char **why)
{
	const struct platform_ops *p = platform_get();
	const struct engine_ops *ops = engine_ops_find("kernel");
	const char *unused;
	struct err e;

	if (ops && p->wg_module && p->wg_module(a, &unused, &e) >= 0) {
		*why = "it is in this kernel";
		return ops;
	}
	ops = engine_ops_find("wireguard-go");
	if (engine_program(ops, a, &unused, &e) == 0) {
		*why = "this kernel has no WireGuard";
		return ops;
	}
	*why = "this kernel has no WireGuard, and there is no wireguard-go";
	return engine_ops_find("builtin");
}

#define RUN_MADE_UP "wgd"
enum { MADE_UP_DIGITS = 5 };

bool run_file_is_made_up(const char *name)
{
	size_t len = strlen(RUN_MADE_UP);

	return !strncmp(name, RUN_MADE_UP, len) && strlen(name) == len + MADE_UP_DIGITS &&
	       strspn(name + len, "0123456789abcdef") == MADE_UP_DIGITS;
}

/* --- which name -------------------------------------------------------------------- */

/* What wg-quick(8) takes for a name: ours may not be stricter or laxer. */
/* Linux has settings for all links and for new ones under these names, and so no link of them. */
static bool is_reserved(const char *name, size_t len)
{
	return (len == 3 && !strncmp(name, "all", len)) ||
	       (len == 7 && !strncmp(name, "default", len));
}

bool run_file_name(const char *path, char out[static SYS_IFNAME_SIZE])
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_=+.-";
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len > 5 && !strcmp(base + len - 5, ".conf"))
		len -= 5;
	if (len == 0 || len >= SYS_IFNAME_SIZE || strspn(base, may) < len ||
	    strspn(base, ".") >= len || is_reserved(base, len))
		return false;
	snprintf(out, SYS_IFNAME_SIZE, "%.*s", (int)len, base);
	return true;
}

/*
 * Neither a link nor a socket, alive or not: that one is somebody's. Claimed first, or two runs
 * could both find that there is none.
 */
static bool take(struct supervisor *s, const char *name, struct arena *a)
{
	struct stat st;

	return supervisor_claim(s, name) && !if_nametoindex(name) &&
	       lstat(uapi_socket_path(name, a), &st) < 0;
}

static const char *choose_name(struct run *r, const struct run_file *x)
{
	char name[SYS_IFNAME_SIZE];
	struct supervisor *s = &x->host->supervisor;
	uint64_t seed = r->conf->seed;
	bool own = run_file_name(x->path, name);

	if (own && take(s, name, r->arena))
		return arena_strdup(r->arena, name);
	r->f->target.wanted_name = own ? arena_strdup(r->arena, name) : "";
	do {
		snprintf(name, sizeof(name), RUN_MADE_UP "%0*x", MADE_UP_DIGITS,
			 (unsigned)(seed++ & 0xfffff));
	} while (!take(s, name, r->arena));
	if (own)
		run_notice(r, RUN_TOLD, "%s is in use here: called %s for this run",
			   r->f->target.wanted_name, name);
	else
		run_notice(r, RUN_TOLD, "%s is no name of an interface: called %s for this run",
			   x->path, name);
	return arena_strdup(r->arena, name);
}

/* --- is it up? ---------------------------------------------------------------------- */

static bool has_key(const struct platform_ops *p, const char *name, const struct public_key *k,
		    struct arena *a)
{
	static const enum wg_via ways[] = { WG_VIA_KERNEL, WG_VIA_SOCKET };
	struct uapi_device *d;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(ways); i++)
		if (wg_ask_get(p, ways[i], name, ASK_MS, a, &d, &e) == 0)
			return d->has_private_key && public_key_equal(&d->public_key, k);
	return false;
}

/* The interface of this namespace that runs with the file's key, or NULL. */
static const char *is_up_as(const struct run_file *x, struct arena *a)
{
	const struct platform_ops *p = platform_get();
	const char **names;
	struct err e;
	size_t n, i;

	if (!x->intended->has_private_key || gather_wireguard_names(p, a, &names, &n, &e) < 0)
		return NULL;
	for (i = 0; i < n; i++)
		if (has_key(p, names[i], &x->intended->own, a))
			return names[i];
	return NULL;
}

/* --- one address after the other ------------------------------------------------------ */

static void note_try(struct attach *x, struct tried_facts *tried)
{
	const struct run *r = &x->r;

	tried[x->up->n_tried] = (struct tried_facts){
		.to = { .addr = r->end[END_FAR].outer, .port = r->end[END_FAR].port },
		.complete = r->f->handshake.complete,
		.waited_ns = r->f->handshake.waited_ns,
	};
}

static int each_address(struct attach *x, struct err *e)
{
	struct tried_facts *tried = arena_alloc(x->r.arena, RUN_ADDRESSES_MAX * sizeof(*tried));
	struct facts *f = x->r.f, at_start = *f;
	struct attach as_was = *x;
	int rc;

	for (;;) {
		rc = run_attach_steps(x, e);
		if (rc < 0)
			return rc;
		note_try(x, tried);
		if (!x->again)
			break;
		run_tried_look(&x->r, &tried[x->up->n_tried]);
		run_taps_close(&x->r);
		rc = run_up_point(x->up, &x->r.end[END_FAR].public_key, e);
		/* Of the address before there is a report, which tells this too. */
		if (rc < 0 && f->engine[END_NEAR].answer_error) {
			run_fill_gaps(f, "its engine refused the next address of the endpoint");
			break;
		}
		if (rc < 0)
			return rc;
		as_was.r.home_netns = x->r.home_netns;
		as_was.r.deadline_ns += RUN_ADDRESS_S * NS_PER_S + x->up->hooks_ns;
		x->up->hooks_ns = 0;
		*x = as_was;
		*f = at_start;
	}
	if (x->up->n_tried) {
		f->tried = tried;
		f->n_tried = x->up->n_tried + 1;
	}
	return 0;
}

/* --- the run -------------------------------------------------------------------------- */

static struct endpoint *first_addresses(const struct run_file *x, struct arena *a)
{
	const struct intended_facts *t = x->intended;
	struct endpoint *to = arena_alloc(a, (x->conf->n_peers + 1) * sizeof(*to));
	size_t i;

	for (i = 0; i < t->n_peers; i++)
		if (t->peers[i].n_resolved)
			to[i] = t->peers[i].resolved[0];
	return to;
}

static void describe(struct run_up *u)
{
	struct run *r = u->r;
	struct target_facts *t = &r->f->target;

	/* What to type next names the file, also when nothing came up. */
	r->f->intended = *u->file->intended;
	facts_have(r->f, NEED_INTENDED);
	t->name = u->ifname;
	t->probed_routes_only = !u->file->full_routes;
	t->engine_version =
		engine_version(r->conf->engine, r->conf->program, r->p, r->loop, r->arena);
	if (r->conf->engine != engine_ops_find("builtin"))
		t->program = r->conf->program;
	run_notice(r, RUN_TOLD,
		   "another device that uses this key loses its session while this runs");
	run_up_tell_hooks(u);
}

/* 0 when there is something to judge. */
static int up_and_run(struct attach *x, struct err *e)
{
	struct run *r = &x->r;
	int rc;

	run_tell(r, RUN_STEP_START, arena_printf(r->arena, "starting %s", r->conf->engine->name));
	rc = run_up_pre(x->up, e);
	x->up->hooks_ns = 0;
	if (!rc)
		rc = run_up_begin(x->up, e);
	if (rc < 0 && run_interrupted(r)) {
		run_forget_start(r->f);
		return 0;
	}
	if (rc < 0 && !run_engine_failed(r->f))
		return rc;
	if (rc < 0) {
		facts_have(r->f, NEED_ENGINE_START);
		run_fill_gaps(r->f, r->f->engine[END_NEAR].start_error ?
					    "the engine did not start" :
					    "the engine was not ready");
		return 0;
	}
	return each_address(x, e);
}

/* What is asked of it, once it is an interface. */
static struct run_existing as_existing(const struct run_file *x, const char *ifname)
{
	return (struct run_existing){
		.ifname = ifname,
		.netns = -1,
		.pings = x->pings,
		.n_pings = x->n_pings,
		.peer = x->peer,
		.require = x->require,
		.far = x->far,
		.far_addr = x->far_addr,
		.far_got = x->far_got,
		.intended = x->intended,
	};
}

static int bring_up(const struct run_conf *c, const struct run_file *file, struct arena *a,
		    struct facts *f, struct err *e)
{
	struct attach *x = arena_alloc(a, sizeof(*x));
	struct run_up *u = arena_alloc(a, sizeof(*u));
	struct run_existing *made = arena_alloc(a, sizeof(*made));
	int rc = run_open(&x->r, c, a, f, e);

	if (rc < 0)
		return rc;
	f->target = (struct target_facts){ .kind = TARGET_CONFIG, .engine = c->engine->name };
	f->target.by_command = c->engine->words != NULL;
	*u = (struct run_up){
		.r = &x->r,
		.file = file,
		.ifname = choose_name(&x->r, file),
		.to = first_addresses(file, a),
	};
	*made = as_existing(file, u->ifname);
	x->conf = made;
	x->up = u;
	x->r.drops = file->host->drops;
	x->r.debug = file->host->debug;
	/* Its first handshake may be the engine's own doing. */
	if (c->engine->in_kernel)
		run_debug_start(&x->r, u->ifname);
	else
		run_debug_not_kernel(&x->r);
	run_attach_plan(&x->r);
	describe(u);
	rc = up_and_run(x, e);
	run_tell(&x->r, RUN_STEP_CLEAN, "cleaning up");
	run_attach_end(x);
	run_up_pre_down(u);
	run_ahead_settle(u);
	run_up_end(u);
	run_up_post_down(u);
	run_host_close(file->host, c);
	run_ahead_tell(u);
	run_close(&x->r);
	return rc;
}

int run_file(const struct run_conf *c, const struct run_file *x, struct arena *a, struct facts *f,
	     struct err *e)
{
	const char *up = is_up_as(x, a);
	struct run_existing there = as_existing(x, up);
	char text[256];

	if (!up || x->force)
		return bring_up(c, x, a, f, e);
	there.psks = conf_psk_digests(x->conf, a);
	conf_wipe(x->conf);
	snprintf(text, sizeof(text),
		 "%s is up as %s: attaching to it (--force brings up another with the same key)",
		 x->path, up);
	if (c->notice)
		c->notice(c->ctx, RUN_TOLD, text);
	if (c->notice && x->run_hooks)
		c->notice(c->ctx, RUN_MUST_KNOW, "no hook is run, since it is up already");
	return run_attach(c, &there, a, f, e);
}
