/*
 * How the whole is judged.
 *
 * Any FAIL makes it FAIL. Without one, a row that the verdict stands on and that gave no
 * answer, or a row that a person could make answer (a missing privilege), makes it UNSURE:
 * "handshake complete" is not "the tunnel works". Other rows without an answer are said,
 * and do not change it. Where causes were inferred, the sentence is theirs.
 *
 * Where only some rows were asked for, the verdict is about these, and says so. It stands on each
 * of them when none is there that it stands on otherwise.
 */
#include "verdict/verdict.h"

#include <assert.h>
#include <string.h>

#include "check/beyond.h"
#include "check/tunnel.h"
#include "check/words.h"
#include "verdict/conclude.h"

static const char *const sides[] = {
	[SIDE_NONE] = NULL,   [SIDE_LOCAL] = "local",	  [SIDE_FAR] = "far",
	[SIDE_PATH] = "path", [SIDE_UNKNOWN] = "unknown",
};
static_assert(ARRAY_LEN(sides) == SIDE_COUNT, "a side has no name");

const char *side_str(enum side s)
{
	assert(s < SIDE_COUNT);
	return sides[s];
}

static const char *const directions[] = {
	[DIRECTION_NONE] = NULL,
	[DIRECTION_UP] = "up",
	[DIRECTION_DOWN] = "down",
	[DIRECTION_BOTH] = "both",
};
static_assert(ARRAY_LEN(directions) == DIRECTION_COUNT, "a direction has no name");

const char *direction_str(enum direction d)
{
	assert(d < DIRECTION_COUNT);
	return directions[d];
}

static const char *const needed[] = { "engine.start", "engine.answers", "handshake.complete",
				      "ping.peer", "data.both-ways" };

static bool is_needed(const struct check *c)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(needed); i++)
		if (strcmp(c->id, needed[i]) == 0)
			return true;
	return false;
}

static bool any_needed(const struct findings *all)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (is_needed(f->check))
			return true;
	return false;
}

/* What was asked is how much is lost. */
static bool is_asked(const struct facts *facts, const struct check *c)
{
	return facts->target.for_loss && (!strcmp(c->id, "loss.up") || !strcmp(c->id, "loss.down"));
}

static bool undecided(const struct facts *facts, const struct finding *f,
		      const struct findings *all, const struct inference *in, bool away)
{
	/* Of rows that the verdict does not stand on otherwise, each that was chosen counts. */
	bool counts = is_needed(f->check) || f->wanted || is_asked(facts, f->check) ||
		      (all->partial && !any_needed(all));
	size_t i;

	/*
	 * A peer that comes and goes, and is gone: no row waits for what it would answer. Whether
	 * it tries to come is another question, and a missing privilege leaves it open.
	 */
	if (f->state == STATE_SKIP && f->remedy && !strcmp(f->check->id, "handshake.complete"))
		return true;
	if (away && (f->check->layer == LAYER_TRANSPORT || f->check->layer == LAYER_INNER) &&
	    f->state != STATE_ERROR)
		return false;
	/* What is no fault explains it: then it is decided. */
	for (i = 0; f->state == STATE_UNSURE && i < in->n_chosen; i++)
		if (cause_explains(in->chosen[i], f->check->id))
			return false;
	if (f->state == STATE_UNSURE || f->state == STATE_ERROR)
		return counts;
	return f->state == STATE_SKIP && (counts || f->remedy);
}

/* The first row of that state that no other row explains; else the first of that state. */
static const struct finding *first_of(const struct findings *all, enum state s)
{
	const struct finding *f, *any = NULL;

	for (f = all->first; f; f = f->next) {
		if (f->state != s)
			continue;
		if (!f->caused_by)
			return f;
		if (!any)
			any = f;
	}
	return any;
}

static const struct finding *first_undecided(const struct facts *facts, const struct findings *all,
					     const struct inference *in)
{
	bool away = tunnel_peer_is_away(facts);
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (undecided(facts, f, all, in, away))
			return f;
	return NULL;
}

/* Rows that look at one direction only, where no cause tells it. */
static enum direction row_direction(const struct finding *row)
{
	const char *id = row->check->id;

	/* At the far host, and whether before or behind who answers is not seen. */
	if (!strcmp(id, "loss.up") && row->whose == WHOSE_FAR)
		return DIRECTION_NONE;
	if (!strcmp(id, "loss.up") || !strcmp(id, "underlay.out"))
		return DIRECTION_UP;
	/* Where there is no answer at all, it may be that nobody was asked. */
	if (!strcmp(id, "loss.down") ||
	    (!strcmp(id, "underlay.back") && !(row->signs & SIGN_BIT(SIGN_SILENCE))))
		return DIRECTION_DOWN;
	return DIRECTION_NONE;
}

/* Rows that look at nothing but this host. (Of others a finding says it of itself.) */
static const char *const local_rows[] = { "engine.start", "engine.answers", "config.live",
					  "config.file",  "tun.address",    "tun.mtu",
					  "route.inner",  "underlay.link",  "route.endpoint",
					  "host.state",	  "host.firewall",  "kernel.drops" };

