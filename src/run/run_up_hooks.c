/*
 * The hooks of the file, where the user asked for them: PreUp before there is an interface, PostUp
 * when it is up and routed to, PreDown while it still is, PostDown when it is gone.
 *
 * The Down hooks are written down before an Up hook begins, PostDown as the first of all steps and
 * PreDown as the last, so that the supervisor runs them in the right order also when this program
 * was killed. It runs none of them unless an Up hook began; where the file has none, unless its
 * tunnel was up.
 */
#include "run/run_up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	NO_LIMIT_S = 3600, /* the supervisor has its own */
	SHOWN_MAX = 120, /* bytes of a command, in a line that says more */
};

static const char *shown(const struct run_up *u, const char *command)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	conf_hook_show(command, &b);
	return arena_strdup(u->r->arena, buf_str(&b));
}

static void say(const struct run_up *u, const char *what, const char *command)
{
	const struct run_conf *c = u->r->conf;

	if (c->notice)
		c->notice(c->ctx, RUN_TOLD,
			  arena_printf(u->r->arena, "%s: %s", what, shown(u, command)));
}

static int step_of(const struct run_up *u, const struct conf_hook_line *h, struct undo_step *out,
		   struct err *e)
{
	const char *slash = strrchr(u->file->path, '/');
	CLEANUP(buf_done) struct buf b = { 0 };

	memset(out, 0, sizeof(*out));
	conf_hook_fill(h->text, u->ifname, &b);
	if (b.len >= sizeof(out->hook))
		return err_say(e, E2BIG, "%s: line %u: %s has %zu bytes, more than %zu",
			       u->file->path, h->line, conf_hook_str(h->hook), b.len,
			       sizeof(out->hook) - 1);
	out->kind = UNDO_HOOK;
	out->limit_ms = RUN_HOOK_S * 1000;
	memcpy(out->hook, buf_str(&b), b.len);
	snprintf(out->path, sizeof(out->path), "%s (line %u of %s)", conf_hook_str(h->hook),
		 h->line, slash ? slash + 1 : u->file->path);
	return 0;
}

/* --- one ------------------------------------------------------------------------------ */

struct wait {
	bool over;
};

static void on_answer(void *ctx, short revents)
{
	struct wait *w = ctx;

	(void)revents;
	w->over = true;
}

static bool is_over(void *ctx)
{
	const struct wait *w = ctx;

	return w->over;
}

/* The engine is served meanwhile. -EINTR: a signal came. */
static int serve(struct run_up *u)
{
	struct loop *l = u->r->loop;
	int fd = u->file->host->supervisor.fd, rc;
	int64_t from = loop_now(l);
	struct wait w = { false };

	loop_add_fd(l, fd, POLLIN, on_answer, &w);
	rc = loop_run(l, from + NO_LIMIT_S * NS_PER_S, is_over, &w);
	loop_del_fd(l, fd);
	u->hooks_ns += loop_now(l) - from;
	return rc;
}

static int failed(const struct run_up *u, const struct conf_hook_line *h, const char *command,
		  const struct hook_end *end, struct err *e)
{
	const char *text = shown(u, command);
	char words[HOOK_WORDS_SIZE];
	/* That there is no shell is no fault of the file. */
	int code = end->how == HOOK_STOPPED ? EINTR : end->how == HOOK_NOT_BEGUN ? EIO : ECANCELED;

	return err_say(e, code, "%s: line %u: %s %s: %.*s%s", u->file->path, h->line,
		       conf_hook_str(h->hook), hook_words(end, words), SHOWN_MAX, text,
		       strlen(text) > SHOWN_MAX ? " ..." : "");
}

static int run_one(struct run_up *u, const struct conf_hook_line *h, struct err *e)
{
	struct supervisor *s = &u->file->host->supervisor;
	struct undo_step step;
	struct hook_end end;
	int rc = step_of(u, h, &step, e);

	if (rc < 0)
		return rc;
	if (run_interrupted(u->r))
		return err_say(e, EINTR, "interrupted");
	say(u, arena_printf(u->r->arena, "running %s", conf_hook_str(h->hook)), step.hook);
	rc = supervisor_hook_begin(s, &step, e);
	if (rc < 0)
		return rc;
	if (serve(u) == -EINTR)
		supervisor_hook_stop(s);
	rc = supervisor_hook_end(s, &end, e);
	if (rc < 0)
		return rc;
	u->began |= end.how != HOOK_NOT_BEGUN;
	if (end.how == HOOK_EXITED && end.code == 0)
		return 0;
	rc = failed(u, h, step.hook, &end, e);
	/* The run goes on to its end then, and tells no error. */
	if (rc == -EINTR)
		run_notice(u->r, RUN_TOLD, "%s", e->text);
	return rc;
}

/* --- all of a kind -------------------------------------------------------------------- */

