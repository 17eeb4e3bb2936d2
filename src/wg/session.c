#include "wg/session.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

bool local_index_take(struct table *t, struct local_index *ix, uint32_t value)
{
	if (value == 0 || local_index_find(t, value))
		return false;
	local_index_drop(t, ix);
	ix->value = value;
	table_add(t, &ix->node, value);
	return true;
}

void local_index_drop(struct table *t, struct local_index *ix)
{
	if (ix->value == 0)
		return;
	table_del(t, &ix->node);
	ix->value = 0;
}

void local_index_move(struct table *t, struct local_index *from, struct local_index *to)
{
	uint32_t value = from->value;

	assert(value != 0);
	local_index_drop(t, from);
	local_index_drop(t, to);
	to->value = value;
	table_add(t, &to->node, value);
}

struct session *session_new(struct table *indices, struct local_index *hs_index,
			    struct noise_handshake *hs, int64_t now_ns)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->peer = hs_index->peer;
	s->index.peer = hs_index->peer;
	s->index.session = s;
	s->remote_index = hs->remote_index;
	s->initiator = hs->state == NOISE_RESPONSE_RECEIVED;
	s->born_ns = now_ns;
	s->send_valid = s->receive_valid = true;
	replay_init(&s->replay);
	noise_split(hs, s->initiator, &s->send_key, &s->receive_key);
	local_index_move(indices, hs_index, &s->index);
	return s;
}

static void session_free(struct session *s, struct table *indices)
{
	if (!s)
		return;
	local_index_drop(indices, &s->index);
	sodium_memzero(s, sizeof(*s));
	free(s);
}

bool session_reserve(struct session *s, size_t n, int64_t now_ns, uint64_t *first)
{
	if (!s || !s->send_valid)
		return false;
	/* The last counter must be below the limit; it is checked before it is given, so that
	 * counters never run past it however often this is tried.
	 */
	if (session_expired(s, now_ns) || s->send_counter > REJECT_AFTER_MESSAGES ||
	    n > REJECT_AFTER_MESSAGES - s->send_counter) {
		s->send_valid = false;
		return false;
	}
	*first = s->send_counter;
	s->send_counter += n;
	return true;
}

void sessions_install(struct sessions *ss, struct table *indices, struct session *fresh)
{
	struct session *next = ss->next;

	if (!fresh->initiator) {
		/* Not to be sent with before the first message comes with it. */
		session_free(ss->previous, indices);
		ss->previous = NULL;
		session_free(next, indices);
		ss->next = fresh;
		return;
	}
	session_free(ss->previous, indices);
	ss->previous = ss->current;
	if (next) {
		/* The peer may already send with the session that it initiated itself. */
		session_free(ss->current, indices);
		ss->previous = next;
		ss->next = NULL;
	}
	ss->current = fresh;
}

bool sessions_confirm(struct sessions *ss, struct table *indices, struct session *s)
{
	if (s != ss->next)
		return false;
	session_free(ss->previous, indices);
	ss->previous = ss->current;
	ss->current = s;
	ss->next = NULL;
	return true;
}

void sessions_expire(struct sessions *ss)
{
	if (ss->next)
		ss->next->send_valid = false;
	if (ss->current)
		ss->current->send_valid = false;
}

bool sessions_clear(struct sessions *ss, struct table *indices)
{
	bool any = ss->previous || ss->current || ss->next;

	session_free(ss->previous, indices);
	session_free(ss->current, indices);
	session_free(ss->next, indices);
	*ss = (struct sessions){ 0 };
	return any;
}
