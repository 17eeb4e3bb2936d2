/*
 * What can be told without a run: the rows there are, and what a run would do.
 */
#include "cmd/check_common.h"

#include <string.h>

#include "base/str.h"
#include "cmd/page.h"

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

static void rows(const struct check_choice *choice, struct page *page)
{
	CLEANUP(buf_done) struct buf ids = { 0 };
	size_t i;

	for (i = 0; checks[i]; i++)
		if (is_chosen(choice, checks[i]))
			buf_printf(&ids, " %s", checks[i]->id);
	buf_puts(&ids, "");
	page_entry(page, "would judge:", buf_str(&ids));
}

/* On a tunnel that runs: nothing of it is changed, and what is sent goes through it. */
static void attach_would(const struct check_options *o, struct page *page)
{
	static const char *const lines[] = {
		"capture on it, and on the link that its packets leave by",
		"make one tun device, in a network namespace of its own (removed at once)",
		"send pings through the tunnel, some hundred small ones and some of every size",
		"try TCP ports 443, 80, 22, 53 and 445 inside, where nobody answers pings",
		"change nothing of the tunnel, and leave nothing behind",
	};
	CLEANUP(buf_done) struct buf ask = { 0 };
	size_t i;

	buf_printf(&ask, "ask the engine of %s what it holds, by its socket or by netlink",
		   o->interface);
	page_entry(page, "would ", buf_str(&ask));
	for (i = 0; i < ARRAY_LEN(lines); i++)
		page_entry(page, "would ", lines[i]);
}

void check_would(const struct check_options *o, const struct check_choice *choice,
		 const struct run_conf *c)
{
	CLEANUP(buf_done) struct buf file = { 0 };
	struct page page;

	page_open(&page);
	if (o->interface)
		attach_would(o, &page);
	else
		run_would(c, o->has_seed, say, &page);
	if (o->save_facts) {
		buf_printf(&file, "write %s", o->save_facts);
		page_entry(&page, "would ", buf_str(&file));
	}
	rows(choice, &page);
	page_close(&page);
}