static enum side side_of(const struct finding *f)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(local_rows); i++)
		if (strcmp(f->check->id, local_rows[i]) == 0)
			return SIDE_LOCAL;
	switch (f->whose) {
	case WHOSE_LOCAL:
		return SIDE_LOCAL;
	case WHOSE_PATH:
		return SIDE_PATH;
	case WHOSE_FAR:
		return SIDE_FAR;
	default:
		return SIDE_UNKNOWN;
	}
}

/* Without a cause: where all that is so of itself is to be put right, if that is one place. */
static enum side row_side(const struct facts *f, const struct findings *all, enum state s)
{
	const struct finding *row;
	enum side side = SIDE_NONE;

	/* Both ends and the wire between them are this machine's. */
	if (f->target.kind == TARGET_SELF_TEST)
		return SIDE_LOCAL;
	for (row = all->first; row; row = row->next) {
		if (row->state != s || row->caused_by)
			continue;
		if (side != SIDE_NONE && side != side_of(row))
			return SIDE_UNKNOWN;
		side = side_of(row);
	}
	return side == SIDE_NONE ? SIDE_LOCAL : side;
}

/* Something else failed of itself, which no cause explains, and is not known to be of that side. */
static bool is_another_story(const struct facts *f, const struct inference *in,
			     const struct findings *all, enum side side)
{
	const struct finding *row;
	bool explained;
	size_t i;

	if (f->target.kind == TARGET_SELF_TEST)
		return false;
	for (row = all->first; row; row = row->next) {
		explained = row->state != STATE_FAIL || row->caused_by;
		for (i = 0; i < in->n_candidates && !explained; i++)
			explained = cause_explains_row(in->candidates[i], row);
		if (!explained && side_of(row) != side)
			return true;
	}
	return false;
}

static void fault(const struct facts *f, const struct inference *in, const struct findings *all,
		  struct verdict *v)
{
	v->root = first_of(all, STATE_FAIL);
	v->side = row_side(f, all, STATE_FAIL);
	v->summary = arena_printf(all->arena, "%s: %s", v->root->check->title, v->root->summary);
	conclude(in, f, all, v);
	if (v->n_candidates && is_another_story(f, in, all, v->side))
		v->side = SIDE_UNKNOWN;
	if (!v->cause && v->n_candidates == 0)
		v->direction = row_direction(v->root);
	if (!f->target.lab && facts_far_is_here(f) && f->target.engine &&
	    strcmp(f->target.engine, "builtin") != 0)
		conclude_next(v, arena_printf(all->arena, "wgdiag check --engine builtin%s",
					      words_options(all->arena, f, NULL)));
	/* With all the evidence. */
	conclude_next(v, arena_printf(all->arena, "%s -v", words_again(all->arena, f, NULL)));
}

static bool was_asked(const struct findings *all, const char *id)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (strcmp(f->check->id, id) == 0)
			return true;
	return false;
}

/* Of a choice of rows: what was not asked is not said to be good. */
static const char *good_as_asked(const struct facts *f, const struct findings *all)
{
	const struct finding *row;
	size_t n = 0, passed = 0;
	const char *s;

	for (row = all->first; row; row = row->next) {
		n++;
		passed += row->state == STATE_PASS;
	}
	if (passed == 0)
		s = "none of the chosen rows had anything to judge here";
	else if (n == 1)
		s = "the chosen row is good";
	else
		s = arena_printf(all->arena, "%zu of %zu chosen rows are good, none is bad", passed,
				 n);
	return arena_printf(all->arena, "%s%s (engine %s)", s,
			    was_asked(all, "data.both-ways") ?
				    "; the others were not asked" :
				    "; whether data crosses the tunnel was not asked",
			    f->target.engine ? f->target.engine : "unknown");
}

/* `wgdiag loss`: its probes are inner data, both ways. NULL: its rows do not tell so much. */
static const char *good_loss(const struct facts *f, const struct findings *all)
{
	const struct fates_facts *x = &f->fates;
	const struct finding *row;
	const char *lost = "";

	if (!f->target.for_loss || x->sent == UNKNOWN || x->answered < 1)
		return NULL;
	for (row = all->first; row; row = row->next)
		if (is_asked(f, row->check) && row->state != STATE_PASS)
			return NULL;
	if (x->answered < x->sent)
		lost = ", and what is lost is under the limits";
	return arena_printf(all->arena,
			    "data crosses the tunnel both ways: %lld of %lld probes answered%s "
			    "(engine %s)",
			    (long long)x->answered, (long long)x->sent, lost,
			    f->target.engine ? f->target.engine : "unknown");
}

static const char *good_whole(const struct facts *f, struct arena *a)
{
	const struct inner_target_facts *silent = beyond_silent_family(f);

	if (facts_far_is_here(f))
		return "data crosses the tunnel whole, both ways";
	if (!silent)
		return "what was sent through the tunnel is answered";
	return arena_printf(a,
			    "what is sent through the tunnel by IPv%d is answered; by IPv%d %s is "
			    "silent",
			    silent->addr.family == FAMILY_IP6 ? 4 : 6,
			    silent->addr.family == FAMILY_IP6 ? 6 : 4,
			    words_addr(a, &silent->addr));
}

