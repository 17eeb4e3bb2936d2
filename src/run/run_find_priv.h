/*
 * What the files of run_find share: the inner addresses that are asked.
 */
#ifndef RUN_RUN_FIND_PRIV_H
#define RUN_RUN_FIND_PRIV_H

#include "run/run_priv.h"

enum {
	RUN_FIND_TRIES = 3,
	RUN_FIND_HOP_PORT = 33434, /* as traceroute */
};

struct asked {
	const struct target *target;
	struct path_facts path; /* the kernel's answer for it */
	bool through; /* it leads into the tunnel; else nothing is asked */
	bool ours; /* the ICMP error about it is of an address of this host */
	struct ip_addr looked_at; /* whose that is, was asked of this sender */
	struct echo *echo;
	struct hop *hop;
	struct knock *knock;
	/* beside the pings, of one that was named: to the next host, and to itself */
	struct hop *next, *there;
};

struct find {
	struct run *r;
	struct asked asked[TARGETS_MAX];
	size_t n;
};

/* run_find_beside.c: of who was named and answers no ping: to the next host, and to itself */
void run_find_begin_beside(struct find *x);
bool run_find_beside_is_over(void *find);
void run_find_end_beside(struct find *x); /* waits for them, and notes what they found */

#endif
