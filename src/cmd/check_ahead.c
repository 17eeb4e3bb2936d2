/*
 * What can be told without a run: the rows there are, and what a run would do.
 */
#include "cmd/check_common.h"

#include <net/if.h>
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/conf_io.h"
#include "cmd/page.h"
#include "probe/knock_udp.h"
#include "wire/probe_msg.h"

void check_list(const struct check_choice *choice)
{
	struct page page;
	char first[64];
	size_t i;

	page_open(&page);
	for (i = 0; checks[i]; i++) {
		if (!is_chosen(choice, checks[i]))
			continue;
		snprintf(first, sizeof(first), "%-19s %-10s ", checks[i]->id,
			 layer_str(checks[i]->layer));
		page_entry(&page, first, checks[i]->title);
	}
	page_close(&page);
}

static void say(void *ctx, const char *line)
{
	static const char would[] = "would ";

	/* All of these lines begin so; what is broken stands below the next word. */
	if (str_has_prefix(line, would))
		page_entry(ctx, would, line + strlen(would));
	else
		page_entry(ctx, "", line);
}

static void debug_would(const struct check_options *o, struct page *page)
{
	if (o->kernel_debug)
		page_entry(page, "would ",
			   "switch on debug lines of the kernel's WireGuard, where that is the "
			   "engine, and read the kernel's log (off again on exit)");
}

static void rows(const struct check_options *o, const struct check_choice *choice,
		 struct page *page)
{
	CLEANUP(buf_done) struct buf ids = { 0 };
	size_t i;

	for (i = 0; checks[i]; i++)
		if (is_chosen(choice, checks[i]) && (!checks[i]->asked || o->kernel_debug))
			buf_printf(&ids, " %s", checks[i]->id);
	buf_puts(&ids, "");
	page_entry(page, "would judge:", buf_str(&ids));
}

static void would(struct page *page, struct buf *line)
{
	page_entry(page, "would ", buf_str(line));
	buf_clear(line);
}

/* Outside the tunnel: where an endpoint is silent, how far the way to it is good. */
static void silence_would(const struct run_conf *c, struct page *page, struct buf *b)
{
	if (!(run_plan(c->needs) & NEED_BIT(NEED_LADDER)))
		return;
	buf_puts(b, "where the endpoint is silent, send it pings and datagrams with rising hop "
		    "limits, and try its TCP ports 22, 443 and 80");
	would(page, b);
	buf_printf(b,
		   "where it is silent, send it %d datagrams for who may record there (wgdiag "
		   "serve): %d each to its own UDP port, to 53 and to 33434, and %d to its own "
		   "that look like initiations",
		   PROBE_KNOCKS * KNOCK_UDP_KINDS, PROBE_KNOCKS, PROBE_KNOCKS);
	would(page, b);
}

static void far_would(const struct check_options *o, struct page *page, struct buf *b)
{
	char addr[IP_ADDR_STR_SIZE];

	if (o->far_addr.family == FAMILY_NONE)
		return;
	buf_printf(b, "ask wgdiag serve at %s, inside the tunnel, to record, and for what it did",
		   ip_addr_str(&o->far_addr, addr));
	would(page, b);
}

/* On a tunnel that runs: nothing of it is changed, and most of what is sent goes through it. */
static void attach_would(const struct check_options *o, const struct run_conf *c, struct page *page)
{
	static const char *const lines[] = {
		"capture on it, and on the link that its packets leave by",
		"make one tun device, in a network namespace of its own (removed at once)",
		"send pings through the tunnel, some hundred small ones and some of every size",
		"send two pings to each other peer that was not heard within 180 s",
		"try TCP ports 443, 80, 22, 53 and 445 inside, where nobody answers pings",
	};
	CLEANUP(buf_done) struct buf ask = { 0 };
	size_t i;

	buf_printf(&ask, "ask the engine of %s what it holds, by its socket or by netlink",
		   o->interface);
	page_entry(page, "would ", buf_str(&ask));
	for (i = 0; i < ARRAY_LEN(lines); i++)
		page_entry(page, "would ", lines[i]);
	buf_clear(&ask);
	silence_would(c, page, &ask);
	far_would(o, page, &ask);
	page_entry(page, "would ", "change nothing of the tunnel, and leave nothing behind");
}

/* --- of a file -------------------------------------------------------------------- */

static void addresses(const struct conf *conf, struct page *page, struct buf *b)
{
	char text[CIDR_STR_SIZE];
	size_t i;

	buf_puts(b, "give it the key and the peers of the file, and");
	for (i = 0; i < conf->n_addrs; i++)
		buf_printf(b, "%s %s", i ? "," : "", cidr_str(&conf->addrs[i], text));
	if (conf->n_addrs == 0)
		buf_puts(b, " no address, since the file has none");
	would(page, b);
}

static void hooks(const struct check_options *o, const struct conf *conf, const char *ifname,
		  struct page *page, struct buf *b)
{
	size_t i;

	for (i = 0; i < conf->n_hooks; i++) {
		CLEANUP(buf_done) struct buf command = { 0 };

		conf_hook_fill(conf->hooks[i].text, ifname, &command);
		buf_printf(b, o->run_hooks ? "run %s: " : "not run its %s: ",
			   conf_hook_str(conf->hooks[i].hook));
		conf_hook_show(buf_str(&command), b);
		would(page, b);
	}
}

static void file_would(const struct check_options *o, const struct run_conf *c,
		       const struct conf *conf, struct page *page)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	char name[IF_NAMESIZE];
	bool named = run_file_name(o->file, name);

	buf_puts(&b, "attach to the interface that has its key, if one is up");
	if (o->force)
		buf_puts(&b, "; but for --force");
	would(page, &b);
	buf_printf(&b, "create the interface %s by engine %s (removed on exit)",
		   named ? name : "wgd and five digits", o->engine->name);
	would(page, &b);
	addresses(conf, page, &b);
	buf_puts(&b, o->full_routes ? "make all routes and rules that wg-quick would make (removed "
				      "on exit)" :
				      "route into it only the addresses that it probes (removed on "
				      "exit)");
	would(page, &b);
	hooks(o, conf, named ? name : "%i", page, &b);
	buf_puts(&b, "send pings through the tunnel, some hundred small ones and some of every "
		     "size");
	would(page, &b);
	silence_would(c, page, &b);
	far_would(o, page, &b);
	buf_puts(&b, "take the session from another device that uses this key");
	would(page, &b);
}

int check_would(const struct check_options *o, const struct check_choice *choice,
		const struct run_conf *c)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	struct conf *conf = NULL;
	int code = EXIT_OK;
	struct page page;
	struct arena a;

	arena_init(&a);
	if (o->file)
		code = conf_io_load(o->cmd, o->file, &a, &conf, NULL);
	if (code == EXIT_OK) {
		page_open(&page);
		if (o->interface)
			attach_would(o, c, &page);
		else if (conf)
			file_would(o, c, conf, &page);
		else
			run_would(c, o->has_seed, say, &page);
		debug_would(o, &page);
		if (o->save_facts) {
			buf_printf(&out, "write %s", o->save_facts);
			would(&page, &out);
		}
		rows(o, choice, &page);
		page_close(&page);
	}
	if (conf)
		conf_wipe(conf);
	arena_done(&a);
	return code;
}
