/*
 * The report for programs, one JSON object as interface.md has it; what is not known is
 * null. Its shape is fixtures/schema/wgdiag.report-1.schema.json.
 */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "report/report.h"
#include "report/width.h"

enum { REAL_DIGITS = 12 }; /* enough for microseconds of a day, and 18.4 stays 18.4 */

static const char *const kinds[] = {
	[TARGET_SELF_TEST] = "self-test",
	[TARGET_CONFIG] = "config",
	[TARGET_INTERFACE] = "interface",
	[TARGET_OPAQUE] = "opaque",
};

/* Any bytes, as valid text; null for NULL. */
static json_t *str(const char *s)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	if (!s)
		return json_null();
	text_clean(&b, s, true);
	return json_string(buf_str(&b));
}

static json_t *count(int64_t v)
{
	return v == UNKNOWN ? json_null() : json_integer(v);
}

static json_t *milliseconds(int64_t ns)
{
	return ns == UNKNOWN ? json_null() : json_real((double)(ns / NS_PER_US) / 1e3);
}

static void set(json_t *o, const char *key, json_t *v)
{
	int rc = json_object_set_new(o, key, v);

	assert(rc == 0);
	(void)rc;
}

static json_t *target(const struct target_facts *t)
{
	json_t *o = json_object();

	set(o, "kind", str(kinds[t->kind]));
	set(o, "name", str(t->name));
	set(o, "engine", str(t->engine));
	set(o, "engine_version", str(t->engine_version));
	set(o, "program", str(t->program));
	return o;
}

static json_t *strings(const char *const *s, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(list, str(s[i]));
	return list;
}

static json_t *remedy(const char *text, const char *const *commands, size_t n)
{
	json_t *o;

	if (!text)
		return json_null();
	o = json_object();
	set(o, "text", str(text));
	set(o, "commands", strings(commands, n));
	return o;
}

static json_t *candidates(const struct verdict *v)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < v->n_candidates; i++) {
		const struct candidate *c = &v->candidates[i];
		json_t *o = json_object();

		set(o, "cause", str(c->cause));
		set(o, "side", str(side_str(c->side)));
		set(o, "evidence", strings(c->evidence, c->n_evidence));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *verdict(const struct verdict *v)
{
	json_t *o = json_object();

	set(o, "state", str(state_str(v->state)));
	set(o, "cause", str(v->cause));
	set(o, "candidates", candidates(v));
	set(o, "side", str(side_str(v->side)));
	set(o, "direction", str(direction_str(v->direction)));
	set(o, "summary", str(v->summary));
	set(o, "remedy", remedy(v->fix, v->fix_commands, v->n_fix_commands));
	set(o, "will_not_help", strings(v->not_this, v->n_not_this));
	set(o, "next", strings(v->next, v->n_next));
	return o;
}

static json_t *number(const struct evidence_number *n)
{
	json_t *pair;

	if (n->unknown)
		return json_null();
	if (n->is_integer)
		return json_integer((json_int_t)n->value);
	if (!n->is_interval)
		return json_real(n->value);
	pair = json_array();
	json_array_append_new(pair, json_real(n->value));
	json_array_append_new(pair, json_real(n->high));
	return pair;
}

static json_t *numbers(const struct finding *f)
{
	json_t *o = json_object();
	const struct evidence *ev;
	size_t i;

	for (ev = f->evidence; ev; ev = ev->next) {
		for (i = 0; i < ev->n_numbers; i++) {
			const struct evidence_number *n = &ev->numbers[i];

			set(o, n->name, number(n));
		}
	}
	return o;
}

static json_t *check(const struct finding *f)
{
	json_t *o = json_object();

	set(o, "id", str(f->check->id));
	set(o, "layer", str(layer_str(f->check->layer)));
	set(o, "title", str(f->check->title));
	set(o, "state", str(state_str(f->state)));
	set(o, "caused_by", str(f->caused_by));
	set(o, "duration_ms", milliseconds(f->duration_ns));
	set(o, "summary", str(f->summary));
	set(o, "evidence", numbers(f));
	set(o, "remedy", remedy(f->remedy, f->commands, f->n_commands));
	return o;
}

static json_t *check_rows(const struct findings *all)
{
	json_t *list = json_array();
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		json_array_append_new(list, check(f));
	return list;
}

/*
 * Where an unanswered ping died is not followed yet: it is unknown, not lost. One that was
 * answered after its time did come through.
 */
static json_t *fates(const struct facts *f)
{
	const struct ping_facts *p = &f->ping_peer;
	bool have = (f->have & NEED_BIT(NEED_PING_PEER)) != 0 && p->sent != UNKNOWN;
	int64_t answered = have ? p->received + MAX(p->late, 0) : UNKNOWN;
	json_t *o = json_object();

	set(o, "sent", count(have ? p->sent : UNKNOWN));
	set(o, "answered", count(answered));
	set(o, "unknown", count(have ? p->sent - answered : UNKNOWN));
	set(o, "lost", json_array());
	return o;
}

static json_t *capture_dropped(const struct facts *f)
{
	int64_t sum = 0;
	bool any = false;
	unsigned i;

	for (i = 0; i < TAP_COUNT; i++) {
		if (!(f->have & NEED_BIT(NEED_TAP_NEAR_TUN + i)))
			continue;
		any = true;
		if (f->taps[i].dropped == UNKNOWN)
			return json_null();
		sum += f->taps[i].dropped;
	}
	return any ? json_integer(sum) : json_null();
}
_Static_assert(NEED_TAP_NEAR_TUN + TAP_FAR_WIRE == NEED_TAP_FAR_WIRE,
	       "needs of taps follow the taps");

static json_t *quality(const struct facts *f)
{
	json_t *o = json_object(), *missing = json_array();
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (f->gaps[i].why && f->gaps[i].remedy)
			json_array_append_new(missing, str(f->gaps[i].why));
	set(o, "capture_dropped", capture_dropped(f));
	set(o, "trace_overrun", json_null());
	set(o, "missing_privileges", missing);
	return o;
}

static void write_json(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct facts *f = r->facts;
	json_t *o = json_object();
	char *text;

	(void)s; /* a program wants all, always alike */
	set(o, "schema", str("wgdiag.report/1"));
	set(o, "wgdiag", str(WGDIAG_VERSION));
	set(o, "marker", str(f->marker));
	set(o, "end_reason", str(f->interrupted ? "interrupted" : "complete"));
	set(o, "target", target(&f->target));
	set(o, "not_tested", strings(f->not_tested, f->n_not_tested));
	set(o, "verdict", verdict(r->verdict));
	set(o, "checks", check_rows(r->findings));
	set(o, "fates", fates(f));
	set(o, "evidence_quality", quality(f));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
	assert(text);
	buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(o);
}

const struct report_ops report_json = { .name = "json", .write = write_json };
