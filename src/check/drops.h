/*
 * Packets that this host's kernel threw away: which of them can be the tunnel's, what their reasons
 * mean, and whether they explain what is missing.
 */
#ifndef CHECK_DROPS_H
#define CHECK_DROPS_H

#include "check/check.h"
#include "model/facts_fates.h"

/* What the kernel means by a reason. */
struct drop_words {
	const char *reason, *location; /* location NULL: anywhere */
	const char *says;
	const char *remedy, *command; /* command: with the device in place of %s; NULL: none */
};
const struct drop_words *drop_words(const struct drop_facts *d); /* NULL: not known */

/*
 * What every kernel throws away in every tunnel that works: copies that others than their owner
 * get, what sockets leave when they close, all that is no IP.
 */
bool drop_is_noise(const struct drop_facts *d);

/*
 * Between which two places of a packet's way it died; the one before the first and behind the last
 * is STAGE_NONE. False: at neither of the near end's devices.
 */
bool drop_stages(const struct facts *f, const struct drop_facts *d, enum stage *after,
		 enum stage *before);

/* drops_fates.c: the reasons of those lost probes that the kernel's drops explain. */
void drops_explain(struct facts *f, struct arena *a);

/* How many were seen at the near end's devices, without noise. */
int64_t drops_seen_ours(const struct facts *f);
/*
 * The rule of this namespace whose counter tells that it took what is missing of what came in, by
 * the tun or by the wire, and how many: neither a rule's matches nor another device of that name
 * leaves that open. own: of a rule that is for this tunnel only, which fewer show. NULL: it is not
 * told.
 */
const struct rule_facts *drops_rule(const struct facts *f, bool tun, bool own, int64_t *n);
/*
 * Did some rule of nftables take what is missing there, whichever? It is as far as the kernel tells
 * it; *n as above.
 */
bool drops_are_nftables(const struct facts *f, bool tun, bool own, int64_t *n);
/*
 * Did most of what is missing die on its way from the wire to the engine, and not by a filter
 * whose rules were looked at? What such drop there are strangers' packets all the time.
 */
bool drops_come_in(const struct facts *f);
bool drops_matter(const struct facts *f); /* probes are missing */
/* Why they were not watched, and what would help; of facts where it is known why. */
const char *drops_unwatched_words(const struct kernel_facts *k, struct arena *a);
bool drops_came_through(const struct facts *f); /* some were sent, and none is */
/* In the light of what is missing. NULL: they explain none of it. */
struct finding *drops_judge(const struct facts *f, struct findings *out);
void drops_because(const struct facts *f, struct findings *out, struct finding *row);

#endif
