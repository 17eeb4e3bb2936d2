/*
 * The ten steps of `wgdiag check` (design.md, section 4): the only place that knows both
 * the half that touches the system and the half that judges.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "check/check.h"
#include "engine/engine.h"
#include "lab/fault.h"
#include "model/conf.h"
#include "model/facts.h"
#include "model/far_text.h"
#include "verdict/verdict.h"

/*
 * No run takes longer, whatever an engine does, besides the pings, whose time the user
 * chooses (echo_longest_ns). Also in man/wgdiag-check.1 (tests/lint/docs.sh).
 */
enum { RUN_LONGEST_S = 40 };

/*
 * Of an endpoint whose name has several addresses so many are tried, and each but the first may
 * add RUN_ADDRESS_S to that time. Also in man/wgdiag-check.1.
 */
enum { RUN_ADDRESSES_MAX = 6, RUN_ADDRESS_S = 8 };

/* Another peer that must be there and does not come may add so long. Also in man/wgdiag-check.1. */
enum { RUN_OTHERS_S = 16 };

/*
 * Each hook of a file may take so long, beside the time of the run. Also in man/wgdiag-check.1
 * (tests/lint/docs.sh).
 */
enum { RUN_HOOK_S = 30 };

/* `wgdiag serve --once`: nothing is asked, and what comes is told. */
struct run_recording {
	/* or until a signal comes. 0: nothing is captured; peers and our addresses are known */
	int64_t for_ns;
	bool may; /* of for_ns 0: it is tried whether we may capture. -EPERM, -EACCES: no */
	void (*ready)(void *ctx); /* it has begun; may be NULL */
	bool (*done)(void *ctx); /* it has what it is for; NULL: never */
	void (*stop)(void *ctx); /* a signal ended it; may be NULL */
	void *ctx;
};

/* A tunnel that is there already. */
struct run_existing {
	const char *ifname;
	int netns; /* descriptor of the namespace that it is in; -1: ours */
	const struct ip_addr *pings; /* --ping: inner addresses that must answer */
	size_t n_pings;
	const char *peer; /* how its key begins, in base64; NULL: chosen */
	const char *require; /* the same of one that must be there, or "all"; NULL: none */
	/* of an engine that cannot be asked (no socket); family NONE: not known */
	struct endpoint endpoint;
	const struct intended_facts *intended; /* --config; NULL: none */
	const struct key_digest *psks; /* conf_psk_digests() of it; NULL: not compared */
	const struct far_text *far; /* --far-file: whose it is, is looked at; NULL: none */
	/* --far: where wgdiag serve answers; NULL: nowhere. *far_got: n_looks 0: it gave nothing */
	const struct ip_addr *far_addr;
	struct far_text *far_got;
	const struct engine_log_given *log; /* --engine-log; NULL: none */
	const struct run_recording *record; /* NULL: it is looked at */
};

/* What watches over changes of the host itself, and undoes them however the run ends. */
struct run_host;

/* A tunnel that a configuration file describes. */
struct run_file {
	const char *path;
	/*
	 * Its keys are wiped as soon as the engine has them; a preshared one stays where the
	 * endpoint has another address, for which the peer may have to be set again.
	 */
	struct conf *conf;
	const struct intended_facts *intended; /* the same for the facts, with resolved endpoints */
	struct run_host *host;
	bool full_routes; /* as wg-quick would make them; else only what is probed is routed */
	bool force; /* also when an interface with the same key is up */
	bool run_hooks; /* PreUp and its like; the host was opened for it */
	const struct ip_addr *pings; /* as of run_existing */
	size_t n_pings;
	const char *peer, *require;
	const struct far_text *far;
	const struct ip_addr *far_addr;
	struct far_text *far_got;
};

enum run_weight { RUN_TOLD, RUN_MUST_KNOW };

/* The paced probes of `wgdiag loss`, for which the rest of the run is made. */
struct run_loss_conf {
	unsigned count; /* 0: as many as a check takes, at its pace */
	int64_t interval_ns;
	/* bytes behind the ICMP header; RUN_LOSS_MIXED: drawn for each, up to what the tun takes */
	int payload;
	int64_t timeout_ns; /* for each answer; 0: as long as the way shows that it takes */
	int64_t pause_ns; /* nothing is sent for so long, five times on the way; 0: never */
	/* Until one of these ends, which may be before the count. */
	bool until_enter; /* a line on standard input */
	char *const *command; /* started with the first probe; its output goes to stderr; NULL */
};
enum { RUN_LOSS_MIXED = -1 };

struct run_conf {
	const struct engine_ops *engine; /* of the near end; the far one is built in */
	const char *program; /* from engine_program() */
	unsigned ping_count, ping_payload; /* as ping -c and -s */
	int64_t ping_interval_ns, ping_timeout_ns; /* as ping -i and -W */
	uint64_t seed; /* names, addresses, ports and patterns are drawn from it */
	struct run_loss_conf loss;
	const struct loss_limits *loss_limits; /* NULL: the usual ones */
	uint32_t needs; /* NEED_BITs that are asked for (choose_needs); 0: all. Others are gaps */
	/* --kernel-debug: of a tunnel that is there, or of a file */
	bool kernel_debug;
	/* What `wgdiag lab` makes in the tunnel; NULL: nothing, and it is no lab. */
	const struct lab_fault *fault;
	const struct lab_variant *variant; /* of it */
	/* a second one beside it, where both variants have a scene; NULL: none */
	const struct lab_fault *and_fault;
	const struct lab_variant *and_variant;
	/* Served while it waits, and whoever gave it ends it; NULL: one of its own. */
	struct loop *loop;

