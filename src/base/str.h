/*
 * Text to numbers and back, strictly: no sign, no blank, no overflow, no rest.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>

#include "base/defs.h"

/* The whole string must be a decimal number in [0, max]. *out is untouched otherwise. */
bool str_to_u64(const char *s, uint64_t max, uint64_t *out);

/* A decimal fraction of seconds ("0.2", "1") in [0, max_ns] as nanoseconds; at most 9 places. */
bool str_to_ns(const char *s, int64_t max_ns, int64_t *out);

bool str_has_prefix(const char *s, const char *prefix);

/* Edit distance for did-you-mean; insert, delete, replace and swap cost 1 each, case nothing. */
unsigned str_distance(const char *a, const char *b);

/* The nearest of n names within distance 2 (and less than half the length), or NULL. */
const char *str_nearest(const char *s, const char *const *names, size_t n);

#endif
