/*
 * Do the keys of both ends belong together?
 *
 * Each end's peer must be the public key that derives from the other end's private key.
 * Preshared keys leave no engine, so only whether there is one can be compared.
 */
#include "check/check_list.h"
#include "check/far_age.h"
#include "check/tunnel.h"
#include "check/words.h"

/* What is wrong with one end by itself, or NULL. */
static const char *trouble_alone(const struct config_facts *c, enum end end, struct arena *a)
{
	if (c->has_private_key == 0)
		return arena_printf(a, "the %s engine has no private key", words_end(end));
	if (c->n_peers == 0)
		return arena_printf(a, "the %s engine has no peer: none is configured",
				    words_end(end));
	if (c->has_private_key == 1 && config_peer(c, &c->own))
		return arena_printf(a, "the %s engine's own key %s is also its peer's",
				    words_end(end), words_key(a, &c->own));
	return NULL;
}

/* The other end's key is not among this one's peers? */
static const char *trouble_peer(const struct config_facts *c, const struct public_key *wanted,
				enum end end, struct arena *a)
{
	if (config_peer(c, wanted))
		return NULL;
	if (end == END_FAR && c->n_peers > 1)
		return arena_printf(a, "none of the far engine's %zu peers has our key %s",
				    c->n_peers, words_key(a, wanted));
	return arena_printf(a, "the %s engine's peer is %s%s, the %s end's key is %s",
			    words_end(end), words_key(a, &c->peers[0].key),
			    c->n_peers > 1 ? " and others" : "",
			    words_end(end == END_NEAR ? END_FAR : END_NEAR), words_key(a, wanted));
}

static const char *trouble_psk(const struct peer_config *near, const struct peer_config *far)
{
	if (near->has_psk == UNKNOWN || far->has_psk == UNKNOWN || near->has_psk == far->has_psk)
		return NULL;
	return near->has_psk ? "a preshared key at the near end only" :
			       "a preshared key at the far end only";
}

/* An end's peer is not the other end. */
static bool is_other_key(const struct facts *f)
{
	const struct config_facts *near = &f->config[END_NEAR], *far = &f->config[END_FAR];

	return (far->has_private_key == 1 && !config_peer(near, &far->own)) ||
	       (near->has_private_key == 1 && !config_peer(far, &near->own));
}

static const char *trouble_between(const struct facts *f, struct arena *a)
{
	const struct config_facts *near = &f->config[END_NEAR], *far = &f->config[END_FAR];
	const char *t = trouble_alone(far, END_FAR, a);

	if (!t && far->has_private_key == 1)
		t = trouble_peer(near, &far->own, END_NEAR, a);
	if (!t && near->has_private_key == 1)
		t = trouble_peer(far, &near->own, END_FAR, a);
	if (!t && near->has_private_key == 1 && far->has_private_key == 1)
		t = trouble_psk(config_peer(near, &far->own), config_peer(far, &near->own));
	return t;
}

/*
 * And nobody else's: an engine leaves such a peer out, and says nothing. In a list that all hosts
 * of a mesh share each has its own.
 */
static bool file_has_own(const struct facts *f)
{
	const struct intended_facts *t = &f->intended;
	size_t i;

	if (!(f->have & NEED_BIT(NEED_INTENDED)) || !t->has_private_key || t->n_peers == 0)
		return false;
	for (i = 0; i < t->n_peers; i++)
		if (!public_key_equal(&t->peers[i].key, &t->own))
			return false;
	return true;
}

static const char *trouble(const struct facts *f, struct arena *a)
{
	const struct config_facts *near = &f->config[END_NEAR];
	const char *t = file_has_own(f) ?
				arena_printf(a, "the file has this end's own key %s as its peer's",
					     words_key(a, &f->intended.own)) :
				trouble_alone(near, END_NEAR, a);

	if (!t && !public_key_is_zero(&f->target.peer) && !config_peer(near, &f->target.peer))
		t = arena_printf(a, "the near engine has no peer %s",
				 words_key(a, &f->target.peer));
	return t;
}

