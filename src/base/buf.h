/*
 * A growing byte buffer, for text that is built piece by piece.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/defs.h"

struct buf {
	char *b; /* always NUL-terminated once something was added; NULL before */
	size_t len, cap;
};

void buf_init(struct buf *b);
void buf_done(struct buf *b); /* frees */
void buf_wipe_done(struct buf *b); /* wipes, then frees: for text that holds keys */
void buf_clear(struct buf *b); /* length 0, memory kept */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_consume(struct buf *b, size_t n); /* drops the first n bytes */
const char *buf_str(const struct buf *b); /* "" when empty */

#endif
