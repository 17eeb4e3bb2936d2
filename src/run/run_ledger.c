/*
 * Writes down what the captures, the sockets of the paced probes and the trace of our own engine
 * show of each probe, so that the ledger can follow it. Decides nothing.
 */
#include "loss/ledger.h"

#include "model/trace.h"
#include "probe/echo.h"
#include "probe/icmp_sock.h"
#include "run/run_priv.h"
#include "wg/drop.h"
#include "wire/cursor.h"
#include "wire/inner_hash.h"
#include "wire/ip.h"

enum {
	/* The ring holds 65536 records, and a probe makes eight: read long before it is full. */
	READ_EVERY = 128,
	ROUNDS_MAX = 64,
};

/* Probes of one socket. Their numbers go on from the round before. */
struct run_ledger;
struct round {
	struct run_ledger *of;
	const struct echo *echo; /* NULL until it is open */
	int64_t *number; /* by index; UNKNOWN: not sent */
	unsigned count;
	bool v6;
};

struct run_ledger {
	struct run *r;
	struct ledger *ledger;
	struct round round[ROUNDS_MAX];
	size_t n_rounds;
	int64_t next; /* number of the next probe */
	/* as the sockets of the rounds that are over heard it: fates_facts */
	size_t n_over;
	struct ip_addr target;
	int64_t late, duplicates, send_errors;
	int64_t dropped[TAP_COUNT], truncated[TAP_COUNT]; /* at the start */
};

/* --- what a tap shows -------------------------------------------------------------- */

static enum stage stage_of(enum tap tap, enum tap_dir dir)
{
	static const enum stage stages[TAP_COUNT][TAP_DIR_COUNT] = {
		[TAP_NEAR_TUN] = { STAGE_TUN_OUT, STAGE_TUN_IN },
		[TAP_NEAR_WIRE] = { STAGE_WIRE_OUT, STAGE_WIRE_IN },
		[TAP_FAR_TUN] = { STAGE_FAR_TUN_OUT, STAGE_FAR_TUN_IN },
		[TAP_FAR_WIRE] = { STAGE_FAR_WIRE_OUT, STAGE_FAR_WIRE_IN },
	};
	_Static_assert(TAP_OUT == 0 && TAP_IN == 1, "the columns are the directions");

	return stages[tap][dir];
}

/* At these places requests go by, at the others answers. */
static bool is_of_requests(enum stage s)
{
	return s <= STAGE_FAR_TUN_IN;
}

static int64_t probe_of(const struct run_ledger *x, const struct ip_packet *ip, bool request)
{
	struct rd r = rd_on(ip->payload, ip->total_len - ip->header_len);
	bool v6 = ip->version == 6;
	uint8_t wanted = v6 ? (request ? ICMP_ECHO6_REQUEST : ICMP_ECHO6_REPLY) :
			      (request ? ICMP_ECHO_REQUEST : ICMP_ECHO_REPLY);
	uint8_t type = rd_u8(&r);
	uint16_t id, seq;
	unsigned index;
	size_t i;

	rd_bytes(&r, 3); /* code, checksum */
	id = rd_be16(&r);
	seq = rd_be16(&r);
	if (r.bad || ip->fragment || type != wanted ||
	    ip->proto != (v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP))
		return LEDGER_OTHER;
	for (i = x->n_rounds; i-- > 0;) {
		const struct round *o = &x->round[i];

		if (o->echo && o->v6 == v6 && echo_which(o->echo, id, seq, r.p, r.left, &index) &&
		    o->number[index] != UNKNOWN)
			return o->number[index];
	}
	return LEDGER_OTHER;
}

void run_ledger_inner(void *ctx, const struct tap_inner *p)
{
	const struct run_tap *t = ctx;
	struct run_ledger *x = t->r->ledger;
	enum stage s = stage_of(t->tap, p->dir);
	struct ip_packet ip;
	int64_t probe = LEDGER_OTHER;

	if (!x)
		return;
	if (ip_parse(p->b, p->caplen, &ip) == IP_OK)
		probe = probe_of(x, &ip, is_of_requests(s));
	ledger_see_inner(x->ledger, s, p->t_ns, probe, p->len, trace_inner_hash(p->b, p->caplen));
}

void run_ledger_outer(struct run_ledger *x, enum tap tap, const struct tap_message *m)
{
	if (x && !m->cut)
		ledger_see_outer(x->ledger, stage_of(tap, m->dir), m->t_ns, m->receiver, m->counter,
				 m->len);
}

void run_ledger_trace(struct run_ledger *x, const struct trace_rec *recs, size_t n,
		      uint64_t overrun)
{
	if (x)
		ledger_trace(x->ledger, recs, n, overrun);
}

/* --- the probes --------------------------------------------------------------------- */

