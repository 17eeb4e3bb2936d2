/*
 * The report for programs, one JSON object as interface.md has it. Its shape is
 * fixtures/schema/wgdiag.report-1.schema.json.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static void add_once(json_t *list, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *have = json_string_value(json_array_get(list, i));

		if (strlen(have) == len && !strncmp(have, word, len))
			return;
	}
	json_array_append_new(list, json_stringn(word, len));
}

/* Those that what would help speaks of, as "run as root, or grant CAP_NET_RAW". */
static void add_privileges(json_t *list, const char *remedy)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", root[] = "root";
	const char *at = remedy;
	bool any = false;

	while (at && (at = strstr(at, "CAP_")) != NULL) {
		add_once(list, at, strspn(at, letters));
		at += strspn(at, letters);
		any = true;
	}
	if (!any && remedy && strstr(remedy, root))
		add_once(list, root, strlen(root));
}

static json_t *quality(const struct facts *f)
{
	json_t *o = json_object(), *missing = json_array();
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++)
		if (f->gaps[i].why)
			add_privileges(missing, f->gaps[i].remedy);
	add_privileges(missing, f->kernel.unwatched_remedy);
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
