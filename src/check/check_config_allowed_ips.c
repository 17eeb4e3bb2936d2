/*
 * Does each inner address belong to the right peer, at both ends?
 *
 * One table serves both directions: an engine sends to the peer that owns the destination
 * (cryptokey routing), and takes from a peer only sources that this peer owns. The longest
 * prefix wins, so a second peer can take addresses away without any error.
 */
#include "check/check_list.h"
#include "check/far_age.h"
#include "check/tunnel.h"
#include "check/words.h"

/* The longest prefix of p around addr, or NULL. */
static const struct cidr *own_prefix(const struct peer_config *p, const struct ip_addr *addr)
{
	const struct cidr *best = NULL;
	size_t i;

	for (i = 0; i < p->n_allowed; i++)
		if (cidr_contains(&p->allowed[i], addr) &&
		    (!best || p->allowed[i].len >= best->len))
			best = &p->allowed[i];
	return best;
}

/* One end's table against the other end's inner addresses. */
struct table {
	enum end end;
	const struct config_facts *config;
	const struct peer_config *peer; /* who should own them; NULL: not known */
	struct tunnel_addrs addrs;
	size_t n_wrong;
	const char *says; /* of the first wrong one */
	bool nobodys; /* one of them is in no peer's allowed IPs */
	bool others; /* one of them is another peer's only */
	bool taken; /* one of them is in the right peer's too, or that one has none left */
};

static const char *trouble(const struct table *t, const struct ip_addr *addr, struct arena *a)
{
	const struct cidr *by, *mine;
	const struct peer_config *owner = config_owner(t->config, addr, &by);
	const char *s = words_addr(a, addr);

	if (!owner)
		return arena_printf(a, "%s: %s is in no peer's allowed IPs", words_end(t->end), s);
	if (!t->peer || owner == t->peer)
		return NULL;
	mine = own_prefix(t->peer, addr);
	return arena_printf(a, "%s: %s goes to peer %s (%s), not to peer %s (%s)",
			    words_end(t->end), s, words_key(a, &owner->key), words_net(a, by),
			    words_key(a, &t->peer->key),
			    mine ? words_net(a, mine) : "which does not have it");
}

static bool is_others(const struct table *t, const struct ip_addr *a)
{
	const struct peer_config *owner = config_owner(t->config, a, NULL);

	return owner && t->peer && owner != t->peer;
}

/*
 * The right one has nothing left. At the far end, where that is us, it keeps what it was given of
 * the other family; and the very address is another's, not some network around it.
 */
static bool has_none_left(const struct table *t, const struct ip_addr *a)
{
	const struct cidr *by = NULL;
	size_t i;

	if (t->peer->n_allowed == 0)
		return true;
	for (i = 0; i < t->peer->n_allowed; i++)
		if (t->peer->allowed[i].addr.family == a->family)
			return false;
	return t->end == END_FAR && config_owner(t->config, a, &by) && cidr_is_single(by);
}

/* Another peer has it, and with it all or the more special part of what the right one had. */
static bool is_taken(const struct table *t, const struct ip_addr *a)
{
	return is_others(t, a) && (has_none_left(t, a) || own_prefix(t->peer, a));
}

/* What was asked gave no answer, and nor did anything else. */
static bool is_silent(const struct facts *f)
{
	return f->have & NEED_BIT(NEED_PING_PEER) && !f->interrupted && f->ping_peer.sent > 0 &&
	       f->ping_peer.received == 0 && !facts_answer(f);
}

static bool lists(const struct cidr *allowed, size_t n, const struct cidr *net)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cidr_equal(&allowed[i], net))
			return true;
	return false;
}

/*
 * Who else was to have what this peer has: it is listed in the file with the same, or by the engine
 * (boringtun and gotatun go on listing it, and most engines do not), or it can be spoken to and has
 * nothing left, which is what `wg show` then says of it. "": nobody.
 */
