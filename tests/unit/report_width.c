/* Columns, clean characters and line breaks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/defs.h"
#include "report/width.h"

struct clean_case {
	const char *in, *utf8, *ascii;
};

static const struct clean_case clean_cases[] = {
	{ "", "", "" },
	{ "plain", "plain", "plain" },
	{ "me → peer", "me → peer", "me -> peer" },
	{ "FAIL ↳", "FAIL ↳", "FAIL <-" },
	{ "AbCd…9w=", "AbCd…9w=", "AbCd...9w=" },
	{ "2 × é", "2 × é", "2 x ?" },
	/* What could move a cursor, change a colour, or turn the direction of writing. */
	{ "a\033[31mb", "a?[31mb", "a?[31mb" },
	{ "a\rb\bc\x7f", "a?b?c?", "a?b?c?" },
	{ "a\nb\tc", "a b c", "a b c" },
	{ "a\xc2\x9b"
	  "31m",
	  "a?31m", "a?31m" }, /* C1: CSI in one character */
	{ "wg\xe2\x80\xae"
	  "0",
	  "wg?0", "wg?0" }, /* right-to-left override */
	/* What is no UTF-8. */
	{ "a\xff"
	  "b",
	  "a?b", "a?b" },
	{ "a\xc3", "a?", "a?" }, /* cut off */
	{ "\xc0\xaf", "??", "??" }, /* overlong */
	{ "\xed\xa0\x80", "???", "???" }, /* surrogate */
	{ "\xf4\x90\x80\x80", "????", "????" }, /* beyond U+10FFFF */
};

static void cleans(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(clean_cases); i++) {
		struct buf b = { 0 };

		text_clean(&b, clean_cases[i].in, true);
		assert_string_equal(buf_str(&b), clean_cases[i].utf8);
		buf_clear(&b);
		text_clean(&b, clean_cases[i].in, false);
		assert_string_equal(buf_str(&b), clean_cases[i].ascii);
		buf_done(&b);
	}
}

static const struct clean_case escape_cases[] = {
	{ "", "", NULL },
	{ "me → peer, 漢字", "me → peer, 漢字", NULL },
	{ "a\033[31mb\nc\t", "a\\x1b[31mb\\x0ac\\x09", NULL },
	{ "a\xc2\x9b!", "a\\xc2\\x9b!", NULL }, /* C1 */
	{ "wg\xe2\x80\xae!", "wg\\xe2\\x80\\xae!", NULL }, /* right-to-left override */
	{ "a\xff!\xc3", "a\\xff!\\xc3", NULL },
};

static void escapes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(escape_cases); i++) {
		struct buf b = { 0 };

		text_escape(&b, escape_cases[i].in);
		assert_string_equal(buf_str(&b), escape_cases[i].utf8);
		buf_done(&b);
	}
}

struct width_case {
	const char *s;
	unsigned width;
};

static const struct width_case width_cases[] = {
	{ "", 0 },	    { "abc", 3 },  { "→", 1 }, { "é", 1 },
	{ "e\xcc\x81", 1 }, { "漢字", 4 }, { "😀", 2 },
};

static void measures(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(width_cases); i++)
		assert_int_equal(text_width(width_cases[i].s, strlen(width_cases[i].s)),
				 width_cases[i].width);
}

struct line_case {
	const char *s;
	unsigned width;
	size_t bytes;
};

static const struct line_case line_cases[] = {
	{ "one two", 0, 7 }, /* no width: all */
	{ "one two", 7, 7 },  { "one two", 6, 3 }, { "one two", 4, 3 },
	{ "one two", 3, 3 },  { "one two", 2, 2 }, /* a word longer than the line is cut */
	{ "abcdefgh", 3, 3 }, { "→→→ x", 3, 9 },   { "→→→ x", 2, 6 },
	{ "", 5, 0 },	      { "漢字", 1, 3 }, /* wider than the line: one at least, or it would never end */
};

static void breaks(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(line_cases); i++)
		assert_int_equal(text_line(line_cases[i].s, line_cases[i].width),
				 line_cases[i].bytes);
}

static void wraps(void **state)
{
	struct buf b = { 0 };

	(void)state;
	text_wrap(&b, "Fix: ", "one two  three", 13, true);
	assert_string_equal(buf_str(&b), "Fix: one two\n     three\n");
	buf_clear(&b);
	text_wrap(&b, "Fix: ", "", 13, true);
	assert_string_equal(buf_str(&b), "Fix: \n");
	buf_clear(&b);
	text_wrap(&b, "a → ", "b → c", 0, false);
	assert_string_equal(buf_str(&b), "a -> b -> c\n");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans), cmocka_unit_test(escapes), cmocka_unit_test(measures),
		cmocka_unit_test(breaks), cmocka_unit_test(wraps),
	};

	return cmocka_run_group_tests_name("report/width", tests, NULL, NULL);
}
