/*
 * Facts as a file: everything comes back, and every byte of every struct of facts.h is in the
 * tables; what is wrong with a file is said in one line with its place.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/made_facts.h"
#include "lib/seed.h"
#include "model/facts_file.h"
#include "model/facts_table.h"

/* --- facts of chance -------------------------------------------------------------- */

static const char *text_of_chance(struct seed *s, struct arena *a, bool required)
{
	static const char *const texts[] = {
		"", "wg0", "a\nb\t\"c\" \\ \033[2J", "né → ∞", "\xff\xfe broken", "\xed\xa0\x80"
	};
	uint64_t i = seed_below(s, ARRAY_LEN(texts) + 1);

	if (i == ARRAY_LEN(texts))
		return required ? "x" : NULL;
	return arena_strdup(a, texts[i]);
}

static struct ip_addr addr_of_chance(struct seed *s)
{
	struct ip_addr a = { .family = (uint8_t)(2 * (1 + seed_below(s, 3))) };

	if (a.family == 2)
		return (struct ip_addr){ 0 };
	seed_bytes(s, a.b, ip_addr_len(&a));
	return a;
}

static int64_t count_of_chance(struct seed *s, unsigned bits)
{
	return seed_below(s, 8) == 0 ? UNKNOWN : (int64_t)(seed_next(s) >> (64 - bits));
}

static void word_of_chance(struct seed *s, const struct facts_field *f, char *out)
{
	uint32_t v;

	do
		v = (uint32_t)seed_below(s, f->n_words);
	while (!f->words[v]);
	if (facts_field_element(f) == 1)
		*(uint8_t *)out = (uint8_t)v;
	else
		*(uint32_t *)(void *)out = v;
}

static void fill(struct seed *s, struct arena *a, const struct facts_table *t, char *out);

static void fill_one(struct seed *s, struct arena *a, const struct facts_field *f, char *out)
{
	void *p = out;

	switch (f->kind) {
	case FIELD_TEXT:
		*(const char **)p = text_of_chance(s, a, f->required);
		break;
	case FIELD_BOOL:
		*(bool *)p = seed_below(s, 2);
		break;
	case FIELD_COUNT:
		*(int64_t *)p = count_of_chance(s, 53);
		break;
	case FIELD_TIME:
		*(int64_t *)p = count_of_chance(s, 62);
		break;
	case FIELD_NUMBER:
		seed_bytes(s, p, MIN(facts_field_element(f), 6u));
		break;
	case FIELD_WORD:
		word_of_chance(s, f, out);
		break;
	case FIELD_SET:
		*(uint32_t *)p = (uint32_t)(seed_next(s) & ((UINT64_C(1) << f->n_words) - 1));
		break;
	case FIELD_BYTES:
	case FIELD_KEY:
		seed_bytes(s, p, facts_field_element(f));
		break;
	case FIELD_ADDR:
		*(struct ip_addr *)p = addr_of_chance(s);
		break;
	case FIELD_NET:
		*(struct cidr *)p = (struct cidr){ .addr = addr_of_chance(s) };
		((struct cidr *)p)->len =
			(uint8_t)seed_below(s, 8 * ip_addr_len(&((struct cidr *)p)->addr) + 1);
		break;
	case FIELD_STRUCT:
		fill(s, a, f->of, out);
	}
}

static void fill(struct seed *s, struct arena *a, const struct facts_table *t, char *out)
{
	size_t i, k, n, size;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];
		char *p = out + f->at;

		size = facts_field_element(f);
		/* Whole facts hold no others: see facts_of_chance(). */
		n = f->of == &facts_table ? 0 :
		    f->list		  ? seed_below(s, 4) :
		    f->n_keys		  ? f->n_keys :
					    1;
		if (f->list) {
			p = arena_alloc(a, (n + 1) * size);
			memcpy(out + f->at, &p, sizeof(p));
			memcpy(out + f->n_at, &n, sizeof(n));
		}
		for (k = 0; k < n; k++)
			fill_one(s, a, f, p + k * size);
	}
}

