/*
 * Notes of keys whose handshakes were dated ahead, by an engine that does that: the far side keeps
 * the latest time that it saw of a key, and takes a handshake of an earlier one for a replay. Kept
 * where all runs find them, as long as they matter.
 */
#ifndef SYS_AHEAD_H
#define SYS_AHEAD_H

#include <stdint.h>

#include "model/key.h"
#include "sys/supervisor.h"

enum { AHEAD_MOST_S = 120 }; /* what a note may say: later is the clock's fault */

/*
 * The step that writes one when the engine, whose own step comes after it, has been ended.
 * ahead_s 0: it writes none, for no handshake was sent. It takes the place of one of that key.
 */
struct undo_step ahead_step(const struct public_key *k, unsigned ahead_s);
/* Until when (wall clock) handshakes of that key are refused; 0: no note is known. */
int64_t ahead_until(const struct public_key *k);

#endif
