/*
 * The life of an engine as a child: started, asked until it answers, listened to, ended.
 *
 * While it starts, a timer looks every few milliseconds whether it still lives, whether its
 * socket answers and whether its tun is there. Nothing else may be relied on: engines of
 * others print what they like, and tell nobody when they are ready.
 */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/engine_list.h"
#include "engine/engine_whose.h"
#include "engine/log_ring.h"
#include "engine/uapi_client.h"

enum {
	LOOK_FIRST_US = 1000,
	LOOK_MOST_US = 5000,
	ANSWER_TIMEOUT_MS = 1000, /* a healthy engine takes less than one */
	BAD_ANSWER_MS = 300, /* so long an engine that just started may answer nonsense */
	SLOW_ANSWER_MS = 3500, /* or nothing at all: on a busy machine it has yet to come so far */
	TERM_TIMEOUT_MS = 500,
	REAPER_TIMEOUT_MS = REAPER_TERM_MS + REAPER_KILL_MS + 500,
	KILL_TIMEOUT_MS = 2000, /* longer only in a system call that cannot be interrupted */
};

static const char own_name[] = "wgdiag engine: "; /* before what our own has to say */

enum phase { PHASE_STARTING, PHASE_READY, PHASE_DIED, PHASE_BAD_ANSWER, PHASE_TAKEN };

struct engine {
	const struct engine_ops *ops;
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	char ifname[SYS_IFNAME_SIZE];
	int netns;
	struct reaper *reaper;
	enum reaper_of listener; /* on its socket, at the last look */

	pid_t pid;
	int status; /* valid when reaped */
	bool reaped, ended_by_us;
	int log_fd; /* -1 after its end */
	struct log_ring log;

	enum phase phase;
	unsigned timer;
	int64_t look_us; /* until the next look */
	int64_t begun_ns, ready_ns, bad_answer_ns, not_ours_ns;
	struct err why; /* what the last look found missing */
};

/* --- its log -------------------------------------------------------------- */

static void log_close(struct engine *g)
{
	if (g->log_fd < 0)
		return;
	loop_del_fd(g->loop, g->log_fd);
	close(g->log_fd);
	g->log_fd = -1;
}

