#include "model/facts.h"
#include "model/facts_table_rows.h"

static const char *const needs[] = {
	[NEED_ENGINE_START] = "engine-start",
	[NEED_ENGINE] = "engine",
	[NEED_ENGINE_FAR] = "engine-far",
	[NEED_LINKS] = "links",
	[NEED_LINKS_FAR] = "links-far",
	[NEED_ADDRS] = "addrs",
	[NEED_ROUTES] = "routes",
	[NEED_TAP_NEAR_TUN] = "tap-near-tun",
	[NEED_TAP_NEAR_WIRE] = "tap-near-wire",
	[NEED_TAP_FAR_TUN] = "tap-far-tun",
	[NEED_TAP_FAR_WIRE] = "tap-far-wire",
	[NEED_HANDSHAKE] = "handshake",
	[NEED_PING_SELF] = "ping-self",
	[NEED_PING_PEER] = "ping-peer",
	[NEED_STREAMS] = "streams",
	[NEED_CONFIG] = "config",
	[NEED_CONFIG_FAR] = "config-far",
	[NEED_PATHS] = "paths",
	[NEED_GATEWAY] = "gateway",
	[NEED_FRAMING] = "framing",
	[NEED_ECHO_BACK] = "echo-back",
	[NEED_SIZES] = "sizes",
	[NEED_LOSS_UP] = "loss-up",
	[NEED_LOSS_DOWN] = "loss-down",
	[NEED_FIREWALL] = "firewall",
	[NEED_INTENDED] = "intended",
	[NEED_LADDER] = "ladder",
	[NEED_PEERS] = "peers",
	[NEED_FAR_TEXT] = "far-text",
	[NEED_CALLS] = "calls",
};
static_assert(ARRAY_LEN(needs) == NEED_COUNT, "a need has no word");

static const char *const ends[] = { [END_NEAR] = "near", [END_FAR] = "far" };
static_assert(ARRAY_LEN(ends) == END_COUNT, "an end has no word");

static const char *const taps[] = {
	[TAP_NEAR_TUN] = "near-tun",
	[TAP_NEAR_WIRE] = "near-wire",
	[TAP_FAR_TUN] = "far-tun",
	[TAP_FAR_WIRE] = "far-wire",
};
static_assert(ARRAY_LEN(taps) == TAP_COUNT, "a tap has no word");

static const char *const dirs[] = { [TAP_OUT] = "out", [TAP_IN] = "in" };
static_assert(ARRAY_LEN(dirs) == TAP_DIR_COUNT, "a direction has no word");

#define MSG(dir, type) [(dir) * (WG_MSG_DATA + 1) + (type)]
static const char *const messages[] = {
	MSG(TAP_OUT, 0) = "out-other",
	MSG(TAP_OUT, WG_MSG_INITIATION) = "out-initiation",
	MSG(TAP_OUT, WG_MSG_RESPONSE) = "out-response",
	MSG(TAP_OUT, WG_MSG_COOKIE_REPLY) = "out-cookie",
	MSG(TAP_OUT, WG_MSG_DATA) = "out-data",
	MSG(TAP_IN, 0) = "in-other",
	MSG(TAP_IN, WG_MSG_INITIATION) = "in-initiation",
	MSG(TAP_IN, WG_MSG_RESPONSE) = "in-response",
	MSG(TAP_IN, WG_MSG_COOKIE_REPLY) = "in-cookie",
	MSG(TAP_IN, WG_MSG_DATA) = "in-data",
};

static const char *const kinds[] = {
	[TARGET_SELF_TEST] = "self-test",
	[TARGET_CONFIG] = "config",
	[TARGET_INTERFACE] = "interface",
	[TARGET_OPAQUE] = "opaque",
};
static const char *const families[] = {
	[FAMILY_NONE] = "none",
	[FAMILY_IP4] = "ipv4",
	[FAMILY_IP6] = "ipv6",
};
static const char *const inner[] = { "ipv4", "ipv6" }; /* of echo_back and own_echoes */
static const char *const streams[] = {
	[STREAM_ECHO] = "echo",
	[STREAM_UDP] = "udp",
	[STREAM_TCP] = "tcp",
};
static const char *const hows[] = {
	[TARGET_GIVEN] = "given", [TARGET_SINGLE] = "single",	      [TARGET_DNS] = "dns",
	[TARGET_HOP] = "hop",	  [TARGET_HOST_ROUTE] = "host-route", [TARGET_SUBNET] = "subnet",
};
static const char *const answers[] = {
	[ANSWERED_NONE] = "none", [ANSWERED_ECHO] = "echo",   [ANSWERED_HOP] = "hop",
	[ANSWERED_TCP] = "tcp",	  [ANSWERED_ERROR] = "error",
};
static const char *const ofs[] = { [PATH_INNER] = "inner", [PATH_ENDPOINT] = "endpoint" };

