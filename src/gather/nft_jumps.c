#include "gather/nft_jumps.h"

#include <string.h>

/* Chains looked at for one; the kernel's own rule sets stay far below. */
enum { STEPS_MAX = 64, DEPTH_MAX = 12 };

struct walk {
	const json_t *items;
	struct nft_paths *out;
	struct nft_path at;
	size_t steps;
};

const char *nft_string(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool nft_same_table(const json_t *x, const json_t *y)
{
	return same(nft_string(x, "family"), nft_string(y, "family")) &&
	       same(nft_string(x, "table"), nft_string(y, "table"));
}

bool nft_is_in_chain(const json_t *rule, const json_t *chain)
{
	return same(nft_string(rule, "chain"), nft_string(chain, "name")) &&
	       nft_same_table(rule, chain);
}

const json_t *nft_chain_of(const json_t *items, const json_t *rule)
{
	const json_t *chain;
	size_t i;

	for (i = 0; i < json_array_size(items); i++) {
		chain = json_object_get(json_array_get(items, i), "chain");
		if (nft_is_in_chain(rule, chain))
			return chain;
	}
	return NULL;
}

/* {"jump":{"target":name}} or goto, wherever in it: a verdict map has them as values. */
static bool names(const json_t *j, const char *target, size_t depth)
{
	const char *to = nft_string(json_object_get(j, "jump"), "target");
	const char *key;
	json_t *v;
	size_t i;

	if (!to)
		to = nft_string(json_object_get(j, "goto"), "target");
	if (same(to, target))
		return true;
	if (depth == DEPTH_MAX)
		return false;
	json_array_foreach((json_t *)j, i, v) if (names(v, target, depth + 1)) return true;
	json_object_foreach((json_t *)j, key, v) if (names(v, target, depth + 1)) return true;
	return false;
}

/* A verdict map with a name: any of the table, since which one it is matters little. */
static bool map_names(const struct walk *w, const json_t *chain, const json_t *expr)
{
	const char *name = nft_string(chain, "name"), *data;
	const json_t *map;
	size_t i, k;

	for (i = 0; i < json_array_size(expr); i++) {
		data = nft_string(json_object_get(json_array_get(expr, i), "vmap"), "data");
		for (k = 0; data && *data == '@' && k < json_array_size(w->items); k++) {
			map = json_object_get(json_array_get(w->items, k), "map");
			if (same(nft_string(map, "name"), data + 1) && names(map, name, 0))
				return true;
		}
	}
	return false;
}

static bool jumps_to(const struct walk *w, const json_t *rule, const json_t *chain)
{
	const json_t *expr = json_object_get(rule, "expr");

	return nft_same_table(rule, chain) &&
	       (names(expr, nft_string(chain, "name"), 0) || map_names(w, chain, expr));
}

static void climb(struct walk *w, const json_t *chain)
{
	const json_t *rule, *from;
	size_t i;

	if (nft_string(chain, "hook")) {
		w->at.base = chain;
		if (w->out->n < NFT_PATHS_MAX)
			w->out->path[w->out->n++] = w->at;
		else
			w->out->more = true;
		return;
	}
	if (!nft_string(chain, "name") || w->at.n == NFT_JUMPS_MAX || w->steps++ >= STEPS_MAX) {
		w->out->more = true;
		return;
	}
	for (i = 0; i < json_array_size(w->items) && !w->out->more; i++) {
		rule = json_object_get(json_array_get(w->items, i), "rule");
		if (!rule || !jumps_to(w, rule, chain))
			continue;
		from = nft_chain_of(w->items, rule);
		w->at.jumps[w->at.n++] = rule;
		if (from)
			climb(w, from);
		else
			w->out->more = true;
		w->at.n--;
	}
}

void nft_paths_to(const json_t *items, const json_t *chain, struct nft_paths *out)
{
	struct walk w = { .items = items, .out = out };

	memset(out, 0, sizeof(*out));
	if (chain)
		climb(&w, chain);
	else
		out->more = true;
}
