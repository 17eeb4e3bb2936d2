/*
 * The configuration protocol as text: each key is a row that says how its value is read.
 */
#include "model/uapi_text.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

struct key_row {
	const char *name;
	bool (*read)(const struct key_row *row, const char *v, size_t len, struct uapi_item *out);
	uint64_t min, max; /* of read_number */
};

/* --- values --- */

/* The values read this way are short; what does not fit is none of them. */
enum { VALUE_SIZE = 64 };

static bool copy_value(const char *v, size_t len, char out[static VALUE_SIZE])
{
	if (!len || len >= VALUE_SIZE)
		return false;
	memcpy(out, v, len);
	out[len] = '\0';
	return true;
}

static bool read_number(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	char s[VALUE_SIZE];
	uint64_t n;

	if (!copy_value(v, len, s) || !str_to_u64(s, row->max, &n) || n < row->min)
		return false;
	out->number = n;
	return true;
}

/* The protocol says positive; wireguard-go sends it negative. */
static bool read_errno(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	bool minus = len && v[0] == '-';

	return read_number(row, v + minus, len - minus, out);
}

/* wg(8) accepts a mark in hex from people, and some scripts hand it on as it is. */
static bool read_fwmark(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint64_t n = 0;
	size_t i;

	if (len < 3 || v[0] != '0' || (v[1] | 0x20) != 'x')
		return read_number(row, v, len, out);
	for (i = 2; i < len; i++) {
		const char *d = memchr(digits, v[i], sizeof(digits) - 1);

		if (!d)
			return false;
		n = n << 4 | (uint64_t)((d - digits) % 16);
		if (n > row->max)
			return false;
	}
	out->number = n;
	return true;
}

static bool read_true(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	(void)row;
	(void)out;
	return len == 4 && !memcmp(v, "true", 4);
}

static bool read_public(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	(void)row;
	return public_key_from_hex(v, len, &out->public_key);
}

static bool read_secret(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	(void)row;
	return secret_key_from_hex(v, len, &out->secret);
}

static bool read_text(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	(void)row;
	memcpy(out->text, v, len);
	return len;
}

static bool read_cidr(const struct key_row *row, const char *v, size_t len, struct uapi_item *out)
{
	char s[VALUE_SIZE];

	(void)row;
	if (!copy_value(v, len, s))
		return false;
	out->minus = s[0] == '-';
	return cidr_parse(s + out->minus, &out->cidr);
}

/* --- keys --- */

static const struct key_row rows[UAPI_KEY_COUNT] = {
	[UAPI_GET] = { "get", read_number, 1, 1 },
	[UAPI_SET] = { "set", read_number, 1, 1 },
	[UAPI_ERRNO] = { "errno", read_errno, 0, INT32_MAX },
	[UAPI_PRIVATE_KEY] = { "private_key", read_secret, 0, 0 },
	[UAPI_LISTEN_PORT] = { "listen_port", read_number, 0, UINT16_MAX },
	[UAPI_FWMARK] = { "fwmark", read_fwmark, 0, UINT32_MAX },
	[UAPI_REPLACE_PEERS] = { "replace_peers", read_true, 0, 0 },
	[UAPI_PUBLIC_KEY] = { "public_key", read_public, 0, 0 },
	[UAPI_REMOVE] = { "remove", read_true, 0, 0 },
	[UAPI_UPDATE_ONLY] = { "update_only", read_true, 0, 0 },
	[UAPI_PRESHARED_KEY] = { "preshared_key", read_secret, 0, 0 },
	[UAPI_ENDPOINT] = { "endpoint", read_text, 0, 0 },
	[UAPI_KEEPALIVE] = { "persistent_keepalive_interval", read_number, 0, UINT16_MAX },
	[UAPI_REPLACE_ALLOWED_IPS] = { "replace_allowed_ips", read_true, 0, 0 },
	[UAPI_ALLOWED_IP] = { "allowed_ip", read_cidr, 0, 0 },
	[UAPI_PROTOCOL_VERSION] = { "protocol_version", read_number, 1, 1 },
	[UAPI_LAST_HANDSHAKE_SEC] = { "last_handshake_time_sec", read_number, 0, INT64_MAX },
	[UAPI_LAST_HANDSHAKE_NSEC] = { "last_handshake_time_nsec", read_number, 0, NS_PER_S - 1 },
	[UAPI_TX_BYTES] = { "tx_bytes", read_number, 0, UINT64_MAX },
	[UAPI_RX_BYTES] = { "rx_bytes", read_number, 0, UINT64_MAX },
};