/* --- the structs, in the order of facts.h -------------------------------------- */

static const struct facts_field gap_fields[] = {
	TEXT(gap, why),
	TEXT(gap, remedy),
};
static const struct facts_table gap_table = TABLE(gap, gap_fields);

static const struct facts_field option_fields[] = {
	WORDS(option_facts, name),
	TEXT(option_facts, value),
};
static const struct facts_table option_table = TABLE(option_facts, option_fields);

static const struct facts_field target_fields[] = {
	WORD(target_facts, kind, kinds),
	WORDS(target_facts, name),
	WORDS(target_facts, engine),
	TEXT(target_facts, engine_version),
	BOOL(target_facts, by_command),
	TEXT(target_facts, program),
	KEY(target_facts, peer),
	TEXT(target_facts, lab),
	TEXT(target_facts, lab_variant),
	BOOL(target_facts, tun_inherited),
	BOOL(target_facts, peer_required),
	BOOL(target_facts, all_required),
	KEY(target_facts, required),
	ADDR(target_facts, ping),
	TEXT(target_facts, wanted_name),
	BOOL(target_facts, for_loss),
	BOOL(target_facts, probed_routes_only),
	LIST(target_facts, options, n_options, option_table),
};
static const struct facts_table target_table = TABLE(target_facts, target_fields);

static const char *const lacks[] = {
	[LACK_UNTOLD] = "untold", [LACK_TUN] = "tun",	    [LACK_TUN_NODE] = "tun-node",
	[LACK_RIGHT] = "right",	  [LACK_MODULE] = "module",
};

static const struct facts_field engine_fields[] = {
	WORD(engine_facts, lack, lacks),
	TEXT(engine_facts, start_error),
	COUNT(engine_facts, start_ns),
	COUNT(engine_facts, exit_status),
	COUNT(engine_facts, answer_ns),
	TEXT(engine_facts, answer_error),
	WORDS(engine_facts, log_tail),
	COUNT(engine_facts, log_lines),
	BOOL(engine_facts, configured),
	TEXT(engine_facts, config_difference),
	COUNTS(engine_facts, log_says, engine_log_names),
	TEXT(engine_facts, stale_socket),
	TEXT(engine_facts, log_file),
	BOOL(engine_facts, log_cut),
	BOOL(engine_facts, silent),
	COUNT(engine_facts, pid),
	TEXT(engine_facts, process_state),
};
static const struct facts_table engine_table = TABLE(engine_facts, engine_fields);

static const struct facts_field refused_fields[] = {
	WORDS(refused_count, id),
	WORDS(refused_count, says),
	NUMBER(refused_count, n),
};
static const struct facts_table refused_table = TABLE(refused_count, refused_fields);

static const struct facts_field crypto_fields[] = {
	BOOL(crypto_facts, known),
	COUNT(crypto_facts, sealed),
	COUNT(crypto_facts, opened),
	LIST(crypto_facts, refused, n_refused, refused_table),
	COUNT(crypto_facts, tx_bytes),
	COUNT(crypto_facts, rx_bytes),
	TIME(crypto_facts, last_handshake_wall_ns),
};
static const struct facts_table crypto_table = TABLE(crypto_facts, crypto_fields);

static const struct facts_field link_state_fields[] = {
	BOOL(link_state, known),     BOOL(link_state, gone),  BOOL(link_state, up),
	NUMBER(link_state, ifindex), NUMBER(link_state, mtu),
};
static const struct facts_table link_state_table = TABLE(link_state, link_state_fields);

static const struct facts_field link_fields[] = {
	TEXT(link_facts, name),
	TEXT(link_facts, kind),
	STRUCT(link_facts, start, link_state_table),
	STRUCT(link_facts, end, link_state_table),
	COUNT(link_facts, running),
	COUNT(link_facts, running_end),
	COUNT(link_facts, tun_pi),
	COUNTS(link_facts, before, link_counter_names),
	COUNTS(link_facts, after, link_counter_names),
	BOOL(link_facts, since_made),
};
static const struct facts_table link_table = TABLE(link_facts, link_fields);

