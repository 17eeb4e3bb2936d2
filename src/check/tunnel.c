#include "check/tunnel.h"

#include <string.h>

#include "loss/settled.h"

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

bool tunnel_addrs_have(const struct tunnel_addrs *l, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (ip_addr_equal(&l->a[i], a))
			return true;
	return false;
}

static void add(struct tunnel_addrs *l, const struct ip_addr *a)
{
	if (a->family != FAMILY_NONE && l->n < TUNNEL_ADDRS_MAX && !tunnel_addrs_have(l, a))
		l->a[l->n++] = *a;
}

bool tunnel_addr_is_link_local(const struct ip_addr *a)
{
	return a->family == FAMILY_IP6 && ip6_is_link_local(a->b);
}

static bool is_inner(const struct facts *f, const struct path_facts *p)
{
	return have(f, NEED_PATHS) && p->of == PATH_INNER;
}

void tunnel_targets(const struct facts *f, struct tunnel_addrs *out)
{
	size_t i;

	*out = (struct tunnel_addrs){ 0 };
	/* Also where nothing can be sent to it. */
	add(out, &f->target.ping);
	add(out, &f->ping_peer.target);
	for (i = 0; i < f->n_paths; i++)
		if (is_inner(f, &f->paths[i]))
			add(out, &f->paths[i].to);
}

static bool leads_into_tun(const struct facts *f, const struct path_facts *p)
{
	return p->dev && f->target.name && strcmp(p->dev, f->target.name) == 0;
}

static bool any_inner(const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_paths; i++)
		if (is_inner(f, &f->paths[i]))
			return true;
	return false;
}

/*
 * Only addresses that packets have: a tun may carry others, which the far end need not know.
 * Without any the tun's own are all that can be meant.
 */
void tunnel_sources(const struct facts *f, struct tunnel_addrs *out)
{
	size_t i;

	*out = (struct tunnel_addrs){ 0 };
	for (i = 0; i < f->n_paths; i++)
		if (is_inner(f, &f->paths[i]) && leads_into_tun(f, &f->paths[i]))
			add(out, &f->paths[i].prefsrc);
	for (i = 0; i < ARRAY_LEN(f->echo_back); i++)
		add(out, &f->echo_back[i].target);
	/* Where nothing leads into the tun it is the address of another link. */
	if (out->n || !any_inner(f))
		add(out, &f->ping_self.target);
	if (out->n || !f->target.name || !have(f, NEED_ADDRS))
		return;
	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++)
		if (strcmp(f->net_start[END_NEAR].addrs[i].link, f->target.name) == 0 &&
		    !tunnel_addr_is_link_local(&f->net_start[END_NEAR].addrs[i].addr.addr))
			add(out, &f->net_start[END_NEAR].addrs[i].addr.addr);
}

const struct peer_config *tunnel_peer(const struct facts *f, enum end of)
{
	enum end other = of == END_NEAR ? END_FAR : END_NEAR;
	enum need need[] = { [END_NEAR] = NEED_CONFIG, [END_FAR] = NEED_CONFIG_FAR };
	const struct config_facts *c = &f->config[of];

	if (!have(f, need[of]))
		return NULL;
	if (of == END_NEAR && !public_key_is_zero(&f->target.peer))
		return config_peer(c, &f->target.peer);
	if (have(f, need[other]) && f->config[other].has_private_key == 1)
		return config_peer(c, &f->config[other].own);
	return c->n_peers == 1 ? &c->peers[0] : NULL;
}

const struct path_facts *tunnel_path(const struct facts *f, enum path_of of,
				     const struct ip_addr *to)
{
	size_t i;

	for (i = 0; have(f, NEED_PATHS) && i < f->n_paths; i++)
		if (f->paths[i].of == of && (!to || ip_addr_equal(&f->paths[i].to, to)))
			return &f->paths[i];
	return NULL;
}

bool tunnel_probes_are_bound(const struct facts *f)
{
	const struct path_facts *p = tunnel_path(f, PATH_INNER, &f->ping_peer.target);

	return p && p->bound;
}

bool tunnel_is_left_alone(const struct facts *f)
{
	const struct link_facts *tun = &f->tun[END_NEAR];

	return have(f, NEED_LINKS) && tun->start.known && tun->start.up && tun->running == 0 &&
	       tun->running_end != 1;
}

struct endpoint tunnel_endpoint(const struct facts *f)
{
	const struct path_facts *path = tunnel_path(f, PATH_ENDPOINT, NULL);
	const struct peer_config *peer = tunnel_peer(f, END_NEAR);
	struct endpoint e = { 0 };

	if (peer && peer->endpoint.addr.family != FAMILY_NONE)
		return peer->endpoint;
	if (path)
		e.addr = path->to;
	return e;
}

const struct addr_facts *tunnel_addr(const struct facts *f, const struct ip_addr *a)
{
	size_t i;

	for (i = 0; have(f, NEED_ADDRS) && i < f->net_start[END_NEAR].n_addrs; i++)
		if (f->target.name &&
		    strcmp(f->net_start[END_NEAR].addrs[i].link, f->target.name) == 0 &&
		    ip_addr_equal(&f->net_start[END_NEAR].addrs[i].addr.addr, a))
			return &f->net_start[END_NEAR].addrs[i];
	return NULL;
}

