#include "model/far_text.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/far_text_priv.h"

enum { TEXT_MAX = 16 << 20, MARK_LEN = sizeof(FAR_TEXT_MARK) - 1 };

/* --- what must not be in it --------------------------------------------------------- */

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

/* The length of a key that begins here, or 0. */
static size_t key_here(const char *s, size_t left)
{
	size_t n = 0;

	while (n < left && is_base64(s[n]))
		n++;
	return n == KEY_BASE64_LEN - 1 && n < left && s[n] == '=' ? KEY_BASE64_LEN : 0;
}

/* word is lower case; only ASCII counts */
static bool is_alike(const char *s, const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char c = s[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != word[i])
			return false;
	}
	return true;
}

static bool has_word(const char *s, size_t len, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= len; i++)
		if (is_alike(s + i, word, n))
			return true;
	return false;
}

/*
 * Two keys in one line are `wg show dump`: private and public, or public and preshared. One is
 * secret if the line calls it so.
 */
static bool line_is_secret(const char *s, size_t len)
{
	size_t i = 0, keys = 0, n;

	while (i < len) {
		n = key_here(s + i, len - i);
		keys += n != 0;
		i += n ? n : 1;
		/* A longer run of such characters holds no key in its middle. */
		while (!n && i < len && is_base64(s[i - 1]) && is_base64(s[i]))
			i++;
	}
	return keys > 1 || (keys && (has_word(s, len, "private") || has_word(s, len, "preshared")));
}

static bool is_secret(const char *s, size_t len)
{
	const char *end = s + len, *stop;

	for (; s < end; s = stop + 1) {
		stop = memchr(s, '\n', (size_t)(end - s));
		if (!stop)
			stop = end;
		if (line_is_secret(s, (size_t)(stop - s)))
			return true;
	}
	return false;
}

/* --- lines ------------------------------------------------------------------------------ */

/* No line holds any of these (nor what is no ASCII): wherever a terminal or a mail put them. */
static void squeeze(const char *s, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] > ' ' && s[i] < 0x7f && s[i] != '>')
			buf_add(out, s + i, 1);
}

struct reading {
	struct far_reader look; /* the one that is being read */
	uint64_t next; /* number of the line that must come; 0: in no look */
	struct far_text *out;
	struct arena *arena;
	struct err *e;
};

static int damaged(struct reading *r, uint64_t line)
{
	return err_say(r->e, EINVAL,
		       "line %llu of what the far end printed is missing or damaged (paste all of "
		       "it, from " FAR_TEXT_MARK "1 to its end)",
		       (unsigned long long)line);
}

static void close_look(struct reading *r)
{
	if (!r->out->n_looks++)
		r->out->first = r->look.look;
	r->out->last = r->look.look;
	r->next = 0;
}

/* One line, without mark, number and semicolon. */
static int take(struct reading *r, uint64_t number, const char *text)
{
	if (number == 1 && str_has_prefix(text, "begin|")) {
		if (r->next)
			return damaged(r, r->next);
		far_reader_init(&r->look, text + 6, r->arena);
		r->next = 2;
		return 0;
	}
	if (!r->next)
		return 0; /* the rest of one whose beginning is not here */
	if (number != r->next)
		return damaged(r, r->next);
	r->next++;
	if (str_has_prefix(text, "end|"))
		close_look(r);
	else if (!far_reader_line(&r->look, text))
		return damaged(r, number);
	return 0;
}

/* "12|date|1795532400": false for what only looks like a line, such as the command itself. */
static bool split_number(char *line, uint64_t *number, const char **text)
{
	char *bar = strchr(line, '|');

	if (!bar)
		return false;
	*bar = '\0';
	*text = bar + 1;
	return str_to_u64(line, UINT32_MAX, number);
}

/* s: behind a mark. Where to go on, *rc < 0: no further. */
static char *take_marked(struct reading *r, char *s, int *rc)
{
	char *stop = strchr(s, ';'), *mark = strstr(s, FAR_TEXT_MARK);
	const char *text;
	uint64_t number;

	*rc = 0;
	/* Cut off: what comes next notices that it is missing. */
	if (!stop || (mark && mark < stop))
		return mark ? mark : s + strlen(s);
	*stop = '\0';
	if (split_number(s, &number, &text))
		*rc = take(r, number, text);
	return stop + 1;
}

/* Without root wg tells nothing, and without /sys there may be a device all the same. */
static int is_there(const struct far_look *l, struct err *e)
{
	if (!l->link_absent || l->has_private_key != UNKNOWN || l->has_peers)
		return 0;
	return err_say(e, EINVAL,
		       "the far end has no interface %s: its tunnel is not up, or has another name "
		       "there (wgdiag explain far NAME)",
		       l->link);
}

static int read_looks(struct reading *r, char *s)
{
	int rc;

	while ((s = strstr(s, FAR_TEXT_MARK)) != NULL) {
		s = take_marked(r, s + MARK_LEN, &rc);
		if (rc < 0)
			return rc;
	}
	if (r->next)
		return damaged(r, r->next);
	if (!r->out->n_looks)
		return err_say(
			r->e, EINVAL,
			"neither a recording of wgdiag serve --once nor the output of "
			"the line that wgdiag explain far prints (which begins with " FAR_TEXT_MARK
			"1)");
	if (strcmp(r->out->first.link, r->out->last.link) != 0)
		return err_say(r->e, EINVAL, "it is about two devices, %s and %s",
			       r->out->first.link, r->out->last.link);
	return is_there(&r->out->last, r->e);
}

int far_text_parse(const char *s, size_t len, struct arena *a, struct far_text *out, struct err *e)
{
	struct reading r = { .out = out, .arena = a, .e = e };
	struct buf text = { 0 };
	int rc;

	*out = (struct far_text){ 0 };
	if (len > TEXT_MAX)
		return err_say(e, EINVAL, "too long for what the far end printed");
	if (is_secret(s, len))
		return err_say(e, EINVAL,
			       "it seems to hold a private or preshared key (as wg show dump "
			       "prints them); nothing of it was kept");
	squeeze(s, len, &text);
	buf_add(&text, "", 1);
	rc = read_looks(&r, text.b);
	buf_wipe_done(&text);
	return rc;
}
