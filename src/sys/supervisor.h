/*
 * Undoing what a run changed on the host itself, however the run ends.
 *
 * A process in a session of its own holds one end of a socket pair. Each step is told to it, and
 * written to /run/wgdiag/PID-START.undo, BEFORE the change is made; when the pair closes (SIGKILL
 * of wgdiag included) it undoes them, last first. Were both killed, the next start does it.
 *
 * Start it before a key is read: it is a fork, and must hold none. All of it acts in the network
 * namespace where supervisor_start() was called.
 */
#ifndef SYS_SUPERVISOR_H
#define SYS_SUPERVISOR_H

#include "sys/platform.h"

enum undo_kind {
	UNDO_KILL, /* pid, which started at `start` */
	UNDO_LINK, /* link, ifindex (0: not known yet: whoever has the name, if it is a tunnel) */
	UNDO_ROUTE, /* route */
	UNDO_RULE, /* rule */
	UNDO_SYSCTL, /* path = its name; old; new: what we write, else it is left */
	UNDO_SOCKET, /* path, removed only when nobody listens on it */
	UNDO_DIR, /* path, removed only when it is empty */
	UNDO_NFT_TABLE, /* path = its family and name, "ip wgdiag-wg0" */
	UNDO_KIND_COUNT
};

/* One record, of fixed size, as it is in the file too. Zero what is not used. */
struct undo_step {
	enum undo_kind kind;
	pid_t pid;
	uint64_t start; /* 0: supervisor_add() asks the system */
	char link[SYS_IFNAME_SIZE];
	unsigned ifindex;
	struct sys_route route;
	struct sys_rule rule;
	char path[108];
	char old[32], new[32];
};

enum { UNDO_STEPS_MAX = 256 };
struct undo_failed {
	char what[256]; /* "delete tun0: Operation not permitted" */
	char command[256]; /* which does it by hand */
};
struct undo_result {
	unsigned n_done, n_failed;
	struct undo_failed failed[8]; /* the first ones */
};

struct supervisor {
	int fd;
	pid_t pid; /* -1: none */
	int claim; /* -1: none */
	unsigned n;
};

/*
 * First undoes what dead runs left in this namespace (told in *left, which may be NULL). Fails
 * when nothing could be undone later; then nothing may be changed.
 */
int supervisor_start(struct supervisor *s, struct undo_result *left, struct err *e);
/*
 * Whether the name of an interface is ours in this namespace until the end: false only when
 * another run has it, one that may not have made the interface yet.
 */
bool supervisor_claim(struct supervisor *s, const char *ifname);
/* 0 only when it is written down. A step for the same link is a better one of it. */
int supervisor_add(struct supervisor *s, const struct undo_step *step, struct err *e);
/* Undoes all, ends the supervisor. -errno: some were not, or it was not there any more. */
int supervisor_undo_all(struct supervisor *s, struct undo_result *out, struct err *e);

#endif