/* At most so much at a time: an engine may print faster than we read. */
static void log_read(struct engine *g)
{
	char chunk[4096];
	int rounds = 16;
	ssize_t n, i;

	while (g->log_fd >= 0 && rounds--) {
		n = read(g->log_fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		for (i = 0; i < n; i++)
			log_ring_byte(&g->log, chunk[i]);
		if (n <= 0)
			log_close(g);
	}
}

static void on_log(void *ctx, short revents)
{
	(void)revents;
	log_read(ctx);
}

/* --- is it alive? --------------------------------------------------------- */

pid_t engine_pid(const struct engine *g)
{
	return g->pid;
}

bool engine_alive(struct engine *g)
{
	pid_t got;

	if (g->ops->in_kernel)
		return engine_link_look(g->p, g->netns, g->ifname, NULL) != -ENODEV;
	if (g->reaped)
		return false;
	do
		got = waitpid(g->pid, &g->status, WNOHANG);
	while (got < 0 && errno == EINTR);
	g->reaped = got == g->pid;
	return !g->reaped;
}

int engine_gone(struct engine *g, struct err *e)
{
	const char *words, *colon;
	bool killed;

	if (engine_alive(g))
		return 0;
	if (g->ops->in_kernel)
		return err_say(e, ECHILD, "the interface %s is gone", g->ifname);
	log_read(g);
	words = log_ring_last(&g->log);
	colon = words ? ": " : "";
	killed = WIFSIGNALED(g->status);
	return err_say(e, ECHILD, "%s %s %d%s%s", g->ops->name,
		       killed ? "was killed by signal" : "exited with status",
		       killed ? WTERMSIG(g->status) : WEXITSTATUS(g->status), colon,
		       words ? words : "");
}

bool engine_refused(struct engine *g, struct err *e)
{
	const char *words;

	if (!g->ops->tells_refusal || engine_alive(g))
		return false;
	if (WIFSIGNALED(g->status) && WTERMSIG(g->status) == SIGSYS) {
		err_say(e, ECHILD, "start engine %s: killed for a system call", g->ops->name);
		err_remedy(e, "a seccomp filter does that: run wgdiag outside it");
		return true;
	}
	if (!WIFEXITED(g->status) || WEXITSTATUS(g->status) != ENGINE_EXIT_REFUSED)
		return false;
	log_read(g);
	words = log_ring_last(&g->log);
	if (words && str_has_prefix(words, own_name))
		words += strlen(own_name);
	err_say(e, ECHILD, "start engine %s: %s", g->ops->name,
		words ? words : "this machine refuses what it needs");
	return true;
}

/* --- the start ------------------------------------------------------------ */

/* What there is of an answer was wrong. It may get better, but not for long. */
static void bad_answer(struct engine *g, int64_t asked_ns, int64_t may_last_ms)
{
	if (!g->bad_answer_ns)
		g->bad_answer_ns = asked_ns;
	if (loop_now(g->loop) - g->bad_answer_ns > may_last_ms * NS_PER_MS)
		g->phase = PHASE_BAD_ANSWER;
}

static void taken(struct engine *g, const char *by)
{
	err_say(&g->why, EADDRINUSE, "start engine %s: %s while it started: left alone",
		g->ops->name, by);
	g->phase = PHASE_TAKEN;
}

/* Ours may be about to go, or its tun to come, so it is looked at again. */
static void not_ours(struct engine *g)
{
	if (!g->not_ours_ns)
		g->not_ours_ns = loop_now(g->loop);
	err_say(&g->why, EADDRINUSE, "the interface %s is not of %s", g->ifname, g->ops->name);
	if (loop_now(g->loop) - g->not_ours_ns > BAD_ANSWER_MS * NS_PER_MS)
		taken(g, arena_printf(g->arena, "somebody else made the interface %s", g->ifname));
}

/* It is the reason also when ours ended by it. */
static void taken_by_listener(struct engine *g)
{
	taken(g,
	      arena_printf(g->arena, "%s began to listen on %s", engine_other(g->ifname, g->arena),
			   uapi_socket_path(g->ifname, g->arena)));
}

static bool may_ask(void *ctx, pid_t pid)
{
	struct engine *g = ctx;

	g->listener = g->reaper ? reaper_whose(g->reaper, pid) : REAPER_OURS;
	return g->listener != REAPER_OTHERS;
}

static void look(struct engine *g)
{
	int64_t asked_ns = loop_now(g->loop);
	struct uapi_device *d;
	struct arena tmp;
	int rc;

	if (engine_gone(g, &g->why) < 0) {
		g->phase = PHASE_DIED;
		if (g->reaper && engine_listener(g->reaper, g->ifname) == REAPER_OTHERS)
			taken_by_listener(g);
		return;
	}
	arena_init(&tmp);
	g->listener = REAPER_OURS;
	rc = uapi_get_from(g->ifname, ANSWER_TIMEOUT_MS, may_ask, g, &tmp, &d, &g->why);
	if (g->listener == REAPER_OTHERS) {
		taken_by_listener(g);
	} else if (rc == -ENOENT || rc == -ECONNREFUSED) {
		err_prefix(&g->why, "%s is not ready", g->ops->name);
	} else if (rc < 0) {
		bad_answer(g, asked_ns, rc == -ETIMEDOUT ? SLOW_ANSWER_MS : BAD_ANSWER_MS);
	} else if (d->errno_) {
		err_code(&g->why, d->errno_, "get of %s", g->ifname);
		bad_answer(g, asked_ns, BAD_ANSWER_MS);
	} else if (engine_link_look(g->p, g->netns, g->ifname, NULL) < 0) {
		err_say(&g->why, ENODEV, "%s answers, but there is no interface %s", g->ops->name,
			g->ifname);
	} else if (g->reaper && !engine_has_link(g->p, g->reaper, g->listener, g->ifname)) {
		not_ours(g);
	} else {
		g->ready_ns = loop_now(g->loop);
		g->phase = PHASE_READY;
	}
	arena_done(&tmp);
}

static void on_timer(void *ctx)
{
	struct engine *g = ctx;

	g->timer = 0;
	look(g);
	if (g->phase != PHASE_STARTING)
		return;
	g->timer = loop_add_timer(g->loop, loop_now(g->loop) + g->look_us * NS_PER_US, on_timer, g);
	g->look_us = MIN(g->look_us * 3 / 2, LOOK_MOST_US);
}

/* Its link is all there is of it, so it is ready at once. */
static int begin_in_kernel(struct engine *g, struct engine **out, struct engine_facts *facts,
			   struct err *e)
{
	struct err why = { 0 };
	int rc = engine_kernel_add(g->p, g->netns, g->ifname, &why);

	if (rc < 0) {
		facts->start_error =
			arena_printf(g->arena, "engine %s: %s", g->ops->name, why.text);
		facts->log_tail = "";
		facts->log_lines = 0;
		return err_say(e, rc, "%s", facts->start_error);
	}
	g->log_fd = -1;
	g->ready_ns = loop_now(g->loop);
	g->phase = PHASE_READY;
	*out = g;
	return 0;
}

/*
 * What an engine before it left is seen before it is replaced; the answers of one that runs would
 * be taken for this one's.
 */
static int look_before(struct engine *g, struct engine_facts *facts, struct err *e)
{
	int rc = uapi_look(g->ifname, ANSWER_TIMEOUT_MS, NULL);

	if (rc == -ECONNREFUSED)
		facts->stale_socket = uapi_socket_path(g->ifname, g->arena);
	if (rc == 0)
		return err_say(e, EADDRINUSE, "start engine %s: %s listens on %s already",
			       g->ops->name, engine_other(g->ifname, g->arena),
			       uapi_socket_path(g->ifname, g->arena));
	return 0;
}

int engine_begin(const struct engine_conf *c, const struct platform_ops *p, struct loop *l,
		 struct arena *a, struct engine **out, struct engine_facts *facts, struct err *e)
{
	struct engine *g = arena_alloc(a, sizeof(*g));
	struct err why = { 0 };
	bool exec_failed = false;
	int fd[2], rc;

	g->ops = c->ops;
	g->p = p;
	g->loop = l;
	g->arena = a;
	g->netns = c->netns;
	g->reaper = c->reaper;
	g->look_us = LOOK_FIRST_US;
	g->begun_ns = loop_now(l);
	snprintf(g->ifname, sizeof(g->ifname), "%s", c->ifname);
	if (c->ops->in_kernel)
		return begin_in_kernel(g, out, facts, e);
	rc = look_before(g, facts, e);
	if (rc < 0)
		return rc;
	rc = pipe(fd) < 0 ? err_sys(&why, "pipe") : 0;
	if (!rc) {
		fcntl(fd[0], F_SETFD, FD_CLOEXEC);
		fcntl(fd[1], F_SETFD, FD_CLOEXEC);
		fcntl(fd[0], F_SETFL, O_NONBLOCK);
		rc = engine_spawn(c, p, a, fd[1], &exec_failed, &g->pid, &why);
		close(fd[1]);
		if (rc < 0)
			close(fd[0]);
	}
	/* What this machine did not allow to us is not the engine's fault. */
	if (rc < 0 && (!exec_failed || (c->ops->tells_refusal && rc != -ENOENT)))
		return err_say(e, rc, "start engine %s: %s", c->ops->name, why.text);
	if (rc < 0) {
		facts->start_error = arena_printf(a, "engine %s: %s", c->ops->name, why.text);
		facts->log_tail = "";
		facts->log_lines = 0;
		return err_say(e, rc, "%s", facts->start_error);
	}
	g->log_fd = fd[0];
	loop_add_fd(l, g->log_fd, POLLIN, on_log, g);
	g->timer = loop_add_timer(l, g->begun_ns, on_timer, g);
	*out = g;
	return 0;
}

static bool not_starting(void *ctx)
{
	struct engine *g = ctx;

	return g->phase != PHASE_STARTING;
}

int engine_wait(struct engine *g, int timeout_ms, struct engine_facts *facts, struct err *e)
{
	int rc;

	rc = loop_run(g->loop, g->begun_ns + timeout_ms * NS_PER_MS, not_starting, g);
	if (g->phase == PHASE_READY) {
		facts->start_ns = g->ready_ns - g->begun_ns;
		return 0;
	}
	if (g->timer)
		loop_del_timer(g->loop, g->timer);
	if (g->phase == PHASE_DIED && engine_refused(g, e)) {
		engine_stop(g, g->arena, facts);
		return -ECHILD;
	}
	if (g->phase == PHASE_TAKEN) {
		rc = err_say(e, EADDRINUSE, "%s", g->why.text);
		engine_stop(g, g->arena, facts);
		return rc;
	}
	if (g->bad_answer_ns && g->phase != PHASE_DIED)
		facts->answer_error = arena_strdup(g->arena, g->why.text);
	else if (g->phase == PHASE_DIED)
		facts->start_error = arena_strdup(g->arena, g->why.text);
	else if (rc == -EINTR)
		facts->start_error = "interrupted";
	else
		facts->start_error = arena_printf(g->arena, "%s, %d ms after its start",
						  g->why.text, timeout_ms);
	rc = err_say(e, rc < 0 ? rc : g->why.code, "%s",
		     facts->start_error ? facts->start_error : facts->answer_error);
	engine_stop(g, g->arena, facts);
	return rc;
}

int engine_start(const struct engine_conf *c, const struct platform_ops *p, struct loop *l,
		 struct arena *a, int timeout_ms, struct engine **out, struct engine_facts *facts,
		 struct err *e)
{
	struct engine *g;
	int rc;

	rc = engine_begin(c, p, l, a, &g, facts, e);
	if (!rc)
		rc = engine_wait(g, timeout_ms, facts, e);
	if (!rc)
		*out = g;
	return rc;
}

/* --- the end -------------------------------------------------------------- */

struct goodbye {
	struct engine *g;
	struct loop *loop;
	bool gone;
};

static void look_whether_gone(void *ctx)
{
	struct goodbye *b = ctx;

	b->gone = !engine_alive(b->g);
	if (!b->gone)
		loop_add_timer(b->loop, loop_now(b->loop) + NS_PER_MS, look_whether_gone, b);
}

static bool is_gone(void *ctx)
{
	struct goodbye *b = ctx;

	return b->gone;
}

/*
 * In a loop of its own: after Ctrl-C the run's loop serves no more, and its other
 * descriptors can wait. The log is read meanwhile, or the engine might block on it.
 */
static void end_child(struct engine *g)
{
	struct loop *outer = g->loop, *l = loop_new(g->p->boot_ns);
	struct goodbye b = { .g = g, .loop = l };
	int term_ms = g->reaper ? REAPER_TIMEOUT_MS : TERM_TIMEOUT_MS;

	if (g->log_fd >= 0) {
		loop_del_fd(outer, g->log_fd);
		loop_add_fd(l, g->log_fd, POLLIN, on_log, g);
	}
	g->loop = l;
	g->ended_by_us = true;
	look_whether_gone(&b);
	if (!b.gone)
		kill(g->pid, SIGTERM);
	if (loop_run(l, loop_now(l) + term_ms * NS_PER_MS, is_gone, &b) < 0) {
		kill(g->pid, SIGKILL);
		loop_run(l, loop_now(l) + KILL_TIMEOUT_MS * NS_PER_MS, is_gone, &b);
	}
	log_close(g);
	loop_free(l);
	g->loop = outer;
}

void engine_stop(struct engine *g, struct arena *a, struct engine_facts *facts)
{
	bool died;

	if (!g)
		return;
	if (g->timer)
		loop_del_timer(g->loop, g->timer);
	if (g->ops->in_kernel) {
		engine_kernel_delete(g->p, g->netns, g->ifname);
		return;
	}
	died = !engine_alive(g) && !g->ended_by_us;
	log_read(g);
	if (facts) {
		facts->exit_status = died ? g->status : UNKNOWN;
		facts->log_tail = log_ring_tail(&g->log, a);
		facts->log_lines = log_ring_lines(&g->log);
		memcpy(facts->log_says, g->log.says, sizeof(facts->log_says));
	}
	if (g->reaped)
		log_close(g);
	else
		end_child(g);
}
