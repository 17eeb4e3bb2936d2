/*
 * libnftables' JSON as facts: the rules that end in drop or reject. Text in, facts out; nothing
 * of the system is asked.
 */
#ifndef GATHER_NFT_RULES_H
#define GATHER_NFT_RULES_H

#include "base/arena.h"
#include "base/err.h"
#include "model/facts.h"

/*
 * json as of `nft -j -a list ruleset`, text as of `nft -a -s list ruleset` (for the words of
 * each rule; may be ""). Fills rules with `before` and n_all_rules; 0 or -EPROTO.
 */
int nft_rules_parse(const char *json, const char *text, struct arena *a, struct firewall_facts *out,
		    struct err *e);
/*
 * Counters of a later reading as `after`, by table and handle. A rule that came meanwhile is
 * added, its `before` UNKNOWN; one that went has no `after`.
 */
void nft_rules_after(struct firewall_facts *f, const struct firewall_facts *later, struct arena *a);

#endif
