/*
 * Where in the kernel's WireGuard a debug line is printed, and whether it is switched on, as
 * /proc/dynamic_debug/control lists it; and the commands that switch it.
 */
#ifndef MODEL_DEBUG_SITE_H
#define MODEL_DEBUG_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct debug_site {
	const char *file, *func; /* "drivers/net/wireguard/receive.c" */
	unsigned line;
	bool on;
};

/*
 * Those of WireGuard's that tell of a fault (model/engine_log.h), in the order of the list; the
 * strings are of the arena. All of its lines share one limit of so many in a time, and those that
 * only tell what goes well would take the room.
 */
size_t debug_sites(const char *list, size_t len, struct arena *a, struct debug_site **out);
/* One command, with its newline: that line alone, and no other flag of it. */
void debug_site_switch(const struct debug_site *s, bool on, struct buf *out);

#endif
