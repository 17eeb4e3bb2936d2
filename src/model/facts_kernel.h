/*
 * The part of the facts that tells what this host's kernel did with packets that had arrived.
 */
#ifndef MODEL_FACTS_KERNEL_H
#define MODEL_FACTS_KERNEL_H

#include <stdint.h>

/* All of the near namespace; what is not known is UNKNOWN or NULL. */
struct kernel_facts {
	/* packets that came by another link than the answer would leave by, as it counts them */
	int64_t rpfilter_before, rpfilter_after;
	/* how strict it is about that, of a link: 0 not, 1 strict, 2 loose */
	int64_t rp_wire, rp_tun, rp_elsewhere;
	int64_t src_valid_mark;
	/* messages of the peer's that came in by another link than ours leave by, and which link */
	int64_t n_elsewhere;
	const char *elsewhere;
};

#endif
