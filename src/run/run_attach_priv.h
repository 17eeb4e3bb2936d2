/*
 * What the files of attaching share: one run on a tunnel that is there already.
 */
#ifndef RUN_RUN_ATTACH_PRIV_H
#define RUN_RUN_ATTACH_PRIV_H

#include "run/run_priv.h"

struct attach {
	struct run r;
	const struct run_existing *conf;
	struct sys_link link;
	struct uapi_device *device; /* NULL: it cannot be asked */
	struct net_facts net; /* all of the namespace */
	struct targets targets;
};

/*
 * run_attach_peer.c: the peer that is looked at, as the far end; the configuration that the engine
 * holds. -ENOKEY: none whose key begins as it was named. Without an engine to ask: nothing.
 */
int run_attach_peer(struct attach *x, struct err *e);

/* run_attach_targets.c: which inner addresses are worth asking; fills x->targets */
void run_attach_targets(struct attach *x);

#endif
