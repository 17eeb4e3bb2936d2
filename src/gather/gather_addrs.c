/*
 * Which addresses are on which link?
 */
#include "gather/gather.h"
#include "gather/names.h"

int gather_addrs(const struct platform_ops *p, struct arena *a, struct addr_facts **out, size_t *n,
		 struct err *e)
{
	struct addr_facts *facts;
	struct sys_link *links;
	struct sys_addr *addrs;
	size_t n_links, n_addrs, i;
	int rc = p->links(a, &links, &n_links, e);

	if (!rc)
		rc = p->addrs(a, &addrs, &n_addrs, e);
	if (rc < 0)
		return rc;
	facts = arena_alloc(a, (n_addrs + 1) * sizeof(*facts));
	for (i = 0; i < n_addrs; i++) {
		facts[i].link = names_of(links, n_links, addrs[i].ifindex, a);
		facts[i].addr = addrs[i].addr;
		facts[i].peer = addrs[i].peer;
		facts[i].tentative = addrs[i].tentative;
		facts[i].dad_failed = addrs[i].dad_failed;
	}
	*out = facts;
	*n = n_addrs;
	return 0;
}
