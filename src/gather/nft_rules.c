/*
 * Which rules take packets away?
 *
 * A counter is the rule's own only behind everything that the rule asks for: before that it
 * counts packets which the rule lets go. A named counter may be shared, so it tells nothing
 * of one rule.
 */
#include "gather/nft_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gather/nft_draft.h"
#include "gather/nft_hides.h"
#include "gather/nft_jumps.h"

enum { WORDS_MAX = 256 };

struct reading {
	const json_t *items;
	const json_t *chain; /* the last one found: rules come chain by chain */
	struct nft_paths paths; /* to it */
	const char *text;
	struct arena *arena;
	struct firewall_facts *out;
	size_t cap, passes_cap;
	size_t pass_from; /* of the chain */
};

static int64_t get_number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return UNKNOWN;
	return json_integer_value(v);
}

static struct rule_facts *next_rule(struct reading *r)
{
	struct firewall_facts *f = r->out;

	f->rules = arena_grow(r->arena, f->rules, f->n_rules, &r->cap, sizeof(*f->rules));
	return &f->rules[f->n_rules++];
}

/* --- the chain -------------------------------------------------------------- */

static const json_t *chain_of(struct reading *r, const json_t *rule)
{
	if (!r->chain || !nft_is_in_chain(rule, r->chain))
		r->chain = nft_chain_of(r->items, rule);
	return r->chain;
}

/* A netdev chain sees only its device, which newer versions name. */
static void add_device(struct nft_draft *d, const json_t *chain, struct arena *a)
{
	const json_t *dev = json_object_get(chain, "dev");
	const char *hook = nft_string(chain, "hook");
	const char *name =
		json_string_value(json_array_size(dev) == 1 ? json_array_get(dev, 0) : dev);
	struct rule_term t = { .match = RULE_IIF };

	if (!dev)
		return;
	if (!name) {
		nft_draft_other_json(d, dev, a);
		return;
	}
	if (hook && !strcmp(hook, "egress"))
		t.match = RULE_OIF;
	t.text = arena_strdup(a, name);
	nft_draft_term(d, &t);
}

/* --- one rule --------------------------------------------------------------- */

enum ends { ENDS_NOT, ENDS_DROP, ENDS_REJECT, ENDS_MAYBE };

struct rule_read {
	struct nft_draft draft;
	enum ends ends;
	bool passes; /* it may let a packet go past the rules after it */
	int64_t counter;
};

/* Behind it fewer packets come by than were counted. */
static void asks_for(struct rule_read *x, const char *key, const json_t *body, struct arena *a)
{
	x->counter = UNKNOWN;
	if (!strcmp(key, "limit") || !strcmp(key, "quota"))
		nft_draft_share(&x->draft, body, a);
	else if (!strcmp(key, "match"))
		nft_draft_match(&x->draft, body, a);
	else if (strcmp(key, "vmap") != 0 || !nft_draft_states(&x->draft, body))
		nft_draft_other(&x->draft, arena_printf(a, "%s %s", key, nft_draft_dump(body, a)),
				a);
}

static bool may_drop(const json_t *map)
{
	char *text = json_dumps(map, JSON_COMPACT | JSON_ENCODE_ANY);
	bool may = !text || strstr(text, "\"drop\"") || strstr(text, "\"reject\"") ||
		   strstr(text, "\"@");

	free(text);
	return may;
}

/* What becomes of it there is not followed. */
static void passes_elsewhere(struct rule_read *x, const char *how, struct arena *a)
{
	x->passes = true;
	nft_draft_other(&x->draft, how, a);
}

/* Part of iptables that nft only carries: a match, or a target such as REJECT or LOG. */
static void xt(struct rule_read *x, const json_t *body, bool last, struct arena *a)
{
	const char *type = nft_string(body, "type"), *name = nft_string(body, "name");

	if (type && !strcmp(type, "target")) {
		if (!name || !strcmp(name, "REJECT") || !strcmp(name, "DROP"))
			x->ends = ENDS_REJECT;
		else if (strcmp(name, "LOG") != 0)
			passes_elsewhere(x, name, a);
		return;
	}
	asks_for(x, "xt", body, a);
	if (last && !type)
		x->ends = ENDS_MAYBE;
}

static bool is_one_of(const char *s, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(s, names[i]))
			return true;
	return false;
}

