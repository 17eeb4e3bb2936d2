/*
 * Lines, sections and keys of a configuration file; what each value is: conf_value.c; what only
 * the whole can tell: conf_whole.c.
 */
#include "model/conf.h"

#include <ctype.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/conf_priv.h"

enum { QUOTE_MAX = 39, TEXT_MAX = 512 };

struct fault_row {
	enum conf_grade grade;
	const char *says;
};
static const struct fault_row faults[] = {
	[CONF_TOO_LARGE] = { CONF_REFUSED, "too large for a configuration file" },
	[CONF_NOT_TEXT] = { CONF_REFUSED, "not text" },
	[CONF_BYTE_ORDER_MARK] = { CONF_REFUSED, "byte order mark" },
	[CONF_LINE_TOO_LONG] = { CONF_REFUSED, "line too long" },
	[CONF_NO_SECTION] = { CONF_REFUSED, "no section" },
	[CONF_NO_EQUALS] = { CONF_REFUSED, "neither a section nor a key" },
	[CONF_BEFORE_SECTION] = { CONF_REFUSED, "key before the first section" },
	[CONF_UNKNOWN_SECTION] = { CONF_REFUSED, "unknown section" },
	[CONF_UNKNOWN_KEY] = { CONF_REFUSED, "unknown key" },
	[CONF_WRONG_SECTION] = { CONF_REFUSED, "key in the wrong section" },
	[CONF_BAD_KEY] = { CONF_REFUSED, "no key" },
	[CONF_BAD_ADDRESS] = { CONF_REFUSED, "no address" },
	[CONF_BAD_ENDPOINT] = { CONF_REFUSED, "no endpoint" },
	[CONF_BAD_PORT] = { CONF_REFUSED, "no port" },
	[CONF_BAD_NUMBER] = { CONF_REFUSED, "no number, or out of range" },
	[CONF_BAD_WORD] = { CONF_REFUSED, "none of the words that may stand there" },
	[CONF_TWICE] = { CONF_ODD, "given twice, the last one counts" },
	[CONF_SECOND_PUBLIC_KEY] = { CONF_CANNOT_WORK, "second public key in one section" },
	[CONF_PORT_ZERO] = { CONF_CANNOT_WORK, "endpoint with port 0" },
	[CONF_BARE_IP6] = { CONF_ODD, "IPv6 endpoint without brackets" },
	[CONF_HOST_BITS] = { CONF_ODD, "allowed IPs with host bits" },
	[CONF_NO_PRIVATE_KEY] = { CONF_CANNOT_WORK, "no private key" },
	[CONF_NO_PUBLIC_KEY] = { CONF_REFUSED, "peer without a public key" },
	[CONF_NO_PEER] = { CONF_CANNOT_WORK, "no peer" },
	[CONF_OWN_PEER] = { CONF_CANNOT_WORK, "own key as a peer" },
	[CONF_SAME_PEER] = { CONF_CANNOT_WORK, "one key at two peers" },
	[CONF_SAME_ALLOWED] = { CONF_CANNOT_WORK, "same allowed IPs at two peers" },
	[CONF_NO_ALLOWED] = { CONF_ODD, "peer without allowed IPs" },
	[CONF_IP6_MTU] = { CONF_CANNOT_WORK, "MTU too small for IPv6" },
};
static_assert(ARRAY_LEN(faults) == CONF_FAULT_COUNT, "a fault has no words");

const char *conf_fault_str(enum conf_fault f)
{
	assert(f < CONF_FAULT_COUNT);
	return faults[f].says;
}

enum conf_grade conf_fault_grade(enum conf_fault f)
{
	assert(f < CONF_FAULT_COUNT);
	return faults[f].grade;
}