static void on_sent(void *ctx, unsigned index, size_t payload_len)
{
	struct round *o = ctx;
	struct run_ledger *x = o->of;
	const struct run_conf *c = x->r->conf;
	size_t headers = (o->v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN) + ICMP_SOCK_HEADER_LEN;
	int64_t now = x->r->p->wall_ns();

	o->number[index] = x->next++;
	ledger_sent(x->ledger, o->number[index], now, headers + payload_len);
	if (c->sent)
		c->sent(c->ctx, x->r->f, o->number[index], (int64_t)(headers + payload_len), now);
	if (o->number[index] % READ_EVERY == 0)
		run_trace_read(x->r);
}

static void on_answer(void *ctx, unsigned index)
{
	const struct round *o = ctx;
	struct run_ledger *x = o->of;

	if (o->number[index] != UNKNOWN)
		ledger_answered(x->ledger, o->number[index], x->r->p->wall_ns());
}

void run_ledger_round(struct run_ledger *x, struct echo_conf *c)
{
	struct round *o;
	unsigned i;

	if (!x || x->n_rounds == ROUNDS_MAX)
		return;
	o = &x->round[x->n_rounds++];
	*o = (struct round){ .of = x, .count = c->count, .v6 = c->target.family == FAMILY_IP6 };
	o->number = arena_alloc(x->r->arena, c->count * sizeof(*o->number));
	for (i = 0; i < c->count; i++)
		o->number[i] = UNKNOWN;
	c->on_sent = on_sent;
	c->on_answer = on_answer;
	c->ctx = o;
}

void run_ledger_opened(struct run_ledger *x, const struct echo *echo)
{
	if (x && x->n_rounds)
		x->round[x->n_rounds - 1].echo = echo;
}

static void close_round(struct run_ledger *x, const struct round *o)
{
	struct ping_facts p;
	unsigned k;

	for (k = 0; k < o->count; k++)
		if (o->number[k] != UNKNOWN)
			ledger_unheard(x->ledger, o->number[k], x->r->p->wall_ns());
	echo_facts(o->echo, &p, NULL);
	if (!x->n_over++)
		x->target = p.target;
	else if (!ip_addr_equal(&x->target, &p.target))
		x->target = (struct ip_addr){ 0 };
	x->late += p.late;
	x->duplicates += p.duplicates;
	x->send_errors += p.send_errors;
}

void run_ledger_closed(struct run_ledger *x, const struct echo *echo)
{
	size_t i;

	for (i = 0; x && i < x->n_rounds; i++)
		if (x->round[i].echo == echo)
			close_round(x, &x->round[i]);
}

/* --- its time ----------------------------------------------------------------------- */

void run_ledger_begin(struct run *r)
{
	struct run_ledger *x = arena_alloc(r->arena, sizeof(*x));
	struct tap_facts t;
	enum tap_dir dir;
	unsigned tap;

	x->r = r;
	x->ledger = ledger_new(r->arena, r->p->wall_ns());
	/* What the ring holds of the time before is not of this ledger. */
	if (run_trace_open(r))
		run_trace_read(r);
	for (tap = 0; tap < TAP_COUNT; tap++) {
		if (!r->taps[tap])
			continue;
		/* What was captured until now is of before. */
		live_tap_facts(r->taps[tap], &t);
		x->dropped[tap] = t.dropped;
		x->truncated[tap] = t.truncated;
		for (dir = 0; dir < TAP_DIR_COUNT; dir++)
			ledger_watch(x->ledger, stage_of((enum tap)tap, dir));
	}
	r->ledger = x;
}

/* What it lost of its own, or cut off: nobody knows which, nor of which direction. */
static void tell_dropped(struct run_ledger *x, enum tap tap)
{
	struct tap_facts t;
	int64_t dropped;
	enum tap_dir dir;

	live_tap_facts(x->r->taps[tap], &t);
	dropped = count_difference(x->dropped[tap], t.dropped);
	if (dropped != UNKNOWN)
		dropped += t.truncated - x->truncated[tap];
	for (dir = 0; dir < TAP_DIR_COUNT; dir++)
		if (dropped != 0)
			ledger_capture_dropped(x->ledger, stage_of(tap, dir), dropped);
}

static const char *drop_words(unsigned drop)
{
	return drop < WG_DROP_COUNT ? wg_drop_str((enum wg_drop)drop) : NULL;
}

static void tell_heard(const struct run_ledger *x, struct fates_facts *out)
{
	out->target = x->target;
	out->late = x->late;
	out->duplicates = x->duplicates;
	out->send_errors = x->send_errors;
}

void run_ledger_end(struct run *r)
{
	struct run_ledger *x = r->ledger;
	unsigned tap;

	if (!x)
		return;
	for (tap = 0; tap < TAP_COUNT; tap++)
		if (r->taps[tap])
			tell_dropped(x, (enum tap)tap);
	run_trace_read(r);
	r->ledger = NULL;
	/* What was under way when a check was cut short is not lost; `wgdiag loss` waits for it. */
	if (run_interrupted(r) && !r->conf->loss.count)
		ledger_cut(x->ledger);
	ledger_close(x->ledger, drop_words, &r->f->fates);
	tell_heard(x, &r->f->fates);
}
