/*
 * The far end by what somebody pasted.
 *
 * NEED_LINKS_FAR and NEED_ENGINE_FAR stay gaps: those are of looks at the beginning and the end of
 * the run itself, and the moments of these looks are not ours.
 */
#include "run/run_far.h"

#include <errno.h>
#include <string.h>

#include "loss/fates_far.h"
#include "loss/two_ends.h"

static const char as_root[] = "run the line as root at the far end";

static void config(struct facts *f, const struct far_look *l, struct arena *a)
{
	struct config_facts *c = &f->config[END_FAR];
	size_t i;

	if (!l->has_peers || l->has_private_key == UNKNOWN) {
		facts_gap(f, NEED_CONFIG_FAR, "the far end's wg show was refused or is not there",
			  as_root);
		return;
	}
	*c = (struct config_facts){ .has_private_key = l->has_private_key,
				    .own = l->own,
				    .listen_port = l->listen_port,
				    .fwmark = l->fwmark,
				    .n_peers = l->n_peers };
	c->peers = arena_alloc(a, (l->n_peers + 1) * sizeof(*c->peers));
	for (i = 0; i < l->n_peers; i++)
		c->peers[i] = (struct peer_config){ .key = l->peers[i].key,
						    .has_psk = UNKNOWN,
						    .endpoint = l->peers[i].endpoint,
						    .keepalive_s = UNKNOWN,
						    .allowed = l->peers[i].allowed,
						    .n_allowed = l->peers[i].n_allowed };
	facts_have(f, NEED_CONFIG_FAR);
}

static void tun(struct facts *f, const struct far_text *t)
{
	struct link_facts *l = &f->tun[END_FAR];
	const struct far_look *last = &t->last;
	unsigned i;

	*l = (struct link_facts){ .name = last->link,
				  .kind = last->kind,
				  .running = UNKNOWN,
				  .tun_pi = UNKNOWN,
				  .since_made = t->n_looks == 1 };
	for (i = 0; i < LINK_COUNTER_COUNT; i++) {
		l->before[i] = l->since_made ? UNKNOWN : t->first.counters[i];
		l->after[i] = last->counters[i];
	}
}

static const struct far_peer *peer_of(const struct far_look *l, const struct public_key *k)
{
	size_t i;

	for (i = 0; i < l->n_peers; i++)
		if (public_key_equal(&l->peers[i].key, k))
			return &l->peers[i];
	return NULL;
}

/* Of the peer that is us. */
static void crypto(struct facts *f, const struct far_text *t)
{
	const struct config_facts *near = &f->config[END_NEAR];
	struct crypto_facts *c = &f->crypto[END_FAR];
	const struct far_peer *first, *last;

	*c = (struct crypto_facts){ .sealed = UNKNOWN,
				    .opened = UNKNOWN,
				    .tx_bytes = UNKNOWN,
				    .rx_bytes = UNKNOWN,
				    .last_handshake_wall_ns = UNKNOWN };
	if (!(f->have & NEED_BIT(NEED_CONFIG)) || near->has_private_key != 1)
		return;
	last = peer_of(&t->last, &near->own);
	if (!last)
		return;
	if (last->handshake_s != UNKNOWN)
		c->last_handshake_wall_ns = last->handshake_s * NS_PER_S;
	first = t->n_looks > 1 ? peer_of(&t->first, &near->own) : NULL;
	if (!first)
		return;
	c->rx_bytes = count_difference(first->rx_bytes, last->rx_bytes);
	c->tx_bytes = count_difference(first->tx_bytes, last->tx_bytes);
}

static void host(struct facts *f, const struct far_look *l)
{
	f->far_host = (struct far_host_facts){
		.ip4_forward = l->ip4_forward,
		.ip6_forward = l->ip6_forward,
		.rp_filter = l->rp_filter,
		.kernel = l->kernel,
		.when_wall_ns = UNKNOWN,
	};
	if (l->when_s != UNKNOWN)
		f->far_host.when_wall_ns = l->when_s * NS_PER_S;
}

static const char *what(const struct far_text *t)
{
	return t->seen ? "what was recorded" : "what was pasted";
}

int run_far_fits(const struct far_text *t, const struct config_facts *near,
		 const struct public_key *peer, struct err *e)
{
	const struct far_look *l = &t->last;
	const struct peer_config *p = config_peer(near, &l->own);
	char b64[KEY_BASE64_LEN + 1], own[KEY_SHORT_SIZE];

	/* Who does not say who he is, or who we are, may be anybody. */
	if (l->has_private_key != 1)
		return 0;
	public_key_short(&l->own, own);
	if (near->has_private_key == 1 && public_key_equal(&l->own, &near->own))
		return err_say(e, ENOKEY, "%s is of this end itself (key %s): %s for the far end",
			       what(t), own, t->seen ? "wgdiag serve is" : "the line is");
	if (p && !public_key_is_zero(peer) && !public_key_equal(&p->key, peer)) {
		public_key_base64(&p->key, b64);
		return err_say(e, ENOKEY, "%s is of another peer of this tunnel: --peer %s",
			       what(t), b64);
	}
	if (p || near->has_private_key != 1 || !l->has_peers || peer_of(l, &near->own))
		return 0;
	return err_say(e, ENOKEY,
		       "%s is of another tunnel: its key %s is of none of our peers, and ours of "
		       "none of its peers",
		       what(t), own);
}

static void take_loss(struct facts *f, enum need need, const struct two_ends_loss *l,
		      struct loss_facts *out)
{
	if (l->lost == UNKNOWN || !(f->have & NEED_BIT(need)))
		return;
	out->sent = l->sent;
	out->lost = l->lost;
	out->kept = l->kept;
	out->capture_dropped = l->capture_dropped;
}

/* What one end alone could only tell by its answers. */
static void both_ends(struct facts *f)
{
	struct two_ends_loss up, down;

	two_ends(&f->recording, &f->far_seen[0].recording, &up, &down);
	take_loss(f, NEED_LOSS_UP, &up, &f->loss_up);
	take_loss(f, NEED_LOSS_DOWN, &down, &f->loss_down);
}

/* Its own facts, as it sees itself; and in the words of what is pasted, all of the above. */
static void seen(struct facts *f, const struct far_text *t, struct arena *a)
{
	if (!t->seen)
		return;
	f->far_seen = arena_alloc(a, sizeof(*f->far_seen));
	f->far_seen[0] = *t->seen;
	f->n_far_seen = 1;
	both_ends(f);
	fates_far(&f->fates, &t->seen->recording, a);
}

static const char only_text[] = "only what was pasted of the far end is known";
static const char only_seen[] = "what the far end recorded is judged by itself";

int run_far_apply(struct facts *f, const struct far_text *t, struct arena *a, struct err *e)
{
	int rc = 0;

	if (f->target.kind == TARGET_SELF_TEST)
		return err_say(e, EINVAL,
			       "both ends were made by wgdiag; a far end's output is for a tunnel "
			       "of your own");
	if (f->have & NEED_BIT(NEED_CONFIG))
		rc = run_far_fits(t, &f->config[END_NEAR], &f->target.peer, e);
	if (rc < 0)
		return rc;
	config(f, &t->last, a);
	tun(f, t);
	crypto(f, t);
	host(f, &t->last);
	seen(f, t, a);
	facts_gap(f, NEED_LINKS_FAR, t->seen ? only_seen : only_text, NULL);
	facts_gap(f, NEED_ENGINE_FAR, t->seen ? only_seen : only_text, NULL);
	facts_have(f, NEED_FAR_TEXT);
	return 0;
}
