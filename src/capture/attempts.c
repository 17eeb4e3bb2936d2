/*
 * Messages are joined by their indices, which are clear text: a response and a cookie reply name
 * the sender index of the initiation that they answer, and data names the receiver's index of its
 * session. So whether a response was accepted shows without any key: who has one uses that session
 * at once, and engines send a keepalive where they have nothing else. Who does not, and asks again
 * when an initiation is repeated, has not accepted it, or never got it.
 *
 * The engine's own records tell more, and come in another order than the frames: whichever is first
 * makes the entry, and the other completes it.
 */
#include "capture/attempts.h"

#include <string.h>

#include "wire/cursor.h"

enum {
	TYPE_LEN = 4,
	TOLD_APART_LEN = 20, /* sender index, and of the ephemeral key */
};

/*
 * An initiation that was not answered is repeated after 5 s and up to 1/3 s more (whitepaper,
 * section 6.1); a busy engine is a little late, and one that looks at its timers four times a
 * second early.
 */
static const int64_t repeated_min_ns = 4500 * NS_PER_MS, repeated_max_ns = 7000 * NS_PER_MS;
static const int64_t answered_within_ns = 5 * NS_PER_S;

struct entry {
	struct attempt_facts f;
	uint8_t first[TOLD_APART_LEN];
	bool on_wire; /* else only the engine told of it */
	bool of_peer; /* the engine says that it is of the peer that is looked at */
	bool answered, cookie, used;
	bool later_data; /* whoever asked sent data after the answer, of whatever session */
	bool in_vain; /* whoever asked did not, and asked again */
	const char *unsent; /* why the system did not take it; NULL */
	uint32_t answer_index;
	int64_t asked_at, answered_at;
};

struct attempts {
	struct attempts_conf conf;
	struct entry entry[ATTEMPTS_MAX + ATTEMPTS_ELSEWHERE_MAX];
	size_t n, n_elsewhere;
	int64_t more;
};

struct attempts *attempts_new(const struct attempts_conf *c, struct arena *a)
{
	struct attempts *x = arena_alloc(a, sizeof(*x));

	x->conf = *c;
	return x;
}

/* The last of that index: some engines use them again. */
static struct entry *find(struct attempts *x, enum end by, uint32_t sender)
{
	size_t i;

	for (i = x->n; i > 0; i--)
		if (x->entry[i - 1].f.by == by && x->entry[i - 1].f.sender == sender)
			return &x->entry[i - 1];
	return NULL;
}

/* Those from elsewhere, who may be many, take none of the others' places. */
static bool has_room(struct attempts *x, bool elsewhere)
{
	if (elsewhere && x->n_elsewhere < ATTEMPTS_ELSEWHERE_MAX)
		return true;
	if (!elsewhere && x->n - x->n_elsewhere < ATTEMPTS_MAX)
		return true;
	x->more += !elsewhere;
	return false;
}

static struct entry *add(struct attempts *x, enum end by, uint32_t sender, bool elsewhere)
{
	struct entry *e;

	if (!has_room(x, elsewhere))
		return NULL;
	e = &x->entry[x->n++];
	x->n_elsewhere += elsewhere;
	*e = (struct entry){ 0 };
	e->f.by = by;
	e->f.sender = sender;
	e->f.number = e->f.in_row = e->f.answer_ns = e->f.for_us = UNKNOWN;
	e->f.elsewhere = elsewhere;
	return e;
}

/* --- what a capture sees -------------------------------------------------------------- */

static uint32_t index_at(const struct tap_outer *m, size_t at)
{
	struct rd r = rd_on(m->b, m->have);

	rd_bytes(&r, at);
	return rd_le32(&r);
}

static int64_t is_for_us(const struct attempts *x, const struct tap_outer *m)
{
	if (m->have < WG_INITIATION_LEN)
		return UNKNOWN;
	return x->conf.is_ours(x->conf.ctx, m->b);
}

static bool is_elsewhere(const struct attempts *x, const struct ip_addr *from)
{
	return x->conf.far.family != FAMILY_NONE && !ip_addr_equal(from, &x->conf.far);
}

static bool is_same_asker(const struct entry *a, const struct entry *b)
{
	return a->f.by == b->f.by && a->on_wire && b->on_wire &&
	       endpoint_equal(&a->f.from, &b->f.from) && endpoint_equal(&a->f.to, &b->f.to);
}

static bool repeats(const struct entry *first, const struct entry *second)
{
	int64_t after = second->asked_at - first->asked_at;

	return is_same_asker(first, second) && after >= repeated_min_ns && after <= repeated_max_ns;
}

/* Who has a session by then has no need to: those that were answered before it, and not used. */
static void note_repeat(struct attempts *x, const struct entry *second)
{
	size_t i;

	for (i = 0; i < x->n; i++) {
		struct entry *e = &x->entry[i];

		if (e->answered && !e->later_data && repeats(e, second))
			e->in_vain = true;
	}
}

