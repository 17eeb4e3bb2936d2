/*
 * One line on standard error. What stands in it may come from an argument, a file, or the far end:
 * it stays one line, and no terminal is told anything by it.
 */
#ifndef CMD_SAY_H
#define CMD_SAY_H

#include "base/defs.h"

/* As printf; the end of the line is added. */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