/* As run/ leaves them: what is there has no gap, and its names. */
static void one_of_chance(struct seed *s, struct arena *a, struct facts *f)
{
	unsigned i;

	facts_init(f);
	fill(s, a, &facts_table, (char *)f);
	for (i = 0; i < NEED_COUNT; i++)
		if (f->have & NEED_BIT(i))
			facts_have(f, (enum need)i);
	for (i = 0; i < TAP_COUNT; i++)
		f->taps[i].dev = "tap";
	for (i = 0; i < END_COUNT; i++)
		f->tun[i].name = "tun";
}

static void facts_of_chance(struct seed *s, struct arena *a, struct facts *f)
{
	one_of_chance(s, a, f);
	if (seed_below(s, 2))
		return;
	f->far_seen = arena_alloc(a, sizeof(*f->far_seen));
	f->n_far_seen = 1;
	one_of_chance(s, a, f->far_seen);
}

/* --- comparing ---------------------------------------------------------------------- */

static void same(const struct facts_table *t, const char *a, const char *b);

static void same_one(const struct facts_field *f, const char *a, const char *b)
{
	if (f->kind == FIELD_TEXT) {
		const char *s = *(const char *const *)(const void *)a;
		const char *u = *(const char *const *)(const void *)b;

		assert_int_equal(!s, !u);
		if (s)
			assert_string_equal(s, u);
	} else if (f->kind == FIELD_STRUCT) {
		same(f->of, a, b);
	} else if (memcmp(a, b, facts_field_element(f)) != 0) {
		fail_msg("%s differs", f->name);
	}
}

static void same(const struct facts_table *t, const char *a, const char *b)
{
	size_t i, k, n, m;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];
		const char *p = a + f->at, *q = b + f->at;

		n = f->n_keys ? f->n_keys : 1;
		if (f->list) {
			memcpy(&n, a + f->n_at, sizeof(n));
			memcpy(&m, b + f->n_at, sizeof(m));
			assert_int_equal(n, m);
			memcpy(&p, a + f->at, sizeof(p));
			memcpy(&q, b + f->at, sizeof(q));
		}
		for (k = 0; k < n; k++)
			same_one(f, p + k * facts_field_element(f), q + k * facts_field_element(f));
	}
}

static void read_back(const struct facts *f, struct arena *a, struct facts *back)
{
	struct buf text = { 0 }, again = { 0 };
	struct err e = { 0 };

	facts_write(f, &text);
	if (facts_read(text.b, text.len, a, back, &e) < 0)
		fail_msg("%s", e.text);
	facts_write(back, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	buf_done(&text);
	buf_done(&again);
}

enum { ROUNDS = 200 };

static void everything_comes_back(void **state)
{
	struct seed s = seed_start("facts_file");
	struct facts f, back;
	struct arena a;
	unsigned i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		arena_init(&a);
		facts_of_chance(&s, &a, &f);
		read_back(&f, &a, &back);
		same(&facts_table, (const char *)&f, (const char *)&back);
		arena_done(&a);
	}
}

static void nothing_known_comes_back(void **state)
{
	struct facts f, back;
	struct arena a;

	(void)state;
	arena_init(&a);
	facts_init(&f);
	f.marker = f.target.name = f.target.engine = "x";
	read_back(&f, &a, &back);
	assert_int_equal(back.ping_peer.sent, UNKNOWN);
	assert_int_equal(back.have, 0);
	assert_string_equal(back.gaps[NEED_SIZES].why, "not looked at");
	arena_done(&a);
}

/* --- no field without a row ------------------------------------------------------------ */

static size_t alignment(const struct facts_field *f)
{
	size_t i, most = 1;

	switch (f->kind) {
	case FIELD_BYTES:
	case FIELD_ADDR:
	case FIELD_NET:
	case FIELD_KEY:
		return 1;
	case FIELD_STRUCT:
		for (i = 0; i < f->of->n_fields; i++)
			most = MAX(most, f->of->fields[i].list ? sizeof(void *) :
								 alignment(&f->of->fields[i]));
		return most;
	default:
		return facts_field_element(f);
	}
}

