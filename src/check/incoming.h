/*
 * What came in on the near wire, and its engine never had: this host lost it. And what the engine
 * had and is for nobody there.
 */
#ifndef CHECK_INCOMING_H
#define CHECK_INCOMING_H

#include "check/check.h"

/*
 * Messages that came in on the wire and that the engine never had, as far as it tells: by its
 * counters; or of one without, all that came while it took no byte, which an engine that could open
 * none of them looks like, too. 0: none, or nobody can say.
 */
int64_t incoming_lacking(const struct facts *f);
/*
 * Did this namespace's own counters tell that its sockets did not get about so many datagrams that
 * came for them, of wrong checksums or full buffers? The trace of drops knows neither namespace nor
 * port, and of one or two packets each link drops as many of others'.
 */
bool incoming_sockets_lack(const struct facts *f, int64_t most);
/* It is IPv6, and the tunnel's messages are not; or the other way round. */
bool incoming_is_of_another_family(const struct facts *f, const struct drop_facts *d);
/* Of most data messages the engine's own counters say so: then it is no guess. */
bool incoming_is_lost_here(const struct facts *f);
/* The engine had nearly all data messages, and they are for no session of its own. */
bool incoming_is_of_another_session(const struct facts *f);
/*
 * The engine lacks what came, and a rule may have taken it: one that was read, or one of those that
 * were not; unless its counter, or all that the kernel's filters dropped there, is another number.
 */
bool incoming_is_maybe_filtered(const struct facts *f, struct arena *a);
/* The row of refused messages: what follows of it, and what helps. */
void incoming_judge(const struct facts *f, struct findings *out, struct finding *row);

#endif
