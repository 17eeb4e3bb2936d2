/*
 * What the system said no to: what was tried, on what, why; in one line.
 *
 * A function that can fail this way takes `struct err *e` last, returns 0 or a
 * negative errno, and fills *e on failure only. The caller decides who hears it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/defs.h"

struct err {
	int code; /* positive errno, 0 = no error yet */
	char text[256]; /* "open /dev/net/tun: Permission denied" */
	/* what would help, for people; lives as long as the program; NULL: not known */
	const char *remedy;
};

/*
 * Fills *e from errno: "<what>: <strerror>". Returns -errno, so `return err_sys(e, ...)`. e may
 * be NULL.
 */
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same for a code that did not come by errno; code may have either sign, must not be 0. */
int err_code(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Only words, no strerror behind them (the words say it all). Returns -code. */
int err_say(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What would help with it; all of the above begin without one. e may be NULL. */
void err_remedy(struct err *e, const char *remedy);

/* Puts "<words>: " before the text that is there. Returns -e->code. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Whether it says that we, or this machine, have run out of descriptors or memory. Then
 * it tells nothing of whoever was spoken to. code may have either sign.
 */
bool err_is_shortage(int code);

#endif