struct span {
	size_t at, size, align;
};

static size_t spans_of(const struct facts_table *t, struct span *out)
{
	size_t i, n = 0;

	for (i = 0; i < t->n_fields; i++) {
		const struct facts_field *f = &t->fields[i];

		out[n++] = (struct span){ f->at, f->size, f->list ? sizeof(void *) : alignment(f) };
		if (f->list)
			out[n++] = (struct span){ f->n_at, sizeof(size_t), sizeof(size_t) };
	}
	return n;
}

static int by_place(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* The fields lie one after the other, with nothing between them but what alignment asks for. */
static void no_hole(const struct facts_table *t)
{
	struct span s[96];
	size_t i, end = 0, most = 1, n = spans_of(t, s);

	qsort(s, n, sizeof(*s), by_place);
	for (i = 0; i < n; i++) {
		if (s[i].at != round_up(end, s[i].align))
			fail_msg("%s: something before byte %zu has no row", t->name, s[i].at);
		end = s[i].at + s[i].size;
		most = MAX(most, s[i].align);
	}
	if (t->size != round_up(end, most))
		fail_msg("%s: something after byte %zu has no row", t->name, end);
	for (i = 0; i < t->n_fields; i++)
		if (t->fields[i].kind == FIELD_STRUCT && t->fields[i].of != &facts_table)
			no_hole(t->fields[i].of);
}

static void each_field_has_a_row(void **state)
{
	(void)state;
	no_hole(&facts_table);
}

static void counters_have_their_names(void **state)
{
	unsigned i, k;

	(void)state;
	for (i = 0; i < facts_table.n_fields; i++) {
		const struct facts_table *link = facts_table.fields[i].of;

		for (k = 0; link && k < link->n_fields; k++) {
			const struct facts_field *f = &link->fields[k];
			unsigned c;

			if (strcmp(link->name, "link_facts") != 0 || f->n_keys == 0)
				continue;
			for (c = 0; c < LINK_COUNTER_COUNT; c++)
				assert_string_equal(f->keys[c], link_counter_str(c));
		}
	}
}

/* --- what is no file of facts -------------------------------------------------------------- */

struct bad {
	const char *text, *says;
};

#define HEAD "{\"schema\": \"wgdiag.facts/1\", \"marker\": \"m\","
#define TARGET " \"target\": {\"name\": \"n\", \"engine\": \"e\"}"

static const struct bad bads[] = {
	{ "", "line 1, column " },
	{ "{\n \"a\": 1,\n}", "line 3, column " },
	{ "[]", "no file of facts" },
	{ "{}", "no file of facts" },
	{ "{\"schema\": \"wgdiag.report/1\"}",
	  "schema: 'wgdiag.report/1' is no \"wgdiag.facts/1\"" },
	{ "{\"schema\": 7}", "schema: 7 is no \"wgdiag.facts/1\"" },
	{ "{\"a\": 1, \"a\": 2}", "duplicate" },
	{ HEAD TARGET ", \"tap\": {}}", "tap: unknown member" },
	{ HEAD TARGET ", \"t\\u001bp\": {}}", "t?p: unknown member" },
	{ HEAD TARGET ", \"taps\": {\"near\": {}}}", "taps.near: unknown member" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"frames\": -1}}}",
	  "taps.near-tun.frames: -1 is no number from 0 on, or null" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"frames\": 1.0}}}",
	  "taps.near-tun.frames: a number is no number from 0 on" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"frames\": \"1\"}}}",
	  "taps.near-tun.frames: '1' is no number" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"frames\": 9007199254740993}}}",
	  "taps.near-tun.frames: 9007199254740993 is no number" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"icmp_type\": 256}}}",
	  "icmp_type: 256 is no number in its range" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"msgs\": [0]}}}", "a list is no object" },
	{ HEAD TARGET ", \"taps\": {\"near-tun\": {\"shifted_first\": \"00\"}}}", "row of bytes" },
	{ HEAD TARGET ", \"have\": [\"tap-near-tun\"]}",
	  "taps.near-tun.dev: is missing, though `have` names it" },
	{ HEAD TARGET ", \"have\": [\"links\", \"luck\"]}", "have[1]: 'luck' is no word" },
	{ HEAD TARGET ", \"interrupted\": 0}", "interrupted: 0 is no true or false" },
	{ HEAD TARGET ", \"not_tested\": [null]}", "not_tested[0]: null is no text" },
	{ HEAD TARGET ", \"not_tested\": \"wg0\"}", "not_tested: 'wg0' is no list" },
	{ HEAD TARGET ", \"streams\": [{\"kind\": \"sctp\"}]}",
	  "streams[0].kind: 'sctp' is no word" },
	{ HEAD TARGET ", \"net_start\": {\"far\": {\"addrs\": [{\"link\": \"a\"}, {}]}}}",
	  "net_start.far.addrs[1].link: is missing" },
	{ HEAD TARGET
	  ", \"net_end\": {\"near\": {\"addrs\": [{\"link\": \"a\", \"addr\": \"10.0.0.1/33\"}]}}}",
	  "net_end.near.addrs[0].addr: '10.0.0.1/33' is no network" },
	{ HEAD TARGET ", \"ping_peer\": {\"target\": \"peer\"}}",
	  "ping_peer.target: 'peer' is no address" },
	{ HEAD TARGET ", \"engine\": {\"near\": {\"log_tail\": null}}}",
	  "engine.near.log_tail: null is no text" },
	{ HEAD " \"target\": {\"name\": \"n\"}}", "target.engine: is missing" },
	{ HEAD " \"target\": {\"peer\": \"AAAA\"}}", "target.peer: 'AAAA' is no public key" },
	{ "{\"schema\": \"wgdiag.facts/1\"}", "marker: is missing" },
	{ "{\"schema\": \"wgdiag.facts/1\"} x", "end of file expected" },
};

static void wrong_files_are_told(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bads); i++) {
		struct facts f = { .have = 77 };
		struct err e = { 0 };
		struct arena a;

		arena_init(&a);
		assert_true(facts_read(bads[i].text, strlen(bads[i].text), &a, &f, &e) < 0);
		if (!strstr(e.text, bads[i].says))
			fail_msg("%s: %s", bads[i].text, e.text);
		assert_null(strchr(e.text, '\n'));
		assert_null(strchr(e.text, '\033'));
		assert_int_equal(f.have, 77);
		arena_done(&a);
	}
}

