/*
 * Did the kernel's own engine say that it refused messages, and why?
 *
 * Only where that was asked for (--kernel-debug): it switches debug lines of the kernel on. What
 * they say against the tunnel is judged where the logs of other engines are (crypto.rejects,
 * tun.framing), so that this row is a WARN at worst. They are of one interface, by its name alone,
 * and of the peer that is looked at by its address, or the kernel's number of it.
 *
 * The kernel holds lines back when there are many, so every count is "at least". Whose those were
 * is not known, nor whose lines were that were overwritten before they were read. So where there
 * were such, that there is none of this peer is not known.
 */
#include "check/check_list.h"
#include "check/kernel_lines.h"
#include "check/reject_weight.h"

struct told {
	const char *ours; /* "3 × ..., 2 × ..."; "" for none */
	int64_t others; /* lines that are not known to be this peer's */
	bool against; /* one of ours says something against the tunnel */
};

static struct told told_of(const struct facts *f, struct arena *a)
{
	const struct debug_facts *d = &f->kernel.debug;
	const int64_t *says = f->engine[END_NEAR].log_says;
	struct told t = { .ours = "" };
	size_t i;

	for (i = 0; i < ENGINE_LOG_COUNT; i++) {
		if (says[i] <= 0)
			continue;
		t.ours = arena_printf(a, "%s%s%lld × %s", t.ours, t.ours[0] ? ", " : "",
				      (long long)says[i],
				      kernel_lines_says((enum engine_log_class)i));
		t.against |= reject_log_weight(f, END_NEAR, (enum engine_log_class)i) != STATE_PASS;
	}
	for (i = 0; i < d->n; i++)
		t.others += d->list[i].ours ? 0 : d->list[i].count;
	return t;
}

/* Lines that nobody knows the peer of, in words; "" for none. */
static const char *lost(const struct debug_facts *d, struct arena *a)
{
	const char *says = "";

	if (d->held_back > 0)
		says = arena_printf(a, "; the kernel held %lld lines back, of whatever",
				    (long long)d->held_back);
	if (d->missed > 0)
		says = arena_printf(a,
				    "%s; %lld lines of the kernel's log were overwritten before "
				    "they were read",
				    says, (long long)d->missed);
	if (d->more > 0)
		says = arena_printf(a, "%s; %lld lines of more addresses were not kept", says,
				    (long long)d->more);
	return says;
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	struct told t = told_of(f, out->arena);
	const char *lines_lost = lost(&f->kernel.debug, out->arena), *others = "";

	if (t.others > 0)
		others = arena_printf(out->arena,
				      "; at least %lld lines are not known to be this peer's",
				      (long long)t.others);
	if (t.ours[0])
		return finding_add(out, t.against ? STATE_WARN : STATE_PASS, "at least %s%s%s",
				   t.ours, others, lines_lost);
	return finding_add(out, lines_lost[0] ? STATE_UNSURE : STATE_PASS,
			   "none of this peer%s%s%s", lines_lost[0] ? " was seen" : "", others,
			   lines_lost);
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	const struct debug_facts *d = &f->kernel.debug;
	struct evidence *ev;
	struct finding *row;

	if (d->unread) {
		row = finding_add(out, STATE_SKIP, "not read: %s", d->unread);
		row->remedy = d->unread_remedy;
		return;
	}
	if (d->on == UNKNOWN) {
		finding_add(out, STATE_NA, "not asked for (--kernel-debug)");
		return;
	}
	if (d->same_name == 1) {
		finding_add(out, STATE_SKIP,
			    "another network namespace has an interface called %s, and the lines "
			    "do not tell which of them is meant",
			    f->target.name ? f->target.name : "so");
		return;
	}
	row = judge(f, out);
	ev = finding_because(out, row, "kernel", "debug lines",
			     "of %s, by its name%s; the kernel holds lines back when there are "
			     "many",
			     f->target.name ? f->target.name : "the interface",
			     d->same_name == UNKNOWN ? " (whether another network namespace has "
						       "one of that name is not known)" :
						       "");
	evidence_count(ev, "switched_on", d->on);
	evidence_count(ev, "missed", d->missed);
	evidence_count(ev, "held_back", d->held_back);
	evidence_count(ev, "not_kept", d->more);
	kernel_lines_because(f, "this peer", out, row);
}

static bool was_asked(const struct facts *f)
{
	return f->kernel.debug.unread || f->kernel.debug.on != UNKNOWN;
}

static const char *const after[] = { "engine.start", "engine.answers", NULL };

const struct check check_kernel_debug = {
	.id = "kernel.debug",
	.title = "kernel debug lines",
	.layer = LAYER_TRANSPORT,
	.wants = NEED_BIT(NEED_ENGINE) | NEED_BIT(NEED_CONFIG) | NEED_BIT(NEED_HANDSHAKE) |
		 NEED_BIT(NEED_PING_PEER),
	.after = after,
	.asked = was_asked,
	.run = run,
};
