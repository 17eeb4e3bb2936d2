/*
 * Memory with keys is locked where that is allowed, and where it is not, or only some, the
 * engine still gets all the memory it asks for.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifndef HAVE_ASAN
#define HAVE_ASAN 0
#endif

enum {
	NOBODY = 65534,
	LIMIT_NONE = -1,
	LATER_KIB = 64 << 10,
	SMALL_BYTES = 128,
	SMALL_COUNT = 20000, /* grow the heap, other than one large block */
	FAILED_TO_ALLOCATE = 255,
	CANNOT_TELL = 254,
	/* what is locked */
	AT_FIRST = 1,
	WHEN_GROWN = 2,
	BY_ITSELF = 4,
	CAP_IPC_LOCK_BIT = 14,
};

static long status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			kib = strtol(line + strlen(key), NULL, 10);
	fclose(f);
	return kib;
}

/* Is kept, and not optimised away. */
static bool touch(size_t n)
{
	char *volatile p = malloc(n);

	if (p)
		memset(p, 1, n);
	return p;
}

static int lock_and_allocate(void)
{
	struct daemon *d = calloc(1, sizeof(*d));
	long before;
	int is = 0;

	d->log.level = -1;
	daemon_secrets_open(d);
	before = status_kib("VmLck:");
	is |= before > 0 ? AT_FIRST : 0;
	for (int i = 0; i < SMALL_COUNT; i++)
		if (!touch(SMALL_BYTES))
			return FAILED_TO_ALLOCATE;
	daemon_secrets_grown(d);
	is |= status_kib("VmLck:") > before ? WHEN_GROWN : 0;
	if (!touch((size_t)LATER_KIB << 10))
		return FAILED_TO_ALLOCATE;
	return is | (status_kib("VmLck:") > LATER_KIB ? BY_ITSELF : 0);
}

/* In a process of its own, with that limit and perhaps without privileges. */
static int result(long limit, bool privileged)
{
	const struct rlimit l = { (rlim_t)limit, (rlim_t)limit };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (limit != LIMIT_NONE && setrlimit(RLIMIT_MEMLOCK, &l) < 0)
			_exit(CANNOT_TELL);
		if (!privileged && setuid(NOBODY) < 0)
			_exit(CANNOT_TELL);
		_exit(lock_and_allocate());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The sanitizer makes locking a call that does nothing. */
static int unless_sanitized(int is)
{
	return HAVE_ASAN ? 0 : is;
}

static bool may_lock(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long in = 1, out = 1, n = 0;
	char line[256];
	unsigned long long caps = 0;

	if (fscanf(f, "%lu %lu %lu", &in, &out, &n) != 3)
		n = 0;
	fclose(f);
	f = fopen("/proc/self/status", "re");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	fclose(f);
	return n == UINT32_MAX && caps >> CAP_IPC_LOCK_BIT & 1;
}

static void with_the_capability_all_is_locked(void **state)
{
	const int all = unless_sanitized(AT_FIRST | WHEN_GROWN | BY_ITSELF);

	(void)state;
	if (!may_lock())
		skip();
	assert_int_equal(result(LIMIT_NONE, true), all);
	assert_int_equal(result(64 << 10, true), all);
}

static void with_a_limit_the_heap_is(void **state)
{
	(void)state;
#ifndef __GLIBC__
	skip(); /* malloc() need not use what the system calls the heap */
#endif
	assert_int_equal(result(8 << 20, false), unless_sanitized(AT_FIRST | WHEN_GROWN));
}

static void with_a_small_limit_it_lives_without(void **state)
{
	(void)state;
	assert_int_equal(result(64 << 10, false), 0);
	assert_int_equal(result(0, false), 0);
}

/* A limit that all of the memory fits into at first, and not later. */
static void with_a_middling_limit_it_gets_what_it_needs(void **state)
{
	(void)state;
	assert_int_not_equal(result(32 << 20, false), FAILED_TO_ALLOCATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_the_capability_all_is_locked),
		cmocka_unit_test(with_a_limit_the_heap_is),
		cmocka_unit_test(with_a_small_limit_it_lives_without),
		cmocka_unit_test(with_a_middling_limit_it_gets_what_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
