/*
 * Has the kernel's WireGuard say why it refuses messages, and reads what it says of one interface.
 *
 * A process of its own does it. It switches off what it switched on when it is told to, and as well
 * when we are gone, SIGKILL included; were it killed too, the next one does it.
 */
#ifndef SYS_KERNEL_DEBUG_H
#define SYS_KERNEL_DEBUG_H

#include <sys/types.h>

#include "base/err.h"
#include "model/kernel_log.h"

struct kernel_debug {
	int fd;
	pid_t pid;
};

struct kernel_debug_on {
	unsigned n_on; /* lines that were switched on */
	unsigned n_were_on; /* those that were on before, and stay so */
};

struct kernel_debug_seen {
	struct kernel_log log; /* ifname: NULL */
	int64_t missed; /* lines of whatever that were overwritten before they were read */
	int twins; /* other network namespaces with an interface of that name; -1: not known */
};

/* platform_ops.kernel_debug; an op for each. Errors: negative errno. */
struct kernel_debug_ops {
	/* It is a fork: before a key is read. It changes nothing yet. */
	int (*open)(struct kernel_debug *k, struct err *e);
	/* Of an interface of this network namespace, from now on; once. */
	int (*start)(struct kernel_debug *k, const char *ifname, struct kernel_debug_on *out,
		     struct err *e);
	/*
	 * From now on no more, and what was said. When it fails, as that process was killed, what
	 * it switched on is switched off without it; e, which must not be NULL, tells whether it
	 * is.
	 */
	int (*stop)(struct kernel_debug *k, struct kernel_debug_seen *out, struct err *e);
	void (*close)(struct kernel_debug *k);
};

#endif
