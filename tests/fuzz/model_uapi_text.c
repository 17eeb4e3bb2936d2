/*
 * The configuration protocol: a line, and a whole reply. What was taken and is printed
 * again is taken again, and says the same.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"
#include "model/uapi_text.h"

static void print_item(struct buf *b, const struct uapi_item *item)
{
	struct endpoint e;

	switch (item->key) {
	case UAPI_END:
	case UAPI_UNKNOWN:
		break;
	case UAPI_PRIVATE_KEY:
	case UAPI_PRESHARED_KEY:
		uapi_put_secret(b, item->key, &item->secret);
		break;
	case UAPI_PUBLIC_KEY:
		uapi_put_public_key(b, &item->public_key);
		break;
	case UAPI_ALLOWED_IP:
		uapi_put_allowed_ip(b, &item->cidr, item->minus);
		break;
	case UAPI_ENDPOINT:
		if (endpoint_parse(item->text, &e))
			uapi_put_endpoint(b, &e);
		break;
	case UAPI_REPLACE_PEERS:
	case UAPI_REMOVE:
	case UAPI_UPDATE_ONLY:
	case UAPI_REPLACE_ALLOWED_IPS:
		uapi_put_true(b, item->key);
		break;
	default:
		uapi_put_number(b, item->key, item->number);
	}
}

static void try_line(const char *line, size_t len)
{
	struct uapi_item item, back;
	struct buf b = { 0 }, again = { 0 };

	if (uapi_parse_line(line, len, &item) != UAPI_OK)
		return;
	print_item(&b, &item);
	if (b.len) {
		assert(b.b[b.len - 1] == '\n');
		assert(uapi_parse_line(b.b, b.len - 1, &back) == UAPI_OK && back.key == item.key);
		print_item(&again, &back);
		assert(!strcmp(b.b, again.b));
	}
	buf_wipe_done(&b);
	buf_wipe_done(&again);
}

static void print_peer(struct buf *b, const struct uapi_peer *p)
{
	size_t i;

	uapi_put_public_key(b, &p->public_key);
	if (p->endpoint.addr.family)
		uapi_put_endpoint(b, &p->endpoint);
	uapi_put_number(b, UAPI_KEEPALIVE, p->keepalive_s);
	uapi_put_number(b, UAPI_LAST_HANDSHAKE_SEC, (uint64_t)p->last_handshake_s);
	uapi_put_number(b, UAPI_LAST_HANDSHAKE_NSEC, (uint64_t)p->last_handshake_nsec);
	uapi_put_number(b, UAPI_TX_BYTES, p->tx_bytes);
	uapi_put_number(b, UAPI_RX_BYTES, p->rx_bytes);
	for (i = 0; i < p->n_allowed; i++)
		uapi_put_allowed_ip(b, &p->allowed[i], false);
	for (i = 0; i < p->n_extra; i++) {
		if (p->extra[i].is_number)
			uapi_put_extra(b, p->extra[i].name, p->extra[i].value);
	}
}

static void print_device(struct buf *b, const struct uapi_device *d)
{
	size_t i;

	uapi_put_number(b, UAPI_LISTEN_PORT, d->listen_port);
	uapi_put_number(b, UAPI_FWMARK, d->fwmark);
	for (i = 0; i < d->n_extra; i++) {
		if (d->extra[i].is_number)
			uapi_put_extra(b, d->extra[i].name, d->extra[i].value);
	}
	for (i = 0; i < d->n_peers; i++)
		print_peer(b, &d->peers[i]);
	uapi_put_number(b, UAPI_ERRNO, (uint64_t)d->errno_);
	buf_puts(b, "\n");
}

static void try_reply(const char *text, size_t len)
{
	struct uapi_device *dev = NULL, *back = NULL;
	struct buf b = { 0 }, again = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	if (uapi_parse_get_reply(text, len, &a, &dev, &e)) {
		assert(!dev && e.code == EPROTO && !strncmp(e.text, "line ", 5));
	} else {
		print_device(&b, dev);
		assert(!uapi_parse_get_reply(b.b, b.len, &a, &back, &e));
		print_device(&again, back);
		assert(!strcmp(b.b, again.b));
	}
	buf_done(&b);
	buf_done(&again);
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	const char *end = len ? memchr(text, '\n', len) : NULL;

	try_line(text, end ? (size_t)(end - text) : len);
	try_reply(text, len);
	return 0;
}
