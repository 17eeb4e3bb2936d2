/*
 * Three ways to tell whose a rule is. wg-quick's table has the interface in its name. A rule that
 * takes what comes by any link but one, or what is to leave by any but one, is for that one. And
 * what takes all that no rule before it has let pass is for the links that are let pass: if of
 * these there is none but the loopback any more, a kill switch has outlived its tunnel. (A server's
 * firewall has its uplink among them.)
 */
#include "gather/nft_absent.h"

#include <string.h>

#define WG_QUICK "wg-quick-"

static bool is_link(const char *name, const struct sys_link *links, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			return true;
	return false;
}

static const char *link_of(const struct rule_term *t)
{
	if (t->match != RULE_IIF && t->match != RULE_OIF)
		return NULL;
	/* "wg*": of any of them. */
	return t->text && *t->text && !strchr(t->text, '*') ? t->text : NULL;
}

static const char *all_but(const struct rule_facts *r, const struct sys_link *links, size_t n)
{
	size_t i;

	for (i = 0; i < r->n_terms; i++) {
		const char *name = link_of(&r->terms[i]);

		if (name && r->terms[i].negated && !is_link(name, links, n))
			return name;
	}
	return NULL;
}

static const char *let_pass(const struct firewall_facts *f, const struct rule_facts *r,
			    const struct sys_link *links, size_t n)
{
	const char *absent = NULL;
	size_t i, k;

	if (r->pass_from == UNKNOWN || r->n_pass == UNKNOWN)
		return NULL;
	/* One that asks for a link itself is not for the rest. */
	for (i = 0; i < r->n_terms; i++)
		if (link_of(&r->terms[i]))
			return NULL;
	for (i = (size_t)r->pass_from; i < (size_t)(r->pass_from + r->n_pass); i++) {
		const struct pass_facts *p = &f->passes[i];

		for (k = 0; k < p->n_terms; k++) {
			const char *name = link_of(&p->terms[k]);

			if (!name || p->terms[k].negated || strcmp(name, "lo") == 0)
				continue;
			if (is_link(name, links, n))
				return NULL;
			absent = name;
		}
	}
	return absent;
}

void nft_absent(struct firewall_facts *f, const struct sys_link *links, size_t n, struct arena *a)
{
	const size_t len = sizeof(WG_QUICK) - 1;
	size_t i;

	for (i = 0; i < f->n_rules; i++) {
		struct rule_facts *r = &f->rules[i];
		const char *name = NULL;

		if (strncmp(r->table, WG_QUICK, len) == 0 && !is_link(r->table + len, links, n))
			name = r->table + len;
		if (!name)
			name = all_but(r, links, n);
		if (!name)
			name = let_pass(f, r, links, n);
		r->absent = name ? arena_strdup(a, name) : NULL;
	}
}
