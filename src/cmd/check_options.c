/*
 * The options that `wgdiag check` and `wgdiag lab` have in common, and what they choose.
 */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/say.h"
#include "model/targets.h"

enum { ENGINES_MAX = 16, COUNT_MAX = 100000, PAYLOAD_MAX = 65507 };

static bool read_engine(const char *s, struct check_options *o)
{
	const char *names[ENGINES_MAX];
	size_t n = 0;

	o->engine_auto = strcmp(s, "auto") == 0;
	o->engine = engine_ops_find(s);
	if (o->engine || o->engine_auto)
		return true;
	while (engines[n] && n + 1 < ENGINES_MAX) {
		names[n] = engines[n]->name;
		n++;
	}
	names[n++] = "auto";
	options_no_such(o->cmd, "engine", s, names, n);
	return false;
}

static bool read_fail_on(const char *s, struct check_options *o)
{
	static const char *const names[] = { "fail", "warn" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(s, names[i]) == 0) {
			o->fail_on_warn = i == 1;
			return true;
		}
	}
	options_no_such(o->cmd, "value of --fail-on", s, names, ARRAY_LEN(names));
	return false;
}

static bool read_colour(const char *s, struct check_options *o)
{
	static const char *const names[] = { "auto", "always", "never" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(s, names[i]) == 0) {
			o->colour = (enum colour_when)i;
			return true;
		}
	}
	options_no_such(o->cmd, "value of --color", s, names, ARRAY_LEN(names));
	return false;
}

/* "-" would mix with the report on standard output. */
static bool read_save(const char *s, struct check_options *o)
{
	o->save_facts = s;
	if (*s && strcmp(s, "-") != 0)
		return true;
	say("%s: --save-facts '%s' is no name of a file", o->cmd, s);
	return false;
}

static bool read_ping(const char *s, struct check_options *o)
{
	struct ip_addr a;

	if (o->n_pings == PINGS_MAX) {
		say("%s: --ping more than once", o->cmd);
		return false;
	}
	if (ip_addr_parse(s, &a) && targets_is_usable(&a)) {
		o->pings[o->n_pings++] = a;
		return true;
	}
	if (ip_addr_parse(s, &a)) {
		say("%s: --ping %s: nobody can be asked there", o->cmd, s);
		return false;
	}
	say("%s: --ping '%s' is no IPv4 or IPv6 address", o->cmd, s);
	return false;
}

static bool read_far_addr(const char *s, struct check_options *o)
{
	if (ip_addr_parse(s, &o->far_addr) && targets_is_usable(&o->far_addr))
		return true;
	say("%s: --far '%s' is no IPv4 or IPv6 address that can be asked", o->cmd, s);
	return false;
}

/* Those that say which tunnel, and what in it. */
static bool target_option(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_PING:
		return read_ping(arg, o);
	case OPT_PEER:
		o->peer = arg;
		return true;
	case OPT_REQUIRE:
		o->require = arg;
		return true;
	case OPT_ENDPOINT:
		o->endpoint = arg;
		return true;
	case OPT_CONFIG:
		o->config = arg;
		return true;
	case OPT_FULL_ROUTES:
		o->full_routes = true;
		return true;
	case OPT_FORCE:
		o->force = true;
		return true;
	case OPT_RUN_HOOKS:
		o->run_hooks = true;
		return true;
	case OPT_ENGINE_LOG:
		o->engine_log = arg;
		return true;
	case OPT_KERNEL_DEBUG:
		o->kernel_debug = true;
		return true;
	default:
		o->netns = arg;
		return true;
	}
}

static bool limit_option(int opt, const char *arg, struct check_options *o)
{
	struct loss_limits *l = &o->loss_limits;

	if (opt == OPT_LOSS_FAIL)
		return options_percent(o->cmd, "--loss-fail", arg, &l->fail_ppm);
	return options_percent(o->cmd, "--loss-warn", arg, &l->warn_ppm);
}

/* Those that say which rows, and what is to be done with them. */
static bool row_option(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_ONLY:
		o->only = arg;
		return true;
	case OPT_SKIP:
		o->skip = arg;
		return true;
	case OPT_LIST_CHECKS:
		o->list_checks = true;
		return true;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return true;
	case OPT_FAIL_ON:
		return read_fail_on(arg, o);
	default:
		return limit_option(opt, arg, o);
	}
}

static bool far_option(int opt, const char *arg, struct check_options *o)
{
	if (opt == OPT_FAR)
		return read_far_addr(arg, o);
	o->far_file = arg;
	return true;
}

