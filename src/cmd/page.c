#include "cmd/page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "report/width.h"

void page_open(struct page *p)
{
	*p = (struct page){ .style = { 0 } };
	terminal_style(COLOUR_NEVER, &p->style);
}

/* "- this", "2. that" */
static bool is_item(const char *s)
{
	if (s[0] == '-' && s[1] == ' ')
		return true;
	return isdigit((unsigned char)s[0]) && s[1] == '.' && s[2] == ' ';
}

static bool is_fixed(const char *s)
{
	return s[0] == '\0' || s[0] == '|' || s[0] == '#' || strncmp(s, "    ", 4) == 0;
}

static void flush(struct page *p)
{
	const char *s = buf_str(&p->paragraph);
	unsigned indent = is_item(s) ? 2 : 0, width = p->style.width;

	if (p->paragraph.len == 0)
		return;
	text_lines(&p->out, s, width > indent ? width - indent : width, indent);
	buf_clear(&p->paragraph);
}

void page_line(struct page *p, const char *line)
{
	if (p->style.width == 0 || is_fixed(line)) {
		flush(p);
		text_clean(&p->out, line, p->style.utf8);
		buf_puts(&p->out, "\n");
		return;
	}
	if (is_item(line))
		flush(p);
	else
		line += strspn(line, " ");
	buf_puts(&p->paragraph, p->paragraph.len ? " " : "");
	text_clean(&p->paragraph, line, p->style.utf8);
}

void page_entry(struct page *p, const char *first, const char *rest)
{
	flush(p);
	text_wrap(&p->out, first, rest, p->style.width, p->style.utf8);
}

void page_close(struct page *p)
{
	flush(p);
	fputs(buf_str(&p->out), stdout);
	buf_done(&p->out);
	buf_done(&p->paragraph);
}
