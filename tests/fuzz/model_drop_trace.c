/*
 * Lines of a trace pipe: whatever comes, kinds are whole and of the devices that were named, and no
 * more packets are told as dropped than there are lines.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/defs.h"
#include "fuzz.h"
#include "model/drop_trace.h"

static void check_kind(const struct drop_kind *k)
{
	assert(k->n > 0 && k->in <= 1);
	assert(!strcmp(k->dev, "wg0") || !strcmp(k->dev, "eth0"));
	assert(memchr(k->reason, '\0', sizeof(k->reason)));
	assert(memchr(k->location, '\0', sizeof(k->location)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct drop_trace *t = drop_trace_new();
	char *text = malloc(len + 1), *line, *end;
	uint64_t sum = 0, lines = 0, lost;
	const struct drop_kind *k;
	size_t i, n;

	assert(t && text);
	assert(drop_trace_device(t, "wg0") && drop_trace_device(t, "eth0"));
	memcpy(text, bytes, len);
	text[len] = '\0';
	drop_format_has_reason(text);
	assert(drop_stats_lost(text, false) == drop_stats_lost(text, false));
	for (line = text; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		drop_trace_line(t, line);
		lines++;
	}
	k = drop_trace_kinds(t, &n, &lost);
	assert(n <= DROP_KINDS_MAX);
	for (i = 0; i < n; i++) {
		check_kind(&k[i]);
		sum += k[i].n;
	}
	assert(sum <= lines);
	free(text);
	drop_trace_free(t);
	return 0;
}