static bool number_option(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_SEED:
		o->has_seed = true;
		return options_count(o->cmd, "--seed", arg, 0, UINT64_MAX, &o->seed);
	case 'c':
		return options_count(o->cmd, "-c", arg, 1, COUNT_MAX, &o->count);
	case 's':
		return options_count(o->cmd, "-s", arg, 0, PAYLOAD_MAX, &o->payload);
	case 'i':
		return options_seconds(o->cmd, "-i", arg, 0, 3600 * NS_PER_S, &o->interval_ns);
	default:
		return options_seconds(o->cmd, "-W", arg, NS_PER_MS, 3600 * NS_PER_S,
				       &o->timeout_ns);
	}
}

bool check_option(int opt, const char *arg, struct check_options *o)
{
	switch (opt) {
	case OPT_ENGINE:
		return read_engine(arg, o);
	case OPT_ENGINE_CMD:
		o->engine_cmd = arg;
		return true;
	case OPT_COLOR:
		return read_colour(arg, o);
	case OPT_JSON:
	case OPT_JSON_LINES:
		o->report = opt == OPT_JSON ? &report_json : &report_ndjson;
		return true;
	case OPT_FACTS:
		o->facts = arg;
		return true;
	case OPT_FAR_FILE:
	case OPT_FAR:
		return far_option(opt, arg, o);
	case OPT_SAVE_FACTS:
		return read_save(arg, o);
	case OPT_LOSS_FAIL:
	case OPT_LOSS_WARN:
	case OPT_ONLY:
	case OPT_SKIP:
	case OPT_LIST_CHECKS:
	case OPT_DRY_RUN:
	case OPT_FAIL_ON:
		return row_option(opt, arg, o);
	case OPT_PING:
	case OPT_PEER:
	case OPT_REQUIRE:
	case OPT_NETNS:
	case OPT_ENDPOINT:
	case OPT_CONFIG:
	case OPT_FULL_ROUTES:
	case OPT_FORCE:
	case OPT_RUN_HOOKS:
	case OPT_ENGINE_LOG:
	case OPT_KERNEL_DEBUG:
		return target_option(opt, arg, o);
	case OPT_SEED:
	case 'c':
	case 's':
	case 'i':
	case 'W':
		return number_option(opt, arg, o);
	case 'q':
		o->quiet = true;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	default:
		o->help = true;
		return true;
	}
}

void check_options_init(struct check_options *o, const char *cmd)
{
	*o = (struct check_options){
		.cmd = cmd,
		.root = geteuid() == 0,
		.report = &report_text,
		.count = 10,
		.payload = 56,
		.interval_ns = 100 * NS_PER_MS,
		.timeout_ns = NS_PER_S,
		.loss_limits = { UNKNOWN, UNKNOWN },
	};
}

void check_options_help(FILE *out)
{
	fputs("      --only WORDS     only these rows: ids, families, layers, as ping.peer,tun\n"
	      "      --skip WORDS     without these rows\n"
	      "      --list-checks    the rows, with id and layer; nothing is run\n"
	      "      --fail-on WHAT   exit 1 on: fail (default), or warn as well\n"
	      "      --loss-fail P    FAIL when surely more than P % is lost (default 1)\n"
	      "      --loss-warn P    WARN likewise (default 0.1)\n"
	      "      --dry-run        say what would be made and sent, and do nothing\n"
	      "  -q, --quiet          say nothing when all is well, else only what failed\n",
	      out);
}

/* --- once more ------------------------------------------------------------------- */

static void keep(struct target_facts *t, const char *name, const char *value)
{
	t->options[t->n_options++] = (struct option_facts){ name, value };
}

static void keep_text(struct target_facts *t, const char *name, const char *value)
{
	/* What came by standard input does not come once more. */
	if (value && strcmp(value, "-") != 0)
		keep(t, name, value);
}

static void keep_pings(const struct check_options *o, struct arena *a, struct target_facts *t)
{
	char text[IP_ADDR_STR_SIZE];
	size_t i;

	for (i = 0; i < o->n_pings; i++)
		keep(t, "--ping", arena_strdup(a, ip_addr_str(&o->pings[i], text)));
}

static void keep_far(const struct check_options *o, struct arena *a, struct target_facts *t)
{
	char text[IP_ADDR_STR_SIZE];

	keep(t, "--far", arena_strdup(a, ip_addr_str(&o->far_addr, text)));
}

