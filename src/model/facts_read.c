/*
 * Reading a file of facts. The file comes from anywhere: nothing of it is believed before it
 * was looked at, and what is wrong is said with its place.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "model/facts_file.h"
#include "model/facts_table.h"

/*
 * Numbers that no real run reaches, so that judging can add and scale them without care: what a
 * double holds exactly, and, for clocks, the year 2116.
 */
#define COUNT_MAX (INT64_C(1) << 53)
#define TIME_MAX (INT64_C(1) << 62)

/* Where in the file: a chain from the inside out. */
struct place {
	const struct place *up;
	const char *name; /* NULL: an element of a list */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct err *e;
};

static void place_put(const struct place *at, struct buf *out)
{
	if (!at)
		return;
	place_put(at->up, out);
	if (at->name)
		buf_printf(out, "%s%s", at->up ? "." : "", at->name);
	else
		buf_printf(out, "[%zu]", at->index);
}

/* A name from the file may hold anything. */
static void tame(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f)
			*s = '?';
}

static PRINTF_LIKE(3, 4) bool wrong(struct reader *r, const struct place *at, const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	va_list ap;

	place_put(at, &text);
	buf_puts(&text, at ? ": " : "");
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	tame(text.b);
	err_say(r->e, EINVAL, "%s", buf_str(&text));
	return false;
}

static bool wanted(struct reader *r, const struct place *at, const json_t *v, const char *what)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",	     [JSON_NULL] = "null",
	};

	if (json_is_string(v))
		return wrong(r, at, "'%.40s' is no %s", json_string_value(v), what);
	if (json_is_integer(v))
		return wrong(r, at, "%lld is no %s", (long long)json_integer_value(v), what);
	return wrong(r, at, "%s is no %s", types[json_typeof(v)], what);
}

static bool unhex(const char *s, uint8_t *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (strlen(s) != 2 * len)
		return false;
	for (i = 0; i < 2 * len; i++) {
		const char *d = strchr(digits, s[i]);

		if (!d)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (d - digits));
	}
	return true;
}

static bool read_hex(struct reader *r, const struct place *at, const json_t *v, uint8_t *out,
		     size_t len)
{
	const char *s = json_string_value(v);
	uint8_t *b = arena_alloc(r->arena, len + 1);

	if (!s || !unhex(s, b, len))
		return wanted(r, at, v, "row of bytes as hexadecimal digits");
	memcpy(out, b, len);
	return true;
}

static bool read_text(struct reader *r, const struct place *at, const struct facts_field *f,
		      const json_t *v, void *out)
{
	const json_t *coded = json_object_get(v, "hex");
	size_t len = json_string_length(coded) / 2;
	char *s = NULL;

	if (json_is_string(v)) {
		s = arena_strdup(r->arena, json_string_value(v));
	} else if (coded) {
		s = arena_alloc(r->arena, len + 1);
		if (!read_hex(r, at, coded, (uint8_t *)s, len))
			return false;
	} else if (!json_is_null(v) || f->required) {
		return wanted(r, at, v, "text");
	}
	*(const char **)out = s;
	return true;
}

static bool read_integer(struct reader *r, const struct place *at, const json_t *v, int64_t max,
			 void *out)
{
	json_int_t n = json_integer_value(v);

	if (json_is_null(v)) {
		*(int64_t *)out = UNKNOWN;
		return true;
	}
	if (!json_is_integer(v) || n < 0 || n > max)
		return wanted(r, at, v, "number from 0 on, or null");
	*(int64_t *)out = n;
	return true;
}

static void unsigned_put(uint64_t v, void *out, size_t size)
{
	switch (size) {
	case 1:
		*(uint8_t *)out = (uint8_t)v;
		return;
	case 2:
		*(uint16_t *)out = (uint16_t)v;
		return;
	case 4:
		*(uint32_t *)out = (uint32_t)v;
		return;
	default:
		*(uint64_t *)out = v;
	}
}

static bool read_number(struct reader *r, const struct place *at, const json_t *v, void *out,
			size_t size)
{
	int64_t max = size < 8 ? (INT64_C(1) << 8 * size) - 1 : COUNT_MAX;
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || n > max)
		return wanted(r, at, v, "number in its range");
	unsigned_put((uint64_t)n, out, size);
	return true;
}

/* The place of a word among them, or n_words. */
static size_t word_index(const struct facts_field *f, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t i;

	for (i = 0; i < f->n_words; i++)
		if (s && f->words[i] && strcmp(f->words[i], s) == 0)
			return i;
	return f->n_words;
}

static bool read_word(struct reader *r, const struct place *at, const struct facts_field *f,
		      const json_t *v, void *out)
{
	size_t i = word_index(f, v);

	if (i == f->n_words)
		return wanted(r, at, v, "word that this may be");
	unsigned_put(i, out, facts_field_element(f));
	return true;
}

