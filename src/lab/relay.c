/*
 * Frames wait in one queue, in the order in which they are due; the first one has the timer. What
 * comes while the queue is full is lost, as in any router.
 *
 * Of a frame that is damaged a bit of its last bytes is changed, so that it is still told whose it
 * is; a checksum that was left to a card is then computed over the damage, so it is not left.
 */
#include "lab/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUEUE_MAX = 4096,
	FRAME_MAX = 65536 + 256, /* with receive offload one is that large */
	MILLION = 1000000,
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
	struct side side[2];
	struct frame queue[QUEUE_MAX]; /* sorted, the next one last */
	size_t n;
	unsigned timer;
	bool armed;
	uint8_t in[FRAME_MAX];
};

/* --- the text ----------------------------------------------------------------------- */

/* A decimal number times `times`, rounded down; false: none, or too large. */
static bool read_number(const char *s, double times, double max, unsigned *out)
{
	char *end;
	double v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtod(s, &end);
	if (*end || !(v >= 0 && v <= max))
		return false;
	*out = (unsigned)(v * times + 0.5);
	return true;
}

static bool read_setting(const char *s, struct relay_conf *c)
{
	const struct {
		const char *name;
		double times, max;
		unsigned *to;
	} of[] = {
		{ "delay=", 1000, 10000, &c->delay_us },
		{ "jitter=", 1000, 10000, &c->jitter_us },
		{ "reorder=", 10000, 100, &c->reorder },
		{ "duplicate=", 10000, 100, &c->duplicate },
		{ "loss=", 10000, 100, &c->loss },
		{ "corrupt=", 10000, 100, &c->corrupt },
	};
	char *end;
	size_t i;

	if (strncmp(s, "seed=", 5) == 0 && s[5] >= '0' && s[5] <= '9') {
		errno = 0;
		c->seed = strtoull(s + 5, &end, 10);
		return !*end && !errno;
	}
	for (i = 0; i < ARRAY_LEN(of); i++)
		if (strncmp(s, of[i].name, strlen(of[i].name)) == 0)
			return read_number(s + strlen(of[i].name), of[i].times, of[i].max,
					   of[i].to);
	return false;
}

int relay_parse(const char *text, struct relay_conf *out, struct err *e)
{
	struct relay_conf c = { .seed = 0 };
	char word[64];
	size_t n, len;

	for (n = 0; *text; n++, text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		if (len == 0 || len >= sizeof(word))
			return err_say(e, EINVAL, "'%.40s' is no link and no setting", text);
		memcpy(word, text, len);
		word[len] = '\0';
		if (n < 2 && len >= SYS_IFNAME_SIZE)
			return err_say(e, EINVAL, "'%s' is no name of a link", word);
		if (n < 2)
			memcpy(c.dev[n], word, len + 1);
		else if (!read_setting(word, &c))
			return err_say(e, EINVAL,
				       "'%s' is none of delay=MS jitter=MS reorder=PERCENT "
				       "duplicate=PERCENT loss=PERCENT corrupt=PERCENT seed=N",
				       word);
	}
	if (n < 2)
		return err_say(e, EINVAL, "two links are needed, with a comma between");
	*out = c;
	return 0;
}

const char *relay_text(const struct relay_conf *c, struct arena *a)
{
	return arena_printf(a,
			    "%s,%s,delay=%.3f,jitter=%.3f,reorder=%.4f,duplicate=%.4f,loss=%.4f,"
			    "corrupt=%.4f,seed=%" PRIu64,
			    c->dev[0], c->dev[1], c->delay_us / 1000.0, c->jitter_us / 1000.0,
			    c->reorder / 10000.0, c->duplicate / 10000.0, c->loss / 10000.0,
			    c->corrupt / 10000.0, c->seed);
}

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
	return share && draw_below(&r->draw, MILLION) < share;
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

	if (by_lot(r, c->loss))
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
