#include "wg/allowedips.h"

#include <assert.h>
#include <stdlib.h>

#include "wire/cursor.h"

/*
 * Theory of operation
 *
 * One binary trie per family. Every node is a prefix, and all below it lies within
 * that prefix; a child hangs on the side that the first bit behind the prefix says.
 * Path-compressed: chains of single children do not exist, so a node without an
 * owner (a branch) always has two children, and n prefixes need at most 2n - 1 nodes.
 *
 * A node is in the list of its owner exactly as long as it has one; branches are in none.
 * What is asked about one owner walks that list: thousands of peers are dumped and
 * replaced in between packets, and none of them may cost a walk through all prefixes.
 *
 * Addresses are held as two numbers, an IPv4 address in the upper half of the first:
 * so a bit test is a shift, whatever the alignment and the byte order (the driver
 * once read past an unaligned address here: CVE-2024-42247), and both families take
 * the same way.
 */

struct bits {
	uint64_t hi, lo;
};

struct node {
	/* what a lookup reads comes first, close together */
	struct bits key; /* masked to len */
	struct node *child[2];
	struct allowedips_owner *owner; /* NULL: a branch */
	uint8_t len, family;
	struct list link; /* in owner->nodes */
};

struct allowedips {
	struct node *root4, *root6;
};

enum { IP4_BITS = 32, IP6_BITS = 128 };

static struct bits bits_load(enum addr_family family, const uint8_t *addr)
{
	struct rd r = rd_on(addr, family == FAMILY_IP4 ? 4 : 16);
	struct bits b = { 0, 0 };

	if (family == FAMILY_IP4) {
		b.hi = (uint64_t)rd_be32(&r) << 32;
	} else {
		b.hi = rd_be64(&r);
		b.lo = rd_be64(&r);
	}
	return b;
}

/* The upper n bits of 64; n may be 0 and more than 64. */
static uint64_t mask64(unsigned n)
{
	if (!n)
		return 0;
	return n >= 64 ? UINT64_MAX : ~(UINT64_MAX >> n);
}

static struct bits bits_mask(struct bits b, unsigned len)
{
	return (struct bits){ b.hi & mask64(len), b.lo & mask64(len > 64 ? len - 64 : 0) };
}

static bool bits_same(struct bits a, struct bits b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* Bit n from the left; a node as long as the address has no children to choose from. */
static unsigned bits_at(struct bits b, unsigned n)
{
	assert(n < IP6_BITS);
	return n < 64 ? b.hi >> (63 - n) & 1 : b.lo >> (127 - n) & 1;
}

static unsigned bits_common(struct bits a, struct bits b)
{
	if (a.hi != b.hi)
		return (unsigned)__builtin_clzll(a.hi ^ b.hi);
	if (a.lo != b.lo)
		return 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo);
	return IP6_BITS;
}

static bool holds(const struct node *n, struct bits key)
{
	return bits_same(bits_mask(key, n->len), n->key);
}

/* A branch, until it is given to somebody. */
static struct node *node_new(enum addr_family family, struct bits key, unsigned len)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->key = bits_mask(key, len);
	n->len = (uint8_t)len;
	n->family = (uint8_t)family;
	return n;
}

static void node_disown(struct node *n)
{
	if (!n->owner)
		return;
	list_del(&n->link);
	n->owner->n--;
	n->owner = NULL;
}

static void node_give(struct node *n, struct allowedips_owner *o)
{
	node_disown(n);
	n->owner = o;
	list_add_tail(&o->nodes, &n->link);
	o->n++;
}

static void node_hang(struct node *parent, struct node *child)
{
	parent->child[bits_at(child->key, parent->len)] = child;
}

/* At most 128 deep, since each level is a longer prefix. */
static void node_free_all(struct node *n)
{
	if (!n)
		return;
	node_free_all(n->child[0]);
	node_free_all(n->child[1]);
	node_disown(n);
	free(n);
}

/* Takes *link out when it is a branch with less than two children. */
static void node_settle(struct node **link)
{
	struct node *n = *link;

	if (n->owner || (n->child[0] && n->child[1]))
		return;
	*link = n->child[0] ? n->child[0] : n->child[1];
	free(n);
}

void allowedips_owner_init(struct allowedips_owner *o)
{
	list_init(&o->nodes);
	o->n = 0;
}

struct allowedips *allowedips_new(void)
{
	struct allowedips *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	return t;
}

void allowedips_free(struct allowedips *t)
{
	if (!t)
		return;
	node_free_all(t->root4);
	node_free_all(t->root6);
	free(t);
}

/* A prefix as this table knows it: where it belongs and its bits. */
struct prefix {
	struct node **root;
	enum addr_family family;
	struct bits key;
	unsigned len;
};

static struct node **root_of(struct allowedips *t, enum addr_family family)
{
	assert(family == FAMILY_IP4 || family == FAMILY_IP6);
	return family == FAMILY_IP4 ? &t->root4 : &t->root6;
}

static struct prefix prefix_of(struct allowedips *t, const struct cidr *c)
{
	struct prefix p = { .family = (enum addr_family)c->addr.family, .len = c->len };

	p.root = root_of(t, p.family);
	assert(p.len <= (p.family == FAMILY_IP4 ? IP4_BITS : IP6_BITS));
	p.key = bits_mask(bits_load(p.family, c->addr.b), p.len);
	return p;
}

