/*
 * The name of a link by its index.
 */
#ifndef GATHER_NAMES_H
#define GATHER_NAMES_H

#include "sys/platform.h"

/* NULL for index 0. A link that went away in between is "if7", as `ip` writes it. */
const char *names_of(const struct sys_link *links, size_t n, unsigned ifindex, struct arena *a);

#endif
