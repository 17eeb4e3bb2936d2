/*
 * /run/wgdiag: what runs write down for others, of root alone.
 */
#ifndef SYS_LINUX_STATE_DIR_H
#define SYS_LINUX_STATE_DIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define STATE_DIR "/run/wgdiag"

/* Makes it where there is none. */
int state_dir_open(int *out, struct err *e);
/* Only where it is there: a descriptor, or -1. */
int state_dir_look(void);
/* Only ours, and no way for another to put something there. */
bool state_is_private(int fd, mode_t type);
/* What to do about a file that could not be made there; returns rc. */
int state_cannot_write(int rc, struct err *e);

#endif
