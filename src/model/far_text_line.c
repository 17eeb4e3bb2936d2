/*
 * The lines of one look: a word, and what belongs to it, with bars between.
 */
#include "model/far_text_priv.h"

#include <jansson.h>
#include <string.h>

#include "base/str.h"

enum { FIELD_SIZE = 128 };
/* Beyond these a file of facts would not take them back, and no machine gets there. */
#define COUNT_MAX (INT64_C(1) << 53)
#define SECONDS_MAX (INT64_C(4) << 30)

void far_reader_init(struct far_reader *r, const char *link, struct arena *a)
{
	struct far_look *l = &r->look;
	unsigned i;

	*r = (struct far_reader){ .arena = a, .rp_all = UNKNOWN, .rp_link = UNKNOWN };
	l->link = arena_strdup(a, link);
	l->when_s = l->mtu = l->ip4_forward = l->ip6_forward = l->rp_filter = UNKNOWN;
	l->has_private_key = l->listen_port = l->fwmark = UNKNOWN;
	for (i = 0; i < LINK_COUNTER_COUNT; i++)
		l->counters[i] = UNKNOWN;
}

/* Takes the next field off *s. False: none, or too long for any that is known. */
static bool next(const char **s, char out[static FIELD_SIZE])
{
	size_t len;

	if (!*s)
		return false;
	len = strcspn(*s, "|");
	if (len == 0 || len >= FIELD_SIZE)
		return false;
	memcpy(out, *s, len);
	out[len] = '\0';
	*s = (*s)[len] ? *s + len + 1 : NULL;
	return true;
}

static bool is_absent(const char *s)
{
	return s && strcmp(s, "absent") == 0;
}

static bool count(const char *s, int64_t *out)
{
	uint64_t v;

	if (is_absent(s))
		return true;
	if (!s || !str_to_u64(s, (uint64_t)COUNT_MAX, &v))
		return false;
	*out = (int64_t)v;
	return true;
}

/* --- peers ------------------------------------------------------------------------------- */

/* Each question names all peers in one order, so the one that is meant mostly comes next. */
static struct far_peer *peer_of(struct far_reader *r, const struct public_key *k)
{
	struct far_look *l = &r->look;
	size_t i, at;

	for (i = 0; i < l->n_peers; i++) {
		at = (r->at + 1 + i) % l->n_peers;
		if (!public_key_equal(&l->peers[at].key, k))
			continue;
		r->at = at;
		return &l->peers[at];
	}
	l->peers = arena_grow(r->arena, l->peers, l->n_peers, &r->cap, sizeof(*l->peers));
	r->at = l->n_peers++;
	l->peers[r->at] = (struct far_peer){
		.key = *k, .rx_bytes = UNKNOWN, .tx_bytes = UNKNOWN, .handshake_s = UNKNOWN
	};
	return &l->peers[r->at];
}

static bool seconds(const char *s, int64_t *out)
{
	int64_t v = UNKNOWN;

	if (!count(s, &v) || v > SECONDS_MAX)
		return false;
	*out = v;
	return true;
}

static bool read_endpoint(struct far_peer *p, const char *s)
{
	char text[FIELD_SIZE], *scope;

	if (!next(&s, text) || s)
		return false;
	/* The other machine's device names mean nothing here. */
	scope = strchr(text, '%');
	if (scope && strchr(scope, ']'))
		memmove(scope, strchr(scope, ']'), strlen(strchr(scope, ']')) + 1);
	return strcmp(text, "(none)") == 0 || endpoint_parse(text, &p->endpoint);
}

static bool read_allowed(struct far_reader *r, struct far_peer *p, const char *s)
{
	char text[FIELD_SIZE];
	const char *c;
	size_t n = 1;

	if (!s)
		return false;
	p->n_allowed = 0;
	if (strcmp(s, "(none)") == 0)
		return true;
	for (c = s; *c; c++)
		n += *c == '|';
	p->allowed = arena_alloc(r->arena, n * sizeof(*p->allowed));
	while (s) {
		if (!next(&s, text) || p->n_allowed >= n ||
		    !cidr_parse(text, &p->allowed[p->n_allowed]))
			return false;
		p->n_allowed++;
	}
	return true;
}

static bool read_transfer(struct far_peer *p, const char *s)
{
	char rx[FIELD_SIZE], tx[FIELD_SIZE];

	return next(&s, rx) && next(&s, tx) && !s && count(rx, &p->rx_bytes) &&
	       count(tx, &p->tx_bytes);
}

static bool read_peer(struct far_reader *r, const char *of, const char *s)
{
	struct public_key key;
	struct far_peer *p;
	char text[FIELD_SIZE];

	if (!next(&s, text) || !public_key_from_base64(text, &key))
		return false;
	p = peer_of(r, &key);
	if (strcmp(of, "endpoints") == 0)
		return read_endpoint(p, s);
	if (strcmp(of, "allowed-ips") == 0)
		return read_allowed(r, p, s);
	if (strcmp(of, "transfer") == 0)
		return read_transfer(p, s);
	if (strcmp(of, "latest-handshakes") == 0)
		return seconds(s, &p->handshake_s);
	return true;
}

static bool read_own(struct far_look *l, const char *s)
{
	if (is_absent(s))
		return true;
	l->has_private_key = strcmp(s, "(none)") != 0;
	return !l->has_private_key || public_key_from_base64(s, &l->own);
}

