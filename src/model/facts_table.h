/*
 * What the structs of model/facts.h consist of, as tables: name, kind and place of every
 * field. Whoever adds a field adds a row here; tests/unit/model_facts_file.c and
 * tests/lint/facts.sh notice one that has none.
 */
#ifndef MODEL_FACTS_TABLE_H
#define MODEL_FACTS_TABLE_H

#include <stdbool.h>

#include "base/defs.h"

enum field_kind {
	FIELD_TEXT, /* const char * */
	FIELD_BOOL,
	FIELD_COUNT, /* int64_t: a number of something, a duration; UNKNOWN is null */
	FIELD_TIME, /* int64_t: nanoseconds of some clock; UNKNOWN is null */
	FIELD_NUMBER, /* unsigned, of whatever size */
	FIELD_WORD, /* an enumeration, or a byte that holds one */
	FIELD_SET, /* uint32_t: a bit for each word */
	FIELD_BYTES, /* uint8_t[]: hex */
	FIELD_ADDR, /* struct ip_addr */
	FIELD_NET, /* struct cidr */
	FIELD_KEY, /* struct public_key: base64 */
	FIELD_STRUCT,
};

struct facts_table;
struct facts_field {
	const char *name;
	enum field_kind kind;
	size_t at, size; /* in its struct, the whole of an array */
	bool required; /* a text that is never NULL */
	/* An array: what its elements are called. */
	const char *const *keys;
	size_t n_keys;
	/* A list: at `at` the pointer to the first, at `n_at` their number (a size_t). */
	bool list;
	size_t n_at;
	const char *const *words; /* of WORD and SET; NULL where a value has no meaning */
	size_t n_words;
	const struct facts_table *of; /* of STRUCT */
};

struct facts_table {
	const char *name; /* "tap_facts" */
	size_t size; /* of the struct */
	const struct facts_field *fields;
	size_t n_fields;
};

extern const struct facts_table facts_table; /* of struct facts */

/* Bytes of one element of an array or list; without either, of the field. */
size_t facts_field_element(const struct facts_field *f);

#endif
