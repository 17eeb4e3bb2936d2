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
	/*
	 * path: what it is called, "PostDown (line 9 of office.conf)"; hook; limit_ms. Run once,
	 * only when it was armed, by nobody but the supervisor of this run: others tell it.
	 */
	UNDO_HOOK,
	UNDO_AHEAD, /* sys/ahead.h: path = its name, limit_ms = how far; nothing to do by hand */
	UNDO_KIND_COUNT
};

enum { UNDO_HOOK_MAX = 4096 };

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
	char hook[UNDO_HOOK_MAX]; /* a command of one line */
	int limit_ms; /* that it may take; then it is ended with its session */
	bool armed, done; /* the supervisor's own */
};

enum { UNDO_STEPS_MAX = 256 };
struct undo_failed {
	char what[256]; /* "delete tun0: Operation not permitted" */
	char command[256]; /* which does it by hand */
};
struct undo_result {
	unsigned n_done, n_failed;
	unsigned n_kept; /* of those that failed: what another start may try again */
	struct undo_failed failed[8]; /* the first ones */
};

struct supervisor {
	int fd;
	pid_t pid; /* -1: none */
	int claim; /* -1: none */
	unsigned n; /* steps that it holds */
};

/*
 * First undoes what dead runs left in this namespace (told in *left, which may be NULL). Fails
 * when nothing could be undone later; then nothing may be changed. hooks: it will be asked to run
 * some, in the folder where we are, and with our standard error, which it holds for that.
 */
int supervisor_start(struct supervisor *s, bool hooks, struct undo_result *left, struct err *e);
/*
 * Whether the name of an interface is ours in this namespace until the end: false only when
 * another run has it, one that may not have made the interface yet.
 */
bool supervisor_claim(struct supervisor *s, const char *ifname);
/* 0 only when it is written down. A step for the same link or key is a better one of it. */
int supervisor_add(struct supervisor *s, const struct undo_step *step, struct err *e);
/* Undoes all, ends the supervisor. -errno: some were not, or it was not there any more. */
int supervisor_undo_all(struct supervisor *s, struct undo_result *out, struct err *e);
/* Asks it to undo all but the first n steps; s->fd is readable when it did. What fails stays. */
int supervisor_ask_undo(struct supervisor *s, unsigned n, struct err *e);
int supervisor_undone(struct supervisor *s, struct undo_result *out, struct err *e);

/*
 * Hooks: commands of the user's, run by bash(1), or sh(1) where there is none. It is the
 * supervisor that runs them, and so knows which began, whoever is killed; it ends them when this
 * program dies.
 */
enum hook_how { HOOK_NOT_BEGUN, HOOK_EXITED, HOOK_SIGNAL, HOOK_TOO_LONG, HOOK_STOPPED };
struct hook_end {
	enum hook_how how;
	int code; /* exit status, signal, or ms that it was given */
	struct err why; /* why it did not begin */
};
enum { HOOK_WORDS_SIZE = 320 };
const char *hook_words(const struct hook_end *h, char out[static HOOK_WORDS_SIZE]);

/* When it begins, all UNDO_HOOKs that were added until now are armed. */
int supervisor_hook_begin(struct supervisor *s, const struct undo_step *hook, struct err *e);
/* It is to be ended with all that it started; supervisor_hook_end() tells. */
void supervisor_hook_stop(struct supervisor *s);
/* Waits; s->fd is readable when it is over. */
int supervisor_hook_end(struct supervisor *s, struct hook_end *out, struct err *e);
/* The same as by a hook that begins. */
int supervisor_arm(struct supervisor *s, struct err *e);

#endif