static void keep_numbers(const struct check_options *o, struct arena *a, struct target_facts *t)
{
	struct check_options usual;

	check_options_init(&usual, o->cmd);
	if (o->count != usual.count)
		keep(t, "-c", arena_printf(a, "%llu", (unsigned long long)o->count));
	if (o->interval_ns != usual.interval_ns)
		keep(t, "-i", arena_printf(a, "%.9g", (double)o->interval_ns / (double)NS_PER_S));
	if (o->payload != usual.payload)
		keep(t, "-s", arena_printf(a, "%llu", (unsigned long long)o->payload));
	if (o->timeout_ns != usual.timeout_ns)
		keep(t, "-W", arena_printf(a, "%.9g", (double)o->timeout_ns / (double)NS_PER_S));
	if (o->has_seed)
		keep(t, "--seed", arena_printf(a, "%llu", (unsigned long long)o->seed));
}

static void keep_percent(struct target_facts *t, struct arena *a, const char *name, int64_t ppm)
{
	if (ppm != UNKNOWN)
		keep(t, name, arena_printf(a, "%.9g", (double)ppm / 1e4));
}

static void keep_lab(const struct check_options *o, struct arena *a, struct target_facts *t)
{
	const struct run_lab *l = &o->lab;

	if (!o->variant || !o->variant->scene)
		return;
	if (o->and_variant)
		keep(t, "--and",
		     arena_printf(a, "%s/%s", o->and_fault->name, o->and_variant->name));
	if (l->from_file)
		keep(t, "--as", "file");
	if (l->from_far)
		keep(t, "--from", "far");
	if (l->far_file)
		keep(t, "--far-file", NULL);
	if (l->far && strcmp(l->far->name, "builtin") != 0)
		keep(t, "--engine-far", l->far->name);
}

void check_options_keep(const struct check_options *o, struct arena *a, struct target_facts *out)
{
	enum { MOST = 23 };

	out->options = arena_alloc(a, (MOST + PINGS_MAX) * sizeof(*out->options));
	out->n_options = 0;
	keep_text(out, "--netns", o->netns);
	keep_text(out, "--config", o->config);
	keep_text(out, "--endpoint", o->endpoint);
	keep_text(out, "--peer", o->peer);
	keep_text(out, "--require", o->require);
	keep_pings(o, a, out);
	keep_text(out, "--engine-log", o->engine_log);
	keep_text(out, "--far-file", o->far_file);
	if (o->far_addr.family != FAMILY_NONE)
		keep_far(o, a, out);
	if (o->full_routes)
		keep(out, "--full-routes", NULL);
	if (o->force)
		keep(out, "--force", NULL);
	if (o->run_hooks)
		keep(out, "--run-hooks", NULL);
	if (o->kernel_debug)
		keep(out, "--kernel-debug", NULL);
	keep_lab(o, a, out);
	keep_numbers(o, a, out);
	keep_percent(out, a, "--loss-fail", o->loss_limits.fail_ppm);
	keep_percent(out, a, "--loss-warn", o->loss_limits.warn_ppm);
	assert(out->n_options <= MOST + PINGS_MAX);
}

int check_options_limits(const struct check_options *o)
{
	const struct loss_limits *l = &o->loss_limits;

	if (l->warn_ppm == UNKNOWN || (double)l->warn_ppm <= loss_limit_fail(l) * 1e6)
		return EXIT_OK;
	say("%s: --loss-warn %.9g is above the share that fails, %.9g %%%s", o->cmd,
	    (double)l->warn_ppm / 1e4, loss_limit_fail(l) * 100,
	    l->fail_ppm == UNKNOWN ? " (--loss-fail)" : "");
	return EXIT_USAGE;
}

/* --- which rows ----------------------------------------------------------------- */

static bool has_empty_word(const char *words)
{
	size_t len = strlen(words);

	return len == 0 || words[0] == ',' || words[len - 1] == ',' || strstr(words, ",,");
}

static int no_empty_words(const struct check_options *o)
{
	bool only = o->only && has_empty_word(o->only);

	if (!only && !(o->skip && has_empty_word(o->skip)))
		return EXIT_OK;
	say("%s: an empty word in %s '%s'", o->cmd, only ? "--only" : "--skip",
	    only ? o->only : o->skip);
	return EXIT_USAGE;
}

int check_options_choose(const struct check_options *o, struct check_choice *out)
{
	const char *const *words;
	const char *bad = NULL;
	int code = no_empty_words(o);
	struct arena a;
	size_t n;

	if (code != EXIT_OK)
		return code;
	arena_init(&a);
	if (!choose(o->only, o->skip, &a, out, &bad)) {
		code = EXIT_USAGE;
		words = choose_words(&a, &n);
		if (bad[0])
			options_no_such(o->cmd, "check", bad, words, n);
		else
			say("%s: --only and --skip leave no check", o->cmd);
	}
	arena_done(&a);
	return code;
}
