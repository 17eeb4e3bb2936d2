/*
 * A log that the user gave. It tells of what was before the run, so it changes no row's answer: it
 * stands beside what a row saw.
 */
#ifndef CHECK_GIVEN_LOG_H
#define CHECK_GIVEN_LOG_H

#include "check/check.h"

#define GIVEN_LOG_ALL UINT32_MAX
#define GIVEN_LOG_BIT(c) (UINT32_C(1) << (c))

/* "in the log given: 3 × …, 2 × …", of these GIVEN_LOG_BITs; NULL: none given, or none in it. */
const char *given_log_words(const struct facts *f, uint32_t classes, struct arena *a);
/* Evidence of these classes for a row that is not as it should be. */
void given_log_because(const struct facts *f, uint32_t classes, struct findings *out,
		       struct finding *row);

#endif
