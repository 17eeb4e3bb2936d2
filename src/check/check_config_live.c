/*
 * Is what lives what the file wants?
 *
 * FAIL only for what can break the tunnel, and not against evidence: a peer that shook hands
 * has roamed when its endpoint is another one, and keys that differ from the file are then right at
 * both ends. Of preshared keys the gatherer has told whether they are equal, and no more. Routes
 * and rules: live_routes.c.
 */
#include <inttypes.h>
#include <string.h>

#include "check/check_list.h"
#include "check/live.h"
#include "check/tunnel.h"
#include "check/words.h"

void live_differs(struct live *l, enum state s, const char *words)
{
	if (!l->first[s])
		l->first[s] = words;
	if (l->n_shown < LIVE_SHOWN_MAX)
		l->shown[l->n_shown++] = words;
	if (s == STATE_FAIL)
		l->n_fail++;
	else
		l->n_warn++;
}

/* Beside a handshake that completed it is not why. */
static void differs_in_key(struct live *l, enum state s, const char *words)
{
	if (l->f->have & NEED_BIT(NEED_HANDSHAKE) && !l->f->handshake.complete)
		l->signs |= SIGN_BIT(SIGN_KEY_NOT_OF_FILE);
	live_differs(l, s, words);
}

bool live_has(const struct live *l, enum need n)
{
	return (l->f->have & NEED_BIT(n)) != 0;
}

/*
 * Does it shake hands with what the engine holds? Of the one that is looked at it was seen; of
 * another a handshake that was there at the end says so, its silence nothing.
 */
enum fresh { FRESH_UNKNOWN, FRESH_YES, FRESH_NO };
static enum fresh fresh(const struct live *l, const struct peer_config *p)
{
	int64_t last = MAX(p->handshake_wall_ns, p->handshake_end_wall_ns);

	if (tunnel_peer(l->f, END_NEAR) == p && live_has(l, NEED_HANDSHAKE))
		return l->f->handshake.complete ? FRESH_YES : FRESH_NO;
	return last > 0 && l->f->started_wall_ns - last < TUNNEL_SESSION_NS ? FRESH_YES :
									      FRESH_UNKNOWN;
}

/* Nobody shakes hands with what is live, nor answers it; false too where that was not seen. */
static bool is_dead(const struct live *l)
{
	return live_has(l, NEED_HANDSHAKE) && !l->f->handshake.complete && !tunnel_answers(l->f);
}

bool live_is_left_out(const struct live *l, size_t peer)
{
	const struct intended_peer *p = &l->want->peers[peer];

	return (l->want->has_private_key && public_key_equal(&p->key, &l->want->own)) ||
	       intended_peer(l->want, &p->key) != p;
}

/* --- what is of the interface ------------------------------------------------------ */

static void own_key(struct live *l)
{
	if (!l->want->has_private_key)
		return;
	if (l->have->has_private_key == 0)
		live_differs(l, STATE_FAIL, "the engine has no private key, the file has one");
	else if (l->have->has_private_key == 1 && !public_key_is_zero(&l->have->own) &&
		 !public_key_equal(&l->have->own, &l->want->own))
		differs_in_key(l, is_dead(l) ? STATE_FAIL : STATE_WARN,
			       arena_printf(l->a, "own key is %s, by the file %s",
					    words_key(l->a, &l->have->own),
					    words_key(l->a, &l->want->own)));
}

bool live_wants_default(const struct intended_facts *w, uint8_t family)
{
	size_t i, k;

	for (i = 0; i < w->n_peers; i++)
		for (k = 0; k < w->peers[i].n_allowed; k++)
			if (w->peers[i].allowed[k].len == 0 &&
			    (family == FAMILY_NONE || w->peers[i].allowed[k].addr.family == family))
				return true;
	return false;
}

/* Nobody can be called, so all depends on being called. */
static bool only_listens(const struct intended_facts *w)
{
	size_t i;

	for (i = 0; i < w->n_peers; i++)
		if (w->peers[i].endpoint)
			return false;
	return w->n_peers > 0;
}

/* Who does not call needs no port that is known. */
static void port(struct live *l)
{
	int64_t want = l->want->listen_port, have = l->have->listen_port;

	if (want > 0 && have != UNKNOWN && have != want)
		live_differs(l, STATE_WARN,
			     arena_printf(l->a,
					  "listens on port %" PRId64 ", by the file %" PRId64
					  ": %s",
					  have, want,
					  only_listens(l->want) ?
						  "peers that call the latter are not heard" :
						  "rules and forwards for the latter miss it"));
}

