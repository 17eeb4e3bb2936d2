#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static PRINTF_LIKE(4, 0) void fill(struct err *e, int code, const char *why, const char *fmt,
				   va_list ap)
{
	int n;

	if (!e)
		return;
	e->code = code;
	e->remedy = NULL;
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (why && n >= 0 && (size_t)n < sizeof(e->text))
		snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s", why);
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int code = errno ? errno : EIO; /* a failure without errno must not become success */
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, strerror(code), fmt, ap);
	va_end(ap);
	return -code;
}

int err_code(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	code = code < 0 ? -code : code;
	if (!code)
		code = EIO;
	va_start(ap, fmt);
	fill(e, code, strerror(code), fmt, ap);
	va_end(ap);
	return -code;
}

int err_say(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	code = code < 0 ? -code : code;
	if (!code)
		code = EIO;
	va_start(ap, fmt);
	fill(e, code, NULL, fmt, ap);
	va_end(ap);
	return -code;
}

void err_remedy(struct err *e, const char *remedy)
{
	if (e)
		e->remedy = remedy;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	const char *remedy;
	va_list ap;
	int code;

	if (!e)
		return -EIO;
	code = e->code ? e->code : EIO;
	memcpy(old, e->text, sizeof(old));
	remedy = e->remedy;
	va_start(ap, fmt);
	fill(e, code, old, fmt, ap);
	va_end(ap);
	e->remedy = remedy;
	return -code;
}

bool err_is_shortage(int code)
{
	code = code < 0 ? -code : code;
	return code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS;
}
