#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16384 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(max_align_t) unsigned char mem[];
};

void arena_init(struct arena *a)
{
	a->head = NULL;
}

void arena_done(struct arena *a)
{
	struct arena_block *b = a->head, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}

void *arena_alloc(struct arena *a, size_t len)
{
	size_t align = _Alignof(max_align_t);
	struct arena_block *b = a->head;
	size_t cap;

	assert(len < SIZE_MAX / 2);
	len = (len + align - 1) & ~(align - 1);
	if (!b || b->cap - b->used < len) {
		cap = MAX(len, (size_t)BLOCK_BYTES);
		b = calloc(1, sizeof(*b) + cap);
		if (!b)
			abort();
		b->cap = cap;
		b->next = a->head;
		a->head = b;
	}
	b->used += len;
	return b->mem + b->used - len;
}

void *arena_grow(struct arena *a, void *list, size_t n, size_t *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return list;
	*cap = *cap ? 2 * *cap : 4;
	more = arena_alloc(a, *cap * size);
	if (n)
		memcpy(more, list, n * size);
	return more;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(arena_alloc(a, len), s, len);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	assert(fmt);
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}