static void statement(struct rule_read *x, const char *key, const json_t *body, bool last,
		      struct arena *a)
{
	/* They let every packet go on to what follows, or are a verdict that takes none away. */
	static const char *const harmless[] = { "log",	    "mangle", "notrack", "accept",
						"continue", "return", "jump",	 "goto" };
	static const char *const elsewhere[] = { "queue",    "vmap",   "snat",
						 "dnat",     "fwd",    "masquerade",
						 "redirect", "tproxy", "synproxy" };

	if (!strcmp(key, "counter"))
		x->counter = json_is_object(body) ? get_number(body, "packets") : UNKNOWN;
	else if (!strcmp(key, "drop"))
		x->ends = ENDS_DROP;
	else if (!strcmp(key, "reject"))
		x->ends = ENDS_REJECT;
	else if (!strcmp(key, "xt"))
		xt(x, body, last, a);
	else if (!is_one_of(key, harmless, ARRAY_LEN(harmless)))
		asks_for(x, key, body, a);
	if (!strcmp(key, "queue") || (!strcmp(key, "vmap") && may_drop(body)))
		x->ends = ENDS_MAYBE;
	x->passes |= !strcmp(key, "accept") || is_one_of(key, elsewhere, ARRAY_LEN(elsewhere));
}

/* Of the rule itself, and not of one that jumps to it: that is how its packets come. */
static void read_way_on(struct rule_read *x, const json_t *expr, struct arena *a)
{
	static const char *const ways[] = { "return", "jump", "goto" };
	size_t i, k;

	for (i = 0; i < json_array_size(expr); i++)
		for (k = 0; k < ARRAY_LEN(ways); k++)
			if (json_object_get(json_array_get(expr, i), ways[k]))
				passes_elsewhere(x, ways[k], a);
}

static void read_statements(struct rule_read *x, const json_t *expr, struct arena *a)
{
	size_t n = json_array_size(expr), i;

	x->ends = ENDS_NOT;
	x->passes = false;
	x->counter = UNKNOWN;
	for (i = 0; i < n; i++) {
		void *first = json_object_iter(json_array_get(expr, i));

		if (first)
			statement(x, json_object_iter_key(first), json_object_iter_value(first),
				  i == n - 1, a);
	}
}

/* A packet has met all that the jumps on its way ask for; path NULL: what that is is not known. */
static void read_rule(struct rule_read *x, const struct reading *r, const struct nft_path *path,
		      const json_t *rule)
{
	size_t i;

	nft_draft_init(&x->draft);
	x->draft.items = r->items;
	x->draft.rule = rule;
	if (path)
		add_device(&x->draft, path->base, r->arena);
	for (i = path ? path->n : 0; i > 0; i--)
		read_statements(x, json_object_get(path->jumps[i - 1], "expr"), r->arena);
	read_statements(x, json_object_get(rule, "expr"), r->arena);
}

/* --- words ------------------------------------------------------------------ */

/* A rule with a long set stands on several lines; the later ones are indented more. */
static const char *begin_of_rule(const char *text, const char *at)
{
	while (at > text && !strncmp(at, "\t\t", 2) && (at[2] == '\t' || at[2] == ' ')) {
		at--;
		while (at > text && at[-1] != '\n')
			at--;
	}
	return at;
}

