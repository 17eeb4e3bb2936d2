/*
 * Whose address is that? The device-wide table of allowed IPs: a prefix belongs to
 * one owner; giving it to another moves it. Longest prefix wins.
 *
 * A path-compressed binary trie per family, and a list of its prefixes per owner.
 * IPv4-mapped IPv6 addresses are IPv6.
 */
#ifndef WG_ALLOWEDIPS_H
#define WG_ALLOWEDIPS_H

#include <stdbool.h>

#include "base/list.h"
#include "model/cidr.h"

struct allowedips;

/*
 * Lives in whoever owns prefixes (list_entry() leads from it to him), and must not move.
 * Before it goes it gives them up: allowedips_remove_owner(), unless the table went first.
 */
struct allowedips_owner {
	struct list nodes;
	size_t n; /* prefixes */
};
void allowedips_owner_init(struct allowedips_owner *o);

struct allowedips *allowedips_new(void);
void allowedips_free(struct allowedips *t); /* all owners are left with nothing */

/* Host bits are masked off. True when the prefix was taken from another owner. */
bool allowedips_insert(struct allowedips *t, const struct cidr *c, struct allowedips_owner *o);
/* Only if it is this owner's. True when something was removed. */
bool allowedips_remove(struct allowedips *t, const struct cidr *c, struct allowedips_owner *o);
void allowedips_remove_owner(struct allowedips *t, struct allowedips_owner *o);

/* addr: 4 or 16 bytes by family, any alignment. NULL when no prefix holds it. */
struct allowedips_owner *allowedips_lookup(const struct allowedips *t, enum addr_family family,
					   const uint8_t *addr);

/* Calls fn for each prefix of o, the one given last at the end; stops when it gives false.
 * It looks at nobody else's: a dump of all owners costs what all prefixes do, once.
 */
void allowedips_each_of(const struct allowedips_owner *o,
			bool (*fn)(void *ctx, const struct cidr *c), void *ctx);
/* The same for all prefixes there are, in trie order, IPv4 first. */
void allowedips_each(const struct allowedips *t,
		     bool (*fn)(void *ctx, const struct cidr *c, struct allowedips_owner *o),
		     void *ctx);
size_t allowedips_count(const struct allowedips *t);
/* What the prefixes cost: nodes of the trie, less than twice their number. */
size_t allowedips_nodes(const struct allowedips *t);

#endif
