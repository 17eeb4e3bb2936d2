/*
 * Waves of packets, a few milliseconds apart: each is sent, waited for, and then the next one is
 * made of what came back.
 */
#include "probe/ladder.h"

#include <errno.h>
#include <string.h>

#include "probe/ladder_sock.h"
#include "probe/ladder_wire.h"
#include "probe/sock_option.h"

enum {
	PACE_MS = 10,
	ECHO_ROUNDS = 3, /* for what is silent before the host: it tells how far that is */
	ECHO_PAYLOAD = 32,
	ICMP_MAX = 2048,
	SHOTS_MAX = LADDER_RUNGS_MAX,
};

enum wave {
	WAVE_ECHO,
	WAVE_ECHO_AGAIN,
	WAVE_TUNNEL,
	WAVE_LOOK_TUNNEL,
	WAVE_LOOK_ECHO,
	WAVE_CONTROL,
	WAVE_OVER
};

struct rung {
	struct rung_facts f;
	unsigned tries_echo, tries_tunnel;
	int64_t sent_ns; /* the last of either */
	bool echo_now; /* answered in this round */
};

struct ladder {
	struct ladder_conf conf;
	struct ladder_ids ids;
	struct loop *loop;
	struct arena *arena;
	struct ladder_sock sock;
	unsigned timer; /* 0: none */
	enum wave wave;
	unsigned shots[SHOTS_MAX], n_shots, at; /* hop limits of this wave */
	unsigned round; /* of the waves that come several times */
	unsigned control; /* hop limit; 0: none was needed */
	unsigned control_sent;
	bool control_seen[LADDER_ROUNDS], control_host[LADDER_ROUNDS];
	bool control_refused[LADDER_ROUNDS];
	struct rung rungs[LADDER_RUNGS_MAX + 1]; /* [0] is not used */
	unsigned host; /* least hop limit that it answered; 0: did not */
	bool proxy; /* somebody before it answers pings to it */
	int64_t longest_ns, sent_ns; /* the longest time an answer took; when the last was sent */
	int64_t unplaced;
	const char *error;
};

/* --- beginning and end --------------------------------------------------------------- */

int ladder_open(const struct ladder_conf *c, struct loop *loop, struct arena *a,
		struct ladder **out, struct err *e)
{
	struct ladder *l = arena_alloc(a, sizeof(*l));
	unsigned h;
	int rc;

	*l = (struct ladder){ .conf = *c,
			      .loop = loop,
			      .arena = a,
			      .sock = { -1, -1 },
			      .ids = { c->from, c->to, c->echo_id, c->token, c->tos, c->flow } };
	for (h = 1; h <= LADDER_RUNGS_MAX; h++)
		l->rungs[h].f.hop_limit = h;
	rc = ladder_sock_open(c, &l->sock, e);
	if (rc < 0)
		ladder_close(l);
	else
		*out = l;
	return rc;
}

void ladder_close(struct ladder *l)
{
	if (!l)
		return;
	if (l->timer)
		loop_del_timer(l->loop, l->timer);
	if (l->sock.icmp_fd >= 0)
		loop_del_fd(l->loop, l->sock.icmp_fd);
	ladder_sock_close(&l->sock);
}

/* --- sending ----------------------------------------------------------------------- */

static ssize_t send_packet(struct ladder *l, int fd, const uint8_t *b, size_t len)
{
	l->sent_ns = loop_now(l->loop);
	return ladder_sock_send(&l->conf, fd, b, len);
}

static void send_tunnel(struct ladder *l, unsigned hop_limit)
{
	struct rung *r = &l->rungs[hop_limit];
	uint8_t b[LADDER_PACKET_MAX];
	size_t len = ladder_put(&l->ids, hop_limit, r->tries_tunnel++, b);

	r->f.tunnel.sent++;
	if (send_packet(l, l->sock.udp_fd, b, len) < 0 && !l->error)
		l->error = arena_strdup(l->arena, strerror(errno));
	r->sent_ns = l->sent_ns;
}

/* One to the router in doubt, if any; one to the host. */
static void send_control(struct ladder *l)
{
	uint8_t b[LADDER_PACKET_MAX];
	size_t len;

	if (l->control) {
		len = ladder_put_control(&l->ids, l->control, l->control_sent, b);
		send_packet(l, l->sock.udp_fd, b, len);
	}
	len = ladder_put_control(&l->ids, LADDER_WHOLE_WAY, l->control_sent, b);
	send_packet(l, l->sock.udp_fd, b, len);
	l->control_sent++;
}

