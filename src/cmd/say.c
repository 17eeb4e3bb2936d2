#include "cmd/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "report/width.h"

void say(const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf raw = { 0 };
	CLEANUP(buf_done) struct buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	text_escape(&line, buf_str(&raw));
	fprintf(stderr, "%s\n", buf_str(&line));
}
