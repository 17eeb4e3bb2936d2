#include "base/buf.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b)
{
	memset(b, 0, sizeof(*b));
}

void buf_done(struct buf *b)
{
	free(b->b);
	buf_init(b);
}

void buf_wipe_done(struct buf *b)
{
	if (b->b)
		sodium_memzero(b->b, b->cap);
	buf_done(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->b)
		b->b[0] = '\0';
}

/* Not realloc(): it may leave a copy of a key behind in freed memory. */
static void grow(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;
	char *mem;

	assert(more < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
	while (cap < b->len + more + 1)
		cap *= 2;
	if (cap == b->cap)
		return;
	mem = malloc(cap);
	if (!mem)
		abort();
	if (b->b) {
		memcpy(mem, b->b, b->len);
		sodium_memzero(b->b, b->cap);
		free(b->b);
	}
	mem[b->len] = '\0';
	b->b = mem;
	b->cap = cap;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
	grow(b, len);
	if (len)
		memcpy(b->b + b->len, p, len);
	b->len += len;
	b->b[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	assert(fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	grow(b, (size_t)n);
	vsnprintf(b->b + b->len, (size_t)n + 1, fmt, again);
	b->len += (size_t)n;
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (!n)
		return;
	memmove(b->b, b->b + n, b->len - n);
	b->len -= n;
	b->b[b->len] = '\0';
}

const char *buf_str(const struct buf *b)
{
	return b->b ? b->b : "";
}
