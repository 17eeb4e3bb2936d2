#include "model/far_seen.h"

#include <string.h>

#include "model/facts_file.h"

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

static int64_t seconds(int64_t ns)
{
	return ns == UNKNOWN ? UNKNOWN : ns / NS_PER_S;
}

/* Of the peer that was looked at it is known how many bytes came meanwhile; since 0. */
static void peers(const struct facts *seen, bool at_end, struct arena *a, struct far_look *l)
{
	const struct config_facts *c = &seen->config[END_NEAR];
	const struct crypto_facts *crypto = &seen->crypto[END_NEAR];
	size_t i;

	l->peers = arena_alloc(a, (c->n_peers + 1) * sizeof(*l->peers));
	l->n_peers = c->n_peers;
	for (i = 0; i < c->n_peers; i++) {
		const struct peer_config *p = &c->peers[i];
		bool looked_at =
			public_key_equal(&p->key, &seen->target.peer) && have(seen, NEED_ENGINE);

		l->peers[i] = (struct far_peer){
			.key = p->key,
			.endpoint = p->endpoint,
			.allowed = p->allowed,
			.n_allowed = p->n_allowed,
			.rx_bytes = !looked_at ? UNKNOWN :
				    at_end     ? crypto->rx_bytes :
						 0,
			.tx_bytes = !looked_at ? UNKNOWN :
				    at_end     ? crypto->tx_bytes :
						 0,
			.handshake_s =
				seconds(looked_at && at_end ? crypto->last_handshake_wall_ns :
							      p->handshake_wall_ns),
		};
	}
	l->has_peers = true;
}

static void look(const struct facts *seen, bool at_end, struct arena *a, struct far_look *l)
{
	const struct config_facts *c = &seen->config[END_NEAR];
	const struct link_facts *tun = &seen->tun[END_NEAR];
	const struct recording_facts *r = &seen->recording;

	*l = (struct far_look){
		.link = seen->target.name ? seen->target.name : "?",
		.kind = tun->kind,
		.when_s = seconds(at_end ? r->to_wall_ns : r->from_wall_ns),
		.mtu = tun->start.known ? (int64_t)tun->start.mtu : UNKNOWN,
		.ip4_forward = seen->near_host.ip4_forward,
		.ip6_forward = seen->near_host.ip6_forward,
		.rp_filter = seen->kernel.rp_tun,
		.has_counters = have(seen, NEED_LINKS),
		.has_private_key = UNKNOWN,
		.listen_port = UNKNOWN,
		.fwmark = UNKNOWN,
	};
	memcpy(l->counters, at_end ? tun->after : tun->before, sizeof(l->counters));
	if (!have(seen, NEED_CONFIG))
		return;
	l->has_private_key = c->has_private_key;
	l->own = c->own;
	l->listen_port = c->listen_port;
	l->fwmark = c->fwmark;
	peers(seen, at_end, a, l);
}

void far_seen_text(const struct facts *seen, struct arena *a, struct far_text *out)
{
	*out = (struct far_text){ .n_looks = 2, .seen = seen };
	look(seen, false, a, &out->first);
	look(seen, true, a, &out->last);
}

/* What a shell prints, and a terminal around it, never begins so; a recording does. */
static bool is_recording(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr(" \t\r\n", s[i]))
			return s[i] == '{';
	return false;
}

int far_parse(const char *s, size_t len, struct arena *a, struct far_text *out, struct err *e)
{
	struct facts *seen;
	int rc;

	if (!is_recording(s, len))
		return far_text_parse(s, len, a, out, e);
	seen = arena_alloc(a, sizeof(*seen));
	rc = facts_read_far(s, len, a, seen, e);
	if (rc == 0)
		far_seen_text(seen, a, out);
	return rc;
}
