/*
 * Does real data cross the tunnel whole, in both directions?
 *
 * Echo, UDP that fills every packet, and TCP of many full segments, over each inner
 * family there is, compared byte by byte. Only this makes a tunnel good: a handshake
 * proves keys and path, and a small ping proves small packets.
 */
#include "check/after.h"
#include "check/check_list.h"
#include "check/given_log.h"
#include "check/tunnel.h"
#include "check/words.h"

static const char *kind_str(enum stream_kind k)
{
	return k == STREAM_TCP ? "TCP" : k == STREAM_UDP ? "UDP" : "echo";
}

static const char *way_str(enum end from)
{
	return from == END_NEAR ? "me → peer" : "peer → me";
}

/*
 * It never began (no socket, say), so it tells nothing of the tunnel. One that began and
 * could send nothing has taken some time, and is a fault, unless the lack was ours.
 */
static bool not_tried(const struct stream_facts *s)
{
	return s->sent == 0 && s->error && (s->elapsed_ns == 0 || s->shortage);
}

static enum state stream_state(const struct facts *facts, const struct stream_facts *s)
{
	if (s->sent == UNKNOWN || s->received == UNKNOWN)
		return STATE_UNSURE;
	if (not_tried(s))
		return STATE_ERROR;
	if (s->corrupt > 0 || s->received > s->sent)
		return STATE_FAIL;
	/* Whatever is missing then, we did not carry it through. */
	if (s->shortage)
		return STATE_ERROR;
	if (s->sent == 0)
		return STATE_FAIL;
	/* All that was sent arrived, but it could not send all. */
	if (s->received == s->sent && s->error)
		return STATE_FAIL;
	if (s->received == s->sent)
		return STATE_PASS;
	/* A reliable stream that is short did not end; datagrams may be lost one by one. */
	return s->kind == STREAM_TCP ? STATE_FAIL :
				       loss_state(facts, s->sent - s->received, s->sent);
}

static const char *amount(const struct stream_facts *s, int64_t n, struct arena *a)
{
	if (s->kind == STREAM_TCP)
		return words_bytes(a, n);
	return n == UNKNOWN ? "unknown" : arena_printf(a, "%lld", (long long)n);
}

/* What makes a round trip may fail on either of its ways. */
static const char *name_of_stream(const struct stream_facts *s, struct arena *a)
{
	if (s->kind == STREAM_ECHO)
		return arena_printf(a, "echo IPv%u from %s", (unsigned)s->family,
				    s->from == END_NEAR ? "me" : "the peer");
	return arena_printf(a, "%s IPv%u %s", kind_str(s->kind), (unsigned)s->family,
			    way_str(s->from));
}

static const char *trouble(const struct stream_facts *s, struct arena *a)
{
	const char *name = name_of_stream(s, a);
	const char *done = s->kind == STREAM_ECHO ? "answered" : "arrived";
	bool stopped = s->error && s->received == s->sent && s->sent > 0;
	const char *what;

	if (not_tried(s))
		return arena_printf(a, "%s could not be tried: %s", name, s->error);
	/* Else "8 of 8 arrived (8 of 32 arrived)". */
	what = arena_printf(a, stopped ? "%s: %s %s of %s sent" : "%s: %s of %s %s", name,
			    amount(s, s->received, a), stopped ? done : amount(s, s->sent, a),
			    stopped ? amount(s, s->sent, a) : done);
	if (s->corrupt > 0)
		what = arena_printf(a, "%s, %lld changed on the way", what, (long long)s->corrupt);
	if (s->error)
		what = arena_printf(a, stopped ? "%s, then it stopped (%s)" : "%s (%s)", what,
				    s->error);
	return what;
}

static uint32_t traffic(const struct stream_facts *s)
{
	if (s->kind == STREAM_TCP)
		return traffic_of(s->family, TRAFFIC_TCP);
	if (s->kind == STREAM_ECHO)
		return traffic_of(s->family, TRAFFIC_ECHO);
	return traffic_of(s->family, s->from == END_NEAR ? TRAFFIC_UDP_UP : TRAFFIC_UDP_DOWN);
}

struct tally {
	const struct facts *facts;
	enum state state;
	const struct stream_facts *worst;
	unsigned n_bad;
	bool crossed[END_COUNT];
	bool family[2];
	uint32_t misses;
	int64_t tcp_bytes, datagrams;
};

static void tally_add(struct tally *t, const struct stream_facts *s)
{
	enum state st = stream_state(t->facts, s);

	t->n_bad += st != STATE_PASS;
	if (st == STATE_FAIL || st == STATE_WARN)
		t->misses |= traffic(s);
	if (state_worse(t->state, st) != t->state) {
		t->state = st;
		t->worst = s;
	}
	if (s->received < 1)
		return;
	t->crossed[s->from] = true;
	t->family[s->family == FAMILY_IP6] = true;
	*(s->kind == STREAM_TCP ? &t->tcp_bytes : &t->datagrams) += s->received;
}