static bool read_set(struct reader *r, const struct place *at, const struct facts_field *f,
		     const json_t *v, void *out)
{
	uint32_t bits = 0;
	size_t i, k;

	if (!json_is_array(v))
		return wanted(r, at, v, "list of words");
	for (i = 0; i < json_array_size(v); i++) {
		const struct place here = { at, NULL, i };

		k = word_index(f, json_array_get(v, i));
		if (k == f->n_words)
			return wanted(r, &here, json_array_get(v, i), "word that may stand here");
		bits |= UINT32_C(1) << k;
	}
	*(uint32_t *)out = bits;
	return true;
}

static bool read_addr(struct reader *r, const struct place *at, const json_t *v, void *out)
{
	struct ip_addr a = { 0 };

	if (!json_is_null(v) && (!json_is_string(v) || !ip_addr_parse(json_string_value(v), &a)))
		return wanted(r, at, v, "address, or null");
	*(struct ip_addr *)out = a;
	return true;
}

static bool read_net(struct reader *r, const struct place *at, const json_t *v, void *out)
{
	struct cidr c = { 0 };

	if (!json_is_null(v) && (!json_is_string(v) || !cidr_parse(json_string_value(v), &c)))
		return wanted(r, at, v, "network, or null");
	*(struct cidr *)out = c;
	return true;
}

static bool read_key(struct reader *r, const struct place *at, const json_t *v, void *out)
{
	if (!json_is_string(v) || !public_key_from_base64(json_string_value(v), out))
		return wanted(r, at, v, "public key");
	return true;
}

static bool read_struct(struct reader *r, const struct place *at, const struct facts_table *t,
			const json_t *v, char *out);

static bool read_one(struct reader *r, const struct place *at, const struct facts_field *f,
		     const json_t *v, char *out)
{
	switch (f->kind) {
	case FIELD_TEXT:
		return read_text(r, at, f, v, out);
	case FIELD_BOOL:
		if (!json_is_boolean(v))
			return wanted(r, at, v, "true or false");
		*(bool *)out = json_is_true(v);
		return true;
	case FIELD_COUNT:
		return read_integer(r, at, v, COUNT_MAX, out);
	case FIELD_TIME:
		return read_integer(r, at, v, TIME_MAX, out);
	case FIELD_NUMBER:
		return read_number(r, at, v, out, facts_field_element(f));
	case FIELD_WORD:
		return read_word(r, at, f, v, out);
	case FIELD_SET:
		return read_set(r, at, f, v, out);
	case FIELD_BYTES:
		return read_hex(r, at, v, (uint8_t *)out, facts_field_element(f));
	case FIELD_ADDR:
		return read_addr(r, at, v, out);
	case FIELD_NET:
		return read_net(r, at, v, out);
	case FIELD_KEY:
		return read_key(r, at, v, out);
	case FIELD_STRUCT:
		return read_struct(r, at, f->of, v, out);
	}
	return wrong(r, at, "cannot be read");
}

static bool read_named(struct reader *r, const struct place *at, const struct facts_field *f,
		       json_t *v, char *out)
{
	const char *name;
	json_t *element;
	size_t i;

	if (!json_is_object(v))
		return wanted(r, at, v, "object");
	json_object_foreach(v, name, element)
	{
		const struct place here = { at, name, 0 };

		for (i = 0; i < f->n_keys && strcmp(f->keys[i], name) != 0; i++)
			;
		if (i == f->n_keys)
			return wrong(r, &here, "unknown member");
		if (!read_one(r, &here, f, element, out + i * facts_field_element(f)))
			return false;
	}
	return true;
}

/* What a member that is missing leaves: as facts_init() has it, nothing known. */
static void nothing_known(const struct facts_table *t, char *out)
{
	size_t i, k;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];
		size_t n = f->n_keys ? f->n_keys : 1;

		for (k = 0; k < n && !f->list; k++) {
			char *p = out + f->at + k * facts_field_element(f);

			if (f->kind == FIELD_COUNT || f->kind == FIELD_TIME)
				*(int64_t *)p = UNKNOWN;
			else if (f->kind == FIELD_STRUCT)
				nothing_known(f->of, p);
		}
	}
}

static bool read_list(struct reader *r, const struct place *at, const struct facts_field *f,
		      const json_t *v, char **first, size_t *n)
{
	size_t i, len = json_array_size(v), size = facts_field_element(f);
	char *elements;

	if (!json_is_array(v))
		return wanted(r, at, v, "list");
	elements = arena_alloc(r->arena, (len + 1) * size);
	for (i = 0; i < len; i++) {
		const struct place here = { at, NULL, i };

		if (f->kind == FIELD_STRUCT && f->of == &facts_table)
			facts_init((struct facts *)(void *)(elements + i * size));
		else if (f->kind == FIELD_STRUCT)
			nothing_known(f->of, elements + i * size);
		if (!read_one(r, &here, f, json_array_get(v, i), elements + i * size))
			return false;
	}
	*first = elements;
	*n = len;
	return true;
}

static bool read_field(struct reader *r, const struct place *at, const struct facts_field *f,
		       json_t *v, char *out)
{
	char *first = NULL;
	size_t n = 0;

	if (f->n_keys)
		return read_named(r, at, f, v, out + f->at);
	if (!f->list)
		return read_one(r, at, f, v, out + f->at);
	if (!read_list(r, at, f, v, &first, &n))
		return false;
	memcpy(out + f->at, &first, sizeof(first));
	memcpy(out + f->n_at, &n, sizeof(n));
	return true;
}

