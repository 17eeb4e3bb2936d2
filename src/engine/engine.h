/*
 * Engines as children: started as their users start them, in the foreground, in a given
 * network namespace; configured over their socket; their log kept; their death noticed.
 *
 * One file per engine holds its row; engines[] lists them.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"
#include "model/uapi_text.h"
#include "sys/loop.h"
#include "sys/platform.h"
#include "sys/reaper.h"

/* What is known to be wrong with an engine, or other than with the rest. */
struct engine_known {
	const char *before; /* only versions before that one; NULL: all that we know */
	const char *says;
};

enum { ENGINE_ARGV_MAX = 16, ENGINE_ENV_MAX = 16, ENGINE_EXIT_REFUSED = 3 };
struct engine_ops {
	const char *name; /* as in --engine */
	const char *program; /* looked up in PATH; "/proc/self/exe" for the built-in one */
	const char *packages; /* how to get it: "Debian: apt-get install wireguard-go" */
	bool in_kernel; /* a link of its kind, and netlink: no program and no socket */
	/* Ends with ENGINE_EXIT_REFUSED, and why, when this machine refuses it what it needs. */
	bool tells_refusal;
	bool counts_drops; /* has drop_* and sealed/opened keys in get */
	/*
	 * A second `set` of its key, port or mark may end it: all is said in one, as `wg setconf`
	 * does.
	 */
	bool set_once;
	/*
	 * What a `set` says of a peer stays for those after it where they leave it out, and
	 * update_only is refused: each peer has a `set` of its own.
	 */
	bool set_each;
	/* Its handshakes are dated so far ahead: till then another with its key is refused. */
	unsigned ahead_s;
	/* Fills argv (NULL-terminated) for running it in the foreground on ifname. */
	void (*argv)(const char *program, const char *ifname, const char *argv[ENGINE_ARGV_MAX]);
	const char *const *env; /* more in its environment, NULL-terminated, or NULL */
	const char *tun_fd_env; /* "WG_TUN_FD": takes a tun that is open already; NULL: cannot */
	const char *const *version_argv; /* how to ask its version, or NULL */
	const char *const *words; /* instead of argv: "{name}" is the interface */
	const struct engine_known *known; /* ends with a row of NULLs; NULL: nothing */
};
extern const struct engine_ops *const engines[]; /* NULL-terminated */
const struct engine_ops *engine_ops_find(const char *name); /* NULL: unknown */
/*
 * Full path of its program (NULL: the kernel's has none), or -ENOENT with one line naming it and
 * how to get it.
 */
int engine_program(const struct engine_ops *ops, struct arena *a, const char **path, struct err *e);

/*
 * A command line as an engine: words, quotes and backslashes as in a shell, nothing else of it;
 * "{name}" must be in one of the words. -EINVAL: what is wrong with it.
 */
int engine_cmd_parse(const char *text, struct arena *a, const struct engine_ops **out,
		     struct err *e);
/* What is known of that version (NULL: of any): the next row of ops->known from *at on, or NULL. */
const struct engine_known *engine_known_next(const struct engine_ops *ops, const char *version,
					     size_t *at);

struct engine_conf {
	const struct engine_ops *ops;
	const char *program; /* from engine_program() */
	const char *ifname;
	int netns;
	/* more for its command line (the built-in engine's faults), or NULL */
	const char *const *extra_args;
	/* an open tun for it to take (ops->tun_fd_env), which stays the caller's; 0: its own */
	int tun_fd;
	/*
	 * On the host itself: who starts it, so that it is known which processes are its own, and
	 * all of them end with it. Others may take the name meanwhile. NULL: nobody else can.
	 */
	struct reaper *reaper;
};
struct engine;

/*
 * Starts it and serves the loop until the tun is there and the socket answers, it dies, or
 * the timeout. facts->start_* and the log are filled either way. -errno: it does not run (and
 * is stopped); without a start_error or answer_error it was this machine that refused. That the
 * name became somebody else's meanwhile is -EADDRINUSE, and nothing of his is touched.
 */
int engine_start(const struct engine_conf *c, const struct platform_ops *p, struct loop *l,
		 struct arena *a, int timeout_ms, struct engine **out, struct engine_facts *facts,
		 struct err *e);
/*
 * The same in two halves, so that two engines start side by side. engine_begin fails when the
 * program cannot be run; engine_wait counts the timeout from the beginning.
 */
int engine_begin(const struct engine_conf *c, const struct platform_ops *p, struct loop *l,
		 struct arena *a, struct engine **out, struct engine_facts *facts, struct err *e);
int engine_wait(struct engine *g, int timeout_ms, struct engine_facts *facts, struct err *e);
pid_t engine_pid(const struct engine *g); /* 0: it is no process */
bool engine_alive(struct engine *g); /* asks the system; remembers the exit status */
/* 0 when it is alive, else -ECHILD and "wireguard-go exited with status 1: <its last line>". */
int engine_gone(struct engine *g, struct err *e);
/* Our own has ended because of this machine, and not of itself; then *e is what was refused. */
bool engine_refused(struct engine *g, struct err *e);
/*
 * Final: exit status if it died by itself, log tail. Then ends it: SIGTERM, after 500 ms
 * SIGKILL, and waits.
 */
void engine_stop(struct engine *g, struct arena *a, struct engine_facts *facts);

/*
 * What `get` says of the engine's only peer, as facts; refusals from drop_* keys when the
 * engine counts them.
 */
void engine_crypto_facts(const struct engine_ops *ops, const struct uapi_device *d, struct arena *a,
			 struct crypto_facts *out);
/* after - before; what is unknown in either stays unknown. */
void engine_crypto_difference(struct crypto_facts *after, const struct crypto_facts *before);
/* Asks the program for its version ("0.0.20220316"); NULL when it does not tell within 1 s. */
const char *engine_version(const struct engine_ops *ops, const char *program,
			   const struct platform_ops *p, struct loop *l, struct arena *a);

#endif