/* One that is seen twice, at a bridge and its port, is one. */
static void see_initiation(struct attempts *x, const struct tap_outer *m)
{
	enum end by = m->dir == TAP_OUT ? END_NEAR : END_FAR;
	bool elsewhere = by == END_FAR && is_elsewhere(x, &m->from.addr);
	struct entry *e;
	uint32_t sender;

	if (m->have < TYPE_LEN + TOLD_APART_LEN || (by == END_NEAR && !m->tunnel))
		return;
	sender = index_at(m, TYPE_LEN);
	e = find(x, by, sender);
	if (e && e->on_wire && !memcmp(e->first, m->b + TYPE_LEN, TOLD_APART_LEN))
		return;
	if (!e || e->on_wire)
		e = add(x, by, sender, elsewhere);
	if (!e)
		return;
	e->on_wire = true;
	memcpy(e->first, m->b + TYPE_LEN, TOLD_APART_LEN);
	e->f.from = m->from;
	e->f.to = m->to;
	e->asked_at = m->t_ns;
	e->f.t_ns = MAX(m->t_ns - x->conf.start_wall_ns, 0);
	e->f.elsewhere = elsewhere;
	if (by == END_FAR)
		e->f.for_us = is_for_us(x, m);
	note_repeat(x, e);
}

static void see_answer(struct attempts *x, const struct tap_outer *m)
{
	bool cookie = m->type == WG_MSG_COOKIE_REPLY;
	/* A cookie reply has but one index. */
	uint32_t receiver = index_at(m, cookie ? TYPE_LEN : TYPE_LEN + 4);
	struct entry *e = find(x, m->dir == TAP_IN ? END_NEAR : END_FAR, receiver);

	if (!e || !e->on_wire || e->answered || (cookie && e->cookie) ||
	    m->have < (cookie ? TYPE_LEN + 4 : TYPE_LEN + 8))
		return;
	e->f.answer = m->from;
	e->f.answer_ns = MAX(m->t_ns - e->asked_at, 0);
	e->cookie |= cookie;
	if (cookie)
		return;
	e->answered = true;
	e->answered_at = m->t_ns;
	e->answer_index = index_at(m, TYPE_LEN);
}

static void see_data(struct attempts *x, const struct tap_outer *m)
{
	uint32_t receiver = index_at(m, TYPE_LEN);
	size_t i;

	if (m->have < TYPE_LEN + 4)
		return;
	for (i = 0; i < x->n; i++) {
		struct entry *e = &x->entry[i];
		bool by_asker = (e->f.by == END_NEAR) == (m->dir == TAP_OUT);

		if (!e->answered || e->used)
			continue;
		e->used = receiver == (by_asker ? e->answer_index : e->f.sender);
		e->later_data |= by_asker;
	}
}

/* A quote that ends before the index is of the last that was sent there. */
static struct entry *quoted(struct attempts *x, const struct tap_outer *m)
{
	enum end by = m->dir == TAP_OUT ? END_NEAR : END_FAR;
	size_t i;

	if (m->have >= TYPE_LEN + 4)
		return find(x, by, index_at(m, TYPE_LEN));
	for (i = x->n; i > 0; i--) {
		struct entry *e = &x->entry[i - 1];

		if (e->f.by == by && e->on_wire && endpoint_equal(&e->f.to, &m->to) &&
		    endpoint_equal(&e->f.from, &m->from))
			return e->answered ? NULL : e;
	}
	return NULL;
}

static void see_icmp(struct attempts *x, const struct tap_outer *m)
{
	struct entry *e = quoted(x, m);

	if (!e || e->f.icmp_from.family != FAMILY_NONE)
		return;
	e->f.icmp_from = m->icmp_from;
	e->f.icmp_type = m->icmp_type;
	e->f.icmp_code = m->icmp_code;
}

void attempts_see(struct attempts *x, const struct tap_outer *m)
{
	if (m->icmp && m->type == WG_MSG_INITIATION)
		see_icmp(x, m);
	if (m->icmp)
		return;
	switch (m->type) {
	case WG_MSG_INITIATION:
		see_initiation(x, m);
		break;
	case WG_MSG_RESPONSE:
	case WG_MSG_COOKIE_REPLY:
		see_answer(x, m);
		break;
	case WG_MSG_DATA:
		see_data(x, m);
		break;
	default:
		break;
	}
}

/* --- what our engine says ------------------------------------------------------------- */

static struct entry *told(struct attempts *x, const struct trace_rec *r, enum end by,
			  uint32_t sender)
{
	struct entry *e = find(x, by, sender);

	if (e)
		return e;
	e = add(x, by, sender, by == END_FAR && x->conf.far.family != FAMILY_NONE);
	if (e)
		e->f.t_ns = r->t_ns - x->conf.start_boot_ns;
	return e;
}

static void trace_sent(struct attempts *x, const struct trace_rec *r)
{
	struct entry *e = told(x, r, END_NEAR, r->sender);

	if (!e)
		return;
	e->of_peer = true;
	if (r->why < ATTEMPT_WHY_COUNT)
		e->f.why = (enum attempt_why)r->why;
	if (r->attempt)
		e->f.number = r->attempt;
}

