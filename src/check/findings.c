/*
 * Findings and their evidence, and the runner that asks every check.
 *
 * It goes over the rows twice: a row that failed may be explained by one that stands
 * below it in the table (a handshake by the wire), so causes are stamped at the end.
 */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "check/check.h"
#include "check/check_list.h"
#include "check/choose.h"

static const char *const states[] = {
	[STATE_PASS] = "PASS",	 [STATE_WARN] = "WARN", [STATE_FAIL] = "FAIL",
	[STATE_SKIP] = "SKIP",	 [STATE_NA] = "NA",	[STATE_UNSURE] = "UNSURE",
	[STATE_ERROR] = "ERROR",
};
static_assert(ARRAY_LEN(states) == STATE_COUNT, "a state has no name");

const char *state_str(enum state s)
{
	assert(s < STATE_COUNT);
	return states[s];
}

static const char *const layers[] = {
	[LAYER_CONFIG] = "config",	 [LAYER_ENGINE] = "engine", [LAYER_UNDERLAY] = "underlay",
	[LAYER_TRANSPORT] = "transport", [LAYER_INNER] = "inner",   [LAYER_HOST] = "host",
};
static_assert(ARRAY_LEN(layers) == LAYER_COUNT, "a layer has no name");

const char *layer_str(enum layer l)
{
	assert(l < LAYER_COUNT);
	return layers[l];
}

#define ROW(name) &name,
const struct check *const checks[] = { CHECK_LIST(ROW) NULL };
#undef ROW

void findings_init(struct findings *out, struct arena *a)
{
	*out = (struct findings){ .arena = a };
	out->end = &out->first;
}

static PRINTF_LIKE(2, 0) char *text_of(struct arena *a, const char *fmt, va_list ap)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	buf_vprintf(&b, fmt, ap);
	return arena_strdup(a, buf_str(&b));
}

struct finding *finding_add(struct findings *out, enum state s, const char *fmt, ...)
{
	struct finding *f = arena_alloc(out->arena, sizeof(*f));
	va_list ap;

	va_start(ap, fmt);
	f->summary = text_of(out->arena, fmt, ap);
	va_end(ap);
	f->state = s;
	f->evidence_end = &f->evidence;
	f->duration_ns = UNKNOWN;
	*out->end = f;
	out->end = &f->next;
	out->n++;
	return f;
}

struct evidence *finding_because(struct findings *out, struct finding *f, const char *source,
				 const char *where, const char *fmt, ...)
{
	struct evidence *ev = arena_alloc(out->arena, sizeof(*ev));
	va_list ap;

	va_start(ap, fmt);
	ev->text = text_of(out->arena, fmt, ap);
	va_end(ap);
	ev->source = source;
	ev->where = where;
	*f->evidence_end = ev;
	f->evidence_end = &ev->next;
	return ev;
}

void finding_fix(struct findings *out, struct finding *f, const char *remedy, const char *fmt, ...)
{
	const char **command = arena_alloc(out->arena, sizeof(*command));
	va_list ap;

	va_start(ap, fmt);
	*command = text_of(out->arena, fmt, ap);
	va_end(ap);
	f->remedy = remedy;
	f->commands = command;
	f->n_commands = 1;
}

void finding_fallback(struct findings *out, struct finding *f, const char *remedy, const char *fmt,
		      ...)
{
	va_list ap;

	va_start(ap, fmt);
	f->fallback_command = text_of(out->arena, fmt, ap);
	va_end(ap);
	f->fallback = remedy;
}

void finding_sign(struct finding *f, enum sign s)
{
	f->signs |= SIGN_BIT(s);
}

static struct evidence_number *number(struct evidence *ev, const char *name)
{
	struct evidence_number *n;

	assert(ev->n_numbers < EVIDENCE_NUMBERS_MAX);
	n = &ev->numbers[ev->n_numbers++];
	n->name = name;
	return n;
}

void evidence_count(struct evidence *ev, const char *name, int64_t v)
{
	struct evidence_number *n = number(ev, name);

	n->is_integer = true;
	n->unknown = v == UNKNOWN;
	n->value = n->unknown ? 0 : (double)v;
}

void evidence_ms(struct evidence *ev, const char *name, int64_t ns)
{
	struct evidence_number *n = number(ev, name);

	n->unknown = ns == UNKNOWN;
	/* Whole microseconds: three places, in every format the same. */
	n->value = n->unknown ? 0 : (double)(ns / NS_PER_US) / 1e3;
}

void evidence_share(struct evidence *ev, const char *name, double v)
{
	struct evidence_number *n = number(ev, name);

	n->value = v;
}

void evidence_interval(struct evidence *ev, const char *name, bool known, double low, double high)
{
	struct evidence_number *n = number(ev, name);

	n->is_interval = true;
	n->unknown = !known;
	n->value = known ? low : 0;
	n->high = known ? high : 0;
}

