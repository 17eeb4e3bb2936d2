/*
 * Whose address is that? The device-wide table of allowed IPs: a prefix belongs to
 * one owner; giving it to another moves it. Longest prefix wins.
 *
 * A path-compressed binary trie per family. IPv4-mapped IPv6 addresses are IPv6.
 */
#ifndef WG_ALLOWEDIPS_H
#define WG_ALLOWEDIPS_H

#include <stdbool.h>

#include "model/cidr.h"

struct allowedips; /* owners are opaque pointers; the table never looks into them */

struct allowedips *allowedips_new(void);
void allowedips_free(struct allowedips *t);

/* Host bits are masked off. True when the prefix was taken from another owner. */
bool allowedips_insert(struct allowedips *t, const struct cidr *c, void *owner);
/* Only if it is this owner's. True when something was removed. */
bool allowedips_remove(struct allowedips *t, const struct cidr *c, void *owner);
void allowedips_remove_owner(struct allowedips *t, void *owner);

/* addr: 4 or 16 bytes by family, any alignment. NULL when no prefix holds it. */
void *allowedips_lookup(const struct allowedips *t, enum addr_family family, const uint8_t *addr);

/* Calls fn for each prefix of owner (NULL: of anybody) in trie order, IPv4 first; stops
 * when it gives false.
 */
void allowedips_each(const struct allowedips *t, const void *owner,
		     bool (*fn)(void *ctx, const struct cidr *c, void *owner), void *ctx);
size_t allowedips_count(const struct allowedips *t, const void *owner);
/* What the prefixes cost: nodes of the trie, less than twice their number. */
size_t allowedips_nodes(const struct allowedips *t);

#endif
