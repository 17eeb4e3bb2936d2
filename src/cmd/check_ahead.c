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

void check_would(const struct check_options *o, const struct check_choice *choice,
		 const struct run_conf *c)
{
	CLEANUP(buf_done) struct buf file = { 0 };
	struct page page;

	page_open(&page);
	run_would(c, o->has_seed, say, &page);
	if (o->save_facts) {
		buf_printf(&file, "write %s", o->save_facts);
		page_entry(&page, "would ", buf_str(&file));
	}
	rows(choice, &page);
	page_close(&page);
}