static struct prefix prefix_of_node(struct allowedips *t, const struct node *n)
{
	struct prefix p = { .family = (enum addr_family)n->family, .key = n->key, .len = n->len };

	p.root = root_of(t, p.family);
	return p;
}

/*
 * The link whose node is the prefix, or below which it belongs. *parent is the link
 * one up, or NULL.
 */
static struct node **descend(const struct prefix *p, struct node ***parent)
{
	struct node **link = p->root;

	*parent = NULL;
	while (*link && (*link)->len < p->len && holds(*link, p->key)) {
		*parent = link;
		link = &(*link)->child[bits_at(p->key, (*link)->len)];
	}
	return link;
}

static bool is_prefix(const struct node *n, const struct prefix *p)
{
	return n && n->len == p->len && bits_same(n->key, p->key);
}

bool allowedips_insert(struct allowedips *t, const struct cidr *c, struct allowedips_owner *o)
{
	struct prefix p = prefix_of(t, c);
	struct node **parent, **link = descend(&p, &parent), *there = *link, *above;
	unsigned common;
	bool taken;

	assert(o);
	if (is_prefix(there, &p)) {
		taken = there->owner && there->owner != o;
		node_give(there, o);
		return taken;
	}
	above = node_new(p.family, p.key, p.len);
	node_give(above, o);
	*link = above;
	if (!there)
		return false;
	common = bits_common(there->key, p.key);
	if (common < MIN(p.len, there->len)) {
		*link = node_new(p.family, p.key, common);
		node_hang(*link, above);
		above = *link;
	}
	node_hang(above, there);
	return false;
}

/* Gives back the prefix, which *link is; a node with two children stays, as a branch. */
static void take_out(struct node **link, struct node **parent)
{
	node_disown(*link);
	node_settle(link);
	if (parent)
		node_settle(parent);
}

bool allowedips_remove(struct allowedips *t, const struct cidr *c, struct allowedips_owner *o)
{
	struct prefix p = prefix_of(t, c);
	struct node **parent, **link = descend(&p, &parent);

	if (!is_prefix(*link, &p) || !o || (*link)->owner != o)
		return false;
	take_out(link, parent);
	return true;
}

void allowedips_remove_owner(struct allowedips *t, struct allowedips_owner *o)
{
	while (!list_empty(&o->nodes)) {
		struct node *n = list_entry(o->nodes.next, struct node, link);
		struct prefix p = prefix_of_node(t, n);
		struct node **parent, **link = descend(&p, &parent);

		assert(*link == n);
		take_out(link, parent);
	}
}

struct allowedips_owner *allowedips_lookup(const struct allowedips *t, enum addr_family family,
					   const uint8_t *addr)
{
	const struct node *n = family == FAMILY_IP4 ? t->root4 : t->root6;
	unsigned bits = family == FAMILY_IP4 ? IP4_BITS : IP6_BITS;
	struct allowedips_owner *best = NULL;
	struct bits key;

	assert(family == FAMILY_IP4 || family == FAMILY_IP6);
	key = bits_load(family, addr);
	while (n && holds(n, key)) {
		if (n->owner)
			best = n->owner;
		if (n->len == bits)
			break;
		n = n->child[bits_at(key, n->len)];
	}
	return best;
}

static struct cidr cidr_of(const struct node *n)
{
	struct cidr c = { .addr.family = n->family, .len = n->len };
	struct wr w = wr_on(c.addr.b, sizeof(c.addr.b));

	wr_be64(&w, n->key.hi);
	wr_be64(&w, n->key.lo);
	return c;
}

void allowedips_each_of(const struct allowedips_owner *o,
			bool (*fn)(void *ctx, const struct cidr *c), void *ctx)
{
	struct list *at;

	list_for_each(at, &o->nodes) {
		struct cidr c = cidr_of(list_entry(at, struct node, link));

		if (!fn(ctx, &c))
			return;
	}
}

struct visit {
	bool (*fn)(void *ctx, const struct cidr *c, struct allowedips_owner *o);
	void *ctx;
};

static bool visit_one(const struct visit *v, const struct node *n)
{
	struct cidr c = cidr_of(n);

	return v->fn(v->ctx, &c, n->owner);
}

static bool visit_below(const struct visit *v, const struct node *n)
{
	if (!n)
		return true;
	if (n->owner && !visit_one(v, n))
		return false;
	return visit_below(v, n->child[0]) && visit_below(v, n->child[1]);
}

void allowedips_each(const struct allowedips *t,
		     bool (*fn)(void *ctx, const struct cidr *c, struct allowedips_owner *o),
		     void *ctx)
{
	struct visit v = { .fn = fn, .ctx = ctx };

	if (visit_below(&v, t->root4))
		visit_below(&v, t->root6);
}

static size_t count_below(const struct node *n)
{
	return n ? !!n->owner + count_below(n->child[0]) + count_below(n->child[1]) : 0;
}

size_t allowedips_count(const struct allowedips *t)
{
	return count_below(t->root4) + count_below(t->root6);
}

static size_t nodes_below(const struct node *n)
{
	return n ? 1 + nodes_below(n->child[0]) + nodes_below(n->child[1]) : 0;
}

size_t allowedips_nodes(const struct allowedips *t)
{
	return nodes_below(t->root4) + nodes_below(t->root6);
}
