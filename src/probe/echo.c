/*
 * Times: a request is stamped with the loop's clock just before it is handed over, and its
 * answer with the same clock minus the answer's age, which is wall clock now minus the
 * kernel's receive stamp. So neither a busy loop nor a stepped wall clock counts as
 * round-trip time. In a pause of this process loop time stands still, and the age grows.
 *
 * Every request ends once: answered, expired, or refused by the system. What comes after that is
 * late or a duplicate. A socket is read before anything expires, for an answer that
 * waits there came in time.
 */
#include "probe/echo.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/moments.h"
#include "probe/icmp_sock.h"
#include "probe/pattern.h"
#include "wire/ip.h"

enum {
	NONCE_LEN = 8,
	NONCE_FROM_LEN = 16, /* a payload from this length on carries one */
	IP4_MAX_PAYLOAD = 65507, /* 65535 - 20 - 8 */
	IP4_LEN = 20,
	IP6_LEN = 40,
	/* an IPv4 header with options, and room to see that a reply is too long */
	RECV_SLACK = 128,
	BURST = 4, /* requests in one turn, when some are overdue */
	/* Without an interval, as ping -f: at each answer, and after so long without one. */
	FLOOD_MS = 10,
	FLOOD_WAITING_MAX = 16,
};

enum request_state {
	REQUEST_UNSENT,
	REQUEST_WAITING,
	REQUEST_ANSWERED,
	REQUEST_EXPIRED,
	REQUEST_LATE
};

struct request {
	int64_t sent_ns, paused_ns; /* loop time; how long that had stood still by then */
	enum request_state state;
};

struct echo {
	struct echo_conf conf;
	struct icmp_sock sock;
	struct loop *loop;
	struct arena *arena;
	unsigned timer; /* 0: none */
	int64_t started_ns, next_send_ns, finished_ns; /* 0: not yet */
	struct request *requests;
	unsigned next, oldest; /* to be sent next; the first that may still be waiting */
	unsigned n_waiting;
	uint8_t *packet, *recv_buf;
	size_t recv_cap;
	int64_t slowest_ns; /* of all answers */
	int64_t n_sent, n_duplicates, n_late, n_corrupt, n_send_errors;
	const char *send_error;
	bool shortage, not_permitted;
	struct ip_addr error_from; /* FAMILY_NONE: nobody */
	struct moments rtt;
};

static uint64_t pattern_pos(unsigned index)
{
	return (uint64_t)index << 17; /* longer than any payload */
}

bool echo_done(void *echo)
{
	const struct echo *x = echo;

	return x->next == x->conf.count && !x->n_waiting;
}

bool echo_all_back(void *echo)
{
	const struct echo *x = echo;
	unsigned i;

	for (i = 0; i < x->next; i++)
		if (x->requests[i].state == REQUEST_WAITING ||
		    x->requests[i].state == REQUEST_EXPIRED)
			return false;
	return echo_done(echo);
}

/* --- hearing --------------------------------------------------------------- */

/*
 * Sequence numbers start at 1, as ping's do, and wrap: the latest of n requests that had this one.
 */
static bool index_of(uint16_t seq, unsigned n, unsigned *index)
{
	uint16_t back = (uint16_t)(n - seq);

	if (back >= n)
		return false;
	*index = n - 1 - back;
	return true;
}

static size_t payload_len(const struct echo *x, unsigned index)
{
	const struct echo_conf *c = &x->conf;

	return c->payload_lens ? c->payload_lens[index % c->n_payload_lens] : c->payload_len;
}

/* Of a small one nothing but its number tells whose it is. */
static bool has_nonce(const struct echo *x, unsigned index, const uint8_t *payload, size_t len)
{
	if (payload_len(x, index) < NONCE_FROM_LEN)
		return true;
	return len >= NONCE_LEN &&
	       !pattern_differs(x->conf.seed, pattern_pos(index), payload, NONCE_LEN);
}

