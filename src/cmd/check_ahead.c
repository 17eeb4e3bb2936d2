/*
 * What can be told without a run: the rows there are, and what a run would do.
 */
#include "cmd/check_common.h"

void check_list(const struct check_choice *choice, FILE *out)
{
	size_t i;

	for (i = 0; checks[i]; i++)
		if (is_chosen(choice, checks[i]))
			fprintf(out, "%-19s %-10s %s\n", checks[i]->id, layer_str(checks[i]->layer),
				checks[i]->title);
}

static void say(void *ctx, const char *line)
{
	fprintf(ctx, "%s\n", line);
}

static void rows(const struct check_choice *choice, FILE *out)
{
	size_t i;

	fputs("would judge:", out);
	for (i = 0; checks[i]; i++)
		if (is_chosen(choice, checks[i]))
			fprintf(out, " %s", checks[i]->id);
	fputs("\n", out);
}

void check_would(const struct check_options *o, const struct check_choice *choice,
		 const struct run_conf *c, FILE *out)
{
	run_would(c, o->has_seed, say, out);
	if (o->save_facts)
		fprintf(out, "would write %s\n", o->save_facts);
	rows(choice, out);
}
