#include "lab/self_config.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const struct self_end *other_end(const struct self_tunnel *t, enum end end)
{
	return &t->end[end == END_NEAR ? END_FAR : END_NEAR];
}

void self_config_keys(struct self_tunnel *t)
{
	struct self_end *end;
	int i;

	assert(sodium_init() >= 0);
	for (i = 0; i < END_COUNT; i++) {
		end = &t->end[i];
		/* Without the right to lock memory they are only wiped. */
		sodium_mlock(&end->private_key, sizeof(end->private_key));
		sodium_mlock(&end->psk, sizeof(end->psk));
		randombytes_buf(end->private_key.b, KEY_LEN);
		secret_key_clamp(&end->private_key);
		assert(public_key_of(&end->private_key, &end->public_key));
	}
	randombytes_buf(t->end[END_NEAR].psk.b, KEY_LEN);
	t->end[END_FAR].psk = t->end[END_NEAR].psk;
}

void self_config_wipe(struct self_tunnel *t)
{
	int i;

	for (i = 0; i < END_COUNT; i++) {
		sodium_munlock(&t->end[i].private_key, sizeof(t->end[i].private_key));
		sodium_munlock(&t->end[i].psk, sizeof(t->end[i].psk));
	}
}

static struct endpoint endpoint_of(const struct self_end *end)
{
	return (struct endpoint){ .addr = end->outer, .port = end->port };
}

/* What an end owns inside the tunnel; returns how many. */
static size_t allowed_of(const struct self_end *end, struct cidr out[2])
{
	out[0] = (struct cidr){ end->inner4, 32 };
	out[1] = (struct cidr){ end->inner6, 128 };
	return end->inner6.family ? 2 : 1;
}

void self_config_peer(const struct self_tunnel *t, enum end end, struct buf *out)
{
	const struct self_end *own = &t->end[end], *other = other_end(t, end);
	struct endpoint to = endpoint_of(other);
	struct cidr allowed[2];
	size_t i, n;

	uapi_put_secret(out, UAPI_PRIVATE_KEY, &own->private_key);
	uapi_put_true(out, UAPI_REPLACE_PEERS);
	uapi_put_public_key(out, &other->public_key);
	uapi_put_secret(out, UAPI_PRESHARED_KEY, &own->psk);
	uapi_put_endpoint(out, &to);
	uapi_put_number(out, UAPI_KEEPALIVE, 0);
	uapi_put_true(out, UAPI_REPLACE_ALLOWED_IPS);
	n = allowed_of(other, allowed);
	for (i = 0; i < n; i++)
		uapi_put_allowed_ip(out, &allowed[i], false);
}

void self_config_keepalive(const struct self_tunnel *t, enum end end, struct buf *out)
{
	uapi_put_public_key(out, &other_end(t, end)->public_key);
	uapi_put_true(out, UAPI_UPDATE_ONLY);
	uapi_put_number(out, UAPI_KEEPALIVE, t->end[end].keepalive_s);
}

static bool holds(const struct cidr *set, size_t n, const struct cidr *one)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cidr_equal(&set[i], one))
			return true;
	return false;
}

static const char *peer_difference(const struct self_end *own, const struct self_end *other,
				   const struct uapi_peer *p, struct arena *a)
{
	struct endpoint to = endpoint_of(other);
	char got[ENDPOINT_STR_SIZE], wanted[ENDPOINT_STR_SIZE], text[CIDR_STR_SIZE];
	struct cidr allowed[2];
	size_t i, n = allowed_of(other, allowed);

	if (!public_key_equal(&p->public_key, &other->public_key))
		return "the peer has another public key";
	if (!p->has_psk)
		return "the peer has no preshared key";
	if (!endpoint_equal(&p->endpoint, &to))
		return arena_printf(a, "endpoint is %s, set was %s",
				    endpoint_str(&p->endpoint, got), endpoint_str(&to, wanted));
	if (p->keepalive_s != own->keepalive_s && !own->keepalive_s)
		return arena_printf(a, "persistent keepalive is %u s, set was off", p->keepalive_s);
	if (p->keepalive_s != own->keepalive_s)
		return arena_printf(a, "persistent keepalive is %u s, set were %u", p->keepalive_s,
				    own->keepalive_s);
	for (i = 0; i < n; i++)
		if (!holds(p->allowed, p->n_allowed, &allowed[i]))
			return arena_printf(a, "allowed IP %s is missing",
					    cidr_str(&allowed[i], text));
	if (p->n_allowed != n)
		return arena_printf(a, "%zu allowed IPs, set were %zu", p->n_allowed, n);
	return NULL;
}

const char *self_config_difference(const struct self_tunnel *t, enum end end,
				   const struct uapi_device *d, struct arena *a)
{
	const struct self_end *own = &t->end[end];

	if (d->errno_)
		return arena_printf(a, "get says errno %d", d->errno_);
	if (!d->has_private_key)
		return "no private key";
	if (!public_key_equal(&d->public_key, &own->public_key))
		return "another private key than was set";
	if (d->listen_port != own->port)
		return arena_printf(a, "listen port is %u, set was %u", d->listen_port, own->port);
	if (d->fwmark)
		return arena_printf(a, "fwmark is %u, none was set", d->fwmark);
	if (d->n_peers != 1)
		return arena_printf(a, "%zu peers, set was 1", d->n_peers);
	return peer_difference(own, other_end(t, end), &d->peers[0], a);
}