bool echo_which(const struct echo *x, uint16_t id, uint16_t seq, const uint8_t *payload, size_t len,
		unsigned *index)
{
	/* A capture may show one before its sender knows that it was taken. */
	unsigned n = MIN(x->next + 1, x->conf.count), i;

	if (id != x->sock.id || !index_of(seq, n, &i) || !has_nonce(x, i, payload, len))
		return false;
	*index = i;
	return true;
}

/* With a pause in it: what went by before the answer, or what was not paused, the smaller. */
static int64_t round_trip(const struct echo *x, const struct request *q, int64_t age_ns)
{
	int64_t awake = loop_now(x->loop) - q->sent_ns;
	int64_t paused = loop_paused_ns(x->loop) - q->paused_ns;

	return MAX(MIN(awake + paused - age_ns, awake), 0);
}

static void hear(struct echo *x, const struct icmp_reply *r)
{
	struct request *q;
	unsigned index;
	int64_t rtt;

	if (!index_of(r->seq, x->next, &index) || !ip_addr_equal(&r->from, &x->conf.target) ||
	    !has_nonce(x, index, r->payload, r->len))
		return;
	q = &x->requests[index];
	if (q->state == REQUEST_UNSENT)
		return;
	if (q->state == REQUEST_ANSWERED || q->state == REQUEST_LATE) {
		x->n_duplicates++;
		return;
	}
	if (x->conf.on_answer)
		x->conf.on_answer(x->conf.ctx, index);
	rtt = round_trip(x, q, r->age_ns);
	x->slowest_ns = MAX(x->slowest_ns, rtt);
	if (q->state == REQUEST_WAITING) {
		x->n_waiting--;
		if (!x->conf.interval_ns)
			x->next_send_ns = loop_now(x->loop);
	}
	if (r->len != payload_len(x, index) ||
	    pattern_differs(x->conf.seed, pattern_pos(index), r->payload, r->len))
		x->n_corrupt++;
	if (q->state == REQUEST_EXPIRED || rtt >= x->conf.timeout_ns) {
		q->state = REQUEST_LATE;
		x->n_late++;
		return;
	}
	q->state = REQUEST_ANSWERED;
	moments_add(&x->rtt, rtt);
}

static void on_error(void *ctx, const struct endpoint *to, const struct sys_udp_error *error)
{
	struct echo *x = ctx;

	/* That it cannot be reached is nothing that the target itself can say. */
	if (ip_addr_equal(&error->from, &x->conf.target) &&
	    !ip_error_is_of_host(error->from.family, error->type, error->code))
		return;
	/* Errors of our own host have no offender; a raw socket hears those of others too. */
	if (error->from.family != FAMILY_NONE && ip_addr_equal(&to->addr, &x->conf.target) &&
	    x->error_from.family == FAMILY_NONE)
		x->error_from = error->from;
}

static void read_all(struct echo *x)
{
	const struct sys_udp sock = { .fd = x->sock.fd };
	struct icmp_reply r;
	int rc;

	if (x->conf.tells)
		x->conf.tells->udp_errors(&sock, on_error, x);
	/* An error is about some request, which then expires; reading it has cleared it. */
	do {
		rc = icmp_sock_recv(&x->sock, x->recv_buf, x->recv_cap, &r);
		if (rc > 0)
			hear(x, &r);
	} while (rc > 0);
}

static void settle(struct echo *x)
{
	if (!x->finished_ns && echo_done(x))
		x->finished_ns = loop_now(x->loop);
}

/* --- sending --------------------------------------------------------------- */

/* Before the next request, which has that index. */
static int64_t interval(const struct echo *x, unsigned index)
{
	const struct echo_conf *c = &x->conf;
	bool slow = c->turn_every && index / c->turn_every % 2 == 0;

	return slow ? c->interval_ns * c->turn_times : c->interval_ns;
}

