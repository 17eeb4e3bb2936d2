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
struct echo;
struct echo_conf;
struct run_attempts;
struct run_trace;
struct trace_rec;
struct run_debug;
struct drop_watch;
struct drops_seen;

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

/* Whose frames they are, for the callbacks of a tap. */
struct run_tap {
	struct run *r;
	enum tap tap;
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
	struct run_tap tap_ctx[TAP_COUNT];
	bool loss_began; /* the probes of `wgdiag loss` */
	struct run_ledger *ledger; /* while the probes are followed; NULL */
	struct drop_watch *drops; /* NULL: not to be watched */
	bool drops_on;
	const struct drops_seen *drops_seen; /* NULL: nothing was watched */
	struct run_debug *debug; /* run_debug.h; NULL: not asked for */
	struct elsewhere *elsewhere; /* of a tunnel that is somebody else's; NULL: not watched */
	struct run_attempts *attempts; /* NULL: no capture was opened */
	struct run_trace *trace; /* NULL: not asked for, or the near engine has none */
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
	uint32_t has_words; /* of these, whose gap tells why already */
	int signal_fd;
	sigset_t old_signals;
	struct rlimit limit; /* before it was raised */
	int64_t slowest_ns; /* of the answers to the pings before; 0: none yet */
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
/* A handshake was waited for, in vain. */
bool run_has_no_session(const struct run *r);
/*
 * Nor is any data message seen either way: whatever is sent waits in the engine. (One that tells no
 * handshake, and has a session all the same, sends some.)
 */
bool run_is_shut(const struct run *r);
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
void run_signal_take(int fd); /* those that came are no reason to end any more */
void run_signal_close(int fd, const sigset_t *old);

/* run_limits.c: enough descriptors and stack for the run, or -EMFILE, -ENOMEM */
int run_limits_raise(struct rlimit *old, struct err *e);
void run_limits_restore(const struct rlimit *old);

/* run_taps.c */
void run_taps_open(struct run *r, enum tap first, enum tap second);
/* Serves until the counters of all taps stand still, then they are facts. */
void run_taps_settle(struct run *r);
void run_taps_close(struct run *r);

/*
 * run_attempts.c: what came of each initiation. open and close: by run_taps.c; listen: once the
 * near engine runs.
 */
void run_attempts_open(struct run *r);
void run_attempts_see(void *ctx, const struct tap_outer *m); /* ctx: r->attempts */
void run_attempts_listen(struct run *r);
/* From run_trace.c; x NULL is fine. */
void run_attempts_trace(struct run_attempts *x, const struct trace_rec *recs, size_t n,
			uint64_t overrun);
void run_attempts_close(struct run *r); /* fills facts.handshakes */

/*
 * run_trace.c: the near engine's trace ring, read by one reader for both who hear of it,
 * r->attempts and r->ledger. open: false if that engine has none; may be called again. read:
 * whenever the ring may fill, and where a listener begins or ends. close: by run_taps.c.
 */
bool run_trace_open(struct run *r);
void run_trace_read(struct run *r);
void run_trace_close(struct run *r);

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
/* That is probed from now on, from the address that the kernel takes; *way as of run_way(). */
void run_aim(struct run *r, const struct ip_addr *to, struct path_facts *way);
/* What is pinged, and from where: of the family that there is. */
const struct ip_addr *run_target(const struct run *r);
const struct ip_addr *run_source(const struct run *r);

/*
 * run_drops.c: what the kernel throws away. Opened before there are keys, since it forks; a
 * file's by run_host_open().
 */
struct drop_watch *run_drops_watch(const struct run_conf *c, const struct platform_ops *p,
				   struct arena *a);
void run_drops_open(struct run *r);
void run_drops_start(struct run *r);
void run_drops_stop(struct run *r);
/* Against what the links counted, once that is read. */
void run_drops_compare(struct run *r);
void run_drops_close(struct run *r);

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
/* How much longer than a check it may take. */
int64_t run_loss_longest_ns(const struct run_loss_conf *c);
/*
 * run_loss_ends.c: while that echo is served, what may stop it. *out is NULL where there is nothing
 * of that kind; close(NULL) is fine.
 */
struct run_loss_ends;
int run_loss_ends_open(struct run *r, struct echo *echo, struct run_loss_ends **out, struct err *e);
void run_loss_ends_close(struct run_loss_ends *x);
/* run_loss_sizes.c: the payloads of n probes of many sizes to that address, none above *longest */
const uint16_t *run_loss_sizes(const struct run *r, const struct ip_addr *to, size_t n,
			       unsigned *longest);
void run_loss_see_handshake(const struct run_tap *t, const struct tap_outer *m);
void run_loss_see(void *ctx, const struct tap_message *m); /* ctx: the run_tap */

/*
 * run_ledger.c: what is seen of each paced probe, from begin to end, which fills facts.fates. A
 * round is told before its echo is opened, which it listens to from then on, and that its socket is
 * closed; x NULL is fine.
 */
void run_ledger_begin(struct run *r);
void run_ledger_round(struct run_ledger *x, struct echo_conf *c);
void run_ledger_opened(struct run_ledger *x, const struct echo *echo);
void run_ledger_closed(struct run_ledger *x, const struct echo *echo);
void run_ledger_inner(void *ctx, const struct tap_inner *p); /* ctx: the run_tap */
void run_ledger_outer(struct run_ledger *x, enum tap tap, const struct tap_message *m);
void run_ledger_trace(struct run_ledger *x, const struct trace_rec *recs, size_t n,
		      uint64_t overrun); /* from run_trace.c; x NULL is fine */
void run_ledger_end(struct run *r);
/* run_streams.c: bulk data in both directions, each inner family */
void run_streams(struct run *r);

#endif
