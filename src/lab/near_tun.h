/*
 * A tun that wgdiag opens and the near engine inherits, as programs do that embed an engine or
 * start it with a descriptor: whether the device puts 4 bytes before each packet is then not the
 * engine's choice.
 */
#ifndef LAB_NEAR_TUN_H
#define LAB_NEAR_TUN_H

#include "lab/self_tunnel.h"

/* engine_begin() of the near end with such a tun; kind is not NEAR_TUN_OWN. */
int near_tun_begin(struct self_tunnel *t, enum near_tun kind, struct engine_conf *ec,
		   struct engine_facts *ef, struct err *e);

#endif
