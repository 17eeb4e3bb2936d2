/*
 * The rows of who asked this host for a handshake.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const struct facts_field call_fields[] = {
	STRUCT(call_facts, from, facts_endpoint_table),
	STRUCT(call_facts, to, facts_endpoint_table),
	TEXT(call_facts, link),
	BOOL(call_facts, ours),
	COUNT(call_facts, initiations),
	COUNT(call_facts, responses),
	COUNT(call_facts, cookie_replies),
	COUNT(call_facts, data),
	COUNT(call_facts, refused),
};
static const struct facts_table call_table = TABLE(call_facts, call_fields);

static const struct facts_field calls_fields[] = {
	COUNT(calls_facts, waited_ns),
	COUNT(calls_facts, dropped),
	COUNT(calls_facts, more),
	COUNT(calls_facts, rp_filter),
	LIST(calls_facts, list, n, call_table),
};
const struct facts_table facts_calls_table = TABLE(calls_facts, calls_fields);
