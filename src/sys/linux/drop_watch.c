/*
 * The process that reads the kernel's trace events. It is told what to do over a socket, whose
 * other end only we hold: when that closes it ends, and its trace instance with it.
 */
#include "sys/drop_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns_twins.h"
#include "sys/linux/tracefs.h"
#include "sys/linux/watcher.h"

enum {
	DRAIN_MS = 1000, /* what it reads at the end; what is then left is lost */
	LINE_MAX_LEN = 1024,
};
#define RING_KB "1024" /* of each processor */

enum watch_what { WATCH_START, WATCH_STOP };
struct watch_ask {
	enum watch_what what;
	uint64_t netns;
	size_t n;
	char dev[DROP_DEVS_MAX][DROP_NAME_SIZE];
};
struct watch_answer {
	int rc;
	struct err why;
	struct drops_seen seen;
};

/* --- the process ------------------------------------------------------------------ */

struct watcher {
	int fd, pipe;
	struct watch_ask asked;
	struct tracefs fs; /* dir -1: not watching */
	struct drop_trace *trace;
	struct buf text;
	int twins;
};

static const struct {
	const char *name;
	bool of_device; /* it names one, and others' are not needed */
} events[] = {
	/* What ends is wanted before what is dropped. */
	{ "skb/consume_skb", false },	   { "net/net_dev_queue", false },
	{ "net/netif_receive_skb", true }, { "net/netif_rx", true },
	{ "net/net_dev_xmit", true },	   { "skb/kfree_skb", false },
};

static int enable(struct watcher *w, const char *event, const char *filter, struct err *e)
{
	char file[80];
	int rc = 0;

	if (filter) {
		snprintf(file, sizeof(file), "events/%s/filter", event);
		rc = tracefs_write(&w->fs, file, filter, e);
	}
	snprintf(file, sizeof(file), "events/%s/enable", event);
	return rc < 0 ? rc : tracefs_write(&w->fs, file, "1", e);
}

static int enable_all(struct watcher *w, struct err *e)
{
	CLEANUP(buf_done) struct buf filter = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < w->asked.n; i++)
		buf_printf(&filter, "%sname == \"%s\"", i ? " || " : "", w->asked.dev[i]);
	for (i = 0; !rc && i < ARRAY_LEN(events); i++)
		rc = enable(w, events[i].name, events[i].of_device ? buf_str(&filter) : NULL, e);
	if (rc == -ENOENT)
		err_remedy(e, "this kernel lacks these events");
	return rc;
}

static int tells_reasons(struct watcher *w, struct err *e)
{
	CLEANUP(buf_done) struct buf format = { 0 };
	int rc = tracefs_read(&w->fs, "events/skb/kfree_skb/format", &format, e);

	if (rc < 0 || drop_format_has_reason(buf_str(&format)))
		return rc;
	rc = err_say(e, ENOTSUP, "this kernel does not tell why it drops a packet");
	err_remedy(e, "Linux 5.17 and later do");
	return rc;
}

static void end_watch(struct watcher *w)
{
	/* An instance whose pipe is open cannot be removed. */
	if (w->pipe >= 0)
		close(w->pipe);
	w->pipe = -1;
	tracefs_remove(&w->fs);
	drop_trace_free(w->trace);
	w->trace = NULL;
	buf_clear(&w->text);
}

static int begin_watch(struct watcher *w, struct err *e)
{
	int rc = 0;
	size_t i;

	if (w->fs.root < 0)
		rc = tracefs_open(&w->fs, e);
	w->trace = drop_trace_new();
	if (!rc && !w->trace)
		rc = err_code(e, ENOMEM, "watch what the kernel drops");
	for (i = 0; !rc && i < w->asked.n; i++)
		drop_trace_device(w->trace, w->asked.dev[i]);
	if (!rc)
		rc = tracefs_instance(&w->fs, e);
	if (!rc)
		rc = tells_reasons(w, e);
	/* Its own clock, which runs on in suspend as that of ours. */
	if (!rc)
		rc = tracefs_write(&w->fs, "trace_clock", "boot", e);
	if (!rc)
		rc = tracefs_write(&w->fs, "buffer_size_kb", RING_KB, e);
	if (!rc)
		rc = tracefs_pipe(&w->fs, &w->pipe, e);
	if (!rc)
		rc = enable_all(w, e);
	if (rc < 0)
		end_watch(w);
	return rc;
}

/* The lines in text that are whole. */
static void take_lines(struct watcher *w)
{
	char *line = w->text.b, *end;

	while (line && (end = memchr(line, '\n', w->text.len - (size_t)(line - w->text.b)))) {
		*end = '\0';
		drop_trace_line(w->trace, line);
		line = end + 1;
	}
	if (line)
		buf_consume(&w->text, (size_t)(line - w->text.b));
	if (w->text.len > LINE_MAX_LEN)
		buf_clear(&w->text);
}

/* False: there is no more now. */
static bool read_some(struct watcher *w)
{
	char part[16384];
	ssize_t n = read(w->pipe, part, sizeof(part));

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	buf_add(&w->text, part, (size_t)n);
	take_lines(w);
	return true;
}

static void read_stats(struct watcher *w, uint64_t *lost)
{
	char file[64];
	long i, n = sysconf(_SC_NPROCESSORS_CONF);

	for (i = 0; i < n; i++) {
		CLEANUP(buf_done) struct buf text = { 0 };

		snprintf(file, sizeof(file), "per_cpu/cpu%ld/stats", i);
		if (tracefs_read(&w->fs, file, &text, NULL) == 0)
			*lost += drop_stats_lost(buf_str(&text), true);
	}
}