static void send_echo(struct ladder *l, unsigned hop_limit)
{
	struct rung *r = &l->rungs[hop_limit];
	uint8_t b[ECHO_PAYLOAD];
	size_t len = ladder_put_echo(&l->ids, hop_limit, r->tries_echo++, b, sizeof(b));

	r->f.echo.sent++;
	if (sock_hop_limit(l->sock.icmp_fd, l->conf.to.addr.family, hop_limit, NULL) == 0)
		send_packet(l, l->sock.icmp_fd, b, len);
	r->sent_ns = l->sent_ns;
}

/* --- what comes back ----------------------------------------------------------------- */

static void note(struct ladder *l, struct rung *r, struct rung_side *side,
		 const struct ladder_reply *reply, const struct ip_addr *from)
{
	bool host = reply->echo_reply ||
		    (!reply->time_exceeded && ip_addr_equal(from, &l->conf.to.addr));

	l->longest_ns = MAX(l->longest_ns, loop_now(l->loop) - r->sent_ns);
	if (side == &r->f.echo && reply->round + 1 == r->tries_echo)
		r->echo_now = true;
	/* The first answer stands. */
	if (side->answer != RUNG_SILENT)
		return;
	side->answer = host ? RUNG_HOST : reply->time_exceeded ? RUNG_HOP : RUNG_REFUSED;
	side->from = *from;
	side->type = reply->type;
	side->code = reply->code;
	if (side != &r->f.echo || !host)
		return;
	/* A router that answers pings for whoever it leads to is no host. */
	if (l->conf.has_gateway && r->f.hop_limit == 1)
		l->proxy = true;
	else if (!l->host || r->f.hop_limit < l->host)
		l->host = r->f.hop_limit;
}

static void note_control(struct ladder *l, const struct ladder_reply *reply,
			 const struct ip_addr *from)
{
	if (reply->round >= LADDER_ROUNDS)
		return;
	if (reply->hop_limit && reply->time_exceeded)
		l->control_seen[reply->round] = true;
	else if (!reply->hop_limit && ip_addr_equal(from, &l->conf.to.addr))
		l->control_host[reply->round] = true;
	else if (!reply->hop_limit && !reply->time_exceeded)
		l->control_refused[reply->round] = true;
}

/* Of a quotation too short to tell: the router that is known to be there. */
static struct rung *by_router(struct ladder *l, const struct ip_addr *from)
{
	unsigned h;

	for (h = 1; h <= LADDER_RUNGS_MAX; h++)
		if (l->rungs[h].f.echo.answer == RUNG_HOP &&
		    ip_addr_equal(&l->rungs[h].f.echo.from, from))
			return &l->rungs[h];
	return NULL;
}

static struct rung_side *side_of(struct rung *r, const struct ladder_reply *reply)
{
	return reply->of == LADDER_OF_ECHO ? &r->f.echo : &r->f.tunnel;
}

static void take(struct ladder *l, const uint8_t *b, size_t len, const struct ip_addr *from)
{
	struct ladder_reply reply = ladder_parse(&l->ids, b, len);
	struct rung *r = NULL;

	if (reply.of == LADDER_NOBODY ||
	    (reply.echo_reply && !ip_addr_equal(from, &l->conf.to.addr)))
		return;
	if (reply.of == LADDER_OF_CONTROL) {
		note_control(l, &reply, from);
		return;
	}
	if (reply.hop_limit >= 1 && reply.hop_limit <= LADDER_RUNGS_MAX)
		r = &l->rungs[reply.hop_limit];
	/* An IP id that somebody wrote anew may look like one of ours. */
	if (r && !side_of(r, &reply)->sent)
		r = NULL;
	if (!r && reply.time_exceeded)
		r = by_router(l, from);
	if (r && side_of(r, &reply)->sent)
		note(l, r, side_of(r, &reply), &reply, from);
	else if (reply.time_exceeded)
		l->unplaced++; /* others are about messages of the engine's own */
}

static void on_icmp(void *ctx, short revents)
{
	struct ladder *l = ctx;
	uint8_t b[ICMP_MAX];
	const uint8_t *icmp;
	struct ip_addr from;
	ssize_t n;

	(void)revents;
	while ((n = ladder_sock_recv(l->sock.icmp_fd, b, sizeof(b), &icmp, &from)) >= 0)
		take(l, icmp, (size_t)n, &from);
}

