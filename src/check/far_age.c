#include "check/far_age.h"

#include "check/words.h"

/* Hosts without NTP are off by minutes, and it takes some to hand a text on. */
#define FAR_OLD_NS (15 * 60 * NS_PER_S)

static int64_t age(const struct facts *f)
{
	int64_t when = f->far_host.when_wall_ns;

	if (!(f->have & NEED_BIT(NEED_FAR_TEXT)) || when == UNKNOWN)
		return UNKNOWN;
	return MAX(f->started_wall_ns - when, 0);
}

bool far_is_old(const struct facts *f)
{
	return age(f) > FAR_OLD_NS;
}

const char *far_age_words(const struct facts *f, struct arena *a)
{
	if (!far_is_old(f))
		return "";
	return arena_printf(
		a, "; the far end's words are %s older than this run, if both clocks are right",
		words_age(a, age(f)));
}
