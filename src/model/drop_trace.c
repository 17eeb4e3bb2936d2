#include "model/drop_trace.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/defs.h"

enum {
	SETS = 4096,
	WAYS = 4,
	COMM_LEN = 16, /* the column of the task's name, which may hold any bytes */
	/*
	 * A neighbour that does not answer is given up after 3 s. Not every way to free a buffer is
	 * traced, so older ones mean nothing.
	 */
	KEPT_S = 5,
};

/* Where a buffer was last seen. */
struct last {
	uint64_t skb; /* 0: none */
	int64_t at_ns;
	uint8_t dev, in;
};

struct drop_trace {
	char dev[DROP_DEVS_MAX][DROP_NAME_SIZE];
	unsigned n_dev;
	uint64_t seen_in[DROP_DEVS_MAX + 1], seen_out[DROP_DEVS_MAX + 1]; /* and of all others */
	struct drop_kind kind[DROP_KINDS_MAX];
	size_t n;
	uint64_t lost;
	struct last last[SETS][WAYS];
};

struct drop_trace *drop_trace_new(void)
{
	return calloc(1, sizeof(struct drop_trace));
}

void drop_trace_free(struct drop_trace *t)
{
	free(t);
}

bool drop_trace_device(struct drop_trace *t, const char *name)
{
	if (t->n_dev == DROP_DEVS_MAX || !name[0] || strlen(name) >= DROP_NAME_SIZE)
		return false;
	memcpy(t->dev[t->n_dev++], name, strlen(name) + 1);
	return true;
}

/* --- where buffers are -------------------------------------------------------- */

static struct last *set_of(struct drop_trace *t, uint64_t skb)
{
	return t->last[(skb ^ skb >> 20) * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}
_Static_assert(SETS == 1 << (64 - 52), "a hash has no set");

static struct last *find(struct drop_trace *t, uint64_t skb)
{
	struct last *set = set_of(t, skb);
	unsigned i;

	for (i = 0; i < WAYS; i++)
		if (set[i].skb == skb)
			return &set[i];
	return NULL;
}

static void forget(struct drop_trace *t, uint64_t skb)
{
	struct last *l = find(t, skb);

	if (l)
		l->skb = 0;
}

/* Where there is no room the oldest goes: it has most likely ended unseen. */
static void see(struct drop_trace *t, uint64_t skb, unsigned dev, bool in, int64_t at_ns)
{
	struct last *l = find(t, skb), *set = set_of(t, skb);
	unsigned i;

	for (i = 0; !l && i < WAYS; i++)
		if (!set[i].skb)
			l = &set[i];
	if (!l)
		for (l = set, i = 1; i < WAYS; i++)
			if (set[i].at_ns < l->at_ns)
				l = &set[i];
	*l = (struct last){ .skb = skb, .at_ns = at_ns, .dev = (uint8_t)dev, .in = in };
}

/* --- a line ------------------------------------------------------------------- */

struct event {
	const char *name, *fields;
	size_t name_len;
	int64_t at_ns;
};

/* "12.345678: " */
static bool take_time(const char **p, int64_t *out)
{
	char *end;
	uint64_t s = strtoull(*p, &end, 10), frac = 0;
	int digits = 0;

	if (end == *p || *end != '.' || s > INT32_MAX)
		return false;
	for (end++; isdigit((unsigned char)*end) && digits < 9; end++, digits++)
		frac = frac * 10 + (uint64_t)(*end - '0');
	for (; digits < 9; digits++)
		frac *= 10;
	if (end[0] != ':' || end[1] != ' ')
		return false;
	*out = (int64_t)(s * NS_PER_S + frac);
	*p = end + 2;
	return true;
}

/* "            task-123     [001] ..s2.    12.345678: kfree_skb: skbaddr=..." */
static bool take_event(const char *line, struct event *out)
{
	const char *p = line, *colon;

	if (strnlen(line, COMM_LEN + 1) <= COMM_LEN || line[COMM_LEN] != '-')
		return false;
	p = strchr(line + COMM_LEN, '[');
	p = p ? strchr(p, ']') : NULL;
	if (!p)
		return false;
	p++;
	p += strspn(p, " ");
	p += strcspn(p, " "); /* irqs off and the like */
	p += strspn(p, " ");
	if (!take_time(&p, &out->at_ns))
		return false;
	colon = strchr(p, ':');
	if (!colon || colon[1] != ' ')
		return false;
	out->name = p;
	out->name_len = (size_t)(colon - p);
	out->fields = colon + 2;
	return true;
}

static bool is_called(const struct event *v, const char *name)
{
	return v->name_len == strlen(name) && !memcmp(v->name, name, v->name_len);
}

/* What stands behind "NAME=" or "NAME: "; NULL: there is no such field. */
static const char *field(const char *fields, const char *name)
{
	size_t len = strlen(name);
	const char *p;

	for (p = fields; (p = strstr(p, name)); p += len)
		if (p == fields || p[-1] == ' ')
			return p + len;
	return NULL;
}

static uint64_t address(const char *fields)
{
	const char *p = field(fields, "skbaddr=");

	return p ? strtoull(p, NULL, 16) : 0;
}

static void copy_word(char *out, size_t cap, const char *from, const char *ends)
{
	size_t len = strcspn(from, ends);

	len = MIN(len, cap - 1);
	memcpy(out, from, len);
	out[len] = '\0';
}

/* Its number; DROP_DEVS_MAX: none of ours. */
static unsigned device(const struct drop_trace *t, const char *fields)
{
	const char *p = field(fields, "dev=");
	size_t len = p ? strcspn(p, " ") : 0;
	unsigned i;

	for (i = 0; len && i < t->n_dev; i++)
		if (strlen(t->dev[i]) == len && !memcmp(t->dev[i], p, len))
			return i;
	return DROP_DEVS_MAX;
}

static void seen_at_device(struct drop_trace *t, const struct event *v, bool in)
{
	unsigned dev = device(t, v->fields);
	uint64_t skb = address(v->fields);

	if (dev == DROP_DEVS_MAX)
		forget(t, skb);
	else if (skb)
		see(t, skb, dev, in, v->at_ns);
}

static void came_in(struct drop_trace *t, const struct event *v)
{
	t->seen_in[device(t, v->fields)]++;
	seen_at_device(t, v, true);
}

/* A driver that is busy gives it back. */
static void sent(struct drop_trace *t, const struct event *v)
{
	const char *rc = field(v->fields, "rc=");

	if (!rc || atoi(rc) != 0)
		return;
	t->seen_out[device(t, v->fields)]++;
	forget(t, address(v->fields));
}

static bool same_kind(const struct drop_kind *a, const struct drop_kind *b)
{
	return a->protocol == b->protocol && a->in == b->in && !strcmp(a->dev, b->dev) &&
	       !strcmp(a->reason, b->reason) && !strcmp(a->location, b->location);
}

static void count(struct drop_trace *t, const struct drop_kind *k)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (!same_kind(&t->kind[i], k))
			continue;
		t->kind[i].n++;
		return;
	}
	if (t->n == DROP_KINDS_MAX)
		t->lost++;
	else
		t->kind[t->n++] = *k;
}

