/*
 * Commands of the tables with what is known of this tunnel in them.
 */
#ifndef VERDICT_FILL_H
#define VERDICT_FILL_H

#include "base/arena.h"
#include "model/facts.h"

/*
 * {if} the interface, {port} and {host} of the endpoint, {dev} the link to it, {inner} our own
 * inner address, {target} the inner address that was probed, {peer} the peer's public key, {own}
 * ours, {listen} the port that our engine listens on, {arg} what `wgdiag check` was given, {check}
 * the whole command, but for what is about the far end, {far} an address of the far end that
 * answers inside. What is not known stands there in capitals ("PORT").
 * NULL: template is NULL. The string is the arena's, or template itself.
 */
const char *fill(struct arena *a, const struct facts *f, const char *template);

#endif
