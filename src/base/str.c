#include "base/str.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool str_to_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (!is_digit(*s) || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool str_to_ns(const char *s, int64_t max_ns, int64_t *out)
{
	int64_t whole = 0, frac = 0, unit = NS_PER_S;
	bool any = false;

	for (; is_digit(*s); s++, any = true) {
		if (whole > max_ns / NS_PER_S)
			return false;
		whole = whole * 10 + (*s - '0');
	}
	if (*s == '.') {
		for (s++; is_digit(*s); s++, any = true) {
			unit /= 10;
			if (!unit)
				return false;
			frac += (*s - '0') * unit;
		}
	}
	if (*s || !any || whole > max_ns / NS_PER_S || whole * NS_PER_S > max_ns - frac)
		return false;
	*out = whole * NS_PER_S + frac;
	return true;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* option and command names are shorter; longer words are just far away */
enum { DISTANCE_MAX_LEN = 63 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

unsigned str_distance(const char *a, const char *b)
{
	unsigned row[3][DISTANCE_MAX_LEN + 1];
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > DISTANCE_MAX_LEN || lb > DISTANCE_MAX_LEN)
		return DISTANCE_MAX_LEN;
	for (j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		unsigned *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		cur[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			unsigned d = up[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

			d = MIN(d, up[j] + 1);
			d = MIN(d, cur[j - 1] + 1);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				d = MIN(d, up2[j - 2] + 1);
			cur[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *str_nearest(const char *s, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned best_d = 3;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned d = str_distance(s, names[i]);

		if (d < best_d && 2 * d < strlen(names[i])) {
			best = names[i];
			best_d = d;
		}
	}
	return best;
}
