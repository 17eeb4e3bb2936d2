#include "gather/nft_hides.h"

#include <stdbool.h>
#include <string.h>

/* iptables' are shown as a statement of their own, by name. */
static bool is_xt(const json_t *statement)
{
	const char *name =
		json_string_value(json_object_get(json_object_get(statement, "xt"), "name"));

	return name && (strcmp(name, "MASQUERADE") == 0 || strcmp(name, "SNAT") == 0);
}

static bool hides(const json_t *expr)
{
	size_t i;

	for (i = 0; i < json_array_size(expr); i++) {
		const json_t *one = json_array_get(expr, i);

		if (json_object_get(one, "masquerade") || json_object_get(one, "snat") ||
		    is_xt(one))
			return true;
	}
	return false;
}

int64_t nft_hides(const json_t *items)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < json_array_size(items); i++)
		n += hides(
			json_object_get(json_object_get(json_array_get(items, i), "rule"), "expr"));
	return n;
}
