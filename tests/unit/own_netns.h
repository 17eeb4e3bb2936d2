/*
 * For tests with real sockets: a network namespace of their own, so that they need nothing of
 * the machine and leave nothing on it.
 */
#ifndef TESTS_UNIT_OWN_NETNS_H
#define TESTS_UNIT_OWN_NETNS_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/cidr.h"
#include "sys/platform.h"

enum { EXIT_SKIP = 77 };

/* 0, or the exit code with which the test ends. */
static inline int own_netns_enter(void)
{
	struct err e = { 0 };

	if (unshare(CLONE_NEWNET) < 0) {
		printf("needs: root (a network namespace of its own: %s)\n", strerror(errno));
		return EXIT_SKIP;
	}
	if (platform_get()->link_up("lo", true, &e) < 0) {
		printf("not ok 1 - %s\n", e.text);
		return 1;
	}
	return 0;
}

static inline uint64_t own_seed(void)
{
	const char *seed = getenv("SEED");
	uint64_t v = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);

	printf("# SEED=%llu\n", (unsigned long long)v);
	return v;
}

/* "10.0.0.1/24" on a link, which is then up. */
static inline int own_addr(const char *link, const char *cidr)
{
	struct err e = { 0 };
	struct cidr c;

	if (!cidr_parse(cidr, &c) || platform_get()->addr_add(link, &c, &e) < 0 ||
	    platform_get()->link_up(link, true, &e) < 0) {
		printf("# %s on %s: %s\n", cidr, link, e.text);
		return -1;
	}
	return 0;
}

#endif
