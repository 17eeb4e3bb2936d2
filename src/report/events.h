/*
 * The lines of --json-lines one by one, for a run that goes on (fixtures/schema/
 * wgdiag.events-1.schema.json). Each call adds whole lines to *out. Once each, in this order, but
 * events_probe, which may be called any number of times before events_fates.
 */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include "report/report.h"

/* Of f: marker, target and when the run began are known. */
void events_start(const struct facts *f, struct buf *out);
/* One was sent at wall_ns. Its number and size are those of its fate. */
void events_probe(const struct facts *f, int64_t number, int64_t size, int64_t wall_ns,
		  struct buf *out);
void events_fates(const struct facts *f, struct buf *out); /* of all of them, by their ends */
void events_verdict(const struct report *r, struct buf *out); /* rows, verdict and end */

#endif
