/*
 * Asking and telling the engine of one end of a self-made tunnel, by whatever way it has.
 */
#ifndef LAB_SELF_ASK_H
#define LAB_SELF_ASK_H

#include "lab/self_tunnel.h"

int self_ask_get(struct self_tunnel *t, enum end end, struct arena *a, struct uapi_device **out,
		 struct err *e);
/* The lines of a `set`. */
int self_ask_set(struct self_tunnel *t, enum end end, const struct buf *text, struct err *e);

#endif