static void tell_devices(const struct watcher *w, struct drops_seen *out)
{
	size_t i;

	for (i = 0; i < w->asked.n; i++) {
		struct drop_device *d = &out->dev[i];

		memcpy(d->name, w->asked.dev[i], sizeof(d->name));
		drop_trace_seen(w->trace, d->name, &d->seen_in, &d->seen_out);
	}
	out->n_dev = w->asked.n;
}

static int tell(struct watcher *w, struct drops_seen *out, struct err *e)
{
	int64_t until = linux_boot_ns() + DRAIN_MS * (NS_PER_S / 1000);
	const struct drop_kind *kinds;
	uint64_t from_lines;

	if (w->pipe < 0)
		return err_code(e, EINVAL, "tell what was dropped");
	tracefs_write(&w->fs, "tracing_on", "0", NULL);
	while (read_some(w) && linux_boot_ns() < until)
		;
	kinds = drop_trace_kinds(w->trace, &out->n, &from_lines);
	memcpy(out->kind, kinds, out->n * sizeof(*kinds));
	read_stats(w, &out->lost);
	/* The lines tell of the same, and of kinds for which there was no room. */
	out->lost = MAX(out->lost, from_lines);
	tell_devices(w, out);
	out->twins = w->twins;
	end_watch(w);
	return 0;
}

static void look_for_twins(struct watcher *w)
{
	const char *names[DROP_DEVS_MAX];
	size_t i;

	for (i = 0; i < w->asked.n; i++)
		names[i] = w->asked.dev[i];
	w->twins = netns_twins((ino_t)w->asked.netns, names, w->asked.n);
}

static void answer(struct watcher *w, struct watch_answer *a)
{
	memset(a, 0, sizeof(*a));
	if (w->asked.what == WATCH_START) {
		end_watch(w);
		a->rc = begin_watch(w, &a->why);
	} else {
		a->rc = tell(w, &a->seen, &a->why);
	}
	send(w->fd, a, sizeof(*a), MSG_NOSIGNAL);
	/* While the events gather. */
	if (w->asked.what == WATCH_START && !a->rc)
		look_for_twins(w);
}

static void watch_main(int fd)
{
	struct watcher w = { .fd = fd, .pipe = -1, .fs = { .root = -1, .dir = -1 } };
	struct watch_answer *a = malloc(sizeof(*a));
	ssize_t n;

	while (a) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = w.pipe, .events = POLLIN } };

		poll(p, ARRAY_LEN(p), -1);
		if (p[1].revents)
			read_some(&w);
		if (!p[0].revents)
			continue;
		n = recv(fd, &w.asked, sizeof(w.asked), 0);
		if (n != sizeof(w.asked))
			break;
		answer(&w, a);
	}
	end_watch(&w);
	tracefs_close(&w.fs);
}

/* --- our side --------------------------------------------------------------------- */

static const struct watcher_conf conf = {
	.process = "wgdiag-drops",
	.what = "the watcher of drops",
	.answer_ms = 3000,
	.serve = watch_main,
};

static int watch_open(struct drop_watch *w, struct err *e)
{
	w->wall_ns = 0;
	return watcher_start(&conf, &w->fd, &w->pid, e);
}

static void watch_close(struct drop_watch *w)
{
	watcher_end(&w->fd, &w->pid);
}

static int ask(struct drop_watch *w, const struct watch_ask *q, struct watch_answer *a,
	       struct err *e)
{
	int rc = watcher_ask(&conf, w->fd, q, sizeof(*q), a, sizeof(*a), e);

	if (rc < 0)
		return rc;
	if (a->rc < 0 && e)
		*e = a->why;
	return a->rc;
}

static int watch_start(struct drop_watch *w, const char *const *devs, size_t n, struct err *e)
{
	struct watch_ask q = { .what = WATCH_START };
	struct watch_answer *a;
	struct stat st;
	size_t i;
	int rc;

	if (stat("/proc/thread-self/ns/net", &st) < 0)
		return err_sys(e, "read /proc/thread-self/ns/net");
	q.netns = st.st_ino;
	for (i = 0; i < n && q.n < DROP_DEVS_MAX; i++)
		if (strlen(devs[i]) < sizeof(q.dev[0]))
			memcpy(q.dev[q.n++], devs[i], strlen(devs[i]));
	w->wall_ns = linux_wall_ns() - linux_boot_ns();
	a = malloc(sizeof(*a));
	rc = a ? ask(w, &q, a, e) : err_code(e, ENOMEM, "watch what the kernel drops");
	free(a);
	return rc;
}

static int watch_stop(struct drop_watch *w, struct drops_seen *out, struct err *e)
{
	struct watch_answer *a = malloc(sizeof(*a));
	size_t i;
	int rc = a ? ask(w, &(struct watch_ask){ .what = WATCH_STOP }, a, e) :
		     err_code(e, ENOMEM, "ask what the kernel dropped");

	for (i = 0; !rc && i < a->seen.n; i++)
		a->seen.kind[i].first_ns += w->wall_ns;
	if (!rc)
		*out = a->seen;
	free(a);
	return rc;
}

const struct drop_watch_ops linux_drop_watch = {
	.open = watch_open,
	.start = watch_start,
	.stop = watch_stop,
	.close = watch_close,
};
