/*
 * A probe's line: number, size, when, the message that carried it, where it was seen, what became
 * of it. The eight places are a letter each:
 *
 *	t w W T T W w t
 *
 * the first four of the request, then those of the answer; small letters here, capital ones at the
 * far end; t a tun, w a wire. A dot: watched, and not seen. A dash: not watched.
 */
#include "report/ledger_text.h"

#include "report/width.h"

static const char letters[] = "twWTTWwt";
_Static_assert(sizeof(letters) == STAGE_COUNT + 1, "a stage has no letter");

const char *ledger_text_between(enum stage after, enum stage before, struct arena *a)
{
	if (after == STAGE_NONE && before == STAGE_NONE)
		return "after it was sent";
	if (after == STAGE_NONE)
		return arena_printf(a, "before %s", stage_str(before));
	if (before == STAGE_NONE)
		return arena_printf(a, "after %s, before its socket", stage_str(after));
	return arena_printf(a, "after %s, before %s", stage_str(after), stage_str(before));
}

static void seen_at(const struct fates_facts *all, const struct fate_facts *p,
		    char out[static STAGE_COUNT + 1])
{
	unsigned i;

	for (i = 0; i < STAGE_COUNT; i++)
		out[i] = p->seen_ns[i] != UNKNOWN    ? letters[i] :
			 all->watched & STAGE_BIT(i) ? '.' :
						       '-';
	out[STAGE_COUNT] = '\0';
}

static const char *result_of(const struct fate_facts *p, struct arena *a)
{
	int64_t back = p->seen_ns[STAGE_TUN_IN], out = p->seen_ns[STAGE_TUN_OUT];

	if (p->result == FATE_LOST)
		return arena_printf(a, "lost %s%s%s", ledger_text_between(p->after, p->before, a),
				    p->reason ? ": " : "", p->reason ? p->reason : "");
	if (p->result == FATE_UNKNOWN)
		return "not answered; where it was lost is not known";
	if (back == UNKNOWN || out == UNKNOWN)
		return "answered";
	return arena_printf(a, "answered in %.3f ms", (double)(back - out) / 1e6);
}

static const char *message_of(const struct fate_facts *p, struct arena *a)
{
	if (p->counter == UNKNOWN)
		return "-";
	return arena_printf(a, "%08llx:%lld", (unsigned long long)p->session,
			    (long long)p->counter);
}

/* Less, and what stands behind the columns has no room. */
enum { COLUMNS_MIN = 72 };

static void one_line(const struct fate_facts *p, const char *where, struct arena *a,
		     const struct report_style *s, struct buf *out)
{
	if (s->width && s->width < COLUMNS_MIN)
		text_wrap(out, " ",
			  arena_printf(a, "%lld: %lld B at %.3f s, %s, seen %s, %s",
				       (long long)p->probe, (long long)p->size,
				       (double)p->sent_ns / 1e9, message_of(p, a), where,
				       result_of(p, a)),
			  s->width, s->utf8);
	else
		text_wrap(out,
			  arena_printf(a, "%6lld %5lld %8.3f  %-18s %s  ", (long long)p->probe,
				       (long long)p->size, (double)p->sent_ns / 1e9,
				       message_of(p, a), where),
			  result_of(p, a), s->width, s->utf8);
}

void ledger_text(const struct facts *f, bool lost_only, struct arena *a,
		 const struct report_style *s, struct buf *out)
{
	const struct fates_facts *all = &f->fates;
	char where[STAGE_COUNT + 1];
	size_t i;

	if (all->sent == UNKNOWN || all->n == 0)
		return;
	text_wrap(out, "",
		  "Ledger: t a tun, w a wire, capital at the far end; . not seen, - not watched",
		  s->width, s->utf8);
	if (!s->width || s->width >= COLUMNS_MIN)
		text_wrap(out, "", " PROBE  SIZE   SENT s  MESSAGE            SEEN      RESULT",
			  s->width, s->utf8);
	for (i = 0; i < all->n; i++) {
		const struct fate_facts *p = &all->list[i];

		if (lost_only && p->result == FATE_ANSWERED)
			continue;
		seen_at(all, p, where);
		one_line(p, where, a, s, out);
	}
}

void ledger_text_lost(const struct facts *f, struct arena *a, const struct report_style *s,
		      struct buf *out)
{
	const struct fates_facts *all = &f->fates;
	size_t i;

	if (all->sent == UNKNOWN)
		return;
	for (i = 0; i < all->n_lost; i++) {
		const struct lost_facts *l = &all->lost[i];

		text_wrap(out, i ? "         " : "Lost:    ",
			  arena_printf(a, "%lld %s%s%s", (long long)l->count,
				       ledger_text_between(l->after, l->before, a),
				       l->reason ? ": " : "", l->reason ? l->reason : ""),
			  s->width, s->utf8);
	}
	if (all->unknown > 0)
		text_wrap(out, all->n_lost ? "         " : "Lost:    ",
			  arena_printf(a, "%lld where is not known", (long long)all->unknown),
			  s->width, s->utf8);
}
