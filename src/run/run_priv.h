/*
 * What the files of run/ share: one run of the self-test.
 */
#ifndef RUN_RUN_PRIV_H
#define RUN_RUN_PRIV_H

#include <signal.h>
#include <sys/resource.h>

#include "capture/elsewhere.h"
#include "capture/tap.h"
#include "engine/wg_ask.h"
#include "lab/self_tunnel.h"
#include "loss/counters.h"
#include "model/targets.h"
#include "run/run.h"

struct run_up;

/*
 * One end of the tunnel that is looked at, whoever made it. Names are those of struct self_end;
 * what is not known is NULL, 0 or of FAMILY_NONE.
 */
struct run_end {
	bool here; /* on this machine: the near end, and the far one of a self-test */
	int netns; /* descriptor; -1: the namespace this process is in */
	const char *tun, *wire; /* wire: the link that its outer packets take */
	/* of its UDP socket, as the other end sees it; of one that is not ours: by the route */
	struct ip_addr outer;
	/* near, not ours: whatever is its host's own, which that socket may send from */
	const struct addr_facts *locals;
	size_t n_locals;
	uint16_t port;
	/* near: where its probes come from; far: what is probed */
	struct ip_addr inner4, inner6;
	const struct ip_addr *own; /* all addresses of its tun */
	size_t n_own;
	/* near: of peers that are not looked at, and are asked whether they come */
	const struct ip_addr *others;
	size_t n_others;
	struct public_key public_key;
	enum wg_via via; /* how its engine is asked */
	const struct engine_ops *ops; /* NULL: not one of ours to know */
	struct engine *engine; /* started by this run, or NULL */
};

struct run {
	const struct run_conf *conf;
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct facts *f;
	struct self_tunnel *t; /* of a self-test; NULL: the tunnel is somebody else's */
	struct run_end end[END_COUNT];
	int home_netns; /* where this thread belongs */
	unsigned mtu; /* of a self-test: as the tuns were set up */
	struct live_tap *taps[TAP_COUNT];
	struct elsewhere *elsewhere; /* of a tunnel that is somebody else's; NULL: not watched */
	/* of the wire taps, while loss is measured; NULL before */
	struct loss_window *windows[TAP_COUNT][TAP_DIR_COUNT];
	struct crypto_facts crypto_before[END_COUNT];
	bool crypto_seen[END_COUNT];
	/*
	 * Probes are bound to it, for the routes to what is probed lead elsewhere, and were to be
	 * ours to make; NULL: they go by route.
	 */
	const char *bind_to;
	/* of a file that was given beside the tunnel; NULL: none, or it is compared with none */
	const struct intended_facts *intended;
	const struct key_digest *psks;
	uint32_t left_out; /* NEED_BITs of what nobody asked for */
	int signal_fd;
	sigset_t old_signals;
	struct rlimit limit; /* before it was raised */
	int64_t slowest_ns; /* of the answers to the size ladder; 0: none yet */
	int64_t deadline_ns; /* whatever happens, nothing waits beyond it */
};

/*
 * Raw sockets hear all replies, and a small one carries nothing else to tell whose it is: so no
 * two kinds of pings have the same id, whatever the seed.
 */
enum echo_use {
	ECHO_HANDSHAKE,
	ECHO_SELF,
	ECHO_PEER,
	ECHO_STREAMS,
	ECHO_LOSS,
	ECHO_LADDER,
	ECHO_FAMILY,
	ECHO_FIND, /* and 15 more */
	ECHO_OTHERS = ECHO_FIND + 16, /* and 63 more */
	ECHO_EDGE = ECHO_OTHERS + 64, /* and 63 more */
	ECHO_SIZES = ECHO_EDGE + 64,
};

static inline uint16_t run_echo_id(const struct run *r, unsigned use)
{
	uint64_t s = r->conf->seed;

	return (uint16_t)((s ^ s >> 16 ^ s >> 32 ^ s >> 48) + use);
}

/*
 * For echoes that need no length of their own: one that makes the whole packet a multiple of 16.
 * An engine pads to the next 16 bytes, which swallows a header that it encrypts by mistake before
 * other packets: 84 bytes and 88 both become 96. 96 and 100 do not (failure-modes.md, FM34).
 */
static inline unsigned run_echo_payload(const struct ip_addr *to)
{
	/* IPv4: 20 + 8 + 68 = 96; IPv6: 40 + 8 + 64 = 112. */
	return to->family == FAMILY_IP6 ? 64 : 68;
}

/* The nftables table of --full-routes is called so, and then as the interface. */
#define RUN_OWN_TABLE "wgdiag-"

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

/* What every run begins and ends with: signals, limits, the loop, empty facts. */
int run_open(struct run *r, const struct run_conf *c, struct arena *a, struct facts *f,
	     struct err *e);
