/*
 * Of a peer that is not probed: is it there, and what does it mean that it did not come when it was
 * asked?
 */
#ifndef CHECK_OTHER_PEERS_H
#define CHECK_OTHER_PEERS_H

#include "model/facts.h"

/* So long after a packet its handshake is done, though the first initiation was lost. */
#define OTHER_ASKED_NS (6 * NS_PER_S)
/* The same, though the first four were: then silence is no chance (other_peers.c). */
#define OTHER_ASKED_SURELY_NS (22 * NS_PER_S)

/* Was it heard within the life of a session, before the run or in it? */
bool other_is_there(const struct facts *f, const struct peer_config *p);
/* It was asked, for as long as OTHER_ASKED_NS at least, and did not come. */
bool other_did_not_come(const struct facts *f, const struct peer_config *p);
/*
 * Would silence be a fault, were it only long enough? It must be there, and nobody else is behind
 * its endpoint; and what its name stands for is one address, which was tried.
 */
bool other_must_answer(const struct facts *f, const struct peer_config *p);
/* Behind one endpoint is one engine with one key: another's is an old one. */
bool other_is_replaced(const struct facts *f, const struct peer_config *p);

/* What of 1000 handshakes with the peer that is probed fails, by what was lost of its messages. */
int64_t other_lost_permille(const struct facts *f);
/* May it be that all initiations to it, or the answers to them, were lost on a path that works? */
bool other_may_be_loss(const struct facts *f, const struct peer_config *p);

#endif
