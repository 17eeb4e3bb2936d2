/*
 * What a way shall be like, read and written.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lab/relay.h"

enum { WORD_MAX = 64, MS_MAX = 1000000 };

/* A number that is kept as so many times what was said. */
struct number {
	size_t at; /* in struct relay_conf */
	unsigned times;
	double least, most;
};

struct setting {
	const char *name, *form;
	size_t n; /* numbers, with a colon between */
	struct number number[2];
};

#define AT(field) offsetof(struct relay_conf, field)
#define MS(field, most)                  \
	{                                \
		AT(field), 1000, 0, most \
	}
#define PERCENT(field)                   \
	{                                \
		AT(field), 10000, 0, 100 \
	}
#define WHOLE(field, most)            \
	{                             \
		AT(field), 1, 1, most \
	}

static const struct setting settings[] = {
	{ "delay", "delay=MS, up to 10000", 1, { MS(delay_us, 10000) } },
	{ "jitter", "jitter=MS, up to 10000", 1, { MS(jitter_us, 10000) } },
	{ "reorder", "reorder=PERCENT", 1, { PERCENT(reorder) } },
	{ "duplicate", "duplicate=PERCENT", 1, { PERCENT(duplicate) } },
	{ "loss", "loss=PERCENT", 1, { PERCENT(loss) } },
	{ "corrupt", "corrupt=PERCENT", 1, { PERCENT(corrupt) } },
	{ "burst",
	  "burst=PERCENT:PERCENT, that one begins and that it ends",
	  2,
	  { PERCENT(burst_begin), PERCENT(burst_end) } },
	{ "large",
	  "large=BYTES:PERCENT, of packets of more bytes",
	  2,
	  { WHOLE(large_bytes, 65535), PERCENT(large) } },
	{ "rate",
	  "rate=PER_SECOND:BUCKET, of messages",
	  2,
	  { { AT(rate_per_1000_s), 1000, 0.001, 1000000 }, WHOLE(bucket, 1000000) } },
	{ "period",
	  "period=MS:MS, the second no longer than the first",
	  2,
	  { { AT(period_us), 1000, 0.001, MS_MAX }, MS(bad_us, MS_MAX) } },
	{ "idle",
	  "idle=MS:COUNT, of messages",
	  2,
	  { { AT(idle_us), 1000, 0.001, MS_MAX }, WHOLE(idle_first, 1000000) } },
	{ "rekey", "rekey=MS", 1, { MS(rekey_us, MS_MAX) } },
};

static void set(struct relay_conf *c, size_t at, unsigned v)
{
	memcpy((char *)c + at, &v, sizeof(v));
}

static unsigned get(const struct relay_conf *c, size_t at)
{
	unsigned v;

	memcpy(&v, (const char *)c + at, sizeof(v));
	return v;
}

/* A decimal number up to the character `end`; NULL: none, or out of its limits. */
static const char *read_number(const char *s, char end, const struct number *n,
			       struct relay_conf *c)
{
	char *rest;
	double v;

	if (*s < '0' || *s > '9')
		return NULL;
	v = strtod(s, &rest);
	if (*rest != end || !(v >= n->least && v <= n->most))
		return NULL;
	set(c, n->at, (unsigned)(v * n->times + 0.5));
	return rest + (end != '\0');
}

static int read_numbers(const struct setting *s, const char *word, struct relay_conf *c,
			struct err *e)
{
	const char *text = word + strlen(s->name) + 1;
	size_t i;

	for (i = 0; i < s->n && text; i++)
		text = read_number(text, i + 1 < s->n ? ':' : '\0', &s->number[i], c);
	if (!text || c->bad_us > c->period_us)
		return err_say(e, EINVAL, "'%s' is not of the form %s", word, s->form);
	return 0;
}

static int read_seed(const char *word, struct relay_conf *c, struct err *e)
{
	const char *s = word + strlen("seed=");
	char *end;

	errno = 0;
	c->seed = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno)
		return err_say(e, EINVAL, "'%s' is not of the form seed=NUMBER", word);
	return 0;
}

static int read_from(const char *word, struct relay_conf *c, struct err *e)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (strcmp(word + strlen("from="), c->dev[i]))
			continue;
		c->from = 1u << i;
		return 0;
	}
	return err_say(e, EINVAL, "'%s': from=%s or from=%s", word, c->dev[0], c->dev[1]);
}

static int read_setting(const char *word, struct relay_conf *c, struct err *e)
{
	size_t i, len = strcspn(word, "=");

	if (strncmp(word, "seed=", 5) == 0)
		return read_seed(word, c, e);
	if (strncmp(word, "from=", 5) == 0)
		return read_from(word, c, e);
	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (word[len] && strlen(settings[i].name) == len &&
		    strncmp(word, settings[i].name, len) == 0)
			return read_numbers(&settings[i], word, c, e);
	return err_say(e, EINVAL,
		       "'%s' is none of delay= jitter= reorder= duplicate= loss= corrupt= burst= "
		       "large= rate= period= idle= rekey= from= seed=",
		       word);
}

int relay_parse(const char *text, struct relay_conf *out, struct err *e)
{
	struct relay_conf c = { .seed = 0 };
	char word[WORD_MAX];
	size_t n, len;
	int rc;

	for (n = 0; *text; n++, text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		if (len == 0 || len >= sizeof(word))
			return err_say(e, EINVAL, "'%.40s' is no link and no setting", text);
		memcpy(word, text, len);
		word[len] = '\0';
		if (n < 2 && len >= SYS_IFNAME_SIZE)
			return err_say(e, EINVAL, "'%s' is no name of a link", word);
		if (n < 2)
			memcpy(c.dev[n], word, len + 1);
		rc = n < 2 ? 0 : read_setting(word, &c, e);
		if (rc < 0)
			return rc;
	}
	if (n < 2)
		return err_say(e, EINVAL, "two links are needed, with a comma between");
	*out = c;
	return 0;
}

/* --- written ---------------------------------------------------------------------------- */

static const char *number_text(const struct number *n, const struct relay_conf *c, struct arena *a)
{
	int places = n->times == 1 ? 0 : n->times == 1000 ? 3 : 4;

	return arena_printf(a, "%.*f", places, (double)get(c, n->at) / n->times);
}

const char *relay_text(const struct relay_conf *c, struct arena *a)
{
	const char *text = arena_printf(a, "%s,%s", c->dev[0], c->dev[1]);
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting *s = &settings[i];

		if (!get(c, s->number[0].at))
			continue;
		text = arena_printf(a, "%s,%s=%s", text, s->name, number_text(&s->number[0], c, a));
		if (s->n > 1)
			text = arena_printf(a, "%s:%s", text, number_text(&s->number[1], c, a));
	}
	if (c->from)
		text = arena_printf(a, "%s,from=%s", text, c->dev[c->from == 2]);
	return arena_printf(a, "%s,seed=%" PRIu64, text, c->seed);
}
