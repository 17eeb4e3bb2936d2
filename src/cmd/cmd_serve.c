/*
 * `wgdiag serve`: the far side of a check.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/facts_io.h"
#include "cmd/say.h"
#include "wire/probe_msg.h"

#define NAME "wgdiag serve"

enum { FOR_S = 60, FOR_MIN_S = 1, FOR_MAX_S = 3600 };

struct serve_options {
	bool once, quiet, help, has_for, kernel_debug;
	const char *out, *netns, *peer, *interface;
	int64_t for_ns;
};

static void serve_help(FILE *out)
{
	fputs("usage: wgdiag serve [OPTIONS] INTERFACE\n"
	      "       wgdiag serve --once --out FILE [--for TIME] [OPTIONS] INTERFACE\n"
	      "\n"
	      "For the far end of a tunnel, while somebody runs wgdiag check at the other one.\n"
	      "Answers inside the tunnel, to addresses of its peers only, and records for who\n"
	      "asks (wgdiag check --far ADDRESS) what this end sees: what arrives outside and\n"
	      "what comes of it inside, counters, firewall rules and their hits. An interface\n"
	      "that goes away is waited for. Changes nothing. Needs root.\n"
	      "\n"
	      "With --once it records at once and sends nothing: for a tunnel that carries\n"
	      "nothing. The file is for wgdiag check --far-file FILE there. It has public keys\n"
	      "and addresses in it, and no private or preshared key.\n"
	      "\n"
	      "      --once           record, write the file, end\n"
	      "      --out FILE       where to; only its owner can read it (-: standard output)\n"
	      "      --for TIME       for so long, as 90s or 5m (default 60s); Ctrl-C ends it\n"
	      "                       before\n"
	      "      --peer KEY       the peer whose public key begins like this\n"
	      "      --netns NAME     the interface is in that network namespace (name or pid)\n"
	      "      --kernel-debug   the kernel's engine says why it refuses messages, while\n"
	      "                       it is recorded, by debug lines, which are off again then\n"
	      "  -q, --quiet          say nothing of how it goes\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: 0 recorded, or served until Ctrl-C, 2 wrong usage, 3 it cannot be\n"
	      "done here, 4 internal error, 130 interrupted before anything was recorded.\n",
	      out);
}

/* --- the command line ------------------------------------------------------------------ */

enum { OPT_ONCE = 256, OPT_OUT, OPT_FOR, OPT_SERVE_PEER, OPT_SERVE_NETNS, OPT_SERVE_DEBUG };

static const struct option options[] = {
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "peer", required_argument, NULL, OPT_SERVE_PEER },
	{ "netns", required_argument, NULL, OPT_SERVE_NETNS },
	{ "kernel-debug", no_argument, NULL, OPT_SERVE_DEBUG },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* "90s", "5m", or seconds without a unit. */
static bool read_for(const char *s, int64_t *out)
{
	size_t len = strlen(s), digits = strspn(s, "0123456789");
	int64_t unit_s = strcmp(s + digits, "m") == 0 ? 60 : 1;
	char number[8] = "";
	uint64_t v;

	if (digits && digits < sizeof(number) &&
	    (digits == len || !strcmp(s + digits, "s") || !strcmp(s + digits, "m"))) {
		memcpy(number, s, digits);
		if (str_to_u64(number, FOR_MAX_S, &v) && (int64_t)v * unit_s >= FOR_MIN_S &&
		    (int64_t)v * unit_s <= FOR_MAX_S) {
			*out = (int64_t)v * unit_s * NS_PER_S;
			return true;
		}
	}
	say(NAME ": --for '%s' is no time from 1s to 60m", s);
	return false;
}

static bool read_one(int opt, const char *arg, struct serve_options *o)
{
	switch (opt) {
	case OPT_ONCE:
		o->once = true;
		return true;
	case OPT_OUT:
		o->out = arg;
		return true;
	case OPT_FOR:
		o->has_for = true;
		return read_for(arg, &o->for_ns);
	case OPT_SERVE_PEER:
		o->peer = arg;
		return true;
	case OPT_SERVE_NETNS:
		o->netns = arg;
		return true;
	case OPT_SERVE_DEBUG:
		o->kernel_debug = true;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	default:
		o->help = true;
		return true;
	}
}

static int options_fit(const struct serve_options *o, char **rest)
{
	if (!rest[0])
		say(NAME ": name the tunnel's interface here");
	else if (rest[1])
		say(NAME ": unexpected argument '%s'", rest[1]);
	else if (!o->once && (o->out || o->has_for))
		say(NAME ": %s is of --once", o->out ? "--out" : "--for");
	else if (o->once && (!o->out || !o->out[0]))
		say(NAME ": --once needs --out FILE");
	else
		return EXIT_OK;
	return EXIT_USAGE;
}

