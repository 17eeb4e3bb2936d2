/*
 * For tests that open the configuration socket: a /var/run of their own.
 */
#ifndef TESTS_UNIT_OWN_RUN_H
#define TESTS_UNIT_OWN_RUN_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* 0, or the exit code with which the test ends. */
static inline int own_run_enter(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/var/run", "tmpfs", 0, NULL) < 0) {
		printf("not ok 1 - a /var/run of its own: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

#endif
