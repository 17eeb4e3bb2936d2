#include "sys/netns_call.h"

#include <stdlib.h>
#include <unistd.h>

static int call(const struct platform_ops *p, int netns, int home,
		int (*fn)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	int rc = p->netns_enter(netns, e);

	if (rc < 0)
		return rc;
	rc = fn(ctx, e);
	if (p->netns_enter(home, NULL) < 0)
		abort();
	return rc;
}

int netns_call(const struct platform_ops *p, int netns, int home,
	       int (*fn)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	int here, rc;

	if (home >= 0)
		return call(p, netns, home, fn, ctx, e);
	rc = p->netns_get(&here, e);
	if (rc < 0)
		return rc;
	rc = call(p, netns, here, fn, ctx, e);
	close(here);
	return rc;
}