int64_t tunnel_peer_age(const struct facts *f, const struct peer_config *p)
{
	if (p->handshake_wall_ns == UNKNOWN || p->handshake_wall_ns == 0)
		return UNKNOWN;
	return MAX(f->started_wall_ns - p->handshake_wall_ns, 0);
}

static bool has_only_single(const struct peer_config *p)
{
	size_t i;

	for (i = 0; i < p->n_allowed; i++)
		if (!cidr_is_single(&p->allowed[i]))
			return false;
	return p->n_allowed > 0;
}

/* What the file says of it; NULL: nothing. */
static const struct intended_peer *intended(const struct facts *f, const struct peer_config *p)
{
	return have(f, NEED_INTENDED) ? intended_peer(&f->intended, &p->key) : NULL;
}

bool tunnel_peer_is_away(const struct facts *f)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	const struct intended_peer *w = p ? intended(f, p) : NULL;
	size_t i;

	if (!tunnel_peer_is_offline(f) || tunnel_answers(f) || p->handshake_wall_ns == UNKNOWN)
		return false;
	for (i = 0; i < f->n_inner_targets; i++)
		if (f->inner_targets[i].how == TARGET_GIVEN)
			return false;
	return w ? !w->endpoint : p->endpoint.addr.family == FAMILY_NONE;
}

/* Who names an address wants to know of whoever has it. */
static bool has_named_address(const struct facts *f, const struct peer_config *p)
{
	const struct peer_config *owner;

	if (f->target.ping.family == FAMILY_NONE)
		return false;
	owner = config_owner(&f->config[END_NEAR], &f->target.ping, NULL);
	return owner && public_key_equal(&owner->key, &p->key);
}

bool tunnel_peer_is_required(const struct facts *f, const struct peer_config *p)
{
	const struct target_facts *t = &f->target;

	if (t->all_required)
		return true;
	if (t->peer_required && public_key_equal(&p->key, &t->peer))
		return true;
	if (has_named_address(f, p))
		return true;
	return !public_key_is_zero(&t->required) && public_key_equal(&p->key, &t->required);
}

bool tunnel_peer_must_be_there(const struct facts *f, const struct peer_config *p)
{
	const struct intended_peer *w = intended(f, p);

	if (tunnel_peer_is_required(f, p))
		return true;
	if (w)
		return w->endpoint && !f->intended.saved;
	return p->handshake_wall_ns == 0 && !has_only_single(p);
}

bool tunnel_peer_roams(const struct facts *f, const struct peer_config *p)
{
	const struct intended_peer *w = intended(f, p);

	if (w && !w->endpoint)
		return true;
	return !(w && !f->intended.saved) && p->handshake_wall_ns > 0 && p->keepalive_s == 0 &&
	       has_only_single(p);
}

bool tunnel_peer_may_roam(const struct facts *f, const struct peer_config *p)
{
	return !tunnel_peer_is_required(f, p) && tunnel_peer_roams(f, p);
}

bool tunnel_neighbour_is_silent(const struct facts *f)
{
	const char *s = f->gateway.neigh_state;

	return have(f, NEED_GATEWAY) && s && (!strcmp(s, "INCOMPLETE") || !strcmp(s, "FAILED"));
}

size_t tunnel_peer_addresses(const struct facts *f, const struct peer_config *p)
{
	const struct intended_peer *w = intended(f, p);

	return w ? w->n_resolved : 0;
}

bool tunnel_peer_is_offline(const struct facts *f)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	const struct intended_peer *w = p ? intended(f, p) : NULL;
	int64_t age = p ? tunnel_peer_age(f, p) : UNKNOWN;

	if (!p || facts_far_is_here(f) || f->handshake.complete || tunnel_peer_is_required(f, p))
		return false;
	/* A file that gives it an endpoint means it to be there, if that was not saved into it. */
	if (w && w->endpoint && !f->intended.saved)
		return false;
	if (w && !w->endpoint && age > TUNNEL_SESSION_NS)
		return true;
	if (p->endpoint.addr.family == FAMILY_NONE)
		return true;
	return age > TUNNEL_SESSION_NS && has_only_single(p) &&
	       (p->keepalive_s == 0 || f->config[END_NEAR].n_peers > 1);
}

/* Neither end calls a handshake done that has not gone both ways. */
static bool has_new_handshake(const struct facts *f)
{
	return have(f, NEED_ENGINE) &&
	       f->crypto[END_NEAR].last_handshake_wall_ns > f->started_wall_ns;
}

bool tunnel_data_answers(const struct facts *f)
{
	const struct ping_facts *p = &f->ping_peer;

	return (have(f, NEED_PING_PEER) && p->received > 0 && p->dev_is_tun != 0) ||
	       facts_answer(f);
}