static void send_one(struct echo *x)
{
	struct request *q = &x->requests[x->next];
	uint8_t *payload = x->packet + ICMP_SOCK_HEADER_LEN;
	size_t len = payload_len(x, x->next);
	int rc;

	pattern_fill(x->conf.seed, pattern_pos(x->next), payload, len);
	q->sent_ns = loop_now(x->loop);
	q->paused_ns = loop_paused_ns(x->loop);
	rc = icmp_sock_send(&x->sock, &x->conf.target, (uint16_t)(x->next + 1), x->packet,
			    ICMP_SOCK_HEADER_LEN + len);
	x->next_send_ns = MAX(x->next_send_ns + interval(x, x->next), q->sent_ns);
	if (!x->conf.interval_ns)
		x->next_send_ns = q->sent_ns + FLOOD_MS * NS_PER_MS;
	if (rc == -EAGAIN) { /* the socket's send buffer is full: the same one again, soon */
		x->next_send_ns = q->sent_ns + NS_PER_MS;
		return;
	}
	x->next++;
	if (x->conf.pause_every && x->next % x->conf.pause_every == 0)
		x->next_send_ns += x->conf.pause_ns;
	if (!rc) {
		q->state = REQUEST_WAITING;
		x->n_waiting++;
		x->n_sent++;
		if (x->conf.on_sent)
			x->conf.on_sent(x->conf.ctx, x->next - 1, len);
		return;
	}
	if (!x->n_send_errors++) {
		x->send_error = arena_strdup(x->arena, strerror(-rc));
		x->shortage = err_is_shortage(rc);
		x->not_permitted = rc == -EPERM;
	}
}

static void expire(struct echo *x)
{
	int64_t now = loop_now(x->loop);
	struct request *q;

	for (; x->oldest < x->next; x->oldest++) {
		q = &x->requests[x->oldest];
		if (q->state != REQUEST_WAITING)
			continue;
		if (now - q->sent_ns < x->conf.timeout_ns)
			break;
		q->state = REQUEST_EXPIRED;
		x->n_waiting--;
	}
}

static bool may_send(const struct echo *x)
{
	if (x->next == x->conf.count)
		return false;
	return x->conf.interval_ns || x->n_waiting < FLOOD_WAITING_MAX;
}

static void on_timer(void *ctx);

static void arm(struct echo *x)
{
	int64_t at = INT64_MAX;

	if (may_send(x))
		at = x->next_send_ns;
	if (x->oldest < x->next)
		at = MIN(at, x->requests[x->oldest].sent_ns + x->conf.timeout_ns);
	x->timer = at == INT64_MAX ? 0 : loop_add_timer(x->loop, at, on_timer, x);
}

static void on_timer(void *ctx)
{
	struct echo *x = ctx;
	unsigned n;

	x->timer = 0;
	read_all(x);
	for (n = 0; n < BURST && may_send(x); n++) {
		if (x->next_send_ns > loop_now(x->loop))
			break;
		send_one(x);
	}
	expire(x);
	arm(x);
	settle(x);
}

static void on_readable(void *ctx, short revents)
{
	struct echo *x = ctx;

	(void)revents;
	read_all(x);
	settle(x);
	if (x->conf.interval_ns || !x->timer)
		return;
	/* The next one may be due by now. */
	loop_del_timer(x->loop, x->timer);
	arm(x);
}

int64_t echo_longest_ns(const struct echo_conf *c)
{
	int64_t each = c->interval_ns;

	if (!each)
		each = MAX(FLOOD_MS * NS_PER_MS, c->timeout_ns / FLOOD_WAITING_MAX);
	if (c->turn_every)
		each *= c->turn_times;
	if (c->pause_every)
		each += c->pause_ns / c->pause_every;
	return c->count * each + c->timeout_ns;
}

/* --------------------------------------------------------------------------- */

int echo_open(const struct echo_conf *c, struct loop *l, struct arena *a, struct echo **out,
	      struct err *e)
{
	struct icmp_sock sock;
	struct echo *x;
	int rc;

