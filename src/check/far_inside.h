/*
 * What a far end with the kernel's engine says of the insides of our messages, by pasted counters.
 *
 * That engine counts rx errors only after decryption: frame errors are authentic messages whose
 * inside is no IP, or comes from a source that is not allowed (failure-modes.md, 0.2). The second
 * is excluded where its allowed IPs hold our inner addresses.
 */
#ifndef CHECK_FAR_INSIDE_H
#define CHECK_FAR_INSIDE_H

#include "check/check.h"

struct far_inside {
	/* frame errors; on a tun of another engine all rx errors. And all it received. UNKNOWN */
	int64_t refused, received;
	bool since_made; /* counted since the device was made, not between two looks */
	bool by_kernel; /* the kernel's engine */
	bool only_us; /* it has no other peer, so they are ours */
	bool source_allowed; /* our inner addresses are this peer's there */
	/* the session is good, nothing inner comes back, and the counters say where it went */
	bool fails;
	bool no_ip; /* fails, and it can only be that our packets are no IP */
};

/* Nothing of it holds without NEED_FAR_TEXT. */
struct far_inside far_inside_of(const struct facts *f);
/* Between the looks, or since the device was made; UNKNOWN. */
int64_t far_inside_counter(const struct link_facts *l, enum link_counter c);

#endif