static const char *loser(const struct facts *f, const struct ip_addr *a, struct arena *arena)
{
	const struct config_facts *c = &f->config[END_NEAR];
	const struct cidr *by = NULL;
	const struct peer_config *owner = config_owner(c, a, &by);
	size_t i;

	for (i = 0; owner && f->have & NEED_BIT(NEED_INTENDED) && i < f->intended.n_peers; i++) {
		const struct intended_peer *w = &f->intended.peers[i];

		if (!public_key_equal(&w->key, &owner->key) && lists(w->allowed, w->n_allowed, by))
			return arena_printf(arena, "peer %s is to have %s too",
					    words_key(arena, &w->key), words_net(arena, by));
	}
	for (i = 0; owner && i < c->n_peers; i++)
		if (&c->peers[i] != owner && lists(c->peers[i].allowed, c->peers[i].n_allowed, by))
			return arena_printf(arena, "peer %s is to have %s too",
					    words_key(arena, &c->peers[i].key),
					    words_net(arena, by));
	for (i = 0; owner && i < c->n_peers; i++)
		if (&c->peers[i] != owner && c->peers[i].n_allowed == 0 &&
		    c->peers[i].endpoint.addr.family != FAMILY_NONE)
			return arena_printf(arena, "peer %s has no allowed IPs left",
					    words_key(arena, &c->peers[i].key));
	return "";
}

/* It shook hands, so it is no mere entry; without allowed IPs nothing goes to it, or is taken. */
static const struct peer_config *lives_without(const struct facts *f)
{
	const struct config_facts *c = &f->config[END_NEAR];
	const struct peer_config *found = NULL;
	bool others = false;
	size_t i;

	for (i = 0; i < c->n_peers; i++) {
		int64_t age = tunnel_peer_age(f, &c->peers[i]);

		others = others || c->peers[i].n_allowed > 0;
		if (c->peers[i].n_allowed == 0 && age != UNKNOWN && age < TUNNEL_SESSION_NS)
			found = &c->peers[i];
	}
	return others ? found : NULL;
}

static const char *taken_from(const struct facts *f, const struct table *near, struct arena *a)
{
	const char *s = "";
	size_t i;

	for (i = 0; is_silent(f) && !facts_far_is_here(f) && !s[0] && i < near->addrs.n; i++)
		s = loser(f, &near->addrs.a[i], a);
	return s;
}

static void table_init(struct table *t, const struct facts *f, enum end end, struct arena *a)
{
	size_t i;

	*t = (struct table){ .end = end, .config = &f->config[end], .peer = tunnel_peer(f, end) };
	if (end == END_NEAR)
		tunnel_targets(f, &t->addrs);
	else
		tunnel_sources(f, &t->addrs);
	for (i = 0; i < t->addrs.n; i++) {
		const char *says = trouble(t, &t->addrs.a[i], a);

		if (!says)
			continue;
		t->nobodys = t->nobodys || !config_owner(t->config, &t->addrs.a[i], NULL);
		t->others = t->others || is_others(t, &t->addrs.a[i]);
		t->taken = t->taken || is_taken(t, &t->addrs.a[i]);
		t->n_wrong++;
		if (!t->says)
			t->says = says;
	}
}

/* Not even what it sends is taken: each packet's source is looked up in the same table. */
static struct finding *judge_empty(const struct facts *f, const struct peer_config *peer,
				   struct findings *out)
{
	struct finding *row = finding_add(out, STATE_FAIL,
					  "peer %s has no allowed IPs: nothing can be sent to it, "
					  "and nothing it sends is taken",
					  words_key(out->arena, &peer->key));
	char b64[KEY_BASE64_LEN + 1];

	if (facts_file(f)) {
		row->remedy = arena_printf(out->arena,
					   "write its inner addresses into %s: AllowedIPs = ...",
					   facts_file(f));
		return row;
	}
	public_key_base64(&peer->key, b64);
	finding_fix(out, row,
		    "give the peer its inner addresses; another peer with the same ones would "
		    "lose them",
		    "%swg set %s peer %s allowed-ips ADDRESSES", words_inside(out->arena, f),
		    f->target.name, b64);
	return row;
}

