/*
 * --json-lines of a run that goes on: its lines are written as they come.
 */
#ifndef CMD_CHECK_EVENTS_H
#define CMD_CHECK_EVENTS_H

#include "base/buf.h"
#include "report/report.h"

struct check_events {
	struct buf waiting; /* what standard output has no room for now */
	bool started, decided;
	bool socket; /* standard output is one */
	int own; /* it is a terminal, opened anew so that no write waits; -1 */
	size_t at_once; /* so many bytes are written at a time while the run goes on */
	int error; /* errno of writing: nothing more is written; 0 */
};

void check_events_init(struct check_events *x);
void check_events_done(struct check_events *x);

/* As of struct run_conf; a run that nobody reads any more is ended as by SIGINT. */
void check_events_begun(struct check_events *x, const struct facts *f);
void check_events_sent(struct check_events *x, const struct facts *f, int64_t probe, int64_t size,
		       int64_t wall_ns);
void check_events_decided(struct check_events *x, const struct facts *f);

/*
 * What is left of it, when all is judged; waits until it is written. -errno: it could not be. Where
 * nobody reads any more, SIGPIPE ends this process, if nobody ignores it.
 */
int check_events_end(struct check_events *x, const struct report *r);

#endif
