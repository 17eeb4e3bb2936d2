/* What a diagnosis is worth: every grade, for faults, groups and controls, from both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lab/grade.h"

static const struct lab_fault far_fault = { .name = "no-ip-forward",
					    .side = "far",
					    .group = "not-forwarded" };
static const struct lab_fault near_fault = { .name = "no-uplink", .side = "local" };
static const struct lab_fault healthy = { .name = "none" };
static const struct lab_fault no_fault = { .name = "icmp-filtered" };
static const struct lab_variant plain;
static const struct lab_fault unnoticed = { .name = "idle-not-broken", .unnoticed = true };

static struct lab_said said(const char *state, const char *cause, const char *candidate,
			    const char *side)
{
	return (struct lab_said){ .state = state,
				  .cause = cause,
				  .candidates = { "another", candidate },
				  .n_candidates = candidate ? 2 : 0,
				  .side = side };
}

static void each_grade(void **state)
{
	const struct {
		const struct lab_fault *f;
		struct lab_said said;
		enum lab_grade grade;
	} of[] = {
		{ &near_fault, said("FAIL", "no-uplink", "no-uplink", "local"), LAB_RIGHT },
		{ &near_fault, said("FAIL", NULL, NULL, "local"), LAB_UNNAMED },
		{ &near_fault, said("UNSURE", "no-uplink", NULL, "local"), LAB_UNNAMED },
		{ &near_fault, said("PASS", NULL, NULL, NULL), LAB_UNNAMED },
		{ &near_fault, said("FAIL", "wrong-key", "no-uplink", "local"), LAB_WRONG },
		/* A group that is not this fault's, though it has it. */
		{ &near_fault, said("FAIL", "no-answer", "no-uplink", "local"), LAB_WRONG },
		{ &far_fault, said("FAIL", "no-ip-forward", "no-ip-forward", "far"), LAB_RIGHT },
		{ &far_fault, said("FAIL", "not-forwarded", "no-ip-forward", "far"), LAB_GROUP },
		{ &far_fault, said("FAIL", "not-forwarded", "forward-drop", "far"), LAB_WRONG },
		{ &far_fault, said("FAIL", "not-forwarded", NULL, "far"), LAB_WRONG },
		{ &healthy, said("PASS", NULL, NULL, NULL), LAB_RIGHT },
		{ &healthy, said("WARN", NULL, NULL, NULL), LAB_RIGHT },
		{ &healthy, said("UNSURE", NULL, NULL, NULL), LAB_UNNAMED },
		{ &healthy, said("FAIL", NULL, NULL, NULL), LAB_FALSE_ALARM },
		{ &healthy, said("PASS", "icmp-filtered", NULL, NULL), LAB_WRONG },
		{ &no_fault, said("PASS", "icmp-filtered", NULL, NULL), LAB_RIGHT },
		{ &no_fault, said("PASS", NULL, NULL, NULL), LAB_UNNAMED },
		{ &unnoticed, said("PASS", NULL, NULL, NULL), LAB_RIGHT },
		{ &unnoticed, said("PASS", "idle-not-broken", NULL, NULL), LAB_RIGHT },
		{ &unnoticed, said("PASS", "icmp-filtered", NULL, NULL), LAB_WRONG },
		{ &no_fault, said("FAIL", "icmp-filtered", NULL, NULL), LAB_FALSE_ALARM },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		print_message("# %zu: %s\n", i, lab_grade_str(of[i].grade));
		assert_int_equal(lab_grade(of[i].f, &plain, false, &of[i].said), of[i].grade);
		assert_true(lab_grade_is_right(of[i].grade) ==
			    (of[i].grade == LAB_RIGHT || of[i].grade == LAB_GROUP));
	}
}

static void sides(void **state)
{
	struct lab_said right = said("FAIL", "no-ip-forward", "no-ip-forward", "far");
	struct lab_said group = said("FAIL", "not-forwarded", "no-ip-forward", "unknown");
	struct lab_said none = said("FAIL", "no-ip-forward", "no-ip-forward", "unknown");
	struct lab_said fine = said("PASS", NULL, NULL, NULL);

	(void)state;
	assert_true(lab_side_is_right(&far_fault, &plain, false, &right));
	assert_false(lab_side_is_right(&far_fault, &plain, true, &right));
	right.side = "local";
	assert_true(lab_side_is_right(&far_fault, &plain, true, &right));
	/* Of a group it may be unknown, of a cause that is named it may not. */
	assert_true(lab_side_is_right(&far_fault, &plain, false, &group));
	assert_false(lab_side_is_right(&far_fault, &plain, false, &none));
	assert_true(lab_side_is_right(&healthy, &plain, false, &fine));
	assert_null(lab_side(&healthy, &plain, true));
	assert_string_equal(lab_side(&near_fault, &plain, true), "far");
}

static struct lab_said said_two(const char *state, const char *cause, const char *second,
				const char *candidate)
{
	struct lab_said s = said(state, cause, candidate, "local");

	s.causes[s.n_causes++] = cause;
	if (second)
		s.causes[s.n_causes++] = second;
	return s;
}

