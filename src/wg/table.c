#include "wg/table.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_BUCKETS = 16 };

void table_init(struct table *t)
{
	*t = (struct table){ 0 };
}

void table_done(struct table *t)
{
	free(t->bucket);
	table_init(t);
}

static void link_in(struct table *t, struct table_node *node)
{
	struct table_node **bucket = &t->bucket[node->hash & (t->n_buckets - 1)];

	node->next = *bucket;
	*bucket = node;
}

static void grow(struct table *t)
{
	struct table old = *t;

	t->n_buckets = old.n_buckets ? 2 * old.n_buckets : FIRST_BUCKETS;
	t->bucket = calloc(t->n_buckets, sizeof(*t->bucket));
	if (!t->bucket)
		abort();
	for (size_t i = 0; i < old.n_buckets; i++) {
		struct table_node *node = old.bucket[i], *next;

		for (; node; node = next) {
			next = node->next;
			link_in(t, node);
		}
	}
	free(old.bucket);
}

void table_add(struct table *t, struct table_node *node, uint64_t hash)
{
	if (t->n == t->n_buckets)
		grow(t);
	node->hash = hash;
	link_in(t, node);
	t->n++;
}

void table_del(struct table *t, struct table_node *node)
{
	struct table_node **at = &t->bucket[node->hash & (t->n_buckets - 1)];

	while (*at != node) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	t->n--;
}
