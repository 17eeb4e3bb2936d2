/*
 * Stateless but for one recording: the cookie is a keyed hash of who asks, so that forged sources
 * leave nothing behind here and get nothing larger sent to anybody.
 */
#include "probe/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "probe/sock_option.h"
#include "sys/sockaddr.h"
#include "wire/cursor.h"
#include "wire/probe_msg.h"

enum {
	SOCKS_MAX = 16,
	READ_MAX = 64, /* of a socket before others have their turn */
	/* answers a second, and at once: a check paces 500 probes a second */
	RATE = 4000,
	BURST = 1000,
	PACE_COUNT_MAX = 10000,
	PACE_BODY_MAX = 1400,
	PACE_INTERVAL_MIN_US = 500,
	WHO_LEN = 1 + 16 + 2 + 8,
};

enum recording { RECORD_NONE, RECORD_ASKED, RECORD_ON, RECORD_DUE, RECORD_DONE };

struct sock {
	struct responder *of;
	int fd;
};

struct paced {
	const struct sock *from;
	struct endpoint to;
	struct probe_pace pace;
	struct probe_msg m;
	unsigned timer;
};

struct responder {
	struct responder_conf conf;
	struct loop *loop;
	struct sock socks[SOCKS_MAX];
	size_t n_socks;
	uint8_t secret[crypto_shorthash_KEYBYTES];
	int64_t allowance, counted_at; /* answers that may be sent now, in billionths */
	enum recording recording;
	uint64_t token; /* who asked for it */
	struct buf text;
	struct paced paced; /* to.addr.family NONE: nothing is sent */
};

struct question {
	const struct sock *at;
	struct endpoint from;
	struct probe_msg m;
};

/* --- answering ------------------------------------------------------------------------ */

static uint64_t cookie_of(const struct responder *r, const struct question *q)
{
	uint8_t who[WHO_LEN] = { 0 }, hash[crypto_shorthash_BYTES];
	struct wr w = wr_on(who, sizeof(who));
	struct rd back = rd_on(hash, sizeof(hash));
	uint64_t v;

	wr_u8(&w, q->from.addr.family);
	wr_bytes(&w, q->from.addr.b, sizeof(q->from.addr.b));
	wr_be16(&w, q->from.port);
	wr_be64(&w, q->m.token);
	crypto_shorthash(hash, who, sizeof(who), r->secret);
	v = rd_be64(&back);
	return v ? v : 1; /* 0: none */
}

static bool may_send(struct responder *r)
{
	int64_t now = loop_now(r->loop);

	r->allowance = MIN(r->allowance + (now - r->counted_at) * RATE, BURST * NS_PER_S);
	r->counted_at = now;
	if (r->allowance < NS_PER_S)
		return false;
	r->allowance -= NS_PER_S;
	return true;
}

