/*
 * Sessions: what a handshake leaves behind, and the three that a peer may have at a time
 * (whitepaper, section 6.3; Linux driver, noise.c: add_new_keypair).
 *
 * Also the local indices, by which every message but an initiation says whom it is for:
 * random, unique in the device over handshakes and sessions.
 */
#ifndef WG_SESSION_H
#define WG_SESSION_H

#include <stdbool.h>

#include "model/key.h"
#include "wg/limits.h"
#include "wg/noise.h"
#include "wg/replay.h"
#include "wg/table.h"

struct wg_peer;
struct session;

/* --- local indices --- */

struct local_index {
	struct table_node node;
	uint32_t value; /* 0: not in use */
	struct wg_peer *peer;
	struct session *session; /* NULL: it is the peer's handshake */
};

/* Takes `value` for *ix, and gives up what it had. False when the value is 0 or somebody's. */
bool local_index_take(struct table *t, struct local_index *ix, uint32_t value);
void local_index_drop(struct table *t, struct local_index *ix); /* harmless when not in use */
/* to takes over the value of from. */
void local_index_move(struct table *t, struct local_index *from, struct local_index *to);

static inline struct local_index *local_index_find(const struct table *t, uint32_t value)
{
	struct table_node *node = table_first(t, value);

	return node ? table_entry(node, struct local_index, node) : NULL;
}

/* --- one session --- */

struct session {
	struct local_index index;
	struct wg_peer *peer;
	uint32_t remote_index;
	bool initiator; /* of this session's handshake */
	bool send_valid, receive_valid;
	int64_t born_ns;
	uint64_t send_counter; /* the next to give */
	struct secret_key send_key, receive_key;
	struct replay replay;
};

/* From a handshake in RESPONSE_SENT or RESPONSE_RECEIVED, which is wiped. Its index moves over. */
struct session *session_new(struct table *indices, struct local_index *hs_index,
			    struct noise_handshake *hs, int64_t now_ns);

static inline bool session_expired(const struct session *s, int64_t now_ns)
{
	return now_ns - s->born_ns >= REJECT_AFTER_TIME_S * NS_PER_S;
}

/*
 * n counters, from *first on. False: the session cannot carry them, because it is none
 * (NULL), too old, or used up; and then it is of no use for sending any more.
 */
bool session_reserve(struct session *s, size_t n, int64_t now_ns, uint64_t *first);

/* May a message be received with it? (Its counter is the replay window's business.) */
static inline bool session_can_receive(const struct session *s, int64_t now_ns)
{
	return s->receive_valid && !session_expired(s, now_ns) &&
	       s->replay.greatest < REJECT_AFTER_MESSAGES;
}

/* --- the three --- */

struct sessions {
	struct session *previous, *current, *next;
};

/* A fresh one, after a response was received (initiator) or sent (responder). */
void sessions_install(struct sessions *ss, struct table *indices, struct session *fresh);
/* Something authentic came with s. True: that confirmed `next`, which is `current` now. */
bool sessions_confirm(struct sessions *ss, struct table *indices, struct session *s);
/* Our private key changed: nothing more is sent with them. */
void sessions_expire(struct sessions *ss);
/* Wipes and frees them. True when there was one. */
bool sessions_clear(struct sessions *ss, struct table *indices);

#endif