/* A file of an older version has not all members: those were not measured. */
static void a_missing_member_is_not_known(void **state)
{
	static const char text[] = HEAD TARGET ", \"sizes\": [{\"size\": 84}]}";
	struct facts f;
	struct err e = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	if (facts_read(text, strlen(text), &a, &f, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(f.ping_peer.sent, UNKNOWN);
	assert_int_equal(f.sizes[0].size, 84);
	assert_int_equal(f.sizes[0].sent, UNKNOWN);
	assert_string_equal(f.engine[END_NEAR].log_tail, "");
	arena_done(&a);
}

static void made_facts_come_back(void **state)
{
	struct facts f, back;
	struct arena a;

	(void)state;
	arena_init(&a);
	made_healthy(&f);
	made_refused(&f, END_FAR, "in_not_ip", "the inner packet is no IP", 10);
	read_back(&f, &a, &back);
	same(&facts_table, (const char *)&f, (const char *)&back);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(nothing_known_comes_back),
		cmocka_unit_test(each_field_has_a_row),
		cmocka_unit_test(counters_have_their_names),
		cmocka_unit_test(wrong_files_are_told),
		cmocka_unit_test(a_missing_member_is_not_known),
		cmocka_unit_test(made_facts_come_back),
	};

	return cmocka_run_group_tests_name("model/facts_file", tests, NULL, NULL);
}
