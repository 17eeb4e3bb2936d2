/*
 * What a match of a rule asks for. Anything not understood to the end becomes RULE_OTHER: such a
 * rule may or may not hit, and is never blamed.
 *
 * nft leaves out what follows by itself (`udp dport 53` needs no `meta l4proto udp`), so a field
 * brings its protocol and family along.
 */
#include "gather/nft_draft.h"

#include <stdlib.h>
#include <string.h>

#include "gather/nft_jumps.h"

enum { TEXT_MAX = 160, PORT_MAX = 65535, PROTO_MAX = 255, SET_MAX = DRAFT_RULES_MAX };

struct field {
	const char *of, *name; /* "meta" or a protocol; name NULL: any other field */
	enum rule_match match;
	int l4; /* implied, -1: nothing */
	uint8_t family; /* implied */
};

static const struct field fields[] = {
	{ "meta", "iifname", RULE_IIF, -1, 0 },
	{ "meta", "iif", RULE_IIF, -1, 0 },
	{ "meta", "oifname", RULE_OIF, -1, 0 },
	{ "meta", "oif", RULE_OIF, -1, 0 },
	{ "meta", "l4proto", RULE_L4PROTO, -1, 0 },
	{ "meta", "nfproto", RULE_FAMILY, -1, 0 },
	{ "meta", "protocol", RULE_FAMILY, -1, 0 },
	{ "meta", "mark", RULE_MARK, -1, 0 },
	{ "ip", "saddr", RULE_SADDR, -1, FAMILY_IP4 },
	{ "ip", "daddr", RULE_DADDR, -1, FAMILY_IP4 },
	{ "ip", "protocol", RULE_L4PROTO, -1, FAMILY_IP4 },
	{ "ip", NULL, RULE_OTHER, -1, FAMILY_IP4 },
	{ "ip6", "saddr", RULE_SADDR, -1, FAMILY_IP6 },
	{ "ip6", "daddr", RULE_DADDR, -1, FAMILY_IP6 },
	{ "ip6", "nexthdr", RULE_L4PROTO, -1, FAMILY_IP6 },
	{ "ip6", NULL, RULE_OTHER, -1, FAMILY_IP6 },
	{ "th", "sport", RULE_SPORT, -1, 0 },
	{ "th", "dport", RULE_DPORT, -1, 0 },
	{ "udp", "sport", RULE_SPORT, 17, 0 },
	{ "udp", "dport", RULE_DPORT, 17, 0 },
	{ "udp", NULL, RULE_OTHER, 17, 0 },
	{ "tcp", "sport", RULE_SPORT, 6, 0 },
	{ "tcp", "dport", RULE_DPORT, 6, 0 },
	{ "tcp", NULL, RULE_OTHER, 6, 0 },
	{ "sctp", NULL, RULE_OTHER, 132, 0 },
	{ "dccp", NULL, RULE_OTHER, 33, 0 },
	{ "udplite", NULL, RULE_OTHER, 136, 0 },
	{ "esp", NULL, RULE_OTHER, 50, 0 },
	{ "ah", NULL, RULE_OTHER, 51, 0 },
	{ "icmp", "type", RULE_ICMP_TYPE, 1, 0 },
	{ "icmpv6", "type", RULE_ICMPV6_TYPE, 58, 0 },
	{ "icmp", NULL, RULE_OTHER, 1, 0 },
	{ "icmpv6", NULL, RULE_OTHER, 58, 0 },
};
static const struct field unknown_field = { NULL, NULL, RULE_OTHER, -1, 0 };

