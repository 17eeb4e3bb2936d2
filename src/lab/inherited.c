/*
 * wireguard-go's older versions took for granted that there are 4 bytes before each packet of a
 * tun they inherit, newer ones that there are none, and neither asks the device (failure-modes.md,
 * FM34).
 */
#include "lab/inherited.h"

#include <errno.h>

#include "lab/trial.h"

enum { KEEPALIVE_S = 25 };

static const char *const says[] = {
	[NEAR_TUN_RAW] = "without a header before the packet (IFF_NO_PI)",
	[NEAR_TUN_PI] = "with a 4-byte header before the packet (no IFF_NO_PI)",
};

/* Ends with c->near_tun on the one that works. */
static int find_right(struct self_tunnel *t, struct self_conf *c, struct err *e)
{
	static const enum near_tun kinds[] = { NEAR_TUN_RAW, NEAR_TUN_PI };
	bool passes = false;
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		c->near_tun = kinds[i];
		rc = trial_passes(t, c, &passes, e);
		if (rc < 0)
			return e ? err_prefix(e, "try a tun %s", says[kinds[i]]) : rc;
		if (passes)
			return 0;
	}
	return err_say(e, EOPNOTSUPP, "%s carries no data on an inherited tun of either framing",
		       t->end[END_NEAR].ops->name);
}

int inherited_choose(struct self_tunnel *t, struct self_conf *c, bool wrong, const char **made,
		     struct err *e)
{
	enum near_tun right;
	int rc;

	/* As a client's configuration has it; and without, the engine might never shake hands. */
	c->near_keepalive_s = KEEPALIVE_S;
	rc = find_right(t, c, e);
	if (rc < 0)
		return rc;
	right = c->near_tun;
	if (wrong)
		c->near_tun = right == NEAR_TUN_RAW ? NEAR_TUN_PI : NEAR_TUN_RAW;
	*made = arena_printf(t->arena, "%s inherits a tun %s; data crosses it %s",
			     t->end[END_NEAR].ops->name, says[c->near_tun],
			     wrong ? "only otherwise" : "so");
	return 0;
}
