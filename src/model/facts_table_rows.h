/*
 * How the rows of the tables are written, for the files that hold them.
 */
#ifndef MODEL_FACTS_TABLE_ROWS_H
#define MODEL_FACTS_TABLE_ROWS_H

#include "model/facts_table.h"

#define F(s, m, ...)                                                                            \
	{                                                                                       \
		.name = #m, .at = offsetof(struct s, m), .size = sizeof(((struct s *)NULL)->m), \
		__VA_ARGS__                                                                     \
	}
#define TEXT(s, m) F(s, m, .kind = FIELD_TEXT)
#define WORDS(s, m) F(s, m, .kind = FIELD_TEXT, .required = true)
#define BOOL(s, m) F(s, m, .kind = FIELD_BOOL)
#define COUNT(s, m) F(s, m, .kind = FIELD_COUNT)
#define TIME(s, m) F(s, m, .kind = FIELD_TIME)
#define NUMBER(s, m) F(s, m, .kind = FIELD_NUMBER)
#define BYTES(s, m) F(s, m, .kind = FIELD_BYTES)
#define ADDR(s, m) F(s, m, .kind = FIELD_ADDR)
#define NET(s, m) F(s, m, .kind = FIELD_NET)
#define KEY(s, m) F(s, m, .kind = FIELD_KEY)
#define WORD(s, m, w) F(s, m, .kind = FIELD_WORD, .words = w, .n_words = ARRAY_LEN(w))
#define SET(s, m, w) F(s, m, .kind = FIELD_SET, .words = w, .n_words = ARRAY_LEN(w))
#define STRUCT(s, m, t) F(s, m, .kind = FIELD_STRUCT, .of = &t)
/* Elements with names. */
#define COUNTS(s, m, k) F(s, m, .kind = FIELD_COUNT, .keys = k, .n_keys = ARRAY_LEN(k))
#define STRUCTS(s, m, k, t) \
	F(s, m, .kind = FIELD_STRUCT, .keys = k, .n_keys = ARRAY_LEN(k), .of = &t)
/* Pointer and number. */
#define LIST(s, m, n, t) \
	F(s, m, .kind = FIELD_STRUCT, .list = true, .n_at = offsetof(struct s, n), .of = &t)
#define TEXTS(s, m, n) \
	F(s, m, .kind = FIELD_TEXT, .required = true, .list = true, .n_at = offsetof(struct s, n))
#define NETS(s, m, n) F(s, m, .kind = FIELD_NET, .list = true, .n_at = offsetof(struct s, n))

#define TABLE(s, f)                                                                         \
	{                                                                                   \
		.name = #s, .size = sizeof(struct s), .fields = f, .n_fields = ARRAY_LEN(f) \
	}

extern const struct facts_table facts_firewall_table; /* facts_table_rules.c */
extern const struct facts_table facts_config_table, facts_intended_table; /* facts_table_config.c */
extern const struct facts_table facts_calls_table; /* facts_table_calls.c */
extern const struct facts_table facts_fates_table; /* facts_table_fates.c */
extern const struct facts_table facts_handshakes_table; /* facts_table_handshakes.c */
extern const struct facts_table facts_kernel_table; /* facts_table_kernel.c */
extern const struct facts_table facts_recording_table; /* facts_table_recording.c */
extern const struct facts_table facts_addr_table; /* facts_table.c */
/* facts_table_ladder.c */
extern const struct facts_table facts_ladder_table, facts_endpoint_table, facts_other_family_table,
	facts_portal_table;

#endif
