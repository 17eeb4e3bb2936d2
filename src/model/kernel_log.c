/*
 * The forms are those of drivers/net/wireguard (receive.c, send.c, timers.c). An address is written
 * as "192.0.2.1:51820" or "[2001:db8::1]:51820/0%3", flow label and scope behind the port; of an
 * endpoint that is not set, in words.
 */
#include "model/kernel_log.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { LINE_MAX_LEN = 512, NUMBER_DIGITS = 20 };

#define PREFIX "wireguard: "
#define LIMIT "net_ratelimit: "
#define HELD_BACK " callbacks suppressed"

/* "wg0: ..."; what follows is given back, NULL: that is no name. */
static const char *take_name(const char *s, char out[static KERNEL_LOG_IFNAME_SIZE])
{
	size_t len = strcspn(s, ": ");

	if (len == 0 || len >= KERNEL_LOG_IFNAME_SIZE || s[len] != ':' || s[len + 1] != ' ')
		return NULL;
	memcpy(out, s, len);
	out[len] = '\0';
	return s + len + 2;
}

static uint64_t number_at(const char *s)
{
	char text[NUMBER_DIGITS + 1];
	size_t len = strspn(s, "0123456789");
	uint64_t v = 0;

	if (len == 0 || len > NUMBER_DIGITS)
		return 0;
	memcpy(text, s, len);
	text[len] = '\0';
	return str_to_u64(text, UINT64_MAX, &v) ? v : 0;
}

static uint64_t number_after(const char *s, const char *words)
{
	const char *at = strstr(s, words);

	return at ? number_at(at + strlen(words)) : 0;
}

static void take_endpoint(const char *s, struct endpoint *out)
{
	char text[ENDPOINT_STR_SIZE];
	size_t len = strcspn(s, " ,)");
	const char *close = memchr(s, ']', len);
	size_t addr = close ? (size_t)(close - s) : 0, port;
	uint64_t scope;

	if (close) {
		port = 1 + strcspn(close + 1, "/% ,)");
		scope = number_after(close + port, "%");
		if (scope)
			snprintf(text, sizeof(text), "%.*s%%%llu%.*s", (int)addr, s,
				 (unsigned long long)scope, (int)port, close);
		else
			snprintf(text, sizeof(text), "%.*s%.*s", (int)addr, s, (int)port, close);
	} else {
		snprintf(text, sizeof(text), "%.*s", (int)MIN(len, sizeof(text)), s);
	}
	endpoint_parse(text, out);
}

/* Behind the last of these words. */
static const char *behind_last(const char *s, const char *words)
{
	const char *at = NULL, *next = s;

	while ((next = strstr(next, words)) != NULL) {
		next += strlen(words);
		at = next;
	}
	return at;
}

/* "peer 3 (ADDRESS)", or without a peer "from ADDRESS", "to ADDRESS", "for ADDRESS". */
static void take_outer(const char *s, struct kernel_log_line *out)
{
	static const char *const words[] = { " from ", " to ", " for " };
	const char *at = strstr(s, "peer "), *found = NULL;
	size_t i;

	if (at) {
		out->peer = number_at(at + strlen("peer "));
		at = strchr(at, '(');
		if (at)
			take_endpoint(at + 1, &out->outer);
		return;
	}
	for (i = 0; i < ARRAY_LEN(words); i++) {
		at = behind_last(s, words[i]);
		if (at && (!found || at > found))
			found = at;
	}
	if (found)
		take_endpoint(found, &out->outer);
}

static void take_inner(const char *s, struct ip_addr *out)
{
	char text[IP_ADDR_STR_SIZE];
	const char *at = strstr(s, "src IP (");
	size_t len;

	if (!at)
		return;
	at += strlen("src IP (");
	/* Scope and flow label, if any, stand behind. */
	len = strcspn(at, ")%/");
	if (len >= sizeof(text))
		return;
	memcpy(text, at, len);
	text[len] = '\0';
	ip_addr_parse(text, out);
}

static enum engine_log_class class_of(const char *line, size_t len)
{
	int64_t n[ENGINE_LOG_COUNT] = { 0 };
	unsigned c;

