/*
 * What the two engines of a self-made tunnel are told, and whether they kept it.
 */
#ifndef LAB_SELF_CONFIG_H
#define LAB_SELF_CONFIG_H

#include "base/buf.h"
#include "lab/self_tunnel.h"

/* Throw-away keys for both ends. */
void self_config_keys(struct self_tunnel *t);
void self_config_wipe(struct self_tunnel *t); /* private and preshared keys; also twice */

/* The lines of a `set` but the port; they hold keys: the caller wipes. */
void self_config_peer(const struct self_tunnel *t, enum end end, struct buf *out);
/* The lines that set the keepalive of its peer to end->keepalive_s. */
void self_config_keepalive(const struct self_tunnel *t, enum end end, struct buf *out);
/*
 * What a `get` shows that was not set: one line from the arena; NULL when all is as set. Also
 * after the wipe: it compares public keys.
 */
const char *self_config_difference(const struct self_tunnel *t, enum end end,
				   const struct uapi_device *d, struct arena *a);

#endif