struct conf_note *conf_note(struct conf_reader *r, enum conf_fault f, unsigned line,
			    const char *fmt, ...)
{
	struct conf_notes *l = r->notes;
	char text[TEXT_MAX];
	va_list ap;

	l->worst = MAX(l->worst, faults[f].grade);
	if (l->n == CONF_NOTES_MAX) {
		l->more++;
		return NULL;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->note[l->n] = (struct conf_note){
		.fault = f,
		.line = line,
		.peer_line = r->section == IN_PEER ? conf_last_peer(r)->line : 0,
		.text = line ? arena_printf(r->a, "line %u: %s", line, text) :
			       arena_strdup(r->a, text),
	};
	return &l->note[l->n++];
}

const char *conf_quote(struct conf_reader *r, const char *value)
{
	size_t i, len = strlen(value);

	if (len > QUOTE_MAX)
		return "the value";
	for (i = 0; i < len; i++)
		if (value[i] < 0x20 || value[i] > 0x7e)
			return "the value";
	return arena_printf(r->a, "\"%s\"", value);
}

void *conf_grow(struct conf_reader *r, void *old, size_t n, size_t *cap, size_t size)
{
	void *list = arena_grow(r->a, old, n, cap, size);

	if (list != old && n)
		sodium_memzero(old, n * size);
	return list;
}

struct conf_peer *conf_last_peer(struct conf_reader *r)
{
	return &r->c->peers[r->c->n_peers - 1];
}

/* --- lines ------------------------------------------------------------------------ */

static void new_peer(struct conf_reader *r)
{
	struct conf *c = r->c;

	c->peers = conf_grow(r, c->peers, c->n_peers, &r->cap_peers, sizeof(*c->peers));
	c->peers[c->n_peers++] = (struct conf_peer){ .line = r->line, .keepalive_s = UNKNOWN };
	r->cap_allowed = 0;
}

static bool same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	return *a == *b;
}

static void section(struct conf_reader *r, const char *line)
{
	r->seen = 0;
	if (same_word(line, "[Interface]")) {
		r->section = IN_INTERFACE;
	} else if (same_word(line, "[Peer]")) {
		r->section = IN_PEER;
		new_peer(r);
	} else {
		r->section = IN_UNKNOWN;
		conf_note(r, CONF_UNKNOWN_SECTION, r->line,
			  "there is no section %s, only [Interface] and [Peer]",
			  conf_quote(r, line));
	}
}

static const struct conf_key *key_of(const char *name, size_t *row)
{
	for (*row = 0; *row < n_conf_keys; ++*row)
		if (same_word(conf_keys[*row].name, name))
			return &conf_keys[*row];
	return NULL;
}

/* A name may be shown only when it cannot be a key that lost its own name. */
static void unknown_key(struct conf_reader *r, const char *name)
{
	const char *names[32], *near;
	size_t i;

	assert(n_conf_keys <= ARRAY_LEN(names));
	for (i = 0; i < n_conf_keys; i++)
		names[i] = conf_keys[i].name;
	near = str_nearest(name, names, n_conf_keys);
	conf_note(r, CONF_UNKNOWN_KEY, r->line, "%s is no key that wg or wg-quick knows%s%s%s",
		  strlen(name) > 24 ? "what stands before \"=\"" : conf_quote(r, name),
		  near ? "; maybe " : "", near ? near : "", near ? "?" : "");
}

static void known_key(struct conf_reader *r, const struct conf_key *k, size_t row)
{
	r->key = k->name;
	if (r->section == IN_UNKNOWN)
		return;
	if (r->section != k->section) {
		conf_note(r, CONF_WRONG_SECTION, r->line, "%s stands in %s and belongs in %s",
			  k->name, r->section == IN_PEER ? "[Peer]" : "[Interface]",
			  k->section == IN_PEER ? "a [Peer]" : "[Interface]");
		return;
	}
	if (k->single && r->seen & UINT64_C(1) << row)
		conf_note(r, CONF_TWICE, r->line, "%s is given twice here; the last one counts",
			  k->name);
	r->seen |= UINT64_C(1) << row;
	k->read(r);
}