struct named {
	const char *name;
	int64_t number;
};
static const struct named protocols[] = {
	{ "icmp", 1 },	     { "igmp", 2 },   { "tcp", 6 },   { "udp", 17 },
	{ "gre", 47 },	     { "esp", 50 },   { "ah", 51 },   { "icmpv6", 58 },
	{ "ipv6-icmp", 58 }, { "sctp", 132 }, { "dccp", 33 }, { "udplite", 136 },
};
/* Those of which our probes are, and such as stand in ranges with them. */
static const struct named icmp_types[] = {
	{ "echo-reply", 0 },	     { "destination-unreachable", 3 }, { "redirect", 5 },
	{ "echo-request", 8 },	     { "time-exceeded", 11 },	       { "parameter-problem", 12 },
	{ "timestamp-request", 13 }, { "timestamp-reply", 14 },
};
static const struct named icmpv6_types[] = {
	{ "destination-unreachable", 1 }, { "packet-too-big", 2 },
	{ "time-exceeded", 3 },		  { "parameter-problem", 4 },
	{ "echo-request", 128 },	  { "echo-reply", 129 },
	{ "nd-router-solicit", 133 },	  { "nd-router-advert", 134 },
	{ "nd-neighbor-solicit", 135 },	  { "nd-neighbor-advert", 136 },
	{ "nd-redirect", 137 },
};
/* By NFPROTO_, by ETH_P_, or with words. */
static const struct named families[] = {
	{ "ipv4", FAMILY_IP4 },
	{ "ipv6", FAMILY_IP6 },
	{ "ip", FAMILY_IP4 },
	{ "ip6", FAMILY_IP6 },
};

void nft_draft_init(struct nft_draft *d)
{
	memset(d, 0, sizeof(*d));
	d->n_rules = 1;
}

void nft_draft_term(struct nft_draft *d, const struct rule_term *t)
{
	if (d->n_terms < DRAFT_TERMS_MAX)
		d->terms[d->n_terms++] = *t;
	else
		d->terms[DRAFT_TERMS_MAX - 1] =
			(struct rule_term){ .match = RULE_OTHER, .text = "and more" };
}

void nft_draft_other(struct nft_draft *d, const char *text, struct arena *a)
{
	struct rule_term t = { .match = RULE_OTHER };

	t.text = arena_printf(a, "%.*s", TEXT_MAX, text);
	nft_draft_term(d, &t);
}

void nft_draft_share(struct nft_draft *d, const json_t *j, struct arena *a)
{
	struct rule_term t = { .match = RULE_SHARE, .text = nft_draft_dump(j, a) };

	nft_draft_term(d, &t);
}

const char *nft_draft_dump(const json_t *j, struct arena *a)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	const char *cut = arena_printf(a, "%.*s", TEXT_MAX, text ? text : "?");

	free(text);
	return cut;
}

void nft_draft_other_json(struct nft_draft *d, const json_t *j, struct arena *a)
{
	nft_draft_other(d, nft_draft_dump(j, a), a);
}

/* --- values ------------------------------------------------------------------- */

static const struct field *field_of(const json_t *left)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta");
	const char *of = meta ? "meta" : nft_string(payload, "protocol");
	const char *name = nft_string(meta ? meta : payload, meta ? "key" : "field");
	size_t i;

	/* Of a header inside a tunnel (`vxlan ip saddr`) nothing is judged. */
	if (!of || !name || (payload && json_object_get(payload, "tunnel")))
		return &unknown_field;
	for (i = 0; i < ARRAY_LEN(fields); i++)
		if (!strcmp(fields[i].of, of) && (!fields[i].name || !strcmp(fields[i].name, name)))
			return &fields[i];
	return &unknown_field;
}

static bool number_of(const json_t *v, const struct named *names, size_t n, int64_t max,
		      int64_t *out)
{
	const char *s = json_string_value(v);
	size_t i;

	if (json_is_integer(v)) {
		*out = json_integer_value(v);
		return *out >= 0 && *out <= max;
	}
	for (i = 0; s && i < n; i++) {
		if (strcmp(names[i].name, s))
			continue;
		*out = names[i].number;
		return true;
	}
	return false;
}

static bool number_or_range(const json_t *v, const struct named *names, size_t n, int64_t max,
			    struct rule_term *t)
{
	const json_t *r = json_object_get(v, "range");

	if (!r) {
		if (!number_of(v, names, n, max, &t->lo))
			return false;
		t->hi = t->lo;
		return true;
	}
	return json_array_size(r) == 2 && number_of(json_array_get(r, 0), names, n, max, &t->lo) &&
	       number_of(json_array_get(r, 1), names, n, max, &t->hi) && t->lo <= t->hi;
}

static bool family_value(const json_t *v, struct rule_term *t)
{
	int64_t number;

	if (json_is_integer(v) || !number_of(v, families, ARRAY_LEN(families), 0, &number))
		return false;
	t->lo = t->hi = number;
	return true;
}

