/*
 * A run as it was asked for: done, or read from a file; judged, told, and its exit code.
 */
#include "cmd/check_common.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check_events.h"
#include "cmd/cmd.h"
#include "cmd/facts_io.h"
#include "cmd/far_io.h"
#include "cmd/hint.h"
#include "cmd/say.h"
#include "report/width.h"
#include "run/run_far.h"

/* --- while it runs ------------------------------------------------------------ */

struct voice {
	bool live, verbose, quiet;
	int shown; /* characters of progress on the line */
	struct check_events events; /* of --json-lines */
};

/* By blanks: an escape code is more than NO_COLOR and some terminals bear. */
static void clear_progress(struct voice *v)
{
	if (v->shown > 0)
		fprintf(stderr, "\r%*s\r", v->shown, "");
	v->shown = 0;
}

static void on_progress(void *ctx, unsigned step, unsigned n, const char *what)
{
	struct voice *v = ctx;

	if (!v->live)
		return;
	clear_progress(v);
	v->shown = fprintf(stderr, "%u/%u %s", step, n, what);
	fflush(stderr);
}

static void on_changed(void *ctx, const char *what)
{
	struct voice *v = ctx;

	if (!v->verbose || v->quiet)
		return;
	clear_progress(v);
	say("%s", what);
}

/* It may hold what stands in somebody's file, a hook for one. */
static void on_notice(void *ctx, enum run_weight weight, const char *what)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct voice *v = ctx;

	if (v->quiet && weight != RUN_MUST_KNOW)
		return;
	clear_progress(v);
	text_clean(&b, what, true);
	say("wgdiag: %s", buf_str(&b));
}

static void on_begun(void *ctx, const struct facts *f)
{
	check_events_begun(&((struct voice *)ctx)->events, f);
}

static void on_sent(void *ctx, const struct facts *f, int64_t probe, int64_t size, int64_t wall_ns)
{
	check_events_sent(&((struct voice *)ctx)->events, f, probe, size, wall_ns);
}

static void on_decided(void *ctx, const struct facts *f)
{
	check_events_decided(&((struct voice *)ctx)->events, f);
}

/* --- afterwards --------------------------------------------------------------- */

void check_refusal(const struct check_options *o, const struct err *e)
{
	const char *help = hint_for(e, o->root);

	say(help ? "wgdiag: %s (%s)" : "wgdiag: %s", e->text, help);
}

static bool any_warning(const struct findings *all)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_WARN)
			return true;
	return false;
}

static int exit_code(const struct check_options *o, const struct report *r)
{
	const struct verdict *v = r->verdict;

	if (r->facts->interrupted)
		return EXIT_INTERRUPTED;
	if (v->state == STATE_FAIL || (o->fail_on_warn && any_warning(r->findings)))
		return EXIT_FAILED;
	return v->state == STATE_UNSURE ? EXIT_UNDECIDED : EXIT_OK;
}

static int write_report(const struct check_options *o, const struct report *r)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct report_style style = { .quiet = o->quiet,
				      .verbose = o->verbose,
				      .warn_fails = o->fail_on_warn };

	terminal_style(o->colour, &style);
	o->report->write(r, &style, &text);
	if (fwrite(buf_str(&text), 1, text.len, stdout) != text.len || fflush(stdout) != 0)
		return -errno;
	return 0;
}

/* events: of a run whose lines were written as they came; NULL. */
static int tell(const struct check_options *o, const struct report *r, struct check_events *events)
{
	int rc = events ? check_events_end(events, r) : write_report(o, r);

	if (rc == 0)
		return exit_code(o, r);
	say("%s: writing the report: %s", o->cmd, strerror(-rc));
	return EXIT_INTERNAL;
}

/* What tells of loss tells nothing of a tunnel that carries nothing: then those that tell why. */
static bool carries_nothing(const struct facts *f)
{
	return f->target.kind != TARGET_SELF_TEST && !f->interrupted && f->fates.answered <= 0;
}

/* From o->only and o->only_silent; the options were found good before. */
static void choose_silent(const struct check_options *o, struct arena *a, struct check_choice *out)
{
	const char *bad;
	bool known =
		choose(arena_printf(a, "%s,%s", o->only, o->only_silent), o->skip, a, out, &bad);

	assert(known);
}

/* The rows that are told of such a run. */
static void choose_told(const struct check_options *o, const struct facts *f, struct arena *a,
			struct check_choice *choice)
{
	if (o->only_silent && carries_nothing(f))
		choose_silent(o, a, choice);
}

static int judge(const struct check_options *o, const struct check_choice *choice, struct arena *a,
		 const struct facts *f, struct check_events *events)
{
	struct findings all;
	struct verdict verdict;

	run_judge(f, choice, a, &all, &verdict);
	return tell(o, &(struct report){ f, &all, &verdict }, events);
}

