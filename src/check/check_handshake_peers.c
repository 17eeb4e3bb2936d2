/*
 * The tunnel's other peers: which of them are there?
 *
 * One peer is probed. Of the others the engine says when each was last heard; those that it can
 * send to and that were silent for longer than a session lives are asked with a packet, and come
 * with a new handshake, or do not. A peer that comes and goes is offline then, and a hub is none
 * the worse for it, unless the user says that it must be there. To one without an endpoint nothing
 * can be sent. Who could be sent to and was not is not known.
 */
#include "check/check_list.h"
#include "check/other_peers.h"
#include "check/tunnel.h"
#include "check/words.h"

enum { PEERS_TOLD = 16 };

struct group {
	const struct peer_config *first;
	size_t n;
};

struct tally {
	size_t n, online, silent, never, untold, n_required;
	/* must be there, and cannot come; were asked in vain; the same, and it may be no fault */
	struct group missing, absent, perhaps;
	struct group unknown; /* must be there, and that is not known */
	struct group not_asked;
};

static void put(struct group *g, const struct peer_config *p)
{
	g->first = g->first ? g->first : p;
	g->n++;
}

static const char *base64(struct arena *a, const struct public_key *k)
{
	char s[KEY_BASE64_LEN + 1];

	public_key_base64(k, s);
	return arena_strdup(a, s);
}

static bool is_other(const struct facts *f, const struct peer_config *p)
{
	return p != tunnel_peer(f, END_NEAR);
}

static void count_silent(const struct facts *f, const struct peer_config *p, struct tally *t)
{
	bool required = tunnel_peer_is_required(f, p);

	if (other_did_not_come(f, p)) {
		if (!required && (tunnel_peer_may_roam(f, p) || other_is_replaced(f, p)))
			return;
		if (other_must_answer(f, p) && !other_may_be_loss(f, p))
			put(&t->absent, p);
		else
			put(&t->perhaps, p);
		return;
	}
	if (p->not_asked)
		put(&t->not_asked, p);
	if (!required)
		return;
	if (p->handshake_wall_ns == 0 && p->endpoint.addr.family == FAMILY_NONE)
		put(&t->missing, p);
	else
		put(&t->unknown, p);
}

static void count(const struct facts *f, const struct peer_config *p, struct tally *t)
{
	t->n++;
	t->n_required += tunnel_peer_is_required(f, p);
	if (other_is_there(f, p)) {
		t->online++;
		return;
	}
	if (p->handshake_wall_ns == UNKNOWN)
		t->untold++;
	else if (p->handshake_wall_ns == 0)
		t->never++;
	else
		t->silent++;
	count_silent(f, p, t);
}

static const char *heard_of(const struct facts *f, const struct peer_config *p, struct arena *a)
{
	if (p->handshake_wall_ns == UNKNOWN)
		return "when it was heard is not told";
	if (p->handshake_wall_ns == 0)
		return "never heard";
	return arena_printf(a, "last heard before %s", words_time(a, tunnel_peer_age(f, p)));
}

/* "last heard before 4 min; asked, no handshake in 7.0 s" */
static const char *told_of(const struct facts *f, const struct peer_config *p, struct arena *a)
{
	const char *heard = heard_of(f, p, a), *what = "and looked for no longer than";

	if (p->not_asked)
		return arena_printf(a, "%s; not asked: %s", heard, p->not_asked);
	if (p->asked_ns <= 0)
		return heard;
	if (other_is_there(f, p))
		what = "and it came, within";
	else if (other_did_not_come(f, p))
		what = "no handshake in";
	return arena_printf(a, "%s; asked, %s %s", heard, what, words_time(a, p->asked_ns));
}

static void because(const struct facts *f, const struct tally *t, struct findings *out,
		    struct finding *row)
{
	const struct config_facts *c = &f->config[END_NEAR];
	struct evidence *ev;
	size_t i, told = 0, asked = 0;

