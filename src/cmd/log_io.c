#include "cmd/log_io.h"

#include <stdio.h>
#include <string.h>

#include "cmd/input.h"
#include "cmd/say.h"

enum { LOG_MAX = 16 << 20 };

static bool says_nothing(const struct engine_log_given *g)
{
	size_t i;

	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		if (g->says[i])
			return false;
	return true;
}

/* The first line of an end is the rest of one. */
static size_t rest_of_a_line(const struct buf *text)
{
	const char *end = text->len ? memchr(text->b, '\n', text->len) : NULL;

	return end ? (size_t)(end + 1 - text->b) : 0;
}

int log_io_read(const char *cmd, const char *path, struct arena *a, struct engine_log_given *out,
		struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct engine_log_given g = { .file = arena_strdup(a, input_name(path)) };
	int rc = input_read_end(path, LOG_MAX, &text, &g.cut, e);
	size_t from;

	if (rc < 0)
		return rc;
	from = g.cut ? rest_of_a_line(&text) : 0;
	engine_log_take_all(&g, buf_str(&text) + from, text.len - from);
	if (g.cut)
		say("%s: %s: only the last %d MiB of it were read", cmd, g.file, LOG_MAX >> 20);
	if (says_nothing(&g))
		say("%s: %s: no line of it is one that an engine is known to write about a "
		    "fault",
		    cmd, g.file);
	*out = g;
	return 0;
}
