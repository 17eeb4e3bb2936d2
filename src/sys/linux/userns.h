/*
 * A user namespace, for those who may not make other namespaces without one.
 */
#ifndef SYS_LINUX_USERNS_H
#define SYS_LINUX_USERNS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Into a new user namespace, in which this process is root (and is who it was outside it),
 * and there into a network namespace of its own: one that belongs to the old user namespace
 * could not be entered again. There is no way back. On failure e->remedy says what would help.
 */
int userns_enter(struct err *e);

/* Whether "/" is no mount: a chroot into a plain folder, where the kernel refuses all this. */
bool userns_in_chroot(void);

#endif
