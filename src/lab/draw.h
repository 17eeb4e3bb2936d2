/*
 * Names, addresses and ports drawn by lot from a seed: nothing may come to depend on one,
 * and a run can be repeated.
 */
#ifndef LAB_DRAW_H
#define LAB_DRAW_H

#include "model/endpoint.h"

struct draw {
	uint64_t state;
};

void draw_init(struct draw *d, uint64_t seed);
uint64_t draw_below(struct draw *d, uint64_t n); /* 0 to n - 1 */

/* Two hosts that begin with these len bytes, with different last ones, neither 0 nor 255. */
void draw_two_hosts(struct draw *d, const uint8_t *net, size_t len, uint8_t family,
		    struct ip_addr out[2]);
/* Two different hosts of one random /24 (IPv4: documentation range or private range) or /64. */
void draw_outer4(struct draw *d, struct ip_addr out[2]);
void draw_inner4(struct draw *d, struct ip_addr out[2]);
void draw_inner6(struct draw *d, struct ip_addr out[2]);
/* Two different ports, below those that the system gives out by itself. */
void draw_ports(struct draw *d, uint16_t out[2]);

#endif