/* cleaned: without blanks and comment, terminated, not empty. */
static void one_line(struct conf_reader *r, char *cleaned)
{
	char *equals = strchr(cleaned, '=');
	const struct conf_key *k;
	size_t row;

	if (cleaned[0] == '[') {
		section(r, cleaned);
		return;
	}
	if (!equals) {
		conf_note(r, CONF_NO_EQUALS, r->line, "neither a [section] nor \"key = value\"%s",
			  cleaned[0] == ';' || cleaned[0] == '/' ? "; comments begin with #" : "");
		return;
	}
	*equals = '\0';
	if (r->section == IN_NOTHING) {
		conf_note(r, CONF_BEFORE_SECTION, r->line, "a key before the first [section]");
		return;
	}
	r->value = equals + 1;
	k = key_of(cleaned, &row);
	if (k)
		known_key(r, k, row);
	else if (r->section != IN_UNKNOWN)
		unknown_key(r, cleaned);
}

/* The part behind "=" without the blanks around it. */
static void set_raw(struct conf_reader *r, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	const char *at = equals ? equals + 1 : line + len, *end = line + len;

	while (at < end && isspace((unsigned char)*at))
		at++;
	while (at < end && isspace((unsigned char)end[-1]))
		end--;
	r->raw = at;
	r->raw_len = (size_t)(end - at);
}

static void raw_line(struct conf_reader *r, const char *line, size_t len, char *scratch)
{
	const char *hash = memchr(line, '#', len);
	size_t i, n = 0;

	if (hash)
		len = (size_t)(hash - line);
	if (len > CONF_LINE_MAX) {
		conf_note(r, CONF_LINE_TOO_LONG, r->line, "%zu bytes, more than %d", len,
			  (int)CONF_LINE_MAX);
		return;
	}
	for (i = 0; i < len; i++)
		if (!isspace((unsigned char)line[i]))
			scratch[n++] = line[i];
	scratch[n] = '\0';
	set_raw(r, line, len);
	if (n)
		one_line(r, scratch);
}

static void all_lines(struct conf_reader *r, const char *text, size_t len)
{
	size_t scratch_len = MIN(len, (size_t)CONF_LINE_MAX) + 1;
	char *scratch = arena_alloc(r->a, scratch_len);
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		r->line++;
		raw_line(r, text, (size_t)(line_end - text), scratch);
		text = newline ? newline + 1 : end;
	}
	sodium_memzero(scratch, scratch_len);
}

/* Several lines, to who ends a line at a CR, and to wg but one. */
static bool ends_in_returns(const char *text, size_t len)
{
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return len && memchr(text, '\r', len) && !memchr(text, '\n', len);
}

/* Is it worth a look? If not, one line says so. */
static bool is_text(struct conf_reader *r, const char *text, size_t len)
{
	if (len > CONF_MAX) {
		conf_note(r, CONF_TOO_LARGE, 0, "%zu bytes: no configuration file is over %d", len,
			  (int)CONF_MAX);
		return false;
	}
	if (len && memchr(text, '\0', len)) {
		conf_note(r, CONF_NOT_TEXT, 0, "it holds NUL bytes: not text, or UTF-16");
		return false;
	}
	if (ends_in_returns(text, len)) {
		conf_note(r, CONF_NOT_TEXT, 0,
			  "its line ends are CR only (old Mac), so that wg reads one line; "
			  "save it with LF");
		return false;
	}
	return true;
}

enum conf_grade conf_parse(const char *text, size_t len, struct arena *a, struct conf **out,
			   struct conf_notes *notes)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct conf *c = arena_alloc(a, sizeof(*c));
	struct conf_reader r = { .a = a, .c = c, .notes = notes };

	memset(notes, 0, sizeof(*notes));
	c->listen_port = c->fwmark = c->mtu = c->table_number = UNKNOWN;
	*out = c;
	if (!is_text(&r, text, len))
		return notes->worst;
	if (len >= 3 && !memcmp(text, mark, 3)) {
		conf_note(&r, CONF_BYTE_ORDER_MARK, 1,
			  "a byte order mark (EF BB BF) before the text, which wg refuses; "
			  "save the file without it");
		text += 3;
		len -= 3;
	}
	all_lines(&r, text, len);
	conf_check_whole(&r);
	return notes->worst;
}

void conf_wipe(struct conf *c)
{
	size_t i;

	secret_key_done(&c->private_key);
	for (i = 0; i < c->n_peers; i++)
		secret_key_done(&c->peers[i].psk);
}
