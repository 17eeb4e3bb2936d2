/*
 * Up to which size are pings answered, from each end and in each family?
 *
 * An answer is as long as what it answers, so one that is missing tells no direction.
 *
 * "Small passes, large is lost" is its own kind of fault: ping works, and everything else
 * hangs. All have DF set, so what is longer than the tun's MTU our own stack must refuse; that
 * is no fault, and anything it refuses below the MTU is one.
 * One lost probe is no verdict.
 *
 * Where a host that nobody named answers small pings and no large ones, that may be its own choice;
 * where the limit, to the byte, is one that the padding of messages makes, it is the way's.
 *
 * Where all is answered up to a size and nothing beyond it, so that chance does not make it, the
 * rows that count what is missing show the same packets: then it is their root.
 */
#include "check/after.h"
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

enum { LOST_MIN = 2 };
/* RFC 8200, section 5 */
enum { IP6_LEAST_MTU = 1280 };
/* So rarely would the losses all fall on the largest by chance. */
static const double BY_CHANCE = 0.001;

struct ladder {
	enum end from;
	uint8_t family;
	int64_t passed; /* largest that was answered; 0: none */
	int64_t lost, lost_probes; /* smallest above that with no answer; all probes above it */
	int64_t refused; /* smallest that our stack refused below the MTU; 0: none */
	int64_t told; /* the same, since somebody inside told it what is too large; 0: nobody did */
	int64_t barred; /* steps that something on the sender's own machine did not let out */
	const char *error; /* why it could not be tried; NULL */
};

static bool is_too_long(const struct size_facts *s)
{
	return s->error && strcmp(s->error, "Message too long") == 0;
}

/* As a rule that drops on the way out tells the sender. */
static bool is_barred(const struct size_facts *s)
{
	return s->error && strcmp(s->error, "Operation not permitted") == 0;
}

static bool is_of(const struct ladder *l, const struct size_facts *s)
{
	return s->from == l->from && s->family == l->family;
}

static int64_t mtu_of(const struct facts *facts, enum end end)
{
	enum need need = end == END_NEAR ? NEED_LINKS : NEED_LINKS_FAR;

	return facts->have & NEED_BIT(need) && facts->tun[end].start.mtu ?
		       facts->tun[end].start.mtu :
		       UNKNOWN;
}

/*
 * A size that is no smaller left at first: so it learned only then, by ICMP from within the tunnel,
 * what the link behind the far end carries. That is how it should be.
 */
static bool let_go_first(const struct facts *facts, const struct ladder *l,
			 const struct size_facts *refused, int64_t mtu)
{
	size_t i;

	for (i = 0; i < facts->n_sizes; i++) {
		const struct size_facts *s = &facts->sizes[i];

		if (is_of(l, s) && s->sent > 0 && s->received == 0 && s->size >= refused->size &&
		    (mtu == UNKNOWN || s->size <= mtu))
			return true;
	}
	return false;
}

static void look_at_failed(const struct facts *facts, struct ladder *l, const struct size_facts *s)
{
	int64_t mtu = mtu_of(facts, l->from);

	if (is_too_long(s)) {
		int64_t *least = let_go_first(facts, l, s, mtu) ? &l->told : &l->refused;

		if (mtu != UNKNOWN && s->size <= mtu && (!*least || s->size < *least))
			*least = s->size;
		return;
	}
	if (s->error && s->sent < 1) {
		l->error = s->error;
		l->barred += is_barred(s);
		return;
	}
	if (s->size <= l->passed || (mtu != UNKNOWN && s->size > mtu))
		return;
	l->lost_probes += s->sent;
	if (!l->lost || s->size < l->lost)
		l->lost = s->size;
}

static struct ladder ladder_of(const struct facts *facts, enum end from, uint8_t family)
{
	struct ladder l = { .from = from, .family = family };
	size_t i;

	for (i = 0; i < facts->n_sizes; i++)
		if (is_of(&l, &facts->sizes[i]) && facts->sizes[i].received > 0)
			l.passed = MAX(l.passed, facts->sizes[i].size);
	for (i = 0; i < facts->n_sizes; i++)
		if (is_of(&l, &facts->sizes[i]) && facts->sizes[i].received == 0)
			look_at_failed(facts, &l, &facts->sizes[i]);
	/* What was too large was said to be: it is not lost. */
	if (l.told && l.passed && l.told > l.passed && (!l.lost || l.lost >= l.told))
		l.lost = l.lost_probes = 0;
	return l;
}

