/*
 * Which routing table is asked for which packets?
 */
#include <errno.h>

#include "gather/gather.h"

static const char *name_or_null(const char *name, struct arena *a)
{
	return name[0] ? arena_strdup(a, name) : NULL;
}

int gather_rules(const struct platform_ops *p, struct arena *a, struct policy_facts **out,
		 size_t *n, struct err *e)
{
	struct policy_facts *facts;
	struct sys_rule *rules;
	size_t n_rules, i;
	int rc;

	if (!p->rules)
		return err_say(e, EOPNOTSUPP, "%s has no routing rules", p->name);
	rc = p->rules(a, &rules, &n_rules, e);
	if (rc < 0)
		return rc;
	facts = arena_alloc(a, (n_rules + 1) * sizeof(*facts));
	for (i = 0; i < n_rules; i++) {
		const struct sys_rule *r = &rules[i];

		facts[i] = (struct policy_facts){
			.family = r->family,
			.action = r->action,
			.invert = r->invert,
			.pref = r->pref,
			.table = r->table,
			.mark = r->mark,
			.mask = r->mask,
			.src = r->src,
			.dst = r->dst,
			.iif = name_or_null(r->iif, a),
			.oif = name_or_null(r->oif, a),
			.suppress_prefixlength =
				r->suppress_prefixlength < 0 ? UNKNOWN : r->suppress_prefixlength,
		};
	}
	*out = facts;
	*n = n_rules;
	return 0;
}
