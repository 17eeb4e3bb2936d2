/*
 * Does the engine answer on its socket, say what was set, and live to the end?
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "loss/settled.h"

/* As waitpid gave it. */
static const char *death(struct arena *a, int64_t status)
{
	if (status & 0x7f)
		return arena_printf(a, "killed by signal %d", (int)(status & 0x7f));
	return arena_printf(a, "exit status %d", (int)(status >> 8 & 0xff));
}

/* A userspace engine takes its port when its link comes up, and tells only its log. */
static struct finding *judge_port(const struct facts *facts, struct findings *out)
{
	const struct engine_facts *g = &facts->engine[END_NEAR];
	const struct tap_facts *t = &facts->taps[TAP_NEAR_WIRE];
	int64_t port =
		facts->have & NEED_BIT(NEED_CONFIG) ? facts->config[END_NEAR].listen_port : UNKNOWN;
	struct finding *f;

	/* A log that the user gave tells of another time; and it may have got one later. */
	if (g->log_file || g->log_says[ENGINE_LOG_PORT] < 1 || port < 1 ||
	    (facts->have & NEED_BIT(NEED_TAP_NEAR_WIRE) && loss_messages(t, TAP_OUT) > 0))
		return NULL;
	f = finding_add(out, STATE_FAIL,
			"it could not have its UDP port %lld, as its log says: nothing can be sent",
			(long long)port);
	finding_fix(out, f, "another program has that port: end it, or take another ListenPort",
		    "%sss -uanp 'sport = :%lld'", words_inside(out->arena, facts),
		    (long long)port);
	return f;
}

/* Stopped by a signal or a debugger; waiting for the disk; ended, and not waited for. */
static const char *state_words(const char *state)
{
	switch (state ? state[0] : 0) {
	case 'T':
	case 't':
		return "stopped";
	case 'D':
		return "stuck in the kernel";
	case 'Z':
		return "dead";
	default:
		return NULL;
	}
}

static void fix_silent(const struct facts *facts, struct findings *out, struct finding *f)
{
	const struct engine_facts *g = &facts->engine[END_NEAR];

	if (g->pid == UNKNOWN)
		finding_fix(out, f, "look for its process, end it, and start it again",
			    "ss -xlp | grep -e %s", words_shell(out->arena, facts->target.name));
	else if (g->process_state && (g->process_state[0] == 'T' || g->process_state[0] == 't'))
		finding_fix(out, f, "let it go on; if it stops again, look for who stops it",
			    "kill -CONT %lld", (long long)g->pid);
	else
		finding_fix(out, f, "end it, and start it again as it was started",
			    "kill %lld; sleep 1; kill -KILL %lld", (long long)g->pid,
			    (long long)g->pid);
}

static struct finding *judge_silent(const struct facts *facts, enum end end, struct findings *out)
{
	const struct engine_facts *g = &facts->engine[end];
	const char *state = state_words(g->process_state);
	struct finding *f;

	if (g->silent && state)
		f = finding_add(out, STATE_FAIL, "its process %lld is %s; %s", (long long)g->pid,
				state, g->answer_error);
	else
		f = finding_add(out, STATE_FAIL, "%s%s", end == END_NEAR ? "" : "far end: ",
				g->answer_error);
	if (!g->silent || end == END_FAR)
		return f;
	finding_sign(f, SIGN_ENGINE_SILENT);
	fix_silent(facts, out, f);
	return f;
}

static struct finding *judge_end(const struct facts *facts, enum end end, struct findings *out)
{
	const struct engine_facts *g = &facts->engine[end];
	const char *who = end == END_NEAR ? "" : "far end: ";
	struct finding *f;

	if (g->answer_error)
		return judge_silent(facts, end, out);
	if (g->start_error)
		return finding_add(out, STATE_SKIP, "%sit did not start", who);
	if (g->exit_status != UNKNOWN) {
		f = finding_add(out, STATE_FAIL, "%sdied during the run: %s", who,
				death(out->arena, g->exit_status));
		if (end == END_NEAR)
			finding_sign(f, SIGN_ENGINE_GONE);
		finding_fix(out, f,
			    "its last words, which -v shows, may say why; try another engine",
			    "wgdiag engines");
		return f;
	}
	if (g->config_difference)
		return finding_add(out, STATE_FAIL, "%sdoes not show what was set: %s", who,
				   g->config_difference);
	if (g->answer_ns == UNKNOWN)
		return finding_add(out, STATE_UNSURE, "%sit was not asked", who);
	if (!g->configured)
		return finding_add(out, STATE_UNSURE,
				   "%sanswers in %s; what was set was not read back", who,
				   words_time(out->arena, g->answer_ns));
	return NULL;
}

