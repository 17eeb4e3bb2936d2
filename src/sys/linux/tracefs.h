/*
 * An instance of tracefs: a ring of trace events of its own.
 *
 * It outlives whoever made it, so its maker holds a lock on its folder as long as it lives: one
 * that can be locked is a dead run's. A pid would not tell, it may be of another PID namespace.
 */
#ifndef SYS_LINUX_TRACEFS_H
#define SYS_LINUX_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct tracefs {
	int root; /* descriptors; -1: none */
	int dir; /* of the instance */
	char name[48];
};

/*
 * A view of it that is mounted nowhere; or the one that is at its usual place. Removes what dead
 * runs left.
 */
int tracefs_open(struct tracefs *t, struct err *e);
void tracefs_close(struct tracefs *t);
/* Makes the instance. */
int tracefs_instance(struct tracefs *t, struct err *e);
void tracefs_remove(struct tracefs *t);
/* Files of the instance, "events/skb/kfree_skb/enable". */
int tracefs_write(const struct tracefs *t, const char *file, const char *text, struct err *e);
int tracefs_read(const struct tracefs *t, const char *file, struct buf *out, struct err *e);
int tracefs_pipe(const struct tracefs *t, int *out, struct err *e); /* non-blocking */

#endif
