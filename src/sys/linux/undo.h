/*
 * What the supervisor and the file of its steps share.
 */
#ifndef SYS_LINUX_UNDO_H
#define SYS_LINUX_UNDO_H

#include "sys/supervisor.h"

/* When that process started, in ticks since boot; 0: there is none. */
uint64_t undo_start_of(pid_t pid);
/* Undoes step[n - 1] to step[0]. What is gone already is done. */
void undo_steps(const struct undo_step *step, unsigned n, struct undo_result *out);

#endif
