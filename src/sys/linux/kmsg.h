/*
 * The kernel's log from now on: /dev/kmsg, which gives one record at each read.
 */
#ifndef SYS_LINUX_KMSG_H
#define SYS_LINUX_KMSG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct kmsg {
	int fd; /* non-blocking; -1: none */
	uint64_t next; /* number of the record that comes next */
	bool began; /* that is known */
	int64_t missed; /* records that were overwritten before they were read: at least */
	/* a test's own; NULL: read(2) */
	ssize_t (*read)(int fd, void *to, size_t len);
};

int kmsg_open(struct kmsg *k, struct err *e);
void kmsg_close(struct kmsg *k);
/*
 * All that is there now, each line of the kernel's own, without what a program wrote into the log.
 * The same of any descriptor that gives a record at each read.
 */
void kmsg_read(struct kmsg *k, void (*fn)(void *ctx, const char *line, size_t len), void *ctx);

#endif
