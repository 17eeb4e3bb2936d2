/*
 * Tokens per source, 20 a second with a burst of 5, per /32 or /64 (driver: ratelimiter.c).
 * Bounded memory; entries idle for a second are dropped by ratelimit_expire().
 */
#ifndef WG_RATELIMIT_H
#define WG_RATELIMIT_H

#include <stdbool.h>

#include "model/endpoint.h"

enum { RATELIMIT_PER_S = 20, RATELIMIT_BURST = 5, RATELIMIT_ENTRIES_MAX = 8192 };

struct ratelimit;
struct ratelimit *ratelimit_new(const uint8_t hash_key[16]);
void ratelimit_free(struct ratelimit *r);
bool ratelimit_allow(struct ratelimit *r, const struct endpoint *from, int64_t now_ns);
void ratelimit_expire(struct ratelimit *r, int64_t now_ns);
size_t ratelimit_entries(const struct ratelimit *r);

#endif
