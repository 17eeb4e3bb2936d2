/*
 * Whose the socket and the tun of a name are: on the host itself anybody may take it in the moment
 * in which our engine starts.
 */
#ifndef ENGINE_ENGINE_WHOSE_H
#define ENGINE_ENGINE_WHOSE_H

#include "base/arena.h"
#include "base/err.h"
#include "sys/platform.h"
#include "sys/reaper.h"

/* "another one (pid 7, /usr/bin/wireguard-go)": who listens there. */
const char *engine_other(const char *ifname, struct arena *a);
/* OURS also where nobody listens. */
enum reaper_of engine_listener(const struct reaper *r, const char *ifname);
/*
 * Of a link that is there; listener: whose the socket is. False also where that is not seen any
 * more, and nobody who is holds the tun: then nothing tells that it is ours.
 */
bool engine_has_link(const struct platform_ops *p, const struct reaper *r, enum reaper_of listener,
		     const char *ifname);

#endif
