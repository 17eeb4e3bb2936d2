/*
 * What several checks ask of the facts: which addresses are inside, which peer is the far end,
 * whose an address is, and whether what was sent came through. What a gap covers is not looked at.
 */
#ifndef CHECK_TUNNEL_H
#define CHECK_TUNNEL_H

#include "base/arena.h"
#include "model/facts.h"

enum { TUNNEL_ADDRS_MAX = 16 };
/* Each address once; what does not fit is left out. */
struct tunnel_addrs {
	struct ip_addr a[TUNNEL_ADDRS_MAX];
	size_t n;
};

/* Inner addresses of the far side that were, or were to be, probed. */
void tunnel_targets(const struct facts *f, struct tunnel_addrs *out);
/* Our inner addresses that the probes come from, or are sent back to. */
void tunnel_sources(const struct facts *f, struct tunnel_addrs *out);
bool tunnel_addrs_have(const struct tunnel_addrs *l, const struct ip_addr *a);

/* The other end as a peer of that end's engine; NULL: none, or not told. */
const struct peer_config *tunnel_peer(const struct facts *f, enum end of);
/* The path to that address (NULL: the first of its kind). NULL: not asked. */
const struct path_facts *tunnel_path(const struct facts *f, enum path_of of,
				     const struct ip_addr *to);
/* What was sent to who is pinged went past the routes: that nothing came back tells nothing. */
bool tunnel_probes_are_bound(const struct facts *f);
/*
 * Has nobody the tun open? Then it has no carrier. While it is down it has none either, and that
 * tells nothing.
 */
bool tunnel_is_left_alone(const struct facts *f);
/* Where our engine sends to; family NONE: not known. */
struct endpoint tunnel_endpoint(const struct facts *f);
/* The entry of that address on the near tun, or NULL. */
const struct addr_facts *tunnel_addr(const struct facts *f, const struct ip_addr *a);
bool tunnel_addr_is_link_local(const struct ip_addr *a);

/* REJECT_AFTER_TIME (the WireGuard paper, section 6.1): an older session is none. */
#define TUNNEL_SESSION_NS (180 * NS_PER_S)
/* How long ago that peer's latest handshake was, at the start; UNKNOWN: never, or not told. */
int64_t tunnel_peer_age(const struct facts *f, const struct peer_config *p);
/* Did the user say that it must be there? */
bool tunnel_peer_is_required(const struct facts *f, const struct peer_config *p);
/*
 * Of a peer that holds an endpoint and is silent: is it no hub's client that comes and goes? It was
 * required; or its endpoint was configured: the file says so, or without a file it was never heard,
 * so that nobody learned one, and a network is behind it. An engine does not tell who set an
 * endpoint, and what SaveConfig wrote into a file was learned once. A keepalive is set for clients
 * too, and says nothing.
 */
bool tunnel_peer_must_be_there(const struct facts *f, const struct peer_config *p);
/*
 * Is it such a client, as far as can be known? The file has no endpoint for it; or without a file
 * it was heard once, has single addresses only, and we do not hold the way to it open.
 */
bool tunnel_peer_roams(const struct facts *f, const struct peer_config *p);
/* And nobody said that it must be there: then that it is gone is no fault. */
bool tunnel_peer_may_roam(const struct facts *f, const struct peer_config *p);
/* Whoever is next on the way to the endpoint was asked on the link, and has not answered. */
bool tunnel_neighbour_is_silent(const struct facts *f);
/* How many addresses the file's endpoint of it has; 0: not known. */
size_t tunnel_peer_addresses(const struct facts *f, const struct peer_config *p);
/*
 * Is the peer that is looked at one that comes and goes? It was heard once and is silent, and all
 * that it has are single addresses: a hub's client. Of an only peer we do not hold the way open
 * either: that a client does to its server. Then that it does not answer is no fault to be seen
 * from here, unless it was required.
 */
bool tunnel_peer_is_offline(const struct facts *f);

/*
 * Does what was sent into a tunnel that is not ours come back, or was its handshake done in this
 * run? Then messages go both ways, whatever was not seen of them.
 */
bool tunnel_answers(const struct facts *f);
/* The former only: that a handshake was done tells nothing of data. */
bool tunnel_data_answers(const struct facts *f);
/*
 * The route to the endpoint leads into the tunnel itself, for the engine's own mark, and the
 * engine's socket is in this network namespace.
 */
bool tunnel_is_looped(const struct facts *f);
/*
 * It answers, and none of its messages took the way that the routes here tell: the engine's socket
 * is in another network namespace, or a rule has them go elsewhere. Then that way says nothing
 * about the tunnel.
 */
bool tunnel_goes_elsewhere(const struct facts *f);
/*
 * "the peer moved to 192.0.2.7:51820 during the run", in a, as the engine tells: what goes there is
 * not watched, and where it was says nothing. NULL: it did not, or the engine does not tell.
 */
const char *tunnel_moved_words(const struct facts *f, struct arena *a);

/*
 * Is it surely so, and did nobody name it? It never had an endpoint that was configured: the engine
 * has none, or the file says none. Then the verdict does not wait for it (interface.md).
 */
bool tunnel_peer_is_away(const struct facts *f);

const char *tunnel_answer_words(const struct inner_target_facts *t); /* "TCP", "hop limit" */
/*
 * Is the address that was pinged sure to be there? One that nobody named is a guess: its silence
 * proves nothing.
 */
bool tunnel_target_is_sure(const struct facts *f);

enum passed { PASSED_UNKNOWN, PASSED_ALL, PASSED_SHORT };
/* Whether all inner probes came through: pings, echoes of the far side, transfers. */
enum passed tunnel_passed(const struct facts *f);

#endif