static bool net_value(const json_t *v, const struct field *f, struct rule_term *t)
{
	const json_t *prefix = json_object_get(v, "prefix");
	const json_t *len = json_object_get(prefix, "len");
	const char *s = prefix ? nft_string(prefix, "addr") : json_string_value(v);

	if (!s || strchr(s, '/') || !cidr_parse(s, &t->net) || t->net.addr.family != f->family)
		return false;
	if (!prefix)
		return true;
	if (!json_is_integer(len) || json_integer_value(len) < 0 ||
	    json_integer_value(len) > t->net.len)
		return false;
	t->net.len = (uint8_t)json_integer_value(len);
	return true;
}

static bool value(const json_t *v, const struct field *f, struct arena *a, struct rule_term *t)
{
	const json_t *elem = json_object_get(v, "elem");
	const char *s;

	if (elem)
		v = json_object_get(elem, "val");
	*t = (struct rule_term){ .match = f->match };
	switch (f->match) {
	case RULE_IIF:
	case RULE_OIF:
		s = json_string_value(v);
		if (!s || *s == '@')
			return false;
		t->text = arena_strdup(a, s);
		return true;
	case RULE_SADDR:
	case RULE_DADDR:
		return net_value(v, f, t);
	case RULE_L4PROTO:
		return number_or_range(v, protocols, ARRAY_LEN(protocols), PROTO_MAX, t);
	case RULE_SPORT:
	case RULE_DPORT:
		return number_or_range(v, NULL, 0, PORT_MAX, t);
	case RULE_FAMILY:
		return family_value(v, t);
	case RULE_ICMP_TYPE:
		return number_or_range(v, icmp_types, ARRAY_LEN(icmp_types), PROTO_MAX, t);
	case RULE_ICMPV6_TYPE:
		return number_or_range(v, icmpv6_types, ARRAY_LEN(icmpv6_types), PROTO_MAX, t);
	case RULE_MARK:
		return number_or_range(v, NULL, 0, UINT32_MAX, t);
	case RULE_LOCAL:
	case RULE_KNOWN_FLOW:
	case RULE_TO_LOCAL:
	case RULE_SHARE:
	case RULE_CT_STATE:
	case RULE_OTHER:
		break;
	}
	return false;
}

/* --- matches ------------------------------------------------------------------ */

static bool is_number(const struct field *f)
{
	return f->match == RULE_SPORT || f->match == RULE_DPORT || f->match == RULE_L4PROTO;
}

/* "<" and its like. */
static bool compare(struct nft_draft *d, const char *op, const json_t *right, const struct field *f,
		    struct arena *a)
{
	int64_t max = f->match == RULE_L4PROTO ? PROTO_MAX : PORT_MAX;
	struct rule_term t;

	if (!is_number(f) || !value(right, f, a, &t) || t.lo != t.hi)
		return false;
	if (op[0] == '<') {
		t.hi -= op[1] == '\0';
		t.lo = 0;
	} else if (op[0] == '>') {
		t.lo += op[1] == '\0';
		t.hi = max;
	} else {
		return false;
	}
	if (t.lo > t.hi)
		return false;
	nft_draft_term(d, &t);
	return true;
}

/* Not one of a set: none of them, so each is a term of its own. */
static bool add_set(struct nft_draft *d, const json_t *set, bool negated, const struct field *f,
		    struct arena *a)
{
	size_t n = json_array_size(set), i;
	struct rule_term *t;

	if (!n || n > SET_MAX)
		return false;
	t = arena_alloc(a, n * sizeof(*t));
	for (i = 0; i < n; i++)
		if (!value(json_array_get(set, i), f, a, &t[i]))
			return false;
	if (!negated && n > 1) {
		if (d->n_choices == DRAFT_CHOICES_MAX || d->n_rules * n > DRAFT_RULES_MAX)
			return false;
		d->choices[d->n_choices++] = (struct nft_choice){ t, n };
		d->n_rules *= n;
		return true;
	}
	for (i = 0; i < n; i++) {
		t[i].negated = negated;
		nft_draft_term(d, &t[i]);
	}
	return true;
}

static bool is_dynamic(const json_t *set)
{
	const json_t *flags = json_object_get(set, "flags");
	size_t i;

	for (i = 0; i < json_array_size(flags); i++) {
		const char *s = json_string_value(json_array_get(flags, i));

		if (!s || strcmp(s, "interval"))
			return !s || strcmp(s, "constant");
	}
	return json_is_string(flags) && strcmp(json_string_value(flags), "interval");
}