/* How it was started is not for us to know; most often wg-quick did it. */
static void fix_gone(const struct facts *facts, const char *remedy, struct findings *out,
		     struct finding *f)
{
	const char *name = words_shell(out->arena, facts->target.name);

	finding_fix(out, f, arena_printf(out->arena, "%s. If it was wg-quick's:", remedy),
		    "ip link del dev %s; wg-quick up %s", name, name);
}

/* Its program may be one that embeds an engine: how that is started is not for us to know. */
static struct finding *judge_gone(const struct facts *facts, struct findings *out)
{
	struct finding *f = finding_add(out, STATE_FAIL,
					"the engine is gone: %s has no carrier, so no program has "
					"the device open",
					facts->target.name);

	finding_sign(f, SIGN_ENGINE_GONE);
	fix_gone(facts, "start it again: the program whose tunnel it is", out, f);
	return f;
}

/* It left its socket. Nothing of it is deleted: who does that is told how. */
static struct finding *judge_stale(const struct facts *facts, struct findings *out)
{
	const char *path = facts->engine[END_NEAR].stale_socket;
	bool gone = tunnel_is_left_alone(facts);
	const char *remedy;
	struct finding *f;

	if (gone)
		f = finding_add(
			out, STATE_FAIL,
			"the engine is gone: nobody listens on %s, which it left, and nobody "
			"has the device open",
			path);
	else
		f = finding_add(
			out, STATE_WARN,
			"nobody listens on %s: the engine has ended or lost its socket, and is "
			"judged from outside",
			path);
	remedy = arena_printf(
		out->arena, "%s; nothing was deleted: `rm %s` is safe while nobody listens",
		gone ? "start it again" : "restart the program whose engine it is", path);
	f->remedy = remedy;
	if (gone) {
		finding_sign(f, SIGN_ENGINE_GONE);
		fix_gone(facts, remedy, out, f);
	}
	return f;
}

/* One that runs already: nothing was set, and it need not have a socket. */
static struct finding *judge_attached(const struct facts *facts, struct findings *out)
{
	const struct engine_facts *g = &facts->engine[END_NEAR];

	if (g->answer_error)
		return judge_silent(facts, END_NEAR, out);
	if (g->stale_socket)
		return judge_stale(facts, out);
	if (facts->have & NEED_BIT(NEED_ENGINE))
		return finding_add(out, STATE_PASS, "answered in %s",
				   words_time(out->arena, g->answer_ns));
	if (facts->target.kind == TARGET_OPAQUE && tunnel_is_left_alone(facts))
		return judge_gone(facts, out);
	if (facts->target.kind == TARGET_OPAQUE)
		return finding_add(out, STATE_NA, "it has no control socket");
	return finding_gap(out, facts, NEED_ENGINE);
}

static void because(struct findings *out, struct finding *f, const struct engine_facts *g,
		    enum end end)
{
	struct evidence *ev;

	ev = finding_because(out, f, "engine", words_end(end), "%s",
			     g->configured ? "get shows what was set" :
					     "get was not seen to show what was set");
	evidence_ms(ev, end == END_NEAR ? "answer_ms" : "far_answer_ms", g->answer_ns);
	evidence_count(ev, end == END_NEAR ? "exit_status" : "far_exit_status", g->exit_status);
	if (f->state == STATE_FAIL && g->log_tail[0])
		finding_because(out, f, "log", words_end(end), "%s", g->log_tail);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct engine_facts *near = &ctx->facts->engine[END_NEAR];
	const struct engine_facts *far = &ctx->facts->engine[END_FAR];
	enum target_kind kind = ctx->facts->target.kind;
	bool attached = kind == TARGET_INTERFACE || kind == TARGET_OPAQUE;
	bool far_was_tried = far->start_error || far->start_ns != UNKNOWN;
	struct finding *f;

	f = attached ? judge_attached(ctx->facts, out) : judge_end(ctx->facts, END_NEAR, out);
	if (!f)
		f = judge_port(ctx->facts, out);
	if (!f && far_was_tried)
		f = judge_end(ctx->facts, END_FAR, out);
	if (!f)
		f = finding_add(out, STATE_PASS, "get answered in %s, shows what was set",
				words_time(out->arena, near->answer_ns));
	because(out, f, near, END_NEAR);
	if (far_was_tried)
		because(out, f, far, END_FAR);
	f->duration_ns = near->answer_ns;
}

static const char *const after[] = { "engine.start", NULL };

const struct check check_engine_answers = {
	.id = "engine.answers",
	.title = "engine answers",
	.layer = LAYER_ENGINE,
	.needs = NEED_BIT(NEED_ENGINE_START),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_ENGINE_FAR) |
		 NEED_BIT(NEED_CONFIG),
	.after = after,
	.run = run,
};
