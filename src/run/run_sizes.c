/*
 * Which sizes cross the tunnel, and does the far side reach us?
 *
 * A ladder of echo requests that may not be fragmented, from each end and in each family, up to
 * exactly the MTU; the step above it is refused by the sender's own stack, which shows that
 * DF is in force. All at once, beside a few pings from the far end to our inner addresses.
 */
#include <string.h>

#include "probe/echo.h"
#include "run/run_priv.h"

enum {
	STEPS = 7,
	WAYS = 4, /* two ends, two families */
	BACK = 2, /* IPv4, IPv6 */
	BACK_PAYLOAD = 56,
	INTERVAL_MS = 4,
	/*
	 * Of each request: long for a busy machine and for a way by satellite, and waited for only
	 * where something is lost.
	 */
	TIMEOUT_MS = 2000,
	SILENT_TIMEOUT_MS = 1000, /* of who answered no ping before */
	SLACK_MS = 200,
	ICMP_LEN = 8,
	IP4_LEN = 20,
	IP6_LEN = 40,
	IP4_MAX = 65535,
};

struct step {
	struct echo_conf conf;
	enum end from;
	int64_t size;
	struct echo *echo;
};

struct ladder {
	struct run *r;
	int timeout_ms;
	struct step steps[STEPS * WAYS];
	size_t n;
	struct step back[BACK];
	size_t n_back;
};

static unsigned overhead(uint8_t family)
{
	return ICMP_LEN + (family == FAMILY_IP6 ? IP6_LEN : IP4_LEN);
}

static unsigned mtu_of(const struct run *r, enum end end)
{
	return r->f->tun[end].start.mtu ? r->f->tun[end].start.mtu : r->mtu;
}

static struct step *step_of(struct ladder *l, struct step *s, enum end from, bool v6,
			    unsigned payload)
{
	const struct run_end *own = &l->r->end[from];
	const struct run_end *other = &l->r->end[from == END_NEAR ? END_FAR : END_NEAR];

	*s = (struct step){
		.conf = {
			.target = v6 ? other->inner6 : other->inner4,
			.source = v6 ? own->inner6 : own->inner4,
			.link = from == END_NEAR ? l->r->bind_to : NULL,
			.count = RUN_SIZE_TRIES,
			.payload_len = payload,
			.interval_ns = INTERVAL_MS * NS_PER_MS,
			.timeout_ns = l->timeout_ms * NS_PER_MS,
			.id = run_echo_id(l->r, ECHO_SIZES + l->n + 8 * l->n_back),
			.seed = l->r->conf->seed + 100 + l->n + 64 * l->n_back,
		},
		.from = from,
		.size = (int64_t)(payload + overhead(v6 ? FAMILY_IP6 : FAMILY_IP4)),
	};
	return s;
}

/* Who was asked before, by pings like these, and did not answer. */
static bool is_silent(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->f->n_inner_targets; i++)
		if (ip_addr_equal(&r->f->inner_targets[i].addr, run_target(r)))
			return !r->f->inner_targets[i].answered;
	return false;
}

/* Between addresses of one family, from an end that is on this machine. */
static bool can_ping(const struct run *r, enum end from, bool v6)
{
	const struct run_end *own = &r->end[from];
	const struct run_end *other = &r->end[from == END_NEAR ? END_FAR : END_NEAR];

	if (!own->here)
		return false;
	return v6 ? own->inner6.family && other->inner6.family :
		    own->inner4.family && other->inner4.family;
}

/* Small, what every link carries, and close to the edge from both sides. */
static void plan_way(struct ladder *l, enum end from, bool v6)
{
	unsigned mtu = mtu_of(l->r, from), head = overhead(v6 ? FAMILY_IP6 : FAMILY_IP4);
	const unsigned sizes[STEPS] = { 96, 576, 1024, 1280, mtu - 20, mtu, mtu + 1 };
	unsigned last = 0, i;

	if (!can_ping(l->r, from, v6))
		return;
	for (i = 0; i < STEPS; i++) {
		if (sizes[i] <= last || sizes[i] < head || sizes[i] > mtu + 1 || sizes[i] > IP4_MAX)
			continue;
		last = sizes[i];
		step_of(l, &l->steps[l->n], from, v6, sizes[i] - head)->conf.df = true;
		l->n++;
	}
}

