/*
 * Facts as a file, and back: all that judging reads, so that a run can be judged again, by
 * anybody, with the same result to the byte.
 *
 * JSON, schema "wgdiag.facts/1"; the members are the fields of model/facts.h. What was not
 * measured is null. A member that is missing is as nobody measured it, so that files
 * outlive new fields; one that is not known is refused, since ignoring it could change the verdict.
 */
#ifndef MODEL_FACTS_FILE_H
#define MODEL_FACTS_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/facts.h"

#define FACTS_SCHEMA "wgdiag.facts/1"
/* The same of a recording at the far end (`wgdiag serve --once`), which is no run to be judged. */
#define FAR_SCHEMA "wgdiag.far/1"

void facts_write(const struct facts *f, struct buf *out); /* appends */
void facts_write_far(const struct facts *f, struct buf *out);

/*
 * -EINVAL: not such a file; e has one line with the place in it ("line 3, column 7: …", or
 * "taps.near-tun.frames: …"). Strings of *out are in the arena.
 */
int facts_read(const char *text, size_t len, struct arena *a, struct facts *out,
	       struct err *e) MUST_CHECK;
int facts_read_far(const char *text, size_t len, struct arena *a, struct facts *out,
		   struct err *e) MUST_CHECK;

#endif