	for (i = 0; i < c->n_peers; i++)
		asked += is_other(f, &c->peers[i]) && c->peers[i].asked_ns > 0;

	ev = finding_because(out, row, "engine", "near", "latest handshakes of the other peers");
	evidence_count(ev, "others", (int64_t)t->n);
	evidence_count(ev, "online", t->untold ? UNKNOWN : (int64_t)t->online);
	evidence_count(ev, "silent", t->untold ? UNKNOWN : (int64_t)t->silent);
	evidence_count(ev, "never_heard", t->untold ? UNKNOWN : (int64_t)t->never);
	evidence_count(ev, "required", (int64_t)t->n_required);
	evidence_count(ev, "asked", (int64_t)asked);
	evidence_count(ev, "probed_lost_permille", other_lost_permille(f));
	for (i = 0; i < c->n_peers && told < PEERS_TOLD; i++) {
		const struct peer_config *p = &c->peers[i];

		if (!is_other(f, p) || p->handshake_wall_ns == UNKNOWN)
			continue;
		told++;
		finding_because(out, row, "engine", words_key(out->arena, &p->key), "%s",
				told_of(f, p, out->arena));
	}
}

/* "(and 3 more)" */
static const char *more(struct arena *a, size_t n)
{
	return n > 1 ? arena_printf(a, " (and %zu more)", n - 1) : "";
}

/* The addresses that are asked of the peer that is looked at are fewer: so it says which. */
static const char *ask_it(const struct facts *f, const struct peer_config *p, struct arena *a)
{
	static const char *const of_another[] = { "--peer", "--ping", "--require", NULL };
	const char *ping = "";
	char text[IP_ADDR_STR_SIZE];
	size_t i;

	if (p->asked.family != FAMILY_NONE)
		ping = arena_printf(a, " --ping %s", ip_addr_str(&p->asked, text));
	for (i = 0; i < p->n_allowed; i++)
		if (cidr_is_single(&p->allowed[i]))
			ping = "";
	return arena_printf(a, "ask it: wgdiag check %s%s --peer %.*s%s",
			    f->target.name ? words_shell(a, facts_argument(f)) : "INTERFACE",
			    words_options(a, f, of_another), 8, base64(a, &p->key), ping);
}

/* Why it may be no fault. */
static const char *perhaps_words(const struct facts *f, const struct peer_config *p,
				 struct arena *a)
{
	size_t addresses = tunnel_peer_addresses(f, p);
	int64_t lost = other_lost_permille(f);

	if (addresses > 1)
		return arena_printf(a, "its endpoint's name has %zu addresses, and one was tried",
				    addresses);
	if (!other_must_answer(f, p))
		return p->handshake_wall_ns > 0 ?
			       "it was heard before, and may come and go" :
			       "its endpoint may be one that was learned and saved, of a client";
	if (p->asked_ns >= OTHER_ASKED_SURELY_NS && lost > 0)
		return arena_printf(a, "handshakes with the peer that is probed are lost too (%s)",
				    words_share(a, lost, 1000));
	return "that is too short, if its path loses messages";
}

/* What tells whether it is one. */
static const char *perhaps_remedy(const struct facts *f, const struct peer_config *p,
				  struct arena *a)
{
	const char *ask = ask_it(f, p, a);

	if (tunnel_peer_addresses(f, p) > 1 || other_must_answer(f, p))
		return ask;
	return arena_printf(a,
			    "if it must be there say so: --config FILE with its endpoint, or "
			    "--require %.*s; %s",
			    8, base64(a, &p->key), ask);
}

/* Asked in vain. */
static struct finding *judge_silence(const struct facts *f, const struct group *g, enum state s,
				     struct findings *out)
{
	const struct peer_config *p = g->first;
	struct arena *a = out->arena;
	char at[ENDPOINT_STR_SIZE];
	struct finding *row;