	assert(c->target.family != FAMILY_NONE && c->count && c->timeout_ns > 0);
	assert(c->source.family == FAMILY_NONE || c->source.family == c->target.family);
	if (c->payload_len > IP4_MAX_PAYLOAD)
		return err_code(e, EMSGSIZE, "ping with %u bytes", c->payload_len);
	rc = icmp_sock_open((enum addr_family)c->target.family, &c->source, c->link, c->id, &sock,
			    e);
	if (rc < 0)
		return rc;
	if (c->df)
		rc = icmp_sock_df(&sock, e);
	if (!rc && c->tells)
		rc = icmp_sock_hear_errors(&sock, e);
	if (rc < 0) {
		icmp_sock_close(&sock);
		return rc;
	}
	x = arena_alloc(a, sizeof(*x));
	x->conf = *c;
	x->sock = sock;
	x->loop = l;
	x->arena = a;
	x->requests = arena_alloc(a, c->count * sizeof(*x->requests));
	x->packet = arena_alloc(a, ICMP_SOCK_HEADER_LEN + c->payload_len);
	x->recv_cap = ICMP_SOCK_HEADER_LEN + c->payload_len + RECV_SLACK;
	x->recv_buf = arena_alloc(a, x->recv_cap);
	loop_add_fd(l, sock.fd, POLLIN, on_readable, x);
	*out = x;
	return 0;
}

void echo_start(struct echo *x)
{
	x->started_ns = x->next_send_ns = loop_now(x->loop);
	on_timer(x);
}

int64_t echo_slowest_ns(const struct echo *x)
{
	return x->slowest_ns;
}

void echo_stop(struct echo *x)
{
	x->conf.count = x->next;
	settle(x);
}

void echo_facts(const struct echo *x, struct ping_facts *out, int64_t *corrupt)
{
	bool v6 = x->conf.target.family == FAMILY_IP6;
	struct ping_facts p = {
		.target = x->conf.target,
		.sent = x->n_sent,
		.received = x->rtt.n,
		.duplicates = x->n_duplicates,
		.late = x->n_late,
		.send_errors = x->n_send_errors,
		.send_error = x->send_error,
		.shortage = x->shortage,
		.not_permitted = x->not_permitted,
		.size = (v6 ? IP6_LEN : IP4_LEN) + ICMP_SOCK_HEADER_LEN + x->conf.payload_len,
		.interval_ns = x->conf.interval_ns,
		.timeout_ns = x->conf.timeout_ns,
		.min_ns = UNKNOWN,
		.avg_ns = UNKNOWN,
		.max_ns = UNKNOWN,
		.mdev_ns = UNKNOWN,
		.dev_is_tun = UNKNOWN,
	};

	if (x->started_ns)
		p.elapsed_ns =
			(x->finished_ns ? x->finished_ns : loop_now(x->loop)) - x->started_ns;
	if (x->rtt.n) {
		p.min_ns = x->rtt.min;
		p.avg_ns = moments_mean(&x->rtt);
		p.max_ns = x->rtt.max;
		p.mdev_ns = moments_mdev(&x->rtt);
	}
	*out = p;
	if (corrupt)
		*corrupt = x->n_corrupt;
}

bool echo_error(const struct echo *x, struct ip_addr *from)
{
	if (x->error_from.family == FAMILY_NONE)
		return false;
	*from = x->error_from;
	return true;
}

int64_t echo_bursts(const struct echo *x)
{
	int64_t n = 0;
	unsigned i;

	for (i = 0; i < x->next; i++)
		n += x->requests[i].state == REQUEST_EXPIRED &&
		     (i == 0 || x->requests[i - 1].state != REQUEST_EXPIRED);
	return n;
}

int64_t echo_head(const struct echo *x)
{
	unsigned i;

	for (i = 0; i < x->next && x->requests[i].state != REQUEST_EXPIRED; i++)
		;
	return i;
}

int64_t echo_tail(const struct echo *x)
{
	unsigned i = x->next;

	while (i > 0 && (x->requests[i - 1].state == REQUEST_EXPIRED ||
			 x->requests[i - 1].state == REQUEST_WAITING))
		i--;
	return x->next - i;
}

void echo_close(struct echo *x)
{
	if (!x || x->sock.fd < 0)
		return;
	loop_del_timer(x->loop, x->timer);
	loop_del_fd(x->loop, x->sock.fd);
	icmp_sock_close(&x->sock);
}
