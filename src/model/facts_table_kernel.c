/*
 * The rows of what this host's kernel did with packets.
 */
#include "model/facts.h"
#include "model/facts_table_rows.h"

static const struct facts_field drop_fields[] = {
	WORDS(drop_facts, reason),	 TEXT(drop_facts, location),  WORDS(drop_facts, dev),
	WORDS(drop_facts, dir),		 COUNT(drop_facts, protocol), COUNT(drop_facts, count),
	TIME(drop_facts, first_wall_ns),
};
static const struct facts_table drop_table = TABLE(drop_facts, drop_fields);

static const struct facts_field counter_fields[] = {
	WORDS(counter_facts, name),
	TEXT(counter_facts, of),
	COUNT(counter_facts, before),
	COUNT(counter_facts, after),
};
static const struct facts_table counter_table = TABLE(counter_facts, counter_fields);

static const struct facts_field debug_line_fields[] = {
	WORD(debug_line_facts, class, engine_log_names),
	STRUCT(debug_line_facts, outer, facts_endpoint_table),
	ADDR(debug_line_facts, inner),
	BOOL(debug_line_facts, ours),
	COUNT(debug_line_facts, count),
};
static const struct facts_table debug_line_table = TABLE(debug_line_facts, debug_line_fields);

static const struct facts_field debug_fields[] = {
	TEXT(debug_facts, unread),     TEXT(debug_facts, unread_remedy),
	COUNT(debug_facts, on),	       COUNT(debug_facts, missed),
	COUNT(debug_facts, held_back), COUNT(debug_facts, more),
	COUNT(debug_facts, same_name), LIST(debug_facts, list, n, debug_line_table),
};
static const struct facts_table debug_table = TABLE(debug_facts, debug_fields);

static const struct facts_field kernel_fields[] = {
	COUNT(kernel_facts, rpfilter_before),
	COUNT(kernel_facts, rpfilter_after),
	COUNT(kernel_facts, rp_wire),
	COUNT(kernel_facts, rp_tun),
	COUNT(kernel_facts, rp_elsewhere),
	COUNT(kernel_facts, src_valid_mark),
	COUNT(kernel_facts, n_elsewhere),
	TEXT(kernel_facts, elsewhere),
	TEXT(kernel_facts, unwatched),
	TEXT(kernel_facts, unwatched_remedy),
	COUNT(kernel_facts, events_lost),
	COUNT(kernel_facts, same_name),
	LIST(kernel_facts, drops, n_drops, drop_table),
	LIST(kernel_facts, counters, n_counters, counter_table),
	STRUCT(kernel_facts, debug, debug_table),
};
const struct facts_table facts_kernel_table = TABLE(kernel_facts, kernel_fields);
