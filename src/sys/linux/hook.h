/*
 * One command of the user's: started, watched, and ended with all of its session.
 */
#ifndef SYS_LINUX_HOOK_H
#define SYS_LINUX_HOOK_H

#include "sys/supervisor.h"

struct hook_place {
	int cwd_fd, err_fd; /* err_fd: of its standard output and error */
	bool say; /* each, and how it failed, on err_fd: nobody else is there who could */
};

/*
 * stop_fd: as soon as it is readable, the hook is ended; -1: none. Returns when the hook is over;
 * what it left in the background is its own affair.
 */
void hook_run(const struct hook_place *at, const struct undo_step *hook, int stop_fd,
	      struct hook_end *out);
/* An UNDO_HOOK. */
int hook_undo(const struct hook_place *at, const struct undo_step *hook, struct err *e);

#endif
