/*
 * The table of faults: what `wgdiag lab` relies on, whatever rows it has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/defs.h"
#include "lab/fault.h"

static void each_is_found_by_its_name(void **state)
{
	const struct lab_variant *v;
	size_t i, n = 0;

	(void)state;
	for (i = 0; lab_faults[i]; i++) {
		assert_ptr_equal(lab_fault_find(lab_faults[i]->name), lab_faults[i]);
		for (v = lab_faults[i]->variants; v->name; v++, n++)
			assert_ptr_equal(lab_variant_find(lab_faults[i], v->name), v);
		assert_null(lab_variant_find(lab_faults[i], "no such"));
	}
	assert_true(n > i);
	assert_null(lab_fault_find("no such"));
}

static void each_has_words_and_engines_that_exist(void **state)
{
	const struct lab_variant *v;
	size_t i;

	(void)state;
	for (i = 0; lab_faults[i]; i++) {
		assert_true(strlen(lab_faults[i]->says) > 0);
		assert_non_null(lab_faults[i]->variants[0].name);
		for (v = lab_faults[i]->variants; v->name; v++) {
			assert_true(strlen(v->says) > 0);
			assert_true(!v->engine || engine_ops_find(v->engine));
		}
	}
}

/* Without --variant: the control as check makes it, a fault as the engine allows it. */
static void the_first_that_fits_is_taken(void **state)
{
	const struct lab_fault *none = lab_fault_find("none"), *f = lab_fault_find("tun-framing");

	(void)state;
	assert_null(none->variants[0].make);
	assert_ptr_equal(lab_variant_for(none, "wireguard-go"), &none->variants[0]);
	assert_string_equal(lab_variant_for(f, "builtin")->name, "encrypted");
	assert_string_equal(lab_variant_for(f, "wireguard-go")->name, "inherited");
	assert_string_equal(lab_variant_for(f, "kernel")->name, "far-encrypted");
}

/* Whoever asks for no way must be able to be given one. */
static void each_can_be_seen(void **state)
{
	const struct lab_variant *v;
	size_t i;

	(void)state;
	for (i = 0; lab_faults[i]; i++)
		for (v = lab_faults[i]->variants; v->name; v++) {
			assert_true(lab_can_be_interface(v) || lab_can_be_file(v));
			assert_true(lab_can_be_near(v) || lab_can_be_far(v));
			/* There is no file of the other end. */
			assert_true(lab_can_be_interface(v) || !lab_can_be_far(v));
		}
}

static const struct {
	struct lab_scene scene;
	bool near, far;
} seen[] = {
	{ { .from = LAB_FROM_EITHER }, true, true }, { { .near_only = true }, true, false },
	{ { .from = LAB_FROM_NEAR }, true, false },  { { .from = LAB_FROM_FAR }, false, true },
	{ { .file_only = true }, true, false },
};

static void by_whom(void **state)
{
	const struct lab_variant alone = { .name = "alone" };
	size_t i;

	(void)state;
	assert_true(lab_can_be_near(&alone));
	assert_false(lab_can_be_far(&alone));
	for (i = 0; i < ARRAY_LEN(seen); i++) {
		const struct lab_variant v = { .name = "x", .scene = &seen[i].scene };

		assert_int_equal(lab_can_be_near(&v), seen[i].near);
		assert_int_equal(lab_can_be_far(&v), seen[i].far);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_by_its_name),
		cmocka_unit_test(each_has_words_and_engines_that_exist),
		cmocka_unit_test(the_first_that_fits_is_taken),
		cmocka_unit_test(each_can_be_seen),
		cmocka_unit_test(by_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