	engine_log_take(n, line, len);
	for (c = 0; c < ENGINE_LOG_COUNT && !n[c]; c++)
		;
	return (enum engine_log_class)c;
}

static bool as_text(const char *line, size_t len, char out[static LINE_MAX_LEN + 1])
{
	if (len > LINE_MAX_LEN || memchr(line, '\0', len))
		return false;
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

bool kernel_log_parse(const char *line, size_t len, struct kernel_log_line *out)
{
	struct kernel_log_line l = { .class = ENGINE_LOG_COUNT };
	char text[LINE_MAX_LEN + 1];
	const char *s;

	if (!as_text(line, len, text))
		return false;
	s = strstr(text, PREFIX);
	if (s)
		s = take_name(s + strlen(PREFIX), l.ifname);
	if (!s)
		return false;
	l.class = class_of(text, len);
	take_outer(s, &l);
	if (l.class == ENGINE_LOG_SOURCE)
		take_inner(s, &l.inner);
	l.attempt = number_after(s, "(try ");
	*out = l;
	return true;
}

/* --- counting ------------------------------------------------------------------------- */

static void learn(struct kernel_log *k, const struct kernel_log_line *l)
{
	size_t i;

	if (!l->peer || l->outer.addr.family == FAMILY_NONE)
		return;
	for (i = 0; i < k->n_peers; i++)
		if (endpoint_equal(&k->peers[i].outer, &l->outer))
			break;
	if (i == KERNEL_LOG_MAX)
		return;
	k->n_peers = MAX(k->n_peers, i + 1);
	k->peers[i] = (struct kernel_log_peer){ l->outer, l->peer };
	for (i = 0; i < k->n; i++)
		if (!k->list[i].peer && endpoint_equal(&k->list[i].outer, &l->outer))
			k->list[i].peer = l->peer;
}

static uint64_t peer_of(const struct kernel_log *k, const struct kernel_log_line *l)
{
	size_t i;

	for (i = 0; !l->peer && i < k->n_peers; i++)
		if (endpoint_equal(&k->peers[i].outer, &l->outer))
			return k->peers[i].peer;
	return l->peer;
}

static void count(struct kernel_log *k, const struct kernel_log_line *l)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->list[i].class == l->class && endpoint_equal(&k->list[i].outer, &l->outer))
			break;
	if (i == KERNEL_LOG_MAX) {
		k->more++;
		return;
	}
	if (i == k->n)
		k->list[k->n++] = (struct kernel_log_count){ .class = l->class,
							     .outer = l->outer,
							     .inner = l->inner,
							     .peer = peer_of(k, l) };
	k->list[i].n++;
}

/* By the limit that the lines of WireGuard are under; other parts of the kernel have their own. */
static int64_t held_back(const char *line, size_t len)
{
	char text[LINE_MAX_LEN + 1];
	const char *at;
	size_t digits;
	uint64_t n;

	if (!as_text(line, len, text))
		return 0;
	at = strstr(text, LIMIT);
	if (!at)
		return 0;
	at += strlen(LIMIT);
	digits = strspn(at, "0123456789");
	if (strcmp(at + digits, HELD_BACK) != 0)
		return 0;
	n = number_at(at);
	return n > UINT32_MAX ? 0 : (int64_t)n;
}

void kernel_log_take(struct kernel_log *k, const char *line, size_t len)
{
	struct kernel_log_line l;

	k->suppressed += held_back(line, len);
	if (!kernel_log_parse(line, len, &l) || strcmp(l.ifname, k->ifname) != 0)
		return;
	learn(k, &l);
	if (l.class != ENGINE_LOG_COUNT)
		count(k, &l);
}

bool kernel_log_is_of(const struct kernel_log *k, const struct kernel_log_count *l,
		      const struct endpoint *peer, bool only)
{
	size_t i;

	if (l->outer.addr.family == FAMILY_NONE && !l->peer)
		return only;
	if (peer->addr.family == FAMILY_NONE)
		return only && l->peer;
	for (i = 0; l->peer && i < k->n_peers; i++)
		if (endpoint_equal(&k->peers[i].outer, peer))
			return k->peers[i].peer == l->peer;
	return endpoint_equal(&l->outer, peer);
}