/* What cannot be sent now is lost, as anything may be. */
static void send_to(const struct sock *at, const struct endpoint *to, const struct probe_msg *m)
{
	uint8_t b[PROBE_MAX];
	size_t len = probe_msg_put(m, b, sizeof(b));
	struct sockaddr_storage sa;
	socklen_t sa_len = sockaddr_from_endpoint(to, &sa);

	if (len)
		(void)sendto(at->fd, b, len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
}

/* As long as the question. */
static void answer_as(const struct question *q, enum probe_type type, uint64_t cookie)
{
	struct probe_msg m = q->m;

	m.type = type;
	m.cookie = cookie;
	send_to(q->at, &q->from, &m);
}

static void on_record(struct responder *r, const struct question *q)
{
	bool ours = r->token == q->m.token;

	if (r->recording == RECORD_NONE || r->recording == RECORD_DONE) {
		/* Asked once more for one that is over: by a datagram that was late. */
		if (r->recording == RECORD_DONE && ours)
			return;
		r->token = q->m.token;
		r->recording = RECORD_ASKED;
	} else if (r->recording == RECORD_ON && ours) {
		answer_as(q, PROBE_RECORDING, q->m.cookie);
	}
}

static void on_facts_ask(struct responder *r, const struct question *q)
{
	uint8_t body[PROBE_TOTAL_LEN + PROBE_CHUNK_MAX];
	struct wr w = wr_on(body, sizeof(body));
	struct probe_msg m = q->m;
	size_t n;

	if (r->token != q->m.token)
		return;
	if (r->recording == RECORD_ON)
		r->recording = RECORD_DUE;
	if (r->recording != RECORD_DONE || m.seq > r->text.len)
		return;
	n = MIN(r->text.len - m.seq, (size_t)PROBE_CHUNK_MAX);
	wr_be32(&w, (uint32_t)r->text.len);
	wr_bytes(&w, buf_str(&r->text) + m.seq, n);
	m.type = PROBE_FACTS;
	m.body = body;
	m.body_len = PROBE_TOTAL_LEN + n;
	send_to(q->at, &q->from, &m);
}

/* --- a stream that was asked for ------------------------------------------------------- */

static void on_pace(void *ctx)
{
	static const uint8_t zeros[PACE_BODY_MAX];
	struct responder *r = ctx;
	struct paced *p = &r->paced;

	p->m.body = zeros;
	p->m.body_len = p->pace.body_len;
	if (may_send(r))
		send_to(p->from, &p->to, &p->m);
	if (++p->m.seq >= p->pace.count) {
		p->to.addr.family = FAMILY_NONE;
		return;
	}
	p->timer = loop_add_timer(r->loop, loop_now(r->loop) + p->pace.interval_us * NS_PER_US,
				  on_pace, r);
}

static void on_pace_ask(struct responder *r, const struct question *q)
{
	struct paced *p = &r->paced;
	struct probe_pace pace;

	if (p->to.addr.family != FAMILY_NONE || !probe_pace_read(&q->m, &pace) || !pace.count ||
	    pace.count > PACE_COUNT_MAX || pace.body_len > PACE_BODY_MAX ||
	    pace.interval_us < PACE_INTERVAL_MIN_US)
		return;
	*p = (struct paced){ .from = q->at, .to = q->from, .pace = pace, .m = q->m };
	p->m.type = PROBE_PACED;
	p->m.direction = PROBE_DOWN;
	p->m.seq = 0;
	on_pace(r);
}

/* --- what comes ------------------------------------------------------------------------- */

static void on_question(struct responder *r, const struct question *q)
{
	uint64_t cookie = cookie_of(r, q);

	if (q->m.type == PROBE_HELLO)
		answer_as(q, PROBE_WELCOME, cookie);
	else if (q->m.type == PROBE_ECHO)
		answer_as(q, PROBE_ECHO_REPLY, q->m.cookie);
	else if (q->m.cookie != cookie)
		return;
	else if (q->m.type == PROBE_RECORD)
		on_record(r, q);
	else if (q->m.type == PROBE_FACTS_ASK)
		on_facts_ask(r, q);
	else if (q->m.type == PROBE_PACE_ASK)
		on_pace_ask(r, q);
}

static bool read_one(struct sock *s)
{
	struct responder *r = s->of;
	uint8_t b[PROBE_MAX];
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct question q = { .at = s };
	ssize_t n = recvfrom(s->fd, b, sizeof(b), 0, (struct sockaddr *)&sa, &len);

	if (n < 0)
		return errno == EINTR;
	if (!sockaddr_endpoint(&sa, len, &q.from) || !probe_msg_read(b, (size_t)n, &q.m) ||
	    !r->conf.is_peers(r->conf.ctx, &q.from.addr))
		return true;
	if (may_send(r))
		on_question(r, &q);
	return true;
}

static void on_sock(void *ctx, short revents)
{
	unsigned i;

	(void)revents;
	for (i = 0; i < READ_MAX && read_one(ctx); i++)
		;
}

/* --- opening, and the recording -------------------------------------------------------------- */

static int open_one(struct responder *r, const struct ip_addr *a, struct err *e)
{
	struct sock *s = &r->socks[r->n_socks];
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(a, r->conf.port, &sa);
	char text[IP_ADDR_STR_SIZE];
	int rc;

	s->of = r;
	s->fd = socket(a->family == FAMILY_IP6 ? AF_INET6 : AF_INET,
		       SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return err_sys(e, "open a UDP socket");
	r->n_socks++;
	rc = sock_bind_link(s->fd, r->conf.link, e);
	if (!rc && bind(s->fd, (struct sockaddr *)&sa, len) < 0)
		rc = err_sys(e, "listen on %s port %u", ip_addr_str(a, text), r->conf.port);
	if (!rc)
		loop_add_fd(r->loop, s->fd, POLLIN, on_sock, s);
	return rc;
}

int responder_open(const struct responder_conf *c, struct loop *l, struct arena *a,
		   struct responder **out, struct err *e)
{
	struct responder *r = arena_alloc(a, sizeof(*r));
	size_t i;
	int rc = 0;

	*r = (struct responder){ .conf = *c, .loop = l, .counted_at = loop_now(l) };
	r->allowance = BURST * NS_PER_S;
	buf_init(&r->text);
	randombytes_buf(r->secret, sizeof(r->secret));
	for (i = 0; i < MIN(c->n_addrs, (size_t)SOCKS_MAX) && !rc; i++)
		rc = open_one(r, &c->addrs[i], e);
	if (rc < 0)
		responder_close(r);
	else
		*out = r;
	return rc;
}

void responder_close(struct responder *r)
{
	size_t i;

	if (!r)
		return;
	if (r->paced.to.addr.family != FAMILY_NONE)
		loop_del_timer(r->loop, r->paced.timer);
	for (i = 0; i < r->n_socks; i++) {
		loop_del_fd(r->loop, r->socks[i].fd);
		close(r->socks[i].fd);
	}
	buf_done(&r->text);
}

bool responder_is_asked(void *responder)
{
	return ((struct responder *)responder)->recording == RECORD_ASKED;
}

void responder_began(struct responder *r)
{
	r->recording = RECORD_ON;
}

bool responder_is_due(void *responder)
{
	return ((struct responder *)responder)->recording == RECORD_DUE;
}

void responder_give(struct responder *r, const char *text, size_t len)
{
	buf_done(&r->text);
	buf_init(&r->text);
	buf_add(&r->text, text, len);
	r->recording = RECORD_DONE;
}
