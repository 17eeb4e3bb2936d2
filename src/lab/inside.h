/*
 * What faults behind the server begin with: a host there that somebody wants to reach.
 */
#ifndef LAB_INSIDE_H
#define LAB_INSIDE_H

#include "lab/world.h"

/*
 * The host of the lan is pinged, and its network is one that goes into the tunnel. family NONE:
 * drawn.
 */
void inside_ask(struct lab_world *w, enum addr_family family);
/* All that goes to the internet goes into the tunnel, and the server's gateway is pinged. */
void inside_ask_internet(struct lab_world *w);

#endif
