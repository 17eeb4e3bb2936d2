/*
 * The part of the facts that tells each attempt of a handshake that was seen in the run: who asked,
 * why, and what came of it.
 */
#ifndef MODEL_FACTS_HANDSHAKES_H
#define MODEL_FACTS_HANDSHAKES_H

#include <stddef.h>

#include "model/endpoint.h"
#include "model/facts_probes.h"
#include "model/key.h"
#include "model/unknown.h"

/* Why the near end asked; only our own engine tells. */
enum attempt_why {
	ATTEMPT_WHY_UNTOLD,
	/* as enum wg_why, in its order */
	ATTEMPT_WHY_STAGED,
	ATTEMPT_WHY_AGE,
	ATTEMPT_WHY_AGE_RECEIVE,
	ATTEMPT_WHY_MESSAGES,
	ATTEMPT_WHY_SILENCE,
	ATTEMPT_WHY_RETRY,
	ATTEMPT_WHY_KEEPALIVE,
	ATTEMPT_WHY_COUNT
};

/* What came of an initiation. "Nothing" is said only where all was watched, for long enough. */
enum attempt_outcome {
	ATTEMPT_OPEN, /* not known: the run ended, or the capture has gaps */
	ATTEMPT_UNSENT, /* the system did not take it; `refused` says why */
	ATTEMPT_SILENT, /* nothing */
	ATTEMPT_ICMP, /* an ICMP error that quotes it, and nothing else */
	ATTEMPT_COOKIE, /* a cookie reply instead of an answer: who was asked is under load */
	/* of ours: the response, of theirs: the initiation; the near engine says so in `refused` */
	ATTEMPT_REFUSED,
	/* a response, and whoever asked used no session since, and asked again after 5 s */
	ATTEMPT_UNUSED,
	ATTEMPT_ANSWERED, /* a response, and whether it was accepted was not seen */
	ATTEMPT_COMPLETE, /* a response, and data of that session, or the engine's word */
	ATTEMPT_OUTCOME_COUNT
};

struct attempt_facts {
	enum end by; /* who asked */
	int64_t t_ns; /* since the run began */
	int64_t sender; /* its sender index */
	enum attempt_why why;
	int64_t number; /* 1: the first of its kind, then retries; by the engine. UNKNOWN */
	int64_t in_row; /* the same as it was seen: so many without a session since the first */
	struct endpoint from, to;
	enum attempt_outcome outcome;
	int64_t answer_ns; /* from it to the response or cookie; UNKNOWN: none */
	/* where that came from, or went to: whoever was asked, or somebody else; FAMILY_NONE */
	struct endpoint answer;
	struct ip_addr icmp_from; /* of the first ICMP error about it; FAMILY_NONE */
	uint8_t icmp_type, icmp_code;
	const char *refused; /* "in_response": id of a reason of our engine; NULL */
	int64_t for_us; /* of theirs: its mac1 is for our public key: 1, 0, UNKNOWN */
	bool elsewhere; /* of theirs: from another address than the peer's endpoint has */
	struct public_key key; /* of theirs: who asked and is no peer; zero: not known */
};

struct handshakes_facts {
	/* Frames that the capture itself lost; UNKNOWN: it cannot say, or there was none. */
	int64_t dropped;
	int64_t trace_overrun; /* records of our engine's that were lost; UNKNOWN: no trace */
	struct attempt_facts *list; /* in their order */
	size_t n;
	int64_t more; /* than these, which were not kept */
};

#endif
