/*
 * Firewall rules as JSON: whatever comes, each rule that is told has its place, at most the
 * terms there is room for, and numbers in their ranges.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gather/nft_draft.h"
#include "gather/nft_rules.h"

static void check_term(const struct rule_term *t)
{
	switch (t->match) {
	case RULE_IIF:
	case RULE_OIF:
	case RULE_OTHER:
	case RULE_SHARE:
		assert(t->text);
		break;
	case RULE_CT_STATE:
		assert(t->text && (t->lo == 0 || t->lo == 1));
		break;
	case RULE_SADDR:
	case RULE_DADDR:
		assert(t->net.addr.family == FAMILY_IP4 ? t->net.len <= 32 : t->net.len <= 128);
		break;
	case RULE_MARK:
		assert(t->lo >= 0 && t->lo <= t->hi && t->hi <= UINT32_MAX);
		break;
	default:
		assert(t->lo >= 0 && t->lo <= t->hi && t->hi <= 65535);
	}
}

static void check_rule(const struct rule_facts *r)
{
	size_t i;

	assert(r->family && r->table && r->chain && r->says);
	assert(r->before >= UNKNOWN && r->handle >= UNKNOWN);
	assert(r->n_terms <= DRAFT_TERMS_MAX + DRAFT_CHOICES_MAX);
	for (i = 0; i < r->n_terms; i++)
		check_term(&r->terms[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *json = malloc(len + 1);
	struct firewall_facts f = { 0 }, again = { 0 };
	struct arena a;
	struct err e = { 0 };
	size_t i, n;

	assert(json);
	memcpy(json, bytes, len);
	json[len] = '\0';
	arena_init(&a);
	/* The words may be anything, too. */
	if (nft_rules_parse(json, json, &a, &f, &e)) {
		assert(e.code == EPROTO && !f.rules);
	} else {
		for (i = 0; i < f.n_rules; i++)
			check_rule(&f.rules[i]);
		assert(!nft_rules_parse(json, "", &a, &again, &e) && again.n_rules == f.n_rules);
		n = f.n_rules;
		nft_rules_after(&f, &again, &a);
		assert(f.n_rules == n);
	}
	arena_done(&a);
	free(json);
	return 0;
}
