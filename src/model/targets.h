/*
 * Which addresses inside a tunnel are worth asking, when nobody named one?
 *
 * The order is interface.md's ("Inner targets"). Only what was named by the user is sure to be
 * there; everything else is a guess, and its silence proves nothing.
 */
#ifndef MODEL_TARGETS_H
#define MODEL_TARGETS_H

#include "model/facts.h"

struct target {
	struct ip_addr addr;
	enum target_how how;
	/* the most special network of another link that has it, and is no wider than allowed IPs */
	struct cidr taken_net;
	const char *taken_by; /* NULL: none */
};

enum { TARGETS_MAX = 16 };
struct targets {
	struct target t[TARGETS_MAX];
	size_t n;
};

struct targets_ask {
	const struct ip_addr *given; /* by the user */
	size_t n_given;
	const struct ip_addr *dns;
	size_t n_dns;
	const struct config_facts *config; /* NULL: not known */
	const struct peer_config *peer; /* of it; NULL: not known */
	const struct net_facts *net;
	const char *tun;
};

/* An address of one host: neither 0, loopback, multicast nor link-local IPv6. */
bool targets_is_usable(const struct ip_addr *a);

/*
 * By what can a peer be asked that is not the one looked at? By addresses that are its own: single
 * ones; of a default route what is nobody's; the first hosts of its networks.
 */
void targets_of_other(const struct targets_ask *ask, struct targets *out);
/* Each address once, none of our own; families that the tun has no address of come last. */
void targets_of(const struct targets_ask *ask, struct targets *out);

#endif
