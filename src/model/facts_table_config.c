/*
 * The rows of the tables for what is in model/facts_config.h.
 */
#include "model/facts_config.h"
#include "model/facts_table_rows.h"

static const char *const psks[] = {
	[PSK_NOT_COMPARED] = "not-compared",
	[PSK_EQUAL] = "equal",
	[PSK_DIFFERS] = "differs",
};
static const struct facts_field peer_fields[] = {
	KEY(peer_config, key),
	COUNT(peer_config, has_psk),
	WORD(peer_config, psk_as_file, psks),
	STRUCT(peer_config, endpoint, facts_endpoint_table),
	STRUCT(peer_config, moved_to, facts_endpoint_table),
	COUNT(peer_config, keepalive_s),
	TIME(peer_config, handshake_wall_ns),
	TIME(peer_config, handshake_end_wall_ns),
	ADDR(peer_config, asked),
	COUNT(peer_config, asked_ns),
	TEXT(peer_config, not_asked),
	NETS(peer_config, allowed, n_allowed),
};
static const struct facts_table peer_table = TABLE(peer_config, peer_fields);

static const struct facts_field config_fields[] = {
	COUNT(config_facts, has_private_key),
	KEY(config_facts, own),
	COUNT(config_facts, listen_port),
	COUNT(config_facts, fwmark),
	LIST(config_facts, peers, n_peers, peer_table),
};
const struct facts_table facts_config_table = TABLE(config_facts, config_fields);

static const char *const intended_tables[] = {
	[INTENDED_AUTO] = "auto",
	[INTENDED_OFF] = "off",
	[INTENDED_NUMBER] = "number",
	[INTENDED_NAME] = "name",
};
static const struct facts_field intended_peer_fields[] = {
	KEY(intended_peer, key),
	BOOL(intended_peer, has_psk),
	TEXT(intended_peer, endpoint),
	LIST(intended_peer, resolved, n_resolved, facts_endpoint_table),
	COUNT(intended_peer, keepalive_s),
	NETS(intended_peer, allowed, n_allowed),
};
static const struct facts_table intended_peer_table = TABLE(intended_peer, intended_peer_fields);

/* Of what wg refuses there are no facts. */
static const char *const faults[CONF_FAULT_COUNT] = {
	[CONF_TWICE] = "given-twice",	      [CONF_SECOND_PUBLIC_KEY] = "second-public-key",
	[CONF_PORT_ZERO] = "port-0",	      [CONF_BARE_IP6] = "ipv6-without-brackets",
	[CONF_HOST_BITS] = "host-bits",	      [CONF_NO_PRIVATE_KEY] = "no-private-key",
	[CONF_NO_PEER] = "no-peer",	      [CONF_OWN_PEER] = "own-key-as-peer",
	[CONF_SAME_PEER] = "same-peer-twice", [CONF_SAME_ALLOWED] = "same-allowed-ips",
	[CONF_NO_ALLOWED] = "no-allowed-ips", [CONF_IP6_MTU] = "mtu-below-ipv6",
};
static const struct facts_field note_fields[] = {
	WORD(intended_note, fault, faults), NUMBER(intended_note, line), WORDS(intended_note, text),
	KEY(intended_note, peer),	    NET(intended_note, net),
};
static const struct facts_table note_table = TABLE(intended_note, note_fields);

static const struct facts_field intended_fields[] = {
	TEXT(intended_facts, file),
	BOOL(intended_facts, has_private_key),
	BOOL(intended_facts, saved),
	KEY(intended_facts, own),
	COUNT(intended_facts, listen_port),
	COUNT(intended_facts, fwmark),
	COUNT(intended_facts, mtu),
	WORD(intended_facts, table, intended_tables),
	COUNT(intended_facts, table_number),
	NETS(intended_facts, addrs, n_addrs),
	TEXTS(intended_facts, dns, n_dns),
	LIST(intended_facts, peers, n_peers, intended_peer_table),
	LIST(intended_facts, notes, n_notes, note_table),
	COUNT(intended_facts, more_notes),
};
const struct facts_table facts_intended_table = TABLE(intended_facts, intended_fields);
