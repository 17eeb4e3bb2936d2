#include "check/given_log.h"

const char *given_log_words(const struct facts *f, uint32_t classes, struct arena *a)
{
	const struct engine_facts *g = &f->engine[END_NEAR];
	const char *s = NULL;
	unsigned i;

	static_assert(ENGINE_LOG_COUNT <= 32, "one bit each");
	if (!g->log_file)
		return NULL;
	for (i = 0; i < ENGINE_LOG_COUNT; i++) {
		if (!(classes & GIVEN_LOG_BIT(i)) || g->log_says[i] <= 0)
			continue;
		s = arena_printf(a, "%s%s%lld × %s", s ? s : "", s ? ", " : "",
				 (long long)g->log_says[i],
				 engine_log_says((enum engine_log_class)i));
	}
	if (!s)
		return NULL;
	return arena_printf(a, "in the %slog given: %s", g->log_cut ? "end of the " : "", s);
}

void given_log_because(const struct facts *f, uint32_t classes, struct findings *out,
		       struct finding *row)
{
	const char *words = given_log_words(f, classes, out->arena);

	if (words &&
	    (row->state == STATE_FAIL || row->state == STATE_UNSURE || row->state == STATE_WARN))
		finding_because(out, row, "log", f->engine[END_NEAR].log_file, "%s", words);
}
