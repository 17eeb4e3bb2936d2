/*
 * What far_text.c and far_text_line.c share: one look, line by line.
 */
#ifndef MODEL_FAR_TEXT_PRIV_H
#define MODEL_FAR_TEXT_PRIV_H

#include "model/far_text.h"

struct far_reader {
	struct far_look look;
	struct arena *arena;
	size_t cap, at; /* of the peers: room, and the one that was named last */
	int64_t rp_all, rp_link;
};

void far_reader_init(struct far_reader *r, const char *link, struct arena *a);
/* "date|1795532400"; a word that nobody knows is passed over. False: it is damaged. */
bool far_reader_line(struct far_reader *r, const char *text);

#endif