static void dropped(struct drop_trace *t, const struct event *v)
{
	const char *reason = field(v->fields, "reason: "), *at = field(v->fields, "location=");
	const char *protocol = field(v->fields, "protocol=");
	struct last *l = find(t, address(v->fields));
	struct drop_kind k = { .n = 1, .first_ns = v->at_ns };

	if (!l || !l->skb)
		return;
	l->skb = 0;
	if (!reason || v->at_ns - l->at_ns > KEPT_S * NS_PER_S)
		return;
	copy_word(k.reason, sizeof(k.reason), reason, " ");
	/* Before Linux 6.1 it is a bare, hashed address. */
	if (at && !isdigit((unsigned char)*at))
		copy_word(k.location, sizeof(k.location), at, "+ ");
	k.protocol = protocol ? (uint16_t)strtoul(protocol, NULL, 10) : 0;
	k.in = l->in;
	memcpy(k.dev, t->dev[l->dev], sizeof(k.dev));
	count(t, &k);
}

/* "CPU:1 [LOST 123 EVENTS]" */
static void count_lost(struct drop_trace *t, const char *line)
{
	const char *p = strncmp(line, "CPU:", 4) == 0 ? strstr(line, " [LOST ") : NULL;
	uint64_t n = p ? strtoull(p + strlen(" [LOST "), NULL, 10) : 0;

	if (p)
		t->lost += MAX(n, 1);
}

void drop_trace_line(struct drop_trace *t, const char *line)
{
	struct event v;

	if (!take_event(line, &v))
		count_lost(t, line);
	else if (is_called(&v, "kfree_skb"))
		dropped(t, &v);
	else if (is_called(&v, "consume_skb"))
		forget(t, address(v.fields));
	else if (is_called(&v, "netif_receive_skb"))
		came_in(t, &v);
	else if (is_called(&v, "netif_rx"))
		seen_at_device(t, &v, true);
	else if (is_called(&v, "net_dev_queue"))
		seen_at_device(t, &v, false);
	else if (is_called(&v, "net_dev_xmit"))
		sent(t, &v);
}

const struct drop_kind *drop_trace_kinds(const struct drop_trace *t, size_t *n, uint64_t *lost)
{
	*n = t->n;
	*lost = t->lost;
	return t->kind;
}

void drop_trace_seen(const struct drop_trace *t, const char *dev, uint64_t *in, uint64_t *out)
{
	unsigned i;

	*in = *out = 0;
	for (i = 0; i < t->n_dev; i++) {
		if (strcmp(t->dev[i], dev) != 0)
			continue;
		*in = t->seen_in[i];
		*out = t->seen_out[i];
	}
}

/* --- other files -------------------------------------------------------------- */

bool drop_format_has_reason(const char *format)
{
	const char *p = strstr(format, " reason;");

	/* In a line of a field, and not in the words that are printed. */
	while (p && p > format && p[-1] != '\n')
		p--;
	p = p ? p + strspn(p, "\t ") : NULL;
	return p && !strncmp(p, "field:", strlen("field:"));
}

uint64_t drop_stats_lost(const char *stats, bool unread)
{
	static const char *const names[] = { "overrun: ", "commit overrun: ", "dropped events: ",
					     "entries: " };
	uint64_t sum = 0;
	const char *p;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names) - !unread; i++)
		for (p = stats; (p = strstr(p, names[i])); p += strlen(names[i]))
			if (p == stats || p[-1] == '\n')
				sum += strtoull(p + strlen(names[i]), NULL, 10);
	return sum;
}