	row = finding_add(out, s, "peer %s (%s) was asked and did not answer within %s%s%s%s",
			  words_key(a, &p->key), endpoint_str(&p->endpoint, at),
			  words_time(a, p->asked_ns), more(a, g->n), s == STATE_FAIL ? "" : "; ",
			  s == STATE_FAIL ? "" : perhaps_words(f, p, a));
	row->remedy = s == STATE_FAIL ? ask_it(f, p, a) : perhaps_remedy(f, p, a);
	return row;
}

static struct finding *judge_unknown(const struct facts *f, const struct group *g,
				     struct findings *out)
{
	const struct peer_config *p = g->first;
	struct finding *row;

	row = finding_add(out, STATE_UNSURE,
			  "peer %s must be there, and was not heard within 180 s%s; it was not "
			  "asked%s%s%s",
			  words_key(out->arena, &p->key), more(out->arena, g->n),
			  p->asked_ns > 0 ? " for long enough" : "", p->not_asked ? ": " : "",
			  p->not_asked ? p->not_asked : "");
	row->remedy = ask_it(f, p, out->arena);
	return row;
}

/* What is told of those that could not be asked, or else how to look at another one. */
static const char *aside(const struct tally *t, struct arena *a)
{
	const struct peer_config *p = t->not_asked.first;

	if (!p)
		return "probed is one: --peer KEY for another";
	return arena_printf(a, "peer %s could not be asked: %s%s", words_key(a, &p->key),
			    p->not_asked, more(a, t->not_asked.n));
}

/* Nothing can be sent to it before it comes. */
static struct finding *judge_missing(const struct group *g, struct findings *out)
{
	struct finding *row;

	row = finding_add(out, STATE_FAIL,
			  "peer %s must be there, and it was never heard and has no endpoint%s",
			  words_key(out->arena, &g->first->key), more(out->arena, g->n));
	finding_fallback(out, row,
			 "it has to come first: see there whether its tunnel is up, and has this "
			 "host's endpoint and public key; or give it an endpoint here",
			 "on the peer: wgdiag check");
	return row;
}

static struct finding *judge(const struct facts *f, const struct tally *t, struct findings *out)
{
	if (t->absent.n)
		return judge_silence(f, &t->absent, STATE_FAIL, out);
	if (t->missing.n)
		return judge_missing(&t->missing, out);
	if (t->unknown.n && !t->untold)
		return judge_unknown(f, &t->unknown, out);
	if (t->perhaps.n)
		return judge_silence(f, &t->perhaps, STATE_UNSURE, out);
	if (t->untold)
		return finding_add(out, STATE_UNSURE,
				   "%zu others; when they were heard is not told", t->n);
	if (t->n_required == t->n)
		return finding_add(out, STATE_PASS, "all %zu others heard within 180 s", t->n);
	return finding_add(out, STATE_PASS,
			   "of %zu others %zu heard within 180 s, %zu offline (%zu never heard); "
			   "%s",
			   t->n, t->online, t->silent + t->never, t->never, aside(t, out->arena));
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const struct config_facts *c = &f->config[END_NEAR];
	struct tally t = { 0 };
	struct finding *row;
	size_t i;

	if (!(f->have & NEED_BIT(NEED_CONFIG))) {
		row = finding_gap(out, f, NEED_CONFIG);
		row->wanted = f->target.all_required;
		return;
	}
	for (i = 0; i < c->n_peers; i++)
		if (is_other(f, &c->peers[i]))
			count(f, &c->peers[i], &t);
	if (t.n == 0) {
		finding_add(out, STATE_NA, c->n_peers ? "there is one peer" : "there is no peer");
		return;
	}
	row = judge(f, &t, out);
	row->wanted = t.n_required > 0;
	because(f, &t, out, row);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_handshake_peers = {
	.id = "handshake.peers",
	.title = "other peers",
	.layer = LAYER_TRANSPORT,
	.wants = NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_PEERS),
	.after = after,
	.run = run,
};