static void plan(struct ladder *l)
{
	bool v6 = l->r->end[END_NEAR].inner6.family != FAMILY_NONE;
	unsigned way;

	for (way = 0; run_has(l->r, NEED_BIT(NEED_SIZES)) && way < WAYS; way++)
		plan_way(l, way % 2 ? END_FAR : END_NEAR, way >= WAYS / 2);
	if (!run_has(l->r, NEED_BIT(NEED_ECHO_BACK)))
		return;
	for (l->n_back = 0; l->n_back < (v6 ? 2 : 1); l->n_back++)
		step_of(l, &l->back[l->n_back], END_FAR, l->n_back == 1, BACK_PAYLOAD)->conf.count =
			RUN_PINGS_BACK;
}

/* --- doing -------------------------------------------------------------------- */

struct opening {
	struct run *r;
	struct step *step;
};

static int open_here(void *ctx, struct err *e)
{
	struct opening *o = ctx;

	return echo_open(&o->step->conf, o->r->loop, o->r->arena, &o->step->echo, e);
}

/* That we get no socket is no fault of the tunnel. */
static bool open_all(struct run *r, struct step *s, size_t n, enum need need)
{
	struct err e;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		struct opening o = { r, &s[i] };

		rc = run_in(r, s[i].from, open_here, &o, &e);
		if (rc < 0) {
			run_gap_raw(r, need, rc, &e);
			return false;
		}
	}
	/*
	 * The largest first: who answers only so many pings is through with it before the small
	 * ones, and looks like no way that is too narrow.
	 */
	for (i = n; i-- > 0;)
		echo_start(s[i].echo);
	return true;
}

static bool all_done(void *ctx)
{
	struct ladder *l = ctx;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->steps[i].echo && !echo_done(l->steps[i].echo))
			return false;
	for (i = 0; i < l->n_back; i++)
		if (l->back[i].echo && !echo_done(l->back[i].echo))
			return false;
	return true;
}

static void tell_sizes(struct ladder *l)
{
	struct facts *f = l->r->f;
	struct ping_facts p;
	size_t i;

	f->sizes = arena_alloc(l->r->arena, (l->n + 1) * sizeof(*f->sizes));
	for (i = 0; i < l->n; i++) {
		echo_facts(l->steps[i].echo, &p, NULL);
		l->r->slowest_ns = MAX(l->r->slowest_ns, echo_slowest_ns(l->steps[i].echo));
		f->sizes[i] = (struct size_facts){
			.from = l->steps[i].from,
			.family = l->steps[i].conf.target.family,
			.size = l->steps[i].size,
			.sent = p.sent,
			.received = p.received,
			.error = p.send_error,
		};
	}
	f->n_sizes = l->n;
	facts_have(f, NEED_SIZES);
}

static void tell_back(struct ladder *l)
{
	size_t i;

	for (i = 0; i < l->n_back; i++)
		echo_facts(l->back[i].echo, &l->r->f->echo_back[i], NULL);
	facts_have(l->r->f, NEED_ECHO_BACK);
}

static void close_all(struct step *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		echo_close(s[i].echo);
}

void run_sizes(struct run *r)
{
	struct ladder *l = arena_alloc(r->arena, sizeof(*l));
	bool sizes, back;
	int ms = RUN_PINGS_BACK * INTERVAL_MS + SLACK_MS;

	if (run_gap_no_session(r, NEED_SIZES)) {
		run_gap_no_session(r, NEED_ECHO_BACK);
		return;
	}
	l->r = r;
	l->timeout_ms = is_silent(r) ? SILENT_TIMEOUT_MS : TIMEOUT_MS;
	plan(l);
	sizes = run_has(r, NEED_BIT(NEED_SIZES)) && open_all(r, l->steps, l->n, NEED_SIZES);
	back = run_has(r, NEED_BIT(NEED_ECHO_BACK)) &&
	       open_all(r, l->back, l->n_back, NEED_ECHO_BACK);
	/* What was not started would never be done. */
	if (!sizes) {
		close_all(l->steps, l->n);
		l->n = 0;
	}
	if (!back) {
		close_all(l->back, l->n_back);
		l->n_back = 0;
	}
	loop_run(r->loop, run_until(r, l->timeout_ms + ms), all_done, l);
	if (!run_interrupted(r)) {
		if (sizes)
			tell_sizes(l);
		if (back)
			tell_back(l);
	}
	close_all(l->steps, l->n);
	close_all(l->back, l->n_back);
	if (sizes && !run_interrupted(r) && !r->end[END_FAR].here)
		run_sizes_edge(r);
}
