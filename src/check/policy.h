/*
 * Rules of `ip rule`: what changed among them over the run, in words.
 */
#ifndef CHECK_POLICY_H
#define CHECK_POLICY_H

#include "base/arena.h"
#include "model/facts.h"

bool policy_has(const struct net_facts *n, const struct policy_facts *r);
/*
 * May it have to do with the tunnel? In a namespace made for it, any; on a host, one that names its
 * links, its table, its mark or its addresses, or that asks for none.
 */
bool policy_concerns(const struct facts *f, const struct policy_facts *r);
/* "32764: not from all fwmark 0xca6c lookup 51820", as `ip rule` has it. */
const char *policy_words(const struct policy_facts *r, struct arena *a);

#endif
