/*
 * Addresses and endpoints as text.
 *
 * By hand and not by inet_pton(): the pure half includes no header of the system, and
 * the same text comes out on every platform (RFC 5952; IPv4 in the tail for mapped
 * addresses only).
 */
#include "model/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { N_GROUPS = 8 };

size_t ip_addr_len(const struct ip_addr *a)
{
	if (a->family == FAMILY_IP4)
		return 4;
	return a->family == FAMILY_IP6 ? 16 : 0;
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, ip_addr_len(a));
}

bool ip6_is_link_local(const uint8_t b[static 16])
{
	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

bool ip4_is_link_local(const uint8_t b[static 4])
{
	return b[0] == 169 && b[1] == 254;
}

/* --- printing --- */

static void put_ip4(const uint8_t b[static 4], char *out, size_t size)
{
	snprintf(out, size, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

/* The longest run of zero groups, the first of equals; one group alone is not shortened. */
static int longest_zero_run(const unsigned g[static N_GROUPS], int *run_len)
{
	int best = -1, best_len = 1, len = 0, i;

	for (i = 0; i < N_GROUPS; i++) {
		len = g[i] ? 0 : len + 1;
		if (len > best_len) {
			best_len = len;
			best = i - len + 1;
		}
	}
	*run_len = best < 0 ? 0 : best_len;
	return best;
}

static void put_ip6(const uint8_t b[static 16], char out[static IP_ADDR_STR_SIZE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned g[N_GROUPS];
	size_t at = 0;
	int i, run, run_len;

	if (!memcmp(b, mapped, sizeof(mapped))) {
		memcpy(out, "::ffff:", 7);
		put_ip4(b + 12, out + 7, IP_ADDR_STR_SIZE - 7);
		return;
	}
	for (i = 0; i < N_GROUPS; i++)
		g[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	run = longest_zero_run(g, &run_len);
	out[0] = '\0';
	for (i = 0; i < N_GROUPS; i++) {
		const char *colon = i && i != run + run_len ? ":" : "";

		if (i == run) {
			at += (size_t)snprintf(out + at, IP_ADDR_STR_SIZE - at, "::");
			i += run_len - 1;
			continue;
		}
		at += (size_t)snprintf(out + at, IP_ADDR_STR_SIZE - at, "%s%x", colon, g[i]);
	}
}

const char *ip_addr_str(const struct ip_addr *a, char out[static IP_ADDR_STR_SIZE])
{
	if (a->family == FAMILY_IP4)
		put_ip4(a->b, out, IP_ADDR_STR_SIZE);
	else if (a->family == FAMILY_IP6)
		put_ip6(a->b, out);
	else
		memcpy(out, "none", 5);
	return out;
}

/* --- parsing --- */

/* Four decimal bytes without leading zeros (some read those as octal), and nothing behind. */
static bool parse_ip4(const char *s, uint8_t out[static 4])
{
	int i;

	for (i = 0; i < 4; i++) {
		unsigned v = 0, n = 0;

		for (; *s >= '0' && *s <= '9' && n < 4; s++, n++)
			v = v * 10 + (unsigned)(*s - '0');
		if (!n || v > 255 || (n > 1 && v < (n == 2 ? 10 : 100)))
			return false;
		out[i] = (uint8_t)v;
		if (*s++ != (i < 3 ? '.' : '\0'))
			return false;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many characters make up the group at s (0 to 5; 5 is one too many). */
static int read_group(const char *s, unsigned *out)
{
	int n;

	*out = 0;
	for (n = 0; n < 5 && hex_digit(s[n]) >= 0; n++)
		*out = *out << 4 | (unsigned)hex_digit(s[n]);
	return n;
}

struct ip6_text {
	uint8_t b[16];
	int n; /* bytes so far */
	int gap; /* where "::" stood, in bytes; -1 without */
};

/*
 * The group at s, its bytes into t; gives what follows the group and its colon, NULL
 * when it is wrong. A "::" stands for at least one group.
 */
static const char *parse_ip6_group(const char *s, struct ip6_text *t)
{
	unsigned group;
	int len = read_group(s, &group);

	if (s[len] == '.') {
		if (t->n > 12 || !parse_ip4(s, t->b + t->n))
			return NULL;
		t->n += 4;
		return s + strlen(s);
	}
	if (len < 1 || len > 4 || t->n > 14)
		return NULL;
	t->b[t->n++] = (uint8_t)(group >> 8);
	t->b[t->n++] = (uint8_t)group;
	s += len;
	if (!*s)
		return s;
	if (*s++ != ':')
		return NULL;
	if (*s == ':' && t->gap < 0) {
		t->gap = t->n;
		return s + 1;
	}
	return *s && *s != ':' ? s : NULL;
}

static bool parse_ip6(const char *s, uint8_t out[static 16])
{
	struct ip6_text t = { .gap = -1 };

	if (s[0] == ':' && s[1] == ':') {
		t.gap = 0;
		s += 2;
	} else if (!*s) {
		return false;
	}
	while (s && *s)
		s = parse_ip6_group(s, &t);
	if (!s || (t.gap < 0 ? t.n != 16 : t.n > 14))
		return false;
	memset(out, 0, 16);
	if (t.gap < 0)
		t.gap = 16;
	memcpy(out, t.b, (size_t)t.gap < 16 ? (size_t)t.gap : 16);
	if (t.n > t.gap)
		memcpy(out + 16 - (t.n - t.gap), t.b + t.gap, (size_t)(t.n - t.gap));
	return true;
}

bool ip_addr_parse(const char *s, struct ip_addr *out)
{
	struct ip_addr a = { .family = FAMILY_NONE };

	if (parse_ip4(s, a.b)) {
		a.family = FAMILY_IP4;
	} else if (parse_ip6(s, a.b)) {
		a.family = FAMILY_IP6;
	} else {
		return false;
	}
	*out = a;
	return true;
}

/* --- endpoints --- */

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && a->scope_id == b->scope_id &&
	       ip_addr_equal(&a->addr, &b->addr);
}

void endpoint_clear_src(struct endpoint *e)
{
	memset(&e->src, 0, sizeof(e->src));
	e->src_ifindex = 0;
}

const char *endpoint_str(const struct endpoint *e, char out[static ENDPOINT_STR_SIZE])
{
	char addr[IP_ADDR_STR_SIZE];

	ip_addr_str(&e->addr, addr);
	if (!ip_addr_len(&e->addr))
		snprintf(out, ENDPOINT_STR_SIZE, "(none)");
	else if (e->addr.family == FAMILY_IP4)
		snprintf(out, ENDPOINT_STR_SIZE, "%s:%u", addr, e->port);
	else if (e->scope_id)
		snprintf(out, ENDPOINT_STR_SIZE, "[%s%%%u]:%u", addr, e->scope_id, e->port);
	else
		snprintf(out, ENDPOINT_STR_SIZE, "[%s]:%u", addr, e->port);
	return out;
}

/* "fe80::1%3", cut at the "%" in place. */
static bool parse_scoped(char *s, struct endpoint *out)
{
	char *percent = strchr(s, '%');
	uint64_t scope = 0;

	if (percent) {
		*percent = '\0';
		if (!str_to_u64(percent + 1, UINT32_MAX, &scope) || !scope)
			return false;
	}
	out->scope_id = (uint32_t)scope;
	return ip_addr_parse(s, &out->addr) && out->addr.family == FAMILY_IP6;
}

bool endpoint_parse(const char *s, struct endpoint *out)
{
	char text[ENDPOINT_STR_SIZE];
	struct endpoint e = { .port = 0 };
	size_t len = strnlen(s, sizeof(text));
	uint64_t port;
	char *colon;
	bool ok;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len + 1);
	colon = strrchr(text, ':');
	if (!colon || colon == text || !str_to_u64(colon + 1, UINT16_MAX, &port) || !port)
		return false;
	*colon = '\0';
	e.port = (uint16_t)port;
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		ok = parse_scoped(text + 1, &e);
	} else {
		ok = ip_addr_parse(text, &e.addr) && e.addr.family == FAMILY_IP4;
	}
	if (!ok)
		return false;
	*out = e;
	return true;
}
