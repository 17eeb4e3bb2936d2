/*
 * What `wgdiag serve` recorded at the far end, in the words of what is pasted of one: two looks, at
 * the beginning and the end.
 */
#ifndef MODEL_FAR_SEEN_H
#define MODEL_FAR_SEEN_H

#include "model/far_text.h"

/* seen: as facts_read_far() has it; *out borrows from it. */
void far_seen_text(const struct facts *seen, struct arena *a, struct far_text *out);

/* Either: JSON is a recording, all else was pasted. -EINVAL as of far_text_parse(). */
int far_parse(const char *s, size_t len, struct arena *a, struct far_text *out, struct err *e);

#endif
