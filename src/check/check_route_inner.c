/*
 * Do packets to the inner addresses enter the tunnel, and with an address of its own?
 *
 * What the kernel answers for each address decides, not the list of routes: rules, marks
 * and more specific routes of other programs are in that answer.
 */
#include "check/check_list.h"
#include "check/tunnel.h"
#include "check/words.h"

#include <string.h>

static bool tun_has_family(const struct facts *f, uint8_t family)
{
	size_t i;

	for (i = 0; i < f->net_start[END_NEAR].n_addrs; i++)
		if (strcmp(f->net_start[END_NEAR].addrs[i].link, f->target.name) == 0 &&
		    f->net_start[END_NEAR].addrs[i].addr.addr.family == family &&
		    !tunnel_addr_is_link_local(&f->net_start[END_NEAR].addrs[i].addr.addr))
			return true;
	return false;
}

/* A tun without an address of that family borrows one of another link: legitimate. */
static bool source_is_foreign(const struct facts *f, const struct path_facts *p)
{
	return (f->have & NEED_BIT(NEED_ADDRS)) && p->prefsrc.family != FAMILY_NONE &&
	       tun_has_family(f, p->prefsrc.family) && !tunnel_addr(f, &p->prefsrc);
}

static enum state state_of(const struct facts *f, const struct path_facts *p)
{
	if (!p->dev || strcmp(p->dev, f->target.name) != 0)
		return STATE_FAIL;
	return source_is_foreign(f, p) ? STATE_WARN : STATE_PASS;
}

static const char *says(const struct facts *f, const struct path_facts *p, struct arena *a)
{
	const char *to = words_addr(a, &p->to);

	if (!p->dev)
		return arena_printf(a, "no route to %s: %s", to,
				    p->error ? p->error : "no reason was given");
	if (strcmp(p->dev, "lo") == 0)
		return arena_printf(a, "%s is this machine itself, by its routes (lo)", to);
	if (strcmp(p->dev, f->target.name) != 0)
		return arena_printf(a, "%s leaves by %s, not by %s", to, p->dev, f->target.name);
	if (source_is_foreign(f, p))
		return arena_printf(a, "%s leaves by %s with source %s, which is not its address",
				    to, p->dev, words_addr(a, &p->prefsrc));
	return arena_printf(a, "%s by %s%s%s", to, p->dev,
			    p->prefsrc.family == FAMILY_NONE ? "" : " from ",
			    p->prefsrc.family == FAMILY_NONE ? "" : words_addr(a, &p->prefsrc));
}

static const char *all_good(const struct facts *f, struct arena *a)
{
	const char *s = "";
	size_t i;

	for (i = 0; i < f->n_paths; i++)
		if (f->paths[i].of == PATH_INNER)
			s = arena_printf(a, "%s%s%s", s, s[0] ? "; " : "",
					 says(f, &f->paths[i], a));
	return s;
}

static struct finding *judge(const struct facts *f, struct findings *out)
{
	const struct path_facts *worst = NULL;
	enum state s = STATE_PASS;
	size_t i, n = 0, n_bad = 0;

	for (i = 0; i < f->n_paths; i++) {
		enum state st;

		if (f->paths[i].of != PATH_INNER)
			continue;
		st = state_of(f, &f->paths[i]);
		n++;
		n_bad += st != STATE_PASS;
		if (state_worse(s, st) == s)
			continue;
		s = st;
		worst = &f->paths[i];
	}
	if (!n)
		return finding_add(out, STATE_SKIP, "no inner address was asked for");
	if (n_bad > 1)
		return finding_add(out, s, "%s; and %zu more of %zu", says(f, worst, out->arena),
				   n_bad - 1, n);
	return finding_add(out, s, "%s",
			   worst ? says(f, worst, out->arena) : all_good(f, out->arena));
}

static void run(const struct check_ctx *ctx, struct findings *out)
{
	const struct facts *f = ctx->facts;
	int64_t asked = 0, into_tun = 0;
	struct evidence *ev;
	struct finding *row;
	size_t i;

	if (!f->target.name) {
		finding_add(out, STATE_SKIP, "the tunnel device is not known");
		return;
	}
	row = judge(f, out);
	row->takes = TRAFFIC_ALL & ~(uint32_t)TRAFFIC_OUTER;
	for (i = 0; i < f->n_paths; i++) {
		const struct path_facts *p = &f->paths[i];

		if (p->of != PATH_INNER)
			continue;
		asked++;
		into_tun += p->dev && strcmp(p->dev, f->target.name) == 0;
		finding_because(out, row, "route", p->dev ? p->dev : "none", "%s, table %u",
				says(f, p, out->arena), p->table);
	}
	ev = finding_because(out, row, "route", f->target.name, "of the inner addresses");
	evidence_count(ev, "asked", asked);
	evidence_count(ev, "into_tun", into_tun);
}

static const char *const after[] = { "engine.start", "engine.answers", "tun.address", NULL };

const struct check check_route_inner = {
	.id = "route.inner",
	.title = "inner routes",
	.layer = LAYER_INNER,
	.needs = NEED_BIT(NEED_PATHS),
	.wants = NEED_BIT(NEED_ADDRS),
	.after = after,
	.run = run,
};
