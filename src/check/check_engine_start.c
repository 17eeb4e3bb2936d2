/*
 * Does the engine start: is its tun there, and does its socket answer? Of the kernel's there is
 * only an interface.
 */
#include <string.h>

#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

static const char *engine_words(const struct target_facts *t, enum end end, struct arena *a)
{
	const char *version = facts_engine_version(t);

	if (end == END_FAR)
		return "builtin";
	return version ? arena_printf(a, "%s %s", t->engine, version) : t->engine;
}

static bool is_kernel(const struct target_facts *t, enum end end)
{
	return end == END_NEAR && !strcmp(t->engine, "kernel");
}

static void because(struct findings *out, struct finding *f, const struct target_facts *t,
		    const struct engine_facts *g, enum end end)
{
	const char *how = g->start_error	 ? g->start_error :
			  g->start_ns == UNKNOWN ? "never ready" :
			  is_kernel(t, end)	 ? "its interface was there" :
						   "tun and socket were there";
	struct evidence *ev;

	ev = finding_because(out, f, "engine", words_end(end), "%s: %s",
			     engine_words(t, end, out->arena), how);
	evidence_ms(ev, end == END_NEAR ? "start_ms" : "far_start_ms", g->start_ns);
	evidence_count(ev, end == END_NEAR ? "log_lines" : "far_log_lines", g->log_lines);
	if (g->stale_socket)
		finding_because(out, f, "engine", words_end(end),
				"%s of an engine that had ended lay there before", g->stale_socket);
	if (g->log_tail[0])
		finding_because(out, f, "log", words_end(end), "%s", g->log_tail);
}

/* What the machine lacks is put right there; of anything else the engine's own words tell more. */
static void fix(const struct target_facts *t, const struct engine_facts *g, struct findings *out,
		struct finding *f)
{
	const char *arg = t->name ? words_shell(out->arena, t->name) : "NAME";

	switch (g->lack) {
	case LACK_TUN:
		finding_fix(out, f,
			    "load the driver of the tun device; a container is given the device: "
			    "docker run --device /dev/net/tun --cap-add NET_ADMIN",
			    "modprobe tun; ls -l /dev/net/tun");
		return;
	case LACK_TUN_NODE:
		finding_fix(out, f,
			    "that is no tun device: put the node there; a container is given it "
			    "with --device and not with -v",
			    "rm -r /dev/net/tun; mkdir -p /dev/net; mknod /dev/net/tun c 10 200");
		return;
	case LACK_RIGHT:
		finding_fix(out, f,
			    "root here may not change networks: give the container CAP_NET_ADMIN "
			    "and the device, or a service CapabilityBoundingSet=CAP_NET_ADMIN",
			    "docker run --cap-add NET_ADMIN --device /dev/net/tun");
		return;
	case LACK_MODULE:
		finding_fix(out, f,
			    "load the kernel's WireGuard (after an update of the kernel: start "
			    "that one, or build the module for it), or take an engine that needs "
			    "none: wgdiag check --engine wireguard-go",
			    "modprobe wireguard; dkms status; uname -r");
		return;
	case LACK_UNTOLD:
		break;
	}
	if (t->program && !t->by_command)
		finding_fix(out, f, "run it in the foreground to see why", "%s -f %s", t->program,
			    arg);
}

static void not_ours(const struct facts *facts, struct findings *out)
{
	const struct target_facts *t = &facts->target;
	bool gone = t->kind == TARGET_OPAQUE && tunnel_is_left_alone(facts);
	struct finding *f =
		finding_add(out, STATE_NA, "%s%s%s%s",
			    gone ? "it is not this run's to start" : "it runs already",
			    t->kind == TARGET_OPAQUE && !gone ? ", inside another program" : "",
			    t->program ? ": " : "", t->program ? t->program : "");

	finding_because(out, f, "engine", "near", "%s", engine_words(t, END_NEAR, out->arena));
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct target_facts *t = &ctx->facts->target;
	const struct engine_facts *near = &ctx->facts->engine[END_NEAR];
	const struct engine_facts *far = &ctx->facts->engine[END_FAR];
	struct finding *f;

	if (t->kind == TARGET_INTERFACE || t->kind == TARGET_OPAQUE) {
		not_ours(ctx->facts, out);
		return;
	}
	if (near->start_error) {
		f = finding_add(out, STATE_FAIL, "%s", near->start_error);
		finding_sign(f, SIGN_ENGINE_NOT_STARTED);
		fix(t, near, out, f);
	} else if (near->start_ns == UNKNOWN && near->answer_error) {
		/* Whether its tun came up is asked only after it has answered. */
		f = finding_add(out, STATE_UNSURE, "%s runs, but was never ready", t->engine);
	} else if (near->start_ns == UNKNOWN) {
		f = finding_add(out, STATE_UNSURE, "%s: not seen to start", t->engine);
	} else if (far->start_error) {
		f = finding_add(out, STATE_FAIL, "far end: %s", far->start_error);
	} else {
		f = finding_add(out, STATE_PASS, "%s, %s after %s",
				engine_words(t, END_NEAR, out->arena),
				is_kernel(t, END_NEAR) ? "interface" : "tun and socket",
				words_time(out->arena, near->start_ns));
	}
	because(out, f, t, near, END_NEAR);
	if (far->start_error || far->start_ns != UNKNOWN)
		because(out, f, t, far, END_FAR);
	f->duration_ns = near->start_ns;
}

const struct check check_engine_start = {
	.id = "engine.start",
	.title = "engine starts",
	.layer = LAYER_ENGINE,
	.needs = NEED_BIT(NEED_ENGINE_START),
	.wants = NEED_BIT(NEED_LINKS),
	.run = run,
};