/* Two at once: both are named, and nothing else is. */
static void two_at_once(void **state)
{
	static const struct lab_fault *const f[2] = { &near_fault, &far_fault };
	static const struct lab_variant *const v[2] = { &plain, &plain };
	const struct {
		struct lab_said said;
		enum lab_grade grade;
	} of[] = {
		{ said_two("FAIL", "no-uplink", "no-ip-forward", NULL), LAB_RIGHT },
		{ said_two("FAIL", "no-ip-forward", "no-uplink", NULL), LAB_RIGHT },
		{ said_two("FAIL", "not-forwarded", "no-uplink", "no-ip-forward"), LAB_GROUP },
		/* The group stands there, and the truth is none of its candidates. */
		{ said_two("FAIL", "not-forwarded", "no-uplink", "forward-drop"), LAB_WRONG },
		{ said_two("FAIL", "no-uplink", NULL, "no-ip-forward"), LAB_UNNAMED },
		{ said_two("FAIL", "no-uplink", "wrong-key", NULL), LAB_WRONG },
		{ said_two("FAIL", "wrong-key", NULL, NULL), LAB_WRONG },
		{ said_two("UNSURE", "no-uplink", "no-ip-forward", NULL), LAB_UNNAMED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(lab_grade_two(f, v, &of[i].said), of[i].grade);
	}
}

static void two_agree(void **state)
{
	const struct {
		struct lab_said a, b;
		bool agree;
	} of[] = {
		{ said("FAIL", "wrong-key", NULL, "local"),
		  said("FAIL", "wrong-key", NULL, "local"), true },
		{ said("FAIL", "wrong-key", NULL, "local"), said("FAIL", "wrong-key", NULL, "far"),
		  false },
		{ said("FAIL", "wrong-key", NULL, "far"), said("FAIL", "no-answer", NULL, "far"),
		  false },
		/* A group is not one of its members. */
		{ said("FAIL", "no-answer", "wrong-key", "far"),
		  said("FAIL", "wrong-key", "wrong-key", "far"), false },
		{ said("FAIL", "wrong-key", NULL, "far"), said("FAIL", NULL, NULL, "far"), false },
		{ said("FAIL", "wrong-key", NULL, "far"), said("FAIL", "wrong-key", NULL, NULL),
		  false },
		/* What is named makes the state a matter of how much was seen of it. */
		{ said("PASS", "icmp-filtered", NULL, NULL),
		  said("WARN", "icmp-filtered", NULL, NULL), true },
		{ said("PASS", NULL, NULL, NULL), said("WARN", NULL, NULL, "unknown"), true },
		{ said("FAIL", NULL, NULL, "local"), said("FAIL", NULL, NULL, "far"), false },
		{ said("FAIL", "wrong-key", NULL, "far"),
		  said("FAIL", "wrong-key", NULL, "unknown"), false },
		{ said("PASS", NULL, NULL, NULL), said("FAIL", NULL, NULL, NULL), false },
		{ said("PASS", NULL, NULL, NULL), said("UNSURE", NULL, NULL, NULL), false },
		{ said("FAIL", NULL, NULL, NULL), said("UNSURE", NULL, NULL, NULL), false },
		{ said("FAIL", NULL, NULL, NULL), said("FAIL", NULL, NULL, NULL), true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		print_message("# %zu\n", i);
		assert_true(lab_said_agree(&of[i].a, &of[i].b) == of[i].agree);
		assert_true(lab_said_agree(&of[i].b, &of[i].a) == of[i].agree);
	}
}

/* Where the other end looks a fault may have another name or side, or not show at all. */
static void from_the_other_end(void **state)
{
	static const struct lab_scene named = { .far.name = "local-firewall" };
	static const struct lab_scene sided = { .side = "local", .far.side = "unknown" };
	static const struct lab_scene grouped = { .far.group = "no-data-back" };
	static const struct lab_variant as_grouped = { .scene = &grouped };
	static const struct lab_scene hidden = { .far.unnoticed = true };
	static const struct lab_variant as_named = { .scene = &named };
	static const struct lab_variant as_sided = { .scene = &sided };
	static const struct lab_variant as_hidden = { .scene = &hidden };
	struct lab_said there = said("FAIL", "local-firewall", "local-firewall", "local");
	struct lab_said here = said("FAIL", "no-ip-forward", "no-ip-forward", "far");
	struct lab_said unsure = said("FAIL", "no-uplink", "no-uplink", "unknown");
	struct lab_said fine = said("PASS", NULL, NULL, NULL);
	struct lab_said one_of = said("FAIL", "no-data-back", "no-uplink", "unknown");

	(void)state;
	assert_int_equal(lab_grade(&near_fault, &as_grouped, true, &one_of), LAB_GROUP);
	assert_int_equal(lab_grade(&near_fault, &as_grouped, false, &one_of), LAB_WRONG);
	assert_int_equal(lab_grade(&far_fault, &as_named, true, &there), LAB_RIGHT);
	assert_int_equal(lab_grade(&far_fault, &as_named, true, &here), LAB_WRONG);
	assert_int_equal(lab_grade(&far_fault, &as_named, false, &there), LAB_WRONG);
	assert_int_equal(lab_grade(&far_fault, &as_named, false, &here), LAB_RIGHT);
	assert_true(lab_side_is_right(&far_fault, &as_named, true, &there));
	assert_true(lab_side_is_right(&near_fault, &as_sided, true, &unsure));
	assert_false(lab_side_is_right(&near_fault, &as_sided, false, &unsure));
	assert_int_equal(lab_grade(&no_fault, &as_hidden, true, &fine), LAB_RIGHT);
	assert_int_equal(lab_grade(&no_fault, &as_hidden, false, &fine), LAB_UNNAMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_grade),	      cmocka_unit_test(sides),
		cmocka_unit_test(two_at_once),	      cmocka_unit_test(two_agree),
		cmocka_unit_test(from_the_other_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