/* --- the waves ------------------------------------------------------------------------ */

static void add(struct ladder *l, unsigned hop_limit)
{
	l->shots[l->n_shots++] = hop_limit;
}

/* The last rung of whose kind somebody on the way, or the host itself, has answered. */
static unsigned last_of(const struct ladder *l, bool tunnel)
{
	unsigned h;

	for (h = LADDER_RUNGS_MAX; h > 0; h--) {
		enum rung_answer a = (tunnel ? &l->rungs[h].f.tunnel : &l->rungs[h].f.echo)->answer;

		if (a == RUNG_HOP || (tunnel && a == RUNG_HOST))
			return h;
	}
	return 0;
}

/* 0: not known; also where pings are answered by somebody before it. */
static unsigned host_of(const struct ladder *l)
{
	return l->proxy ? 0 : l->host;
}

/* Up to where messages are sent: what is known to be before the host. */
static unsigned top(const struct ladder *l)
{
	if (host_of(l))
		return host_of(l) - 1;
	return MAX(last_of(l, false), l->conf.has_gateway ? 1U : 0U);
}

/* A router that answers echo requests, and has not answered a message, nor has one behind it. */
static bool is_doubtful(const struct ladder *l, unsigned h)
{
	return h <= top(l) && h > last_of(l, true) && l->rungs[h].f.echo.answer == RUNG_HOP &&
	       l->rungs[h].f.tunnel.answer == RUNG_SILENT;
}

/* The first that only echo requests were seen at, each time. */
static unsigned stop_of(const struct ladder *l)
{
	unsigned h;

	for (h = 1; h <= LADDER_RUNGS_MAX; h++)
		if (is_doubtful(l, h) && l->rungs[h].f.only_echo == LADDER_ROUNDS)
			return h;
	return 0;
}

static void plan(struct ladder *l)
{
	unsigned h;

	l->n_shots = l->at = 0;
	for (h = 1; h <= LADDER_RUNGS_MAX; h++) {
		struct rung *r = &l->rungs[h];

		if (l->wave == WAVE_ECHO)
			add(l, h);
		else if (l->wave == WAVE_ECHO_AGAIN && h < host_of(l) && !r->f.echo.answer)
			add(l, h);
		else if (l->wave == WAVE_TUNNEL && h <= top(l))
			add(l, h);
		else if (l->wave == WAVE_LOOK_TUNNEL && is_doubtful(l, h))
			add(l, h);
		else if (l->wave == WAVE_LOOK_ECHO && is_doubtful(l, h)) {
			r->echo_now = false;
			add(l, h);
		}
	}
	if (l->wave == WAVE_CONTROL)
		add(l, l->control);
}

static void count_round(struct ladder *l)
{
	unsigned i;

	for (i = 0; i < l->n_shots; i++) {
		struct rung *r = &l->rungs[l->shots[i]];

		r->f.only_echo += is_doubtful(l, l->shots[i]) && r->echo_now;
	}
}

static bool is_host_in_doubt(const struct ladder *l)
{
	unsigned h;

	for (h = 1; h < host_of(l); h++)
		if (!l->rungs[h].f.echo.answer)
			return true;
	return false;
}

static enum wave next_of(struct ladder *l)
{
	switch (l->wave) {
	case WAVE_ECHO:
		return WAVE_ECHO_AGAIN;
	case WAVE_ECHO_AGAIN:
		if (++l->round < ECHO_ROUNDS && is_host_in_doubt(l))
			return WAVE_ECHO_AGAIN;
		l->round = 0;
		return WAVE_TUNNEL;
	case WAVE_TUNNEL:
		return WAVE_LOOK_TUNNEL;
	case WAVE_LOOK_TUNNEL:
		return WAVE_LOOK_ECHO;
	case WAVE_LOOK_ECHO:
		count_round(l);
		if (++l->round < LADDER_ROUNDS)
			return WAVE_LOOK_TUNNEL;
		l->control = stop_of(l);
		return WAVE_CONTROL;
	case WAVE_CONTROL:
		return l->control_sent < LADDER_ROUNDS ? WAVE_CONTROL : WAVE_OVER;
	default:
		return WAVE_OVER;
	}
}

static bool is_tunnel(enum wave w)
{
	return w == WAVE_TUNNEL || w == WAVE_LOOK_TUNNEL;
}

