/*
 * Facts that no run gathered: those of a healthy self-test, to be changed into what a test
 * is about. Nothing here is recorded from the tool; the numbers are those of a tunnel as
 * it should be.
 */
#ifndef TESTS_MADE_FACTS_H
#define TESTS_MADE_FACTS_H

#include "base/arena.h"
#include "check/check.h"

/* Far end built in, near end the built-in engine too. All strings are constants. */
void made_healthy(struct facts *f);
/* The same with wireguard-go near: its own counters are not known. */
void made_wireguard_go(struct facts *f);
/* From text that parses. */
struct ip_addr made_addr(const char *s);
struct cidr made_net(const char *s);
/* Healthy facts have one peer at each end, and room for these. */
enum { MADE_PEERS_MAX = 3 };
/* Adds a refusal to one end's (empty) list. */
void made_refused(struct facts *f, enum end end, const char *id, const char *says, uint64_t n);
/* As run/ leaves it when the near engine did not start. */
void made_not_started(struct facts *f, const char *why);
/* Handshake provoked, all there, no answer of the far end on the wire. */
void made_silent(struct facts *f);

struct check_case {
	const char *name;
	void (*change)(struct facts *f);
	enum state state;
	const char *says; /* part of the summary, or NULL */
	const char *caused_by; /* or NULL */
};

/*
 * Runs all checks over healthy facts changed by each case, and looks at the row of id. cmocka
 * asserts.
 */
void check_cases_run(const char *id, const struct check_case *cases, size_t n);
const struct finding *made_row(const struct findings *all, const char *id);

#endif
