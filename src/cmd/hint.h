/*
 * What a person can do about a machine that refuses to make a tunnel.
 */
#ifndef CMD_HINT_H
#define CMD_HINT_H

#include <stdbool.h>

#include "base/err.h"

/* "run as root", to stand behind the error; NULL when there is nothing to say. */
const char *hint_for(const struct err *e, bool root);

#endif
