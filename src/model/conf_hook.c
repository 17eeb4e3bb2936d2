/*
 * The commands of a file, as they are run and as they are shown.
 */
#include <ctype.h>
#include <string.h>

#include "model/conf.h"

enum { KEY_CHARS = 43 }; /* 32 bytes in base64, before its "=" */

void conf_hook_fill(const char *text, const char *ifname, struct buf *b)
{
	const char *at = text, *mark;

	for (; (mark = strstr(at, "%i")); at = mark + 2) {
		buf_add(b, at, (size_t)(mark - at));
		buf_puts(b, ifname);
	}
	buf_puts(b, at);
}

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/';
}

void conf_hook_show(const char *command, struct buf *b)
{
	const char *at = command;
	size_t n;

	buf_puts(b, "");
	while (*at) {
		for (n = 0; is_base64(at[n]);)
			n++;
		if (n >= KEY_CHARS && at[n] == '=') {
			buf_puts(b, "(key)");
			n++;
		} else if (n) {
			buf_add(b, at, n);
		} else {
			buf_add(b, iscntrl((unsigned char)*at) ? "?" : at, 1);
			n = 1;
		}
		at += n;
	}
}
