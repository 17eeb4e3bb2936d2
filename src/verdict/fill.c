#include "verdict/fill.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "check/tunnel.h"
#include "check/words.h"

/* An address without its family is none: "". */
static const char *address(struct arena *a, const struct ip_addr *addr)
{
	char text[IP_ADDR_STR_SIZE];

	return addr->family == FAMILY_NONE ? "" : arena_strdup(a, ip_addr_str(addr, text));
}

static const char *first_of(struct arena *a, const struct tunnel_addrs *l)
{
	return l->n ? address(a, &l->a[0]) : "";
}

static const char *peer_key(struct arena *a, const struct facts *f)
{
	const struct peer_config *p = tunnel_peer(f, END_NEAR);
	char text[KEY_BASE64_LEN + 1];

	if (!p)
		return "";
	public_key_base64(&p->key, text);
	return arena_strdup(a, text);
}

static const char *own_key(struct arena *a, const struct facts *f)
{
	bool live = f->have & NEED_BIT(NEED_CONFIG) && f->config[END_NEAR].has_private_key == 1;
	char text[KEY_BASE64_LEN + 1];

	if (!live && !(f->have & NEED_BIT(NEED_INTENDED) && f->intended.has_private_key))
		return "";
	public_key_base64(live ? &f->config[END_NEAR].own : &f->intended.own, text);
	return arena_strdup(a, text);
}

static const char *way_out(const struct facts *f)
{
	const struct path_facts *p = tunnel_path(f, PATH_ENDPOINT, NULL);

	return p ? p->dev : NULL;
}

static const char *word_or_none(struct arena *a, const char *s)
{
	return s && *s ? words_shell(a, s) : "";
}

/* Whoever answers from the address that was asked is there; another one may be behind it. */
static const char *far_addr(struct arena *a, const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_inner_targets; i++) {
		const struct inner_target_facts *t = &f->inner_targets[i];

		if (t->answered && ip_addr_equal(&t->addr, &t->from))
			return address(a, &t->addr);
	}
	return "";
}

static const char *check_again(struct arena *a, const struct facts *f)
{
	static const char *const of_far[] = { "--far", "--far-file", NULL };

	return words_again(a, f, of_far);
}

/* "": not known; NULL: no such word. */
static const char *value(struct arena *a, const struct facts *f, const char *word, size_t len)
{
	struct endpoint to = tunnel_endpoint(f);
	struct tunnel_addrs l = { .n = 0 };

#define IS(s) (len == strlen(s) && strncmp(word, s, len) == 0)
	/* That of a self-test is gone. */
	if (IS("if"))
		return f->target.kind == TARGET_SELF_TEST ? "" : word_or_none(a, f->target.name);
	if (IS("port"))
		return to.port ? arena_printf(a, "%u", to.port) : "";
	if (IS("listen"))
		return f->have & NEED_BIT(NEED_CONFIG) && f->config[END_NEAR].listen_port > 0 ?
			       arena_printf(a, "%lld", (long long)f->config[END_NEAR].listen_port) :
			       "";
	if (IS("host"))
		return address(a, &to.addr);
	if (IS("dev"))
		return word_or_none(a, way_out(f));
	if (IS("peer"))
		return peer_key(a, f);
	if (IS("own"))
		return own_key(a, f);
	if (IS("arg"))
		return word_or_none(a, facts_argument(f));
	if (IS("check"))
		return check_again(a, f);
	if (IS("far"))
		return far_addr(a, f);
	if (IS("inner")) {
		tunnel_sources(f, &l);
		return first_of(a, &l);
	}
	if (IS("target")) {
		tunnel_targets(f, &l);
		return first_of(a, &l);
	}
#undef IS
	return NULL;
}

const char *fill(struct arena *a, const struct facts *f, const char *template)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	const char *s, *end, *v;

	if (!template || !strchr(template, '{'))
		return template;
	for (s = template; *s; s++) {
		end = *s == '{' ? strchr(s, '}') : NULL;
		v = end ? value(a, f, s + 1, (size_t)(end - s - 1)) : NULL;
		if (!v) {
			buf_add(&b, s, 1);
			continue;
		}
		for (s++; !*v && s < end; s++)
			buf_printf(&b, "%c", toupper((unsigned char)*s));
		buf_puts(&b, v);
		s = end;
	}
	return arena_strdup(a, buf_str(&b));
}
