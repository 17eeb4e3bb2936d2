/*
 * A process of our own that watches something of the kernel's for us: one that lives a little
 * longer than we do, SIGKILL included, to take away what it made.
 *
 * It is asked over a socket, one message for each question and each answer. When that closes it
 * ends.
 */
#ifndef SYS_LINUX_WATCHER_H
#define SYS_LINUX_WATCHER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct watcher_conf {
	const char *process; /* as ps(1) shows it: "wgdiag-drops" */
	const char *what; /* "the watcher of drops" */
	int answer_ms; /* that it is given; a busy machine with many processors needs some */
	void (*serve)(int fd); /* all that it does; then it ends */
};

/* It is a fork: before a key is read. Whoever calls owns *fd and *pid. */
int watcher_start(const struct watcher_conf *c, int *fd, pid_t *pid, struct err *e);
/* -ECHILD: it is not there; -ETIMEDOUT: it has not answered, and is not to be asked any more. */
int watcher_ask(const struct watcher_conf *c, int fd, const void *question, size_t len,
		void *answer, size_t answer_len, struct err *e);
/* Waits until it has ended; fd -1: there is none. */
void watcher_end(int *fd, pid_t *pid);

#endif
