/*
 * What the files of config.live share: what lives against what the file wants.
 */
#ifndef CHECK_LIVE_H
#define CHECK_LIVE_H

#include "check/check.h"

enum { LIVE_SHOWN_MAX = 12 }; /* differences with a line of evidence each */

struct live {
	const struct facts *f;
	const struct intended_facts *want;
	const struct config_facts *have;
	const char *tun; /* its name; NULL: not known */
	struct arena *a;
	const char *first[STATE_COUNT]; /* words of the first of each state */
	const char *shown[LIVE_SHOWN_MAX];
	size_t n_shown, n_fail, n_warn;
	bool taken; /* another peer has what the file gives to one */
	sign_set signs;
};

void live_differs(struct live *l, enum state s, const char *words);
bool live_has(const struct live *l, enum need n);
/* An engine has no such peer: it is its own, or a later one of the file replaces it. */
bool live_is_left_out(const struct live *l, size_t peer);
/* wg-quick makes a mark and a table of its own for it. family NONE: either. */
bool live_wants_default(const struct intended_facts *w, uint8_t family);

/* live_routes.c: routes, and the rules that lead to them */
void live_routes(struct live *l);

#endif