void run_close(struct run *r);
/* The two ends of the tunnel that was made (r->t); again when its engines were started. */
void run_adopt(struct run *r);
/* Captures and engines, again until all that is under way has arrived. */
void run_last_look(struct run *r);
void run_response_time(struct facts *f); /* of the handshake, from the near wire's capture */
/* What nobody came to look at becomes a gap, with that reason. */
void run_fill_gaps(struct facts *f, const char *why);

/* ms from now, but never beyond the deadline of the whole. */
int64_t run_until(const struct run *r, int ms);
bool run_interrupted(struct run *r);
/* Runs fn with this thread in that end's namespace; -ENODEV: that end is not on this machine. */
int run_in(struct run *r, enum end end, int (*fn)(void *ctx, struct err *e), void *ctx,
	   struct err *e);
/* What a socket that needs CAP_NET_RAW was refused with; the remedy if that was it. */
void run_gap_raw(struct run *r, enum need need, int rc, const struct err *e);

/* Of one that this run started; of others that is not ours to say. */
bool run_engine_died(const struct run *r, enum end end);
bool run_engine_failed(const struct facts *f); /* it did not start, or answers wrongly */
void run_forget_start(struct facts *f); /* a signal cut it off: nothing is known of it */

/*
 * One whose engine cannot be asked sends data and asks for no handshake: then there is a session
 * that was made before.
 */
bool run_may_have_session(const struct run *r);
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

/* What only a run can see that has the far end on this machine too. */
#define RUN_FAR_NEEDS                                                                        \
	(NEED_BIT(NEED_ENGINE_FAR) | NEED_BIT(NEED_LINKS_FAR) | NEED_BIT(NEED_TAP_FAR_TUN) | \
	 NEED_BIT(NEED_TAP_FAR_WIRE) | NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_CONFIG_FAR) |  \
	 NEED_BIT(NEED_ECHO_BACK))

/* run_signal.c: SIGINT and SIGTERM as a descriptor */
int run_signal_open(int *fd, sigset_t *old, struct err *e);
/* Takes back what came, so that it does not end the process now, and restores the mask. */
void run_signal_close(int fd, const sigset_t *old);

/* run_limits.c: enough descriptors and stack for the run, or -EMFILE, -ENOMEM */
int run_limits_raise(struct rlimit *old, struct err *e);
void run_limits_restore(const struct rlimit *old);

/* run_taps.c */
void run_taps_open(struct run *r, enum tap first, enum tap second);
/* Serves until the counters of all taps stand still, then they are facts. */
void run_taps_settle(struct run *r);
void run_taps_close(struct run *r);

/* run_ask.c: the engine's own word, by whatever way it gives it */
int run_ask(struct run *r, enum end end, int timeout_ms, struct arena *a, struct uapi_device **out,
	    struct err *e);
/* The peer that is looked at, or NULL. */
const struct uapi_peer *run_peer(const struct run *r, enum end end, const struct uapi_device *d);

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

/*
 * run_way.c: which way packets to an inner address go, by the kernel's answer. -errno: it could
 * not be asked, and *out tells of none.
 */
int run_way(struct run *r, const struct ip_addr *to, struct path_facts *out);
/* What we send there enters the tunnel, by route or as it is bound. */
bool run_way_leads_in(const struct run *r, const struct path_facts *way);
/* From where; of FAMILY_NONE: whatever the system takes. */
struct ip_addr run_way_source(const struct run *r, const struct path_facts *way);
/*
 * run_find.c: which inner address of the far side answers; fills facts.inner_targets. up: whose
 * routes are ours to make, or NULL. false: what is pinged from now on is not known to answer pings.
 */
bool run_find(struct run *r, const struct targets *t, struct run_up *up);
/* What is pinged, and from where: of the family that there is. */
const struct ip_addr *run_target(const struct run *r);
const struct ip_addr *run_source(const struct run *r);

/* run_ladder.c: last of all, since what it sends is counted by nobody */
void run_ladder(struct run *r);
/*
 * run_knock.c: which TCP port of that host answers, accepting or refusing; 0: none does. from NULL:
 * by route. mark 0: none.
 */
uint16_t run_knock(struct run *r, const struct ip_addr *to, const struct ip_addr *from,
		   uint32_t mark);
/* run_framing.c: the self-test of the header, on a device of its own */
void run_framing(struct run *r);
/* run_handshake.c: provokes one and waits for it */
void run_handshake(struct run *r);
/* run_ping.c: ping, and beside the one to the peer what also needs a session */
void run_pings(struct run *r);
/* run_sizes.c: the ladder with DF, and pings from the far side */
void run_sizes(struct run *r);
/* run_sizes_edge.c: the largest that crosses from here, where a larger one was lost */
void run_sizes_edge(struct run *r);
/* run_loss.c: paced probes, and the counters on both wires */
void run_loss(struct run *r);
void run_loss_see(void *ctx, const struct tap_message *m); /* ctx: the windows of one tap */
/* run_streams.c: bulk data in both directions, each inner family */
void run_streams(struct run *r);

#endif
