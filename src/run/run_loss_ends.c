/*
 * What ends the probes of `wgdiag loss` before their count: a signal, the Enter key, or the end of
 * a command that the user wants to be watched. On SIGQUIT it says how far it is, as ping does.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/echo.h"
#include "run/run_up.h"

enum { LOOK_MS = 20, END_MS = 2000 };

struct run_loss_ends {
	struct run *r;
	struct echo *echo;
	int quit_fd; /* SIGQUIT; -1: none */
	sigset_t old;
	pid_t child; /* 0: none, or it ended */
	unsigned timer;
	bool enter; /* it is waited for */
};

static void on_quit(void *ctx, short revents)
{
	struct run_loss_ends *x = ctx;
	struct signalfd_siginfo s;
	struct ping_facts p;

	(void)revents;
	while (read(x->quit_fd, &s, sizeof(s)) > 0)
		;
	echo_facts(x->echo, &p, NULL);
	run_notice(x->r, RUN_MUST_KNOW, "%lld sent, %lld answered, %lld late, after %.1f s",
		   (long long)p.sent, (long long)p.received, (long long)p.late,
		   (double)p.elapsed_ns / 1e9);
}

static void open_quit(struct run_loss_ends *x)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, &x->old);
	x->quit_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (x->quit_fd >= 0)
		loop_add_fd(x->r->loop, x->quit_fd, POLLIN, on_quit, x);
}

/* A line, or that no more can come. */
static void on_enter(void *ctx, short revents)
{
	struct run_loss_ends *x = ctx;
	char c = '\n';
	ssize_t n = read(STDIN_FILENO, &c, 1);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && c != '\n')
		return;
	loop_del_fd(x->r->loop, STDIN_FILENO);
	x->enter = false;
	echo_stop(x->echo);
}

static void on_timer(void *ctx)
{
	struct run_loss_ends *x = ctx;
	int status;

	x->timer = 0;
	if (waitpid(x->child, &status, WNOHANG) == 0) {
		x->timer = loop_add_timer(x->r->loop, loop_now(x->r->loop) + LOOK_MS * NS_PER_MS,
					  on_timer, x);
		return;
	}
	x->child = 0;
	echo_stop(x->echo);
}

static int begin_command(struct run_loss_ends *x, struct err *e)
{
	const struct sys_spawn s = {
		.argv = x->r->conf->loss.command,
		.netns = -1,
		.out_fd = STDERR_FILENO, /* standard output is the report's */
		.keep_fd = -1,
	};
	int rc = x->r->p->spawn(&s, &x->child, e);

	if (rc < 0) {
		x->child = 0;
		return rc;
	}
	on_timer(x);
	return 0;
}

static bool command_ended(void *ctx)
{
	const struct run_loss_ends *x = ctx;

	return !x->child;
}

/* Whatever it still does was for this. */
static void end_command(struct run_loss_ends *x)
{
	struct loop *l = x->r->loop;

	if (!x->child)
		return;
	kill(x->child, SIGTERM);
	if (loop_run(l, loop_now(l) + END_MS * NS_PER_MS, command_ended, x) == 0)
		return;
	kill(x->child, SIGKILL);
	waitpid(x->child, NULL, 0);
	x->child = 0;
}

int run_loss_ends_open(struct run *r, struct echo *echo, struct run_loss_ends **out, struct err *e)
{
	struct run_loss_ends *x;
	int rc = 0;

	*out = NULL;
	if (!r->conf->loss.count || r->loss_began)
		return 0;
	/* Of the first round only: what comes after it has its own length. */
	r->loss_began = true;
	x = arena_alloc(r->arena, sizeof(*x));
	x->r = r;
	x->echo = echo;
	open_quit(x);
	if (r->conf->loss.until_enter) {
		x->enter = true;
		loop_add_fd(r->loop, STDIN_FILENO, POLLIN, on_enter, x);
	}
	if (r->conf->loss.command)
		rc = begin_command(x, e);
	if (rc < 0)
		run_loss_ends_close(x);
	else
		*out = x;
	return rc;
}

void run_loss_ends_close(struct run_loss_ends *x)
{
	struct loop *l;

	if (!x)
		return;
	l = x->r->loop;
	end_command(x);
	if (x->timer)
		loop_del_timer(l, x->timer);
	if (x->enter)
		loop_del_fd(l, STDIN_FILENO);
	if (x->quit_fd >= 0) {
		loop_del_fd(l, x->quit_fd);
		close(x->quit_fd);
	}
	sigprocmask(SIG_SETMASK, &x->old, NULL);
}
