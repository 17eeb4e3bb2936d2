/*
 * What each key of a configuration file may hold.
 */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "model/conf_priv.h"

enum { MTU_LEAST = 68, MTU_MOST = 65535 };

static void bad_key(struct conf_reader *r)
{
	size_t len = strlen(r->value);

	if (len == KEY_BASE64_LEN)
		conf_note(r, CONF_BAD_KEY, r->line, "%s is not the base64 of 32 bytes", r->key);
	else
		conf_note(r, CONF_BAD_KEY, r->line, "%s has %zu characters; a key has 44", r->key,
			  len);
}

static void private_key(struct conf_reader *r)
{
	if (!secret_key_from_base64(r->value, &r->c->private_key))
		bad_key(r);
	else /* wg takes 32 zero bytes for "no key" */
		r->c->has_private_key = !secret_key_is_zero(&r->c->private_key);
}

static void preshared_key(struct conf_reader *r)
{
	struct conf_peer *p = conf_last_peer(r);

	if (!secret_key_from_base64(r->value, &p->psk))
		bad_key(r);
	else
		p->has_psk = !secret_key_is_zero(&p->psk);
}

static void public_key(struct conf_reader *r)
{
	struct conf_peer *p = conf_last_peer(r);

	if (p->has_key)
		conf_note(r, CONF_SECOND_PUBLIC_KEY, r->line,
			  "a second PublicKey in the [Peer] of line %u replaces the first; "
			  "a [Peer] line is missing before it",
			  p->line);
	if (public_key_from_base64(r->value, &p->key))
		p->has_key = true;
	else
		bad_key(r);
}