static size_t count(const struct run_up *u, enum conf_hook kind)
{
	const struct conf *c = u->file->conf;
	size_t i, n = 0;

	for (i = 0; i < c->n_hooks; i++)
		n += c->hooks[i].hook == kind;
	return n;
}

static int run_all(struct run_up *u, enum conf_hook kind, struct err *e)
{
	const struct conf *c = u->file->conf;
	int64_t before = u->hooks_ns;
	size_t i;
	int rc = 0;

	for (i = 0; i < c->n_hooks && !rc; i++)
		if (c->hooks[i].hook == kind)
			rc = run_one(u, &c->hooks[i], e);
	u->r->deadline_ns += u->hooks_ns - before;
	return rc;
}

/* Last first, as steps are undone. */
static int will_run_all(struct run_up *u, enum conf_hook kind, struct run_up_down *d, struct err *e)
{
	const struct conf *c = u->file->conf;
	struct undo_step step;
	size_t i;
	int rc = 0;

	d->first = u->file->host->supervisor.n;
	for (i = c->n_hooks; i-- > 0 && !rc;) {
		if (c->hooks[i].hook != kind)
			continue;
		rc = step_of(u, &c->hooks[i], &step, e);
		if (!rc)
			rc = run_up_will(u, &step, e);
		d->n += !rc;
	}
	return rc;
}

/* What else failed is tried again, and told, when all is undone. */
static void tell_failed(const struct run_up *u, const struct undo_result *r)
{
	unsigned i;

	for (i = 0; i < MIN(r->n_failed, (unsigned)ARRAY_LEN(r->failed)); i++)
		run_notice(u->r, RUN_MUST_KNOW, "%s; by hand: %s", r->failed[i].what,
			   r->failed[i].command);
}

static bool undo_to(struct run_up *u, unsigned n, struct undo_result *r)
{
	struct supervisor *s = &u->file->host->supervisor;

	memset(r, 0, sizeof(*r));
	if (supervisor_ask_undo(s, n, NULL) < 0)
		return false;
	serve(u);
	return supervisor_undone(s, r, NULL) == 0;
}

static void run_down(struct run_up *u, enum conf_hook kind, const struct run_up_down *d)
{
	const struct conf *c = u->file->conf;
	struct undo_step step;
	struct undo_result r;
	unsigned left = d->n;
	size_t i;

	if (!d->armed || !left || !undo_to(u, d->first + left, &r))
		return;
	for (i = 0; i < c->n_hooks && left; i++) {
		if (c->hooks[i].hook != kind || step_of(u, &c->hooks[i], &step, NULL) < 0)
			continue;
		say(u, arena_printf(u->r->arena, "running %s", conf_hook_str(kind)), step.hook);
		if (!undo_to(u, d->first + --left, &r))
			return;
		tell_failed(u, &r);
	}
}

/* --- when --------------------------------------------------------------------------------- */

int run_up_pre(struct run_up *u, struct err *e)
{
	const struct conf *c = u->file->conf;
	struct undo_step unused;
	size_t i;
	int rc = 0;

	if (!u->file->run_hooks)
		return 0;
	/* One that cannot be run is said before any is. */
	for (i = 0; i < c->n_hooks && !rc; i++)
		rc = step_of(u, &c->hooks[i], &unused, e);
	if (!rc)
		rc = will_run_all(u, CONF_POST_DOWN, &u->post_down, e);
	if (!rc)
		rc = run_all(u, CONF_PRE_UP, e);
	u->post_down.armed = u->began;
	return rc;
}

int run_up_post(struct run_up *u, struct err *e)
{
	int rc;

	if (!u->file->run_hooks)
		return 0;
	rc = will_run_all(u, CONF_PRE_DOWN, &u->pre_down, e);
	if (rc < 0)
		return rc;
	u->began = false;
	if (count(u, CONF_POST_UP)) {
		rc = run_all(u, CONF_POST_UP, e);
	} else {
		rc = supervisor_arm(&u->file->host->supervisor, e);
		u->began = !rc;
	}
	u->pre_down.armed = u->began;
	u->post_down.armed |= u->began;
	return rc;
}

void run_up_pre_down(struct run_up *u)
{
	run_down(u, CONF_PRE_DOWN, &u->pre_down);
}

void run_up_post_down(struct run_up *u)
{
	run_down(u, CONF_POST_DOWN, &u->post_down);
}

/* As they would be run. */
void run_up_tell_hooks(const struct run_up *u)
{
	const struct conf *c = u->file->conf;
	size_t i;

	for (i = 0; i < c->n_hooks && !u->file->run_hooks; i++) {
		CLEANUP(buf_done) struct buf b = { 0 };

		conf_hook_fill(c->hooks[i].text, u->ifname, &b);
		say(u,
		    arena_printf(u->r->arena, "%s is not run (line %u)",
				 conf_hook_str(c->hooks[i].hook), c->hooks[i].line),
		    buf_str(&b));
	}
}
