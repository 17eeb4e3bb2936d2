#include "report/text_ping.h"

#include "report/width.h"

static double percent(int64_t n, int64_t of)
{
	return of > 0 ? 100.0 * (double)n / (double)of : 0;
}

static const char *loss(const struct text_ping *p, struct arena *a)
{
	int64_t lost = p->sent - p->received;
	const char *all = arena_printf(a, "%.*f%% loss", lost == 0 || lost == p->sent ? 0 : 1,
				       percent(lost, p->sent));

	if (p->up == UNKNOWN || p->down == UNKNOWN)
		return arena_printf(a, "%s (unknown %lld)", all, (long long)lost);
	return arena_printf(a, "%s (up %.1f%%, down %.1f%%, unknown %lld)", all,
			    percent(p->up, p->sent), percent(p->down, p->sent),
			    (long long)(lost - p->up - p->down));
}

static const char *known(int64_t n, const char *what, struct arena *a)
{
	return n == UNKNOWN ? "" : arena_printf(a, ", %lld %s", (long long)n, what);
}

void text_ping(const struct text_ping *p, struct arena *a, const struct report_style *s,
	       struct buf *out)
{
	text_wrap(out, "", arena_printf(a, "--- %s in-tunnel ping ---", p->to), s->width, s->utf8);
	text_wrap(out, "",
		  arena_printf(
			  a, "%lld sent%s, %lld received, %s%s%s, time %lld ms", (long long)p->sent,
			  p->unsent > 0 ? known(p->unsent, "not sent", a) : "",
			  (long long)p->received, loss(p, a), known(p->late, "late", a),
			  known(p->duplicates, "dup", a), (long long)(p->elapsed_ns / NS_PER_MS)),
		  s->width, s->utf8);
	if (p->avg_ns == UNKNOWN)
		return;
	text_wrap(out, "",
		  arena_printf(a, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms",
			       (double)p->min_ns / 1e6, (double)p->avg_ns / 1e6,
			       (double)p->max_ns / 1e6, (double)p->mdev_ns / 1e6),
		  s->width, s->utf8);
}
