/*
 * Any program that speaks the configuration protocol, by its command line (--engine-cmd). No
 * shell is asked: what looks like an expansion is refused by being taken as it stands.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "engine/engine_list.h"

static const char name_mark[] = "{name}";

/* --- the words ------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/*
 * One word from *at on, which must not be blank, without its quotes. In single quotes all is
 * as it stands; in double quotes and outside a backslash takes the next one as it stands.
 */
static int word(const char **at, struct buf *out, struct err *e)
{
	const char *p = *at;
	char quote = 0;

	for (; *p && (quote || !is_blank(*p)); p++) {
		if (*p == quote) {
			quote = 0;
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (quote != '\'' && *p == '\\') {
			if (!p[1])
				return err_say(e, EINVAL, "a backslash at the end");
			buf_add(out, ++p, 1);
		} else {
			buf_add(out, p, 1);
		}
	}
	if (quote)
		return err_say(e, EINVAL, "a %s that is not closed",
			       quote == '"' ? "double quote" : "single quote");
	*at = p;
	return 0;
}

static int split(const char *text, struct arena *a, const char *words[ENGINE_ARGV_MAX],
		 struct err *e)
{
	size_t n = 0;
	int rc = 0;

	while (!rc) {
		CLEANUP(buf_done) struct buf b = { 0 };

		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		if (n + 1 == ENGINE_ARGV_MAX)
			return err_say(e, EINVAL, "more than %d words", ENGINE_ARGV_MAX - 1);
		rc = word(&text, &b, e);
		if (!rc)
			words[n++] = arena_strdup(a, buf_str(&b));
	}
	words[n] = NULL;
	return rc;
}

/* Where the program is one that is known, what has to be known before it is told anything. */
static void take_known(struct engine_ops *ops)
{
	size_t i;

	for (i = 0; engines[i]; i++) {
		if (!engines[i]->program || strcmp(engines[i]->program, ops->name) != 0)
			continue;
		ops->set_each = engines[i]->set_each;
		ops->ahead_s = engines[i]->ahead_s;
	}
}

int engine_cmd_parse(const char *text, struct arena *a, const struct engine_ops **out,
		     struct err *e)
{
	const char **words = arena_alloc(a, ENGINE_ARGV_MAX * sizeof(*words)), *slash;
	struct engine_ops *ops = arena_alloc(a, sizeof(*ops));
	bool named = false;
	int i, rc;

	rc = split(text, a, words, e);
	if (rc < 0)
		return rc;
	if (!words[0] || !words[0][0])
		return err_say(e, EINVAL, "no program in it");
	for (i = 1; words[i]; i++)
		named = named || strstr(words[i], name_mark);
	if (!named)
		return err_say(e, EINVAL, "no %s in it, where the interface's name goes",
			       name_mark);
	slash = strrchr(words[0], '/');
	ops->name = slash && slash[1] ? slash + 1 : words[0];
	ops->program = words[0];
	ops->packages = "as given with --engine-cmd";
	ops->words = words;
	take_known(ops);
	*out = ops;
	return 0;
}

/* --- the command line ------------------------------------------------------------ */

static const char *filled_in(const char *text, const char *ifname, struct arena *a)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	const char *mark;

	while ((mark = strstr(text, name_mark))) {
		buf_add(&b, text, (size_t)(mark - text));
		buf_puts(&b, ifname);
		text = mark + strlen(name_mark);
	}
	buf_puts(&b, text);
	return arena_strdup(a, buf_str(&b));
}

void engine_cmd_argv(const struct engine_conf *c, struct arena *a,
		     const char *argv[ENGINE_ARGV_MAX])
{
	const char *const *words = c->ops->words;
	int i;

	argv[0] = c->program;
	for (i = 1; words[i]; i++)
		argv[i] = filled_in(words[i], c->ifname, a);
	argv[i] = NULL;
}