struct finding *finding_gap(struct findings *out, const struct facts *facts, enum need n)
{
	const struct gap *g = &facts->gaps[n];
	struct finding *f = finding_add(out, STATE_SKIP, "%s", g->why ? g->why : "not looked at");

	f->remedy = g->remedy;
	return f;
}

struct finding *finding_for_want_of(struct findings *out, const struct facts *facts, enum need n,
				    const char *says)
{
	struct finding *f = finding_add(out, STATE_SKIP, "%s", says);

	f->remedy = facts->have & NEED_BIT(n) ? NULL : facts->gaps[n].remedy;
	return f;
}

static void skip(const struct check *c, const struct facts *facts, struct findings *out)
{
	unsigned i;

	for (i = 0; i < NEED_COUNT; i++) {
		if (!(c->needs & ~facts->have & NEED_BIT(i)))
			continue;
		finding_gap(out, facts, (enum need)i);
		return;
	}
}

static void run_one(const struct check *c, const struct check_ctx *ctx, struct findings *out)
{
	struct finding **at = out->end;
	struct finding *f;

	if (c->needs & ~ctx->facts->have)
		skip(c, ctx->facts, out);
	else
		c->run(ctx, out);
	if (out->end == at)
		finding_add(out, STATE_ERROR, "the check gave no answer");
	for (f = *at; f; f = f->next)
		f->check = c;
}

uint32_t traffic_of(uint8_t family, uint32_t kinds)
{
	uint32_t all = 0;

	if (family != FAMILY_IP6)
		all |= kinds;
	if (family != FAMILY_IP4)
		all |= kinds << TRAFFIC_IP6;
	return all;
}

/* What a row without an answer of its own missed is not told. */
static uint32_t misses(const struct finding *f)
{
	if (f->state != STATE_FAIL)
		return 0;
	return f->misses ? f->misses : f->check->misses;
}

static bool failed_for(const struct findings *all, const char *id, const struct finding *row)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next) {
		if (f->state != STATE_FAIL || strcmp(f->check->id, id) != 0)
			continue;
		if (!f->takes || !misses(row) || (f->takes & misses(row)))
			return true;
	}
	return false;
}

static bool is_among(const char *const *ids, const char *id)
{
	for (; ids && *ids; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

/* The row that says it is the root of this one, or NULL. */
static const struct finding *claimed_by(const struct findings *all, const struct finding *row)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && is_among(f->explains, row->check->id))
			return f;
	return NULL;
}

/* Do the rows that failed before it take, together, all that it misses? A part is not why. */
static bool is_covered(const struct findings *all, const struct finding *row)
{
	const struct finding *f;
	uint32_t takes = 0;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && is_among(row->check->after, f->check->id))
			takes |= f->takes ? f->takes : UINT32_MAX;
	return !(misses(row) & ~takes);
}

static const char *first_after(const struct findings *all, const struct finding *f)
{
	const char *const *id;

	if (!is_covered(all, f))
		return NULL;

	for (id = f->check->after; id && *id; id++)
		if (!is_among(f->explains, *id) && failed_for(all, *id, f))
			return *id;
	return NULL;
}

static void stamp_cause(struct findings *all, struct finding *f)
{
	const struct finding *claimed;

	/* What a person can put right (a privilege) is no consequence of another row. */
	if (f->caused_by || (f->state == STATE_SKIP && f->remedy))
		return;
	if (f->state != STATE_FAIL && f->state != STATE_SKIP)
		return;
	f->caused_by = first_after(all, f);
	claimed = claimed_by(all, f);
	/* It stands before what follows from it too; a root of its own comes before it. */
	if (claimed && (!f->caused_by || is_among(claimed->explains, f->caused_by)))
		f->caused_by = claimed->check->id;
}

static bool is_alone(const struct check *c, const struct check_choice *choice)
{
	const struct check *const *other;

	for (other = checks; choice && *other; other++)
		if (*other != c && is_chosen(choice, *other))
			return false;
	return choice != NULL;
}

static bool is_asked(const struct check *c, const struct facts *f,
		     const struct check_choice *choice)
{
	if (choice && !is_chosen(choice, c))
		return false;
	return !c->asked || c->asked(f) || is_alone(c, choice);
}

void checks_run(const struct facts *f, const struct check_choice *choice, struct findings *out)
{
	const struct check_ctx ctx = { .facts = f };
	const struct check *const *c;
	struct finding *row;

	out->partial = choice && choice->partial;
	for (c = checks; *c; c++)
		if (is_asked(*c, f, choice))
			run_one(*c, &ctx, out);
	for (row = out->first; row; row = row->next)
		stamp_cause(out, row);
}