static const struct facts_field addr_fields[] = {
	WORDS(addr_facts, link),     NET(addr_facts, addr),	   ADDR(addr_facts, peer),
	BOOL(addr_facts, tentative), BOOL(addr_facts, dad_failed),
};
const struct facts_table facts_addr_table = TABLE(addr_facts, addr_fields);

static const struct facts_field route_fields[] = {
	NET(route_facts, dst),	   ADDR(route_facts, gateway), ADDR(route_facts, prefsrc),
	TEXT(route_facts, dev),	   NUMBER(route_facts, table), NUMBER(route_facts, metric),
	NUMBER(route_facts, type),
};
static const struct facts_table route_table = TABLE(route_facts, route_fields);

static const struct facts_field policy_fields[] = {
	WORD(policy_facts, family, families),
	NUMBER(policy_facts, action),
	BOOL(policy_facts, invert),
	NUMBER(policy_facts, pref),
	NUMBER(policy_facts, table),
	NUMBER(policy_facts, mark),
	NUMBER(policy_facts, mask),
	NET(policy_facts, src),
	NET(policy_facts, dst),
	TEXT(policy_facts, iif),
	TEXT(policy_facts, oif),
	COUNT(policy_facts, suppress_prefixlength),
};
static const struct facts_table policy_table = TABLE(policy_facts, policy_fields);

static const struct facts_field net_fields[] = {
	BOOL(net_facts, known),
	BOOL(net_facts, rules_known),
	LIST(net_facts, rules, n_rules, policy_table),
	LIST(net_facts, addrs, n_addrs, facts_addr_table),
	LIST(net_facts, routes, n_routes, route_table),
};
static const struct facts_table net_table = TABLE(net_facts, net_fields);

static const struct facts_field tap_fields[] = {
	TEXT(tap_facts, dev),
	COUNT(tap_facts, frames),
	COUNT(tap_facts, dropped),
	COUNT(tap_facts, truncated),
	COUNTS(tap_facts, msgs, messages),
	COUNTS(tap_facts, keepalives, dirs),
	COUNT(tap_facts, data_since),
	COUNTS(tap_facts, msg_bytes, dirs),
	COUNT(tap_facts, icmp_errors),
	ADDR(tap_facts, icmp_from),
	NUMBER(tap_facts, icmp_type),
	NUMBER(tap_facts, icmp_code),
	TIME(tap_facts, first_initiation_ns),
	TIME(tap_facts, first_response_ns),
	COUNT(tap_facts, near_port),
	COUNT(tap_facts, near_tos),
	COUNT(tap_facts, near_flow),
	ADDR(tap_facts, near_addr),
	COUNTS(tap_facts, other_near, dirs),
	ADDR(tap_facts, other_addr),
	TEXT(tap_facts, other_link),
	COUNTS(tap_facts, packets, dirs),
	COUNTS(tap_facts, padded_bytes, dirs),
	COUNTS(tap_facts, not_ip, dirs),
	COUNTS(tap_facts, shifted, dirs),
	BYTES(tap_facts, shifted_first),
	COUNTS(tap_facts, echo_requests, dirs),
	COUNTS(tap_facts, echo_replies, dirs),
	COUNTS(tap_facts, own_echoes, inner),
	COUNTS(tap_facts, others, dirs),
	COUNTS(tap_facts, foreign, dirs),
	COUNTS(tap_facts, foreign_echoes, dirs),
	ADDR(tap_facts, foreign_from),
	ADDR(tap_facts, foreign_to),
	COUNT(tap_facts, nested),
	COUNTS(tap_facts, unpadded, dirs),
	COUNTS(tap_facts, largest, dirs),
	COUNT(tap_facts, larger),
	COUNT(tap_facts, larger_bytes),
};
static const struct facts_table tap_table = TABLE(tap_facts, tap_fields);

static const struct facts_field handshake_fields[] = {
	COUNT(handshake_facts, age_ns),
	BOOL(handshake_facts, complete),
	COUNT(handshake_facts, response_ns),
	COUNT(handshake_facts, waited_ns),
};
static const struct facts_table handshake_table = TABLE(handshake_facts, handshake_fields);

