/*
 * The process that has the kernel's debug lines, and reads them. It is told what to do over a
 * socket, whose other end only we hold: when that closes it ends, and they are off.
 */
#include "sys/kernel_debug.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sys/linux/debug_control.h"
#include "sys/linux/kmsg.h"
#include "sys/linux/linux.h"
#include "sys/linux/netns_twins.h"
#include "sys/linux/watcher.h"

enum debug_what { DEBUG_START, DEBUG_STOP };
struct debug_ask {
	enum debug_what what;
	uint64_t netns;
	char ifname[KERNEL_LOG_IFNAME_SIZE];
};
struct debug_answer {
	int rc;
	struct err why;
	struct kernel_debug_on on;
	struct kernel_debug_seen seen;
};

/* --- the process ------------------------------------------------------------------ */

struct watching {
	int fd;
	bool on;
	struct debug_ask asked;
	struct debug_control control;
	struct kmsg kmsg; /* fd -1: not reading */
	struct kernel_log log;
	int twins;
};

static void take(void *ctx, const char *line, size_t len)
{
	kernel_log_take(ctx, line, len);
}

static void end_watch(struct watching *w)
{
	debug_control_close(&w->control);
	kmsg_close(&w->kmsg);
	w->on = false;
}

/* Reads before anything is said. */
static int begin_watch(struct watching *w, const struct debug_ask *q, struct kernel_debug_on *out,
		       struct err *e)
{
	int rc;

	if (w->on)
		return err_code(e, EALREADY, "switch the kernel's debug lines on");
	w->asked = *q;
	w->log = (struct kernel_log){ .ifname = w->asked.ifname };
	rc = debug_control_open(&w->control, e);
	if (!rc)
		rc = kmsg_open(&w->kmsg, e);
	if (!rc)
		rc = debug_control_on(&w->control, e);
	if (rc < 0) {
		end_watch(w);
		return rc;
	}
	w->on = true;
	*out = (struct kernel_debug_on){ w->control.n_on, w->control.n_were_on };
	return 0;
}

static int tell(struct watching *w, struct kernel_debug_seen *out, struct err *e)
{
	int rc;

	if (!w->on)
		return err_code(e, EINVAL, "tell what the kernel said");
	kmsg_read(&w->kmsg, take, &w->log);
	rc = debug_control_off(&w->control, e);
	*out = (struct kernel_debug_seen){ w->log, w->kmsg.missed, w->twins };
	out->log.ifname = NULL;
	end_watch(w);
	return rc;
}

static void answer(struct watching *w, const struct debug_ask *q, struct debug_answer *a)
{
	const char *name = w->asked.ifname;

	memset(a, 0, sizeof(*a));
	if (q->what == DEBUG_START)
		a->rc = begin_watch(w, q, &a->on, &a->why);
	else
		a->rc = tell(w, &a->seen, &a->why);
	send(w->fd, a, sizeof(*a), MSG_NOSIGNAL);
	/* While the lines gather. */
	if (q->what == DEBUG_START && !a->rc)
		w->twins = netns_twins((ino_t)w->asked.netns, &name, 1);
}

static void serve(int fd)
{
	struct watching w = { .fd = fd, .kmsg = { .fd = -1 } };
	struct debug_answer *a = malloc(sizeof(*a));
	struct debug_ask q;

	while (a) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = w.kmsg.fd, .events = POLLIN } };

		poll(p, ARRAY_LEN(p), -1);
		if (p[1].revents)
			kmsg_read(&w.kmsg, take, &w.log);
		if (!p[0].revents)
			continue;
		if (recv(fd, &q, sizeof(q), 0) != sizeof(q))
			break;
		answer(&w, &q, a);
	}
	end_watch(&w);
}

/* --- our side --------------------------------------------------------------------- */

static const struct watcher_conf conf = {
	.process = "wgdiag-debug",
	.what = "the reader of the kernel's debug lines",
	/* The list is one of all lines of the kernel, some thousands. */
	.answer_ms = 6000,
	.serve = serve,
};

static int debug_open(struct kernel_debug *k, struct err *e)
{
	return watcher_start(&conf, &k->fd, &k->pid, e);
}

static void debug_close(struct kernel_debug *k)
{
	watcher_end(&k->fd, &k->pid);
}

static int ask(struct kernel_debug *k, const struct debug_ask *q, struct debug_answer *a,
	       struct err *e)
{
	int rc = watcher_ask(&conf, k->fd, q, sizeof(*q), a, sizeof(*a), e);

	if (rc < 0)
		return rc;
	if (a->rc < 0 && e)
		*e = a->why;
	return a->rc;
}

static int debug_start(struct kernel_debug *k, const char *ifname, struct kernel_debug_on *out,
		       struct err *e)
{
	struct debug_ask q = { .what = DEBUG_START };
	struct debug_answer *a;
	struct stat st;
	int rc;

	if (strlen(ifname) >= sizeof(q.ifname))
		return err_code(e, ENAMETOOLONG, "%s", ifname);
	if (stat("/proc/thread-self/ns/net", &st) < 0)
		return err_sys(e, "read /proc/thread-self/ns/net");
	q.netns = st.st_ino;
	memcpy(q.ifname, ifname, strlen(ifname));
	a = malloc(sizeof(*a));
	rc = a ? ask(k, &q, a, e) : err_code(e, ENOMEM, "read the kernel's debug lines");
	if (!rc)
		*out = a->on;
	free(a);
	return rc;
}

/*
 * The reader was killed, or could not switch them off. Its note tells which they are; another run
 * that has them meanwhile has undone that. e tells how it went.
 */
static void undo(struct kernel_debug *k, struct err *e)
{
	struct debug_control d;
	struct err why = *e;
	int rc;

	/* It may still be there: then it switches them off now. */
	watcher_end(&k->fd, &k->pid);
	rc = debug_control_open(&d, NULL);
	if (!rc) {
		rc = debug_control_undo(&d, NULL);
		debug_control_close(&d);
	}
	if (rc < 0 && rc != -EBUSY)
		err_say(e, why.code, "%s; debug lines are still on: echo 'module wireguard -p' >%s",
			why.text, debug_control_path());
	else
		err_say(e, why.code, "%s; the lines that it switched on are off again", why.text);
	err_remedy(e, why.remedy);
}

static int debug_stop(struct kernel_debug *k, struct kernel_debug_seen *out, struct err *e)
{
	struct debug_answer *a = malloc(sizeof(*a));
	int rc = a ? ask(k, &(struct debug_ask){ .what = DEBUG_STOP }, a, e) :
		     err_code(e, ENOMEM, "read the kernel's debug lines");

	if (!rc)
		*out = a->seen;
	else
		undo(k, e);
	free(a);
	return rc;
}

const struct kernel_debug_ops linux_kernel_debug = {
	.open = debug_open,
	.start = debug_start,
	.stop = debug_stop,
	.close = debug_close,
};
