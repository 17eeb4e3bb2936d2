/*
 * The addresses of a name, as the system resolves it.
 */
#ifndef GATHER_GATHER_RESOLVE_H
#define GATHER_GATHER_RESOLVE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/endpoint.h"

/*
 * All of them, both families, each with that port; from the arena. May take as long as DNS takes.
 */
int gather_resolve(const char *host, uint16_t port, struct arena *a, struct endpoint **out,
		   size_t *n, struct err *e);

#endif
