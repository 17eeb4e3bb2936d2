/*
 * A whole `get` reply: items to a device and its peers.
 *
 * What an item does is a row by its key; a key without a row has no place in a reply.
 * The arrays are counted first, so that each is one piece: a peer's allowed IPs and extra
 * keys are slices of them, since all its lines follow its public_key.
 *
 * Nothing of a wrong line goes into the error's text but the name of a known key: the
 * line may be a private key, cut or misspelt.
 */
#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/uapi_text.h"

struct reply {
	struct arena *arena;
	struct uapi_device *dev;
	struct uapi_peer *peer; /* the one the lines belong to; NULL before the first */
	struct cidr *next_allowed;
	struct uapi_extra *next_extra;
	bool errno_seen;
};

/* --- one item, by its key; false: it does not belong there --- */

static bool take_private_key(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		return false;
	r->dev->has_private_key = !secret_key_is_zero(&item->secret);
	if (r->dev->has_private_key)
		return public_key_of(&item->secret, &r->dev->public_key);
	return true;
}

static bool take_listen_port(struct reply *r, const struct uapi_item *item)
{
	r->dev->listen_port = (uint16_t)item->number;
	return !r->peer;
}

static bool take_fwmark(struct reply *r, const struct uapi_item *item)
{
	r->dev->fwmark = (uint32_t)item->number;
	return !r->peer;
}

static bool take_errno(struct reply *r, const struct uapi_item *item)
{
	r->dev->errno_ = (int)item->number;
	r->errno_seen = true;
	return true;
}

static bool take_public_key(struct reply *r, const struct uapi_item *item)
{
	r->peer = &r->dev->peers[r->dev->n_peers++];
	r->peer->public_key = item->public_key;
	r->peer->allowed = r->next_allowed;
	r->peer->extra = r->next_extra;
	return true;
}

/* Engines print a key of zeros where there is none. */
static bool take_preshared_key(struct reply *r, const struct uapi_item *item)
{
	if (!r->peer)
		return false;
	r->peer->has_psk = !secret_key_is_zero(&item->secret);
	if (r->peer->has_psk)
		secret_key_digest(&item->secret, &r->peer->psk);
	return true;
}

static bool take_endpoint(struct reply *r, const struct uapi_item *item)
{
	if (!r->peer)
		return false;
	r->peer->endpoint_text = arena_strdup(r->arena, item->text);
	(void)endpoint_parse(item->text, &r->peer->endpoint);
	return true;
}

static bool take_keepalive(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		r->peer->keepalive_s = (uint16_t)item->number;
	return r->peer;
}

static bool take_allowed_ip(struct reply *r, const struct uapi_item *item)
{
	if (!r->peer || item->minus)
		return false;
	*r->next_allowed++ = item->cidr;
	r->peer->n_allowed++;
	return true;
}

static bool take_protocol_version(struct reply *r, const struct uapi_item *item)
{
	(void)r;
	(void)item;
	return true;
}

static bool take_handshake_s(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		r->peer->last_handshake_s = (int64_t)item->number;
	return r->peer;
}

static bool take_handshake_ns(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		r->peer->last_handshake_nsec = (int64_t)item->number;
	return r->peer;
}

static bool take_tx_bytes(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		r->peer->tx_bytes = item->number;
	return r->peer;
}

static bool take_rx_bytes(struct reply *r, const struct uapi_item *item)
{
	if (r->peer)
		r->peer->rx_bytes = item->number;
	return r->peer;
}

/* --- keys we do not know --- */

/*
 * Excludes also a key that stands in the name's place: in base64, whose "=" was taken for
 * the one behind a name, and in hex.
 */