static void mark(struct live *l)
{
	const struct intended_facts *w = l->want;
	const struct config_facts *h = l->have;

	if (h->fwmark == UNKNOWN)
		return;
	if (w->fwmark > 0 ?
		    h->fwmark != w->fwmark :
		    h->fwmark && !(w->table == INTENDED_AUTO && live_wants_default(w, FAMILY_NONE)))
		live_differs(l, STATE_WARN,
			     arena_printf(l->a, "fwmark is 0x%" PRIx64 ", by the file 0x%" PRIx64,
					  (uint64_t)h->fwmark,
					  (uint64_t)(w->fwmark == UNKNOWN ? 0 : w->fwmark)));
}

static void mtu(struct live *l)
{
	const struct link_state *s = &l->f->tun[END_NEAR].start;

	if (live_has(l, NEED_LINKS) && s->known && !s->gone && s->mtu && l->want->mtu != UNKNOWN &&
	    (int64_t)s->mtu != l->want->mtu)
		live_differs(l, STATE_WARN,
			     arena_printf(l->a, "MTU is %u, by the file %" PRId64, s->mtu,
					  l->want->mtu));
}

static void address(struct live *l, const struct cidr *want)
{
	const struct net_facts *n = &l->f->net_start[END_NEAR];
	size_t i;

	for (i = 0; i < n->n_addrs; i++)
		if (!strcmp(n->addrs[i].link, l->tun) &&
		    ip_addr_equal(&n->addrs[i].addr.addr, &want->addr))
			break;
	if (i == n->n_addrs)
		live_differs(l, STATE_FAIL,
			     arena_printf(l->a, "address %s of the file is not on %s",
					  words_net(l->a, want), l->tun));
	else if (n->addrs[i].addr.len != want->len)
		live_differs(l, STATE_WARN,
			     arena_printf(l->a, "address is %s, by the file %s",
					  words_net(l->a, &n->addrs[i].addr),
					  words_net(l->a, want)));
}

static void addresses(struct live *l)
{
	size_t i;

	if (!live_has(l, NEED_ADDRS) || !l->f->net_start[END_NEAR].known || !l->tun)
		return;
	for (i = 0; i < l->want->n_addrs; i++)
		address(l, &l->want->addrs[i]);
}

/* --- peers ------------------------------------------------------------------------- */

static bool among(const struct cidr *list, size_t n, const struct cidr *net)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cidr_equal(&list[i], net))
			return true;
	return false;
}

/* A later peer of the file claims it too, and so has it. */
static bool taken_by_later(const struct intended_facts *w, size_t i, const struct cidr *net)
{
	while (++i < w->n_peers)
		if (among(w->peers[i].allowed, w->peers[i].n_allowed, net))
			return true;
	return false;
}

static const char *holder(const struct live *l, const struct cidr *net)
{
	size_t i;

	for (i = 0; i < l->have->n_peers; i++)
		if (among(l->have->peers[i].allowed, l->have->peers[i].n_allowed, net))
			return arena_printf(l->a, "; peer %s has it",
					    words_key(l->a, &l->have->peers[i].key));
	return "";
}

/* A wider prefix of the same peer takes all of it: nothing is lost by the difference. */
static bool is_covered(const struct live *l, const struct peer_config *h, const struct cidr *net)
{
	const struct cidr *by = NULL;

	return config_owner(l->have, &net->addr, &by) == h && by->len <= net->len;
}

static void lacks(struct live *l, const struct intended_peer *w, const struct peer_config *h,
		  const struct cidr *net)
{
	const char *by = holder(l, net);
	bool covered = is_covered(l, h, net);

	l->taken = l->taken || (by[0] && !covered);
	live_differs(l, covered ? STATE_WARN : STATE_FAIL,
		     arena_printf(l->a, "peer %s lacks %s of the file%s", words_key(l->a, &w->key),
				  words_net(l->a, net), by));
}

static void allowed(struct live *l, size_t i, const struct peer_config *h)
{
	const struct intended_peer *w = &l->want->peers[i];
	size_t k;

	for (k = 0; k < w->n_allowed; k++)
		if (!among(h->allowed, h->n_allowed, &w->allowed[k]) &&
		    !taken_by_later(l->want, i, &w->allowed[k]))
			lacks(l, w, h, &w->allowed[k]);
	for (k = 0; k < h->n_allowed; k++)
		if (!among(w->allowed, w->n_allowed, &h->allowed[k]))
			live_differs(l, STATE_WARN,
				     arena_printf(l->a, "peer %s has %s, the file has not",
						  words_key(l->a, &w->key),
						  words_net(l->a, &h->allowed[k])));
}