/* What was kept is judged by the limits that it was kept with, but for those that are given. */
static void limit(const struct check_options *o, struct facts *f)
{
	if (o->loss_limits.fail_ppm != UNKNOWN)
		f->loss_limits.fail_ppm = o->loss_limits.fail_ppm;
	if (o->loss_limits.warn_ppm != UNKNOWN)
		f->loss_limits.warn_ppm = o->loss_limits.warn_ppm;
}

static int judge_saved(const struct check_options *o, const struct check_choice *choice,
		       struct arena *a)
{
	struct check_choice within = *choice;
	struct err e = { 0 };
	struct facts f;

	if (facts_io_load(o->facts, a, &f, &e) < 0 ||
	    (o->far && run_far_apply(&f, o->far, a, &e) < 0)) {
		say("%s: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	limit(o, &f);
	choose_told(o, &f, a, &within);
	if (!choose_within(&within, f.chosen, f.n_chosen)) {
		say("%s: %s: --only and --skip leave none of the rows it was made for", o->cmd,
		    o->facts);
		return EXIT_USAGE;
	}
	return judge(o, &within, a, &f, NULL);
}

/* What was seen is told, also when it cannot be kept. */
static int judge_and_save(const struct check_options *o, const struct check_choice *choice,
			  struct arena *a, const struct facts *f, struct check_events *events)
{
	struct err e = { 0 };
	int rc = o->save_facts ? facts_io_save(o->save_facts, f, &e) : 0;
	int code = judge(o, choice, a, f, events);

	if (rc == 0)
		return code;
	say("%s: %s", o->cmd, e.text);
	return EXIT_INTERNAL;
}

/* Not what makes a device of its own, nor what asks others: that is for wgdiag check. */
static uint32_t needs_of(const struct check_options *o, const struct check_choice *choice,
			 struct arena *a)
{
	struct check_choice silent;

	if (!o->only_silent || (!o->interface && !o->file))
		return choose_needs(choice);
	choose_silent(o, a, &silent);
	return choose_needs(choice) |
	       (choose_needs(&silent) & ~(NEED_BIT(NEED_FRAMING) | NEED_BIT(NEED_PEERS)));
}

static void conf_of(const struct check_options *o, const struct check_choice *choice,
		    struct arena *a, struct run_conf *out)
{
	*out = (struct run_conf){
		.engine = o->engine,
		.ping_count = (unsigned)o->count,
		.ping_payload = (unsigned)o->payload,
		.ping_interval_ns = o->interval_ns,
		.ping_timeout_ns = o->timeout_ns,
		.seed = o->seed,
		.loss = o->loss,
		.loss_limits = &o->loss_limits,
		.needs = needs_of(o, choice, a),
		.kernel_debug = o->kernel_debug,
		.fault = o->fault,
		.variant = o->variant,
		.and_fault = o->and_fault,
		.and_variant = o->and_variant,
	};
}

/* What cannot be done as it was asked for is said before anything is. EXIT_OK: go on. */
static int prepare(const struct check_options *o, struct arena *a, struct run_conf *c)
{
	struct err e = { 0 };
	int rc = 0;

	if (o->save_facts && o->dry_run)
		rc = facts_io_may_save(o->save_facts, &e);
	else if (o->save_facts)
		rc = facts_io_can_save(o->save_facts, &e);
	if (rc < 0) {
		say("%s: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	/* That of an interface runs already. */
	if (o->interface || engine_program(o->engine, a, &c->program, &e) == 0)
		return EXIT_OK;
	/* Our own program, through /proc: no choice of the user's can be wrong. */
	if (o->engine == engine_ops_find("builtin")) {
		check_refusal(o, &e);
		return EXIT_UNDECIDED;
	}
	say("%s: %s", o->cmd, e.text);
	return EXIT_USAGE;
}

/* Negative: there is nothing to judge, it was said why, and *code is what to exit with. */
static int measure(const struct check_options *o, const struct run_conf *c, struct arena *a,
		   struct facts *f, int *code)
{
	struct err e = { 0 };
	int rc;

	if (o->interface)
		return check_existing(o, c, a, f, code, &e);
	if (o->file)
		return check_of_file(o, c, a, f, code, &e);
	if (o->variant && o->variant->scene)
		rc = run_lab(c, &o->lab, a, f, &e);
	else
		rc = run_self_test(c, a, f, &e);
	if (rc < 0) {
		clear_progress(c->ctx);
		check_refusal(o, &e);
		*code = EXIT_UNDECIDED;
	}
	return rc;
}

/* What was given of the far end, or came from there; NULL. */
static const struct far_text *far_of(const struct check_options *o)
{
	return o->far_got && o->far_got->n_looks ? o->far_got : o->far;
}

static void listen_to(const struct check_options *o, struct voice *v, struct run_conf *c)
{
	c->progress = on_progress;
	c->changed = on_changed;
	c->notice = on_notice;
	c->ctx = v;
	if (o->report != &report_ndjson)
		return;
	c->begun = on_begun;
	c->sent = on_sent;
	/* What the far end recorded may decide otherwise, and is known after the run. */
	if (!o->far && o->far_addr.family == FAMILY_NONE)
		c->decided = on_decided;
}

static int run(const struct check_options *o, struct check_choice *choice, struct arena *a,
	       struct voice *voice)
{
	struct facts facts;
	struct run_conf c;
	struct err e = { 0 };
	int rc, code;

	conf_of(o, choice, a, &c);
	rc = prepare(o, a, &c);
	if (rc != EXIT_OK)
		return rc;
	if (o->dry_run)
		return check_would(o, choice, &c);
	listen_to(o, voice, &c);
	rc = measure(o, &c, a, &facts, &code);
	clear_progress(voice);
	if (rc < 0)
		return code;
	if (o->lab.keep)
		return EXIT_OK;
	if (far_of(o) && run_far_apply(&facts, far_of(o), a, &e) < 0) {
		say("%s: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	check_options_keep(o, a, &facts.target);
	facts.target.for_loss = o->loss.count > 0;
	choose_told(o, &facts, a, choice);
	choose_ids(choice, a, &facts.chosen, &facts.n_chosen);
	return judge_and_save(o, choice, a, &facts, c.begun ? &voice->events : NULL);
}

static int check(const struct check_options *o, struct check_choice *choice, struct arena *a)
{
	struct voice voice = { .live = terminal_is_live(STDERR_FILENO) && !o->quiet,
			       .verbose = o->verbose,
			       .quiet = o->quiet };
	int code;

	check_events_init(&voice.events);
	code = run(o, choice, a, &voice);
	check_events_done(&voice.events);
	return code;
}

/* Standard input can be one thing only. */
static int input_fits(const struct check_options *o)
{
	const struct {
		const char *option, *path;
	} of[] = { { "--facts", o->facts },
		   { "--far-file", o->far_file },
		   { "--engine-log", o->engine_log } };
	const char *first = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LEN(of); i++) {
		if (!of[i].path || strcmp(of[i].path, "-") != 0)
			continue;
		if (first) {
			say("%s: %s and %s cannot both be standard input", o->cmd, first,
			    of[i].option);
			return EXIT_USAGE;
		}
		first = of[i].option;
	}
	return EXIT_OK;
}

/* A self-test makes both ends. */
static int far_file_fits(const struct check_options *o)
{
	if (o->far_file && o->far_addr.family != FAMILY_NONE) {
		say("%s: --far and --far-file are both of the far end: one of them", o->cmd);
		return EXIT_USAGE;
	}
	if (!o->far_file || o->list_checks)
		return EXIT_OK;
	if (o->facts || o->interface || o->file)
		return input_fits(o);
	say("%s: --far-file is about the far end of a tunnel of your own, and the self-test "
	    "makes both ends itself",
	    o->cmd);
	return EXIT_USAGE;
}

/* By its command line, by its name, or ours. */
static int choose_engine(struct check_options *o, struct arena *a)
{
	struct err e = { 0 };

	if (o->engine_cmd && (o->engine || o->engine_auto)) {
		say("%s: --engine and --engine-cmd both say which engine", o->cmd);
		return EXIT_USAGE;
	}
	if (o->engine_cmd && engine_cmd_parse(o->engine_cmd, a, &o->engine, &e) < 0) {
		say("%s: --engine-cmd '%s': %s", o->cmd, o->engine_cmd, e.text);
		return EXIT_USAGE;
	}
	if (o->engine)
		return EXIT_OK;
	o->engine = o->file ? run_engine_auto(a, &o->engine_why) : engine_ops_find("builtin");
	return EXIT_OK;
}

/* A bad one is said before anything is done. */
static int read_far(struct check_options *o, struct arena *a)
{
	struct far_text *far = arena_alloc(a, sizeof(*far));
	struct err e = { 0 };

	if (o->far_addr.family != FAMILY_NONE)
		o->far_got = arena_alloc(a, sizeof(*o->far_got));
	if (!o->far_file || o->dry_run)
		return EXIT_OK;
	if (far_io_read(o->far_file, a, far, &e) < 0) {
		say("%s: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	o->far = far;
	return EXIT_OK;
}

int check_and_tell(struct check_options *o)
{
	struct check_choice choice;
	struct arena a;
	int code = check_options_choose(o, &choice);

	if (code != EXIT_OK)
		return code;
	code = check_options_limits(o);
	if (code == EXIT_OK)
		code = far_file_fits(o);
	if (code != EXIT_OK)
		return code;
	if ((o->report == &report_json || o->report == &report_ndjson) &&
	    (o->list_checks || o->dry_run)) {
		say("%s: %s has no JSON", o->cmd, o->list_checks ? "--list-checks" : "--dry-run");
		return EXIT_USAGE;
	}
	if (o->list_checks) {
		check_list(&choice);
		return EXIT_OK;
	}
	arena_init(&a);
	code = choose_engine(o, &a);
	if (code == EXIT_OK)
		code = read_far(o, &a);
	if (!o->has_seed)
		randombytes_buf(&o->seed, sizeof(o->seed));
	if (code == EXIT_OK)
		code = o->facts ? judge_saved(o, &choice, &a) : check(o, &choice, &a);
	arena_done(&a);
	return code;
}
