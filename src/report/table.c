#include "report/table.h"

#include <stdio.h>
#include <string.h>

#include "report/width.h"

enum {
	GAP = 2, /* between columns */
	EVIDENCE_MIN = 24, /* below that the evidence goes under its row */
	NARROW_INDENT = 2,
};

static const char *const colours[] = {
	[STATE_PASS] = "32", [STATE_WARN] = "33",   [STATE_FAIL] = "1;31",  [STATE_SKIP] = "2",
	[STATE_NA] = "2",    [STATE_UNSURE] = "33", [STATE_ERROR] = "1;31",
};
_Static_assert(ARRAY_LEN(colours) == STATE_COUNT, "a state has no colour");

struct columns {
	unsigned layer, check, result, before; /* before: where the evidence begins */
};

static unsigned clean_width(const char *s, bool utf8)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	text_clean(&b, s, utf8);
	return text_width(buf_str(&b), b.len);
}

static struct columns measure(const struct table_row *rows, size_t n, bool utf8)
{
	struct columns c = { 5, 5, 6, 0 }; /* the headings */
	size_t i;

	for (i = 0; i < n; i++) {
		c.layer = MAX(c.layer, clean_width(rows[i].layer, utf8));
		c.check = MAX(c.check, clean_width(rows[i].check, utf8));
		c.result = MAX(c.result, clean_width(rows[i].result, utf8));
	}
	c.before = 1 + c.layer + GAP + c.check + GAP + c.result + GAP;
	return c;
}

static void cell(struct buf *out, const char *s, unsigned width, const char *colour, bool utf8)
{
	unsigned w = clean_width(s, utf8);

	if (colour)
		buf_printf(out, "\033[%sm", colour);
	text_clean(out, s, utf8);
	if (colour)
		buf_puts(out, "\033[0m");
	buf_printf(out, "%*s", (int)(width > w ? width - w : 0), "");
}

/* Text in the last column, which begins where the cursor is. */
static void last_column(struct buf *out, const char *s, unsigned indent,
			const struct report_style *st)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned room = st->width ? MAX(st->width, indent + 8) - indent : 0;

	text_clean(&text, s, st->utf8);
	text_lines(out, buf_str(&text), room, indent);
}

static void notes(struct buf *out, const struct table_row *r, unsigned indent,
		  const struct report_style *st)
{
	size_t i;

	for (i = 0; i < r->n_notes; i++) {
		buf_printf(out, "%*s", (int)indent, "");
		last_column(out, r->notes[i], indent, st);
	}
}

static void wide_row(struct buf *out, const struct table_row *r, const struct columns *c,
		     const char *colour, const struct report_style *st)
{
	buf_puts(out, " ");
	cell(out, r->layer, c->layer + GAP, NULL, st->utf8);
	cell(out, r->check, c->check + GAP, NULL, st->utf8);
	cell(out, r->result, c->result + GAP, colour, st->utf8);
	last_column(out, r->evidence, c->before, st);
	notes(out, r, c->before, st);
}

static void narrow_row(struct buf *out, const struct table_row *r, const struct columns *c,
		       const char *colour, const struct report_style *st)
{
	CLEANUP(buf_done) struct buf title = { 0 };

	buf_printf(&title, "%s (%s)", r->check, r->layer);
	cell(out, r->result, c->result + GAP, colour, st->utf8);
	last_column(out, buf_str(&title), c->result + GAP, st);
	buf_printf(out, "%*s", NARROW_INDENT, "");
	last_column(out, r->evidence, NARROW_INDENT, st);
	notes(out, r, NARROW_INDENT, st);
}

void table_write(const struct table_row *rows, size_t n, bool heading, const struct report_style *s,
		 struct buf *out)
{
	static const struct table_row head = {
		.layer = "LAYER",
		.check = "CHECK",
		.result = "RESULT",
		.evidence = "EVIDENCE",
	};
	struct columns c = measure(rows, n, s->utf8);
	bool wide = s->width == 0 || s->width >= c.before + EVIDENCE_MIN;
	size_t i;

	if (wide && heading)
		wide_row(out, &head, &c, NULL, s);
	for (i = 0; i < n; i++) {
		const char *colour = s->colour ? colours[rows[i].state] : NULL;

		(wide ? wide_row : narrow_row)(out, &rows[i], &c, colour, s);
	}
}