static const char *name_of(const struct ladder *l, struct arena *a)
{
	return arena_printf(a, "IPv%u from %s", (unsigned)l->family,
			    l->from == END_NEAR ? "me" : "the peer");
}

static bool all_barred(const struct ladder *l)
{
	return l->barred >= LOST_MIN && !l->passed && !l->lost;
}

static enum state ladder_state(const struct ladder *l)
{
	if (l->refused || l->lost_probes >= LOST_MIN || all_barred(l))
		return STATE_FAIL;
	return l->lost || !l->passed ? STATE_UNSURE : STATE_PASS;
}

static const char *ladder_words(const struct ladder *l, struct arena *a)
{
	const char *name = name_of(l, a);

	if (l->refused)
		return arena_printf(a, "%s: %lld B refused by its own stack below the MTU", name,
				    (long long)l->refused);
	if (l->lost && l->passed)
		return arena_printf(a, "%s: up to %lld B answered, from %lld B on not%s", name,
				    (long long)l->passed, (long long)l->lost,
				    l->lost_probes < LOST_MIN ? " (one probe)" : "");
	if (l->lost)
		return arena_printf(a, "%s: none answered, from %lld B", name, (long long)l->lost);
	if (l->passed && l->told)
		return arena_printf(a,
				    "%s %lld B (of more somebody inside says that it is too large)",
				    name, (long long)l->passed);
	if (l->passed)
		return arena_printf(a, "%s %lld B", name, (long long)l->passed);
	if (l->barred)
		return arena_printf(a, "%s: refused by its own firewall or stack: %s", name,
				    l->error);
	return arena_printf(a, "%s: not tried%s%s", name, l->error ? ": " : "",
			    l->error ? l->error : "");
}

/* --- by size, or by chance -------------------------------------------------------- */

/*
 * Had each probe the same chance, how often would all those above what passed be among the
 * lost: of N probes L are lost, and m are large, L/N * (L-1)/(N-1) * … m times.
 */
static double chance(const struct facts *facts, const struct ladder *l, double so_far)
{
	int64_t n = 0, lost = 0, i;
	size_t k;

	for (k = 0; k < facts->n_sizes; k++) {
		const struct size_facts *s = &facts->sizes[k];

		if (!is_of(l, s) || s->sent < 1 || s->received == UNKNOWN)
			continue;
		n += s->sent;
		lost += s->sent - MIN(s->received, s->sent);
	}
	for (i = 0; i < l->lost_probes && i < lost; i++)
		so_far *= (double)(lost - i) / (double)(n - i);
	return so_far;
}

/* The smallest size that is lost for its size; 0: no such thing is shown. */
static int64_t lost_by_size(const struct facts *facts, const struct ladder *l, size_t n)
{
	int64_t limit = 0, passed = 0;
	double p = 1;
	size_t i;

	for (i = 0; i < n; i++) {
		passed = MAX(passed, l[i].passed);
		if (!l[i].passed || l[i].lost_probes < LOST_MIN)
			continue;
		p = chance(facts, &l[i], p);
		limit = limit ? MIN(limit, l[i].lost) : l[i].lost;
	}
	return limit && p < BY_CHANCE ? limit : 0;
}

/* The paced probes are small: what is lost of them is another fault. Of them pings may be large. */
static bool small_are_lost(const struct facts *facts, enum need need, int64_t limit)
{
	const struct loss_facts *l = need == NEED_LOSS_UP ? &facts->loss_up : &facts->loss_down;
	const struct ping_facts *p = &facts->ping_peer;
	int64_t large = 0;

	if (!(facts->have & NEED_BIT(need)) || l->lost < 1 || l->sent < 1)
		return false;
	if ((facts->have & NEED_BIT(NEED_PING_PEER)) && p->size >= limit && p->sent > 0)
		large = p->sent - MAX(p->received, 0);
	return loss_state(facts, MAX(l->lost - large, 0), l->sent) == STATE_FAIL;
}

/* What an engine could not send starts so. */
#define UNSENT "io_send_"
static bool only_unsent(const struct facts *facts)
{
	size_t i, k;

	for (i = 0; i < END_COUNT; i++)
		for (k = 0; k < facts->crypto[i].n_refused; k++)
			if (strncmp(facts->crypto[i].refused[k].id, UNSENT, strlen(UNSENT)) != 0)
				return false;
	return true;
}

