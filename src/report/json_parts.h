/*
 * What the reports for programs are made of; what is not known is null. Each gives a new reference.
 */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include <jansson.h>

#include "report/report.h"

/* Any bytes, as valid text; null for NULL. */
json_t *json_text(const char *s);
json_t *json_texts(const char *const *s, size_t n);
json_t *json_count(int64_t v);
json_t *json_ms(int64_t ns);
void json_set(json_t *o, const char *key, json_t *v); /* takes the reference */

/* The members of wgdiag.report-1.schema.json. */
json_t *json_target(const struct target_facts *t);
json_t *json_row(const struct finding *f); /* one of `checks` */
json_t *json_verdict(const struct verdict *v);
json_t *json_fates(const struct facts *f);

/* Enough for microseconds of a day, and 18.4 stays 18.4. */
enum { JSON_REAL_DIGITS = 12 };

#endif
