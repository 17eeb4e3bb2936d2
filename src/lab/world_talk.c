/*
 * Somebody at one end who wants to use the tunnel: a datagram into it now and then. Without one a
 * tunnel that does not work is only a tunnel that nobody uses.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/wait.h"
#include "lab/world.h"
#include "sys/loop.h"
#include "sys/sockaddr.h"

enum {
	DISCARD_PORT = 9,
	SESSION_EVERY_MS = 20,
	SESSION_MS = 14000, /* a lost initiation is repeated after 5 s, plus 1/3 s; so twice */
	USE_EVERY_MS = 150,
	USED_MS = 1500,
	TALK_EVERY_MS = 1000,
	SCAN_EVERY_MS = 200,
	HEARD_MS = 1500,
	LOOK_MS = 20,
	LOOK_HEARD_MS = 5,
};

struct lab_talk {
	struct lab_talk *next;
	struct lab_world *w;
	enum end end;
	struct ip_addr to;
	int64_t every_ns;
	int fd;
	unsigned timer;
	bool no_way; /* the kernel has none to send it by */
	/* to there, past the tunnel, goes whatever comes to mind; no family: nothing does */
	struct endpoint scans;
};

static int open_here(void *ctx, struct err *e)
{
	struct lab_talk *t = ctx;
	struct sockaddr_storage to;
	socklen_t len = t->scans.addr.family == FAMILY_NONE ?
				sockaddr_from(&t->to, DISCARD_PORT, &to) :
				sockaddr_from(&t->scans.addr, t->scans.port, &to);
	int rc;

	t->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0)
		return err_sys(e, "socket");
	if (connect(t->fd, (struct sockaddr *)&to, len) == 0)
		return 0;
	rc = err_sys(e, "connect through the tunnel");
	t->no_way = true;
	close(t->fd);
	return rc;
}

/* Of another protocol; and what has the form of a message of WireGuard, of each type. */
static void scan(struct lab_talk *t)
{
	static const size_t len[] = { 0, 148, 92, 64, 96 };
	uint8_t m[160];
	size_t type;

	for (type = 0; type < ARRAY_LEN(len); type++) {
		size_t n = len[type] ? len[type] : 1 + draw_below(&t->w->draw, sizeof(m)), i;

		for (i = 0; i < n; i++)
			m[i] = (uint8_t)draw_below(&t->w->draw, 256);
		if (len[type])
			memcpy(m, (uint8_t[4]){ (uint8_t)type }, 4);
		(void)send(t->fd, m, n, 0);
	}
}

static void say(void *ctx)
{
	struct lab_talk *t = ctx;

	if (t->scans.addr.family != FAMILY_NONE)
		scan(t);
	/* The first one may only tell what became of the last; one that is lost others follow. */
	else if (send(t->fd, "", 1, 0) < 0)
		(void)send(t->fd, "", 1, 0);
	t->timer = loop_add_timer(t->w->loop, loop_now(t->w->loop) + t->every_ns, say, t);
}

/* From now on, until it is the newest that is hushed. */
static int begin(struct lab_talk *t, struct err *e)
{
	int rc = lab_world_in(t->w, t->w->end[t->end].node, open_here, t, e);

	if (rc < 0)
		return rc;
	t->next = t->w->talk;
	t->w->talk = t;
	say(t);
	return 0;
}

static void hush_newest(struct lab_world *w)
{
	struct lab_talk *t = w->talk;

	loop_del_timer(w->loop, t->timer);
	close(t->fd);
	w->talk = t->next;
}

void lab_world_hush(struct lab_world *w)
{
	while (w->talk)
		hush_newest(w);
}

static enum end other_end(enum end end)
{
	return end == END_NEAR ? END_FAR : END_NEAR;
}

static struct lab_talk *new_talk(struct lab_world *w, enum end end, const struct ip_addr *to,
				 unsigned every_ms)
{
	struct lab_talk *t = arena_alloc(w->arena, sizeof(*t));

	t->w = w;
	t->end = end;
	t->to = to ? *to : w->end[other_end(end)].inner4;
	t->every_ns = every_ms * NS_PER_MS;
	return t;
}

static int has_session(void *ctx, bool *has, struct err *e)
{
	struct lab_talk *t = ctx;
	struct uapi_device *d;
	struct arena tmp;
	size_t i;
	int rc;

	arena_init(&tmp);
	rc = lab_world_get(t->w, t->end, &tmp, &d, e);
	for (i = 0; !rc && i < d->n_peers; i++)
		*has = *has || uapi_peer_handshake_ns(&d->peers[i]) != 0;
	arena_done(&tmp);
	return rc;
}

int lab_world_session(struct lab_world *w, enum end end, struct err *e)
{
	struct lab_talk *t = new_talk(w, end, NULL, SESSION_EVERY_MS);
	bool has;
	int rc = begin(t, e);

	if (rc < 0)
		return rc;
	rc = lab_wait(w->loop, SESSION_MS * NS_PER_MS, LOOK_MS * NS_PER_MS, has_session, t, &has,
		      e);
	hush_newest(w);
	if (!rc && !has)
		rc = err_say(e, ETIMEDOUT, "no session came about in the lab");
	return rc;
}

int lab_world_use(struct lab_world *w, enum end end, const struct ip_addr *to, struct err *e)
{
	struct lab_talk *t = new_talk(w, end, to, USE_EVERY_MS);
	bool has;
	int rc = begin(t, e);

	if (rc < 0)
		return rc;
	rc = lab_wait(w->loop, USED_MS * NS_PER_MS, LOOK_MS * NS_PER_MS, has_session, t, &has, e);
	/* Where none comes about that is the fault, or follows of it; also one that hangs. */
	return rc == -ETIMEDOUT ? 0 : rc;
}

/* Is there somebody at the other end that knows where the messages come from? */
static int was_heard(void *ctx, bool *heard, struct err *e)
{
	struct lab_talk *t = ctx;
	struct uapi_device *d;
	struct arena tmp;

	(void)e; /* who does not answer has not heard either */
	arena_init(&tmp);
	if (lab_world_get(t->w, other_end(t->end), &tmp, &d, NULL) == 0)
		*heard = d->n_peers && d->peers[0].endpoint.addr.family != FAMILY_NONE;
	arena_done(&tmp);
	return 0;
}

int lab_world_talk(struct lab_world *w, enum end end, struct err *e)
{
	struct lab_talk *t = new_talk(w, end, NULL, TALK_EVERY_MS);
	bool heard;
	int rc = begin(t, e);

	/* Without a route there is nobody to talk to, and that may be the fault. */
	if (rc < 0)
		return t->no_way ? 0 : rc;
	return lab_wait(w->loop, HEARD_MS * NS_PER_MS, LOOK_HEARD_MS * NS_PER_MS, was_heard, t,
			&heard, e);
}

int lab_world_scan(struct lab_world *w, enum end end, const struct endpoint *port, struct err *e)
{
	struct lab_talk *t = new_talk(w, end, NULL, SCAN_EVERY_MS);

	t->scans = *port;
	return begin(t, e);
}
