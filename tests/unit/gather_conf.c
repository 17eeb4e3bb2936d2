/* A configuration file from the disk: what is no such file is refused in one line, at once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gather/gather_conf.h"
#include "lib/seed.h"
#include "model/conf.h"

static char dir[] = "/tmp/wgdiag-conf-XXXXXX";
static char path[sizeof(dir) + 16];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void refused(const char *name, int code, const char *says)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	assert_int_equal(conf_file_read(in_dir(name), &b, &e), -code);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, says));
	assert_null(strchr(e.text, '\n'));
	buf_wipe_done(&b);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void no_file(void **state)
{
	(void)state;
	refused("none", ENOENT, "No such file");
	assert_int_equal(mkdir(in_dir("sub"), 0700), 0);
	refused("sub", EISDIR, "a directory");
	assert_int_equal(rmdir(in_dir("sub")), 0);
	/* nobody writes: a reader that waits would end by the test's own timeout */
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	refused("fifo", EINVAL, "not a regular file");
	assert_int_equal(unlink(in_dir("fifo")), 0);
}

static void unreadable(void **state)
{
	uid_t was = geteuid();

	(void)state;
	put("shut", "x", 1);
	assert_int_equal(chmod(in_dir("shut"), 0), 0);
	if (!was) { /* root reads all */
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	refused("shut", EACCES, "Permission denied");
	assert_int_equal(seteuid(was), 0);
	assert_int_equal(unlink(in_dir("shut")), 0);
}

static void sizes(void **state)
{
	struct seed s = seed_start("gather_conf");
	size_t len = CONF_MAX - seed_below(&s, 5000);
	char *text = malloc(CONF_MAX + 1);
	struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_non_null(text);
	seed_bytes(&s, text, CONF_MAX + 1);
	put("large", text, CONF_MAX + 1);
	refused("large", EFBIG, "1048577 bytes");
	put("large", text, len);
	assert_int_equal(conf_file_read(in_dir("large"), &b, &e), 0);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.b, text, len);
	buf_wipe_done(&b);
	put("large", "", 0);
	assert_int_equal(conf_file_read(in_dir("large"), &b, &e), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(unlink(in_dir("large")), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
