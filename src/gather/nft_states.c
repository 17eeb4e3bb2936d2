/*
 * What a rule asks connection tracking for: `ct state`.
 */
#include <string.h>

#include "gather/nft_draft.h"
#include "gather/nft_jumps.h"

static bool is_ct_state(const json_t *left)
{
	const char *s = nft_string(json_object_get(left, "ct"), "key");

	return s && !strcmp(s, "state");
}

/* ct state untracked, or with others: some bit of these is set. */
bool nft_draft_ct_state(struct nft_draft *d, const json_t *match, struct arena *a)
{
	const json_t *right = json_object_get(match, "right");
	const char *op = nft_string(match, "op"), *s;
	struct rule_term t = { .match = RULE_CT_STATE, .text = "" };
	size_t n = json_is_array(right) ? json_array_size(right) : 1, i;

	if (!op || !n || strcmp(op, "in") != 0 || !is_ct_state(json_object_get(match, "left")))
		return false;
	for (i = 0; i < n; i++) {
		s = json_string_value(json_is_array(right) ? json_array_get(right, i) : right);
		if (!s)
			return false;
		t.text = arena_printf(a, "%s%s%s", t.text, i ? "," : "", s);
		t.lo |= !strcmp(s, "untracked");
	}
	t.hi = t.lo;
	nft_draft_term(d, &t);
	return true;
}

static bool is_known_state(const json_t *v)
{
	const char *s = json_string_value(v);

	return s && (!strcmp(s, "established") || !strcmp(s, "related"));
}

/* ct state established,related, as nearly every firewall begins; several are flags, or a set. */
bool nft_draft_known_flow(struct nft_draft *d, const json_t *match)
{
	const json_t *right = json_object_get(match, "right"), *set = json_object_get(right, "set");
	const char *op = nft_string(match, "op");
	struct rule_term t = { .match = RULE_KNOWN_FLOW };
	size_t i;

	if (!op || !is_ct_state(json_object_get(match, "left")))
		return false;
	t.negated = !strcmp(op, "!=");
	if (!t.negated && strcmp(op, "in") != 0 && strcmp(op, "==") != 0)
		return false;
	if (set)
		right = set;
	if (json_is_array(right) ? !json_array_size(right) : !is_known_state(right))
		return false;
	for (i = 0; i < json_array_size(right); i++)
		if (!is_known_state(json_array_get(right, i)))
			return false;
	nft_draft_term(d, &t);
	return true;
}

/* ct state vmap { established : accept, related : accept, invalid : drop }: no UDP is invalid. */
bool nft_draft_states(struct nft_draft *d, const json_t *vmap)
{
	const json_t *set = json_object_get(json_object_get(vmap, "data"), "set");
	struct rule_term t = { .match = RULE_KNOWN_FLOW };
	size_t i, n = json_array_size(set);

	if (!n || !is_ct_state(json_object_get(vmap, "key")))
		return false;
	for (i = 0; i < n; i++) {
		const json_t *pair = json_array_get(set, i), *state = json_array_get(pair, 0);
		const char *s = json_string_value(state);
		bool passes = json_object_get(json_array_get(pair, 1), "accept") != NULL;

		if (!is_known_state(state) && (passes || !s || strcmp(s, "invalid") != 0))
			return false;
	}
	nft_draft_term(d, &t);
	return true;
}
