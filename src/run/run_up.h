/*
 * A tunnel brought up on this host from a file. Each step is told to the supervisor before it is
 * done, so that it is undone however this run ends.
 */
#ifndef RUN_RUN_UP_H
#define RUN_RUN_UP_H

#include "run/run_priv.h"
#include "sys/reaper.h"
#include "sys/supervisor.h"

struct run_host {
	struct supervisor supervisor;
	struct reaper reaper; /* of the engine; of the kernel's there is none */
	struct drop_watch *drops;
	struct run_debug *debug; /* NULL: not asked for */
};

/* Down hooks that are written down: n steps, after `first` others. armed: they will be run. */
struct run_up_down {
	unsigned first, n;
	bool armed;
};

struct run_up {
	struct run *r;
	const struct run_file *file;
	const char *ifname;
	unsigned ifindex;
	/* of each peer of the file, which all have keys: in the order of intended, too */
	struct endpoint *to; /* family NONE: it has none */
	struct engine *engine; /* NULL: it does not run */
	size_t n_tried; /* addresses of the probed peer's endpoint that gave no handshake */
	/*
	 * Why nothing is sent: another run has the routes, maybe with the same key, and two would
	 * take the session from each other. NULL: something is.
	 */
	const char *held;
	uint32_t table; /* of full routes with a default route, and the mark; 0: none */
	struct run_up_down pre_down, post_down;
	bool ahead; /* run_ahead_will_note() did, and run_ahead_settle() did not take it back */
	bool told; /* the engine was, or may have been, told its peers */
	bool routed; /* run_up_routes() and run_up_post() were */
	bool began; /* a hook of those that are run did */
	/* what else was made, to be said; what failed is not in it */
	unsigned made_routes, made_rules, made_tables, made_sysctls;
	int64_t hooks_ns; /* that they took, and run_ahead_wait() */
};

/* run_file.c: a name as it gives to the interface of a file whose own is not to be had */
bool run_file_is_made_up(const char *name);
/* run_file.c: what has to be said, as in printf */
void run_notice(const struct run *r, enum run_weight w, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Starts the engine, gives it the file's configuration, and the interface its addresses. Negative:
 * not up; when that is the engine's fault, facts.engine tells it.
 */
int run_up_begin(struct run_up *u, struct err *e);
/* If its engine died meanwhile, that is what to say, not which call noticed it. Returns rc. */
int run_up_why_not(struct run_up *u, int rc, struct err *e);

/* run_up_set.c */
int run_up_configure(struct run_up *u, struct err *e);
/* What it did not take is told in the facts, where it is not this machine's. Returns rc. */
int run_up_answered_badly(struct run_up *u, int rc, const char *what, const struct err *e);
int run_up_port_in_use(struct run_up *u, int rc, struct err *e);
/* The next address of that peer's endpoint; NULL: it has no other. */
const struct endpoint *run_up_next(const struct run_up *u, const struct public_key *peer);
/* Sends to it from now on. Negative as of run_up_begin(). */
int run_up_point(struct run_up *u, const struct public_key *peer, struct err *e);
/*
 * run_up.c: ends the engine, whose log becomes facts. What else was changed is the supervisor's
 * to undo.
 */
void run_up_end(struct run_up *u);

/* run_up_routes.c */
/* Before the engine is configured: which mark the file's routes need. */
int run_up_choose_table(struct run_up *u, struct err *e);
/* Host routes to what is probed, or all that the file wants. */
void run_up_routes(struct run_up *u, const struct targets *probed);
/* Once all routes are made: where some were not to be had, probes are bound to the interface. */
void run_up_bind(struct run_up *u, const struct targets *probed);
/* One more, that was not known before somebody answered from it. */
void run_up_route_to(struct run_up *u, const struct ip_addr *a);
/*
 * A host route to another peer's address, where packets to it would only go by a default route
 * now. false: there is none.
 */
bool run_up_route(struct run_up *u, const struct net_facts *net, const struct ip_addr *to);

/*
 * run_up_hooks.c: runs them, if that was asked for. -ECANCELED: one failed; -EINTR: a signal came.
 * Time that they take is added to the run's.
 */
int run_up_pre(struct run_up *u, struct err *e);
int run_up_post(struct run_up *u, struct err *e);
void run_up_pre_down(struct run_up *u);
/* What was changed since run_up_pre() is undone before. */
void run_up_post_down(struct run_up *u);
void run_up_tell_hooks(const struct run_up *u); /* that they are not run */

/* run_ahead.c */
/* Of an engine that dates its handshakes ahead: when it has ended, that is to be remembered. */
int run_ahead_will_note(struct run_up *u, struct err *e);
/* Just before it is ended: did it send any? */
void run_ahead_settle(struct run_up *u);
/* What that means, once it has ended. */
void run_ahead_tell(const struct run_up *u);

/* Tells the supervisor. */
int run_up_will(struct run_up *u, const struct undo_step *step, struct err *e);

#endif
