/*
 * An intrusive hash table: the node lives in what is listed, as in base/list.h.
 * The hash is the caller's, and should be random already (a random index, a keyed hash).
 */
#ifndef WG_TABLE_H
#define WG_TABLE_H

#include "base/defs.h"

#define table_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **bucket;
	size_t n_buckets, n; /* n_buckets is a power of two, or 0 before the first node */
};

void table_init(struct table *t);
void table_done(struct table *t); /* the nodes are the caller's */
void table_add(struct table *t, struct table_node *node, uint64_t hash);
void table_del(struct table *t, struct table_node *node); /* must be in it */

static inline struct table_node *table_skip(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

/* The nodes with that hash, one after the other; NULL at the end. */
static inline struct table_node *table_first(const struct table *t, uint64_t hash)
{
	return t->n ? table_skip(t->bucket[hash & (t->n_buckets - 1)], hash) : NULL;
}

static inline struct table_node *table_next(const struct table_node *node)
{
	return table_skip(node->next, node->hash);
}

#endif
