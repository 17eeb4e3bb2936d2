#include "check/words.h"

#include <string.h>

#include "base/buf.h"
#include "loss/stats.h"

const char *words_time(struct arena *a, int64_t ns)
{
	double ms = (double)ns / 1e6;

	if (ns == UNKNOWN)
		return "unknown";
	if (ms < 10)
		return arena_printf(a, "%.2f ms", ms);
	if (ms < 1000)
		return arena_printf(a, "%.1f ms", ms);
	return arena_printf(a, "%.1f s", ms / 1e3);
}

const char *words_age(struct arena *a, int64_t ns)
{
	long long s = ns / NS_PER_S;

	if (ns == UNKNOWN)
		return "unknown";
	if (s < 120)
		return arena_printf(a, "%lld s", s);
	if (s < 120 * 60)
		return arena_printf(a, "%lld min", s / 60);
	if (s < 48 * 3600)
		return arena_printf(a, "%lld h", s / 3600);
	return arena_printf(a, "%lld days", s / 86400);
}

const char *words_bytes(struct arena *a, int64_t n)
{
	if (n == UNKNOWN)
		return "unknown";
	if (n < 1000)
		return arena_printf(a, "%lld B", (long long)n);
	if (n < 1000 * 1000)
		return arena_printf(a, "%.1f KB", (double)n / 1e3);
	return arena_printf(a, "%.1f MB", (double)n / 1e6);
}

const char *words_end(enum end e)
{
	return e == END_NEAR ? "near" : "far";
}

const char *words_addr(struct arena *a, const struct ip_addr *addr)
{
	char s[IP_ADDR_STR_SIZE];

	return arena_strdup(a, ip_addr_str(addr, s));
}

const char *words_net(struct arena *a, const struct cidr *c)
{
	char s[CIDR_STR_SIZE];

	return arena_strdup(a, cidr_str(c, s));
}

const char *words_key(struct arena *a, const struct public_key *k)
{
	char s[KEY_SHORT_SIZE];

	public_key_short(k, s);
	return arena_strdup(a, s);
}

const char *words_share(struct arena *a, int64_t k, int64_t n)
{
	double share = n > 0 ? 100.0 * (double)k / (double)n : 0;

	if (k == 0 || k == n)
		return arena_printf(a, "%.0f %%", share);
	if (share < 0.1)
		return "under 0.1 %";
	if (share > 99.9)
		return "over 99.9 %";
	return arena_printf(a, "%.1f %%", share);
}

static enum state state_above(double limit, int64_t bad, int64_t of)
{
	struct stats_interval share;

	if (bad <= 0)
		return STATE_PASS;
	if (bad >= of || (stats_wilson95(bad, of, &share) && share.low > limit))
		return STATE_FAIL;
	return STATE_WARN;
}

enum state loss_state(const struct facts *facts, int64_t lost, int64_t sent)
{
	return state_above(loss_limit_fail(&facts->loss_limits), lost, sent);
}

enum state errors_state(int64_t errors, int64_t of)
{
	static const double limit = 0.01;

	return state_above(limit, errors, of);
}

enum state state_worse(enum state a, enum state b)
{
	static const int rank[STATE_COUNT] = {
		[STATE_UNSURE] = 1,
		[STATE_WARN] = 2,
		[STATE_ERROR] = 3,
		[STATE_FAIL] = 4,
	};

	return rank[b] > rank[a] ? b : a;
}

struct icmp_word {
	uint8_t family, type, code;
	const char *says;
};

static const struct icmp_word icmp_words[] = {
	{ FAMILY_IP4, 3, 0, "network unreachable" },
	{ FAMILY_IP4, 3, 1, "host unreachable" },
	{ FAMILY_IP4, 3, 3, "port unreachable" },
	{ FAMILY_IP4, 3, 4, "fragmentation needed" },
	{ FAMILY_IP4, 3, 9, "network prohibited" },
	{ FAMILY_IP4, 3, 10, "host prohibited" },
	{ FAMILY_IP4, 3, 13, "prohibited by a filter" },
	{ FAMILY_IP4, 11, 0, "hop limit exceeded" },
	{ FAMILY_IP6, 1, 0, "no route" },
	{ FAMILY_IP6, 1, 1, "prohibited by a filter" },
	{ FAMILY_IP6, 1, 3, "address unreachable" },
	{ FAMILY_IP6, 1, 4, "port unreachable" },
	{ FAMILY_IP6, 2, 0, "packet too big" },
	{ FAMILY_IP6, 3, 0, "hop limit exceeded" },
};

const char *words_icmp(const struct ip_addr *from, uint8_t type, uint8_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(icmp_words); i++) {
		const struct icmp_word *w = &icmp_words[i];

		if (w->family == from->family && w->type == type && w->code == code)
			return w->says;
	}
	return "an ICMP error";
}

const char *words_shell(struct arena *a, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%_-+=:,./";
	CLEANUP(buf_done) struct buf b = { 0 };

	if (s[0] && !s[strspn(s, plain)])
		return s;
	buf_puts(&b, "'");
	for (; *s; s++) {
		/* Nothing is special inside, and nothing can stand for the quote itself. */
		if (*s == '\'')
			buf_puts(&b, "'\\''");
		else
			buf_add(&b, s, 1);
	}
	buf_puts(&b, "'");
	return arena_strdup(a, buf_str(&b));
}

static bool is_among(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

const char *words_options(struct arena *a, const struct facts *f, const char *const *but)
{
	const struct target_facts *t = &f->target;
	const char *s = "";
	size_t i;

	for (i = 0; i < t->n_options; i++) {
		const struct option_facts *o = &t->options[i];

		if (is_among(but, o->name))
			continue;
		s = arena_printf(a, "%s %s%s%s", s, words_shell(a, o->name), o->value ? " " : "",
				 o->value ? words_shell(a, o->value) : "");
	}
	return s;
}

const char *words_again(struct arena *a, const struct facts *f, const char *const *but)
{
	const struct target_facts *t = &f->target;
	bool named = t->engine && strcmp(t->engine, "unknown") != 0;
	const char *engine = t->by_command ? " --engine-cmd '...'" :
			     named	   ? arena_printf(a, " --engine %s", t->engine) :
					     "";
	const char *options = words_options(a, f, but);

	/* What the lab made is gone. */
	if (t->kind != TARGET_SELF_TEST && t->name && !t->lab)
		return arena_printf(a, "wgdiag check %s%s%s", words_shell(a, facts_argument(f)),
				    t->kind == TARGET_CONFIG ? engine : "", options);
	if (!t->lab)
		return arena_printf(a, "wgdiag check%s%s", engine, options);
	return arena_printf(a, "wgdiag lab %s%s%s%s%s", t->lab, t->lab_variant ? " --variant " : "",
			    t->lab_variant ? t->lab_variant : "", engine, options);
}

const char *words_inside(struct arena *a, const struct facts *f)
{
	const struct target_facts *t = &f->target;
	size_t i;

	for (i = 0; i < t->n_options; i++) {
		const char *v = t->options[i].value;

		if (strcmp(t->options[i].name, "--netns") != 0 || !v)
			continue;
		return arena_printf(
			a, v[strspn(v, "0123456789")] ? "ip netns exec %s " : "nsenter -t %s -n ",
			words_shell(a, v));
	}
	return "";
}
