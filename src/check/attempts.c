/*
 * An attempt is told as far as it was seen. That nothing came of one says nothing of why: the far
 * end is silent to whoever it does not know, and so is a path that loses what is sent.
 */
#include "check/attempts.h"

#include <string.h>

#include "check/words.h"

enum { TOLD_MAX = 32 };

static const char *const whys[] = {
	[ATTEMPT_WHY_UNTOLD] = "",
	[ATTEMPT_WHY_STAGED] = " (data waits for a session)",
	[ATTEMPT_WHY_AGE] = " (the session is 120 s old)",
	[ATTEMPT_WHY_AGE_RECEIVE] = " (the session is 165 s old, and the peer uses it)",
	[ATTEMPT_WHY_MESSAGES] = " (the session's messages are used up)",
	[ATTEMPT_WHY_SILENCE] = " (nothing was heard for 15 s)",
	[ATTEMPT_WHY_RETRY] = " (a retry)",
	[ATTEMPT_WHY_KEEPALIVE] = " (a keepalive is due)",
};
static_assert(ARRAY_LEN(whys) == ATTEMPT_WHY_COUNT, "a reason has no words");

static const char *const counted[] = {
	[ATTEMPT_OPEN] = "attempts_open",	  [ATTEMPT_UNSENT] = "attempts_unsent",
	[ATTEMPT_SILENT] = "attempts_silent",	  [ATTEMPT_ICMP] = "attempts_icmp",
	[ATTEMPT_COOKIE] = "attempts_cookie",	  [ATTEMPT_REFUSED] = "attempts_refused",
	[ATTEMPT_UNUSED] = "attempts_unused",	  [ATTEMPT_ANSWERED] = "attempts_answered",
	[ATTEMPT_COMPLETE] = "attempts_complete",
};
static_assert(ARRAY_LEN(counted) == ATTEMPT_OUTCOME_COUNT, "an outcome has no name");

/* The engine's counters have its words; an id that it counts no more is words enough. */
static const char *refusal(const struct facts *f, const struct attempt_facts *t)
{
	const struct crypto_facts *c = &f->crypto[END_NEAR];
	size_t i;

	if (!t->refused)
		return "not told why";
	for (i = 0; c->known && i < c->n_refused; i++)
		if (!strcmp(c->refused[i].id, t->refused))
			return c->refused[i].says;
	return t->refused;
}

/* Another one was under way, or done, when it came. */
static bool was_late(const struct attempt_facts *t)
{
	return t->refused &&
	       (!strcmp(t->refused, "in_unknown_index") || !strcmp(t->refused, "in_wrong_state"));
}

static bool is_refused(const struct attempt_facts *t, enum end by)
{
	return t->by == by && t->outcome == ATTEMPT_REFUSED && !was_late(t);
}

/* By whom it was answered is not whom it asked. */
static bool is_answered_elsewhere(const struct attempt_facts *t)
{
	return t->answer.addr.family != FAMILY_NONE && !endpoint_equal(&t->answer, &t->to);
}

static const char *key_words(const struct attempt_facts *t, struct arena *a)
{
	char key[KEY_BASE64_LEN + 1];

	if (public_key_is_zero(&t->key))
		return "";
	public_key_base64(&t->key, key);
	return arena_printf(a, ", its public key is %s", key);
}

/* --- which tells most ----------------------------------------------------------------- */

const struct attempt_facts *attempts_answered_elsewhere(const struct facts *f)
{
	const struct handshakes_facts *h = &f->handshakes;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->list[i].by == END_NEAR && is_answered_elsewhere(&h->list[i]))
			return &h->list[i];
	return NULL;
}

const char *attempts_came_back(const struct facts *f, struct arena *a)
{
	const struct handshakes_facts *h = &f->handshakes;
	const struct attempt_facts *refused = NULL, *elsewhere = attempts_answered_elsewhere(f);
	char from[ENDPOINT_STR_SIZE], to[ENDPOINT_STR_SIZE];
	long long n = 0;
	size_t i;

	for (i = 0; i < h->n; i++) {
		const struct attempt_facts *t = &h->list[i];

		if (is_refused(t, END_NEAR)) {
			refused = t;
			n++;
		}
	}
	if (refused)
		return arena_printf(a, "%lld response%s came back, refused: %s", n,
				    n == 1 ? "" : "s", refusal(f, refused));
	if (elsewhere && elsewhere->outcome != ATTEMPT_COMPLETE)
		return arena_printf(a, "the answer came from %s instead of %s, and none was taken",
				    endpoint_str(&elsewhere->answer, from),
				    endpoint_str(&elsewhere->to, to));
	return NULL;
}