/* On one line, single blanks. */
static const char *joined(struct arena *a, const char *from, const char *end)
{
	char *s = arena_alloc(a, (size_t)(end - from) + 1), *to = s;

	for (from += strspn(from, "\t "); from < end; from++) {
		bool blank = *from == ' ' || *from == '\t' || *from == '\n';

		if (!blank)
			*to++ = *from;
		else if (to > s && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return s[0] ? s : NULL;
}

/* The line that ends in "# handle N", in the block of its table. Handles count per table. */
static const char *line_of(const struct reading *r, const char *family, const char *table,
			   int64_t handle)
{
	const char *open = arena_printf(r->arena, "table %s %s {", family, table);
	const char *want = arena_printf(r->arena, " # handle %lld", (long long)handle);
	const char *at, *next, *end;
	bool inside = false;

	/* The text is searched for each; with very many, JSON must do. */
	if (r->out->n_rules >= WORDS_MAX)
		return NULL;
	for (at = r->text; *at; at = *next ? next + 1 : next) {
		next = at + strcspn(at, "\n");
		/* An empty line stands between the chains of one table too. */
		if (*at != '\t' && *at != '}' && *at != '\n')
			inside = strncmp(at, open, strlen(open)) == 0;
		end = next - MIN(strlen(want), (size_t)(next - at));
		if (inside && *at == '\t' && !strncmp(end, want, strlen(want)))
			return joined(r->arena, begin_of_rule(r->text, at), end);
	}
	return NULL;
}

/* --- all -------------------------------------------------------------------- */

/* Its JSON without numbers that change. */
static const char *words_of(const json_t *expr, struct arena *a)
{
	json_t *copy = json_deep_copy(expr);
	const char *words;
	size_t i;

	for (i = 0; i < json_array_size(copy); i++) {
		json_t *counter = json_object_get(json_array_get(copy, i), "counter");

		json_object_del(counter, "packets");
		json_object_del(counter, "bytes");
	}
	words = nft_draft_dump(copy, a);
	json_decref(copy);
	return words;
}

/* Of the chain's own rules; what comes to one that is jumped to is not followed back. */
static void note_passes(const struct reading *r, const struct nft_path *path, struct rule_facts *f)
{
	if (!path || path->n)
		return;
	f->pass_from = (int64_t)r->pass_from;
	f->n_pass = (int64_t)(r->out->n_passes - r->pass_from);
}

/* All rules of a chain stand before its policy. */
static void note_policy(const struct reading *r, const struct nft_path *path, const json_t *rule)
{
	const char *family = nft_string(rule, "family"), *table = nft_string(rule, "table");
	const char *chain = nft_string(rule, "chain");
	size_t i;

	for (i = 0; i < r->out->n_rules; i++) {
		struct rule_facts *f = &r->out->rules[i];

		if (f->policy && !strcmp(f->family, family) && !strcmp(f->table, table) &&
		    !strcmp(f->chain, chain))
			note_passes(r, path, f);
	}
}

static void take_pass(struct reading *r, const json_t *rule, const struct nft_path *path)
{
	struct firewall_facts *f = r->out;
	struct rule_read x;
	size_t i;

	if (path->n)
		return;
	read_rule(&x, r, path, rule);
	read_way_on(&x, json_object_get(rule, "expr"), r->arena);
	if (!x.passes)
		return;
	for (i = 0; i < x.draft.n_rules; i++) {
		struct pass_facts *p;

		f->passes = arena_grow(r->arena, f->passes, f->n_passes, &r->passes_cap,
				       sizeof(*f->passes));
		p = &f->passes[f->n_passes++];
		nft_draft_terms(&x.draft, i, r->arena, &p->terms, &p->n_terms);
	}
	note_policy(r, path, rule);
}

static void take_path(struct reading *r, const json_t *rule, const struct nft_path *path)
{
	const char *hook = path ? nft_string(path->base, "hook") : NULL;
	const char *type = path ? nft_string(path->base, "type") : NULL, *says;
	const int64_t handle = get_number(rule, "handle");
	struct rule_read x;
	size_t i;

	read_rule(&x, r, path, rule);
	/* Targets of iptables in nat chains translate. */
	if (x.ends == ENDS_NOT || (x.ends == ENDS_MAYBE && type && !strcmp(type, "nat")))
		return;
	says = line_of(r, nft_string(rule, "family"), nft_string(rule, "table"), handle);
	for (i = 0; i < x.draft.n_rules; i++) {
		struct rule_facts *f = next_rule(r);

		f->family = arena_strdup(r->arena, nft_string(rule, "family"));
		f->table = arena_strdup(r->arena, nft_string(rule, "table"));
		f->chain = arena_strdup(r->arena, nft_string(rule, "chain"));
		f->hook = hook ? arena_strdup(r->arena, hook) : NULL;
		f->says = says ? says : words_of(json_object_get(rule, "expr"), r->arena);
		f->handle = handle;
		f->reject = x.ends == ENDS_REJECT;
		nft_draft_terms(&x.draft, i, r->arena, &f->terms, &f->n_terms);
		f->before = x.counter;
		f->after = f->pass_from = f->n_pass = UNKNOWN;
		note_passes(r, path, f);
	}
}

static void take_rule(struct reading *r, const json_t *rule)
{
	const json_t *had = r->chain, *chain;
	size_t i;

	r->out->n_all_rules++;
	if (!nft_string(rule, "family") || !nft_string(rule, "table") || !nft_string(rule, "chain"))
		return;
	chain = chain_of(r, rule);
	if (!chain || chain != had) {
		nft_paths_to(r->items, chain, &r->paths);
		r->pass_from = r->out->n_passes;
	}
	if (r->paths.more) {
		take_path(r, rule, NULL);
		return;
	}
	for (i = 0; i < r->paths.n; i++) {
		take_path(r, rule, &r->paths.path[i]);
		take_pass(r, rule, &r->paths.path[i]);
	}
}

/* What no rule of such a chain has let pass is dropped at its end. */
static void take_chain(struct reading *r, const json_t *chain)
{
	const char *family = nft_string(chain, "family"), *table = nft_string(chain, "table");
	const char *name = nft_string(chain, "name"), *policy = nft_string(chain, "policy");
	const char *hook = nft_string(chain, "hook");
	struct rule_facts *f;
	struct nft_draft d;

	if (!family || !table || !name || !policy || strcmp(policy, "drop"))
		return;
	nft_draft_init(&d);
	add_device(&d, chain, r->arena);
	f = next_rule(r);
	f->family = arena_strdup(r->arena, family);
	f->table = arena_strdup(r->arena, table);
	f->chain = arena_strdup(r->arena, name);
	f->hook = hook ? arena_strdup(r->arena, hook) : NULL;
	f->says = "policy drop";
	f->policy = true;
	f->handle = f->before = f->after = UNKNOWN;
	/* Until a rule of it is read. */
	f->pass_from = f->n_pass = 0;
	nft_draft_terms(&d, 0, r->arena, &f->terms, &f->n_terms);
}

int nft_rules_parse(const char *json, const char *text, struct arena *a, struct firewall_facts *out,
		    struct err *e)
{
	struct firewall_facts f = { 0 };
	struct reading r = { .text = text, .arena = a, .out = &f };
	json_error_t why;
	json_t *all = json_loads(json, 0, &why);
	size_t i;

	r.items = json_object_get(all, "nftables");
	if (!json_is_array(r.items)) {
		json_decref(all);
		return err_say(e, EPROTO, "the firewall's rules are not the JSON of nft: %s",
			       all ? "no list named nftables" : why.text);
	}
	for (i = 0; i < json_array_size(r.items); i++) {
		const json_t *item = json_array_get(r.items, i);
		const json_t *rule = json_object_get(item, "rule");
		const json_t *chain = json_object_get(item, "chain");

		if (rule)
			take_rule(&r, rule);
		if (chain)
			take_chain(&r, chain);
	}
	f.n_hides = nft_hides(r.items);
	json_decref(all);
	*out = f;
	return 0;
}

/* --- twice ------------------------------------------------------------------ */

/* Alternatives of one rule have one handle and one counter. */
static const struct rule_facts *find(const struct firewall_facts *f, const struct rule_facts *like)
{
	size_t i;

	for (i = 0; i < f->n_rules; i++) {
		const struct rule_facts *x = &f->rules[i];

		if (x->handle == like->handle && x->policy == like->policy &&
		    !strcmp(x->family, like->family) && !strcmp(x->table, like->table) &&
		    !strcmp(x->chain, like->chain))
			return x;
	}
	return NULL;
}

void nft_rules_after(struct firewall_facts *f, const struct firewall_facts *later, struct arena *a)
{
	struct rule_facts *all;
	size_t i, n = f->n_rules;

	all = arena_alloc(a, (f->n_rules + later->n_rules + 1) * sizeof(*all));
	if (n)
		memcpy(all, f->rules, n * sizeof(*all));
	for (i = 0; i < f->n_rules; i++) {
		const struct rule_facts *x = find(later, &all[i]);

		all[i].after = x ? x->before : UNKNOWN;
		/* Somebody put one before it, or took one away. */
		if (x && x->n_pass != all[i].n_pass)
			all[i].pass_from = all[i].n_pass = UNKNOWN;
	}
	for (i = 0; i < later->n_rules; i++) {
		if (find(f, &later->rules[i]))
			continue;
		all[n] = later->rules[i];
		all[n].after = all[n].before;
		all[n].pass_from = all[n].n_pass = UNKNOWN;
		all[n++].before = UNKNOWN;
	}
	f->rules = all;
	f->n_rules = n;
	f->n_all_rules = MAX(f->n_all_rules, later->n_all_rules);
	if (!f->unread)
		f->unread = later->unread;
}
