/*
 * A set may be large (130 560 allowed IPs), and nothing of it may happen when its last
 * line is wrong. So lines become small operations, in blocks that are never moved: a
 * key has one place, and is wiped there.
 */
#include "engine/daemon_set.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/uapi_text.h"

enum { OPS_PER_BLOCK = 512, OPS_MAX = 1 << 22 };

struct op {
	uint8_t key; /* enum uapi_key */
	bool minus;
	union {
		uint64_t number;
		struct public_key public_key;
		struct secret_key secret;
		struct cidr cidr;
		struct endpoint endpoint;
	};
};

struct block {
	struct block *next;
	unsigned n;
	struct op op[OPS_PER_BLOCK];
};

struct daemon_set {
	struct block *first, *last;
	unsigned n;
	bool in_peer;
};

struct daemon_set *daemon_set_new(void)
{
	return calloc(1, sizeof(struct daemon_set));
}

void daemon_set_free(struct daemon_set *s)
{
	struct block *next;

	if (!s)
		return;
	for (struct block *b = s->first; b; b = next) {
		next = b->next;
		explicit_bzero(b, sizeof(*b));
		free(b);
	}
	free(s);
}

static struct op *new_op(struct daemon_set *s)
{
	if (s->n >= OPS_MAX)
		return NULL;
	if (!s->last || s->last->n == OPS_PER_BLOCK) {
		struct block *b = calloc(1, sizeof(*b));

		if (!b)
			return NULL;
		if (s->last)
			s->last->next = b;
		else
			s->first = b;
		s->last = b;
	}
	s->n++;
	return &s->last->op[s->last->n++];
}

/* --- reading --- */

/* A scope may be an interface's name, which only the system can resolve: "[fe80::1%eth0]:51820". */
static bool resolve_endpoint(const char *text, struct endpoint *out)
{
	const char *percent = strchr(text, '%'), *end = strchr(text, ']');
	char name[IF_NAMESIZE] = "", numeric[UAPI_LINE_MAX + 16];
	unsigned index;

	if (endpoint_parse(text, out))
		return true;
	if (!percent || !end || end < percent || (size_t)(end - percent - 1) >= sizeof(name))
		return false;
	memcpy(name, percent + 1, (size_t)(end - percent - 1));
	index = if_nametoindex(name);
	if (!index)
		return false;
	snprintf(numeric, sizeof(numeric), "%.*s%%%u%s", (int)(percent - text), text, index, end);
	return endpoint_parse(numeric, out);
}

static bool is_device_key(enum uapi_key key)
{
	return key == UAPI_PRIVATE_KEY || key == UAPI_LISTEN_PORT || key == UAPI_FWMARK ||
	       key == UAPI_REPLACE_PEERS;
}

static bool is_peer_key(enum uapi_key key)
{
	return key == UAPI_REMOVE || key == UAPI_UPDATE_ONLY || key == UAPI_PRESHARED_KEY ||
	       key == UAPI_ENDPOINT || key == UAPI_KEEPALIVE || key == UAPI_REPLACE_ALLOWED_IPS ||
	       key == UAPI_ALLOWED_IP || key == UAPI_PROTOCOL_VERSION;
}

static bool fill(struct op *o, const struct uapi_item *item)
{
	o->key = (uint8_t)item->key;
	o->minus = item->minus;
	switch (item->key) {
	case UAPI_PUBLIC_KEY:
		o->public_key = item->public_key;
		return true;
	case UAPI_PRIVATE_KEY:
	case UAPI_PRESHARED_KEY:
		o->secret = item->secret;
		return true;
	case UAPI_ALLOWED_IP:
		o->cidr = item->cidr;
		return true;
	case UAPI_ENDPOINT:
		return resolve_endpoint(item->text, &o->endpoint);
	default:
		o->number = item->number;
		return true;
	}
}

static int add_item(struct daemon_set *s, const struct uapi_item *item)
{
	struct op *o;

	if (item->key == UAPI_PUBLIC_KEY)
		s->in_peer = true;
	else if (s->in_peer ? !is_peer_key(item->key) : !is_device_key(item->key))
		return -EINVAL;
	o = new_op(s);
	if (!o)
		return -ENOMEM;
	return fill(o, item) ? 0 : -EINVAL;
}

