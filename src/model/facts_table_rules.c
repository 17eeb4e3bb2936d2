/*
 * The rows of what a firewall may do.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const char *const matches[] = {
	[RULE_IIF] = "iif",
	[RULE_OIF] = "oif",
	[RULE_SADDR] = "saddr",
	[RULE_DADDR] = "daddr",
	[RULE_L4PROTO] = "l4proto",
	[RULE_SPORT] = "sport",
	[RULE_DPORT] = "dport",
	[RULE_FAMILY] = "family",
	[RULE_OTHER] = "other",
	[RULE_ICMP_TYPE] = "icmp-type",
	[RULE_ICMPV6_TYPE] = "icmpv6-type",
	[RULE_LOCAL] = "local",
	[RULE_KNOWN_FLOW] = "known-flow",
	[RULE_SHARE] = "share",
	[RULE_CT_STATE] = "ct-state",
	[RULE_TO_LOCAL] = "to-local",
	[RULE_MARK] = "mark",
};

static const struct facts_field term_fields[] = {
	WORD(rule_term, match, matches),
	BOOL(rule_term, negated),
	TEXT(rule_term, text),
	NET(rule_term, net),
	COUNT(rule_term, lo),
	COUNT(rule_term, hi),
};
static const struct facts_table term_table = TABLE(rule_term, term_fields);

static const struct facts_field rule_fields[] = {
	WORDS(rule_facts, family),
	WORDS(rule_facts, table),
	WORDS(rule_facts, chain),
	TEXT(rule_facts, hook),
	WORDS(rule_facts, says),
	COUNT(rule_facts, handle),
	BOOL(rule_facts, policy),
	BOOL(rule_facts, reject),
	LIST(rule_facts, terms, n_terms, term_table),
	COUNT(rule_facts, before),
	COUNT(rule_facts, after),
	COUNT(rule_facts, pass_from),
	COUNT(rule_facts, n_pass),
	TEXT(rule_facts, absent),
};
static const struct facts_table rule_table = TABLE(rule_facts, rule_fields);

static const struct facts_field pass_fields[] = {
	LIST(pass_facts, terms, n_terms, term_table),
};
static const struct facts_table pass_table = TABLE(pass_facts, pass_fields);

static const struct facts_field firewall_fields[] = {
	LIST(firewall_facts, rules, n_rules, rule_table),
	LIST(firewall_facts, passes, n_passes, pass_table),
	COUNT(firewall_facts, n_all_rules),
	COUNT(firewall_facts, n_hides),
	TEXT(firewall_facts, unread),
};
const struct facts_table facts_firewall_table = TABLE(firewall_facts, firewall_fields);
