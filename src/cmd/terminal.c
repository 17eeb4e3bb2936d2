#include "cmd/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"

enum { WIDTH_MAX = 10000 };

/* What the person says, else what the terminal says; a pipe has no width, and lines stay whole. */
static unsigned width(void)
{
	const char *env = getenv("COLUMNS");
	struct winsize w;
	uint64_t n;

	if (env && str_to_u64(env, WIDTH_MAX, &n) && n > 0)
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 0;
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

static bool colour(enum colour_when when)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: when set and not empty */

	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	return !(no_color && *no_color) && !is_dumb() && isatty(STDOUT_FILENO);
}

void terminal_style(enum colour_when when, struct report_style *s)
{
	s->width = width();
	s->colour = colour(when);
	/* Only what characters can be shown is asked: numbers stay as they are everywhere. */
	setlocale(LC_CTYPE, "");
	s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_is_live(int fd)
{
	return isatty(fd) && !is_dumb();
}