static bool is_control_answered(const struct ladder *l, unsigned round)
{
	if (l->control && !l->control_seen[round])
		return false;
	return l->control_host[round] || l->control_refused[round];
}

/* All of this wave that can be answered was. */
static bool is_answered(const struct ladder *l)
{
	unsigned i;

	if (l->wave == WAVE_CONTROL)
		return is_control_answered(l, l->control_sent - 1);
	for (i = 0; i < l->n_shots; i++) {
		const struct rung *r = &l->rungs[l->shots[i]];

		if (l->wave == WAVE_ECHO && l->host && l->shots[i] > l->host)
			continue;
		if (l->wave == WAVE_LOOK_ECHO ? !r->echo_now :
		    is_tunnel(l->wave)	      ? !r->f.tunnel.answer :
						!r->f.echo.answer)
			return false;
	}
	return true;
}

static int64_t patience(const struct ladder *l)
{
	int64_t hop = MAX(l->conf.hop_wait_ns, 2 * l->longest_ns);

	return l->wave == WAVE_ECHO && !l->host ? MAX(l->conf.host_wait_ns, hop) : hop;
}

static void on_timer(void *ctx);

static void again(struct ladder *l, int64_t in_ns)
{
	l->timer = loop_add_timer(l->loop, loop_now(l->loop) + in_ns, on_timer, l);
}

/* Waves with nothing to send are passed over. */
static void next_wave(struct ladder *l)
{
	do {
		l->wave = next_of(l);
		plan(l);
	} while (l->wave != WAVE_OVER && !l->n_shots);
	if (l->wave != WAVE_OVER)
		again(l, 0);
}

/* Sends, and when all is sent looks now and then whether all has come. */
static void on_timer(void *ctx)
{
	struct ladder *l = ctx;
	int64_t now = loop_now(l->loop);
	unsigned h;

	l->timer = 0;
	/* Beyond the host nothing is to be found. */
	if (l->wave == WAVE_ECHO && l->host && l->at < l->n_shots && l->shots[l->at] > l->host)
		l->n_shots = l->at;
	if (l->at < l->n_shots) {
		h = l->shots[l->at++];
		if (is_tunnel(l->wave))
			send_tunnel(l, h);
		else if (l->wave == WAVE_CONTROL)
			send_control(l);
		else
			send_echo(l, h);
		again(l, PACE_MS * NS_PER_MS);
		return;
	}
	if (is_answered(l) || now - l->sent_ns >= patience(l))
		next_wave(l);
	else
		again(l, PACE_MS * NS_PER_MS);
}

void ladder_start(struct ladder *l)
{
	loop_add_fd(l->loop, l->sock.icmp_fd, POLLIN, on_icmp, l);
	l->wave = WAVE_ECHO;
	plan(l);
	again(l, 0);
}

bool ladder_done(void *ladder)
{
	const struct ladder *l = ladder;

	return l->wave == WAVE_OVER;
}

void ladder_facts(const struct ladder *l, struct ladder_facts *out)
{
	unsigned n = LADDER_RUNGS_MAX, h, seen = 0, host = 0, refused = 0;

	/* Those at which nothing was to be found are left out. */
	while (n && n > host_of(l) && !l->rungs[n].f.tunnel.sent &&
	       l->rungs[n].f.echo.answer != RUNG_HOP && l->rungs[n].f.echo.answer != RUNG_REFUSED)
		n--;
	for (h = 0; h < LADDER_ROUNDS; h++) {
		seen += l->control_seen[h];
		host += l->control_host[h];
		refused += l->control_refused[h];
	}
	*out = (struct ladder_facts){
		.asked = true,
		.from = l->conf.from,
		.to = l->conf.to,
		.rungs = arena_alloc(l->arena, (n + 1) * sizeof(*out->rungs)),
		.n_rungs = n,
		.host = l->proxy ? HOST_PROXY :
			l->host	 ? HOST_ECHO :
				   HOST_SILENT,
		.host_hops = host_of(l) ? (int64_t)host_of(l) : UNKNOWN,
		.control_hop = l->control,
		.control_sent = l->control_sent,
		.control_seen = seen,
		.control_host = host,
		.control_refused = refused,
		.unplaced = l->unplaced,
		.error = l->error,
	};
	for (h = 1; h <= n; h++)
		out->rungs[h - 1] = l->rungs[h].f;
}
