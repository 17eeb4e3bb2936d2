/*
 * Which rules here take packets away, and what have they counted?
 */
#include <errno.h>

#include "gather/gather.h"
#include "gather/nft_absent.h"
#include "gather/nft_rules.h"

int gather_firewall(const struct platform_ops *p, bool after, struct arena *a,
		    struct firewall_facts *out, struct err *e)
{
	struct firewall_facts now;
	struct sys_ruleset r;
	struct sys_link *links;
	struct err ignored;
	size_t n;
	int rc;

	if (!p->ruleset)
		return err_say(e, EOPNOTSUPP, "firewall rules of %s are not read", p->name);
	rc = p->ruleset(a, &r, e);
	if (!rc)
		rc = nft_rules_parse(r.json, r.text, a, &now, e);
	if (rc < 0)
		return rc;
	now.unread = r.unread;
	/* Without the links nothing is said to be for one that is gone. */
	if (p->links && p->links(a, &links, &n, &ignored) == 0)
		nft_absent(&now, links, n, a);
	if (after)
		nft_rules_after(out, &now, a);
	else
		*out = now;
	return 0;
}
