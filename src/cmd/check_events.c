/*
 * The run is not to wait for who reads slowly: what a pipe has no room for is kept, and offered
 * again with the next line.
 */
#include "cmd/check_events.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/events.h"

enum { FEW = 64 }; /* of a terminal that we may not open anew */

void check_events_init(struct check_events *x)
{
	*x = (struct check_events){ .own = -1, .at_once = PIPE_BUF };
	buf_init(&x->waiting);
}

void check_events_done(struct check_events *x)
{
	if (x->own >= 0)
		close(x->own);
	buf_done(&x->waiting);
}

/*
 * A pipe that poll() calls writable takes PIPE_BUF at once (pipe(7)); a socket or a terminal only
 * something. O_NONBLOCK on standard output itself would be everybody's who shares it.
 */
static void look_at_output(struct check_events *x)
{
	struct stat st;

	x->socket = fstat(STDOUT_FILENO, &st) == 0 && S_ISSOCK(st.st_mode);
	if (x->socket || !isatty(STDOUT_FILENO))
		return;
	x->own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (x->own < 0)
		x->at_once = FEW;
}

static ssize_t write_some(const struct check_events *x, const char *b, size_t len, bool wait)
{
	if (x->socket && !wait)
		return send(STDOUT_FILENO, b, len, MSG_DONTWAIT);
	return write(x->own >= 0 && !wait ? x->own : STDOUT_FILENO, b, len);
}

/* Without the signal of a pipe that nobody reads: a run ends in order. */
static ssize_t write_quietly(const struct check_events *x, const char *b, size_t len, bool wait)
{
	const struct timespec now = { 0 };
	sigset_t pipe, old;
	ssize_t n;
	int error;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe, &old);
	n = write_some(x, b, len, wait);
	error = errno;
	if (n < 0 && error == EPIPE)
		sigtimedwait(&pipe, NULL, &now);
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return n;
}

static bool has_room(bool wait)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, wait ? -1 : 0) > 0;
}

static void flush(struct check_events *x, bool wait)
{
	size_t done = 0, most = wait ? PIPE_BUF : x->at_once;
	bool full = false;
	ssize_t n;

	while (!x->error && !full && done < x->waiting.len && (has_room(wait) || wait)) {
		n = write_quietly(x, x->waiting.b + done, MIN(x->waiting.len - done, most), wait);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			full = !wait;
		else if (errno != EINTR)
			x->error = errno;
	}
	buf_consume(&x->waiting, x->error ? x->waiting.len : done);
}

static void flush_in_run(struct check_events *x)
{
	bool failed = x->error != 0;

	flush(x, false);
	/* The run has this signal as a descriptor; what it made is taken down. */
	if (x->error == EPIPE && !failed)
		raise(SIGINT);
}

void check_events_begun(struct check_events *x, const struct facts *f)
{
	if (x->started)
		return;
	x->started = true;
	look_at_output(x);
	events_start(f, &x->waiting);
	flush_in_run(x);
}

void check_events_sent(struct check_events *x, const struct facts *f, int64_t probe, int64_t size,
		       int64_t wall_ns)
{
	events_probe(f, probe, size, wall_ns, &x->waiting);
	flush_in_run(x);
}

void check_events_decided(struct check_events *x, const struct facts *f)
{
	x->decided = true;
	events_fates(f, &x->waiting);
	flush_in_run(x);
}

int check_events_end(struct check_events *x, const struct report *r)
{
	if (!x->started)
		events_start(r->facts, &x->waiting);
	if (!x->decided)
		events_fates(r->facts, &x->waiting);
	events_verdict(r, &x->waiting);
	flush(x, true);
	if (x->error == EPIPE)
		raise(SIGPIPE);
	return -x->error;
}
