/*
 * The report for people: what was tested, the table, the ping summary, the verdict.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/version.h"
#include "report/ledger_text.h"
#include "report/table.h"
#include "report/text_parts.h"
#include "report/text_ping.h"
#include "report/width.h"

static const char *when(struct arena *a, int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_S);
	char s[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(s, sizeof(s), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, s);
}

static const char *which(const struct target_facts *t, struct arena *a)
{
	char key[KEY_SHORT_SIZE];

	if (t->kind == TARGET_SELF_TEST)
		return "self-test on a private tunnel";
	if (public_key_is_zero(&t->peer))
		return t->name;
	public_key_short(&t->peer, key);
	return arena_printf(a, "%s  peer %s", t->name, key);
}

static void header(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct target_facts *t = &r->facts->target;
	const char *version = facts_engine_version(t);
	struct arena *a = r->findings->arena;

	text_wrap(out, "",
		  arena_printf(a, "wgdiag %s  %s  engine %s%s%s  %s  %s", WGDIAG_VERSION,
			       which(t, a), t->engine, version ? " " : "", version ? version : "",
			       when(a, r->facts->started_wall_ns), r->facts->marker),
		  s->width, s->utf8);
}

static const struct finding *row_of(const struct findings *all, const char *id)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (strcmp(f->check->id, id) == 0)
			return f;
	return NULL;
}

static const char *note(const struct evidence *ev, struct arena *a)
{
	const char *s = arena_printf(a, "%s, %s: %s", ev->source, ev->where, ev->text);
	size_t i;

	for (i = 0; i < ev->n_numbers; i++) {
		const struct evidence_number *n = &ev->numbers[i];
		const char *sep = i ? ", " : "; ";

		if (n->unknown)
			s = arena_printf(a, "%s%s%s unknown", s, sep, n->name);
		else if (n->is_integer)
			s = arena_printf(a, "%s%s%s %.0f", s, sep, n->name, n->value);
		else if (n->is_interval)
			s = arena_printf(a, "%s%s%s %.4f to %.4f", s, sep, n->name, n->value,
					 n->high);
		else
			s = arena_printf(a, "%s%s%s %.3f", s, sep, n->name, n->value);
	}
	return s;
}

static size_t lines_of(const char *s)
{
	size_t n = 1;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* A log has one note for each of its lines. */
static void add_note(struct table_row *row, const struct evidence *ev, struct arena *a)
{
	char *line, *rest = arena_strdup(a, note(ev, a));

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line)
			row->notes[row->n_notes++] = line;
}

/* What the verdict says to do is not said twice. */
static void add_notes(struct table_row *row, const struct finding *f, bool told, struct arena *a)
{
	const struct evidence *ev;
	size_t i, n = 1 + f->n_commands;

	for (ev = f->evidence; ev; ev = ev->next)
		n += lines_of(ev->text);
	row->notes = arena_alloc(a, n * sizeof(*row->notes));
	for (ev = f->evidence; ev; ev = ev->next)
		add_note(row, ev, a);
	if (told)
		return;
	if (f->remedy)
		row->notes[row->n_notes++] = arena_printf(a, "remedy: %s", f->remedy);
	for (i = 0; i < f->n_commands; i++)
		row->notes[row->n_notes++] = arena_printf(a, "to type: %s", f->commands[i]);
}

static bool is_told(const struct finding *f, const struct verdict *v)
{
	size_t i;

	/* What it is a consequence of tells it. */
	if (f->state == STATE_FAIL && f->caused_by)
		return true;
	for (i = 0; i < v->n_fixes; i++)
		if (f->remedy && f->remedy == v->fixes[i].text)
			return true;
	return f->remedy && f->remedy == v->fix;
}

static struct table_row row_from(const struct report *r, const struct finding *f, bool verbose)
{
	struct arena *a = r->findings->arena;
	struct table_row row = {
		.layer = layer_str(f->check->layer),
		.check = f->check->title,
		.result = state_str(f->state),
		.evidence = f->summary,
		.state = f->state,
	};
	const struct finding *cause = f->caused_by ? row_of(r->findings, f->caused_by) : NULL;

	if (f->subject)
		row.check = arena_printf(a, "%s, %s", f->check->title, f->subject);
	if (cause) {
		row.result = arena_printf(a, "%s ↳", state_str(f->state));
		row.evidence = arena_printf(a, "%s: %s", cause->check->title, f->summary);
	} else if (f->state == STATE_SKIP && f->remedy) {
		row.evidence = arena_printf(a, "%s (%s)", f->summary, f->remedy);
	}
	if (verbose)
		add_notes(&row, f, is_told(f, r->verdict), a);
	return row;
}

/* With -q: what failed, or what kept the verdict from being one. */
static bool is_shown(const struct finding *f, const struct report *r, const struct report_style *s)
{
	if (!s->quiet || f->state == STATE_FAIL)
		return true;
	if (s->warn_fails && f->state == STATE_WARN)
		return true;
	return r->verdict->state == STATE_UNSURE &&
	       (f->state == STATE_UNSURE || f->state == STATE_ERROR || f->state == STATE_SKIP);
}

static void table(const struct report *r, const struct report_style *s, struct buf *out)
{
	struct arena *a = r->findings->arena;
	struct table_row *rows = arena_alloc(a, (r->findings->n + 1) * sizeof(*rows));
	const struct finding *f;
	size_t n = 0;

	for (f = r->findings->first; f; f = f->next)
		if (is_shown(f, r, s))
			rows[n++] = row_from(r, f, s->verbose);
	table_write(rows, n, !s->quiet, s, out);
}