/* The rows that count the same packets. */
static const char *const *explained(const struct facts *facts, int64_t limit, struct arena *a)
{
	const char **ids = arena_alloc(a, 7 * sizeof(*ids));
	bool up = !small_are_lost(facts, NEED_LOSS_UP, limit);
	bool down = !small_are_lost(facts, NEED_LOSS_DOWN, limit);
	size_t n = 0;

	if (up) {
		ids[n++] = "underlay.out";
		ids[n++] = "loss.up";
	}
	if (down) {
		ids[n++] = "underlay.back";
		ids[n++] = "loss.down";
	}
	if (up && down) {
		if (only_unsent(facts))
			ids[n++] = "crypto.rejects";
		ids[n++] = "data.both-ways";
	}
	ids[n] = NULL;
	return ids;
}

static bool is_in(const struct facts *facts, enum end from, uint8_t family)
{
	const struct ladder l = { .from = from, .family = family };
	size_t i;

	for (i = 0; i < facts->n_sizes; i++)
		if (is_of(&l, &facts->sizes[i]))
			return true;
	return false;
}

static void because(const struct facts *facts, const struct ladder *l, struct findings *out,
		    struct finding *f)
{
	const char *base = arena_printf(out->arena, "%s%u", l->from == END_NEAR ? "up" : "down",
					(unsigned)l->family);
	struct evidence *ev;

	ev = finding_because(out, f, "socket", l->from == END_NEAR ? "near" : "far", "%s",
			     ladder_words(l, out->arena));
	evidence_count(ev, arena_printf(out->arena, "%s_passed", base), l->passed);
	evidence_count(ev, arena_printf(out->arena, "%s_lost", base), l->lost ? l->lost : UNKNOWN);
	evidence_count(ev, arena_printf(out->arena, "%s_mtu", base), mtu_of(facts, l->from));
}

/*
 * A message is padded to a multiple of 16 (the WireGuard paper, section 5.4.6), so where the way
 * ends for outer messages, it ends for packets at such a multiple. A host that answers no large
 * pings, which is its own choice, rarely has that limit to the byte; and it has a round one (128,
 * 512, 1000, 1024), where ways carry 1280 and more, less 80.
 */
enum { PADDED_TO = 16, WAY_LEAST = 1200 };

/* Some engines do not pad, and the capture shows it. None pads beyond the MTU: a few are short. */
static bool is_padded(const struct facts *facts)
{
	const struct tap_facts *t = &facts->taps[TAP_NEAR_WIRE];
	enum tap_dir dir;

	for (dir = 0; dir < TAP_DIR_COUNT; dir++)
		if (2 * t->unpadded[dir] > t->msgs[dir][WG_MSG_DATA])
			return false;
	return true;
}

/* The largest that crosses, known to the byte, is one where an outer limit would put it. */
static bool is_outer_limit(const struct facts *facts, const struct ladder *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].passed >= WAY_LEAST && l[i].lost == l[i].passed + 1 &&
		    (!is_padded(facts) || l[i].passed % PADDED_TO == 0))
			return true;
	return false;
}

/* Known to the byte, and where no limit of the way could be: the padding would have moved it. */
static bool is_choice_of_target(const struct facts *facts, const struct ladder *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].lost && l[i].passed && l[i].lost == l[i].passed + 1 && is_padded(facts) &&
		    l[i].passed % PADDED_TO != 0)
			return true;
	return false;
}

/* The largest that passed in each of the families in which larger ones did not. */
static int64_t largest(const struct ladder *l, size_t n)
{
	int64_t least = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].lost && l[i].passed && (!least || l[i].passed < least))
			least = l[i].passed;
	return least;
}

static void fix_mtu(const struct facts *facts, int64_t size, struct findings *out,
		    struct finding *f)
{
	const char *dev =
		facts->tun[END_NEAR].name ? facts->tun[END_NEAR].name : facts->target.name;

	finding_fix(out, f,
		    arena_printf(out->arena,
				 "MTU = %lld in the [Interface] section, at both ends%s",
				 (long long)size,
				 size < IP6_LEAST_MTU ?
					 "; below 1280 the tunnel carries no IPv6, so rather "
					 "have the way carry more" :
					 ""),
		    "ip link set dev %s mtu %lld", dev ? dev : "INTERFACE", (long long)size);
}