static struct finding *judge(const struct facts *facts, const struct tally *t, struct findings *out)
{
	if (t->worst && t->n_bad > 1)
		return finding_add(out, t->state, "%s; and %u more of %zu transfers not whole",
				   trouble(t->worst, out->arena), t->n_bad - 1, facts->n_streams);
	if (t->worst)
		return finding_add(out, t->state, "%s; the other %zu are whole",
				   trouble(t->worst, out->arena), facts->n_streams - 1);
	if (!t->crossed[END_NEAR] && !t->crossed[END_FAR])
		return finding_add(out, STATE_UNSURE, "no transfer was tried");
	if (!t->crossed[END_NEAR] || !t->crossed[END_FAR])
		return finding_add(out, STATE_UNSURE, "%s was not tried",
				   way_str(t->crossed[END_NEAR] ? END_FAR : END_NEAR));
	return finding_add(out, STATE_PASS, "%zu transfers whole: TCP %s, %lld datagrams, %s",
			   facts->n_streams, words_bytes(out->arena, t->tcp_bytes),
			   (long long)t->datagrams,
			   !t->family[1] ? "IPv4 only" :
			   !t->family[0] ? "IPv6 only" :
					   "IPv4 and IPv6");
}

static const char *name_of(const struct stream_facts *s, const char *what, struct arena *a)
{
	return arena_printf(a, "%s%u_%s_%s",
			    s->kind == STREAM_TCP ? "tcp" :
			    s->kind == STREAM_UDP ? "udp" :
						    "echo",
			    (unsigned)s->family, s->from == END_NEAR ? "up" : "down", what);
}

/* --- from one end ------------------------------------------------------------------- */

/* The largest that was answered, 0: none. */
static int64_t largest(const struct facts *facts)
{
	int64_t size = 0;
	size_t i;

	if (facts->have & NEED_BIT(NEED_SIZES))
		for (i = 0; i < facts->n_sizes; i++)
			if (facts->sizes[i].received > 0)
				size = MAX(size, facts->sizes[i].size);
	if (facts->ping_peer.received > 0)
		size = MAX(size, facts->ping_peer.size);
	/* What left by another link came back by it too. */
	return facts->ping_peer.dev_is_tun == 0 ? 0 : size;
}

/* Whatever came back was authentic, and has crossed the tunnel both ways. */
static struct finding *judge_answers(const struct facts *facts, struct findings *out)
{
	const struct inner_target_facts *t = facts_answer(facts);
	int64_t size = largest(facts);
	struct finding *f;

	if (size > 0)
		return finding_add(out, STATE_PASS,
				   "pings of up to %lld B come back whole; bulk data needs a far "
				   "end that takes part",
				   (long long)size);
	if (t)
		return finding_add(out, STATE_PASS, "%s answers through the tunnel (%s)",
				   words_addr(out->arena, &t->from), tunnel_answer_words(t));
	if (tunnel_peer_is_away(facts))
		return finding_add(out, STATE_NA, "the peer is offline");
	if (!(facts->have & NEED_BIT(NEED_PING_PEER)))
		return finding_gap(out, facts, NEED_PING_PEER);
	if (tunnel_probes_are_bound(facts))
		return finding_add(out, STATE_UNSURE,
				   "nothing came back of what was bound to %s; this host may "
				   "refuse answers, for the route leads elsewhere",
				   facts->target.name);
	if (!tunnel_target_is_sure(facts)) {
		f = finding_add(out, STATE_UNSURE,
				"no address that was guessed inside the tunnel answered");
		f->remedy = "name one that must: --ping ADDR";
		return f;
	}
	return finding_add(out, STATE_FAIL, "nothing came back through the tunnel");
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *facts = ctx->facts;
	struct tally t = { .facts = facts, .state = STATE_PASS };
	struct evidence *ev;
	struct finding *f;
	int64_t took = 0;
	size_t i;

	if (!facts_far_is_here(facts)) {
		f = judge_answers(facts, out);
		ev = finding_because(out, f, "socket", "near", "answers through the tunnel");
		evidence_count(ev, "largest_answered", largest(facts));
		given_log_because(facts, GIVEN_LOG_ALL, out, f);
		return;
	}
	if (!(facts->have & NEED_BIT(NEED_STREAMS))) {
		finding_gap(out, facts, NEED_STREAMS);
		return;
	}
	for (i = 0; i < facts->n_streams; i++) {
		tally_add(&t, &facts->streams[i]);
		took = MAX(took, facts->streams[i].elapsed_ns);
	}
	f = judge(facts, &t, out);
	f->duration_ns = took;
	f->misses = t.misses;
	for (i = 0; i < facts->n_streams; i++) {
		const struct stream_facts *s = &facts->streams[i];

		ev = finding_because(out, f, "socket", words_end(s->from),
				     "%s; full packets of %lld B", trouble(s, out->arena),
				     (long long)s->unit);
		evidence_count(ev, name_of(s, "sent", out->arena), s->sent);
		evidence_count(ev, name_of(s, "received", out->arena), s->received);
		evidence_count(ev, name_of(s, "corrupt", out->arena), s->corrupt);
		evidence_ms(ev, name_of(s, "ms", out->arena), s->elapsed_ns);
	}
}

static const char *const after[] = { AFTER_DATA,   "loss.up",	 "loss.down", "ping.peer",
				     "echo.reply", "ping.sizes", NULL };

const struct check check_data_both_ways = {
	.id = "data.both-ways",
	.title = "data both ways",
	.layer = LAYER_INNER,
	.wants = NEED_BIT(NEED_STREAMS),
	.after = after,
	.run = run,
};
