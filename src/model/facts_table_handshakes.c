/*
 * The rows of each attempt of a handshake.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const char *const ends[END_COUNT] = { "near", "far" };

static const char *const whys[] = {
	[ATTEMPT_WHY_UNTOLD] = "untold",     [ATTEMPT_WHY_STAGED] = "staged",
	[ATTEMPT_WHY_AGE] = "age",	     [ATTEMPT_WHY_AGE_RECEIVE] = "age_receive",
	[ATTEMPT_WHY_MESSAGES] = "messages", [ATTEMPT_WHY_SILENCE] = "silence",
	[ATTEMPT_WHY_RETRY] = "retry",	     [ATTEMPT_WHY_KEEPALIVE] = "keepalive",
};
static_assert(ARRAY_LEN(whys) == ATTEMPT_WHY_COUNT, "a reason has no word");

static const char *const outcomes[] = {
	[ATTEMPT_OPEN] = "open",	 [ATTEMPT_UNSENT] = "unsent",
	[ATTEMPT_SILENT] = "silent",	 [ATTEMPT_ICMP] = "icmp",
	[ATTEMPT_COOKIE] = "cookie",	 [ATTEMPT_REFUSED] = "refused",
	[ATTEMPT_UNUSED] = "unused",	 [ATTEMPT_ANSWERED] = "answered",
	[ATTEMPT_COMPLETE] = "complete",
};
static_assert(ARRAY_LEN(outcomes) == ATTEMPT_OUTCOME_COUNT, "an outcome has no word");

static const struct facts_field attempt_fields[] = {
	WORD(attempt_facts, by, ends),
	COUNT(attempt_facts, t_ns),
	COUNT(attempt_facts, sender),
	WORD(attempt_facts, why, whys),
	COUNT(attempt_facts, number),
	COUNT(attempt_facts, in_row),
	STRUCT(attempt_facts, from, facts_endpoint_table),
	STRUCT(attempt_facts, to, facts_endpoint_table),
	WORD(attempt_facts, outcome, outcomes),
	COUNT(attempt_facts, answer_ns),
	STRUCT(attempt_facts, answer, facts_endpoint_table),
	ADDR(attempt_facts, icmp_from),
	NUMBER(attempt_facts, icmp_type),
	NUMBER(attempt_facts, icmp_code),
	TEXT(attempt_facts, refused),
	COUNT(attempt_facts, for_us),
	BOOL(attempt_facts, elsewhere),
	KEY(attempt_facts, key),
};
static const struct facts_table attempt_table = TABLE(attempt_facts, attempt_fields);

static const struct facts_field handshakes_fields[] = {
	COUNT(handshakes_facts, dropped),
	COUNT(handshakes_facts, trace_overrun),
	LIST(handshakes_facts, list, n, attempt_table),
	COUNT(handshakes_facts, more),
};
const struct facts_table facts_handshakes_table = TABLE(handshakes_facts, handshakes_fields);
