/*
 * Is what the configuration file says what was meant?
 *
 * FAIL only for what cannot work, for the peer that is looked at: of many others a tunnel may have
 * one that is wrong and never missed. wg takes such a file without a word, and engines leave out
 * what cannot be; so what the engine holds decides what came of it.
 */
#include <string.h>

#include "base/buf.h"
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

struct doubt {
	const struct intended_note *note;
	bool told; /* with one of its kind before it */
	enum state state; /* PASS: what is live has it otherwise */
	uint32_t takes; /* 0: all */
	bool of_keys, of_allowed; /* the rows of these names then fail of just this */
};

static bool have(const struct facts *f, enum need n)
{
	return (f->have & NEED_BIT(n)) != 0;
}

/* Is the peer that it harms the one that is looked at, or one that must be there? */
static bool is_wanted(const struct facts *f, const struct public_key *k)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	const struct target_facts *t = &f->target;

	if (public_key_is_zero(k))
		return false;
	return t->all_required || public_key_equal(k, &t->required) ||
	       public_key_equal(k, p ? &p->key : &t->peer);
}

static bool is_alive(const struct facts *f)
{
	return tunnel_answers(f) || (have(f, NEED_HANDSHAKE) && f->handshake.complete);
}

/* --- what came of each ---------------------------------------------------------------- */

/* It has come to be known all the same, by `wg set` or as it called us. */
static enum state port_zero(const struct facts *f, const struct intended_note *n)
{
	const struct peer_config *p = config_peer(&f->config[END_NEAR], &n->peer);

	if (!have(f, NEED_CONFIG) || !is_wanted(f, &n->peer) || is_alive(f))
		return STATE_WARN;
	return p && p->endpoint.addr.family != FAMILY_NONE && p->endpoint.port ? STATE_WARN :
										 STATE_FAIL;
}

/* A list of peers that all hosts of a mesh share has each host's own among them. */
static enum state own_peer(const struct facts *f)
{
	const struct config_facts *c = &f->config[END_NEAR];
	const struct intended_facts *t = &f->intended;
	size_t i;

	for (i = 0; i < t->n_peers; i++)
		if (!public_key_equal(&t->peers[i].key, &t->own))
			return STATE_WARN;
	for (i = 0; i < c->n_peers && have(f, NEED_CONFIG); i++)
		if (!public_key_equal(&c->peers[i].key, &t->own))
			return STATE_WARN;
	return STATE_FAIL;
}

/* An address that is asked in the network, which the engine gives to somebody else than p. */
static bool target_is_lost(const struct facts *f, const struct cidr *net,
			   const struct public_key *p)
{
	const struct peer_config *owner;
	struct tunnel_addrs to;
	size_t i;

	tunnel_targets(f, &to);
	for (i = 0; i < to.n; i++) {
		owner = config_owner(&f->config[END_NEAR], &to.a[i], NULL);
		if (cidr_contains(net, &to.a[i]) && (!owner || !public_key_equal(&owner->key, p)))
			return true;
	}
	return false;
}

/* A handshake with who took it, and silence of an address that was named: it is the other's. */
static bool answers_not_there(const struct facts *f, const struct cidr *net)
{
	const struct ping_facts *p = &f->ping_peer;

	return have(f, NEED_PING_PEER) && have(f, NEED_HANDSHAKE) && f->handshake.complete &&
	       p->sent > 0 && p->received == 0 && !facts_answer(f) && tunnel_target_is_sure(f) &&
	       cidr_contains(net, &p->target);
}

static enum state same_allowed(const struct facts *f, const struct intended_note *n)
{
	const struct peer_config *p = config_peer(&f->config[END_NEAR], &n->peer);

	if (!have(f, NEED_CONFIG))
		return STATE_WARN;
	if (is_wanted(f, &n->peer) &&
	    ((p && p->n_allowed == 0) || target_is_lost(f, &n->net, &n->peer)))
		return STATE_FAIL;
	return answers_not_there(f, &n->net) ? STATE_FAIL : STATE_WARN;
}