	/* Told as it goes: step 1 to n, what it is about. May be NULL. */
	void (*progress)(void *ctx, unsigned step, unsigned n, const char *what);
	/* What was changed on the system, and that it will be undone. May be NULL. */
	void (*changed)(void *ctx, const char *what);
	/* What whoever runs it has to know: what is left, what was chosen. May be NULL. */
	void (*notice)(void *ctx, enum run_weight weight, const char *what);
	/*
	 * For who follows it. begun: f->target tells what is looked at; again when it is looked at
	 * anew. sent: a probe that the ledger follows, as its fate will have it. decided: f->fates
	 * are what this end can tell; only run_far_apply() changes them after that. May be NULL.
	 */
	void (*begun)(void *ctx, const struct facts *f);
	void (*sent)(void *ctx, const struct facts *f, int64_t probe, int64_t size,
		     int64_t wall_ns);
	void (*decided)(void *ctx, const struct facts *f);
	void *ctx;
};

/*
 * Steps 2 to 7, on a tunnel made for it: nothing of it is left when this returns. 0: *f is
 * whole, also when an engine failed or a signal came (f->interrupted). Negative: this
 * machine cannot make such a tunnel, so nothing was measured.
 * SIGINT and SIGTERM are caught while it lasts.
 */
int run_self_test(const struct run_conf *c, struct arena *a, struct facts *f, struct err *e);

/*
 * The same on a tunnel that is there already; nothing of it is changed. -ENODEV: no such
 * interface, -ENOTTY: it is no tunnel, -ENOKEY: it has no such peer, or far is of another tunnel.
 */
int run_attach(const struct run_conf *c, const struct run_existing *x, struct arena *a,
	       struct facts *f, struct err *e);

/* Records at such a tunnel (x->record). -EINTR: a signal came before there was anything. */
int run_serve_once(const struct run_conf *c, const struct run_existing *x, struct arena *a,
		   struct facts *f, struct err *e);

/*
 * Answers at such a tunnel until a signal comes; ready is called once, when it does. An interface
 * that goes away is waited for, and that is told (notice). Errors as of run_attach; -EADDRINUSE:
 * somebody does already.
 */
int run_serve(const struct run_conf *c, const struct run_existing *x, void (*ready)(void *ctx),
	      void *ctx, struct err *e);

/*
 * Before a file with keys is read, since it forks: begins to watch over this host, in the network
 * namespace netns (-1: where we are), which this process enters. Undoes what dead runs left there,
 * which is told by c->notice. hooks: those of the file will be run. -EPERM, -EACCES: not for this
 * user.
 */
int run_host_open(const struct run_conf *c, int netns, bool hooks, struct arena *a,
		  struct run_host **out, struct err *e);
/* Undoes what was changed, and tells what could not be. May be called twice. */
void run_host_close(struct run_host *h, const struct run_conf *c);
/*
 * Brings the tunnel of a file up, runs on it as on one that was there, and takes it down; or runs
 * on the interface that has its key. Errors as of run_attach; -ECANCELED: a hook of the file
 * failed; others: this machine cannot.
 */
int run_file(const struct run_conf *c, const struct run_file *x, struct arena *a, struct facts *f,
	     struct err *e);
/* The interface that a file is for, by its name; false: none could be called so. */
bool run_file_name(const char *path, char out[static 16]);
/* The engine that a file's tunnel is given when nobody chose one, and why. */
const struct engine_ops *run_engine_auto(struct arena *a, const char **why);

/* How a fault of the lab's network is looked at. */
struct run_lab {
	/* of the far end; that of the near end is the run's */
	const struct engine_ops *far;
	const char *far_program;
	bool from_far; /* who looks is at the far end */
	bool from_file; /* brings the tunnel up from its configuration, instead of finding it up */
	/* Nothing is looked at: how to get into it is told (notice), until a signal comes. */
	bool keep;
	bool far_file; /* `wgdiag serve --once` records at the other end meanwhile */
	bool root; /* who started it is; an ordinary user's network is in a user namespace */
};
/*
 * Makes the network, a tunnel across it, and c->variant in it, which has a scene; runs on it as
 * run_attach or run_file would; and takes it away. Negative: this machine cannot, or the fault
 * could not be made. Of l->keep there are no facts.
 */
int run_lab(const struct run_conf *c, const struct run_lab *l, struct arena *a, struct facts *f,
	    struct err *e);

/* In this namespace, until a signal comes; ready is called once, when it works. */
int run_lab_relay(const struct relay_conf *c, void (*ready)(void *ctx), void *ctx, struct err *e);

/* The NEED_BITs that such a run looks at: those asked for, and what they stand on. */
uint32_t run_plan(uint32_t needs);

/*
 * Says, a line each, what run_self_test() would make and send. named: with the names that it would
 * draw, for a seed that stays the same.
 */
void run_would(const struct run_conf *c, bool named, void (*say)(void *ctx, const char *line),
	       void *ctx);

/* Steps 8 and 9, for the rows that are asked for; NULL: all. */
void run_judge(const struct facts *f, const struct check_choice *choice, struct arena *a,
	       struct findings *all, struct verdict *v);

#endif
