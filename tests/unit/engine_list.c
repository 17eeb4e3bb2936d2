/* Finding an engine's program, and asking it for its version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/version.h"
#include "engine/engine.h"

struct scene {
	struct arena a;
	struct loop *l;
	const struct engine_ops *go;
	char dir[256], *path; /* the PATH as it was */
};

/* An executable script DIR/NAME. */
static void script(struct scene *s, const char *name, const char *text)
{
	const char *file = arena_printf(&s->a, "%s/%s", s->dir, name);
	FILE *f = fopen(file, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(file, 0755), 0);
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	const char *tmp = getenv("TMPDIR"), *path = getenv("PATH");

	arena_init(&s->a);
	s->l = loop_new(platform_get()->boot_ns);
	s->go = engine_ops_find("wireguard-go");
	snprintf(s->dir, sizeof(s->dir), "%s/engine_list.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(s->dir));
	s->path = path ? strdup(path) : NULL;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	static const char *const name[] = { "wireguard-go", "real/wireguard-go", "real", "other" };
	struct scene *s = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(name); i++)
		remove(arena_printf(&s->a, "%s/%s", s->dir, name[i]));
	assert_int_equal(rmdir(s->dir), 0);
	if (s->path)
		setenv("PATH", s->path, 1);
	free(s->path);
	loop_free(s->l);
	arena_done(&s->a);
	free(s);
	return 0;
}

static void names_are_found(void **state)
{
	(void)state;
	assert_string_equal(engine_ops_find("builtin")->name, "builtin");
	assert_true(engine_ops_find("builtin")->counts_drops);
	assert_false(engine_ops_find("wireguard-go")->counts_drops);
	assert_null(engine_ops_find("boring"));
	assert_null(engine_ops_find(""));
}

static void builtin_is_this_program(void **state)
{
	struct scene *s = *state;
	const char *path;
	struct err e;

	assert_int_equal(engine_program(engine_ops_find("builtin"), &s->a, &path, &e), 0);
	assert_string_equal(path, "/proc/self/exe");
	assert_string_equal(
		engine_version(engine_ops_find("builtin"), path, platform_get(), s->l, &s->a),
		WGDIAG_VERSION);
}

static void first_in_path_wins(void **state)
{
	struct scene *s = *state;
	const char *path;
	struct err e;

	script(s, "wireguard-go", "#!/bin/sh\n");
	setenv("PATH", arena_printf(&s->a, "::relative:/nowhere:%s:/usr/bin", s->dir), 1);
	assert_int_equal(engine_program(s->go, &s->a, &path, &e), 0);
	assert_string_equal(path, arena_printf(&s->a, "%s/wireguard-go", s->dir));
}

/* A private /run hides what a link there led to. */
static void link_of_the_same_name_is_resolved(void **state)
{
	struct scene *s = *state;
	const char *path;
	struct err e;

	assert_int_equal(mkdir(arena_printf(&s->a, "%s/real", s->dir), 0755), 0);
	script(s, "real/wireguard-go", "#!/bin/sh\n");
	assert_int_equal(
		symlink("real/wireguard-go", arena_printf(&s->a, "%s/wireguard-go", s->dir)), 0);
	setenv("PATH", s->dir, 1);
	assert_int_equal(engine_program(s->go, &s->a, &path, &e), 0);
	assert_string_equal(path, arena_printf(&s->a, "%s/real/wireguard-go", s->dir));
}

static void link_of_another_name_is_kept(void **state)
{
	struct scene *s = *state;
	const char *path;
	struct err e;

	script(s, "other", "#!/bin/sh\n");
	assert_int_equal(symlink("other", arena_printf(&s->a, "%s/wireguard-go", s->dir)), 0);
	setenv("PATH", s->dir, 1);
	assert_int_equal(engine_program(s->go, &s->a, &path, &e), 0);
	assert_string_equal(path, arena_printf(&s->a, "%s/wireguard-go", s->dir));
}

static void missing_program_is_one_line(void **state)
{
	struct scene *s = *state;
	const struct engine_ops none = { .name = "nothing",
					 .program = "wgdiag-no-such-program",
					 .packages = "nowhere" };
	const char *path = "untouched";
	struct err e;

	assert_int_equal(engine_program(&none, &s->a, &path, &e), -ENOENT);
	assert_string_equal(path, "untouched");
	assert_string_equal(e.text, "engine nothing: program \"wgdiag-no-such-program\" "
				    "not found in PATH (nowhere)");
}

static const char *version_of(struct scene *s, const char *text)
{
	script(s, "wireguard-go", text);
	return engine_version(s->go, arena_printf(&s->a, "%s/wireguard-go", s->dir), platform_get(),
			      s->l, &s->a);
}

static void version_is_a_number(void **state)
{
	struct scene *s = *state;

	assert_string_equal(version_of(s,
				       "#!/bin/sh\n[ \"$1\" = --version ] || exit 1\n"
				       "printf 'wireguard-go v0.0.20220316\\n\\nUserspace\\n'\n"),
			    "0.0.20220316");
	assert_string_equal(version_of(s, "#!/bin/sh\necho 'boringtun 0.6.0'\n"), "0.6.0");
	assert_string_equal(version_of(s, "#!/bin/sh\nprintf 'x  1.2' >&2\n"), "1.2");
}

static void no_version_is_null(void **state)
{
	struct scene *s = *state;

	assert_null(version_of(s, "#!/bin/sh\n"));
	assert_null(version_of(s, "#!/bin/sh\necho unknown; echo 1.2\n"));
	assert_null(version_of(s, "#!/no/such/interpreter\n"));
	assert_null(engine_version(s->go, "/no/such/program", platform_get(), s->l, &s->a));
}

static void program_that_never_ends_is_not_waited_for(void **state)
{
	struct scene *s = *state;
	int64_t from = loop_now(s->l);

	assert_null(version_of(s, "#!/bin/sh\nexec tail -f /dev/null\n"));
	assert_in_range(loop_now(s->l) - from, NS_PER_S, 10 * NS_PER_S);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(names_are_found),
		TEST(builtin_is_this_program),
		TEST(first_in_path_wins),
		TEST(link_of_the_same_name_is_resolved),
		TEST(link_of_another_name_is_kept),
		TEST(missing_program_is_one_line),
		TEST(version_is_a_number),
		TEST(no_version_is_null),
		TEST(program_that_never_ends_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
