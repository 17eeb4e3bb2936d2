/*
 * Repeatable chance for tests: the seed is printed, and SEED=N in the environment
 * brings a run back.
 */
#ifndef TESTS_LIB_SEED_H
#define TESTS_LIB_SEED_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct seed {
	uint64_t state;
};

static inline struct seed seed_start(const char *test)
{
	const char *env = getenv("SEED");
	uint64_t n = env ? strtoull(env, NULL, 10) : (uint64_t)time(NULL);

	printf("# %s: SEED=%" PRIu64 "\n", test, n);
	return (struct seed){ n };
}

/* splitmix64 (Vigna): one state word, every seed is a good one. */
static inline uint64_t seed_next(struct seed *s)
{
	uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1 */
static inline uint64_t seed_below(struct seed *s, uint64_t n)
{
	return seed_next(s) % n;
}

static inline void seed_bytes(struct seed *s, void *out, size_t len)
{
	uint8_t *p = out;

	while (len--)
		*p++ = (uint8_t)seed_next(s);
}

#endif
