/*
 * The rows of the ladder of hop limits, and of the endpoints that it lies between.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const char *const rung_answers[] = {
	[RUNG_SILENT] = "silent",
	[RUNG_HOP] = "hop",
	[RUNG_REFUSED] = "refused",
	[RUNG_HOST] = "host",
};
static const char *const host_answers[] = {
	[HOST_SILENT] = "silent",
	[HOST_ECHO] = "echo",
	[HOST_TCP] = "tcp",
	[HOST_PROXY] = "proxy",
};

static const struct facts_field endpoint_fields[] = {
	ADDR(endpoint, addr), NUMBER(endpoint, port),	     NUMBER(endpoint, scope_id),
	ADDR(endpoint, src),  NUMBER(endpoint, src_ifindex),
};
const struct facts_table facts_endpoint_table = TABLE(endpoint, endpoint_fields);

static const struct facts_field rung_side_fields[] = {
	COUNT(rung_side, sent),	 WORD(rung_side, answer, rung_answers),
	ADDR(rung_side, from),	 NUMBER(rung_side, type),
	NUMBER(rung_side, code),
};
static const struct facts_table rung_side_table = TABLE(rung_side, rung_side_fields);

static const struct facts_field rung_fields[] = {
	NUMBER(rung_facts, hop_limit),
	STRUCT(rung_facts, tunnel, rung_side_table),
	STRUCT(rung_facts, echo, rung_side_table),
	COUNT(rung_facts, only_echo),
};
static const struct facts_table rung_table = TABLE(rung_facts, rung_fields);

static const struct facts_field ladder_fields[] = {
	BOOL(ladder_facts, asked),
	STRUCT(ladder_facts, from, facts_endpoint_table),
	STRUCT(ladder_facts, to, facts_endpoint_table),
	LIST(ladder_facts, rungs, n_rungs, rung_table),
	WORD(ladder_facts, host, host_answers),
	NUMBER(ladder_facts, host_port),
	COUNT(ladder_facts, host_hops),
	NUMBER(ladder_facts, control_hop),
	COUNT(ladder_facts, control_sent),
	COUNT(ladder_facts, control_seen),
	COUNT(ladder_facts, control_host),
	COUNT(ladder_facts, control_refused),
	COUNT(ladder_facts, unplaced),
	TEXT(ladder_facts, error),
};
const struct facts_table facts_ladder_table = TABLE(ladder_facts, ladder_fields);

static const struct facts_field other_family_fields[] = {
	COUNT(other_family_facts, way),
	ADDR(other_family_facts, to),
	WORD(other_family_facts, host, host_answers),
	NUMBER(other_family_facts, host_port),
};
const struct facts_table facts_other_family_table = TABLE(other_family_facts, other_family_fields);

static const struct facts_field portal_fields[] = {
	BOOL(portal_facts, asked),
	BOOL(portal_facts, taken),
	COUNT(portal_facts, status),
	TEXT(portal_facts, sends_to),
};
const struct facts_table facts_portal_table = TABLE(portal_facts, portal_fields);
