/* What a diagnosis is worth: every grade, for faults, groups and controls, from both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lab/grade.h"

static const struct lab_fault far_fault = { .name = "no-ip-forward", .side = "far",
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
		assert_int_equal(lab_grade(of[i].f, &plain, &of[i].said), of[i].grade);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_grade),
		cmocka_unit_test(sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
