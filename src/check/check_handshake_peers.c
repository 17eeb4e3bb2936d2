/*
 * The tunnel's other peers: which of them are there?
 *
 * One peer is probed; of the others there is what the engine says: when each was last heard.
 * Who has been silent for longer than a session lives is offline, and a hub is none the worse
 * for it.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

enum { PEERS_TOLD = 16 };

struct tally {
	size_t n, online, silent, never, untold;
};

static bool is_other(const struct facts *f, const struct peer_config *p)
{
	return p != tunnel_peer(f, END_NEAR);
}

static void count(const struct facts *f, const struct peer_config *p, struct tally *t)
{
	t->n++;
	if (p->handshake_wall_ns == UNKNOWN)
		t->untold++;
	else if (p->handshake_wall_ns == 0)
		t->never++;
	else if (tunnel_peer_age(f, p) <= TUNNEL_SESSION_NS)
		t->online++;
	else
		t->silent++;
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

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const struct config_facts *c = &f->config[END_NEAR];
	struct tally t = { 0 };
	struct finding *row;
	size_t i;

	for (i = 0; i < c->n_peers; i++)
		if (is_other(f, &c->peers[i]))
			count(f, &c->peers[i], &t);
	if (t.n == 0) {
		finding_add(out, STATE_NA, c->n_peers ? "there is one peer" : "there is no peer");
		return;
	}
	if (t.untold)
		row = finding_add(out, STATE_UNSURE, "%zu others; when they were heard is not told",
				  t.n);
	else
		row = finding_add(out, STATE_PASS,
				  "of %zu others %zu heard within 180 s, %zu offline (%zu never "
				  "heard); probed is one: --peer KEY for another",
				  t.n, t.online, t.silent + t.never, t.never);
	because(f, &t, out, row);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_handshake_peers = {
	.id = "handshake.peers",
	.title = "other peers",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_CONFIG),
	.after = after,
	.run = run,
};
