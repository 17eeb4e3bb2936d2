#include "wg/load.h"

#include <string.h>

#include "wg/limits.h"

void load_init(struct load *l)
{
	memset(l, 0, sizeof(*l));
	l->until_ns = INT64_MIN;
}

/* A second begins with its first handshake message: the count is of at most one second,
 * never of more.
 */
bool load_note_handshake(struct load *l, int64_t now_ns)
{
	if (!l->n || now_ns - l->window_start_ns >= NS_PER_S) {
		l->window_start_ns = now_ns;
		l->n = 0;
	}
	l->n++;
	if (l->n > LOAD_HANDSHAKES_PER_S)
		l->until_ns = now_ns + LOAD_LINGER_S * NS_PER_S;
	return l->forced || now_ns < l->until_ns;
}