/* Those before the last are replaced by it, and their prefixes with them. */
static enum state same_peer(const struct facts *f, const struct intended_note *n)
{
	const struct intended_facts *t = &f->intended;
	size_t i, k;

	if (!have(f, NEED_CONFIG) || !is_wanted(f, &n->peer))
		return STATE_WARN;
	for (i = 0; i < t->n_peers; i++)
		for (k = 0;
		     public_key_equal(&t->peers[i].key, &n->peer) && k < t->peers[i].n_allowed; k++)
			if (target_is_lost(f, &t->peers[i].allowed[k], &n->peer))
				return STATE_FAIL;
	return STATE_WARN;
}

static enum state no_allowed(const struct facts *f, const struct intended_note *n)
{
	const struct peer_config *p = config_peer(&f->config[END_NEAR], &n->peer);

	return have(f, NEED_CONFIG) && is_wanted(f, &n->peer) && p && p->n_allowed == 0 ?
		       STATE_FAIL :
		       STATE_WARN;
}

/* The engine may have been given it since, which config.live tells. */
static enum state of_engine(const struct facts *f, int64_t there)
{
	if (!have(f, NEED_CONFIG) || there == UNKNOWN)
		return is_alive(f) ? STATE_PASS : STATE_WARN;
	return there ? STATE_PASS : STATE_FAIL;
}

/* The link has no IPv6 then: does all that is asked need it? */
static enum state ip6_mtu(const struct facts *f)
{
	const struct link_state *s = &f->tun[END_NEAR].start;
	struct tunnel_addrs to;
	size_t i;

	tunnel_targets(f, &to);
	for (i = 0; i < to.n; i++)
		if (to.a[i].family != FAMILY_IP6)
			return STATE_WARN;
	if (!have(f, NEED_LINKS) || !s->known || (int64_t)s->mtu != f->intended.mtu || is_alive(f))
		return STATE_WARN;
	return to.n ? STATE_FAIL : STATE_WARN;
}

static void judge_note(const struct facts *f, const struct intended_note *n, struct doubt *out)
{
	const struct config_facts *c = &f->config[END_NEAR];

	*out = (struct doubt){ .note = n, .state = STATE_WARN };
	switch (n->fault) {
	case CONF_PORT_ZERO:
		out->state = port_zero(f, n);
		break;
	case CONF_OWN_PEER:
		out->state = own_peer(f);
		out->of_keys = true;
		break;
	case CONF_SAME_ALLOWED:
		out->state = same_allowed(f, n);
		out->of_allowed = true;
		break;
	case CONF_SAME_PEER:
		out->state = same_peer(f, n);
		out->of_allowed = true;
		break;
	case CONF_NO_ALLOWED:
		out->state = no_allowed(f, n);
		out->of_allowed = true;
		break;
	case CONF_NO_PRIVATE_KEY:
		out->state = of_engine(f, c->has_private_key);
		out->of_keys = true;
		break;
	case CONF_NO_PEER:
		out->state = of_engine(f, c->n_peers > 0);
		out->of_keys = true;
		break;
	case CONF_IP6_MTU:
		out->state = ip6_mtu(f);
		out->takes = traffic_of(FAMILY_IP6, (1 << TRAFFIC_IP6) - 1);
		break;
	default:
		break;
	}
}

/* --- in words ------------------------------------------------------------------------- */

/* One in full, and the lines of the others like it. */
static void put_doubt(struct doubt *d, size_t i, size_t n, struct buf *b)
{
	const struct intended_note *first = d[i].note;
	bool any = false;
	size_t k;

	buf_printf(b, "%s%s", b->len ? "; " : "", first->text);
	for (k = i + 1; k < n; k++) {
		const struct intended_note *other = d[k].note;

		if (other->fault != first->fault || d[k].state != d[i].state ||
		    other->line == first->line)
			continue;
		d[k].told = true;
		buf_printf(b, "%s %u", any ? "," : " (also line", other->line);
		any = true;
	}
	buf_puts(b, any ? ")" : "");
}

