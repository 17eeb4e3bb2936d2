/*
 * `wgdiag engines`: which engines are here, and what is known to be wrong with each.
 *
 * Runs the programs of engines that it knows, for their version, and no other.
 */
#include <getopt.h>
#include <jansson.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/page.h"
#include "cmd/say.h"
#include "engine/engine.h"

#define NAME "wgdiag engines"

static void engines_help(FILE *out)
{
	fputs("usage: wgdiag engines [--json]\n"
	      "\n"
	      "Lists the WireGuard engines that wgdiag knows: which are installed here, their\n"
	      "version, and what is known to be wrong with each, or other than with the rest.\n"
	      "Nothing is started but the programs it finds, with --version.\n"
	      "\n"
	      "      --json           one JSON object on standard output\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: 0; 2 wrong usage.\n",
	      out);
}

/* One engine, as it was found. */
struct found {
	const char *name;
	bool here;
	const char *version, *program; /* NULL: not known, none of its own */
	const char *reached_by; /* "socket", "kernel" */
	const char *absent; /* how to get it, or why it is not here */
	const char *note; /* NULL */
	const struct engine_ops *ops;
};

/* --- finding ------------------------------------------------------------------------ */

static void find_program(const struct engine_ops *ops, struct loop *l, struct arena *a,
			 struct found *f)
{
	struct err e = { 0 };

	*f = (struct found){ .name = ops->name, .reached_by = "socket", .ops = ops };
	f->here = engine_program(ops, a, &f->program, &e) == 0;
	if (!f->here) {
		f->absent = ops->packages;
		return;
	}
	f->version = engine_version(ops, f->program, platform_get(), l, a);
	if (ops == engine_ops_find("builtin"))
		f->program = NULL;
}

static void find_kernel(const struct engine_ops *ops, struct arena *a, struct found *f)
{
	const struct platform_ops *p = platform_get();
	struct err e = { 0 };
	int rc;

	*f = (struct found){ .name = ops->name, .reached_by = "kernel", .ops = ops };
	if (!p->wg_module) {
		f->absent = "this system's kernel has none";
		return;
	}
	rc = p->wg_module(a, &f->version, &e);
	f->here = rc >= 0;
	if (rc == 0)
		f->note = "not loaded; comes with the first link of its kind";
	if (rc < 0)
		f->absent = arena_strdup(a, e.text);
}

static size_t find_all(struct arena *a, struct found **out)
{
	struct loop *l = loop_new(platform_get()->boot_ns);
	size_t n = 0, i;

	while (engines[n])
		n++;
	*out = arena_alloc(a, n * sizeof(**out));
	for (i = 0; i < n; i++) {
		if (engines[i]->in_kernel)
			find_kernel(engines[i], a, &(*out)[i]);
		else
			find_program(engines[i], l, a, &(*out)[i]);
	}
	loop_free(l);
	return n;
}

/* --- telling ------------------------------------------------------------------------ */

static void tell(const struct found *f, struct page *p, struct arena *a)
{
	const struct engine_known *k;
	const char *where = f->program ? f->program : "this program";
	size_t at = 0;

	if (!f->here) {
		page_entry(p, arena_printf(a, "%-14s", f->name),
			   arena_printf(a, "not here: %s", f->absent));
		return;
	}
	if (f->ops->in_kernel)
		where = "in the kernel";
	page_entry(p, arena_printf(a, "%-14s", f->name),
		   arena_printf(a, "%s, %s%s%s", f->version ? f->version : "version unknown", where,
				f->note ? ", " : "", f->note ? f->note : ""));
	while ((k = engine_known_next(f->ops, f->version, &at)))
		page_entry(p, "    - ", k->says);
}

static void tell_all(const struct found *all, size_t n, struct arena *a)
{
	struct page p;
	size_t i;

	page_open(&p);
	for (i = 0; i < n; i++)
		tell(&all[i], &p, a);
	page_close(&p);
}

static json_t *text_or_null(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : json_null();
}

static json_t *as_json(const struct found *f)
{
	json_t *known = json_array();
	const struct engine_known *k;
	size_t at = 0;

	while ((k = engine_known_next(f->ops, f->version, &at)))
		json_array_append_new(known, text_or_null(k->says));
	return json_pack("{s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:o}", "name", f->name, "here",
			 f->here, "version", text_or_null(f->version), "program",
			 text_or_null(f->program), "reached_by", f->reached_by, "note",
			 text_or_null(f->note), "absent", text_or_null(f->absent), "known", known);
}

static int tell_json(const struct found *all, size_t n)
{
	json_t *list = json_array(), *root;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		json_array_append_new(list, as_json(&all[i]));
	root = json_pack("{s:s, s:o}", "schema", "wgdiag.engines/1", "engines", list);
	rc = root ? json_dumpf(root, stdout, JSON_INDENT(1)) : -1;
	json_decref(root);
	putchar('\n');
	return rc < 0 ? EXIT_INTERNAL : EXIT_OK;
}

/* --- the command line --------------------------------------------------------------- */

enum { OPT_JSON_HERE = 256 };

static const struct option options[] = {
	{ "json", no_argument, NULL, OPT_JSON_HERE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int engines_run(int argc, char **argv)
{
	bool json = false;
	struct found *all;
	struct arena a;
	size_t n;
	int opt, code = EXIT_OK;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (opt == '?' || opt == ':')
			return options_bad(NAME, options, opt, argv);
		if (opt == 'h') {
			engines_help(stdout);
			return EXIT_OK;
		}
		json = true;
	}
	if (argv[optind]) {
		say(NAME ": unexpected argument '%s'", argv[optind]);
		return EXIT_USAGE;
	}
	arena_init(&a);
	n = find_all(&a, &all);
	if (json)
		code = tell_json(all, n);
	else
		tell_all(all, n, &a);
	arena_done(&a);
	return code;
}

const struct cmd cmd_engines = {
	.name = "engines",
	.args = "[--json]",
	.summary = "list the engines found here, and what is known to be wrong with each",
	.run = engines_run,
	.help = engines_help,
};
