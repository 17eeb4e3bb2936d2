/*
 * Has everything arrived that was seen to leave?
 *
 * Places are read one after the other while messages move between them. One that has
 * passed the first and not yet the second looks lost, so the last look is taken again until
 * all places agree, or for some time: what is missing then is missing.
 */
#ifndef LOSS_SETTLED_H
#define LOSS_SETTLED_H

#include "model/facts.h"

/* WireGuard messages of all types; UNKNOWN when one of them is. */
int64_t loss_messages(const struct tap_facts *t, enum tap_dir d);
/* Left that end's wire and did not reach the other's; 0 too where nobody can say. */
int64_t loss_on_wire(const struct facts *f, enum end from);
/*
 * Data messages that came in on that end's wire and that its engine neither opened nor
 * refused; 0 too where nobody can say. *arrived: of how many, UNKNOWN. Of a tunnel in use they are
 * those since the engine was first asked, where that is known.
 */
int64_t loss_before_engine(const struct facts *f, enum end end, int64_t *arrived);

bool loss_settled(const struct facts *f);

#endif