/* Decimal, or hex behind "0x". */
static bool read_number(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s[0] != '0' || (s[1] != 'x' && s[1] != 'X'))
		return str_to_u64(s, max, out);
	if (!s[2] || strlen(s) > 18)
		return false;
	for (s += 2; *s; s++) {
		int c = tolower((unsigned char)*s);

		if (!isxdigit(c))
			return false;
		v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

static void listen_port(struct conf_reader *r)
{
	uint64_t v;

	if (str_to_u64(r->value, UINT16_MAX, &v))
		r->c->listen_port = (int64_t)v;
	else
		conf_note(r, CONF_BAD_PORT, r->line, "ListenPort: %s is no port (0 to 65535)",
			  conf_quote(r, r->value));
}

static bool is_off(const char *s)
{
	return tolower((unsigned char)s[0]) == 'o' && tolower((unsigned char)s[1]) == 'f' &&
	       tolower((unsigned char)s[2]) == 'f' && !s[3];
}

static void fwmark(struct conf_reader *r)
{
	uint64_t v = 0;

	if (is_off(r->value) || read_number(r->value, UINT32_MAX, &v))
		r->c->fwmark = (int64_t)v;
	else
		conf_note(r, CONF_BAD_NUMBER, r->line,
			  "FwMark: %s is neither \"off\" nor a number of 32 bits",
			  conf_quote(r, r->value));
}

static void keepalive(struct conf_reader *r)
{
	uint64_t v = 0;

	if (is_off(r->value) || str_to_u64(r->value, UINT16_MAX, &v))
		conf_last_peer(r)->keepalive_s = (int64_t)v;
	else
		conf_note(r, CONF_BAD_NUMBER, r->line,
			  "PersistentKeepalive: %s is neither \"off\" nor 0 to 65535 seconds",
			  conf_quote(r, r->value));
}

static void mtu(struct conf_reader *r)
{
	uint64_t v;

	if (str_to_u64(r->value, MTU_MOST, &v) && v >= MTU_LEAST)
		r->c->mtu = (int64_t)v;
	else
		conf_note(r, CONF_BAD_NUMBER, r->line, "MTU: %s is not %d to %d bytes",
			  conf_quote(r, r->value), MTU_LEAST, MTU_MOST);
}

/* wg-quick compares with "off" and "auto" as they are, and gives all else to ip. */
static void table(struct conf_reader *r)
{
	struct conf *c = r->c;
	uint64_t v;

	c->table_number = UNKNOWN;
	c->table_name = NULL;
	if (!strcmp(r->value, "off")) {
		c->table = INTENDED_OFF;
	} else if (!strcmp(r->value, "auto") || !r->value[0]) {
		c->table = INTENDED_AUTO;
	} else if (read_number(r->value, UINT32_MAX, &v)) {
		c->table = INTENDED_NUMBER;
		c->table_number = (int64_t)v;
	} else if (isalpha((unsigned char)r->value[0])) {
		c->table = INTENDED_NAME;
		c->table_name = arena_strdup(r->a, r->value);
	} else {
		conf_note(r, CONF_BAD_WORD, r->line, "Table: %s is neither off, auto nor a table",
			  conf_quote(r, r->value));
	}
}

static void save_config(struct conf_reader *r)
{
	if (!strcmp(r->value, "true"))
		r->c->save_config = true;
	else if (!strcmp(r->value, "false"))
		r->c->save_config = false;
	else
		conf_note(r, CONF_BAD_WORD, r->line, "SaveConfig: %s is neither true nor false",
			  conf_quote(r, r->value));
}

/* --- lists --- */

/* The next word of the raw value between commas and blanks, copied; NULL at the end. */
static char *next_word(struct conf_reader *r, const char **at)
{
	const char *end = r->raw + r->raw_len, *s = *at, *word;
	char *copy;

	while (s < end && (*s == ',' || isspace((unsigned char)*s)))
		s++;
	for (word = s; s < end && *s != ',' && !isspace((unsigned char)*s);)
		s++;
	*at = s;
	if (s == word)
		return NULL;
	copy = arena_alloc(r->a, (size_t)(s - word) + 1);
	memcpy(copy, word, (size_t)(s - word));
	return copy;
}

static void address(struct conf_reader *r)
{
	struct conf *c = r->c;
	const char *at = r->raw, *word;
	struct cidr net;

	while ((word = next_word(r, &at))) {
		if (!cidr_parse(word, &net)) {
			conf_note(r, CONF_BAD_ADDRESS, r->line,
				  "Address: %s is no IP address, alone or with /length",
				  conf_quote(r, word));
			continue;
		}
		c->addrs = conf_grow(r, c->addrs, c->n_addrs, &r->cap_addrs, sizeof(*c->addrs));
		c->addrs[c->n_addrs++] = net;
	}
}

static void dns(struct conf_reader *r)
{
	struct conf *c = r->c;
	const char *at = r->raw, *word;

	while ((word = next_word(r, &at))) {
		c->dns = conf_grow(r, c->dns, c->n_dns, &r->cap_dns, sizeof(*c->dns));
		c->dns[c->n_dns++] = word;
	}
}

static void one_allowed(struct conf_reader *r, const char *word)
{
	struct conf_peer *p = conf_last_peer(r);
	struct cidr net, masked;
	char text[CIDR_STR_SIZE];

	if (!cidr_parse(word, &net)) {
		conf_note(r, CONF_BAD_ADDRESS, r->line,
			  "AllowedIPs: %s is no IP address, alone or with /length",
			  conf_quote(r, word));
		return;
	}
	masked = net;
	cidr_mask(&masked);
	if (!ip_addr_equal(&masked.addr, &net.addr))
		conf_note(r, CONF_HOST_BITS, r->line, "AllowedIPs: \"%s\" is taken as %s", word,
			  cidr_str(&masked, text));
	p->allowed = conf_grow(r, p->allowed, p->n_allowed, &r->cap_allowed, sizeof(net));
	p->allowed[p->n_allowed++] = net;
}

/* wg removes blanks before it splits, so only commas count; and no part may be empty. */
static void allowed_ips(struct conf_reader *r)
{
	char *word = r->value, *comma;

	if (!*word)
		return;
	for (; word; word = comma ? comma + 1 : NULL) {
		comma = strchr(word, ',');
		if (comma)
			*comma = '\0';
		one_allowed(r, word);
	}
}

/* --- endpoint --- */

/* Cuts host and port apart in place; false: it is no such thing. */
static bool split_endpoint(char *s, char **host, char **port, bool *bare)
{
	char *colon = strrchr(s, ':'), *close;

	*host = s;
	*bare = false;
	if (s[0] == '[') {
		close = strchr(s, ']');
		if (!close || close[1] != ':')
			return false;
		*close = '\0';
		*host = s + 1;
		colon = close + 1;
	} else if (colon) {
		*bare = strchr(s, ':') != colon;
	} else {
		return false;
	}
	*colon = '\0';
	*port = colon + 1;
	return **host != '\0';
}

/* The address, when host is one; a scope by its number only, names of links are not known here. */
static struct endpoint literal(struct conf_reader *r, const char *host, uint16_t port)
{
	struct endpoint e = { 0 };
	const char *text = arena_printf(r->a, strchr(host, ':') ? "[%s]:1" : "%s:1", host);

	if (endpoint_parse(text, &e))
		e.port = port;
	return e;
}

/* With a colon it must be an address, maybe with a scope; else any name. */
static bool host_is_plain(const char *s)
{
	char addr[IP_ADDR_STR_SIZE];
	struct ip_addr a;
	size_t len = strcspn(s, "%");

	if (strchr(s, ':')) {
		if (len >= sizeof(addr) || (s[len] && !s[len + 1]))
			return false;
		memcpy(addr, s, len);
		addr[len] = '\0';
		if (!ip_addr_parse(addr, &a))
			return false;
	}
	for (; *s; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s == 0x7f ||
		    strchr("\"'\\/,;=[]", *s))
			return false;
	return true;
}

static void endpoint(struct conf_reader *r)
{
	struct conf_peer *p = conf_last_peer(r);
	const char *said = conf_quote(r, r->value);
	char *host, *port;
	uint64_t v;
	bool bare;

	if (!split_endpoint(r->value, &host, &port, &bare) || !host_is_plain(host)) {
		conf_note(r, CONF_BAD_ENDPOINT, r->line,
			  "Endpoint: %s is not name:port, IPv4:port or [IPv6]:port", said);
		return;
	}
	if (!str_to_u64(port, UINT16_MAX, &v)) {
		conf_note(r, CONF_BAD_PORT, r->line,
			  "Endpoint: the port of %s is no number of 1 to 65535", said);
		return;
	}
	p->host = arena_strdup(r->a, host);
	p->port = (uint16_t)v;
	p->literal = literal(r, host, p->port);
	if (bare)
		conf_note(r, CONF_BARE_IP6, r->line,
			  "Endpoint: %s is taken as [%s]:%u; brackets make it plain", said, host,
			  p->port);
	if (!v)
		conf_note(r, CONF_PORT_ZERO, r->line, "Endpoint: nobody listens on port 0");
}

/* --- hooks --- */

static const char *const hooks[] = {
	[CONF_PRE_UP] = "PreUp",
	[CONF_POST_UP] = "PostUp",
	[CONF_PRE_DOWN] = "PreDown",
	[CONF_POST_DOWN] = "PostDown",
};
static_assert(ARRAY_LEN(hooks) == CONF_HOOK_COUNT, "a hook has no name");

const char *conf_hook_str(enum conf_hook h)
{
	assert(h < CONF_HOOK_COUNT);
	return hooks[h];
}

static void hook(struct conf_reader *r)
{
	struct conf *c = r->c;
	char *text = arena_alloc(r->a, r->raw_len + 1);
	unsigned h;

	memcpy(text, r->raw, r->raw_len);
	for (h = 0; h < CONF_HOOK_COUNT - 1 && strcmp(hooks[h], r->key) != 0;)
		h++;
	c->hooks = conf_grow(r, c->hooks, c->n_hooks, &r->cap_hooks, sizeof(*c->hooks));
	c->hooks[c->n_hooks++] = (struct conf_hook_line){
		.hook = (enum conf_hook)h,
		.line = r->line,
		.text = text,
	};
}

/* PublicKey is not "single": a second one has words of its own. */
const struct conf_key conf_keys[] = {
	{ "PrivateKey", IN_INTERFACE, true, private_key },
	{ "ListenPort", IN_INTERFACE, true, listen_port },
	{ "FwMark", IN_INTERFACE, true, fwmark },
	{ "Address", IN_INTERFACE, false, address },
	{ "DNS", IN_INTERFACE, false, dns },
	{ "MTU", IN_INTERFACE, true, mtu },
	{ "Table", IN_INTERFACE, true, table },
	{ "SaveConfig", IN_INTERFACE, true, save_config },
	{ "PreUp", IN_INTERFACE, false, hook },
	{ "PostUp", IN_INTERFACE, false, hook },
	{ "PreDown", IN_INTERFACE, false, hook },
	{ "PostDown", IN_INTERFACE, false, hook },
	{ "PublicKey", IN_PEER, false, public_key },
	{ "PresharedKey", IN_PEER, true, preshared_key },
	{ "Endpoint", IN_PEER, true, endpoint },
	{ "AllowedIPs", IN_PEER, false, allowed_ips },
	{ "PersistentKeepalive", IN_PEER, true, keepalive },
};
const size_t n_conf_keys = ARRAY_LEN(conf_keys);
