/*
 * Loss is drawn from zero to the fullest column, a time from the least value to the greatest: both
 * stand at the right. A column is no narrower than two points, so that it is not blank only because
 * none happened to fall into it.
 */
#include "report/plot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/unknown.h"
#include "report/width.h"

enum {
	WIDTH_USUAL = 80,
	GAP = 2, /* between name, plot and what it is scaled by */
	BESIDE_MIN = 24, /* columns; with fewer the name goes above the plot */
	COLUMNS_MAX = 1000,
	MIDDLE_MIN = 40, /* columns for a third number below */
	LEVELS = 8,
	TEXT_MAX = 64,
};

static const char *const blocks[LEVELS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const ascii[LEVELS] = { "_", ".", ":", "-", "=", "+", "*", "#" };
/* No loss is no low block: the least loss beside it must be seen at once. */
static const char *const none_block = "·", *const none_ascii = ".";
static const char *const loss_ascii[LEVELS] = { "", ":", "-", "=", "+", "*", "%", "#" };

struct bin {
	int64_t known, sum, most;
};

struct row {
	struct bin bins[COLUMNS_MAX];
	int64_t known, unknown, sum, least, most; /* of all points */
	double fullest; /* share of a column */
	char scale[TEXT_MAX];
};

struct axis {
	int64_t begin_ns, end_ns;
	unsigned columns;
};

/* --- what is drawn -------------------------------------------------------------------- */

static struct axis axis_of(const struct plot_row *rows, size_t n, unsigned room)
{
	struct axis x = { INT64_MAX, INT64_MIN, 1 };
	size_t i, most = 0;

	for (i = 0; i < n; i++) {
		if (!rows[i].n)
			continue;
		x.begin_ns = MIN(x.begin_ns, rows[i].points[0].t_ns);
		x.end_ns = MAX(x.end_ns, rows[i].points[rows[i].n - 1].t_ns);
		most = MAX(most, rows[i].n);
	}
	if (!most)
		x.begin_ns = x.end_ns = 0;
	x.columns = (unsigned)MIN(MIN(room, COLUMNS_MAX), MAX(most / 2, 1));
	return x;
}

static unsigned column_of(const struct axis *x, int64_t t_ns)
{
	double part = (double)(t_ns - x->begin_ns) / ((double)(x->end_ns - x->begin_ns) + 1);

	return MIN((unsigned)(part * x->columns), x->columns - 1);
}

static void fill(const struct plot_row *from, const struct axis *x, struct row *r)
{
	unsigned c;
	size_t i;

	*r = (struct row){ .least = INT64_MAX };
	for (i = 0; i < from->n; i++) {
		int64_t v = from->points[i].value;
		struct bin *b = &r->bins[column_of(x, from->points[i].t_ns)];

		r->unknown += v == UNKNOWN;
		if (v == UNKNOWN)
			continue;
		b->known++;
		b->sum += v;
		b->most = MAX(b->most, v);
		r->known++;
		r->sum += v;
		r->least = MIN(r->least, v);
		r->most = MAX(r->most, v);
	}
	for (c = 0; c < x->columns; c++)
		if (r->bins[c].known)
			r->fullest =
				MAX(r->fullest, (double)r->bins[c].sum / (double)r->bins[c].known);
}

/* 0 to LEVELS - 1; what is there is never drawn as if it were not. */
static unsigned level(const struct row *r, enum plot_what what, const struct bin *b)
{
	double part;

	if (what == PLOT_TIME) {
		if (r->most == r->least)
			return 0;
		part = (double)(b->most - r->least) / (double)(r->most - r->least);
		return (unsigned)(part * (LEVELS - 1) + 0.5);
	}
	if (!b->sum)
		return 0;
	part = (double)b->sum / (double)b->known / r->fullest;
	return MAX(1, (unsigned)(part * (LEVELS - 1) + 0.5));
}

/* --- numbers --------------------------------------------------------------------------- */

/* Enough places that it is not 0, and no more than say something. */
static int places(double v)
{
	return v >= 100 ? 0 : v >= 10 ? 1 : v >= 0.1 ? 2 : 4;
}

static void say_scale(struct row *r, enum plot_what what)
{
	double low = (double)r->least / (double)NS_PER_MS;
	double high = (double)r->most / (double)NS_PER_MS, share = 100 * r->fullest;

	if (!r->known)
		snprintf(r->scale, TEXT_MAX, "not known");
	else if (what == PLOT_TIME)
		snprintf(r->scale, TEXT_MAX, "%.*f to %.*f ms", places(low), low, places(high),
			 high);
	else if (!r->sum && r->unknown)
		snprintf(r->scale, TEXT_MAX, "none of %" PRId64 ", %" PRId64 " not known", r->known,
			 r->unknown);
	else if (!r->sum)
		snprintf(r->scale, TEXT_MAX, "none of %" PRId64, r->known);
	else if (r->unknown)
		snprintf(r->scale, TEXT_MAX,
			 "%" PRId64 " of %" PRId64 ", %" PRId64 " not known, most %.*f %%", r->sum,
			 r->known, r->unknown, share >= 99.95 ? 0 : places(share), share);
	else
		snprintf(r->scale, TEXT_MAX, "%" PRId64 " of %" PRId64 ", most %.*f %%", r->sum,
			 r->known, share >= 99.95 ? 0 : places(share), share);
}

static void say_time(const struct axis *x, double part, char out[static TEXT_MAX])
{
	double span = (double)(x->end_ns - x->begin_ns) / (double)NS_PER_S;
	const char *unit = span < 1 ? "ms" : "s";
	double v = part * span * (span < 1 ? 1000 : 1);

	snprintf(out, TEXT_MAX, "%.*f %s", part <= 0 || v >= 100 ? 0 : 1, v, unit);
}

/* --- lines ----------------------------------------------------------------------------- */

static void blanks(struct buf *out, unsigned n)
{
	buf_printf(out, "%*s", (int)n, "");
}

/* Returns how many blanks were left out at the end. */
static unsigned draw(const struct row *r, enum plot_what what, const struct axis *x, bool utf8,
		     struct buf *out)
{
	const char *const *chars = utf8 ? blocks : what == PLOT_LOSS ? loss_ascii : ascii;
	const char *none = utf8 ? none_block : none_ascii;
	unsigned c, at, skipped = 0;

	for (c = 0; c < x->columns; c++) {
		if (!r->bins[c].known) {
			skipped++;
			continue;
		}
		blanks(out, skipped);
		skipped = 0;
		at = level(r, what, &r->bins[c]);
		buf_puts(out, what == PLOT_LOSS && !at ? none : chars[at]);
	}
	return skipped;
}

static void put_at(struct buf *line, unsigned column, const char *s)
{
	blanks(line, column > line->len ? column - (unsigned)line->len : 0);
	buf_puts(line, s);
}

/* The times of the first column, the last one, and the middle. */
static void axis_line(const struct axis *x, unsigned indent, unsigned room, struct buf *out)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	char s[TEXT_MAX];
	unsigned len;

	say_time(x, 0, s);
	buf_puts(&line, s);
	if (x->columns >= MIDDLE_MIN) {
		say_time(x, 0.5, s);
		put_at(&line, x->columns / 2, s);
	}
	say_time(x, 1, s);
	len = (unsigned)strlen(s);
	if (line.len + 1 + len <= room)
		put_at(&line, MAX((unsigned)line.len + 1, x->columns - MIN(len, x->columns)), s);
	blanks(out, indent);
	buf_puts(out, buf_str(&line));
	buf_puts(out, "\n");
}

