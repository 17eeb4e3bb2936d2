/*
 * The report of `wgdiag loss` for people: the rows, what was lost where, and the verdict.
 */
#include "base/moments.h"
#include "loss/fates_pattern.h"
#include "report/ledger_text.h"
#include "report/plot.h"
#include "report/text_parts.h"
#include "report/text_ping.h"
#include "report/width.h"

static int64_t last_ns(const struct fates_facts *x)
{
	return x->n ? x->list[x->n - 1].sent_ns - x->list[0].sent_ns : 0;
}

/* From tun to tun; UNKNOWN: it was not seen at both. */
static int64_t round_trip(const struct fate_facts *p)
{
	int64_t out = p->seen_ns[STAGE_TUN_OUT], in = p->seen_ns[STAGE_TUN_IN];

	return out == UNKNOWN || in == UNKNOWN ? UNKNOWN : in - out;
}

static void add_times(const struct fates_facts *x, struct text_ping *out)
{
	struct moments m = { 0 };
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->list[i].result == FATE_ANSWERED && round_trip(&x->list[i]) >= 0)
			moments_add(&m, round_trip(&x->list[i]));
	if (!m.n)
		return;
	out->min_ns = m.min;
	out->avg_ns = moments_mean(&m);
	out->max_ns = m.max;
	out->mdev_ns = moments_mdev(&m);
}

/* Those that came late are answered. What was lost at the far host went lost on neither way. */
static void summary(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct fates_facts *x = &r->facts->fates;
	struct arena *a = r->findings->arena;
	int64_t way[LOSS_WAY_COUNT], lost = x->sent - x->answered;
	char target[IP_ADDR_STR_SIZE];
	struct text_ping p = {
		.to = r->facts->target.name,
		.sent = x->sent,
		.unsent = x->send_errors,
		.received = x->answered,
		.up = UNKNOWN,
		.down = UNKNOWN,
		.late = x->late,
		.duplicates = x->duplicates,
		.elapsed_ns = last_ns(x),
		.min_ns = UNKNOWN,
		.avg_ns = UNKNOWN,
		.max_ns = UNKNOWN,
		.mdev_ns = UNKNOWN,
	};

	if (x->target.family != FAMILY_NONE)
		p.to = ip_addr_str(&x->target, target);
	loss_ways(x, way);
	if (!lost || way[LOSS_WAY_UP] + way[LOSS_WAY_THERE] + way[LOSS_WAY_DOWN]) {
		p.up = way[LOSS_WAY_UP];
		p.down = way[LOSS_WAY_DOWN];
	}
	add_times(x, &p);
	text_ping(&p, a, s, out);
	ledger_text_lost(r->facts, a, s, out);
}

static void patterns(const struct report *r, const struct report_style *s, struct buf *out)
{
	static const struct {
		enum loss_way way;
		const char *name;
	} ways[] = { { LOSS_WAY_UP, "me → peer" },
		     { LOSS_WAY_DOWN, "peer → me" },
		     { LOSS_WAY_COUNT, "both ways together" } };
	struct arena *a = r->findings->arena;
	const char *head = "Pattern: ";
	int64_t way[LOSS_WAY_COUNT];
	struct pattern p;
	bool open;
	size_t i;

	loss_ways(&r->facts->fates, way);
	open = way[LOSS_WAY_OPEN] > 0;
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		/* Where it is known of each which way it was lost, nothing is added. */
		if (ways[i].way == LOSS_WAY_COUNT && !open)
			continue;
		fates_pattern(&r->facts->fates, ways[i].way, a, &p);
		if (p.kind == PATTERN_NONE)
			continue;
		text_wrap(out, head, arena_printf(a, "%s: %s", ways[i].name, p.sentence), s->width,
			  s->utf8);
		head = "         ";
	}
}

/* Both have room for all. */
static struct plot_row row_of_loss(const struct fates_facts *x, enum loss_way way, const char *name,
				   struct arena *a)
{
	struct plot_point *points = arena_alloc(a, (x->n + 1) * sizeof(*points));
	size_t i;

	for (i = 0; i < x->n; i++)
		points[i] = (struct plot_point){ x->list[i].sent_ns, fates_lost(&x->list[i], way) };
	return (struct plot_row){ name, PLOT_LOSS, points, x->n };
}

static struct plot_row row_of_times(const struct fates_facts *x, struct arena *a)
{
	struct plot_point *points = arena_alloc(a, (x->n + 1) * sizeof(*points));
	size_t i;

	for (i = 0; i < x->n; i++)
		points[i] = (struct plot_point){ x->list[i].sent_ns, round_trip(&x->list[i]) };
	return (struct plot_row){ "round trip", PLOT_TIME, points, x->n };
}

static void plots(const struct report *r, const struct report_style *s, struct buf *out)
{
	const struct fates_facts *x = &r->facts->fates;
	struct arena *a = r->findings->arena;
	const struct plot_row rows[] = {
		row_of_loss(x, LOSS_WAY_UP, "loss, me → peer", a),
		row_of_loss(x, LOSS_WAY_DOWN, "loss, peer → me", a),
		row_of_times(x, a),
	};

	plot_write(rows, ARRAY_LEN(rows), s, out);
}

static void probes(const struct report *r, const struct report_style *s, struct buf *out)
{
	if (r->facts->fates.sent <= 0)
		return;
	buf_puts(out, "\n");
	summary(r, s, out);
	patterns(r, s, out);
	buf_puts(out, "\n");
	plots(r, s, out);
}

static void write_loss(const struct report *r, const struct report_style *s, struct buf *out)
{
	text_page(r, s, probes, out);
}

const struct report_ops report_loss = { .name = "loss", .write = write_loss };