static void good(const struct facts *f, const struct inference *in, const struct findings *all,
		 struct verdict *v)
{
	v->root = first_of(all, STATE_WARN);
	v->state = v->root ? STATE_WARN : STATE_PASS;
	if (v->root) {
		v->side = row_side(f, all, STATE_WARN);
		v->summary = arena_printf(all->arena, "%s%s: %s",
					  all->partial ? "of the chosen rows, " :
					  tunnel_peer_is_away(f) ?
							 "the peer is offline; " :
							 "data crosses the tunnel both ways, but ",
					  v->root->check->title, v->root->summary);
	} else if (tunnel_peer_is_away(f)) {
		v->summary = arena_printf(all->arena,
					  "nothing is wrong here, and the peer is offline: whether "
					  "data crosses the tunnel was not seen (engine %s)",
					  f->target.engine ? f->target.engine : "unknown");
	} else if (all->partial) {
		v->summary = good_loss(f, all);
		if (!v->summary)
			v->summary = good_as_asked(f, all);
	} else {
		v->summary = arena_printf(all->arena, "%s (engine %s)", good_whole(f, all->arena),
					  f->target.engine ? f->target.engine : "unknown");
	}
	conclude(in, f, all, v);
}

static const struct finding *failed_row(const struct findings *all, const char *id)
{
	const struct finding *f;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && strcmp(f->check->id, id) == 0)
			return f;
	return NULL;
}

/* Of a row that failed: what helps against the cause that explains it. */
static const struct remedy *remedy_for(const struct inference *in, const struct verdict *v,
				       const struct finding *f)
{
	size_t i;

	for (i = 0; i < v->n_fixes; i++)
		if (v->fixes[i].text && cause_explains_row(in->chosen[i], f))
			return &v->fixes[i];
	return NULL;
}

static void fix_row(const struct inference *in, struct findings *all, const struct verdict *v,
		    struct finding *f)
{
	const struct finding *root = f->caused_by ? failed_row(all, f->caused_by) : NULL;
	const struct remedy *m = remedy_for(in, v, f);

	if (!f->remedy && root && root->remedy) {
		f->remedy = root->remedy;
		f->commands = root->commands;
		f->n_commands = root->n_commands;
	} else if (!f->remedy && m) {
		f->remedy = m->text;
		f->commands = m->commands;
		f->n_commands = m->n_commands;
	}
	if (!f->remedy && f->fallback)
		finding_fix(all, f, f->fallback, "%s", f->fallback_command);
	if (!f->remedy)
		f->remedy = "no single cause of it is known: read what it means, and what is to be "
			    "tried";
	if (f->n_commands)
		return;
	finding_fix(all, f, f->remedy, "wgdiag explain %s", f->check->id);
}

/* Whoever reads one row alone finds there what to do. Roots first, for others take it of them. */
static void fix_rows(const struct inference *in, struct findings *all, const struct verdict *v)
{
	struct finding *f;

	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && !f->caused_by)
			fix_row(in, all, v, f);
	for (f = all->first; f; f = f->next)
		if (f->state == STATE_FAIL && f->caused_by)
			fix_row(in, all, v, f);
}

void verdict_of(const struct facts *f, struct findings *all, struct verdict *out)
{
	struct verdict v = { .side = SIDE_NONE };
	struct inference in;

	infer(causes, n_causes, all, &in);
	if (first_of(all, STATE_FAIL)) {
		v.state = STATE_FAIL;
		fault(f, &in, all, &v);
	} else if ((v.root = first_undecided(f, all, &in)) != NULL) {
		v.state = STATE_UNSURE;
		v.side = SIDE_UNKNOWN;
		v.summary =
			arena_printf(all->arena, "%s: %s", v.root->check->title, v.root->summary);
		/* Which looks at more than the loss. */
		if (f->target.for_loss)
			conclude_next(&v, words_again(all->arena, f, NULL));
	} else {
		good(f, &in, all, &v);
	}
	if (f->interrupted && v.state != STATE_FAIL)
		v.summary = arena_printf(all->arena, "interrupted; %s", v.summary);
	/* Without a cause, what helps against the row that the sentence speaks of. */
	if (!v.fix && v.root && !v.root->remedy && v.root->fallback) {
		v.fix = v.root->fallback;
		v.fix_commands = &v.root->fallback_command;
		v.n_fix_commands = 1;
	} else if (!v.fix && v.root && v.root->remedy) {
		v.fix = v.root->remedy;
		v.fix_commands = v.root->commands;
		v.n_fix_commands = v.root->n_commands;
	}
	fix_rows(&in, all, &v);
	v.summary = conclude_at_most(all->arena, v.summary, verdict_room(&v, all->arena));
	*out = v;
}
