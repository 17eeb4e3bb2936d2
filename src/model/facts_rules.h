/*
 * The part of the facts that tells what a firewall may do to the tunnel's packets.
 */
#ifndef MODEL_FACTS_RULES_H
#define MODEL_FACTS_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/cidr.h"
#include "model/unknown.h"

/* One rule of the near namespace that ends in drop or reject, or a chain's policy that does. */
enum rule_match {
	RULE_IIF,
	RULE_OIF, /* text: the name */
	RULE_SADDR,
	RULE_DADDR, /* net */
	RULE_L4PROTO, /* number: IPPROTO_* */
	RULE_SPORT,
	RULE_DPORT, /* lo, hi */
	RULE_FAMILY, /* number: 4 or 6 */
	RULE_OTHER, /* text: what we do not judge; the rule may or may not hit */
	RULE_ICMP_TYPE,
	RULE_ICMPV6_TYPE, /* lo, hi */
	RULE_LOCAL, /* the source is an address of this host's own (fib saddr type local) */
	/* a flow that connection tracking knows (ct state established, related), and no new one */
	RULE_KNOWN_FLOW,
	RULE_SHARE, /* text: it takes some of what matches (a limit, chance) */
	/* text: states of connection tracking; lo: is "untracked" among them? 1 or 0 */
	RULE_CT_STATE,
	RULE_TO_LOCAL, /* the destination is an address of this host's own (fib daddr type local) */
	RULE_MARK, /* number: the packet's mark */
};
struct rule_term {
	enum rule_match match;
	bool negated;
	const char *text;
	struct cidr net;
	int64_t lo, hi; /* of a number or a port; both ends included */
};
/*
 * What a rule asks for that ends the way of its packets through its chain before the rules after
 * it: it accepts them; or it sends them elsewhere, and then has a term RULE_OTHER.
 */
struct pass_facts {
	struct rule_term *terms;
	size_t n_terms;
};
struct rule_facts {
	const char *family, *table, *chain; /* "inet", "filter", "input" */
	const char *hook; /* "input" "output" "forward" "prerouting" "postrouting" "ingress",
			   * also of a chain reached from there, the jumps' terms among the rule's;
			   * NULL: reached by ways that were not all followed */
	const char *says; /* the rule as JSON or text, one line */
	int64_t handle; /* UNKNOWN for a policy */
	bool policy, reject;
	struct rule_term *terms; /* all must match; OR inside one field is several rules */
	size_t n_terms;
	int64_t before, after; /* of its counter, packets; UNKNOWN: it has none */
	/* those of firewall.passes that stand before it, first and number; UNKNOWN: not known */
	int64_t pass_from, n_pass;
	/* a link that it, or its whole table, is for, and that was not there; NULL */
	const char *absent;
};
struct firewall_facts {
	struct rule_facts *rules;
	size_t n_rules;
	struct pass_facts *passes; /* of base chains, in their order */
	size_t n_passes;
	int64_t n_all_rules; /* also those that let pass */
	int64_t n_hides; /* that give what leaves another source (snat, masquerade); UNKNOWN */
	const char *unread; /* rules that exist but were not read (iptables-legacy); NULL */
};

#endif
