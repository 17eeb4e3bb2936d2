/*
 * What the files of run/ share: one run of the self-test.
 */
#ifndef RUN_RUN_PRIV_H
#define RUN_RUN_PRIV_H

#include <signal.h>
#include <sys/resource.h>

#include "capture/tap.h"
#include "lab/self_tunnel.h"
#include "run/run.h"

struct run {
	const struct run_conf *conf;
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct facts *f;
	struct self_tunnel *t;
	struct live_tap *taps[TAP_COUNT];
	struct crypto_facts crypto_before[END_COUNT];
	bool crypto_seen[END_COUNT];
	int signal_fd;
	int64_t deadline_ns; /* whatever happens, nothing waits beyond it */
};

static inline enum end end_of_tap(enum tap t)
{
	return t == TAP_NEAR_TUN || t == TAP_NEAR_WIRE ? END_NEAR : END_FAR;
}

/* ms from now, but never beyond the deadline of the whole. */
int64_t run_until(const struct run *r, int ms);
bool run_interrupted(struct run *r);
/* What a socket that needs CAP_NET_RAW was refused with; the remedy if that was it. */
void run_gap_raw(struct run *r, enum need need, int rc, const struct err *e);

/* run_signal.c: SIGINT and SIGTERM as a descriptor */
int run_signal_open(int *fd, sigset_t *old, struct err *e);
/* Takes back what came, so that it does not end the process now, and restores the mask. */
void run_signal_close(int fd, const sigset_t *old);

/* run_limits.c: enough descriptors for the run, or -EMFILE */
int run_limits_raise(struct rlimit *old, struct err *e);
void run_limits_restore(const struct rlimit *old);

/* run_taps.c */
void run_taps_open(struct run *r, enum tap first, enum tap second);
/* Serves until the counters of all taps stand still, then they are facts. */
void run_taps_settle(struct run *r);
void run_taps_close(struct run *r);

/* run_gather.c */
void run_gather_before(struct run *r);
void run_gather_after(struct run *r);
/* What the engines counted until now; may be asked again. */
void run_gather_engines(struct run *r);
/* Which way packets to that address go here: 1 into the tun, 0 elsewhere, UNKNOWN. */
int64_t run_leads_into_tun(const struct facts *f, const struct ip_addr *to, const char *tun);

/* run_handshake.c: provokes one and waits for it */
void run_handshake(struct run *r);
/* run_ping.c */
void run_pings(struct run *r);
/* run_streams.c: bulk data in both directions, each inner family */
void run_streams(struct run *r);

#endif