const char *attempts_unsent(const struct facts *f, struct arena *a)
{
	const struct handshakes_facts *h = &f->handshakes;
	const struct attempt_facts *unsent = NULL;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->list[i].by != END_NEAR)
			continue;
		if (h->list[i].outcome != ATTEMPT_UNSENT)
			return NULL;
		unsent = &h->list[i];
	}
	return unsent ? arena_strdup(a, refusal(f, unsent)) : NULL;
}

const char *attempts_of_peer(const struct facts *f, struct arena *a)
{
	const struct handshakes_facts *h = &f->handshakes;
	const struct attempt_facts *refused = NULL;
	bool other_key = false;
	size_t i;

	for (i = 0; i < h->n; i++) {
		const struct attempt_facts *t = &h->list[i];

		if (t->elsewhere)
			continue;
		if (is_refused(t, END_FAR))
			refused = t;
		other_key |= t->by == END_FAR && t->for_us == 0;
	}
	if (other_key)
		return "; those from the peer's address are for another public key than "
		       "ours";
	if (refused)
		return arena_printf(a, "; those from the peer's address are refused: %s%s",
				    refusal(f, refused), key_words(refused, a));
	return "";
}

/* Behind one address there may be several: it is the socket that we ask. */
bool attempts_other_key(const struct facts *f)
{
	const struct handshakes_facts *h = &f->handshakes;
	const struct endpoint *asked_there = NULL;
	bool other_key = false;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->list[i].by == END_NEAR)
			asked_there = &h->list[i].to;
	for (i = 0; i < h->n && asked_there; i++)
		other_key |= h->list[i].by == END_FAR && h->list[i].for_us == 0 &&
			     endpoint_equal(&h->list[i].from, asked_there);
	return other_key;
}

bool attempts_had_cookie(const struct facts *f)
{
	const struct handshakes_facts *h = &f->handshakes;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->list[i].by == END_NEAR && h->list[i].outcome == ATTEMPT_COOKIE)
			return true;
	return false;
}

const char *attempts_refused_from(const struct facts *f, const struct endpoint *from,
				  struct arena *a)
{
	const struct handshakes_facts *h = &f->handshakes;
	size_t i;

	for (i = 0; i < h->n; i++) {
		const struct attempt_facts *t = &h->list[i];

		if (is_refused(t, END_FAR) && endpoint_equal(&t->from, from))
			return arena_printf(a, ": %s%s", refusal(f, t), key_words(t, a));
	}
	return NULL;
}

/* --- each in words -------------------------------------------------------------------- */

static const char *place(const struct endpoint *e, struct arena *a)
{
	char text[ENDPOINT_STR_SIZE];

	return e->addr.family == FAMILY_NONE ? "where it was not seen" :
					       arena_strdup(a, endpoint_str(e, text));
}

static const char *asked(const struct attempt_facts *t, struct arena *a)
{
	const char *row = "";

	if (t->by == END_FAR)
		return arena_printf(a, "%s initiation from %s%s%s",
				    t->elsewhere ? "an" : "the peer's", place(&t->from, a),
				    t->for_us == 0 ? ", for another public key than ours" : "",
				    key_words(t, a));
	if (t->number != UNKNOWN)
		return arena_printf(a, "initiation %lld%s to %s", (long long)t->number,
				    whys[t->why], place(&t->to, a));
	if (t->in_row > 1)
		row = arena_printf(a, ", %lld in a row", (long long)t->in_row);
	return arena_printf(a, "initiation to %s%s", place(&t->to, a), row);
}

static const char *open_words(const struct facts *f)
{
	return f->handshakes.dropped == 0 ? "no answer until the run ended" :
					    "what came of it was not seen";
}

