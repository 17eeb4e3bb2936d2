/*
 * What the supervisor and the file of its steps share.
 */
#ifndef SYS_LINUX_UNDO_H
#define SYS_LINUX_UNDO_H

#include "sys/supervisor.h"

/* When that process started, in ticks since boot; 0: there is none. */
uint64_t undo_start_of(pid_t pid);
struct hook_place;
/*
 * Undoes step[n - 1] to step[0]. What is gone already is done. at: where hooks are run; NULL: they
 * are not, which is told.
 */
void undo_steps(struct undo_step *step, unsigned n, const struct hook_place *at,
		struct undo_result *out);

#endif
