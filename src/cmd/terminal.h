/*
 * What the place that output goes to can show.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

#include "report/report.h"

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Fills width, colour and utf8 for standard output. */
void terminal_style(enum colour_when when, struct report_style *s);
/* May progress be shown there, to be overwritten? */
bool terminal_is_live(int fd);

#endif
