/*
 * The ledger for people: a line per probe.
 */
#ifndef REPORT_LEDGER_TEXT_H
#define REPORT_LEDGER_TEXT_H

#include "report/report.h"

/* Nothing where no probe was followed. lost_only: those that were answered are left out. */
void ledger_text(const struct facts *f, bool lost_only, struct arena *a,
		 const struct report_style *s, struct buf *out);
/* What of them was lost where: a line for each pair of stages. */
void ledger_text_lost(const struct facts *f, struct arena *a, const struct report_style *s,
		      struct buf *out);
/* "after wire.out, before far.wire.in"; of the sockets at both ends: "in its socket" */
const char *ledger_text_between(enum stage after, enum stage before, struct arena *a);

#endif
