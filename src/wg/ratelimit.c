#include "wg/ratelimit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/*
 * A hash table of chained entries over one fixed pool. The hash is keyed, so that
 * nobody outside can choose addresses that fall into one chain. Time is the token:
 * a message costs 50 ms of it, an entry holds at most 250 ms.
 */
enum {
	BUCKETS = RATELIMIT_ENTRIES_MAX / 4,
	ENTRY_NONE = UINT16_MAX,
	/* Entries go after a second, so to look for them more often than that is vain when
	 * all is full.
	 */
	FULL_EXPIRE_MS = 100,
};
static const int64_t COST_NS = NS_PER_S / RATELIMIT_PER_S;
static const int64_t TOKENS_MAX_NS = NS_PER_S / RATELIMIT_PER_S * RATELIMIT_BURST;
static const int64_t IDLE_NS = NS_PER_S; /* driver: entries live a second */

_Static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a mask picks the bucket");
_Static_assert((int)RATELIMIT_ENTRIES_MAX < (int)ENTRY_NONE, "entries are numbered in 16 bits");

struct source {
	uint8_t family;
	uint8_t prefix[8]; /* a whole IPv4 address, or the upper half of an IPv6 one */
};

struct entry {
	struct source source;
	uint16_t next; /* in its chain, or among the free */
	int64_t last_ns, tokens_ns;
};

struct ratelimit {
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	uint16_t bucket[BUCKETS];
	uint16_t free;
	bool ever_expired;
	int64_t expired_ns; /* when the last look for idle entries was */
	size_t n;
	struct entry entry[RATELIMIT_ENTRIES_MAX];
};
_Static_assert(crypto_shorthash_KEYBYTES == 16, "as the declaration of ratelimit_new() says");

struct ratelimit *ratelimit_new(const uint8_t hash_key[16])
{
	struct ratelimit *r = calloc(1, sizeof(*r));
	unsigned i;

	if (!r)
		abort();
	memcpy(r->hash_key, hash_key, sizeof(r->hash_key));
	for (i = 0; i < BUCKETS; i++)
		r->bucket[i] = ENTRY_NONE;
	for (i = 0; i < RATELIMIT_ENTRIES_MAX; i++)
		r->entry[i].next = (uint16_t)(i + 1);
	r->entry[RATELIMIT_ENTRIES_MAX - 1].next = ENTRY_NONE;
	return r;
}

void ratelimit_free(struct ratelimit *r)
{
	if (!r)
		return;
	sodium_memzero(r->hash_key, sizeof(r->hash_key));
	free(r);
}

static struct source source_of(const struct endpoint *from)
{
	struct source s = { .family = from->addr.family };

	memcpy(s.prefix, from->addr.b, s.family == FAMILY_IP4 ? 4 : sizeof(s.prefix));
	return s;
}

static uint16_t *bucket_of(struct ratelimit *r, const struct source *s)
{
	uint8_t hash[crypto_shorthash_BYTES];

	crypto_shorthash(hash, (const uint8_t *)s, sizeof(*s), r->hash_key);
	return &r->bucket[(hash[0] | hash[1] << 8) & (BUCKETS - 1)];
}
_Static_assert(sizeof(struct source) == 9, "hashed as bytes: it has no holes");

static struct entry *find(struct ratelimit *r, uint16_t at, const struct source *s)
{
	for (; at != ENTRY_NONE; at = r->entry[at].next) {
		if (!memcmp(&r->entry[at].source, s, sizeof(*s)))
			return &r->entry[at];
	}
	return NULL;
}

static bool spend(struct entry *e, int64_t now_ns)
{
	e->tokens_ns = MIN(e->tokens_ns + (now_ns - e->last_ns), TOKENS_MAX_NS);
	e->last_ns = now_ns;
	if (e->tokens_ns < COST_NS)
		return false;
	e->tokens_ns -= COST_NS;
	return true;
}

static void make_room(struct ratelimit *r, int64_t now_ns)
{
	if (r->ever_expired && now_ns - r->expired_ns < FULL_EXPIRE_MS * NS_PER_MS)
		return;
	ratelimit_expire(r, now_ns);
}

/* A source that finds no room is refused: more of them within a second is a flood (driver:
 * the same).
 */
bool ratelimit_allow(struct ratelimit *r, const struct endpoint *from, int64_t now_ns)
{
	struct source s = source_of(from);
	uint16_t *bucket = bucket_of(r, &s), at;
	struct entry *e = find(r, *bucket, &s);

	if (e)
		return spend(e, now_ns);
	if (r->free == ENTRY_NONE)
		make_room(r, now_ns);
	if (r->free == ENTRY_NONE)
		return false;
	at = r->free;
	e = &r->entry[at];
	r->free = e->next;
	*e = (struct entry){
		.source = s,
		.next = *bucket,
		.last_ns = now_ns,
		.tokens_ns = TOKENS_MAX_NS,
	};
	*bucket = at;
	r->n++;
	return spend(e, now_ns);
}

static void expire_chain(struct ratelimit *r, uint16_t *link, int64_t now_ns)
{
	while (*link != ENTRY_NONE) {
		uint16_t at = *link;
		struct entry *e = &r->entry[at];

		if (now_ns - e->last_ns <= IDLE_NS) {
			link = &e->next;
			continue;
		}
		*link = e->next;
		e->next = r->free;
		r->free = at;
		r->n--;
	}
}

void ratelimit_expire(struct ratelimit *r, int64_t now_ns)
{
	unsigned i;

	r->expired_ns = now_ns;
	r->ever_expired = true;
	for (i = 0; i < BUCKETS && r->n; i++)
		expire_chain(r, &r->bucket[i], now_ns);
}

size_t ratelimit_entries(const struct ratelimit *r)
{
	return r->n;
}
