/* Writing. Reading is in facts_read.c; both go by the tables of facts_table.c. */
#include "model/facts_file.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "model/facts_table.h"

static json_t *some(json_t *v)
{
	assert(v); /* no memory, as in the arena */
	return v;
}

static void hex(const uint8_t *b, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf_printf(out, "%02x", b[i]);
}

static json_t *bytes(const void *b, size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	hex(b, len, &text);
	return some(json_string(buf_str(&text)));
}

/* An engine's log may hold any bytes; JSON only holds text. */
static json_t *text(const char *s)
{
	json_t *v, *o;

	if (!s)
		return json_null();
	v = json_string(s);
	if (v)
		return v;
	o = some(json_object());
	json_object_set_new(o, "hex", bytes(s, strlen(s)));
	return o;
}

static uint64_t unsigned_at(const void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return *(const uint16_t *)p;
	case 4:
		return *(const uint32_t *)p;
	default:
		assert(size == 8);
		return *(const uint64_t *)p;
	}
}

static json_t *word(const struct facts_field *f, const void *p, size_t size)
{
	uint64_t v = unsigned_at(p, size);

	assert(v < f->n_words && f->words[v]);
	return some(json_string(f->words[v]));
}

static json_t *set(const struct facts_field *f, const void *p)
{
	json_t *list = some(json_array());
	size_t i;

	for (i = 0; i < f->n_words; i++)
		if (*(const uint32_t *)p >> i & 1)
			json_array_append_new(list, some(json_string(f->words[i])));
	return list;
}

static json_t *addr(const struct ip_addr *a)
{
	char s[IP_ADDR_STR_SIZE];

	return a->family == FAMILY_NONE ? json_null() : some(json_string(ip_addr_str(a, s)));
}

static json_t *net(const struct cidr *c)
{
	char s[CIDR_STR_SIZE];

	return c->addr.family == FAMILY_NONE ? json_null() : some(json_string(cidr_str(c, s)));
}

static json_t *key(const struct public_key *k)
{
	char s[KEY_BASE64_LEN + 1];

	public_key_base64(k, s);
	return some(json_string(s));
}

static json_t *integer(int64_t v)
{
	return v == UNKNOWN ? json_null() : some(json_integer(v));
}

static json_t *struct_(const struct facts_table *t, const char *at);

static json_t *one(const struct facts_field *f, const char *at)
{
	size_t size = facts_field_element(f);

	switch (f->kind) {
	case FIELD_TEXT:
		return text(*(const char *const *)at);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_COUNT:
	case FIELD_TIME:
		return integer(*(const int64_t *)at);
	case FIELD_NUMBER:
		return some(json_integer((json_int_t)unsigned_at(at, size)));
	case FIELD_WORD:
		return word(f, at, size);
	case FIELD_SET:
		return set(f, at);
	case FIELD_BYTES:
		return bytes(at, size);
	case FIELD_ADDR:
		return addr((const struct ip_addr *)at);
	case FIELD_NET:
		return net((const struct cidr *)at);
	case FIELD_KEY:
		return key((const struct public_key *)at);
	case FIELD_STRUCT:
		return struct_(f->of, at);
	}
	abort();
}

static json_t *named(const struct facts_field *f, const char *at)
{
	json_t *o = some(json_object());
	size_t i;

	for (i = 0; i < f->n_keys; i++)
		json_object_set_new(o, f->keys[i], one(f, at + i * facts_field_element(f)));
	return o;
}

static json_t *list(const struct facts_field *f, const char *first, size_t n)
{
	json_t *a = some(json_array());
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(a, one(f, first + i * facts_field_element(f)));
	return a;
}

static json_t *struct_(const struct facts_table *t, const char *at)
{
	json_t *o = some(json_object());
	size_t i;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];
		const char *p = at + f->at;
		json_t *v;

		if (f->list)
			v = list(f, *(const char *const *)p, *(const size_t *)(at + f->n_at));
		else
			v = f->n_keys ? named(f, p) : one(f, p);
		json_object_set_new(o, f->name, v);
	}
	return o;
}

static void write_as(const char *schema, const struct facts *f, struct buf *out)
{
	json_t *o = some(json_object()), *all = struct_(&facts_table, (const char *)f);
	char *s;

	json_object_set_new(o, "schema", some(json_string(schema)));
	json_object_set_new(o, "wgdiag", some(json_string(WGDIAG_VERSION)));
	json_object_update(o, all);
	s = json_dumps(o, JSON_INDENT(1));
	assert(s);
	buf_puts(out, s);
	buf_puts(out, "\n");
	free(s);
	json_decref(all);
	json_decref(o);
}

void facts_write(const struct facts *f, struct buf *out)
{
	write_as(FACTS_SCHEMA, f, out);
}

void facts_write_far(const struct facts *f, struct buf *out)
{
	write_as(FAR_SCHEMA, f, out);
}
