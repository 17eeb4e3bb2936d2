#include "engine/log_ring.h"

#include <string.h>

void log_ring_byte(struct log_ring *g, char c)
{
	char *line = g->line[g->n % LOG_RING_LINES];

	if (c == '\n') {
		engine_log_take(g->says, line, strlen(line));
		g->n++;
		g->len = 0;
		g->line[g->n % LOG_RING_LINES][0] = '\0';
		return;
	}
	if (g->len + 1 >= LOG_RING_LINE_SIZE)
		return;
	/* It will be shown on a terminal. */
	if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
		c = '?';
	line[g->len++] = c;
	line[g->len] = '\0';
}

int64_t log_ring_lines(const struct log_ring *g)
{
	return g->n + (g->len > 0);
}

static const char *line_at(const struct log_ring *g, int64_t i)
{
	return g->line[i % LOG_RING_LINES];
}

const char *log_ring_tail(const struct log_ring *g, struct arena *a)
{
	/* While one is unfinished, its place in the ring was the oldest's. */
	int64_t n = log_ring_lines(g), i = MAX(0, g->n - LOG_RING_LINES + 1);
	const char *tail = "";

	for (; i < n; i++)
		tail = arena_printf(a, "%s%s%s", tail, *tail ? "\n" : "", line_at(g, i));
	return tail;
}

const char *log_ring_last(const struct log_ring *g)
{
	int64_t n = log_ring_lines(g), i;

	for (i = n - 1; i >= 0 && i > n - LOG_RING_LINES; i--)
		if (*line_at(g, i))
			return line_at(g, i);
	return NULL;
}