int daemon_set_line(struct daemon_set *s, const char *line, size_t len)
{
	struct uapi_item item;
	enum uapi_fault fault = uapi_parse_line(line, len, &item);
	int rc;

	if (fault == UAPI_OK)
		rc = add_item(s, &item);
	else
		rc = fault == UAPI_BAD_VALUE ? -EINVAL : -EPROTO;
	secret_key_done(&item.secret);
	return rc;
}

/* --- applying --- */

struct cursor {
	const struct block *b;
	unsigned i;
};

static const struct op *next_op(struct cursor *c)
{
	if (c->b && c->i == c->b->n) {
		c->b = c->b->next;
		c->i = 0;
	}
	return c->b ? &c->b->op[c->i++] : NULL;
}

/* The next one that still belongs to this peer. */
static const struct op *next_of_peer(struct cursor *c)
{
	struct cursor ahead = *c;
	const struct op *o = next_op(&ahead);

	if (!o || o->key == UAPI_PUBLIC_KEY)
		return NULL;
	*c = ahead;
	return o;
}

struct peer_flags {
	bool remove, update_only, replace_allowed;
};

static struct peer_flags look_ahead(struct cursor c)
{
	struct peer_flags f = { 0 };
	const struct op *o;

	while ((o = next_of_peer(&c))) {
		f.remove |= o->key == UAPI_REMOVE;
		f.update_only |= o->key == UAPI_UPDATE_ONLY;
		f.replace_allowed |= o->key == UAPI_REPLACE_ALLOWED_IPS;
	}
	return f;
}

static void apply_to_peer(struct wg_peer *p, const struct op *o, int64_t now_ns)
{
	switch ((enum uapi_key)o->key) {
	case UAPI_PRESHARED_KEY:
		wg_peer_set_psk(p, &o->secret);
		break;
	case UAPI_ENDPOINT:
		wg_peer_set_endpoint(p, &o->endpoint);
		break;
	case UAPI_KEEPALIVE:
		wg_peer_set_keepalive(p, (uint16_t)o->number, now_ns);
		break;
	case UAPI_ALLOWED_IP:
		if (o->minus)
			wg_peer_disallow(p, &o->cidr);
		else
			wg_peer_allow(p, &o->cidr);
		break;
	default:
		break;
	}
}

static void apply_peer(const struct daemon_set_host *h, const struct op *start, struct cursor *c,
		       int64_t now_ns)
{
	struct peer_flags f = look_ahead(*c);
	struct wg_peer *p = wg_device_peer(h->dev, &start->public_key);
	const struct op *o;

	if (p && f.remove) {
		wg_device_peer_remove(h->dev, p);
		p = NULL;
	} else if (!p && !f.remove && !f.update_only) {
		p = wg_device_peer_add(h->dev, &start->public_key, now_ns);
	}
	if (p && f.replace_allowed)
		wg_peer_disallow_all(p);
	while ((o = next_of_peer(c)))
		if (p)
			apply_to_peer(p, o, now_ns);
	if (p)
		wg_peer_kick(p, now_ns);
}

static int apply_bind(const struct daemon_set *s, const struct daemon_set_host *h)
{
	struct cursor c = { .b = s->first };
	struct daemon_set_bind b = { 0 };
	const struct op *o;

	while ((o = next_of_peer(&c))) {
		if (o->key == UAPI_LISTEN_PORT) {
			b.has_port = true;
			b.port = (uint16_t)o->number;
		} else if (o->key == UAPI_FWMARK) {
			b.has_fwmark = true;
			b.fwmark = (uint32_t)o->number;
		}
	}
	return b.has_port || b.has_fwmark ? h->bind(h->ctx, &b) : 0;
}

int daemon_set_apply(const struct daemon_set *s, const struct daemon_set_host *h, int64_t now_ns)
{
	struct cursor c = { .b = s->first };
	const struct op *o;
	int rc = apply_bind(s, h);

	if (rc < 0)
		return rc;
	while ((o = next_op(&c))) {
		if (o->key == UAPI_PRIVATE_KEY)
			wg_device_set_private_key(h->dev, &o->secret, now_ns);
		else if (o->key == UAPI_REPLACE_PEERS)
			wg_device_remove_all_peers(h->dev);
		else if (o->key == UAPI_PUBLIC_KEY)
			apply_peer(h, o, &c, now_ns);
	}
	return 0;
}
