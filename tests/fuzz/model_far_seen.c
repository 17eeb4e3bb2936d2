/*
 * What is given as a far end's, from anywhere: refused in one line, or taken; what was recorded is
 * written the same twice, and every check can live with it, as its own and as the far end's.
 */
#include <assert.h>
#include <string.h>

#include "check/check.h"
#include "lib/fuzz.h"
#include "model/facts_file.h"
#include "model/far_seen.h"
#include "run/run_far.h"

static void judge(const struct facts *f, struct arena *a)
{
	struct findings all;

	findings_init(&all, a);
	checks_run(f, NULL, &all);
	assert(all.n);
}

/* At an end that knows nothing, and at the very other one. */
static void beside(const struct far_text *t, struct arena *a)
{
	struct err e;
	struct facts f;

	facts_init(&f);
	f.marker = f.target.name = f.target.engine = "x";
	f.target.kind = TARGET_INTERFACE;
	f.handshake.complete = true;
	if (run_far_apply(&f, t, a, &e) == 0)
		judge(&f, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf once = { 0 }, twice = { 0 };
	struct err e = { 0 };
	struct far_text t;
	struct facts back;
	struct arena a;

	arena_init(&a);
	if (far_parse((const char *)bytes, len, &a, &t, &e) < 0) {
		assert(e.text[0] && !strchr(e.text, '\n'));
	} else if (t.seen) {
		facts_write_far(t.seen, &once);
		assert(facts_read_far(once.b, once.len, &a, &back, NULL) == 0);
		facts_write_far(&back, &twice);
		assert(strcmp(once.b, twice.b) == 0);
		judge(t.seen, &a);
		beside(&t, &a);
	}
	buf_done(&once);
	buf_done(&twice);
	arena_done(&a);
	return 0;
}
