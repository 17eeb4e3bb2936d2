/*
 * The rows of what was recorded at the far end.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const struct facts_field passed_fields[] = {
	TEXT(passed_facts, link),  ADDR(passed_facts, from),  ADDR(passed_facts, to),
	COUNT(passed_facts, left), COUNT(passed_facts, came),
};
static const struct facts_table passed_table = TABLE(passed_facts, passed_fields);

static const struct facts_field missing_fields[] = {
	COUNT(counters_missing, first),
	COUNT(counters_missing, last),
};
static const struct facts_table missing_table = TABLE(counters_missing, missing_fields);

static const struct facts_field counters_fields[] = {
	COUNT(counters_facts, out),
	COUNT(counters_facts, receiver),
	COUNT(counters_facts, low),
	COUNT(counters_facts, high),
	COUNT(counters_facts, distinct),
	LIST(counters_facts, missing, n_missing, missing_table),
	COUNT(counters_facts, more_missing),
};
static const struct facts_table counters_table = TABLE(counters_facts, counters_fields);

static const struct facts_field recording_fields[] = {
	TIME(recording_facts, from_wall_ns),
	TIME(recording_facts, to_wall_ns),
	BOOL(recording_facts, gone),
	COUNT(recording_facts, knocks),
	COUNT(recording_facts, knocks_dns),
	COUNT(recording_facts, knocks_other),
	COUNT(recording_facts, shaped),
	LIST(recording_facts, passed, n_passed, passed_table),
	LIST(recording_facts, addrs, n_addrs, facts_addr_table),
	COUNT(recording_facts, passed_dropped),
	LIST(recording_facts, counters, n_counters, counters_table),
	COUNT(recording_facts, counters_dropped),
};
const struct facts_table facts_recording_table = TABLE(recording_facts, recording_fields);