static unsigned name_width(const char *name, bool utf8)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	text_clean(&b, name, utf8);
	return text_width(buf_str(&b), b.len);
}

static void beside(const struct plot_row *from, const struct axis *x, unsigned names, bool utf8,
		   struct buf *out)
{
	struct row r;
	unsigned skipped;

	fill(from, x, &r);
	say_scale(&r, from->what);
	text_clean(out, from->name, utf8);
	blanks(out, names - name_width(from->name, utf8) + GAP);
	skipped = draw(&r, from->what, x, utf8, out);
	blanks(out, skipped + GAP);
	buf_printf(out, "%s\n", r.scale);
}

static void below(const struct plot_row *from, const struct axis *x, unsigned width, bool utf8,
		  struct buf *out)
{
	CLEANUP(buf_done) struct buf head = { 0 };
	struct row r;

	fill(from, x, &r);
	say_scale(&r, from->what);
	buf_printf(&head, "%s: %s", from->name, r.scale);
	text_wrap(out, "", buf_str(&head), width, utf8);
	draw(&r, from->what, x, utf8, out);
	buf_puts(out, "\n");
}

/* Columns of the names, and of what stands at the right, which depends on the columns between. */
static void measure(const struct plot_row *rows, size_t n, unsigned width, bool utf8,
		    unsigned *names, unsigned *scales)
{
	struct axis x = axis_of(rows, n, width);
	struct row r;
	size_t i;

	*names = *scales = 0;
	for (i = 0; i < n; i++) {
		*names = MAX(*names, name_width(rows[i].name, utf8));
		fill(&rows[i], &x, &r);
		say_scale(&r, rows[i].what);
		*scales = MAX(*scales, (unsigned)strlen(r.scale) + 1);
	}
}

void plot_write(const struct plot_row *rows, size_t n, const struct report_style *s,
		struct buf *out)
{
	unsigned width = s->width ? MAX(s->width, (unsigned)REPORT_WIDTH_MIN) : WIDTH_USUAL;
	unsigned names, scales, room, indent = 0;
	struct axis x;
	bool wide;
	size_t i;

	if (!n)
		return;
	measure(rows, n, width, s->utf8, &names, &scales);
	wide = width >= names + GAP + BESIDE_MIN + GAP + scales;
	room = wide ? width - names - GAP - GAP - scales : width;
	x = axis_of(rows, n, room);
	for (i = 0; i < n; i++)
		if (wide)
			beside(&rows[i], &x, names, s->utf8, out);
		else
			below(&rows[i], &x, width, s->utf8, out);
	indent = wide ? names + GAP : 0;
	if (x.end_ns > x.begin_ns)
		axis_line(&x, indent, width - indent, out);
}
