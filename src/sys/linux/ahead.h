/*
 * Notes as the supervisor has them to do with.
 */
#ifndef SYS_LINUX_AHEAD_H
#define SYS_LINUX_AHEAD_H

#include <stdbool.h>

#include "sys/ahead.h"

int ahead_undo(const struct undo_step *s, struct err *e);
/* Whether that file of the folder is a note of what is over. */
bool ahead_is_over(int dir, const char *name);

#endif
