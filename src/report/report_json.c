/*
 * The report for programs, one JSON object as interface.md has it. Its shape is
 * fixtures/schema/wgdiag.report-1.schema.json.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/version.h"
#include "report/json_parts.h"

static json_t *check_rows(const struct findings *all)
{
	json_t *list = json_array();
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		json_array_append_new(list, json_row(f));
	return list;
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
			json_array_append_new(missing, json_text(f->gaps[i].why));
	json_set(o, "capture_dropped", capture_dropped(f));
	json_set(o, "trace_overrun", json_count(f->fates.trace_overrun));
	json_set(o, "missing_privileges", missing);
	return o;
}

static void write_json(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct facts *f = r->facts;
	json_t *o = json_object();
	char *text;

	(void)s; /* a program wants all, always alike */
	json_set(o, "schema", json_text("wgdiag.report/1"));
	json_set(o, "wgdiag", json_text(WGDIAG_VERSION));
	json_set(o, "marker", json_text(f->marker));
	json_set(o, "end_reason", json_text(f->interrupted ? "interrupted" : "complete"));
	json_set(o, "target", json_target(&f->target));
	json_set(o, "not_tested", json_texts(f->not_tested, f->n_not_tested));
	json_set(o, "verdict", json_verdict(r->verdict));
	json_set(o, "checks", check_rows(r->findings));
	json_set(o, "fates", json_fates(f));
	json_set(o, "evidence_quality", quality(f));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
	assert(text);
	buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(o);
}

const struct report_ops report_json = { .name = "json", .write = write_json };
