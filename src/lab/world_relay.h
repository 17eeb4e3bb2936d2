/*
 * The lab's uplink through a relay, in a namespace of its own between router and server.
 */
#ifndef LAB_WORLD_RELAY_H
#define LAB_WORLD_RELAY_H

#include "lab/world.h"

/* Lays that cable as two, with the relay's own namespace between. */
int world_relay_lay(struct lab_world *w, struct err *e);
/* Starts it, and returns when it passes frames. */
int world_relay_start(struct lab_world *w, struct err *e);
/* When all is torn down. */
void world_relay_done(struct lab_world *w);

#endif
