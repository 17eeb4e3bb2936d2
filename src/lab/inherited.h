/*
 * Which framing of an inherited tun an engine takes for granted, found out by trying both.
 */
#ifndef LAB_INHERITED_H
#define LAB_INHERITED_H

#include "lab/self_tunnel.h"

/*
 * Sets c->near_tun to the framing that data crosses with, or (wrong) to the other one. *made:
 * which one that is, in words.
 */
int inherited_choose(struct self_tunnel *t, struct self_conf *c, bool wrong, const char **made,
		     struct err *e);

#endif
