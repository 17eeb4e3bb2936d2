/*
 * What the lab's network is called and numbered, and the configurations of the tunnel: by lot,
 * without touching the system.
 */
#ifndef LAB_WORLD_PLAN_H
#define LAB_WORLD_PLAN_H

#include "lab/world.h"

/* Names and addresses of plugs and ends, and where the server listens. */
void lab_plan_network(struct lab_world *w);
/* Configurations with keys. w has ends and addresses. */
void lab_plan_confs(struct lab_world *w);

#endif
