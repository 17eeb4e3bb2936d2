/*
 * What the files of run/ share: one run of the self-test.
 */
#ifndef RUN_RUN_PRIV_H
#define RUN_RUN_PRIV_H

#include <signal.h>
#include <sys/resource.h>

#include "capture/tap.h"
#include "lab/self_tunnel.h"
#include "loss/counters.h"
#include "run/run.h"

struct run {
	const struct run_conf *conf;
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct facts *f;
	struct self_tunnel *t;
	struct live_tap *taps[TAP_COUNT];
	/* of the wire taps, while loss is measured; NULL before */
	struct loss_window *windows[TAP_COUNT][TAP_DIR_COUNT];
	struct crypto_facts crypto_before[END_COUNT];
	bool crypto_seen[END_COUNT];
	uint32_t left_out; /* NEED_BITs of what nobody asked for */
	int signal_fd;
	int64_t deadline_ns; /* whatever happens, nothing waits beyond it */
};

/*
 * Raw sockets hear all replies, and a small one carries nothing else to tell whose it is: so no
 * two kinds of pings have the same id, whatever the seed.
 */
enum echo_use { ECHO_HANDSHAKE, ECHO_SELF, ECHO_PEER, ECHO_STREAMS, ECHO_LOSS, ECHO_SIZES };

static inline uint16_t run_echo_id(const struct run *r, unsigned use)
{
	uint64_t s = r->conf->seed;

	return (uint16_t)((s ^ s >> 16 ^ s >> 32 ^ s >> 48) + use);
}

/* How much is sent; run_would.c tells it before. */
enum {
	RUN_PINGS_SELF = 3,
	RUN_PINGS_BACK = 5,
	RUN_SIZE_TRIES = 3,
	RUN_PROBES = 200,
	RUN_PROBES_MAX = 2000,
	RUN_ECHOES = 4,
	RUN_DATAGRAMS = 32,
	RUN_TCP_BYTES = 128 << 10, /* over 90 full segments */
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

/* Without a session that need is a gap, for that reason: true. */
bool run_gap_no_session(struct run *r, enum need need);

/* run_plan.c */
enum run_step {
	RUN_STEP_TUNNEL,
	RUN_STEP_START,
	RUN_STEP_HANDSHAKE,
	RUN_STEP_PING,
	RUN_STEP_DATA,
	RUN_STEP_COUNTERS,
	RUN_STEP_CLEAN,
	RUN_STEP_COUNT
};
#define RUN_LOSS_NEEDS (NEED_BIT(NEED_LOSS_UP) | NEED_BIT(NEED_LOSS_DOWN))
#define RUN_SIZES_NEEDS (NEED_BIT(NEED_SIZES) | NEED_BIT(NEED_ECHO_BACK))
#define RUN_PING_NEEDS \
	(NEED_BIT(NEED_PING_SELF) | NEED_BIT(NEED_PING_PEER) | RUN_SIZES_NEEDS | RUN_LOSS_NEEDS)
bool run_has(const struct run *r, uint32_t needs); /* any of these NEED_BITs is asked for */
void run_tell(const struct run *r, enum run_step step, const char *what);
/* They become gaps, and say why. */
void run_mark_left_out(const struct run *r);

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

/* run_still.c: what only needs asking */
void run_config(struct run *r, enum end end, const struct uapi_device *d); /* NULL: no answer */
void run_still_before(struct run *r);
void run_still_after(struct run *r);

/* run_framing.c: the self-test of the header, on a device of its own */
void run_framing(struct run *r);
/* run_handshake.c: provokes one and waits for it */
void run_handshake(struct run *r);
/* run_ping.c: ping, and beside the one to the peer what also needs a session */
void run_pings(struct run *r);
/* run_sizes.c: the ladder with DF, and pings from the far side */
void run_sizes(struct run *r);
/* run_loss.c: paced probes, and the counters on both wires */
void run_loss(struct run *r);
void run_loss_see(void *ctx, const struct tap_message *m); /* ctx: the windows of one tap */
/* run_streams.c: bulk data in both directions, each inner family */
void run_streams(struct run *r);

#endif