/* What a set with a name holds; not of one to which packets add, which may be another soon. */
static const json_t *named_set(const struct nft_draft *d, const json_t *right)
{
	const char *name = json_string_value(right), *its;
	const json_t *set, *found = NULL;
	size_t i;

	if (!name || *name != '@')
		return NULL;
	for (i = 0; !found && i < json_array_size(d->items); i++) {
		set = json_object_get(json_array_get(d->items, i), "set");
		its = nft_string(set, "name");
		if (its && strcmp(its, name + 1) == 0 && nft_same_table(set, d->rule) &&
		    !json_object_get(set, "timeout") && !is_dynamic(set))
			found = json_object_get(set, "elem");
	}
	return found;
}

static bool add(struct nft_draft *d, const json_t *match, const struct field *f, struct arena *a)
{
	const char *op = nft_string(match, "op");
	const json_t *right = json_object_get(match, "right");
	const json_t *set = json_object_get(right, "set");
	struct rule_term t;
	bool negated;

	if (!op || !right || f->match == RULE_OTHER)
		return false;
	negated = !strcmp(op, "!=");
	if (!negated && strcmp(op, "=="))
		return compare(d, op, right, f, a);
	if (!set)
		set = named_set(d, right);
	if (json_is_array(set))
		return add_set(d, set, negated, f, a);
	if (!value(right, f, a, &t))
		return false;
	t.negated = negated;
	nft_draft_term(d, &t);
	return true;
}

/* fib saddr type, or that of the destination: nothing else about the way is judged. */
static bool type_of(const json_t *left, enum rule_match *out)
{
	const json_t *fib = json_object_get(left, "fib"), *flags = json_object_get(fib, "flags");
	const char *result = nft_string(fib, "result"), *flag;

	flag = json_string_value(json_array_size(flags) == 1 ? json_array_get(flags, 0) : flags);
	if (!result || !flag || strcmp(result, "type") != 0)
		return false;
	*out = !strcmp(flag, "saddr") ? RULE_LOCAL : RULE_TO_LOCAL;
	return *out == RULE_LOCAL || !strcmp(flag, "daddr");
}

/* wg-quick asks for a source that is not this host's, its kill switch for such a destination. */
static bool add_local(struct nft_draft *d, const json_t *match)
{
	const char *op = nft_string(match, "op"), *right = nft_string(match, "right");
	struct rule_term t = { 0 };

	if (!op || !right || strcmp(right, "local") != 0 ||
	    !type_of(json_object_get(match, "left"), &t.match))
		return false;
	t.negated = !strcmp(op, "!=");
	nft_draft_term(d, &t);
	return true;
}

void nft_draft_match(struct nft_draft *d, const json_t *match, struct arena *a)
{
	const struct field *f = field_of(json_object_get(match, "left"));
	struct rule_term t = { 0 };

	if (add_local(d, match) || nft_draft_known_flow(d, match) ||
	    nft_draft_ct_state(d, match, a))
		return;
	if (json_object_get(json_object_get(match, "left"), "numgen")) {
		nft_draft_share(d, match, a);
		return;
	}
	if (f->family && f->match != RULE_SADDR && f->match != RULE_DADDR) {
		t.match = RULE_FAMILY;
		t.lo = t.hi = f->family;
		nft_draft_term(d, &t);
	}
	if (f->l4 >= 0) {
		t.match = RULE_L4PROTO;
		t.lo = t.hi = f->l4;
		nft_draft_term(d, &t);
	}
	if (!add(d, match, f, a))
		nft_draft_other_json(d, match, a);
}

void nft_draft_terms(const struct nft_draft *d, size_t i, struct arena *a, struct rule_term **out,
		     size_t *n)
{
	struct rule_term *t = arena_alloc(a, (d->n_terms + d->n_choices + 1) * sizeof(*t));
	size_t c;

	memcpy(t, d->terms, d->n_terms * sizeof(*t));
	for (c = 0; c < d->n_choices; c++) {
		t[d->n_terms + c] = d->choices[c].terms[i % d->choices[c].n];
		i /= d->choices[c].n;
	}
	*out = t;
	*n = d->n_terms + d->n_choices;
}
