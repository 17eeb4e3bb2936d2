/*
 * `wgdiag engine NAME`: the protocol core as a daemon that owns a tun and two UDP
 * sockets and speaks the configuration protocol, as wireguard-go does.
 */
#ifndef ENGINE_DAEMON_H
#define ENGINE_DAEMON_H

#include <stdbool.h>

#include "base/err.h"

struct platform_ops;

struct daemon_conf {
	const char *ifname;
	bool foreground;
	int verbose; /* 0 errors only; 1 also what the state machine does */
	/*
	 * Faults for tests and teaching (documented in wgdiag-engine(1)): NULL,
	 * "family-header" (encrypts a 4-byte family header before each packet),
	 * "tun-header" (the same, and writes bare packets to a tun that has a header),
	 * "force-cookie" (behaves as under load).
	 */
	const char *fault;
};

/*
 * Opens all, daemonises (unless foreground) once tun and socket answer, and runs until
 * the tun or the socket is deleted, or SIGINT, SIGTERM or SIGHUP (unless ignored). Returns 0,
 * or negative errno with *e when it could not start. In the parent of a daemonised engine it
 * returns 0 as soon as the child is ready.
 */
int daemon_run(const struct daemon_conf *c, struct err *e);

/* The fault names, NULL-terminated, for the command line's check and help. */
extern const char *const daemon_faults[];

#endif