static void trace_dropped(struct attempts *x, const struct trace_rec *r, bool of_peer,
			  const char *refused)
{
	struct entry *e = NULL;

	/* What the system did not send is told from outside of the core, by its session. */
	if (!strncmp(refused, "io_", 3)) {
		if (r->msg_type == WG_MSG_INITIATION)
			e = find(x, END_NEAR, r->session);
		if (e)
			e->unsent = refused;
		return;
	}
	if (r->msg_type == WG_MSG_RESPONSE)
		e = find(x, END_NEAR, r->receiver);
	else if (r->msg_type == WG_MSG_INITIATION)
		e = told(x, r, END_FAR, r->sender);
	if (!e)
		return;
	e->of_peer |= of_peer;
	if (!e->f.refused)
		e->f.refused = refused;
}

void attempts_trace(struct attempts *x, const struct trace_rec *r, uint32_t peer,
		    const char *refused)
{
	bool of_peer = peer != 0 && r->peer == peer;
	struct entry *e;

	if (r->t_ns < x->conf.start_boot_ns)
		return;
	if (r->stage == TRACE_HANDSHAKE_SENT && r->msg_type == WG_MSG_INITIATION && of_peer)
		trace_sent(x, r);
	if (r->stage == TRACE_DROPPED && refused)
		trace_dropped(x, r, of_peer, refused);
	if (r->stage != TRACE_HANDSHAKE_RECEIVED || r->msg_type != WG_MSG_RESPONSE)
		return;
	e = find(x, END_NEAR, r->receiver);
	if (e)
		e->used = true;
}

void attempts_unknown_peer(struct attempts *x, uint32_t sender, const struct public_key *key)
{
	struct entry *e = find(x, END_FAR, sender);

	if (e)
		e->f.key = *key;
}

/* --- what came of it ------------------------------------------------------------------ */

static enum attempt_outcome outcome(const struct entry *e, bool whole, int64_t now_ns)
{
	if (!e->on_wire && e->f.by == END_NEAR)
		return e->unsent ? ATTEMPT_UNSENT : ATTEMPT_OPEN;
	if (e->used)
		return ATTEMPT_COMPLETE;
	if (e->cookie && !e->answered)
		return ATTEMPT_COOKIE;
	if (e->f.refused)
		return ATTEMPT_REFUSED;
	if (e->answered)
		return whole && e->in_vain ? ATTEMPT_UNUSED : ATTEMPT_ANSWERED;
	if (e->f.icmp_from.family != FAMILY_NONE)
		return ATTEMPT_ICMP;
	return whole && now_ns - e->asked_at >= answered_within_ns ? ATTEMPT_SILENT : ATTEMPT_OPEN;
}

/*
 * Of those that only the engine told of: what never left, and what it says is of our peer. From
 * elsewhere: what it did not take; others come and go.
 */
static bool is_kept(const struct entry *e, enum attempt_outcome o)
{
	if (!e->on_wire)
		return e->of_peer && o != ATTEMPT_OPEN;
	if (!e->f.elsewhere)
		return true;
	return o == ATTEMPT_REFUSED || o == ATTEMPT_SILENT || e->f.for_us == 0;
}

static int64_t in_row(const struct entry *e, const struct attempt_facts *list, size_t n)
{
	size_t i;

	if (!e->on_wire)
		return UNKNOWN;
	for (i = n; i > 0; i--) {
		const struct attempt_facts *f = &list[i - 1];
		int64_t after = e->f.t_ns - f->t_ns;

		if (f->by != e->f.by || !endpoint_equal(&f->from, &e->f.from))
			continue;
		if (f->outcome == ATTEMPT_COMPLETE || after > repeated_max_ns)
			break;
		return f->in_row == UNKNOWN ? UNKNOWN : f->in_row + 1;
	}
	return 1;
}

static void sort(struct entry *list, size_t n)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		struct entry e = list[i];

		for (k = i; k > 0 && list[k - 1].f.t_ns > e.f.t_ns; k--)
			list[k] = list[k - 1];
		list[k] = e;
	}
}

void attempts_facts(const struct attempts *x, int64_t now_ns, int64_t dropped, struct arena *a,
		    struct handshakes_facts *out)
{
	struct attempts *sorted = arena_alloc(a, sizeof(*sorted));
	struct attempt_facts *list = arena_alloc(a, (x->n + 1) * sizeof(*list));
	size_t i, n = 0;

	*sorted = *x;
	sort(sorted->entry, sorted->n);
	for (i = 0; i < sorted->n; i++) {
		const struct entry *e = &sorted->entry[i];
		enum attempt_outcome o = outcome(e, dropped == 0, now_ns);

		if (!is_kept(e, o))
			continue;
		list[n] = e->f;
		list[n].outcome = o;
		if (o == ATTEMPT_UNSENT)
			list[n].refused = e->unsent;
		list[n].in_row = in_row(e, list, n);
		n++;
	}
	out->dropped = dropped;
	out->list = list;
	out->n = n;
	out->more = x->more;
}
