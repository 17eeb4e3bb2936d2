/*
 * Where else on this machine an interface is that is not here.
 */
#ifndef GATHER_GATHER_ELSEWHERE_H
#define GATHER_GATHER_ELSEWHERE_H

#include "base/arena.h"

struct elsewhere {
	const char *netns; /* of `ip netns`, or the pid of a process in it; NULL: not seen */
	const char *program; /* of that process; NULL: netns is a name */
};

/* Looks where it may: named ones need root, those of processes what /proc shows. */
void gather_elsewhere(const char *link, struct arena *a, struct elsewhere *out);

#endif
