/*
 * Whatever is not answered is asked again: the way may lose some.
 */
#include "probe/far_ask.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sockaddr.h"
#include "wire/cursor.h"
#include "wire/probe_msg.h"

enum {
	AGAIN_MS = 250,
	AT_ONCE = 8, /* chunks asked for together */
	TEXT_MAX = 16 << 20,
};

enum stage { STAGE_HELLO, STAGE_RECORD, STAGE_ON, STAGE_FETCH, STAGE_ALL };

struct far_ask {
	struct far_ask_conf conf;
	struct loop *loop;
	int fd;
	unsigned timer;
	enum stage stage;
	uint64_t cookie;
	uint8_t *text;
	bool *has; /* each chunk */
	size_t len, n_chunks, n_got;
};

static void ask_one(struct far_ask *x, enum probe_type type, uint32_t seq)
{
	struct probe_msg m = {
		.type = type, .token = x->conf.token, .cookie = x->cookie, .seq = seq
	};
	uint8_t b[PROBE_HEADER_LEN];

	/* An ICMP error of the one before is told instead. */
	if (send(x->fd, b, probe_msg_put(&m, b, sizeof(b)), MSG_NOSIGNAL) < 0)
		(void)send(x->fd, b, sizeof(b), MSG_NOSIGNAL);
}

/* The first that are missing; before the length is known, the first of all. */
static void ask_chunks(struct far_ask *x)
{
	size_t i, n = 0;

	if (!x->n_chunks)
		ask_one(x, PROBE_FACTS_ASK, 0);
	for (i = 0; i < x->n_chunks && n < AT_ONCE; i++) {
		if (x->has[i])
			continue;
		ask_one(x, PROBE_FACTS_ASK, (uint32_t)(i * PROBE_CHUNK_MAX));
		n++;
	}
}

static void ask(struct far_ask *x)
{
	if (x->stage == STAGE_HELLO)
		ask_one(x, PROBE_HELLO, 0);
	else if (x->stage == STAGE_RECORD)
		ask_one(x, PROBE_RECORD, 0);
	else if (x->stage == STAGE_FETCH)
		ask_chunks(x);
}

static void on_time(void *ctx)
{
	struct far_ask *x = ctx;

	ask(x);
	x->timer = loop_add_timer(x->loop, loop_now(x->loop) + AGAIN_MS * NS_PER_MS, on_time, x);
}

/* --- what comes back ------------------------------------------------------------------- */

static bool make_room(struct far_ask *x, size_t len)
{
	if (x->text)
		return len == x->len;
	if (!len || len > TEXT_MAX)
		return false;
	x->len = len;
	x->n_chunks = (len + PROBE_CHUNK_MAX - 1) / PROBE_CHUNK_MAX;
	x->text = calloc(x->n_chunks, PROBE_CHUNK_MAX);
	x->has = calloc(x->n_chunks, sizeof(*x->has));
	assert(x->text && x->has);
	return true;
}

static void on_chunk(struct far_ask *x, const struct probe_msg *m)
{
	struct rd r = rd_on(m->body, m->body_len);
	size_t len = rd_be32(&r), at = m->seq / PROBE_CHUNK_MAX;

	if (r.bad || m->seq % PROBE_CHUNK_MAX || !make_room(x, len) || at >= x->n_chunks ||
	    x->has[at] || r.left != MIN(x->len - m->seq, (size_t)PROBE_CHUNK_MAX))
		return;
	memcpy(x->text + m->seq, r.p, r.left);
	x->has[at] = true;
	if (++x->n_got == x->n_chunks)
		x->stage = STAGE_ALL;
	else if (x->n_got % AT_ONCE == 1 || AT_ONCE == 1)
		ask_chunks(x);
}

static void on_answer(struct far_ask *x, const struct probe_msg *m)
{
	if (m->token != x->conf.token)
		return;
	if (m->type == PROBE_WELCOME && x->stage == STAGE_HELLO) {
		x->cookie = m->cookie;
		x->stage = STAGE_RECORD;
		ask(x);
	} else if (m->type == PROBE_RECORDING && x->stage == STAGE_RECORD) {
		x->stage = STAGE_ON;
	} else if (m->type == PROBE_FACTS && x->stage == STAGE_FETCH) {
		on_chunk(x, m);
	}
}

static void on_sock(void *ctx, short revents)
{
	struct far_ask *x = ctx;
	uint8_t b[PROBE_HEADER_LEN + PROBE_TOTAL_LEN + PROBE_CHUNK_MAX];
	struct probe_msg m;
	ssize_t n;

	(void)revents;
	while ((n = recv(x->fd, b, sizeof(b), 0)) >= 0 || errno == ECONNREFUSED)
		if (n >= 0 && probe_msg_read(b, (size_t)n, &m))
			on_answer(x, &m);
}

/* --- the whole ------------------------------------------------------------------------- */

int far_ask_open(const struct far_ask_conf *c, struct loop *l, struct arena *a,
		 struct far_ask **out, struct err *e)
{
	struct far_ask *x = arena_alloc(a, sizeof(*x));
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from_endpoint(&c->to, &sa);

	*x = (struct far_ask){ .conf = *c, .loop = l };
	x->fd = socket(c->to.addr.family == FAMILY_IP6 ? AF_INET6 : AF_INET,
		       SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->fd < 0)
		return err_sys(e, "open a UDP socket");
	if (connect(x->fd, (struct sockaddr *)&sa, len) < 0) {
		int rc = err_sys(e, "send to the far end");

		close(x->fd);
		return rc;
	}
	loop_add_fd(l, x->fd, POLLIN, on_sock, x);
	*out = x;
	return 0;
}

static bool is_on(void *ctx)
{
	return ((struct far_ask *)ctx)->stage == STAGE_ON;
}

static bool is_all(void *ctx)
{
	return ((struct far_ask *)ctx)->stage == STAGE_ALL;
}

static int run(struct far_ask *x, int64_t until_ns, bool (*done)(void *ctx))
{
	int rc;

	on_time(x);
	rc = loop_run(x->loop, until_ns, done, x);
	loop_del_timer(x->loop, x->timer);
	return rc;
}

int far_ask_record(struct far_ask *x, int64_t until_ns)
{
	return run(x, until_ns, is_on);
}

int far_ask_fetch(struct far_ask *x, int64_t until_ns, struct buf *out)
{
	int rc;

	x->stage = STAGE_FETCH;
	rc = run(x, until_ns, is_all);
	if (rc == 0)
		buf_add(out, x->text, x->len);
	return rc;
}

void far_ask_close(struct far_ask *x)
{
	if (!x)
		return;
	loop_del_fd(x->loop, x->fd);
	close(x->fd);
	free(x->text);
	free(x->has);
}
