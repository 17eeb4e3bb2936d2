/*
 * The rows of the ledger. In a file STAGE_NONE is a word too, the others are those of fates.c.
 */
#include <assert.h>

#include "model/facts_fates.h"
#include "model/facts_table_rows.h"

static const char *const places[] = {
	[STAGE_TUN_OUT] = "tun.out",
	[STAGE_WIRE_OUT] = "wire.out",
	[STAGE_FAR_WIRE_IN] = "far.wire.in",
	[STAGE_FAR_TUN_IN] = "far.tun.in",
	[STAGE_FAR_TUN_OUT] = "far.tun.out",
	[STAGE_FAR_WIRE_OUT] = "far.wire.out",
	[STAGE_WIRE_IN] = "wire.in",
	[STAGE_TUN_IN] = "tun.in",
	[STAGE_NONE] = "none",
};
static_assert(ARRAY_LEN(places) == STAGE_NONE + 1, "a place has no name");
static const char *const results[] = {
	[FATE_UNKNOWN] = "unknown",
	[FATE_ANSWERED] = "answered",
	[FATE_LOST] = "lost",
};
static_assert(ARRAY_LEN(results) == FATE_RESULT_COUNT, "a result has no word");

/* All but the last word. */
#define STAGES(s, m) F(s, m, .kind = FIELD_SET, .words = places, .n_words = STAGE_COUNT)
#define STAGE_TIMES(s, m) F(s, m, .kind = FIELD_TIME, .keys = places, .n_keys = STAGE_COUNT)

static const struct facts_field fate_fields[] = {
	COUNT(fate_facts, probe),	   COUNT(fate_facts, size),
	TIME(fate_facts, sent_ns),	   STAGE_TIMES(fate_facts, seen_ns),
	COUNT(fate_facts, session),	   COUNT(fate_facts, counter),
	COUNT(fate_facts, session_back),   COUNT(fate_facts, counter_back),
	WORD(fate_facts, result, results), WORD(fate_facts, after, places),
	WORD(fate_facts, before, places),  TEXT(fate_facts, reason),
};
static const struct facts_table fate_table = TABLE(fate_facts, fate_fields);

static const struct facts_field lost_fields[] = {
	WORD(lost_facts, after, places),
	WORD(lost_facts, before, places),
	TEXT(lost_facts, reason),
	COUNT(lost_facts, count),
};
static const struct facts_table lost_table = TABLE(lost_facts, lost_fields);

static const struct facts_field fates_fields[] = {
	STAGES(fates_facts, watched),
	STAGES(fates_facts, whole),
	TIME(fates_facts, start_wall_ns),
	ADDR(fates_facts, target),
	COUNT(fates_facts, sent),
	COUNT(fates_facts, answered),
	COUNT(fates_facts, unknown),
	COUNT(fates_facts, late),
	COUNT(fates_facts, duplicates),
	COUNT(fates_facts, send_errors),
	COUNT(fates_facts, trace_overrun),
	LIST(fates_facts, lost, n_lost, lost_table),
	LIST(fates_facts, list, n, fate_table),
};
const struct facts_table facts_fates_table = TABLE(fates_facts, fates_fields);
