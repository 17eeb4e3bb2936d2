/*
 * An initiation that arrives proves the way here. What it is for is told by its mac1 without any
 * secret, and what became of it by what leaves: an engine answers at once whom it takes, and says
 * nothing to anybody else. So silence is the host's filter, or the engine's word.
 *
 * One initiation may be anybody's. A caller that repeats it wants something, and did not get it.
 */
#include "check/calls.h"

#include "check/attempts.h"
#include "check/rule_match.h"
#include "check/words.h"

#include <string.h>

enum { REPEATED = 2, CALLS_TOLD = 4 };

/* What a caller is to us, the weightiest last. */
enum means {
	MEANS_NOTHING, /* it was taken, or is none of this engine's business */
	MEANS_ONCE, /* it did not try again */
	MEANS_OTHER_KEY,
	MEANS_BUSY,
	MEANS_OTHER_PORT,
	MEANS_IN_VAIN,
	MEANS_UNANSWERED,
};

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

static bool is_to_our_port(const struct facts *f, const struct call_facts *c)
{
	return c->to.port == f->config[END_NEAR].listen_port;
}

bool call_is_unanswered(const struct facts *f, const struct call_facts *c)
{
	return c->ours && is_to_our_port(f, c) && c->initiations > 0 && c->responses == 0 &&
	       c->cookie_replies == 0;
}

int64_t calls_reached_engine(const struct facts *f)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	size_t i;

	if (!have(f, NEED_ENGINE) || !c->known)
		return UNKNOWN;
	for (i = 0; i < c->n_refused; i++)
		if (strncmp(c->refused[i].id, "in_", 3) == 0)
			return 1;
	return 0;
}

/* --- each ------------------------------------------------------------------------- */

/* A file without ListenPort, brought up for the run: it has another port each time. */
static bool is_drawn(const struct facts *f)
{
	return f->target.kind == TARGET_CONFIG && f->intended.listen_port < 1;
}

static enum means of_ours(const struct facts *f, const struct call_facts *c)
{
	bool again = c->initiations >= REPEATED;

	if (!is_to_our_port(f, c)) {
		/*
		 * Something else answers there, or what is sent there is led to our port; or ours
		 * was drawn for this run, and that is one of before it.
		 */
		if (c->responses > 0 || c->cookie_replies > 0 || is_drawn(f))
			return MEANS_NOTHING;
		return again || c->refused > 0 ? MEANS_OTHER_PORT : MEANS_ONCE;
	}
	if (c->responses > 0 && c->data > 0)
		return MEANS_NOTHING;
	if (c->responses > 0)
		return again ? MEANS_IN_VAIN : MEANS_ONCE;
	if (c->cookie_replies > 0)
		return again ? MEANS_BUSY : MEANS_ONCE;
	return again || rule_takes_call(f, c) ? MEANS_UNANSWERED : MEANS_ONCE;
}

static enum means of_other(const struct call_facts *c)
{
	/* By whoever has that key, behind the same port. */
	if (c->responses > 0 || c->cookie_replies > 0)
		return MEANS_NOTHING;
	return c->initiations >= REPEATED ? MEANS_OTHER_KEY : MEANS_ONCE;
}

static enum means means(const struct facts *f, const struct call_facts *c)
{
	return c->ours ? of_ours(f, c) : of_other(c);
}

static enum means weightiest(const struct facts *f, const struct call_facts **which)
{
	enum means m, most = MEANS_NOTHING;
	size_t i;

	for (i = 0; i < f->calls.n; i++) {
		m = means(f, &f->calls.list[i]);
		if (m <= most)
			continue;
		most = m;
		*which = &f->calls.list[i];
	}
	return most;
}

bool calls_are_enough(const struct facts *f)
{
	const struct call_facts *c;

	return weightiest(f, &c) > MEANS_ONCE;
}

/* --- in words --------------------------------------------------------------------- */

static const char *handshakes(struct arena *a, int64_t n, const char *ours)
{
	return arena_printf(a, "%lld initiation%s%s", (long long)n, n == 1 ? "" : "s", ours);
}

/* Nobody was ever heard whose clock could have gone back since. */
static bool nobody_was_heard(const struct facts *f)
{
	const struct config_facts *c = &f->config[END_NEAR];
	size_t i;

	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].handshake_wall_ns != 0 ||
		    c->peers[i].endpoint.addr.family != FAMILY_NONE)
			return false;
	return true;
}

static struct finding *unanswered(const struct facts *f, const struct call_facts *c,
				  struct findings *out)
{
	const char *n = handshakes(out->arena, c->initiations, " for our key");
	int64_t reached = calls_reached_engine(f);
	const char *why = attempts_refused_from(f, &c->from, out->arena);
	char from[ENDPOINT_STR_SIZE];
	struct finding *row;

	endpoint_str(&c->from, from);
	if (reached == 0) {
		row = finding_add(out, STATE_FAIL, "%s came from %s, and the engine had none", n,
				  from);
		finding_sign(row, SIGN_CALL_VANISHED);
		row->whose = WHOSE_LOCAL;
		return row;
	}
	row = finding_add(out, STATE_FAIL, "%s came from %s, and none was answered%s", n, from,
			  why	       ? why :
			  reached == 1 ? ": the engine refused what came" :
					 "");
	if (reached == UNKNOWN && nobody_was_heard(f))
		finding_sign(row, SIGN_CALL_UNANSWERED);
	return row;
}