static bool is_plain_name(const char *s)
{
	size_t len = strlen(s);

	return len < KEY_HEX_LEN && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

static bool may_be_secret(const struct uapi_item *item)
{
	static const char public_end[] = "public_key";
	size_t len = strlen(item->name), end = sizeof(public_end) - 1;
	struct public_key k;
	bool is_key;

	if (len >= end && !strcmp(item->name + len - end, public_end))
		return false;
	is_key = public_key_from_hex(item->text, strlen(item->text), &k) ||
		 public_key_from_base64(item->text, &k);
	sodium_memzero(&k, sizeof(k));
	return is_key;
}

static void take_own_public_key(struct reply *r, const struct uapi_item *item)
{
	if (r->peer || strcmp(item->name, "own_public_key"))
		return;
	if (public_key_from_hex(item->text, strlen(item->text), &r->dev->public_key))
		r->dev->has_private_key = true;
}

static bool take_unknown(struct reply *r, const struct uapi_item *item)
{
	struct uapi_extra *x = r->next_extra;

	if (!is_plain_name(item->name))
		return true;
	take_own_public_key(r, item);
	x->name = arena_strdup(r->arena, item->name);
	x->text = may_be_secret(item) ? "(not kept)" : arena_strdup(r->arena, item->text);
	x->is_number = str_to_u64(x->text, UINT64_MAX, &x->value);
	r->next_extra++;
	if (r->peer)
		r->peer->n_extra++;
	else
		r->dev->n_extra++;
	return true;
}

static bool (*const take[UAPI_KEY_COUNT])(struct reply *r, const struct uapi_item *item) = {
	[UAPI_ERRNO] = take_errno,
	[UAPI_PRIVATE_KEY] = take_private_key,
	[UAPI_LISTEN_PORT] = take_listen_port,
	[UAPI_FWMARK] = take_fwmark,
	[UAPI_PUBLIC_KEY] = take_public_key,
	[UAPI_PRESHARED_KEY] = take_preshared_key,
	[UAPI_ENDPOINT] = take_endpoint,
	[UAPI_KEEPALIVE] = take_keepalive,
	[UAPI_ALLOWED_IP] = take_allowed_ip,
	[UAPI_PROTOCOL_VERSION] = take_protocol_version,
	[UAPI_LAST_HANDSHAKE_SEC] = take_handshake_s,
	[UAPI_LAST_HANDSHAKE_NSEC] = take_handshake_ns,
	[UAPI_TX_BYTES] = take_tx_bytes,
	[UAPI_RX_BYTES] = take_rx_bytes,
	[UAPI_UNKNOWN] = take_unknown,
};

/* --- the lines --- */

/* Cuts the next line off *text; false when no newline is left. */
static bool next_line(const char **text, size_t *left, const char **line, size_t *len)
{
	const char *end = *left ? memchr(*text, '\n', *left) : NULL;

	if (!end)
		return false;
	*line = *text;
	*len = (size_t)(end - *text);
	*text = end + 1;
	*left -= *len + 1;
	return true;
}

static void reply_init(struct reply *r, struct arena *a, const char *text, size_t left)
{
	size_t n[UAPI_KEY_COUNT] = { 0 }, len;
	const char *line;

	while (next_line(&text, &left, &line, &len))
		n[uapi_line_key(line, len)]++;
	memset(r, 0, sizeof(*r));
	r->arena = a;
	r->dev = arena_alloc(a, sizeof(*r->dev));
	r->dev->peers = arena_alloc(a, n[UAPI_PUBLIC_KEY] * sizeof(*r->dev->peers));
	r->next_allowed = arena_alloc(a, n[UAPI_ALLOWED_IP] * sizeof(*r->next_allowed));
	r->next_extra = arena_alloc(a, n[UAPI_UNKNOWN] * sizeof(*r->next_extra));
	r->dev->extra = r->next_extra;
}

static int wrong_line(struct err *e, size_t n, const char *what)
{
	return err_say(e, EPROTO, "line %zu: %s", n, what);
}

static int wrong_item(struct err *e, size_t n, enum uapi_key key, const char *what)
{
	const char *name = uapi_key_name(key);

	if (!name)
		return wrong_line(e, n, what);
	return err_say(e, EPROTO, "line %zu: %s: %s", n, name, what);
}

/* 1: more must follow; 0: that was the empty line; or negative. */
static int take_line(struct reply *r, const char *line, size_t len, size_t n, struct err *e)
{
	struct uapi_item item;
	enum uapi_fault fault = uapi_parse_line(line, len, &item);
	bool taken = false;

	if (!len)
		return r->errno_seen ? 0 : wrong_line(e, n, "the end, and no errno before it");
	if (fault == UAPI_OK && take[item.key])
		taken = take[item.key](r, &item);
	secret_key_done(&item.secret);
	if (fault == UAPI_TOO_LONG && item.key == UAPI_UNKNOWN)
		return 1; /* gotatun's daita_machine, for one */
	if (fault != UAPI_OK)
		return wrong_item(e, n, item.key, uapi_fault_str(fault));
	return taken ? 1 : wrong_item(e, n, item.key, "it does not belong there");
}

int uapi_parse_get_reply(const char *text, size_t len, struct arena *a, struct uapi_device **out,
			 struct err *e)
{
	const char *line;
	size_t line_len, n = 0;
	struct reply r;
	int rc = 1;

	reply_init(&r, a, text, len);
	while (rc > 0 && next_line(&text, &len, &line, &line_len))
		rc = take_line(&r, line, line_len, ++n, e);
	if (rc < 0)
		return rc;
	if (rc > 0)
		return wrong_line(e, n + 1, "cut: the reply has no empty line at its end");
	if (len)
		return wrong_line(e, n + 1, "more follows after the end");
	*out = r.dev;
	return 0;
}

uint64_t uapi_extra_number(const struct uapi_extra *x, size_t n, const char *name,
			   uint64_t otherwise)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (x[i].is_number && !strcmp(x[i].name, name))
			return x[i].value;
	}
	return otherwise;
}

const char *uapi_extra_text(const struct uapi_extra *x, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(x[i].name, name))
			return x[i].text;
	return NULL;
}

/* 2014-05-13; WireGuard's first public commit is of 2015. */
#define BEFORE_WIREGUARD_S INT64_C(1400000000)

void uapi_handshake_times(struct uapi_device *d, int64_t wall_ns)
{
	size_t i;

	for (i = 0; i < d->n_peers; i++) {
		struct uapi_peer *p = &d->peers[i];
		int64_t at;

		if (p->last_handshake_s >= BEFORE_WIREGUARD_S || uapi_peer_handshake_ns(p) == 0)
			continue;
		at = wall_ns - uapi_peer_handshake_ns(p);
		p->last_handshake_s = at / NS_PER_S;
		p->last_handshake_nsec = at % NS_PER_S;
	}
}