/* What is missing on a tunnel of the user's is his to set. */
static void tell_fix(const struct facts *f, struct findings *out, struct finding *row)
{
	const struct config_facts *near = &f->config[END_NEAR];

	if (facts_far_is_here(f) || (near->has_private_key != 0 && near->n_peers > 0))
		return;
	if (facts_file(f))
		row->remedy =
			arena_printf(out->arena, "write a [Peer] section into %s", facts_file(f));
	else if (near->has_private_key == 0)
		finding_fix(out, row, "set the private key of this end, from a file",
			    "%swg set %s private-key FILE", words_inside(out->arena, f),
			    f->target.name);
	else
		finding_fix(out, row,
			    "add the peer: its public key, its inner addresses and where it is",
			    "%swg set %s peer KEY allowed-ips ADDRESSES endpoint HOST:PORT",
			    words_inside(out->arena, f), f->target.name);
}

static struct finding *judge(const struct facts *f, bool have_far, struct findings *out)
{
	const struct config_facts *near = &f->config[END_NEAR];
	const struct peer_config *peer = tunnel_peer(f, END_NEAR);
	struct arena *a = out->arena;
	const char *t = trouble(f, a), *old = far_age_words(f, a);
	struct finding *row;

	if (t) {
		row = finding_add(out, STATE_FAIL, "%s", t);
		if (file_has_own(f) ||
		    (near->has_private_key == 1 && config_peer(near, &near->own)))
			finding_sign(row, SIGN_KEY_OWN_PEER);
		if (public_key_is_zero(&f->target.peer) || config_peer(near, &f->target.peer))
			row->whose = WHOSE_LOCAL;
		tell_fix(f, out, row);
		return row;
	}
	t = have_far ? trouble_between(f, a) : NULL;
	if (t) {
		row = finding_add(out, far_is_old(f) ? STATE_UNSURE : STATE_FAIL, "%s%s", t, old);
		if (is_other_key(f))
			finding_sign(row, SIGN_KEY_NOT_OF_FAR);
		return row;
	}
	if (near->has_private_key == UNKNOWN ||
	    (have_far && f->config[END_FAR].has_private_key == UNKNOWN))
		return finding_add(out, STATE_UNSURE,
				   "an engine does not tell whether it has a "
				   "private key");
	if (!have_far)
		return finding_add(out, STATE_PASS, "own key %s, %s %s; far end not seen",
				   words_key(a, &near->own),
				   near->n_peers > 1 ? "peers, first" : "peer",
				   words_key(a, peer ? &peer->key : &near->peers[0].key));
	return finding_add(out, STATE_PASS, "%s and %s, each the other's peer%s%s",
			   words_key(a, &near->own), words_key(a, &f->config[END_FAR].own),
			   peer->has_psk == 1 ? "; both with a preshared key" : "", old);
}

static void because(const struct facts *f, enum end end, struct findings *out, struct finding *row)
{
	const struct config_facts *c = &f->config[end];
	const struct peer_config *p = tunnel_peer(f, end);
	const char *name = words_end(end);
	struct evidence *ev;

	ev = finding_because(
		out, row, "engine", name, "own key %s, peer %s%s",
		c->has_private_key == 1 ? words_key(out->arena, &c->own) : "not known",
		p ? words_key(out->arena, &p->key) : "not found",
		p && p->has_psk == 1 ? "; whether preshared keys are equal is not seen" : "");
	evidence_count(ev, arena_printf(out->arena, "%s_private_key", name), c->has_private_key);
	evidence_count(ev, arena_printf(out->arena, "%s_peers", name), (int64_t)c->n_peers);
	evidence_count(ev, arena_printf(out->arena, "%s_psk", name), p ? p->has_psk : UNKNOWN);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	bool have_far = (ctx->facts->have & NEED_BIT(NEED_CONFIG_FAR)) != 0;
	struct finding *f = judge(ctx->facts, have_far, out);

	because(ctx->facts, END_NEAR, out, f);
	if (have_far)
		because(ctx->facts, END_FAR, out, f);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_config_keys = {
	.id = "config.keys",
	.title = "keys match",
	.layer = LAYER_CONFIG,
	.needs = NEED_BIT(NEED_CONFIG),
	.wants = NEED_BIT(NEED_CONFIG_FAR) | NEED_BIT(NEED_FAR_TEXT),
	.after = after,
	.run = run,
};