static bool read_mark(struct far_look *l, const char *s)
{
	int64_t v = 0;

	if (is_absent(s))
		return true;
	if (strcmp(s, "off") != 0) {
		if (!str_has_prefix(s, "0x") || !s[2] || strlen(s) > 10)
			return false;
		for (s += 2; *s; s++) {
			const char *digits = "0123456789abcdef", *d = strchr(digits, *s);

			if (!d)
				return false;
			v = v * 16 + (d - digits);
		}
	}
	l->fwmark = v;
	return true;
}

static bool read_wg(struct far_reader *r, const char *s)
{
	char of[FIELD_SIZE];

	if (!next(&s, of))
		return false;
	/* Without anything behind: it was answered, and there is none of it. */
	if (!s || strcmp(s, "ok") == 0) {
		r->look.has_peers |= strcmp(of, "allowed-ips") == 0;
		return true;
	}
	if (strcmp(of, "public-key") == 0)
		return read_own(&r->look, s);
	if (strcmp(of, "listen-port") == 0)
		return count(s, &r->look.listen_port);
	if (strcmp(of, "fwmark") == 0)
		return read_mark(&r->look, s);
	return is_absent(s) || read_peer(r, of, s);
}

/* --- the device, the host -------------------------------------------------------------------- */

static bool read_link(struct far_reader *r, const char *s)
{
	char name[FIELD_SIZE], value[FIELD_SIZE];
	unsigned i;

	if (is_absent(s)) {
		r->look.link_absent = true;
		return true;
	}
	if (!next(&s, name) || !next(&s, value) || s)
		return false;
	if (strcmp(name, "kind") == 0) {
		r->look.kind = arena_strdup(r->arena, value);
		return true;
	}
	if (strcmp(name, "mtu") == 0)
		return count(value, &r->look.mtu);
	for (i = 0; i < LINK_COUNTER_COUNT; i++) {
		if (strcmp(name, link_counter_names[i]) != 0)
			continue;
		r->look.has_counters |= !is_absent(value);
		return count(value, &r->look.counters[i]);
	}
	return true;
}

/* "rx_frame_errors" is "frame_errors" of "rx". */
static void read_stats(struct far_look *l, const json_t *stats)
{
	unsigned i;

	for (i = 0; i < LINK_COUNTER_COUNT; i++) {
		const char *name = link_counter_names[i];
		const char side[] = { name[0], name[1], '\0' };
		const json_t *v = json_object_get(json_object_get(stats, side), name + 3);

		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
		    json_integer_value(v) > COUNT_MAX)
			continue;
		l->counters[i] = json_integer_value(v);
		l->has_counters = true;
	}
}

/* Of `ip -j`; whatever cannot be read of it stays unknown, since other versions exist. */
static void read_ip(struct far_reader *r, const char *s)
{
	json_t *root = json_loads(s, JSON_REJECT_DUPLICATES, NULL);
	const json_t *link = json_array_get(root, 0), *stats = json_object_get(link, "stats64");
	const json_t *kind = json_object_get(json_object_get(link, "linkinfo"), "info_kind");
	const json_t *mtu = json_object_get(link, "mtu");

	read_stats(&r->look, stats ? stats : json_object_get(link, "stats"));
	if (json_is_string(kind))
		r->look.kind = arena_strdup(r->arena, json_string_value(kind));
	if (json_is_integer(mtu) && json_integer_value(mtu) > 0)
		r->look.mtu = json_integer_value(mtu);
	json_decref(root);
}

static bool read_sysctl(struct far_reader *r, const char *s)
{
	char name[FIELD_SIZE], value[FIELD_SIZE];
	struct far_look *l = &r->look;

	if (!next(&s, name) || !next(&s, value) || s)
		return false;
	if (strcmp(name, "ipv4/ip_forward") == 0)
		return count(value, &l->ip4_forward);
	if (strcmp(name, "ipv6/conf/all/forwarding") == 0)
		return count(value, &l->ip6_forward);
	if (!strstr(name, "/rp_filter"))
		return true;
	if (!count(value, strstr(name, "/all/") ? &r->rp_all : &r->rp_link))
		return false;
	/* Without one of the two it is not known which holds. */
	if (r->rp_all != UNKNOWN && r->rp_link != UNKNOWN)
		l->rp_filter = MAX(r->rp_all, r->rp_link);
	return true;
}

static void read_uname(struct far_reader *r, const char *s)
{
	char *words = arena_strdup(r->arena, s), *c;

	for (c = words; *c; c++)
		if (*c == '|')
			*c = ' ';
	r->look.kernel = words;
}

bool far_reader_line(struct far_reader *r, const char *text)
{
	char word[FIELD_SIZE];

	if (!next(&text, word))
		return false;
	if (!text)
		return true;
	if (strcmp(word, "wg") == 0)
		return read_wg(r, text);
	if (strcmp(word, "link") == 0)
		return read_link(r, text);
	if (strcmp(word, "sysctl") == 0)
		return read_sysctl(r, text);
	if (strcmp(word, "date") == 0)
		return seconds(text, &r->look.when_s);
	if (strcmp(word, "ip") == 0)
		read_ip(r, text);
	else if (strcmp(word, "uname") == 0)
		read_uname(r, text);
	return true;
}
