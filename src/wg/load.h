/*
 * Are we under load? We are, once more handshake messages with a valid mac1 arrive
 * within one second than LOAD_HANDSHAKES_PER_S, and for LOAD_LINGER_S after.
 * A single-threaded engine has no handshake queue whose length would tell
 * (the driver's measure); the rate that would fill it does.
 */
#ifndef WG_LOAD_H
#define WG_LOAD_H

#include <stdbool.h>

#include "base/defs.h"

enum { LOAD_HANDSHAKES_PER_S = 256 };
struct load {
	int64_t window_start_ns, until_ns;
	unsigned n;
	bool forced; /* for tests and teaching */
};
void load_init(struct load *l);
bool load_note_handshake(struct load *l, int64_t now_ns); /* counts one; true: under load */

#endif