/* Which way a lost one went is not known yet, so it is not said. */
static void ping_summary(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct ping_facts *p = &r->facts->ping_peer;
	char target[IP_ADDR_STR_SIZE];
	int64_t way = p->sent == p->received ? 0 : UNKNOWN;

	if (!(r->facts->have & NEED_BIT(NEED_PING_PEER)) || p->sent < 0)
		return;
	/* It may have been done for another row, which was asked for without it. */
	if (r->findings->partial && !row_of(r->findings, "ping.peer"))
		return;
	buf_puts(out, "\n");
	text_ping(&(struct text_ping){ .to = ip_addr_str(&p->target, target),
				       .sent = p->sent,
				       .unsent = p->send_errors,
				       .received = p->received,
				       .up = way,
				       .down = way,
				       .late = p->late,
				       .duplicates = p->duplicates,
				       .elapsed_ns = p->elapsed_ns,
				       .min_ns = p->min_ns,
				       .avg_ns = p->avg_ns,
				       .max_ns = p->max_ns,
				       .mdev_ns = p->mdev_ns },
		  r->findings->arena, s, out);
}

static void not_tested(const struct report *r, const struct report_style *s, struct buf *out)
{
	size_t i;

	for (i = 0; i < r->facts->n_not_tested; i++)
		text_wrap(out, "NOT TESTED: ",
			  arena_printf(r->findings->arena, "%s → wgdiag check %s",
				       r->facts->not_tested[i], r->facts->not_tested[i]),
			  s->width, s->utf8);
}

/* The first line has the head, the others stand below it. */
static void listed(const char *head, const char *const *lines, size_t n,
		   const struct report_style *s, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		text_wrap(out, i ? "         " : head, lines[i], s->width, s->utf8);
}

/* The verdict's own first, then each other that is at work. */
static void fix(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct verdict *v = r->verdict;
	const char *head = "Fix:     ";
	size_t i;

	if (v->fix) {
		text_wrap(out, head, v->fix, s->width, s->utf8);
		listed("         ", v->fix_commands, v->n_fix_commands, s, out);
		head = "And:     ";
	}
	for (i = 0; i < v->n_fixes; i++) {
		const struct remedy *m = &v->fixes[i];

		if (!m->text || m->text == v->fix)
			continue;
		text_wrap(out, head,
			  m->cause ? arena_printf(r->findings->arena, "%s: %s", m->cause, m->text) :
				     m->text,
			  s->width, s->utf8);
		listed("         ", m->commands, m->n_commands, s, out);
		head = "And:     ";
	}
}

static void will_not_help(const struct verdict *v, const struct report_style *s, struct buf *out)
{
	size_t i;

	if (!s->verbose || v->n_not_this == 0)
		return;
	buf_puts(out, "Will not help:\n");
	for (i = 0; i < v->n_not_this; i++)
		text_wrap(out, "       - ", v->not_this[i], s->width, s->utf8);
}

/* What one of those at work may be: "a (far) or b (far)". */
static const char *alternatives(const struct verdict *v, size_t of, struct arena *a)
{
	const char *all = NULL;
	size_t i;

	for (i = 0; i < v->n_candidates; i++)
		if (v->candidates[i].of == of)
			all = arena_printf(a, "%s%s%s (%s)", all ? all : "", all ? " or " : "",
					   v->candidates[i].cause, side_str(v->candidates[i].side));
	return all;
}

/* What is in the summary of a tie as "or 2 more" must stand somewhere. */
static void candidates(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct verdict *v = r->verdict;
	struct arena *a = r->findings->arena;
	const char *all = NULL;
	size_t i;

	if (v->n_candidates < 2)
		return;
	for (i = 0; i < v->n_fixes; i++)
		all = arena_printf(a, "%s%s%s", all ? all : "", all ? "; and " : "",
				   alternatives(v, i, a));
	text_wrap(out, "Causes:  ", all, s->width, s->utf8);
}

static void verdict(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct verdict *v = r->verdict;
	struct arena *a = r->findings->arena;

	text_wrap(out, "Verdict: ", arena_printf(a, "%s: %s", verdict_head(v, a), v->summary),
		  s->width, s->utf8);
	candidates(r, s, out);
	fix(r, s, out);
	will_not_help(v, s, out);
	listed("Next:    ", v->next, v->n_next, s, out);
}

/* Then nothing is said with `quiet`. */
static bool is_healthy(const struct report *r, const struct report_style *s)
{
	return r->verdict->state != STATE_FAIL && r->verdict->state != STATE_UNSURE &&
	       !(s->warn_fails && r->verdict->state == STATE_WARN);
}

static void self_test(const struct report *r, const struct report_style *s, struct buf *out)
{
	if (r->facts->target.kind == TARGET_SELF_TEST)
		text_wrap(out, "",
			  "This was a self-test: both ends were made by wgdiag on this machine, "
			  "and it says nothing about any other tunnel.",
			  s->width, s->utf8);
}

void text_page(const struct report *r, const struct report_style *wanted,
	       void (*probes)(const struct report *r, const struct report_style *s,
			      struct buf *out),
	       struct buf *out)
{
	struct report_style style = *wanted, *s = &style;

	if (s->width)
		s->width = MAX(s->width, REPORT_WIDTH_MIN);
	if (s->quiet) {
		if (!is_healthy(r, s))
			table(r, s, out);
		return;
	}
	header(r, s, out);
	buf_puts(out, "\n");
	table(r, s, out);
	if (s->verbose)
		ledger_text(r->facts, false, r->findings->arena, s, out);
	probes(r, s, out);
	buf_puts(out, "\n");
	not_tested(r, s, out);
	verdict(r, s, out);
	self_test(r, s, out);
}

static void write_text(const struct report *r, const struct report_style *s, struct buf *out)
{
	text_page(r, s, ping_summary, out);
}

const struct report_ops report_text = { .name = "text", .write = write_text };
