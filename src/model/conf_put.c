/*
 * A configuration on its way to an engine, and into the facts.
 */
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "model/conf.h"
#include "model/uapi_text.h"

/* Where to; family NONE: the file has a name that nobody resolved, or nothing. */
static struct endpoint address_of(const struct conf *c, size_t i, const struct endpoint *resolved)
{
	if (resolved && resolved[i].addr.family != FAMILY_NONE)
		return resolved[i];
	return c->peers[i].literal;
}

static void set_peer(const struct conf_peer *p, const struct endpoint *to, struct buf *b)
{
	size_t i;

	uapi_put_public_key(b, &p->key);
	if (p->has_psk)
		uapi_put_secret(b, UAPI_PRESHARED_KEY, &p->psk);
	if (to->addr.family != FAMILY_NONE && to->port)
		uapi_put_endpoint(b, to);
	if (p->keepalive_s != UNKNOWN)
		uapi_put_number(b, UAPI_KEEPALIVE, (uint64_t)p->keepalive_s);
	uapi_put_true(b, UAPI_REPLACE_ALLOWED_IPS);
	for (i = 0; i < p->n_allowed; i++)
		uapi_put_allowed_ip(b, &p->allowed[i], false);
}

void conf_put_set_device(const struct conf *c, struct buf *b)
{
	if (c->has_private_key)
		uapi_put_secret(b, UAPI_PRIVATE_KEY, &c->private_key);
	if (c->listen_port != UNKNOWN)
		uapi_put_number(b, UAPI_LISTEN_PORT, (uint64_t)c->listen_port);
	if (c->fwmark != UNKNOWN)
		uapi_put_number(b, UAPI_FWMARK, (uint64_t)c->fwmark);
	uapi_put_true(b, UAPI_REPLACE_PEERS);
}

void conf_put_set_peer(const struct conf *c, size_t i, const struct endpoint *resolved,
		       struct buf *b)
{
	struct endpoint to = address_of(c, i, resolved);

	set_peer(&c->peers[i], &to, b);
}

void conf_put_set(const struct conf *c, const struct endpoint *resolved, struct buf *b)
{
	size_t i;

	conf_put_set_device(c, b);
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].has_key)
			conf_put_set_peer(c, i, resolved, b);
}

static void put_secret(struct buf *b, const char *name, const struct secret_key *k)
{
	char text[KEY_BASE64_LEN + 1];

	sodium_bin2base64(text, sizeof(text), k->b, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
	buf_printf(b, "%s = %s\n", name, text);
	sodium_memzero(text, sizeof(text));
}

static void put_endpoint(struct buf *b, const struct conf_peer *p, const struct endpoint *to)
{
	char text[ENDPOINT_STR_SIZE];

	if (to->addr.family != FAMILY_NONE)
		buf_printf(b, "Endpoint = %s\n", endpoint_str(to, text));
	else if (p->host)
		buf_printf(b, strchr(p->host, ':') ? "Endpoint = [%s]:%u\n" : "Endpoint = %s:%u\n",
			   p->host, p->port);
}

static void setconf_peer(const struct conf_peer *p, const struct endpoint *to, struct buf *b)
{
	char text[MAX(CIDR_STR_SIZE, KEY_BASE64_LEN + 1)];
	size_t i;

	public_key_base64(&p->key, text);
	buf_printf(b, "\n[Peer]\nPublicKey = %s\n", text);
	if (p->has_psk)
		put_secret(b, "PresharedKey", &p->psk);
	put_endpoint(b, p, to);
	if (p->keepalive_s != UNKNOWN)
		buf_printf(b, "PersistentKeepalive = %" PRId64 "\n", p->keepalive_s);
	for (i = 0; i < p->n_allowed; i++)
		buf_printf(b, "AllowedIPs = %s\n", cidr_str(&p->allowed[i], text));
}

void conf_put_setconf(const struct conf *c, const struct endpoint *resolved, struct buf *b)
{
	size_t i;

	buf_puts(b, "[Interface]\n");
	if (c->has_private_key)
		put_secret(b, "PrivateKey", &c->private_key);
	if (c->listen_port != UNKNOWN)
		buf_printf(b, "ListenPort = %" PRId64 "\n", c->listen_port);
	if (c->fwmark != UNKNOWN)
		buf_printf(b, "FwMark = %" PRId64 "\n", c->fwmark);
	for (i = 0; i < c->n_peers; i++) {
		struct endpoint to = address_of(c, i, resolved);

		if (c->peers[i].has_key)
			setconf_peer(&c->peers[i], &to, b);
	}
}

static void peer_facts(const struct conf_peer *p, struct arena *a, struct intended_peer *out)
{
	out->key = p->key;
	out->has_psk = p->has_psk;
	out->keepalive_s = p->keepalive_s;
	out->allowed = p->allowed;
	out->n_allowed = p->n_allowed;
	if (!p->host)
		return;
	out->endpoint =
		arena_printf(a, strchr(p->host, ':') ? "[%s]:%u" : "%s:%u", p->host, p->port);
	if (p->literal.addr.family == FAMILY_NONE)
		return;
	out->resolved = arena_alloc(a, sizeof(*out->resolved));
	out->resolved[0] = p->literal;
	out->n_resolved = 1;
}

static const struct conf_peer *peer_at(const struct conf *c, unsigned line)
{
	size_t i;

	for (i = 0; line && i < c->n_peers; i++)
		if (c->peers[i].line == line)
			return &c->peers[i];
	return NULL;
}

static void note_facts(const struct conf *c, const struct conf_notes *notes, struct arena *a,
		       struct intended_facts *out)
{
	size_t i;

	out->notes = arena_alloc(a, (notes->n + 1) * sizeof(*out->notes));
	out->n_notes = notes->n;
	out->more_notes = (int64_t)notes->more;
	for (i = 0; i < notes->n; i++) {
		const struct conf_note *n = &notes->note[i];
		const struct conf_peer *p = peer_at(c, n->peer_line);

		out->notes[i] = (struct intended_note){
			.fault = n->fault,
			.line = n->line,
			.text = n->text,
			.net = n->net,
		};
		if (p)
			out->notes[i].peer = p->key;
	}
}

void conf_facts(const struct conf *c, const struct conf_notes *notes, struct arena *a,
		struct intended_facts *out)
{
	size_t i;

	*out = (struct intended_facts){
		.listen_port = c->listen_port,
		.fwmark = c->fwmark,
		.mtu = c->mtu,
		.table = c->table,
		.table_number = c->table_number,
		.addrs = c->addrs,
		.n_addrs = c->n_addrs,
		.dns = c->dns,
		.n_dns = c->n_dns,
		.saved = c->save_config,
	};
	out->has_private_key = c->has_private_key && public_key_of(&c->private_key, &out->own);
	out->peers = arena_alloc(a, (c->n_peers + 1) * sizeof(*out->peers));
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i].has_key)
			peer_facts(&c->peers[i], a, &out->peers[out->n_peers++]);
	note_facts(c, notes, a, out);
}

struct key_digest *conf_psk_digests(const struct conf *c, struct arena *a)
{
	struct key_digest *out = arena_alloc(a, (c->n_peers + 1) * sizeof(*out));
	size_t i, n = 0;

	for (i = 0; i < c->n_peers; i++) {
		if (!c->peers[i].has_key)
			continue;
		if (c->peers[i].has_psk)
			secret_key_digest(&c->peers[i].psk, &out[n]);
		n++;
	}
	return out;
}
