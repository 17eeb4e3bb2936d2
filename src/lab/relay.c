/*
 * Frames wait in one queue, in the order in which they are due; the first one has the timer. What
 * comes while the queue is full is lost, as in any router.
 *
 * Of a frame that is damaged a bit of its last bytes is changed, so that it is still told whose it
 * is; a checksum that was left to a card is then computed over the damage, so it is not left.
 */
#include "lab/relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/relay_lose.h"

enum {
	QUEUE_MAX = 4096,
	FRAME_MAX = 65536 + 256, /* with receive offload one is that large */
	ROUNDS = 64, /* frames at a time, so that the queue is served as well */
	DAMAGED_MIN = 60, /* bytes that a frame must have, for headers to stay whole */
};

struct frame {
	int64_t due_ns;
	uint8_t *b;
	size_t len;
	unsigned to; /* which of the two links */
};

struct side {
	struct relay *r;
	unsigned i;
	int fd;
	int64_t last_ns; /* when the latest that keeps its place is due */
};

struct relay {
	struct relay_conf conf;
	struct loop *loop;
	struct draw draw;
	struct relay_lose lose;
	struct side side[2];
	struct frame queue[QUEUE_MAX]; /* sorted, the next one last */
	size_t n;
	unsigned timer;
	bool armed;
	uint8_t in[FRAME_MAX];
};

/* --- the queue ------------------------------------------------------------------------ */

static void on_due(void *ctx);

static void arm(struct relay *r)
{
	if (r->armed)
		loop_del_timer(r->loop, r->timer);
	r->armed = r->n > 0;
	if (r->armed)
		r->timer = loop_add_timer(r->loop, r->queue[r->n - 1].due_ns, on_due, r);
}

static void send_due(struct relay *r)
{
	int64_t now = loop_now(r->loop);

	while (r->n && r->queue[r->n - 1].due_ns <= now) {
		struct frame *f = &r->queue[--r->n];

		/* What the other link does not take is lost. */
		(void)!write(r->side[f->to].fd, f->b, f->len);
		free(f->b);
	}
}

static void on_due(void *ctx)
{
	struct relay *r = ctx;

	r->armed = false;
	send_due(r);
	arm(r);
}

static void put(struct relay *r, unsigned to, const uint8_t *b, size_t len, int64_t due_ns)
{
	struct frame f = { .due_ns = due_ns, .len = len, .to = to };
	size_t at;

	if (r->n == QUEUE_MAX)
		return;
	f.b = malloc(len);
	if (!f.b)
		return;
	memcpy(f.b, b, len);
	/* Behind all that are due at the same time: those came before. */
	for (at = r->n; at > 0 && r->queue[at - 1].due_ns <= due_ns; at--)
		r->queue[at] = r->queue[at - 1];
	r->queue[at] = f;
	r->n++;
}

/* --- a frame ---------------------------------------------------------------------------- */

static bool by_lot(struct relay *r, unsigned share)
{
	return relay_by_lot(&r->draw, share);
}

static void damage(struct relay *r, size_t len)
{
	size_t at = len - 1 - draw_below(&r->draw, 8);

	r->in[at] ^= (uint8_t)(1 << draw_below(&r->draw, 8));
}

static void take(struct side *s, size_t len)
{
	struct relay *r = s->r;
	const struct relay_conf *c = &r->conf;
	int64_t now = loop_now(r->loop), due;

	if (relay_loses(c, &r->lose, &r->draw, s->i, now, r->in + SYS_PACKET_HEADER_LEN,
			len - SYS_PACKET_HEADER_LEN))
		return;
	if (by_lot(r, c->corrupt) && len > SYS_PACKET_HEADER_LEN + DAMAGED_MIN)
		damage(r, len);
	due = now + c->delay_us * NS_PER_US;
	if (c->jitter_us)
		due += (int64_t)draw_below(&r->draw, c->jitter_us) * NS_PER_US;
	if (by_lot(r, c->reorder)) {
		due = now;
	} else {
		s->last_ns = due = MAX(due, s->last_ns);
	}
	put(r, !s->i, r->in, len, due);
	if (by_lot(r, c->duplicate))
		put(r, !s->i, r->in, len, due);
}

static void on_frame(void *ctx, short revents)
{
	struct side *s = ctx;
	int rounds = ROUNDS;
	ssize_t n;

	(void)revents;
	while (rounds--) {
		n = read(s->fd, s->r->in, sizeof(s->r->in));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= SYS_PACKET_HEADER_LEN)
			break;
		take(s, (size_t)n);
	}
	send_due(s->r);
	arm(s->r);
}

int relay_open(const struct relay_conf *c, const struct platform_ops *p, struct loop *l,
	       struct relay **out, struct err *e)
{
	struct relay *r = calloc(1, sizeof(*r));
	unsigned i;
	int rc = 0;

	if (!r)
		abort();
	r->conf = *c;
	r->loop = l;
	draw_init(&r->draw, c->seed);
	for (i = 0; i < 2; i++)
		r->side[i] = (struct side){ .r = r, .i = i, .fd = -1 };
	for (i = 0; i < 2 && !rc; i++)
		rc = p->packet_open ? p->packet_open(c->dev[i], &r->side[i].fd, e) :
				      err_say(e, EOPNOTSUPP, "%s has no packet sockets", p->name);
	if (rc < 0) {
		relay_close(r);
		return rc;
	}
	for (i = 0; i < 2; i++)
		loop_add_fd(l, r->side[i].fd, POLLIN, on_frame, &r->side[i]);
	*out = r;
	return 0;
}

void relay_close(struct relay *r)
{
	unsigned i;

	if (!r)
		return;
	if (r->armed)
		loop_del_timer(r->loop, r->timer);
	for (i = 0; i < 2; i++) {
		if (r->side[i].fd < 0)
			continue;
		loop_del_fd(r->loop, r->side[i].fd);
		close(r->side[i].fd);
	}
	while (r->n)
		free(r->queue[--r->n].b);
	free(r);
}
