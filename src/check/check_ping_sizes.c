/*
 * Up to which size do packets pass, per direction and family?
 *
 * "Small passes, large is lost" is its own kind of fault: ping works, and everything else
 * hangs. All have DF set, so what is longer than the tun's MTU our own stack must refuse; that
 * is no fault, and anything it refuses below the MTU is one.
 * One lost probe is no verdict.
 */
#include "check/check_list.h"

#include <string.h>

enum { LOST_MIN = 2 };

struct ladder {
	enum end from;
	uint8_t family;
	int64_t passed; /* largest that was answered; 0: none */
	int64_t lost, lost_probes; /* smallest above that with no answer; all probes above it */
	int64_t refused; /* smallest that our stack refused below the MTU; 0: none */
	const char *error; /* why it could not be tried; NULL */
};

static bool is_too_long(const struct size_facts *s)
{
	return s->error && strcmp(s->error, "Message too long") == 0;
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

static void look_at_failed(const struct facts *facts, struct ladder *l, const struct size_facts *s)
{
	int64_t mtu = mtu_of(facts, l->from);

	if (is_too_long(s)) {
		if (mtu != UNKNOWN && s->size <= mtu && (!l->refused || s->size < l->refused))
			l->refused = s->size;
		return;
	}
	if (s->error) {
		l->error = s->error;
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
	return l;
}

static const char *name_of(const struct ladder *l, struct arena *a)
{
	return arena_printf(a, "IPv%u %s", (unsigned)l->family,
			    l->from == END_NEAR ? "me → peer" : "peer → me");
}

static enum state ladder_state(const struct ladder *l)
{
	if (l->refused || l->lost_probes >= LOST_MIN)
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
		return arena_printf(a, "%s: up to %lld B pass, %lld B lost%s", name,
				    (long long)l->passed, (long long)l->lost,
				    l->lost_probes < LOST_MIN ? " (one probe)" : "");
	if (l->lost)
		return arena_printf(a, "%s: no size passes, from %lld B", name, (long long)l->lost);
	if (l->passed)
		return arena_printf(a, "%s %lld B", name, (long long)l->passed);
	return arena_printf(a, "%s: not tried%s%s", name, l->error ? ": " : "",
			    l->error ? l->error : "");
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

static void run(const struct check_ctx *ctx, struct findings *out)
{
	static const uint8_t families[] = { FAMILY_IP4, FAMILY_IP6 };
	struct ladder l[END_COUNT * 2];
	enum state worst = STATE_PASS;
	struct finding *f;
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
	f = finding_add(out, worst, "%s%s", worst == STATE_PASS ? "largest: " : "",
			all_words(l, n, worst, out->arena));
	for (i = 0; i < n; i++)
		because(ctx->facts, &l[i], out, f);
}

static const char *const after[] = {
	"engine.start",	      "engine.answers", "host.state",	  "config.keys",
	"config.allowed-ips", "underlay.link",	"route.endpoint", "underlay.gateway",
	"tun.address",	      "route.inner",	"host.firewall",  "underlay.out",
	"underlay.back",      "tun.framing",	"crypto.rejects", "rx.errors",
	"handshake.complete", "tun.delivery",	"ping.peer",	  NULL
};

const struct check check_ping_sizes = {
	.id = "ping.sizes",
	.title = "ping sizes",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_SIZES),
	.wants = NEED_BIT(NEED_LINKS) | NEED_BIT(NEED_LINKS_FAR),
	.after = after,
	.run = run,
};
