/*
 * What the queue of a link dropped.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>

#include "base/defs.h"
#include "sys/linux/linux.h"
#include "sys/linux/rtnl.h"

/* A queue below another counts in that too. */
static bool is_root_of(struct rtnl_tc *tc, int ifindex)
{
	return rtnl_tc_get_ifindex(tc) == ifindex && rtnl_tc_get_parent(tc) == TC_H_ROOT;
}

int linux_qdisc_drops(const char *dev, uint64_t *out, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	int ifindex = (int)if_nametoindex(dev), rc, found = 0;
	struct nl_cache *cache;
	struct nl_object *o;

	if (!ifindex)
		return err_sys(e, "%s", dev);
	rc = rtnl_open(&s, e);
	if (rc < 0)
		return rc;
	rc = rtnl_qdisc_alloc_cache(s, &cache);
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "read the queues");
	for (o = nl_cache_get_first(cache); o && !found; o = nl_cache_get_next(o)) {
		if (!is_root_of(TC_CAST(o), ifindex))
			continue;
		*out = rtnl_tc_get_stat(TC_CAST(o), RTNL_TC_DROPS);
		found = 1;
	}
	nl_cache_free(cache);
	/* Without one nothing waits, and nothing is dropped. */
	if (!found)
		*out = 0;
	return 0;
}
