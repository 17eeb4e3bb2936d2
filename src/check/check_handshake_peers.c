/*
 * The tunnel's other peers: which of them are there?
 *
 * One peer is probed; of the others there is what the engine says: when each was last heard.
 * Who has been silent for longer than a session lives is offline, and a hub is none the worse
 * for it; unless the user says that it must be there. To one without an endpoint nothing can be
 * sent. To others it could be, and was not: then whether they are there is not known.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

enum { PEERS_TOLD = 16 };

struct tally {
	size_t n, online, silent, never, untold;
	/* of those that must be there: they are not; it is not known */
	const struct peer_config *missing, *unknown;
	size_t n_required, n_missing, n_unknown;
};

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

static bool was_heard(const struct facts *f, const struct peer_config *p)
{
	return p->handshake_wall_ns > 0 && tunnel_peer_age(f, p) <= TUNNEL_SESSION_NS;
}

static void count_required(const struct facts *f, const struct peer_config *p, struct tally *t)
{
	if (!tunnel_peer_is_required(f, p))
		return;
	t->n_required++;
	if (was_heard(f, p))
		return;
	if (p->handshake_wall_ns == 0 && p->endpoint.addr.family == FAMILY_NONE) {
		t->n_missing++;
		t->missing = t->missing ? t->missing : p;
	} else {
		t->n_unknown++;
		t->unknown = t->unknown ? t->unknown : p;
	}
}

static void count(const struct facts *f, const struct peer_config *p, struct tally *t)
{
	t->n++;
	if (p->handshake_wall_ns == UNKNOWN)
		t->untold++;
	else if (p->handshake_wall_ns == 0)
		t->never++;
	else if (was_heard(f, p))
		t->online++;
	else
		t->silent++;
	count_required(f, p, t);
}

static void because(const struct facts *f, const struct tally *t, struct findings *out,
		    struct finding *row)
{
	const struct config_facts *c = &f->config[END_NEAR];
	struct evidence *ev;
	size_t i, told = 0;

	ev = finding_because(out, row, "engine", "near", "latest handshakes of the other peers");
	evidence_count(ev, "others", (int64_t)t->n);
	evidence_count(ev, "online", t->untold ? UNKNOWN : (int64_t)t->online);
	evidence_count(ev, "silent", t->untold ? UNKNOWN : (int64_t)t->silent);
	evidence_count(ev, "never_heard", t->untold ? UNKNOWN : (int64_t)t->never);
	evidence_count(ev, "required", (int64_t)t->n_required);
	for (i = 0; i < c->n_peers && told < PEERS_TOLD; i++) {
		const struct peer_config *p = &c->peers[i];

		if (!is_other(f, p) || p->handshake_wall_ns == UNKNOWN)
			continue;
		told++;
		finding_because(
			out, row, "engine", words_key(out->arena, &p->key), "%s%s",
			p->handshake_wall_ns ? "last heard before " : "never heard",
			p->handshake_wall_ns ? words_time(out->arena, tunnel_peer_age(f, p)) : "");
	}
}

/* "(and 3 more)" */
static const char *more(struct arena *a, size_t n)
{
	return n > 1 ? arena_printf(a, " (and %zu more)", n - 1) : "";
}

static struct finding *judge(const struct facts *f, const struct tally *t, struct findings *out)
{
	struct finding *row;

	if (t->n_missing)
		return finding_add(out, STATE_FAIL,
				   "peer %s must be there, and it was never heard and has no "
				   "endpoint%s",
				   words_key(out->arena, &t->missing->key),
				   more(out->arena, t->n_missing));
	if (t->n_unknown && !t->untold) {
		row = finding_add(out, STATE_UNSURE,
				  "peer %s must be there, and was not heard within 180 s%s; it was "
				  "not asked",
				  words_key(out->arena, &t->unknown->key),
				  more(out->arena, t->n_unknown));
		row->remedy = arena_printf(
			out->arena, "ask it: wgdiag check %s --peer %.*s",
			f->target.name ? words_shell(out->arena, facts_argument(f)) : "INTERFACE",
			8, base64(out->arena, &t->unknown->key));
		return row;
	}
	if (t->untold)
		return finding_add(out, STATE_UNSURE,
				   "%zu others; when they were heard is not told", t->n);
	if (t->n_required == t->n)
		return finding_add(out, STATE_PASS, "all %zu others heard within 180 s", t->n);
	return finding_add(out, STATE_PASS,
			   "of %zu others %zu heard within 180 s, %zu offline (%zu never heard); "
			   "probed is one: --peer KEY for another",
			   t->n, t->online, t->silent + t->never, t->never);
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
	.wants = NEED_BIT(NEED_CONFIG),
	.after = after,
	.run = run,
};
