/*
 * Of what is known about an engine, what is true of one version.
 */
#include <stdlib.h>

#include "engine/engine.h"

/* Versions are numbers with dots; the first that differs tells. */
static bool is_before(const char *version, const char *limit)
{
	for (;;) {
		char *v_end, *l_end;
		unsigned long v = strtoul(version, &v_end, 10), l = strtoul(limit, &l_end, 10);

		if (v != l)
			return v < l;
		if (*v_end != '.' || *l_end != '.')
			return *v_end != '.' && *l_end == '.';
		version = v_end + 1;
		limit = l_end + 1;
	}
}

const struct engine_known *engine_known_next(const struct engine_ops *ops, const char *version,
					     size_t *at)
{
	const struct engine_known *k;

	while (ops->known && ops->known[*at].says) {
		k = &ops->known[(*at)++];
		if (!k->before || !version || is_before(version, k->before))
			return k;
	}
	return NULL;
}
