/*
 * Switches debug lines of the kernel's WireGuard on, and off again those that it switched on.
 *
 * One run at a time has them: it holds a lock on the kernel's list. What is to be switched off is
 * written to /run/wgdiag/kernel-debug before anything is switched on, so that whoever has the lock
 * and finds that file knows it for a dead run's.
 */
#ifndef SYS_LINUX_DEBUG_CONTROL_H
#define SYS_LINUX_DEBUG_CONTROL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* The kernel's list, and where to write that down; a test has its own. */
struct debug_io {
	int (*list)(void *ctx, struct buf *out, struct err *e);
	int (*command)(void *ctx, const char *line, struct err *e); /* with its newline */
	/* Commands that are to be done later; NULL: none are any more. */
	int (*note)(void *ctx, const struct buf *commands, struct err *e);
	void (*noted)(void *ctx, struct buf *out); /* by a dead run; empty: none */
	void *ctx;
};

struct debug_control {
	struct debug_io io;
	struct buf off; /* commands: those of the lines that we switched on */
	unsigned n_on, n_were_on; /* lines: by us; by somebody before */
};

/*
 * Undoes what a dead run left. Then all lines that tell of a fault are on. -ENOTSUP: this kernel
 * has no such lines. When it fails nothing is left on.
 */
int debug_control_on(struct debug_control *d, struct err *e);
/*
 * Off again; may be called twice, or without debug_control_on(). -errno: not all are, and the next
 * call tries again.
 */
int debug_control_off(struct debug_control *d, struct err *e);
/*
 * Only undoes what a dead run left, and looks whether it is. -errno: some are still on, and the
 * note is still there.
 */
int debug_control_undo(struct debug_control *d, struct err *e);

/*
 * Those of this machine. -EBUSY: another run has the lock; -ENOENT, -EPERM, -EACCES: not here, or
 * not for us, and e tells why. Close with debug_control_close(), which switches off.
 */
int debug_control_open(struct debug_control *d, struct err *e);
void debug_control_close(struct debug_control *d);
/* The list, as people name it; where nobody has mounted it, where it would be. */
const char *debug_control_path(void);

#endif