/* A text that judging stands on must have come, or have been there before. */
static bool is_whole(struct reader *r, const struct place *at, const struct facts_table *t,
		     const char *out)
{
	size_t i;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];
		const struct place here = { at, f->name, 0 };

		if (f->required && !f->list && !*(const char *const *)(out + f->at))
			return wrong(r, &here, "is missing");
	}
	return true;
}

static bool read_struct(struct reader *r, const struct place *at, const struct facts_table *t,
			const json_t *v, char *out)
{
	json_t *o = (json_t *)(uintptr_t)v; /* jansson's iterators know no const */
	const char *name;
	json_t *member;
	size_t i;

	if (!json_is_object(v))
		return wanted(r, at, v, "object");
	json_object_foreach(o, name, member)
	{
		const struct place here = { at, name, 0 };

		for (i = 0; i < t->n_fields && strcmp(t->fields[i].name, name) != 0; i++)
			;
		if (i == t->n_fields)
			return wrong(r, &here, "unknown member");
		if (!read_field(r, &here, &t->fields[i], member, out))
			return false;
	}
	return is_whole(r, at, t, out);
}

/* What is there has no gap, and has the names that its evidence speaks of. */
static bool is_consistent(struct reader *r, struct facts *f)
{
	const struct {
		enum need need;
		const char *text, *place;
	} names[] = {
		{ NEED_LINKS, f->tun[END_NEAR].name, "tun.near.name" },
		{ NEED_LINKS_FAR, f->tun[END_FAR].name, "tun.far.name" },
		{ NEED_TAP_NEAR_TUN, f->taps[TAP_NEAR_TUN].dev, "taps.near-tun.dev" },
		{ NEED_TAP_NEAR_WIRE, f->taps[TAP_NEAR_WIRE].dev, "taps.near-wire.dev" },
		{ NEED_TAP_FAR_TUN, f->taps[TAP_FAR_TUN].dev, "taps.far-tun.dev" },
		{ NEED_TAP_FAR_WIRE, f->taps[TAP_FAR_WIRE].dev, "taps.far-wire.dev" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if ((f->have & NEED_BIT(names[i].need)) && !names[i].text)
			return wrong(r, NULL, "%s: is missing, though `have` names it",
				     names[i].place);
	for (i = 0; i < NEED_COUNT; i++)
		if (f->have & NEED_BIT(i))
			facts_have(f, (enum need)i);
	return true;
}

static bool is_far_consistent(struct reader *r, struct facts *f)
{
	if (!f->n_far_seen)
		return true;
	if (f->n_far_seen > 1 || f->far_seen[0].n_far_seen)
		return wrong(r, NULL, "far_seen: more than one far end");
	return is_consistent(r, &f->far_seen[0]);
}

static bool read_all(struct reader *r, json_t *root, const char *wanted_schema, struct facts *f)
{
	const json_t *schema = json_object_get(root, "schema");
	const struct place at = { NULL, "schema", 0 };

	if (!json_is_object(root) || !schema)
		return wrong(r, NULL, "no file of facts (it has no \"schema\": \"%s\")",
			     wanted_schema);
	if (!json_is_string(schema) || strcmp(json_string_value(schema), wanted_schema) != 0)
		return wanted(r, &at, schema, arena_printf(r->arena, "\"%s\"", wanted_schema));
	json_object_del(root, "schema");
	json_object_del(root, "wgdiag"); /* who wrote it: for people */
	facts_init(f);
	return read_struct(r, NULL, &facts_table, root, (char *)f) && is_consistent(r, f) &&
	       is_far_consistent(r, f);
}

static int read_as(const char *schema, const char *text, size_t len, struct arena *a,
		   struct facts *out, struct err *e)
{
	struct err ignored;
	struct reader r = { .arena = a, .e = e ? e : &ignored };
	json_error_t at;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
	struct facts f;
	bool ok;

	if (!root) {
		tame(at.text);
		return err_say(r.e, EINVAL, "line %d, column %d: %s", at.line, at.column, at.text);
	}
	ok = read_all(&r, root, schema, &f);
	json_decref(root);
	if (!ok)
		return -EINVAL;
	*out = f;
	return 0;
}

int facts_read(const char *text, size_t len, struct arena *a, struct facts *out, struct err *e)
{
	return read_as(FACTS_SCHEMA, text, len, a, out, e);
}

int facts_read_far(const char *text, size_t len, struct arena *a, struct facts *out, struct err *e)
{
	struct facts f;
	int rc = read_as(FAR_SCHEMA, text, len, a, &f, e);

	if (rc < 0)
		return rc;
	if (f.recording.from_wall_ns == UNKNOWN || f.recording.to_wall_ns == UNKNOWN)
		return err_say(e, EINVAL, "recording: it does not say from when to when");
	f.n_far_seen = 0; /* who recorded is the far end itself */
	*out = f;
	return 0;
}