static int read_options(int argc, char **argv, struct serve_options *o)
{
	int opt;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, ":qh", options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (!read_one(opt, optarg, o))
			return EXIT_USAGE;
		if (o->help)
			return EXIT_OK;
	}
	o->interface = argv[optind];
	return options_fit(o, argv + optind);
}

/* --- the recording ---------------------------------------------------------------------- */

static bool is_stdout(const struct serve_options *o)
{
	return strcmp(o->out, "-") == 0;
}

static void on_ready(void *ctx)
{
	const struct serve_options *o = ctx;

	if (!o->quiet)
		say("recording at %s for %lld s (Ctrl-C ends it before)", o->interface,
		    (long long)(o->for_ns / NS_PER_S));
}

static int keep(const struct serve_options *o, const struct facts *f)
{
	struct err e = { 0 };
	int rc = facts_io_save_far(is_stdout(o) ? NULL : o->out, f, &e);

	if (rc < 0) {
		say(NAME ": %s", e.text);
		return EXIT_INTERNAL;
	}
	if (!o->quiet && !is_stdout(o))
		say("wrote %s: there, wgdiag check INTERFACE --far-file %s", o->out, o->out);
	return EXIT_OK;
}

static void on_notice(void *ctx, enum run_weight weight, const char *what)
{
	const struct serve_options *o = ctx;

	if (!o->quiet || weight == RUN_MUST_KNOW)
		say("wgdiag: %s", what);
}

static struct run_conf conf_of(struct serve_options *o)
{
	return (struct run_conf){
		.engine = engine_ops_find("builtin"),
		.ping_count = 1,
		.kernel_debug = o->kernel_debug,
		.notice = on_notice,
		.ctx = o,
	};
}

/* The words and codes are those of `check INTERFACE`. */
static int record(struct serve_options *o, struct check_options *as, struct arena *a)
{
	struct run_recording r = { .for_ns = o->for_ns, .ready = on_ready, .ctx = o };
	struct run_conf c = conf_of(o);
	struct facts f;
	struct err e = { 0 };
	int code = EXIT_OK;

	as->record = &r;
	if (check_existing(as, &c, a, &f, &code, &e) < 0)
		return code;
	if (f.recording.gone && !o->quiet)
		say("%s is gone: recorded for %.1f s, until then", o->interface,
		    (double)(f.recording.to_wall_ns - f.recording.from_wall_ns) / 1e9);
	return keep(o, &f);
}

static void on_serving(void *ctx)
{
	const struct serve_options *o = ctx;

	if (!o->quiet)
		say("serving at %s, UDP port %u inside the tunnel (Ctrl-C ends it); at the other "
		    "end: wgdiag check INTERFACE --far ADDRESS-OF-HERE",
		    o->interface, (unsigned)PROBE_PORT);
}

static int answer(struct serve_options *o, struct check_options *as)
{
	struct run_conf c = conf_of(o);
	struct run_existing x = { .ifname = o->interface, .netns = -1, .peer = o->peer };
	struct err e = { 0 };
	int rc, code = EXIT_OK;

	if (o->netns) {
		code = check_netns(as, &x.netns);
		if (code != EXIT_OK)
			return code;
	}
	rc = run_serve(&c, &x, on_serving, o, &e);
	if (x.netns >= 0)
		close(x.netns);
	if (rc == 0)
		return EXIT_OK;
	if (rc == -ENODEV || rc == -ENOTTY || rc == -ENOKEY) {
		say(NAME ": %s", e.text);
		return EXIT_USAGE;
	}
	check_refusal(as, &e);
	return EXIT_UNDECIDED;
}

static int serve_run(int argc, char **argv)
{
	struct serve_options o = { .for_ns = FOR_S * NS_PER_S };
	struct check_options as;
	struct err e = { 0 };
	struct arena a;
	int code = read_options(argc, argv, &o);

	if (code != EXIT_OK)
		return code;
	if (o.help) {
		serve_help(stdout);
		return EXIT_OK;
	}
	check_options_init(&as, NAME);
	as.quiet = o.quiet;
	as.netns = o.netns;
	as.peer = o.peer;
	as.no_file = true;
	if (check_target(&as, o.interface) != EXIT_OK)
		return EXIT_USAGE;
	if (as.file) {
		say(NAME ": '%s' is a file: name the interface of a tunnel that runs", o.interface);
		return EXIT_USAGE;
	}
	if (!o.once)
		return answer(&o, &as);
	if (!is_stdout(&o) && facts_io_can_save(o.out, &e) < 0) {
		say(NAME ": %s", e.text);
		return EXIT_USAGE;
	}
	arena_init(&a);
	code = record(&o, &as, &a);
	arena_done(&a);
	return code;
}

const struct cmd cmd_serve = {
	.name = "serve",
	.args = "[--once --out FILE [--for TIME]] [--peer KEY] [--netns NAME] [--kernel-debug] "
		"INTERFACE",
	.summary = "the far side of a check: answer, and record what this end sees",
	.run = serve_run,
	.help = serve_help,
};