static bool same_place(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_addr_equal(&a->addr, &b->addr) &&
	       (!a->scope_id || !b->scope_id || a->scope_id == b->scope_id);
}

static bool is_name(const char *endpoint)
{
	struct endpoint literal;

	return endpoint && !endpoint_parse(endpoint, &literal);
}

/* The name is resolved once, when the tunnel comes up; afterwards only the peer moves it. */
static void endpoint(struct live *l, const struct intended_peer *w, const struct peer_config *h)
{
	enum fresh state = fresh(l, h);
	char text[ENDPOINT_STR_SIZE], now[ENDPOINT_STR_SIZE];
	size_t i;

	for (i = 0; i < w->n_resolved; i++)
		if (same_place(&w->resolved[i], &h->endpoint))
			return;
	if (!w->n_resolved)
		return;
	endpoint_str(&w->resolved[0], now);
	if (state == FRESH_NO && is_name(w->endpoint))
		l->signs |= SIGN_BIT(SIGN_NAME_MOVED);
	live_differs(
		l, state == FRESH_NO ? STATE_FAIL : STATE_WARN,
		arena_printf(l->a, "endpoint is %s, %s%s%s%s%s", endpoint_str(&h->endpoint, text),
			     w->endpoint ? w->endpoint : "the file's",
			     w->endpoint && !strcmp(w->endpoint, now) ? " in the file" : " is ",
			     w->endpoint && !strcmp(w->endpoint, now) ? "" : now,
			     w->n_resolved > 1 ? " and others" : "",
			     state == FRESH_YES ? "; it answers there: moved" : ""));
}

/*
 * `wg setconf` says all peers in one set, and boringtun lets what it says of one stand for those
 * after it that leave it out: engine_boringtun.c.
 */
static const char *carried(const struct live *l, const struct intended_peer *w, bool has_psk)
{
	const struct intended_peer *p;

	if (!l->f->target.engine || strcmp(l->f->target.engine, "boringtun") != 0)
		return "";
	for (p = l->want->peers; p < w; p++)
		if (has_psk ? p->has_psk : p->keepalive_s > 0)
			return "; boringtun does that: it gives a peer what the one before it has";
	return "";
}

/* The other end has one of the two: which, only a handshake tells. */
static void psk(struct live *l, const struct intended_peer *w, const struct peer_config *h)
{
	enum fresh state = fresh(l, h);
	const char *s = NULL;

	if (h->has_psk != UNKNOWN && (h->has_psk == 1) != w->has_psk)
		s = arena_printf(l->a, "peer %s has %s preshared key, by the file %s%s",
				 words_key(l->a, &w->key), w->has_psk ? "no" : "a",
				 w->has_psk ? "one" : "none",
				 w->has_psk ? "" : carried(l, w, true));
	else if (h->psk_as_file == PSK_DIFFERS)
		s = arena_printf(l->a, "peer %s has another preshared key than the file",
				 words_key(l->a, &w->key));
	if (s)
		live_differs(l, state == FRESH_NO ? STATE_FAIL : STATE_WARN,
			     arena_printf(l->a, "%s%s", s,
					  state == FRESH_YES ?
						  "; it shakes hands with what is live" :
						  ""));
}

static void peer(struct live *l, size_t i, const struct peer_config *h)
{
	const struct intended_peer *w = &l->want->peers[i];
	int64_t keepalive = w->keepalive_s == UNKNOWN ? 0 : w->keepalive_s;

	allowed(l, i, h);
	psk(l, w, h);
	endpoint(l, w, h);
	if (h->keepalive_s != UNKNOWN && h->keepalive_s != keepalive)
		live_differs(l, STATE_WARN,
			     arena_printf(l->a,
					  "peer %s: keepalive is %" PRId64
					  " s, by the file %" PRId64 " s%s",
					  words_key(l->a, &w->key), h->keepalive_s, keepalive,
					  w->keepalive_s == UNKNOWN ? carried(l, w, false) : ""));
}