static const struct facts_field ping_fields[] = {
	ADDR(ping_facts, target),	COUNT(ping_facts, sent),
	COUNT(ping_facts, received),	COUNT(ping_facts, duplicates),
	COUNT(ping_facts, late),	COUNT(ping_facts, send_errors),
	TEXT(ping_facts, send_error),	COUNT(ping_facts, size),
	COUNT(ping_facts, interval_ns), COUNT(ping_facts, timeout_ns),
	COUNT(ping_facts, elapsed_ns),	COUNT(ping_facts, min_ns),
	COUNT(ping_facts, avg_ns),	COUNT(ping_facts, max_ns),
	COUNT(ping_facts, mdev_ns),	COUNT(ping_facts, dev_is_tun),
	BOOL(ping_facts, shortage),	BOOL(ping_facts, not_permitted),
};
static const struct facts_table ping_table = TABLE(ping_facts, ping_fields);

static const struct facts_field inner_target_fields[] = {
	ADDR(inner_target_facts, addr),
	WORD(inner_target_facts, how, hows),
	WORD(inner_target_facts, answered, answers),
	ADDR(inner_target_facts, from),
	NUMBER(inner_target_facts, port),
	ADDR(inner_target_facts, hop),
	ADDR(inner_target_facts, icmp_from),
	NUMBER(inner_target_facts, icmp_type),
	NUMBER(inner_target_facts, icmp_code),
	NET(inner_target_facts, taken_net),
	TEXT(inner_target_facts, taken_by),
};
static const struct facts_table inner_target_table = TABLE(inner_target_facts, inner_target_fields);

static const struct facts_field stream_fields[] = {
	WORD(stream_facts, kind, streams),
	WORD(stream_facts, from, ends),
	WORD(stream_facts, family, families),
	COUNT(stream_facts, sent),
	COUNT(stream_facts, received),
	COUNT(stream_facts, corrupt),
	COUNT(stream_facts, unit),
	COUNT(stream_facts, elapsed_ns),
	TEXT(stream_facts, error),
	BOOL(stream_facts, shortage),
};
static const struct facts_table stream_table = TABLE(stream_facts, stream_fields);

static const struct facts_field tried_fields[] = {
	STRUCT(tried_facts, to, facts_endpoint_table),
	BOOL(tried_facts, complete),
	COUNT(tried_facts, waited_ns),
	ADDR(tried_facts, heard),
};
static const struct facts_table tried_table = TABLE(tried_facts, tried_fields);

static const struct facts_field path_fields[] = {
	WORD(path_facts, of, ofs), ADDR(path_facts, to),	TEXT(path_facts, dev),
	ADDR(path_facts, gateway), ADDR(path_facts, prefsrc),	NUMBER(path_facts, table),
	COUNT(path_facts, mark),   TEXT(path_facts, error),	NET(path_facts, route),
	BOOL(path_facts, bound),   TEXT(path_facts, other_dev), ADDR(path_facts, other_from),
};
static const struct facts_table path_table = TABLE(path_facts, path_fields);

static const struct facts_field gateway_fields[] = {
	ADDR(gateway_facts, addr),
	BOOL(gateway_facts, is_endpoint),
	TEXT(gateway_facts, dev),
	TEXT(gateway_facts, neigh_state),
};
static const struct facts_table gateway_table = TABLE(gateway_facts, gateway_fields);

static const struct facts_field framing_fields[] = {
	TEXT(framing_facts, dev),
	COUNT(framing_facts, header_len),
	COUNT(framing_facts, header_wanted),
	BYTES(framing_facts, first),
	COUNT(framing_facts, reply_received),
};
static const struct facts_table framing_table = TABLE(framing_facts, framing_fields);

static const struct facts_field size_fields[] = {
	WORD(size_facts, from, ends), WORD(size_facts, family, families), COUNT(size_facts, size),
	COUNT(size_facts, sent),      COUNT(size_facts, received),	  TEXT(size_facts, error),
};
static const struct facts_table size_table = TABLE(size_facts, size_fields);

static const struct facts_field loss_fields[] = {
	COUNT(loss_facts, probes),     COUNT(loss_facts, answered),
	COUNT(loss_facts, sent),       COUNT(loss_facts, lost),
	COUNT(loss_facts, duplicates), COUNT(loss_facts, reordered),
	COUNT(loss_facts, kept),       COUNT(loss_facts, capture_dropped),
	COUNT(loss_facts, elapsed_ns),
};
static const struct facts_table loss_table = TABLE(loss_facts, loss_fields);

