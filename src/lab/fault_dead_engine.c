/*
 * The near engine ended or hangs, and left what it had: failure-modes.md, FM59.
 */
#include <signal.h>
#include <unistd.h>

#include "lab/faults.h"
#include "lab/wait.h"

enum { LOOK_NS = 1000 * 1000, ENDED_NS = 2 * 1000 * 1000 * 1000 };

static int keep_tun(void *ctx, struct err *e)
{
	struct lab_world *w = ctx;
	struct sys_tun tun;
	int rc = w->p->tun_open_as(w->end[END_NEAR].tun, false, &tun, e);

	if (rc < 0)
		return rc;
	rc = w->p->tun_keep(&tun, e);
	close(tun.fd);
	return rc;
}

/* Made before the engine, by `ip tuntap add` or a network manager: it outlives the engine. */
static int tun_first(struct lab_world *w, struct err *e)
{
	lab_told(w, "client: ip tuntap add %s mode tun", w->end[END_NEAR].tun);
	return lab_world_in(w, LAB_CLIENT, keep_tun, w, e);
}

static int hit(struct lab_world *w, int sig, const char *name, struct err *e)
{
	pid_t pid = engine_pid(w->end[END_NEAR].engine);

	lab_told(w, "client: kill -%s %ld, its engine", name, (long)pid);
	return kill(pid, sig) < 0 ? err_sys(e, "kill %ld", (long)pid) : 0;
}

static int has_ended(void *ctx, bool *has, struct err *e)
{
	(void)e;
	*has = !engine_alive(ctx);
	return 0;
}

static int killed(struct lab_world *w, struct err *e)
{
	bool ended;
	int rc = hit(w, SIGKILL, "KILL", e);

	return rc ? rc :
		    lab_wait(w->loop, ENDED_NS, LOOK_NS, has_ended, w->end[END_NEAR].engine, &ended,
			     e);
}

static int stopped(struct lab_world *w, struct err *e)
{
	return hit(w, SIGSTOP, "STOP", e);
}

static const struct lab_scene scene_killed = {
	.before = tun_first,
	.after = killed,
	.session = true,
	.near_only = true,
};
static const struct lab_scene scene_stopped = {
	.after = stopped,
	.session = true,
	.near_only = true,
};
static const struct lab_scene scene_never_used = {
	.after = stopped,
	.near_only = true,
};

static const struct lab_variant variants[] = {
	{ "killed", "the client's engine was killed, its tun and socket stay", NULL, NULL,
	  &scene_killed },
	{ "stopped", "the client's engine is stopped while it has a session", NULL, NULL,
	  &scene_stopped },
	{ "stopped-unused", "the client's engine is stopped, and was never used", NULL, NULL,
	  &scene_never_used },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_dead_engine = {
	.name = "dead-engine",
	.says = "this host's engine has ended or hangs",
	.side = "local",
	.variants = variants,
};
