#include "report/json_parts.h"

#include <assert.h>
#include <string.h>

#include "report/width.h"

static const char *const kinds[] = {
	[TARGET_SELF_TEST] = "self-test",
	[TARGET_CONFIG] = "config",
	[TARGET_INTERFACE] = "interface",
	[TARGET_OPAQUE] = "opaque",
};

/* Any bytes, as valid text; null for NULL. */
json_t *json_text(const char *s)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	if (!s)
		return json_null();
	text_clean(&b, s, true);
	return json_string(buf_str(&b));
}

json_t *json_count(int64_t v)
{
	return v == UNKNOWN ? json_null() : json_integer(v);
}

json_t *json_ms(int64_t ns)
{
	return ns == UNKNOWN ? json_null() : json_real((double)(ns / NS_PER_US) / 1e3);
}

void json_set(json_t *o, const char *key, json_t *v)
{
	int rc = json_object_set_new(o, key, v);

	assert(rc == 0);
	(void)rc;
}

json_t *json_target(const struct target_facts *t)
{
	json_t *o = json_object();

	json_set(o, "kind", json_text(kinds[t->kind]));
	json_set(o, "name", json_text(t->name));
	json_set(o, "engine", json_text(t->engine));
	json_set(o, "engine_version", json_text(t->engine_version));
	json_set(o, "program", json_text(t->program));
	return o;
}

json_t *json_texts(const char *const *s, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(list, json_text(s[i]));
	return list;
}

static json_t *remedy(const char *text, const char *const *commands, size_t n)
{
	json_t *o;

	if (!text)
		return json_null();
	o = json_object();
	json_set(o, "text", json_text(text));
	json_set(o, "commands", json_texts(commands, n));
	return o;
}

static json_t *candidates(const struct verdict *v)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < v->n_candidates; i++) {
		const struct candidate *c = &v->candidates[i];
		json_t *o = json_object();

		json_set(o, "cause", json_text(c->cause));
		json_set(o, "of", json_text(v->fixes[c->of].cause));
		json_set(o, "side", json_text(side_str(c->side)));
		json_set(o, "evidence", json_texts(c->evidence, c->n_evidence));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *json_verdict(const struct verdict *v)
{
	json_t *o = json_object();

	json_set(o, "state", json_text(state_str(v->state)));
	json_set(o, "cause", json_text(v->cause));
	json_set(o, "causes", json_texts(v->causes, v->n_causes));
	json_set(o, "candidates", candidates(v));
	json_set(o, "side", json_text(side_str(v->side)));
	json_set(o, "direction", json_text(direction_str(v->direction)));
	json_set(o, "summary", json_text(v->summary));
	json_set(o, "remedy", remedy(v->fix, v->fix_commands, v->n_fix_commands));
	json_set(o, "will_not_help", json_texts(v->not_this, v->n_not_this));
	json_set(o, "next", json_texts(v->next, v->n_next));
	return o;
}

static json_t *number(const struct evidence_number *n)
{
	json_t *pair;

	if (n->unknown)
		return json_null();
	if (n->is_integer)
		return json_integer((json_int_t)n->value);
	if (!n->is_interval)
		return json_real(n->value);
	pair = json_array();
	json_array_append_new(pair, json_real(n->value));
	json_array_append_new(pair, json_real(n->high));
	return pair;
}

static bool is_loss(const struct check *c)
{
	return !strcmp(c->id, "loss.up") || !strcmp(c->id, "loss.down");
}

static json_t *numbers(const struct finding *f)
{
	json_t *o = json_object();
	const struct evidence *ev;
	size_t i;

	for (ev = f->evidence; ev; ev = ev->next) {
		for (i = 0; i < ev->n_numbers; i++) {
			const struct evidence_number *n = &ev->numbers[i];

			json_set(o, n->name, number(n));
		}
	}
	/* Always there (interface.md, JSON), known or not. */
	if (is_loss(f->check) && !json_object_get(o, "sent"))
		json_set(o, "sent", json_null());
	if (is_loss(f->check) && !json_object_get(o, "lost"))
		json_set(o, "lost", json_null());
	return o;
}

json_t *json_row(const struct finding *f)
{
	json_t *o = json_object();

	json_set(o, "id", json_text(f->check->id));
	json_set(o, "layer", json_text(layer_str(f->check->layer)));
	json_set(o, "title", json_text(f->check->title));
	json_set(o, "state", json_text(state_str(f->state)));
	json_set(o, "caused_by", json_text(f->caused_by));
	json_set(o, "duration_ms", json_ms(f->duration_ns));
	json_set(o, "summary", json_text(f->summary));
	json_set(o, "evidence", numbers(f));
	json_set(o, "remedy", remedy(f->remedy, f->commands, f->n_commands));
	return o;
}

static json_t *lost(const struct fates_facts *x)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < x->n_lost; i++) {
		const struct lost_facts *l = &x->lost[i];
		json_t *o = json_object();

		json_set(o, "after", json_text(stage_str(l->after)));
		json_set(o, "before", json_text(stage_str(l->before)));
		json_set(o, "reason", json_text(l->reason));
		json_set(o, "count", json_count(l->count));
		json_array_append_new(list, o);
	}
	return list;
}

/*
 * Of the pings, where no probe was followed: where an unanswered one died is unknown then, not
 * lost. One that was answered after its time did come through.
 */
static void fates_of_pings(const struct facts *f, json_t *o)
{
	const struct ping_facts *p = &f->ping_peer;
	bool have = (f->have & NEED_BIT(NEED_PING_PEER)) != 0 && p->sent != UNKNOWN;
	int64_t answered = have ? p->received + MAX(p->late, 0) : UNKNOWN;

	json_set(o, "sent", json_count(have ? p->sent : UNKNOWN));
	json_set(o, "answered", json_count(answered));
	json_set(o, "unknown", json_count(have ? p->sent - answered : UNKNOWN));
	json_set(o, "lost", json_array());
}

json_t *json_fates(const struct facts *f)
{
	const struct fates_facts *x = &f->fates;
	json_t *o = json_object();

	if (x->sent == UNKNOWN) {
		fates_of_pings(f, o);
		return o;
	}
	json_set(o, "sent", json_count(x->sent));
	json_set(o, "answered", json_count(x->answered));
	json_set(o, "unknown", json_count(x->unknown));
	json_set(o, "lost", lost(x));
	return o;
}