static void put_all(struct doubt *d, size_t n, enum state s, struct buf *b)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (d[i].state == s && !d[i].told)
			put_doubt(d, i, n, b);
}

static size_t count(const struct doubt *d, size_t n, enum state s)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += d[i].state == s;
	return found;
}

static void tell_fix(const struct facts *f, const struct doubt *d, size_t n, struct findings *out,
		     struct finding *row)
{
	unsigned line = 0;
	size_t i;

	if (row->state != STATE_FAIL)
		return;
	for (i = 0; i < n && !line; i++)
		if (d[i].state == STATE_FAIL)
			line = d[i].note->line;
	row->remedy =
		line ? arena_printf(out->arena, "correct line %u of %s", line, f->intended.file) :
		       arena_printf(out->arena, "correct %s", f->intended.file);
}

static void because(const struct facts *f, const struct doubt *d, size_t n, struct findings *out,
		    struct finding *row)
{
	struct evidence *ev =
		finding_because(out, row, "file", f->intended.file,
				"%zu peers; what is doubtful in it:", f->intended.n_peers);
	size_t i;

	evidence_count(ev, "breaking", (int64_t)count(d, n, STATE_FAIL));
	evidence_count(ev, "doubtful", (int64_t)count(d, n, STATE_WARN));
	evidence_count(ev, "not_kept", f->intended.more_notes);
	for (i = 0; i < n; i++)
		if (d[i].state != STATE_PASS)
			finding_because(out, row, "file", f->intended.file, "%s", d[i].note->text);
}

/* What all that fails takes away, and which rows fail of it. */
static void tell_scope(const struct doubt *d, size_t n, struct finding *row)
{
	static const char *const of[2][2][3] = {
		{ { NULL }, { "config.allowed-ips" } },
		{ { "config.keys" }, { "config.keys", "config.allowed-ips" } },
	};
	bool keys = false, allowed = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (d[i].state != STATE_FAIL)
			continue;
		row->takes |= d[i].takes ? d[i].takes : (uint32_t)TRAFFIC_ALL;
		keys = keys || d[i].of_keys;
		allowed = allowed || d[i].of_allowed;
	}
	row->explains = of[keys][allowed];
}

static void judge(const struct facts *f, struct findings *out)
{
	const struct intended_facts *t = &f->intended;
	struct doubt *d = arena_alloc(out->arena, (t->n_notes + 1) * sizeof(*d));
	CLEANUP(buf_done) struct buf b = { 0 };
	struct finding *row;
	size_t i;

	for (i = 0; i < t->n_notes; i++)
		judge_note(f, &t->notes[i], &d[i]);
	put_all(d, t->n_notes, STATE_FAIL, &b);
	put_all(d, t->n_notes, STATE_WARN, &b);
	if (b.len && t->more_notes > 0)
		buf_printf(&b, "; and %lld more", (long long)t->more_notes);
	if (b.len)
		row = finding_add(out, count(d, t->n_notes, STATE_FAIL) ? STATE_FAIL : STATE_WARN,
				  "%s: %s", t->file, buf_str(&b));
	else if (t->more_notes == UNKNOWN)
		row = finding_add(out, STATE_SKIP, "the run did not keep what was noted of %s",
				  t->file);
	else
		row = finding_add(out, STATE_PASS, "nothing is doubtful in %s", t->file);
	tell_scope(d, t->n_notes, row);
	tell_fix(f, d, t->n_notes, out, row);
	because(f, d, t->n_notes, out, row);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;

	if (!f->intended.file)
		finding_add(out, STATE_NA, "no file given");
	else if (f->have & NEED_BIT(NEED_INTENDED))
		judge(f, out);
	else
		finding_gap(out, f, NEED_INTENDED);
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

/* Not NEED_INTENDED: a run without a file has nothing to be granted. */
const struct check check_config_file = {
	.id = "config.file",
	.title = "file",
	.layer = LAYER_CONFIG,
	.wants = NEED_BIT(NEED_INTENDED) | NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_LINKS) |
		 NEED_BIT(NEED_PATHS),
	.after = after,
	.run = run,
};
