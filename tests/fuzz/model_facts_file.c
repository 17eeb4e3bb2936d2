/*
 * A file of facts from anywhere: refused in one line, or taken; what was taken is written
 * the same twice, and every check and report can live with it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/facts_file.h"
#include "report/report.h"
#include "verdict/verdict.h"

static void judge(const struct facts *f, struct arena *a)
{
	const struct report_style wide = { .verbose = true, .utf8 = true },
				  narrow = { .width = 40 };
	struct buf out = { 0 };
	struct findings all;
	struct verdict v;

	findings_init(&all, a);
	checks_run(f, NULL, &all);
	verdict_of(f, &all, &v);
	report_text.write(&(struct report){ f, &all, &v }, &wide, &out);
	report_text.write(&(struct report){ f, &all, &v }, &narrow, &out);
	report_json.write(&(struct report){ f, &all, &v }, &wide, &out);
	assert(out.len);
	buf_done(&out);
}

static void taken(const struct facts *f, struct arena *a)
{
	struct buf once = { 0 }, twice = { 0 };
	struct facts back;

	facts_write(f, &once);
	assert(facts_read(once.b, once.len, a, &back, NULL) == 0);
	facts_write(&back, &twice);
	assert(strcmp(once.b, twice.b) == 0);
	buf_done(&once);
	buf_done(&twice);
	judge(f, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	struct facts f;
	struct arena a;

	arena_init(&a);
	if (facts_read((const char *)bytes, len, &a, &f, &e) == 0)
		taken(&f, &a);
	else
		assert(e.text[0] && !strchr(e.text, '\n'));
	arena_done(&a);
	return 0;
}
