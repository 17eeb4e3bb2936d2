#include "loss/settled.h"

#include <string.h>

int64_t loss_messages(const struct tap_facts *t, enum tap_dir d)
{
	int64_t sum = 0;
	unsigned i;

	for (i = WG_MSG_INITIATION; i <= WG_MSG_DATA; i++) {
		if (t->msgs[d][i] == UNKNOWN)
			return UNKNOWN;
		sum += t->msgs[d][i];
	}
	return sum;
}

int64_t loss_on_wire(const struct facts *f, enum end from)
{
	const struct tap_facts *near = &f->taps[TAP_NEAR_WIRE], *far = &f->taps[TAP_FAR_WIRE];
	int64_t sent = loss_messages(from == END_NEAR ? near : far, TAP_OUT);
	int64_t arrived = loss_messages(from == END_NEAR ? far : near, TAP_IN);

	if (!facts_tap_is_whole(f, TAP_NEAR_WIRE) || !facts_tap_is_whole(f, TAP_FAR_WIRE) ||
	    sent == UNKNOWN || arrived == UNKNOWN)
		return 0;
	return sent - arrived;
}

/*
 * Refused after it was opened: counted as opened too, so it says nothing about what came.
 */
static const char *const opened_too[] = { "in_not_ip", "in_length", "in_source", "in_source_link",
					  "in_source_error" };

static bool is_refused_unopened(const char *id)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(opened_too); i++)
		if (strcmp(opened_too[i], id) == 0)
			return false;
	return strncmp(id, "in_", 3) == 0 || strncmp(id, "io_recv_", 8) == 0;
}

int64_t loss_before_engine(const struct facts *f, enum end end, int64_t *arrived)
{
	enum need need = end == END_NEAR ? NEED_ENGINE : NEED_ENGINE_FAR;
	enum tap wire = end == END_NEAR ? TAP_NEAR_WIRE : TAP_FAR_WIRE;
	const struct tap_facts *t = &f->taps[wire];
	const struct crypto_facts *c = &f->crypto[end];
	int64_t handled = c->opened;
	size_t i;

	*arrived = t->data_since != UNKNOWN ? t->data_since : t->msgs[TAP_IN][WG_MSG_DATA];
	if (!(f->have & NEED_BIT(need)) || !c->known || c->opened == UNKNOWN)
		return 0;
	if (!facts_tap_is_whole(f, wire) || *arrived == UNKNOWN)
		return 0;
	/* Refused handshakes are among these: it can only be more than were data. */
	for (i = 0; i < c->n_refused; i++)
		if (is_refused_unopened(c->refused[i].id))
			handled += (int64_t)c->refused[i].n;
	return MAX(*arrived - handled, 0);
}

bool loss_settled(const struct facts *f)
{
	int64_t arrived;
	unsigned i;

	for (i = 0; i < END_COUNT; i++)
		if (loss_on_wire(f, (enum end)i) != 0 ||
		    loss_before_engine(f, (enum end)i, &arrived) > 0)
			return false;
	return true;
}
