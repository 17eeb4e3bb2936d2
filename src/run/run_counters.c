#include "run/run_counters.h"

enum { MISSING_MAX = 1024 }; /* runs of a session; a way that loses more is bad all the same */

void run_counters_begin(struct run *r)
{
	unsigned d;

	for (d = 0; d < TAP_DIR_COUNT; d++) {
		r->windows[TAP_NEAR_WIRE][d] = arena_alloc(r->arena, sizeof(struct loss_window));
		loss_window_begin(r->windows[TAP_NEAR_WIRE][d], 0);
	}
}

static void missing_of(const struct loss_session *s, struct arena *a, struct counters_facts *out)
{
	struct loss_gap gap = { .next = s->low };

	out->missing = arena_alloc(a, MISSING_MAX * sizeof(*out->missing));
	while (loss_session_gap(s, &gap)) {
		if (out->n_missing == MISSING_MAX) {
			out->more_missing++;
			continue;
		}
		out->missing[out->n_missing++] =
			(struct counters_missing){ .first = (int64_t)gap.first,
						   .last = (int64_t)gap.last };
	}
}

static void take(struct run *r, enum tap_dir dir, struct recording_facts *out)
{
	const struct loss_window *w = r->windows[TAP_NEAR_WIRE][dir];
	size_t i;

	for (i = 0; i < w->n_sessions; i++) {
		const struct loss_session *s = &w->sessions[i];
		struct counters_facts *c = &out->counters[out->n_counters++];

		*c = (struct counters_facts){ .out = dir == TAP_OUT,
					      .receiver = s->receiver,
					      .low = (int64_t)s->low,
					      .high = (int64_t)s->high,
					      .distinct = s->distinct };
		missing_of(s, r->arena, c);
	}
}

void run_counters_tell(struct run *r)
{
	struct recording_facts *out = &r->f->recording;
	unsigned d;

	out->counters =
		arena_alloc(r->arena, TAP_DIR_COUNT * LOSS_SESSIONS_MAX * sizeof(*out->counters));
	out->n_counters = 0;
	out->counters_dropped = 0;
	for (d = 0; d < TAP_DIR_COUNT; d++) {
		const struct loss_window *w = r->windows[TAP_NEAR_WIRE][d];

		/* Of one capture both, so the greater. */
		if (w->incomplete || w->capture_dropped == UNKNOWN)
			out->counters_dropped = UNKNOWN;
		else if (out->counters_dropped != UNKNOWN)
			out->counters_dropped = MAX(out->counters_dropped, w->capture_dropped);
		take(r, (enum tap_dir)d, out);
	}
}

void run_counters_end(struct run *r)
{
	bool tap = r->taps[TAP_NEAR_WIRE];
	int64_t dropped = tap ? r->f->taps[TAP_NEAR_WIRE].dropped : r->f->calls.dropped;
	unsigned d;

	if (!tap && !(r->f->have & NEED_BIT(NEED_CALLS)))
		return;
	for (d = 0; d < TAP_DIR_COUNT; d++)
		loss_window_end(r->windows[TAP_NEAR_WIRE][d], dropped);
	run_counters_tell(r);
}