static void peers(struct live *l)
{
	size_t i;

	for (i = 0; i < l->want->n_peers; i++) {
		const struct public_key *k = &l->want->peers[i].key;
		const struct peer_config *h = config_peer(l->have, k);

		if (live_is_left_out(l, i))
			continue;
		if (h)
			peer(l, i, h);
		else
			differs_in_key(l, STATE_FAIL,
				       arena_printf(l->a, "the engine has no peer %s of the file",
						    words_key(l->a, k)));
	}
	for (i = 0; i < l->have->n_peers; i++)
		if (!intended_peer(l->want, &l->have->peers[i].key))
			live_differs(l, STATE_WARN,
				     arena_printf(l->a, "peer %s is not in the file",
						  words_key(l->a, &l->have->peers[i].key)));
}

/* --- the row ------------------------------------------------------------------------ */

static struct finding *judge(const struct live *l, size_t n_allowed, struct findings *out)
{
	size_t n = l->n_fail + l->n_warn;
	enum state s = l->n_fail ? STATE_FAIL : STATE_WARN;

	if (!n)
		return finding_add(out, STATE_PASS, "%zu %s, %zu allowed IPs as in the file",
				   l->want->n_peers, l->want->n_peers == 1 ? "peer" : "peers",
				   n_allowed);
	if (n > 1)
		return finding_add(out, s, "%s; and %zu more", l->first[s], n - 1);
	return finding_add(out, s, "%s", l->first[s]);
}

static void because(const struct live *l, size_t n_allowed, struct findings *out,
		    struct finding *row)
{
	struct evidence *ev;
	size_t i, unresolved = 0;

	for (i = 0; i < l->want->n_peers; i++)
		unresolved += l->want->peers[i].endpoint && !l->want->peers[i].n_resolved;
	ev = finding_because(out, row, "file", l->want->file, "%s",
			     unresolved ? "endpoints that are names not resolved: not compared" :
					  "compared with what the engine holds");
	evidence_count(ev, "file_peers", (int64_t)l->want->n_peers);
	evidence_count(ev, "file_prefixes", (int64_t)n_allowed);
	evidence_count(ev, "live_peers", (int64_t)l->have->n_peers);
	evidence_count(ev, "breaking", (int64_t)l->n_fail);
	evidence_count(ev, "differing", (int64_t)l->n_warn);
	evidence_count(ev, "unresolved", (int64_t)unresolved);
	for (i = 0; i < l->n_shown; i++)
		finding_because(out, row, "engine", l->tun ? l->tun : "near", "%s", l->shown[i]);
}

static void compare(const struct facts *f, struct findings *out)
{
	const char *tun = f->tun[END_NEAR].name ? f->tun[END_NEAR].name : f->target.name;
	struct live l = {
		.f = f,
		.want = &f->intended,
		.have = &f->config[END_NEAR],
		.tun = tun,
		.a = out->arena,
	};
	struct finding *row;
	size_t i, n_allowed = 0;

	for (i = 0; i < l.want->n_peers; i++)
		n_allowed += l.want->peers[i].n_allowed;
	own_key(&l);
	peers(&l);
	addresses(&l);
	live_routes(&l);
	port(&l);
	mark(&l);
	mtu(&l);
	row = judge(&l, n_allowed, out);
	if (l.taken)
		finding_sign(row, SIGN_NEAR_ALLOWED_TAKEN);
	row->signs |= l.signs;
	if (row->state == STATE_FAIL)
		finding_fallback(
			out, row,
			"if the file is right, have the engine take what it says; if the "
			"tunnel was changed on purpose, change the file",
			"wg syncconf %s <(wg-quick strip %s)",
			words_shell(out->arena, tun ? tun : "INTERFACE"),
			words_shell(out->arena, f->intended.file ? f->intended.file : "FILE"));
	because(&l, n_allowed, out, row);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;

	if (f->have & NEED_BIT(NEED_INTENDED))
		compare(f, out);
	else if (!f->intended.file)
		finding_add(out, STATE_NA, "no file given");
	else
		finding_gap(out, f, NEED_INTENDED);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

/* Not NEED_INTENDED: a run without a file has nothing to be granted. */
const struct check check_config_live = {
	.id = "config.live",
	.title = "file = live",
	.layer = LAYER_CONFIG,
	.needs = NEED_BIT(NEED_CONFIG),
	.wants = NEED_BIT(NEED_INTENDED) | NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_ADDRS) |
		 NEED_BIT(NEED_ROUTES) | NEED_BIT(NEED_PATHS),
	.after = after,
	.run = run,
};
