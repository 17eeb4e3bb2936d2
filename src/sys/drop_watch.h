/*
 * Watches which packets of some devices the kernel throws away, and why.
 *
 * A process of its own does it. It takes away what it made in the kernel when it is told to, and as
 * well when we are gone, SIGKILL included; were it killed too, the next start does it.
 */
#ifndef SYS_DROP_WATCH_H
#define SYS_DROP_WATCH_H

#include <sys/types.h>

#include "base/err.h"
#include "model/drop_trace.h"

struct drop_watch {
	int fd;
	pid_t pid;
	int64_t wall_ns; /* what is to be added to times of the trace */
};

struct drop_device {
	char name[DROP_NAME_SIZE];
	uint64_t seen_in, seen_out; /* as of drop_trace_seen() */
};

struct drops_seen {
	struct drop_device dev[DROP_DEVS_MAX];
	size_t n_dev;
	struct drop_kind kind[DROP_KINDS_MAX]; /* first_ns: of the wall clock */
	size_t n;
	uint64_t lost; /* events that were not kept: what is not here may have been */
	int twins; /* other network namespaces with a device of such a name; -1: not known */
};

/* platform_ops.drop_watch; an op for each. */
struct drop_watch_ops {
	/* It is a fork: before a key is read. It changes nothing yet. */
	int (*open)(struct drop_watch *w, struct err *e);
	/* Devices of this network namespace, from now on; may be called again. */
	int (*start)(struct drop_watch *w, const char *const *devs, size_t n, struct err *e);
	/* From now on no more, and what was seen. */
	int (*stop)(struct drop_watch *w, struct drops_seen *out, struct err *e);
	void (*close)(struct drop_watch *w);
};

#endif
