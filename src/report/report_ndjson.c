/*
 * A line for each event, as one JSON object. All have `type`, `ts` and `mono_ns`, nanoseconds since
 * the run began: when it was, not when it is told.
 */
#include "report/events.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/version.h"
#include "report/json_parts.h"

static json_t *timestamp(int64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_S);
	char s[32] = "", all[64];
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(s, sizeof(s), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(all, sizeof(all), "%s.%09lldZ", s, (long long)(wall_ns % NS_PER_S));
	return json_text(all);
}

/* o: its other members; taken. */
static void event(const struct facts *f, const char *type, int64_t wall_ns, json_t *o,
		  struct buf *out)
{
	json_t *line = json_object();
	char *text;

	json_set(line, "type", json_text(type));
	json_set(line, "ts", timestamp(wall_ns));
	json_set(line, "mono_ns", json_integer(wall_ns - f->started_wall_ns));
	json_object_update(line, o);
	json_decref(o);
	text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
	assert(text);
	buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(line);
}

void events_start(const struct facts *f, struct buf *out)
{
	json_t *o = json_object();

	json_set(o, "schema", json_text("wgdiag.events/1"));
	json_set(o, "wgdiag", json_text(WGDIAG_VERSION));
	json_set(o, "marker", json_text(f->marker));
	json_set(o, "target", json_target(&f->target));
	event(f, "start", f->started_wall_ns, o, out);
}

static json_t *numbered(int64_t number, int64_t size)
{
	json_t *o = json_object();

	json_set(o, "probe", json_integer(number));
	json_set(o, "size", json_integer(size));
	return o;
}

void events_probe(const struct facts *f, int64_t number, int64_t size, int64_t wall_ns,
		  struct buf *out)
{
	event(f, "probe", wall_ns, numbered(number, size), out);
}

/* When it was seen where, since it was sent; null: not seen. What was not watched is left out. */
static json_t *stages(const struct fates_facts *all, const struct fate_facts *p)
{
	json_t *o = json_object();
	unsigned s;

	for (s = 0; s < STAGE_COUNT; s++)
		if (all->watched & STAGE_BIT(s))
			json_set(o, stage_str((enum stage)s),
				 p->seen_ns[s] == UNKNOWN ?
					 json_null() :
					 json_integer(p->seen_ns[s] - p->sent_ns));
	return o;
}

static json_t *fate(const struct fates_facts *all, const struct fate_facts *p)
{
	json_t *o = numbered(p->probe, p->size);

	json_set(o, "session", json_count(p->session));
	json_set(o, "counter", json_count(p->counter));
	json_set(o, "session_back", json_count(p->session_back));
	json_set(o, "counter_back", json_count(p->counter_back));
	json_set(o, "stages", stages(all, p));
	json_set(o, "result", json_text(fate_result_str(p->result)));
	json_set(o, "after", json_text(stage_str(p->after)));
	json_set(o, "before", json_text(stage_str(p->before)));
	json_set(o, "reason", json_text(p->reason));
	return o;
}

static int64_t last_ns(const struct fate_facts *p)
{
	int64_t last = p->sent_ns;
	unsigned s;

	for (s = 0; s < STAGE_COUNT; s++)
		last = MAX(last, p->seen_ns[s]);
	return last;
}

struct ended {
	int64_t ns;
	const struct fate_facts *p;
};

static int by_time(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->p->probe < y->p->probe ? -1 : x->p->probe > y->p->probe;
}

/* By the time of their ends; from the arena. */
static const struct ended *in_order(const struct fates_facts *all, struct arena *a)
{
	struct ended *ended = arena_alloc(a, (all->n + 1) * sizeof(*ended));
	size_t i;

	for (i = 0; i < all->n; i++)
		ended[i] = (struct ended){ last_ns(&all->list[i]), &all->list[i] };
	qsort(ended, all->n, sizeof(*ended), by_time);
	return ended;
}

/* The moment of the last end, or else of the start. */
static int64_t end_ns(const struct facts *f)
{
	const struct fates_facts *all = &f->fates;
	int64_t end = f->started_wall_ns;
	size_t i;

	for (i = 0; i < all->n; i++)
		end = MAX(end, all->start_wall_ns + last_ns(&all->list[i]));
	return end;
}

void events_fates(const struct facts *f, struct buf *out)
{
	const struct fates_facts *all = &f->fates;
	const struct ended *ended;
	struct arena a;
	size_t i;

	arena_init(&a);
	ended = in_order(all, &a);
	for (i = 0; i < all->n; i++)
		event(f, "fate", all->start_wall_ns + ended[i].ns, fate(all, ended[i].p), out);
	arena_done(&a);
}

void events_verdict(const struct report *r, struct buf *out)
{
	const struct facts *f = r->facts;
	int64_t end = end_ns(f);
	const struct finding *row;
	json_t *o = json_object();

	for (row = r->findings->first; row; row = row->next)
		event(f, "check", end, json_row(row), out);
	event(f, "verdict", end, json_verdict(r->verdict), out);
	json_set(o, "end_reason", json_text(f->interrupted ? "interrupted" : "complete"));
	json_set(o, "fates", json_fates(f));
	event(f, "end", end, o, out);
}

/* Sendings and ends side by side, by time. */
static void probes(const struct facts *f, struct arena *a, struct buf *out)
{
	const struct fates_facts *all = &f->fates;
	const struct ended *ended = in_order(all, a);
	const struct fate_facts *p;
	size_t i, sent = 0;

	for (i = 0; i < all->n; i++) {
		for (; sent < all->n && all->list[sent].sent_ns <= ended[i].ns; sent++) {
			p = &all->list[sent];
			events_probe(f, p->probe, p->size, all->start_wall_ns + p->sent_ns, out);
		}
		event(f, "fate", all->start_wall_ns + ended[i].ns, fate(all, ended[i].p), out);
	}
}

/* Of a run that is over: all by time. */
static void write_ndjson(const struct report *r, const struct report_style *s, struct buf *out)
{
	(void)s; /* a program wants all, always alike */
	events_start(r->facts, out);
	probes(r->facts, r->findings->arena, out);
	events_verdict(r, out);
}

const struct report_ops report_ndjson = { .name = "ndjson", .write = write_ndjson };
