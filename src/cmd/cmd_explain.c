/*
 * `wgdiag explain`: what a check, a cause or a drop reason means.
 *
 * The text is that of TROUBLESHOOTING.md, so a heading there is all that a new id needs: a
 * section begins with "## id: title" and ends at the next heading of its rank or above. The
 * kernel's reasons are written as it writes them, several of one meaning before one colon.
 * Reasons for which there is no section are explained by the words of the protocol core.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/explain_far.h"
#include "cmd/explain_text.h"
#include "cmd/options.h"
#include "cmd/page.h"
#include "cmd/say.h"
#include "wg/drop.h"

enum { ID_SIZE = 64 };

#define ID_CHARS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define KERNEL_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define KERNEL_PREFIX "SKB_DROP_REASON_" /* in its sources, and in what other tools print */

static void explain_help(FILE *out)
{
	fputs("usage: wgdiag explain [ID]\n"
	      "       wgdiag explain far [INTERFACE]\n"
	      "\n"
	      "Says what a check (tun.framing), a cause (tun-framing), a reason for which the\n"
	      "engine refused a message (in_mac1) or for which the kernel dropped a packet\n"
	      "(NETFILTER_DROP) means, how to confirm it by hand, and how to fix it. Without an\n"
	      "ID it lists them. Nothing is looked at; it works offline.\n"
	      "\n"
	      "far prints the line to run at the far end where no wgdiag is (INTERFACE: its\n"
	      "device there, wg0 without it); wgdiag check --far-file takes what it prints.\n"
	      "\n"
	      "  -h, --help           this text\n",
	      out);
}

/* Of a heading: its rank, 0 for other lines. */
static unsigned rank(const char *line)
{
	unsigned n = 0;

	while (line[n] == '#')
		n++;
	return line[n] == ' ' ? n : 0;
}

/*
 * The next id of a heading: "## tun.framing: the header" has "tun.framing", "## TC_INGRESS,
 * TC_EGRESS: a filter" has two, "## Before you begin" has none. *at begins with NULL.
 */
static bool heading_id(const char *line, const char **at, char id[static ID_SIZE])
{
	const char *s = *at ? *at : line + rank(line);
	size_t len;

	if (!rank(line) || *s == ':')
		return false;
	s += strspn(s, ", ");
	len = strspn(s, ID_CHARS);
	if (len == 0)
		len = strspn(s, KERNEL_CHARS);
	if (len == 0 || len >= ID_SIZE || (s[len] != ':' && (s[len] != ',' || !isupper(*s))))
		return false;
	memcpy(id, s, len);
	id[len] = '\0';
	*at = s + len;
	return true;
}

static bool heading_has(const char *line, const char *id)
{
	const char *at = NULL;
	char found[ID_SIZE];

	while (heading_id(line, &at, found))
		if (!strcmp(found, id))
			return true;
	return false;
}

/* A reason of the kernel as headings have it, in whatever way it is written. */
static void kernel_id(const char *given, char id[static ID_SIZE])
{
	size_t i;

	if (strncasecmp(given, KERNEL_PREFIX, strlen(KERNEL_PREFIX)) == 0)
		given += strlen(KERNEL_PREFIX);
	for (i = 0; given[i] && i < ID_SIZE - 1; i++)
		id[i] = (char)toupper((unsigned char)given[i]);
	id[given[i] ? 0 : i] = '\0';
}

/* Code keeps its marks off: `wg show` and **Means.** read better bare on a terminal. */
static void put_line(struct page *page, const char *line)
{
	CLEANUP(buf_done) struct buf bare = { 0 };
	bool indented = str_has_prefix(line, "    "), heading = rank(line) != 0;

	for (line += heading ? rank(line) + 1 : 0; *line; line++) {
		if (!indented && (*line == '`' || (line[0] == '*' && line[1] == '*'))) {
			line += *line == '*';
			continue;
		}
		buf_add(&bare, line, 1);
	}
	page_line(page, buf_str(&bare));
}

static bool print_section(const char *id)
{
	const char *const *l = explain_text;
	struct page page;
	unsigned of;

	while (*l && !heading_has(*l, id))
		l++;
	if (!*l)
		return false;
	of = rank(*l);
	page_open(&page);
	put_line(&page, *l++);
	for (; *l && (rank(*l) == 0 || rank(*l) > of); l++)
		put_line(&page, *l);
	page_close(&page);
	return true;
}

