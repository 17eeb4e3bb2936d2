/*
 * What commands share in reading their command line: the one line about what is wrong with
 * it, and values that must be numbers.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "base/defs.h"

/* "wgdiag check: unknown option '--jsn' (did you mean --json?)"; EXIT_USAGE. */
int options_unknown(const char *cmd, const struct option *table, const char *given);
/* The same after getopt_long gave '?' or ':' (with a leading ':' in its short options). */
int options_bad(const char *cmd, const struct option *table, int got, char **argv);
/* "wgdiag check: unknown engine 'builtn' (did you mean builtin?)"; n names to choose from. */
int options_no_such(const char *cmd, const char *what, const char *given, const char *const *names,
		    size_t n);

/* False, and the line is said, when s is no number in [min, max]. */
bool options_count(const char *cmd, const char *option, const char *s, uint64_t min, uint64_t max,
		   uint64_t *out);
/* A percentage from 0 to 100, with up to four decimals, as parts per million. */
bool options_percent(const char *cmd, const char *option, const char *s, int64_t *ppm);
bool options_seconds(const char *cmd, const char *option, const char *s, int64_t min_ns,
		     int64_t max_ns, int64_t *out);

#endif
