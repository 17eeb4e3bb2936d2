/*
 * Memory that lives as long as one run: allocated piece by piece, freed at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/defs.h"

struct arena_block;
struct arena {
	struct arena_block *head;
};

void arena_init(struct arena *a);
void arena_done(struct arena *a); /* frees all that was allocated from it */

/* Zeroed memory, aligned for any type. Never NULL: no memory ends the program (abort). */
void *arena_alloc(struct arena *a, size_t len);
/*
 * Room for an element more in a list of n of that size: the list itself, or a copy that is twice as
 * long (the old one stays in the arena). *cap, its room in elements, begins with 0.
 */
void *arena_grow(struct arena *a, void *list, size_t n, size_t *cap, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
