/*
 * What the far end's wire adds to the ledger: whether a message that left here came there.
 */
#ifndef LOSS_FATES_FAR_H
#define LOSS_FATES_FAR_H

#include "base/arena.h"
#include "model/facts_fates.h"
#include "model/facts_recording.h"

/*
 * Of each probe that was not answered and whose message left this wire: it came to the far wire,
 * or it was lost before. Only counters count between the lowest and the highest that the far end
 * saw of that session, and only if its capture lost nothing and lists all that it missed: what it
 * did not watch stays as it was. `lost` is made anew, from a.
 */
void fates_far(struct fates_facts *f, const struct recording_facts *there, struct arena *a);

#endif
