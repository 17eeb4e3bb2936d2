#include "report/width.h"

#include <string.h>

enum { ROOM_MIN = 8 }; /* columns for text beside its head, even where the terminal has fewer */

struct likeness {
	uint32_t code;
	const char *ascii;
};

static const struct likeness likenesses[] = {
	{ 0x2192, "->" }, { 0x2190, "<-" }, { 0x21b3, "<-" }, { 0x2194, "<->" }, { 0x2026, "..." },
	{ 0x00d7, "x" },  { 0x2013, "-" },  { 0x2014, "-" },  { 0x2212, "-" },	 { 0x2265, ">=" },
	{ 0x2264, "<=" }, { 0x00b5, "u" },  { 0x03bc, "u" },  { 0x2018, "'" },	 { 0x2019, "'" },
	{ 0x201c, "\"" }, { 0x201d, "\"" },
};

/* Decodes one character; its length, or 0 when the bytes are no UTF-8 (RFC 3629). */
static size_t decode(const char *s, uint32_t *code)
{
	const unsigned char *u = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = u[0] < 0x80     ? 1 :
		     u[0] >> 5 == 6  ? 2 :
		     u[0] >> 4 == 14 ? 3 :
		     u[0] >> 3 == 30 ? 4 :
				       0;
	uint32_t c = u[0];
	size_t i;

	if (len == 0)
		return 0;
	if (len > 1)
		c &= 0x7fu >> len;
	for (i = 1; i < len; i++) {
		if (u[i] >> 6 != 2)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return len;
}

/* C0, DEL and C1; and what turns the direction of writing (a name could be shown as another). */
static bool harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static const char *likeness(uint32_t c)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(likenesses); i++)
		if (likenesses[i].code == c)
			return likenesses[i].ascii;
	return "?";
}

void text_clean(struct buf *out, const char *s, bool utf8)
{
	uint32_t c;

	while (*s) {
		size_t len = decode(s, &c);

		if (len == 0)
			buf_puts(out, "?");
		else if (c == '\n' || c == '\t')
			buf_puts(out, " ");
		else if (harmful(c))
			buf_puts(out, "?");
		else if (c >= 0x80 && !utf8)
			buf_puts(out, likeness(c));
		else
			buf_add(out, s, len);
		s += len ? len : 1;
	}
}

void text_escape(struct buf *out, const char *s)
{
	uint32_t c;

	while (*s) {
		size_t len = decode(s, &c), i;

		if (len && !harmful(c))
			buf_add(out, s, len);
		for (i = 0; (!len || harmful(c)) && i < MAX(len, 1U); i++)
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
		s += MAX(len, 1U);
	}
}

static unsigned columns(uint32_t c)
{
	if (c >= 0x300 && c < 0x370)
		return 0; /* combining marks */
	/* East Asian wide: the blocks that are wide as a whole. */
	if ((c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) ||
	    (c >= 0xac00 && c < 0xd7a4) || (c >= 0xf900 && c < 0xfb00) ||
	    (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61) ||
	    (c >= 0x1f300 && c < 0x1f650) || (c >= 0x20000 && c < 0x3fffe))
		return 2;
	return 1;
}

unsigned text_width(const char *s, size_t len)
{
	const char *end = s + len;
	unsigned w = 0;
	uint32_t c = 0;

	while (s < end) {
		size_t n = decode(s, &c);

		w += n ? columns(c) : 1;
		s += n ? n : 1;
	}
	return w;
}

size_t text_line(const char *s, unsigned width)
{
	size_t i = 0, blank = 0;
	unsigned w = 0;
	uint32_t c = 0;

	if (width == 0)
		return strlen(s);
	while (s[i]) {
		size_t n = decode(s + i, &c);

		w += n ? columns(c) : 1;
		if (s[i] == ' ')
			blank = i;
		/* A blank may stand beyond the edge: it is not written. */
		if (w > width && s[i] != ' ')
			break;
		if (w > width)
			return i;
		i += n ? n : 1;
	}
	if (!s[i])
		return i;
	if (blank)
		return blank;
	/* One character at least, or it would never end. */
	return i ? i : MAX(decode(s, &c), 1);
}

void text_lines(struct buf *out, const char *s, unsigned width, unsigned indent)
{
	for (;;) {
		size_t n = text_line(s, width), used = n;

		while (used && s[used - 1] == ' ')
			used--;
		buf_add(out, s, used);
		buf_puts(out, "\n");
		s += n;
		s += strspn(s, " ");
		if (!*s)
			return;
		buf_printf(out, "%*s", (int)indent, "");
	}
}

void text_wrap(struct buf *out, const char *first, const char *s, unsigned width, bool utf8)
{
	CLEANUP(buf_done) struct buf head = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned indent, room = 0;

	text_clean(&head, first, utf8);
	text_clean(&text, s, utf8);
	indent = text_width(buf_str(&head), head.len);
	if (width)
		room = MAX(width, indent + ROOM_MIN) - indent;
	buf_puts(out, buf_str(&head));
	text_lines(out, buf_str(&text), room, indent);
}