static struct finding *judge(const struct facts *f, const struct table *near,
			     const struct table *far, struct findings *out)
{
	size_t n_wrong = near->n_wrong + (far ? far->n_wrong : 0);
	const char *says = near->says ? near->says : far ? far->says : NULL;
	enum state s = near->n_wrong || !far_is_old(f) ? STATE_FAIL : STATE_UNSURE;
	const char *old = far ? far_age_words(f, out->arena) : "";
	const struct peer_config *empty = facts_far_is_here(f) ? NULL : lives_without(f);
	const char *lost = taken_from(f, near, out->arena);

	if (near->config->n_peers == 0)
		return finding_add(out, STATE_SKIP, "no peer is configured");
	if (empty && !tunnel_answers(f)) {
		struct finding *row = finding_add(out, STATE_FAIL,
						  "peer %s shakes hands and has no allowed IPs, "
						  "while another peer has some",
						  words_key(out->arena, &empty->key));

		finding_sign(row, SIGN_NEAR_ALLOWED_TAKEN);
		return row;
	}
	if (!facts_far_is_here(f) && near->peer && near->peer->n_allowed == 0)
		return judge_empty(f, near->peer, out);
	if (!n_wrong && lost[0] && near->peer) {
		struct finding *row =
			finding_add(out, STATE_FAIL, "%s is with peer %s, which is silent, and %s",
				    words_addr(out->arena, &near->addrs.a[0]),
				    words_key(out->arena, &near->peer->key), lost);

		finding_sign(row, SIGN_NEAR_ALLOWED_TAKEN);
		return row;
	}
	if (n_wrong > 1)
		return finding_add(out, s, "%s; and %zu more%s", says, n_wrong - 1, old);
	if (n_wrong)
		return finding_add(out, s, "%s%s", says, old);
	if (!near->addrs.n)
		return finding_add(out, STATE_SKIP, "no inner address of the far end is known");
	if (!far)
		return finding_add(out, STATE_PASS,
				   "%zu inner addresses are the peer's; far end not seen",
				   near->addrs.n);
	if (!far->addrs.n)
		return finding_add(out, STATE_UNSURE,
				   "%zu inner addresses are the peer's; our own are not known",
				   near->addrs.n);
	return finding_add(out, STATE_PASS,
			   "near %zu of %zu, far %zu of %zu inner addresses are "
			   "the right peer's%s",
			   near->addrs.n, near->addrs.n, far->addrs.n, far->addrs.n, old);
}

static void because(const struct table *t, struct findings *out, struct finding *f)
{
	const char *name = words_end(t->end), *nets = "";
	struct arena *a = out->arena;
	struct evidence *ev;
	size_t i, n = 0;

	for (i = 0; t->peer && i < t->peer->n_allowed; i++)
		nets = arena_printf(a, "%s%s%s", nets, i ? " " : "",
				    words_net(a, &t->peer->allowed[i]));
	for (i = 0; i < t->config->n_peers; i++)
		n += t->config->peers[i].n_allowed;
	ev = finding_because(out, f, "engine", name, "allowed IPs of peer %s: %s",
			     t->peer ? words_key(a, &t->peer->key) : "(not known)",
			     nets[0] ? nets : "none");
	evidence_count(ev, arena_printf(a, "%s_peers", name), (int64_t)t->config->n_peers);
	evidence_count(ev, arena_printf(a, "%s_prefixes", name), (int64_t)n);
	evidence_count(ev, arena_printf(a, "%s_addresses", name), (int64_t)t->addrs.n);
	evidence_count(ev, arena_printf(a, "%s_wrong", name), (int64_t)t->n_wrong);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	bool have_far = (ctx->facts->have & NEED_BIT(NEED_CONFIG_FAR)) != 0;
	bool of_now = have_far && !far_is_old(ctx->facts);
	struct table near, far;
	struct finding *f;

	table_init(&near, ctx->facts, END_NEAR, out->arena);
	if (have_far)
		table_init(&far, ctx->facts, END_FAR, out->arena);
	f = judge(ctx->facts, &near, have_far ? &far : NULL, out);
	/* Where two tables disagree either may be the wrong one. */
	if (f->state == STATE_FAIL) {
		if (near.nobodys)
			finding_sign(f, SIGN_TARGET_ENTERS_NOT);
		if (near.taken)
			finding_sign(f, SIGN_NEAR_ALLOWED_TAKEN);
		if (of_now && far.taken)
			finding_sign(f, SIGN_FAR_ALLOWED_TAKEN);
		else if (of_now && (far.nobodys || far.others))
			finding_sign(f, SIGN_FAR_SOURCE_REFUSED);
	}
	f->whose = have_far ? WHOSE_UNTOLD : WHOSE_LOCAL;
	because(&near, out, f);
	if (have_far)
		because(&far, out, f);
}

static const char *const after[] = { "engine.start", "engine.answers", "config.keys", NULL };

const struct check check_config_allowed_ips = {
	.id = "config.allowed-ips",
	.title = "allowed IPs",
	.layer = LAYER_CONFIG,
	.needs = NEED_BIT(NEED_CONFIG),
	.wants = NEED_BIT(NEED_CONFIG_FAR) | NEED_BIT(NEED_FAR_TEXT) | NEED_BIT(NEED_PATHS) |
		 NEED_BIT(NEED_ADDRS) | NEED_BIT(NEED_INTENDED) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.run = run,
};
