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

static void barred(struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_sizes; i++) {
		struct size_facts *s = &f->sizes[i];

		if (s->from != END_FAR || s->family != FAMILY_IP4)
			continue;
		s->sent = s->received = 0;
		s->error = "Operation not permitted";
	}
}

static void wire_loses(struct facts *f, int64_t lost)
{
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] -= lost;
}

/* All large ones, from both ends and in both families; no direction can be told from it. */
static void by_size(struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_sizes; i++)
		if (!f->sizes[i].error && f->sizes[i].size >= 1280)
			f->sizes[i].received = 0;
	wire_loses(f, 100);
	f->streams[0].received = 0;
}

static void by_size_and_small(struct facts *f)
{
	by_size(f);
	f->loss_up.lost = 60;
}

/* The same number of answers missing, and some of them small. */
static void by_chance(struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_sizes; i++)
		f->sizes[i].received = f->sizes[i].sent > 1 ? 1 : 0;
	f->sizes[8].received = 0;
	f->loss_up.lost = 60;
	wire_loses(f, 100);
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
	{ "healthy", NULL, STATE_PASS, "largest answered: IPv4 from me 1420 B", NULL },
	{ "large are lost", large, STATE_FAIL,
	  "IPv4 from the peer: up to 100 B answered, from 1280 B on not", NULL },
	{ "border: one probe", largest_once, STATE_UNSURE,
	  "up to 1280 B answered, from 1420 B on not (one", NULL },
	{ "border: two probes", largest_twice, STATE_FAIL,
	  "up to 1280 B answered, from 1420 B on not", NULL },
	{ "no size", all, STATE_FAIL, "none answered, from 100 B", NULL },
	{ "one of two", one_of_two, STATE_PASS, "largest answered", NULL },
	{ "a hole is not the size", hole, STATE_PASS, "largest answered", NULL },
	{ "refused below the MTU", refused_below, STATE_FAIL, "1420 B refused by its own stack",
	  NULL },
	{ "border: refused above it", refused_above, STATE_PASS, "IPv4 from me 1280 B", NULL },
	{ "MTU not known", mtu_unknown, STATE_PASS, NULL, NULL },
	{ "one way not tried", not_tried, STATE_UNSURE, "Network is unreachable", NULL },
	{ "barred", barred, STATE_FAIL,
	  "IPv4 from the peer: refused by its own firewall or stack: Operation not", NULL },
	{ "lost by size", by_size, STATE_FAIL, "up to 100 B answered, from 1280 B on not", NULL },
	{ "border: by size, and small ones too", by_size_and_small, STATE_FAIL, NULL,
	  "underlay.out" },
	{ "lost by chance", by_chance, STATE_FAIL, NULL, "underlay.out" },
	{ "none tried", none, STATE_UNSURE, "no size was tried", NULL },
	{ "gap", gap, STATE_SKIP, "not tried", NULL },
};

static void judges(void **state)
{
	(void)state;
	check_cases_run("ping.sizes", cases, ARRAY_LEN(cases));
}

static const char *cause_of(void (*change)(struct facts *f), const char *id)
{
	struct findings all;
	const char *cause;
	struct arena a;
	struct facts f;

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	change(&f);
	checks_run(&f, NULL, &all);
	assert_int_equal(made_row(&all, id)->state, STATE_FAIL);
	cause = made_row(&all, id)->caused_by;
	arena_done(&a);
	return cause ? cause : "-";
}

/* What is lost for its size is told once; what is lost by chance stays loss. */
static void is_root_of_what_counts_the_same(void **state)
{
	(void)state;
	assert_string_equal(cause_of(by_size, "underlay.out"), "ping.sizes");
	assert_string_equal(cause_of(by_size, "data.both-ways"), "ping.sizes");
	assert_string_equal(cause_of(by_size_and_small, "underlay.out"), "-");
	assert_string_equal(cause_of(by_size_and_small, "loss.up"), "underlay.out");
	assert_string_equal(cause_of(by_chance, "underlay.out"), "-");
	assert_string_equal(cause_of(by_chance, "loss.up"), "underlay.out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(is_root_of_what_counts_the_same),
	};

	return cmocka_run_group_tests_name("ping.sizes", tests, NULL, NULL);
}