static bool print_kernel(const char *given)
{
	char id[ID_SIZE];

	kernel_id(given, id);
	return print_section(id);
}

static bool print_drop(const char *id)
{
	enum wg_drop d = wg_drop_from_id(id);
	char first[ID_SIZE + 2];
	struct page page;

	if (d == WG_DROP_COUNT || d == WG_DROP_NONE)
		return false;
	snprintf(first, sizeof(first), "%s: ", id);
	page_open(&page);
	page_entry(&page, first, wg_drop_str(d));
	page_line(&page, "");
	page_line(&page,
		  "A reason for which the built-in engine refuses a packet: out_ from the tun,");
	page_line(&page,
		  "in_ from the network, io_ by the system. wgdiag check counts it in the row");
	page_line(&page, "crypto.rejects; see wgdiag explain crypto.rejects.");
	page_close(&page);
	return true;
}

/* All of them, in the order of the text; from the arena. */
static const char **collect(struct arena *a, size_t *n)
{
	const char *const *l;
	const char **ids = NULL, *at;
	size_t room = 0;
	char id[ID_SIZE];
	int d;

	*n = 0;
	for (l = explain_text; *l; l++)
		for (at = NULL; heading_id(*l, &at, id); ids[(*n)++] = arena_strdup(a, id))
			ids = arena_grow(a, ids, *n, &room, sizeof(*ids));
	for (d = WG_DROP_NONE + 1; d < WG_DROP_COUNT; d++) {
		ids = arena_grow(a, ids, *n, &room, sizeof(*ids));
		ids[(*n)++] = wg_drop_id((enum wg_drop)d);
	}
	return ids;
}

/* Each id of a heading with the words of it. */
static void list_heading(struct page *page, const char *line)
{
	char id[ID_SIZE], first[ID_SIZE + 1];
	const char *at = NULL, *says;

	while (heading_id(line, &at, id)) {
		says = strchr(line, ':') + 1;
		snprintf(first, sizeof(first), "%-22s ", id);
		page_entry(page, first, says + strspn(says, " "));
	}
}

static void list(void)
{
	const char *const *l;
	char first[ID_SIZE + 1];
	struct page page;
	int d;

	page_open(&page);
	for (l = explain_text; *l; l++)
		list_heading(&page, *l);
	for (d = WG_DROP_NONE + 1; d < WG_DROP_COUNT; d++) {
		snprintf(first, sizeof(first), "%-22s ", wg_drop_id((enum wg_drop)d));
		page_entry(&page, first, wg_drop_str((enum wg_drop)d));
	}
	page_close(&page);
}

static int unknown(const char *id)
{
	char kernel[ID_SIZE];
	const char **ids, *near;
	struct arena a;
	size_t n;

	arena_init(&a);
	ids = collect(&a, &n);
	near = str_nearest(id, ids, n);
	kernel_id(id, kernel);
	if (!near)
		near = str_nearest(kernel, ids, n);
	say("wgdiag explain: nothing known of '%s' (%s%s%s)", id,
	    near ? "did you mean " : "see wgdiag ", near ? near : "explain", near ? "?" : "");
	arena_done(&a);
	return EXIT_USAGE;
}

static int explain_run(int argc, char **argv)
{
	const char *id = argc > 1 ? argv[1] : NULL;

	if (id && (!strcmp(id, "--help") || !strcmp(id, "-h"))) {
		explain_help(stdout);
		return EXIT_OK;
	}
	if (id && strcmp(id, "far") == 0 && argc <= 3)
		return explain_far(argc > 2 ? argv[2] : NULL);
	if (argc > 2) {
		say("wgdiag explain: unexpected argument '%s'",
		    argv[strcmp(id, "far") == 0 ? 3 : 2]);
		return EXIT_USAGE;
	}
	if (id && id[0] == '-') {
		static const struct option options[] = { { "help", no_argument, NULL, 'h' },
							 { NULL, 0, NULL, 0 } };

		return options_unknown("wgdiag explain", options, id);
	}
	if (!id)
		list();
	else if (!id[0])
		return unknown(id);
	else if (!print_section(id) && !print_drop(id) && !print_kernel(id))
		return unknown(id);
	return EXIT_OK;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.args = "[ID | far [INTERFACE]]",
	.summary = "what a check, a cause or a drop reason means",
	.run = explain_run,
	.help = explain_help,
};
