/*
 * Messages and probes that their sender's own host kept: they had their counter, or their packet
 * was in the tun, and they were never on its link.
 */
#ifndef CHECK_LOSS_KEPT_H
#define CHECK_LOSS_KEPT_H

#include "check/check.h"

/* By both wires: so many were kept that the way between the two has no part in the row. */
bool loss_is_kept(const struct facts *facts, const struct loss_facts *l);
/* "; 3 of them never left eth0", or "" */
const char *loss_kept_words(const struct facts *facts, const struct loss_facts *l, struct arena *a);
/* Whose it is then, and what to look at. */
void loss_fix_kept(const struct facts *facts, const struct loss_facts *l, struct findings *out,
		   struct finding *f);
/* By the ledger of one end, of our own probes. NULL: so many are no loss. */
struct finding *loss_kept_row(const struct facts *facts, struct findings *out);

#endif