bool tunnel_answers(const struct facts *f)
{
	return !facts_far_is_here(f) && (has_new_handshake(f) || tunnel_data_answers(f));
}

bool tunnel_is_looped(const struct facts *f)
{
	const struct path_facts *path = tunnel_path(f, PATH_ENDPOINT, NULL);

	return path && path->dev && f->target.name && strcmp(path->dev, f->target.name) == 0 &&
	       have(f, NEED_CONFIG) && f->config[END_NEAR].fwmark == path->mark &&
	       f->near_host.has_port == 1;
}

bool tunnel_goes_elsewhere(const struct facts *f)
{
	const struct path_facts *path = tunnel_path(f, PATH_ENDPOINT, NULL);
	const struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	/* Led into the tunnel itself, and answered: then the engine holds on to another link. */
	if (!tunnel_answers(f) || tunnel_is_looped(f))
		return false;
	/* Out of its own tunnel no message comes; where there is no way at all, none either. */
	if (path && (!path->dev || leads_into_tun(f, path)))
		return true;
	return have(f, NEED_TAP_NEAR_WIRE) && t->dropped == 0 && loss_messages(t, TAP_OUT) == 0 &&
	       loss_messages(t, TAP_IN) == 0;
}

const char *tunnel_moved_words(const struct facts *f, struct arena *a)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	char text[ENDPOINT_STR_SIZE];

	if (!p || p->moved_to.addr.family == FAMILY_NONE)
		return NULL;
	return arena_printf(a, "the peer moved to %s during the run",
			    endpoint_str(&p->moved_to, text));
}

const char *tunnel_answer_words(const struct inner_target_facts *t)
{
	static const char *const words[] = {
		[ANSWERED_NONE] = "nothing",	     [ANSWERED_ECHO] = "echo",
		[ANSWERED_HOP] = "at the hop limit", [ANSWERED_TCP] = "TCP",
		[ANSWERED_ERROR] = "an ICMP error",
	};

	return words[t->answered];
}

bool tunnel_target_is_sure(const struct facts *f)
{
	size_t i;

	if (f->n_inner_targets == 0)
		return facts_far_is_here(f);
	for (i = 0; i < f->n_inner_targets; i++)
		/* Without pings of its own the named one is what all else was sent to. */
		if (f->inner_targets[i].how == TARGET_GIVEN &&
		    (f->ping_peer.target.family == FAMILY_NONE ||
		     ip_addr_equal(&f->inner_targets[i].addr, &f->ping_peer.target)))
			return true;
	return false;
}

static enum passed ping_passed(const struct ping_facts *p)
{
	if (p->sent == UNKNOWN || p->received == UNKNOWN)
		return PASSED_UNKNOWN;
	if (p->send_errors > 0)
		return PASSED_SHORT;
	if (p->sent == 0)
		return PASSED_UNKNOWN;
	return p->received + MAX(p->late, 0) < p->sent ? PASSED_SHORT : PASSED_ALL;
}

static enum passed stream_passed(const struct stream_facts *s)
{
	if (s->sent == UNKNOWN || s->received == UNKNOWN)
		return PASSED_UNKNOWN;
	/* It never began: no socket, say. */
	if (s->sent == 0 && s->elapsed_ns == 0)
		return PASSED_UNKNOWN;
	return s->error || s->sent == 0 || s->received < s->sent ? PASSED_SHORT : PASSED_ALL;
}

/* All is what both say; one that is short makes the whole short. */
static enum passed both(enum passed a, enum passed b)
{
	if (a == PASSED_SHORT || b == PASSED_SHORT)
		return PASSED_SHORT;
	return a == PASSED_ALL && b == PASSED_ALL ? PASSED_ALL : PASSED_UNKNOWN;
}

static enum passed streams_passed(const struct facts *f)
{
	enum passed p = f->n_streams ? PASSED_ALL : PASSED_UNKNOWN;
	size_t i;

	for (i = 0; i < f->n_streams; i++)
		p = both(p, stream_passed(&f->streams[i]));
	return p;
}

enum passed tunnel_passed(const struct facts *f)
{
	enum passed p = have(f, NEED_PING_PEER) ? ping_passed(&f->ping_peer) : PASSED_UNKNOWN;
	size_t i;

	p = both(p, have(f, NEED_STREAMS) ? streams_passed(f) : PASSED_UNKNOWN);
	/* It goes by lo: of a tunnel that is somebody's it tells nothing, in either direction. */
	if (facts_far_is_here(f) && have(f, NEED_PING_SELF))
		p = both(p, ping_passed(&f->ping_self));
	for (i = 0; have(f, NEED_ECHO_BACK) && i < ARRAY_LEN(f->echo_back); i++)
		if (f->echo_back[i].sent != UNKNOWN)
			p = both(p, ping_passed(&f->echo_back[i]));
	if (have(f, NEED_HANDSHAKE) && !f->handshake.complete)
		p = PASSED_SHORT;
	/* What was cut short tells nothing of what was not answered yet. */
	return f->interrupted && p == PASSED_SHORT ? PASSED_UNKNOWN : p;
}
