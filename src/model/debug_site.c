/*
 * A line of the list: FILE:LINE [MODULE]FUNCTION =FLAGS "FORMAT", newer kernels with more behind.
 */
#include "model/debug_site.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/engine_log.h"

#define MODULE "[wireguard]"

enum { LINE_MAX_LEN = 1024 };

/* The format is listed without what is put before all lines of a module. */
static bool tells_of_a_fault(const char *format)
{
	int64_t n[ENGINE_LOG_COUNT] = { 0 };
	char text[LINE_MAX_LEN + 16];
	size_t i;

	snprintf(text, sizeof(text), "wireguard: %s", format);
	engine_log_take(n, text, strlen(text));
	for (i = 0; i < ENGINE_LOG_COUNT; i++)
		if (n[i])
			return true;
	return false;
}

/* What is up to the first of these; *at goes behind it. NULL: it is not there. */
static char *word(char **at, const char *end)
{
	char *from = *at, *to = strstr(from, end);

	if (!to || to == from)
		return NULL;
	*to = '\0';
	*at = to + strlen(end);
	return from;
}

/* A command is made of words, and what has a blank or a quote in it would be several. */
static bool is_word(const char *s)
{
	return strpbrk(s, " \t\n\v\f\r;#\"'\\") == NULL;
}

static bool parse(char *s, struct arena *a, struct debug_site *out)
{
	char *place = word(&s, " " MODULE), *func = place ? word(&s, " =") : NULL;
	char *flags = func ? word(&s, " \"") : NULL, *colon = place ? strrchr(place, ':') : NULL;
	uint64_t line;

	if (!flags || !colon || colon == place || !str_to_u64(colon + 1, UINT32_MAX, &line))
		return false;
	*colon = '\0';
	if (!is_word(place) || !is_word(func) || !tells_of_a_fault(s))
		return false;
	*out = (struct debug_site){
		.file = arena_strdup(a, place),
		.func = arena_strdup(a, func),
		.line = (unsigned)line,
		.on = strchr(flags, 'p') != NULL,
	};
	return true;
}

size_t debug_sites(const char *list, size_t len, struct arena *a, struct debug_site **out)
{
	size_t n = 0, max = 0, i;
	char text[LINE_MAX_LEN + 1];

	for (i = 0; i < len; i++)
		max += list[i] == '\n';
	*out = arena_alloc(a, (max + 1) * sizeof(**out));
	while (len) {
		const char *end = memchr(list, '\n', len);
		size_t line = end ? (size_t)(end - list) : len;

		if (line <= LINE_MAX_LEN && !memchr(list, '\0', line)) {
			memcpy(text, list, line);
			text[line] = '\0';
			n += parse(text, a, &(*out)[n]);
		}
		list += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return n;
}

void debug_site_switch(const struct debug_site *s, bool on, struct buf *out)
{
	/* Nine words are the most that the kernel takes. */
	buf_printf(out, "module wireguard file %s line %u func %s %cp\n", s->file, s->line, s->func,
		   on ? '+' : '-');
}