static const struct facts_field limit_fields[] = {
	COUNT(loss_limits, fail_ppm),
	COUNT(loss_limits, warn_ppm),
};
static const struct facts_table limit_table = TABLE(loss_limits, limit_fields);

static const struct facts_field pace_fields[] = {
	COUNT(pace_facts, interval_ns), COUNT(pace_facts, probes),    COUNT(pace_facts, answered),
	COUNT(pace_facts, head),	COUNT(pace_facts, bursts),    COUNT(pace_facts, left),
	COUNT(pace_facts, sent_back),	COUNT(pace_facts, lost_back),
};
static const struct facts_table pace_table = TABLE(pace_facts, pace_fields);

static const struct facts_field far_host_fields[] = {
	COUNT(far_host_facts, ip4_forward), COUNT(far_host_facts, ip6_forward),
	COUNT(far_host_facts, rp_filter),   TEXT(far_host_facts, kernel),
	TIME(far_host_facts, when_wall_ns),
};
static const struct facts_table far_host_table = TABLE(far_host_facts, far_host_fields);

static const struct facts_field near_host_fields[] = {
	COUNT(near_host_facts, ip4_forward), COUNT(near_host_facts, ip6_forward),
	COUNT(near_host_facts, has_port),    COUNT(near_host_facts, ip4_no_echo),
	COUNT(near_host_facts, ip6_no_echo),
};
static const struct facts_table near_host_table = TABLE(near_host_facts, near_host_fields);

static const struct facts_field facts_fields[] = {
	WORDS(facts, marker),
	TIME(facts, started_wall_ns),
	BOOL(facts, interrupted),
	STRUCT(facts, target, target_table),
	TEXTS(facts, chosen, n_chosen),
	TEXTS(facts, not_tested, n_not_tested),
	SET(facts, have, needs),
	STRUCTS(facts, gaps, needs, gap_table),
	STRUCTS(facts, engine, ends, engine_table),
	STRUCTS(facts, crypto, ends, crypto_table),
	STRUCTS(facts, tun, ends, link_table),
	STRUCTS(facts, wire, ends, link_table),
	STRUCTS(facts, net_start, ends, net_table),
	STRUCTS(facts, net_end, ends, net_table),
	STRUCTS(facts, taps, taps, tap_table),
	STRUCT(facts, handshake, handshake_table),
	LIST(facts, tried, n_tried, tried_table),
	LIST(facts, inner_targets, n_inner_targets, inner_target_table),
	STRUCT(facts, ping_self, ping_table),
	STRUCT(facts, ping_peer, ping_table),
	LIST(facts, streams, n_streams, stream_table),
	STRUCTS(facts, config, ends, facts_config_table),
	STRUCT(facts, intended, facts_intended_table),
	LIST(facts, paths, n_paths, path_table),
	STRUCT(facts, gateway, gateway_table),
	STRUCT(facts, ladder, facts_ladder_table),
	STRUCT(facts, other_family, facts_other_family_table),
	STRUCT(facts, portal, facts_portal_table),
	STRUCT(facts, framing, framing_table),
	STRUCTS(facts, echo_back, inner, ping_table),
	ADDR(facts, measured),
	LIST(facts, sizes, n_sizes, size_table),
	STRUCT(facts, loss_limits, limit_table),
	STRUCT(facts, loss_up, loss_table),
	STRUCT(facts, loss_down, loss_table),
	LIST(facts, paces, n_paces, pace_table),
	STRUCT(facts, firewall, facts_firewall_table),
	STRUCT(facts, far_host, far_host_table),
	STRUCT(facts, near_host, near_host_table),
	STRUCT(facts, kernel, facts_kernel_table),
	STRUCT(facts, calls, facts_calls_table),
	STRUCT(facts, fates, facts_fates_table),
	STRUCT(facts, handshakes, facts_handshakes_table),
	STRUCT(facts, recording, facts_recording_table),
	LIST(facts, far_seen, n_far_seen, facts_table),
};
const struct facts_table facts_table = TABLE(facts, facts_fields);

size_t facts_field_element(const struct facts_field *f)
{
	if (!f->list)
		return f->n_keys ? f->size / f->n_keys : f->size;
	switch (f->kind) {
	case FIELD_STRUCT:
		return f->of->size;
	case FIELD_NET:
		return sizeof(struct cidr);
	default:
		return sizeof(const char *);
	}
}
