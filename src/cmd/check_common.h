/*
 * What `wgdiag check` and `wgdiag lab` share: how a run is asked for, done and told.
 */
#ifndef CMD_CHECK_COMMON_H
#define CMD_CHECK_COMMON_H

#include <stdio.h>

#include "check/choose.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "engine/engine.h"
#include "lab/fault.h"
#include "model/far_text.h"
#include "report/report.h"
#include "run/run.h"

enum { PINGS_MAX = 1 }; /* an address that the verdict is about */

struct check_options {
	const char *cmd; /* "wgdiag check", for what is said on stderr */
	const struct engine_ops *engine; /* NULL until it is given */
	const char *engine_cmd; /* as given, or NULL */
	const char *engine_why; /* it was not chosen by the user; NULL: by him */
	const struct report_ops *report;
	enum colour_when colour;
	uint64_t count, payload, seed;
	int64_t interval_ns, timeout_ns;
	const char *facts, *save_facts;
	struct run_loss_conf loss; /* of wgdiag loss; count 0: it is another command */
	const char *far_file; /* NULL; "-": standard input */
	const struct far_text *far; /* what was read of it; NULL */
	struct ip_addr far_addr; /* --far; FAMILY_NONE */
	struct far_text *far_got; /* what came from there */
	const char *of_a_run; /* the last option given that says how a run is done, or NULL */
	const char *only, *skip; /* as they were given, or NULL */
	/* of wgdiag loss: beside those, where nothing comes back; NULL: none */
	const char *only_silent;
	bool has_seed, quiet, verbose, help;
	bool root; /* as it was started: in a user namespace everybody is */
	bool list_checks, dry_run, fail_on_warn;
	struct loss_limits loss_limits; /* UNKNOWN: not given */
	/* of a tunnel that is there already; NULL: one is made for the test */
	const char *interface;
	const char *file; /* a tunnel that it describes is brought up; NULL: none */
	bool full_routes, force, run_hooks, engine_auto;
	const char *netns, *peer, *require; /* as they were given, or NULL */
	struct ip_addr pings[PINGS_MAX];
	size_t n_pings;
	/* as they were given, or NULL */
	const char *endpoint, *config, *engine_log;
	bool kernel_debug;
	bool no_file; /* the command has no use for a file in place of an interface */
	const struct run_recording *record; /* `wgdiag serve`; NULL: a check */
	/* of a lab */
	const struct lab_fault *fault;
	const struct lab_variant *variant;
	const struct lab_fault *and_fault;
	const struct lab_variant *and_variant;
	struct run_lab lab; /* of a variant with a scene */
};

/* The long options without a short one; from OPT_OWN on a command has its own. */
enum {
	OPT_ENGINE = 256,
	OPT_ENGINE_CMD,
	OPT_JSON,
	OPT_JSON_LINES,
	OPT_SEED,
	OPT_COLOR,
	OPT_FACTS,
	OPT_SAVE_FACTS,
	OPT_ONLY,
	OPT_SKIP,
	OPT_LIST_CHECKS,
	OPT_FAIL_ON,
	OPT_LOSS_FAIL,
	OPT_LOSS_WARN,
	OPT_FAR_FILE,
	OPT_FAR,
	OPT_DRY_RUN,
	OPT_PING,
	OPT_PEER,
	OPT_REQUIRE,
	OPT_NETNS,
	OPT_ENDPOINT,
	OPT_CONFIG,
	OPT_FULL_ROUTES,
	OPT_FORCE,
	OPT_RUN_HOOKS,
	OPT_ENGINE_LOG,
	OPT_KERNEL_DEBUG,
	OPT_OWN
};

#define CHECK_SHORT_OPTIONS ":c:i:s:W:qvh"

void check_options_init(struct check_options *o, const char *cmd);
/* The lines of --help about which rows, and what is done with them: of check and of lab. */
void check_options_help(FILE *out);
/* One that getopt_long found. False: wrong, and it was said why. */
bool check_option(int opt, const char *arg, struct check_options *o);
/* Which rows; EXIT_OK, or EXIT_USAGE after it was said why. */
int check_options_choose(const struct check_options *o, struct check_choice *out);
/* The limits of loss: EXIT_OK, or EXIT_USAGE after it was said why they do not go together. */
int check_options_limits(const struct check_options *o);
/* Those that have the same run done again, for what to type next. */
void check_options_keep(const struct check_options *o, struct arena *a, struct target_facts *out);
/* Makes the tunnel, runs the checks, tells; or whatever else was asked for. The exit code. */
int check_and_tell(struct check_options *o);

/*
 * check_argument.c: the n words that stand behind the options: a tunnel, or none. EXIT_OK, or
 * EXIT_USAGE after it was said what does not go with it.
 */
int check_argument(struct check_options *o, char **args, int n);

/* check_target.c: can the argument be checked? EXIT_OK, or it was said why not */
int check_target(struct check_options *o, const char *arg);
/* The namespace of --netns; EXIT_OK, or it was said why not. */
int check_netns(const struct check_options *o, int *out);
/* Runs on it. 0; negative: refused, and *code is what to exit with. */
int check_existing(const struct check_options *o, const struct run_conf *c, struct arena *a,
		   struct facts *f, int *code, struct err *e);

/* check_file.c: the same on the tunnel of a file; *code is set, and all is said, when negative */
int check_of_file(const struct check_options *o, const struct run_conf *c, struct arena *a,
		  struct facts *f, int *code, struct err *e);

/* One line, with what would help. */
void check_refusal(const struct check_options *o, const struct err *e);

/* check_ahead.c: without a run */
void check_list(const struct check_choice *choice);
/* EXIT_OK, or what was given cannot be used, and it was said why. */
int check_would(const struct check_options *o, const struct check_choice *choice,
		const struct run_conf *c);

#endif
