#include "cmd/options.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/say.h"

enum { NAMES_MAX = 64 };

int options_no_such(const char *cmd, const char *what, const char *given, const char *const *names,
		    size_t n)
{
	const char *near = str_nearest(given, names, n);

	if (near)
		say("%s: unknown %s '%s' (did you mean %s?)", cmd, what, given, near);
	else
		say("%s: unknown %s '%s' (see %s --help)", cmd, what, given, cmd);
	return EXIT_USAGE;
}

int options_unknown(const char *cmd, const struct option *table, const char *given)
{
	CLEANUP(buf_done) struct buf word = { 0 };
	const char *names[NAMES_MAX];
	const char *near = NULL;
	size_t n = 0;

	if (str_has_prefix(given, "--")) {
		while (table[n].name && n < NAMES_MAX) {
			names[n] = table[n].name;
			n++;
		}
		/* Without the value of --name=value. */
		buf_add(&word, given + 2, strcspn(given + 2, "="));
		near = str_nearest(buf_str(&word), names, n);
	}
	if (near)
		say("%s: unknown option '%s' (did you mean --%s?)", cmd, given, near);
	else
		say("%s: unknown option '%s' (see %s --help)", cmd, given, cmd);
	return EXIT_USAGE;
}

int options_bad(const char *cmd, const struct option *table, int got, char **argv)
{
	const char *given = argv[optind - 1];
	const char one[] = { '-', (char)optopt, '\0' };
	bool is_long = str_has_prefix(given, "--");

	if (got == ':') {
		say("%s: option '%s' needs a value", cmd, is_long ? given : one);
		return EXIT_USAGE;
	}
	/* A long one with a value it does not take: getopt gives its val. */
	if (is_long && optopt) {
		say("%s: option '%.*s' takes no value", cmd, (int)strcspn(given, "="), given);
		return EXIT_USAGE;
	}
	/* Of several short ones in one word, getopt knows which. */
	return options_unknown(cmd, table, optopt ? one : given);
}

bool options_count(const char *cmd, const char *option, const char *s, uint64_t min, uint64_t max,
		   uint64_t *out)
{
	uint64_t v;

	if (str_to_u64(s, max, &v) && v >= min) {
		*out = v;
		return true;
	}
	say("%s: %s '%s' is no number from %llu to %llu", cmd, option, s, (unsigned long long)min,
	    (unsigned long long)max);
	return false;
}

bool options_percent(const char *cmd, const char *option, const char *s, int64_t *ppm)
{
	enum { PPM_IN_PERCENT = 10000 };
	/* Decimals are decimals: what is read as nanoseconds is a billion times the number. */
	const int64_t unit = NS_PER_S / PPM_IN_PERCENT;
	int64_t v;

	if (str_to_ns(s, 100 * NS_PER_S, &v) && v % unit == 0) {
		*ppm = v / unit;
		return true;
	}
	say("%s: %s '%s' is no percentage from 0 to 100, with up to four decimals", cmd, option, s);
	return false;
}

bool options_seconds(const char *cmd, const char *option, const char *s, int64_t min_ns,
		     int64_t max_ns, int64_t *out)
{
	int64_t v;

	if (str_to_ns(s, max_ns, &v) && v >= min_ns) {
		*out = v;
		return true;
	}
	say("%s: %s '%s' is no number of seconds from %g to %g", cmd, option, s,
	    (double)min_ns / 1e9, (double)max_ns / 1e9);
	return false;
}