static const char *ours(const struct facts *f, const struct attempt_facts *t, struct arena *a)
{
	const char *after = words_time(a, t->answer_ns);
	char from[IP_ADDR_STR_SIZE];

	switch (t->outcome) {
	case ATTEMPT_UNSENT:
		return arena_printf(a, "it did not leave: %s", refusal(f, t));
	case ATTEMPT_SILENT:
		return "nothing came back";
	case ATTEMPT_ICMP:
		return arena_printf(a, "%s (%u/%u) came back from %s",
				    words_icmp(&t->icmp_from, t->icmp_type, t->icmp_code),
				    t->icmp_type, t->icmp_code, ip_addr_str(&t->icmp_from, from));
	case ATTEMPT_COOKIE:
		return arena_printf(a, "a cookie reply after %s: the far end is under load", after);
	case ATTEMPT_REFUSED:
		if (was_late(t))
			return arena_printf(
				a, "response after %s, when it was no longer waited for", after);
		return arena_printf(a, "response after %s, refused: %s", after, refusal(f, t));
	case ATTEMPT_UNUSED:
		return arena_printf(a, "response after %s, not accepted, or lost in this host",
				    after);
	case ATTEMPT_ANSWERED:
		return arena_printf(a, "response after %s; whether it was accepted was not seen",
				    after);
	case ATTEMPT_COMPLETE:
		return t->answer_ns == UNKNOWN ?
			       "accepted" :
			       arena_printf(a, "response after %s, accepted", after);
	default:
		return open_words(f);
	}
}

static const char *theirs(const struct facts *f, const struct attempt_facts *t, struct arena *a)
{
	switch (t->outcome) {
	case ATTEMPT_SILENT:
		return "not answered";
	case ATTEMPT_COOKIE:
		return "answered with a cookie: this engine is under load";
	case ATTEMPT_REFUSED:
		return arena_printf(a, "refused: %s", refusal(f, t));
	case ATTEMPT_UNUSED:
		return "answered, and it asked again: refused there, or lost on the way";
	case ATTEMPT_ANSWERED:
		return "answered; whether it was accepted was not seen";
	case ATTEMPT_COMPLETE:
		return "answered, accepted";
	default:
		return t->outcome == ATTEMPT_ICMP ? ours(f, t, a) : open_words(f);
	}
}

static void one(const struct facts *f, size_t i, struct findings *out, struct finding *row)
{
	const struct attempt_facts *t = &f->handshakes.list[i];
	struct arena *a = out->arena;
	const char *from = "";
	struct evidence *ev;

	if (is_answered_elsewhere(t))
		from = arena_printf(a, ", from %s", place(&t->answer, a));
	ev = finding_because(out, row, t->outcome == ATTEMPT_UNSENT ? "engine" : "capture",
			     t->outcome == ATTEMPT_UNSENT ? "near" : "near wire", "%s: %s%s",
			     asked(t, a), t->by == END_NEAR ? ours(f, t, a) : theirs(f, t, a),
			     from);
	evidence_ms(ev, arena_printf(a, "attempt%zu_at_ms", i + 1), t->t_ns);
	if (t->answer_ns != UNKNOWN)
		evidence_ms(ev, arena_printf(a, "attempt%zu_answer_ms", i + 1), t->answer_ns);
}

void attempts_because(const struct facts *f, struct findings *out, struct finding *row)
{
	const struct handshakes_facts *h = &f->handshakes;
	int64_t n[ATTEMPT_OUTCOME_COUNT] = { 0 };
	struct evidence *ev;
	size_t i;

	if (h->n == 0)
		return;
	for (i = 0; i < h->n; i++)
		n[h->list[i].outcome]++;
	ev = finding_because(out, row, "capture", "near wire", "attempts of a handshake");
	evidence_count(ev, "attempts", (int64_t)h->n + h->more);
	for (i = 0; i < ATTEMPT_OUTCOME_COUNT; i++)
		if (n[i])
			evidence_count(ev, counted[i], n[i]);
	for (i = 0; i < MIN(h->n, (size_t)TOLD_MAX); i++)
		one(f, i, out, row);
}
