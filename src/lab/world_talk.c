/*
 * Somebody at one end who wants to use the tunnel: a datagram into it now and then. Without one a
 * tunnel that does not work is only a tunnel that nobody uses.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/world.h"
#include "sys/loop.h"

enum { DISCARD_PORT = 9, EVERY_MS = 1000, HEARD_MS = 1500, LOOK_MS = 5 };

struct lab_talk {
	struct lab_world *w;
	struct ip_addr to;
	int fd;
	unsigned timer;
};

static int open_here(void *ctx, struct err *e)
{
	struct lab_talk *t = ctx;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT) };

	memcpy(&to.sin_addr, t->to.b, sizeof(to.sin_addr));
	t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0)
		return err_sys(e, "socket");
	/* Without a route there is nobody to talk to, and that may be the fault. */
	if (connect(t->fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(t->fd);
		t->fd = -1;
	}
	return 0;
}

static void say(void *ctx)
{
	struct lab_talk *t = ctx;

	/* One that cannot be sent is followed by others. */
	(void)send(t->fd, "", 1, 0);
	t->timer = loop_add_timer(t->w->loop, loop_now(t->w->loop) + EVERY_MS * NS_PER_MS, say, t);
}

/* Is there somebody at the other end that knows where the messages come from? */
static bool was_heard(struct lab_world *w, enum end other)
{
	struct uapi_device *d;
	struct arena tmp;
	bool heard = false;

	arena_init(&tmp);
	if (lab_world_get(w, other, &tmp, &d, NULL) == 0)
		heard = d->n_peers && d->peers[0].endpoint.addr.family != FAMILY_NONE;
	arena_done(&tmp);
	return heard;
}

int lab_world_talk(struct lab_world *w, enum end end, struct err *e)
{
	enum end other = end == END_NEAR ? END_FAR : END_NEAR;
	struct lab_talk *t = arena_alloc(w->arena, sizeof(*t));
	int64_t until = loop_now(w->loop) + HEARD_MS * NS_PER_MS;
	int rc;

	*t = (struct lab_talk){ .w = w, .to = w->end[other].inner4, .fd = -1 };
	rc = lab_world_in(w, w->end[end].node, open_here, t, e);
	if (rc < 0 || t->fd < 0)
		return rc;
	w->talk = t;
	say(t);
	while (!rc && !was_heard(w, other) && loop_now(w->loop) < until)
		rc = lab_world_pause(w, LOOK_MS * NS_PER_MS, e);
	return rc;
}

void lab_world_hush(struct lab_world *w)
{
	if (!w->talk)
		return;
	loop_del_timer(w->loop, w->talk->timer);
	close(w->talk->fd);
	w->talk = NULL;
}
