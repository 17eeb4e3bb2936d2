/*
 * Each attempt of a handshake in words, and which of them tells most.
 */
#ifndef CHECK_ATTEMPTS_H
#define CHECK_ATTEMPTS_H

#include "check/check.h"

/*
 * What came of our initiations to the peer, where the attempts tell more than the numbers of
 * messages do: "..., refused: the response does not open". NULL: they do not.
 */
const char *attempts_came_back(const struct facts *f, struct arena *a);
/* Why none of them left; NULL: not known, or some did. */
const char *attempts_unsent(const struct facts *f, struct arena *a);
/* What is wrong with those that come from the peer, behind another answer: "; ...", or "" */
const char *attempts_of_peer(const struct facts *f, struct arena *a);
/* The very socket that we ask asks itself, for another public key than ours. */
bool attempts_other_key(const struct facts *f);
/* The first of ours that was answered from another address than it asked; or NULL. */
const struct attempt_facts *attempts_answered_elsewhere(const struct facts *f);
bool attempts_had_cookie(const struct facts *f); /* instead of an answer to one of ours */
/* Why our engine refused those from there, behind another answer: ": ...", or NULL */
const char *attempts_refused_from(const struct facts *f, const struct endpoint *from,
				  struct arena *a);
void attempts_because(const struct facts *f, struct findings *out, struct finding *row);

#endif
