/*
 * The parts of the facts that tell how a tunnel is set up: what its engine holds, and what a
 * file wants.
 */
#ifndef MODEL_FACTS_CONFIG_H
#define MODEL_FACTS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "model/cidr.h"
#include "model/conf_fault.h"
#include "model/endpoint.h"
#include "model/key.h"
#include "model/unknown.h"

/* Is its preshared key the file's? Neither is kept. */
enum psk_as_file { PSK_NOT_COMPARED, PSK_EQUAL, PSK_DIFFERS };

/* What an engine holds, as its `get` tells. No secret is in it. */
struct peer_config {
	struct public_key key;
	int64_t has_psk; /* 1, 0, UNKNOWN */
	enum psk_as_file psk_as_file; /* of has_psk, where the file has one too */
	struct endpoint endpoint; /* family NONE: none */
	/* The same at the end of the run, where it had one and that is another; else family NONE */
	struct endpoint moved_to;
	int64_t keepalive_s;
	int64_t handshake_wall_ns; /* the latest; 0: never, UNKNOWN: not told */
	int64_t handshake_end_wall_ns; /* the same at the end of the run */
	struct ip_addr asked; /* where a packet was sent to make it come; family NONE: none was */
	/* For so long a handshake was waited for after that; UNKNOWN: it was not asked */
	int64_t asked_ns;
	const char *not_asked; /* why it could not be, though it was to be; NULL */
	struct cidr *allowed;
	size_t n_allowed;
};
struct config_facts {
	int64_t has_private_key; /* 1, 0, UNKNOWN */
	struct public_key own; /* derived from it */
	int64_t listen_port, fwmark;
	struct peer_config *peers;
	size_t n_peers;
};

/*
 * The peer that takes a: longest prefix; of equal ones the last, as engines do. *by (may be
 * NULL) is that prefix. NULL: nobody's.
 */
const struct peer_config *config_owner(const struct config_facts *c, const struct ip_addr *a,
				       const struct cidr **by);
/* The one with that key, or NULL. */
const struct peer_config *config_peer(const struct config_facts *c, const struct public_key *k);

/* What a configuration file wants; UNKNOWN or empty: it does not say. No secret is in it. */
enum intended_table { INTENDED_AUTO, INTENDED_OFF, INTENDED_NUMBER, INTENDED_NAME };
struct intended_peer {
	struct public_key key;
	bool has_psk;
	const char *endpoint; /* as in the file, "vpn.example.org:51820"; NULL: none */
	struct endpoint *resolved; /* what it is, or its name gave; none: not resolved */
	size_t n_resolved;
	int64_t keepalive_s; /* 0: off */
	struct cidr *allowed;
	size_t n_allowed;
};
/* What is doubtful in a file that can be used. */
struct intended_note {
	enum conf_fault fault;
	unsigned line; /* 0: of the whole file */
	const char *text; /* one line, with its number */
	struct public_key peer; /* whom it is to the harm of; zero: nobody */
	struct cidr net; /* of CONF_SAME_ALLOWED: what the peer does not have */
};
struct intended_facts {
	const char *file; /* NULL: not known */
	bool has_private_key;
	bool saved; /* SaveConfig: an endpoint in it may be one that was learned */
	struct public_key own; /* derived from it */
	int64_t listen_port, fwmark, mtu;
	enum intended_table table;
	int64_t table_number; /* of INTENDED_NUMBER */
	struct cidr *addrs; /* with the length as given */
	size_t n_addrs;
	const char **dns; /* addresses and search domains */
	size_t n_dns;
	struct intended_peer *peers;
	size_t n_peers;
	struct intended_note *notes;
	size_t n_notes;
	int64_t more_notes; /* that were not kept; UNKNOWN: not told */
};

/* The one with that key; of several the last, which replaces the others. Or NULL. */
const struct intended_peer *intended_peer(const struct intended_facts *t,
					  const struct public_key *k);

#endif
