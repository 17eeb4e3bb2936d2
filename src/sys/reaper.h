/*
 * A process that becomes the parent of a program started on the host itself, and of all that this
 * leaves behind: prctl(2), PR_SET_CHILD_SUBREAPER. So it is known which processes are of that
 * program, also those that went into the background with a session of their own; and none of them
 * outlives the program, or this process, SIGKILL included.
 *
 * Start it before a key is read: it is a fork, and must hold none.
 */
#ifndef SYS_REAPER_H
#define SYS_REAPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct reaper {
	pid_t pid; /* -1: none */
	int fd; /* -1: it has its program */
	pid_t child; /* that program, 0 before it is started */
};

int reaper_start(struct reaper *r, struct err *e);
/* Only where nothing was started by it; else it ends as a child of whoever started that. */
void reaper_end(struct reaper *r);

struct sys_spawn;
/*
 * For sys_spawn.reaper, once. *pid is the reaper's own: SIGTERM to it ends all (SIGKILL after
 * REAPER_TERM_MS); it ends as its program did, when that ended, and nothing of it is left then.
 */
enum { REAPER_TERM_MS = 500, REAPER_KILL_MS = 1500 };
int reaper_spawn(struct reaper *r, const struct sys_spawn *s, pid_t *pid, struct err *e);

/* NOT_SEEN: there is no such process, or no /proc that would show it. */
enum reaper_of { REAPER_OURS, REAPER_OTHERS, REAPER_NOT_SEEN };
enum reaper_of reaper_whose(const struct reaper *r, pid_t pid);
/* Whether one of ours holds the tun of that name: 1, 0, or -1 when that cannot be seen. */
int reaper_holds_tun(const struct reaper *r, const char *ifname);

#endif