/* The worst first; those that pass are told only when all do. */
static const char *all_words(const struct ladder *l, size_t n, enum state worst, struct arena *a)
{
	const char *says = "";
	size_t i;

	for (i = 0; i < n; i++)
		if (ladder_state(&l[i]) == worst)
			says = arena_printf(a, "%s%s%s", says, says[0] ? ", " : "",
					    ladder_words(&l[i], a));
	return says;
}

/* By our own stack: that is no choice of the far host's. */
static bool is_refused(const struct ladder *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].refused)
			return true;
	return false;
}

static bool none_passed(const struct ladder *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].passed)
			return false;
	return true;
}

/* Who must answer what it is asked: the one that was named, and no other. */
static bool is_sure(const struct facts *f)
{
	return f->measured.family == FAMILY_NONE && tunnel_target_is_sure(f);
}

/* Of what is to be called bad: how bad it is, as far as it tells of the way. */
static enum state weigh(const struct facts *f, const struct ladder *l, size_t n, int64_t limit)
{
	if (is_refused(l, n))
		return STATE_FAIL;
	/* What a host that nobody named does not answer may be its own choice. */
	if (!is_sure(f) && !(limit && is_outer_limit(f, l, n)))
		return STATE_WARN;
	/* Who answers pings beside, and none of these, has had enough of them. */
	if (none_passed(l, n) && f->measured.family == FAMILY_NONE && f->ping_peer.received > 0 &&
	    !facts_far_is_here(f))
		return STATE_UNSURE;
	/* Nor is it the way's where the way could have no such limit, whoever was named. */
	return limit && is_choice_of_target(f, l, n) ? STATE_WARN : STATE_FAIL;
}

static const char *asked_of(const struct facts *f, struct arena *a)
{
	return f->measured.family == FAMILY_NONE ?
		       "" :
		       arena_printf(a, " (asked of %s)", words_addr(a, &f->measured));
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	static const uint8_t families[] = { FAMILY_IP4, FAMILY_IP6 };
	struct ladder l[END_COUNT * 2];
	enum state worst = STATE_PASS, said;
	struct finding *f;
	int64_t limit;
	size_t n = 0, i;

	for (i = 0; i < ARRAY_LEN(l); i++)
		if (is_in(ctx->facts, (enum end)(i % END_COUNT), families[i / END_COUNT]))
			l[n++] = ladder_of(ctx->facts, (enum end)(i % END_COUNT),
					   families[i / END_COUNT]);
	if (!n) {
		finding_add(out, STATE_UNSURE, "no size was tried");
		return;
	}
	for (i = 0; i < n; i++) {
		enum state s = ladder_state(&l[i]);

		if (s == STATE_FAIL || worst == STATE_PASS)
			worst = s;
	}
	said = worst;
	limit = worst == STATE_FAIL ? lost_by_size(ctx->facts, l, n) : 0;
	if (worst == STATE_FAIL)
		worst = weigh(ctx->facts, l, n, limit);
	f = finding_add(out, worst, "%s%s%s", worst == STATE_PASS ? "largest answered: " : "",
			all_words(l, n, said, out->arena), asked_of(ctx->facts, out->arena));
	if (worst != STATE_FAIL)
		limit = 0;
	if (limit)
		f->explains = explained(ctx->facts, limit, out->arena);
	if (limit && !facts_far_is_here(ctx->facts)) {
		finding_sign(f, SIGN_LOST_BY_SIZE);
		fix_mtu(ctx->facts, largest(l, n), out, f);
	}
	if (!limit)
		f->takes = traffic_of(FAMILY_NONE, TRAFFIC_ECHO);
	for (i = 0; i < n; i++)
		if (ladder_state(&l[i]) == STATE_FAIL)
			f->misses |= traffic_of(l[i].family, TRAFFIC_ECHO);
	for (i = 0; i < n; i++)
		because(ctx->facts, &l[i], out, f);
}

static const char *const after[] = { AFTER_ENGINE_AND_WAY, "tun.mtu",	AFTER_TUN,    "loss.up",
				     "loss.down",	   "ping.peer", "echo.reply", NULL };

const struct check check_ping_sizes = {
	.id = "ping.sizes",
	.title = "ping sizes",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_SIZES),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_LINKS_FAR) | NEED_BIT(NEED_TAP_NEAR_WIRE),
	.after = after,
	.run = run,
};
