/*
 * Somebody asks this host for a handshake while nobody is there whom it could ask: what becomes of
 * that, as far as this end can see?
 */
#ifndef CHECK_CALLS_H
#define CHECK_CALLS_H

#include "check/check.h"

/* It is for our key and came to our port, and nothing left for it. */
bool call_is_unanswered(const struct facts *f, const struct call_facts *c);
/* By its counters the engine had handshake messages, whatever it made of them. 1, 0, UNKNOWN */
int64_t calls_reached_engine(const struct facts *f);
/* Was it heard of one of them what there is to hear? Then nobody needs to listen any longer. */
bool calls_are_enough(const struct facts *f);

/* The answer of handshake.complete; NULL: nobody called, or whoever did got what he wanted. */
struct finding *calls_judge(const struct facts *f, struct findings *out);
/* That nobody did, or why that is not known, behind another answer: "; ..." or "" */
const char *calls_none_words(const struct facts *f, struct arena *a);
void calls_because(const struct facts *f, struct findings *out, struct finding *row);

#endif