static enum uapi_key key_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].name && strlen(rows[i].name) == len && !memcmp(rows[i].name, name, len))
			return (enum uapi_key)i;
	}
	return UAPI_UNKNOWN;
}

const char *uapi_key_name(enum uapi_key key)
{
	return rows[key].name;
}

enum uapi_key uapi_line_key(const char *line, size_t len)
{
	const char *equals = len ? memchr(line, '=', len) : NULL;

	return equals ? key_of(line, (size_t)(equals - line)) : UAPI_UNKNOWN;
}

/* A control character (also NUL) is in none of the protocol's values. */
static bool has_control(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return true;
	}
	return false;
}

enum uapi_fault uapi_parse_line(const char *line, size_t len, struct uapi_item *out)
{
	const struct key_row *row;
	const char *equals;
	size_t name_len, value_len;

	memset(out, 0, sizeof(*out));
	if (!len)
		return UAPI_OK;
	out->key = UAPI_UNKNOWN;
	equals = memchr(line, '=', len);
	if (!equals || equals == line)
		return UAPI_NO_EQUALS;
	name_len = (size_t)(equals - line);
	value_len = len - name_len - 1;
	out->key = key_of(line, name_len);
	row = &rows[out->key];
	if (len > UAPI_LINE_MAX || name_len > UAPI_NAME_MAX)
		return UAPI_TOO_LONG;
	if (has_control(line, len))
		return UAPI_BAD_VALUE;
	if (row->read)
		return row->read(row, equals + 1, value_len, out) ? UAPI_OK : UAPI_BAD_VALUE;
	memcpy(out->name, line, name_len);
	memcpy(out->text, equals + 1, value_len);
	return UAPI_OK;
}

const char *uapi_fault_str(enum uapi_fault f)
{
	static const char *const text[] = {
		[UAPI_OK] = "fine",
		[UAPI_NO_EQUALS] = "no key=value",
		[UAPI_BAD_VALUE] = "a value it cannot have",
		[UAPI_TOO_LONG] = "too long",
	};
	static_assert(ARRAY_LEN(text) == UAPI_FAULT_COUNT, "a fault has no text");

	return text[f];
}

/* --- writing --- */

/* Not by buf_printf(): what it formats may be a key, and printf keeps copies on its stack. */
static void put_line(struct buf *b, const char *name, const char *value)
{
	buf_puts(b, name);
	buf_puts(b, "=");
	buf_puts(b, value);
	buf_puts(b, "\n");
}

void uapi_put_number(struct buf *b, enum uapi_key key, uint64_t v)
{
	uapi_put_extra(b, rows[key].name, v);
}

void uapi_put_true(struct buf *b, enum uapi_key key)
{
	put_line(b, rows[key].name, "true");
}

void uapi_put_public_key(struct buf *b, const struct public_key *k)
{
	char hex[KEY_HEX_LEN + 1];

	key_hex(k->b, hex);
	put_line(b, rows[UAPI_PUBLIC_KEY].name, hex);
}

void uapi_put_secret(struct buf *b, enum uapi_key key, const struct secret_key *k)
{
	char hex[KEY_HEX_LEN + 1];

	assert(key == UAPI_PRIVATE_KEY || key == UAPI_PRESHARED_KEY);
	key_hex(k->b, hex);
	put_line(b, rows[key].name, hex);
	sodium_memzero(hex, sizeof(hex));
}

void uapi_put_endpoint(struct buf *b, const struct endpoint *e)
{
	char text[ENDPOINT_STR_SIZE];

	put_line(b, rows[UAPI_ENDPOINT].name, endpoint_str(e, text));
}

void uapi_put_allowed_ip(struct buf *b, const struct cidr *c, bool minus)
{
	char text[CIDR_STR_SIZE + 1] = "-";

	cidr_str(c, text + 1);
	put_line(b, rows[UAPI_ALLOWED_IP].name, text + !minus);
}

void uapi_put_extra(struct buf *b, const char *name, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	put_line(b, name, text);
}
