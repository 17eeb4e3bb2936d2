/* ping.sizes: all pass, large ones lost, one probe, refused below and above the MTU. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

/* Steps of size >= from lose what they sent, in one direction and family. */
static void lose(struct facts *f, int64_t from, int64_t sent)
{
	size_t i;

	for (i = 0; i < f->n_sizes; i++) {
		struct size_facts *s = &f->sizes[i];

		if (s->error || s->size < from || s->from != END_FAR || s->family != FAMILY_IP4)
			continue;
		s->sent = sent;
		s->received = 0;
	}
}

static void large(struct facts *f)
{
	lose(f, 1280, 2);
}

static void largest_once(struct facts *f)
{
	lose(f, 1420, 1);
}

static void largest_twice(struct facts *f)
{
	lose(f, 1420, 2);
}

static void all(struct facts *f)
{
	lose(f, 0, 2);
}

static void one_of_two(struct facts *f)
{
	f->sizes[4].received = 1;
}

static void hole(struct facts *f)
{
	f->sizes[4].received = 0; /* 1280, and 1420 passes */
}

static void refused_below(struct facts *f)
{
	f->sizes[8].sent = f->sizes[8].received = 0; /* 1420 */
	f->sizes[8].error = "Message too long";
}

static void refused_above(struct facts *f)
{
	refused_below(f);
	f->tun[END_NEAR].start.mtu = 1419;
}

static void mtu_unknown(struct facts *f)
{
	refused_below(f);
	facts_gap(f, NEED_LINKS, "reading links: Operation not permitted", NULL);
}

static void not_tried(struct facts *f)
{
	size_t i;

	for (i = 1; i < f->n_sizes; i += 4) {
		f->sizes[i].sent = f->sizes[i].received = 0;
		f->sizes[i].error = "Network is unreachable";
	}
}

static void none(struct facts *f)
{
	f->n_sizes = 0;
}

static void gap(struct facts *f)
{
	facts_gap(f, NEED_SIZES, "not tried", NULL);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "largest: IPv4 me → peer 1420 B", NULL },
	{ "large are lost", large, STATE_FAIL, "IPv4 peer → me: up to 100 B pass, 1280 B lost",
	  NULL },
	{ "border: one probe", largest_once, STATE_UNSURE, "up to 1280 B pass, 1420 B lost (one",
	  NULL },
	{ "border: two probes", largest_twice, STATE_FAIL, "up to 1280 B pass, 1420 B lost", NULL },
	{ "no size", all, STATE_FAIL, "no size passes, from 100 B", NULL },
	{ "one of two", one_of_two, STATE_PASS, "largest", NULL },
	{ "a hole is not the size", hole, STATE_PASS, "largest", NULL },
	{ "refused below the MTU", refused_below, STATE_FAIL, "1420 B refused by its own stack",
	  NULL },
	{ "border: refused above it", refused_above, STATE_PASS, "IPv4 me → peer 1280 B", NULL },
	{ "MTU not known", mtu_unknown, STATE_PASS, NULL, NULL },
	{ "one way not tried", not_tried, STATE_UNSURE, "Network is unreachable", NULL },
	{ "none tried", none, STATE_UNSURE, "no size was tried", NULL },
	{ "gap", gap, STATE_SKIP, "not tried", NULL },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run("ping.sizes", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests_name("ping.sizes", tests, NULL, NULL);
}