static struct finding *in_vain(const struct call_facts *c, struct findings *out)
{
	struct finding *row = finding_add(
		out, STATE_FAIL,
		"the peer's initiations (%lld) were answered (%lld), and it makes nothing of that",
		(long long)c->initiations, (long long)c->responses);

	finding_sign(row, SIGN_ANSWERED_IN_VAIN);
	return row;
}

static struct finding *other_port(const struct facts *f, const struct call_facts *c,
				  struct findings *out)
{
	char from[ENDPOINT_STR_SIZE];
	struct finding *row;

	row = finding_add(out, STATE_FAIL, "%s came from %s to port %u, and this engine has %lld%s",
			  handshakes(out->arena, c->initiations, " for our key"),
			  endpoint_str(&c->from, from), c->to.port,
			  (long long)f->config[END_NEAR].listen_port,
			  c->refused > 0 ? ": this host says that nobody has it" : "");
	finding_sign(row, SIGN_CALL_OTHER_PORT);
	return row;
}

static struct finding *other_key(const struct call_facts *c, struct findings *out)
{
	char from[ENDPOINT_STR_SIZE];
	struct finding *row;

	row = finding_add(out, STATE_FAIL, "%s came from %s, for another public key than ours",
			  handshakes(out->arena, c->initiations, ""), endpoint_str(&c->from, from));
	finding_sign(row, SIGN_CALL_OTHER_KEY);
	return row;
}

static struct finding *once(const struct call_facts *c, struct findings *out)
{
	char from[ENDPOINT_STR_SIZE];

	return finding_add(out, STATE_WARN, "%s came from %s%s, and no other followed",
			   handshakes(out->arena, c->initiations, ""), endpoint_str(&c->from, from),
			   c->responses > 0 ? ", was answered" :
			   c->ours	    ? "" :
					      " for another key than ours");
}

struct finding *calls_judge(const struct facts *f, struct findings *out)
{
	const struct call_facts *c = NULL;
	enum means m;

	if (!have(f, NEED_CALLS) || !have(f, NEED_CONFIG))
		return NULL;
	m = weightiest(f, &c);
	/* That nothing left is not known then. */
	if (f->calls.dropped != 0 && (m == MEANS_UNANSWERED || m == MEANS_IN_VAIN))
		return finding_add(out, STATE_UNSURE,
				   "%s came, and what became of them was not seen, by a capture "
				   "with gaps",
				   handshakes(out->arena, c->initiations, " for our key"));
	switch (m) {
	case MEANS_UNANSWERED:
		return unanswered(f, c, out);
	case MEANS_IN_VAIN:
		return in_vain(c, out);
	case MEANS_OTHER_PORT:
		return other_port(f, c, out);
	case MEANS_BUSY:
		return finding_add(out, STATE_WARN,
				   "%s came and %lld cookies went back: this engine is under load",
				   handshakes(out->arena, c->initiations, ""),
				   (long long)c->cookie_replies);
	case MEANS_OTHER_KEY:
		return other_key(c, out);
	case MEANS_ONCE:
		return once(c, out);
	default:
		return NULL;
	}
}

const char *calls_none_words(const struct facts *f, struct arena *a)
{
	const struct gap *g = &f->gaps[NEED_CALLS];

	if (have(f, NEED_CALLS) && f->calls.n == 0 && f->calls.dropped == 0)
		return arena_printf(a, "; no initiation came in %s",
				    words_time(a, f->calls.waited_ns));
	if (!have(f, NEED_CALLS) && g->remedy)
		return arena_printf(a, "; whether it calls was not seen: %s", g->why);
	return "";
}

void calls_because(const struct facts *f, struct findings *out, struct finding *row)
{
	char from[ENDPOINT_STR_SIZE], to[ENDPOINT_STR_SIZE];
	struct arena *a = out->arena;
	struct evidence *ev;
	size_t i;

	if (!have(f, NEED_CALLS))
		return;
	ev = finding_because(out, row, "capture", "all links", "initiations to this host");
	evidence_count(ev, "callers", (int64_t)f->calls.n + f->calls.more);
	evidence_ms(ev, "listened_ms", f->calls.waited_ns);
	evidence_count(ev, "capture_dropped", f->calls.dropped);
	for (i = 0; i < MIN(f->calls.n, (size_t)CALLS_TOLD); i++) {
		const struct call_facts *c = &f->calls.list[i];

		ev = finding_because(out, row, "capture", c->link ? c->link : "?",
				     "from %s to %s, for %s key", endpoint_str(&c->from, from),
				     endpoint_str(&c->to, to), c->ours ? "our" : "another");
		evidence_count(ev, arena_printf(a, "call%zu_initiations", i + 1), c->initiations);
		evidence_count(ev, arena_printf(a, "call%zu_responses", i + 1), c->responses);
		evidence_count(ev, arena_printf(a, "call%zu_cookie_replies", i + 1),
			       c->cookie_replies);
		evidence_count(ev, arena_printf(a, "call%zu_data", i + 1), c->data);
		evidence_count(ev, arena_printf(a, "call%zu_refused", i + 1), c->refused);
	}
}
