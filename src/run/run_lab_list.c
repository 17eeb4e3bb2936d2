/*
 * Which runs there are to be, and which two of them are the same thing looked at in two ways.
 */
#include "run/run_lab_all.h"

#include "lab/pairs.h"

#include <string.h>

struct listing {
	const struct run_lab_all *conf;
	struct lab_result *out; /* NULL: they are only counted */
	size_t n;
	size_t drawn; /* seeds; more than runs where something cannot be looked at so */
	size_t turn; /* of the engines */
	/* Of the ways, by each engine: not the same as of engines and seeds, or some never meet. */
	size_t way_turn[LAB_ENGINES_MAX];
};

static bool fits(const struct lab_variant *v, const char *engine)
{
	return !v->engine || strcmp(v->engine, engine) == 0;
}

/* In turn, or the one that it needs; from another seed another one. */
static bool is_its_turn(const struct run_lab_all *c, const struct lab_variant *v, size_t k,
			size_t turn)
{
	return !c->alternate || v->engine || (turn + c->seed / 2) % c->n_near == k;
}

/* *r has all but the way. */
static void list_one(struct listing *l, const struct lab_result *r, bool from_file)
{
	if (l->out) {
		l->out[l->n] = *r;
		l->out[l->n].from_file = from_file;
	}
	l->n++;
}

/* As which this time. From the next seed it begins with the other one. */
static enum lab_ways next_way(struct listing *l, size_t k)
{
	return (l->conf->seed + k + l->way_turn[k]++) % 2 ? LAB_WAYS_FILE : LAB_WAYS_INTERFACE;
}

static void list_ways(struct listing *l, const struct lab_result *r, size_t k)
{
	const struct lab_variant *also = r->and_variant ? r->and_variant : r->variant;
	bool interface = lab_can_be_interface(r->variant) && lab_can_be_interface(also);
	bool file = !l->conf->from_far && lab_can_be_file(r->variant) && lab_can_be_file(also);
	enum lab_ways ways = l->conf->ways;

	if (ways == LAB_WAYS_IN_TURN && interface && file)
		ways = next_way(l, k);
	if (interface && ways != LAB_WAYS_FILE)
		list_one(l, r, false);
	if (file && ways != LAB_WAYS_INTERFACE)
		list_one(l, r, true);
}

/* *of has what is made. */
static void list_seeds(struct listing *l, const struct lab_result *of, size_t k)
{
	const struct run_lab_all *c = l->conf;
	struct lab_result r = *of;
	unsigned s;

	/* Each has the same seed whatever the ways are. */
	for (s = 0; s < c->seeds; s++, l->drawn++) {
		r.near = c->near[k];
		r.seed = c->seed + l->drawn;
		list_ways(l, &r, k);
	}
}

static void list_variant(struct listing *l, const struct lab_fault *f, const struct lab_variant *v)
{
	const struct run_lab_all *c = l->conf;
	const struct lab_result r = { .fault = f, .variant = v };
	bool seen = c->from_far ? lab_can_be_far(v) : lab_can_be_near(v);
	size_t k;

	for (k = 0; k < c->n_near; k++)
		if (seen && fits(v, c->near[k]) && is_its_turn(c, v, k, l->turn))
			list_seeds(l, &r, k);
	l->turn++;
}

static void list_pair(struct listing *l, const struct lab_pair *p)
{
	struct lab_result r = {
		.fault = lab_fault_find(p->fault),
		.and_fault = lab_fault_find(p->and_fault),
	};
	size_t k;

	r.variant = lab_variant_find(r.fault, p->variant);
	r.and_variant = lab_variant_find(r.and_fault, p->and_variant);
	for (k = 0; k < l->conf->n_near; k++)
		if (fits(r.variant, l->conf->near[k]) && fits(r.and_variant, l->conf->near[k]) &&
		    is_its_turn(l->conf, r.variant, k, l->turn))
			list_seeds(l, &r, k);
	l->turn++;
}

size_t run_lab_all_list(const struct run_lab_all *c, struct lab_result *out)
{
	struct listing l = { .conf = c, .out = out };
	const struct lab_variant *v;
	size_t i;

	for (i = 0; c->pairs && lab_pairs[i].fault; i++)
		list_pair(&l, &lab_pairs[i]);
	for (i = 0; !c->pairs && lab_faults[i]; i++)
		for (v = lab_faults[i]->variants; v->name; v++)
			list_variant(&l, lab_faults[i], v);
	return l.n;
}

bool run_lab_all_is_pair(const struct lab_result *interface, const struct lab_result *file)
{
	return !interface->from_file && file->from_file && interface->variant == file->variant &&
	       interface->and_variant == file->and_variant && interface->seed == file->seed &&
	       strcmp(interface->near, file->near) == 0 && !interface->none && !file->none;
}
