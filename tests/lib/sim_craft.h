/*
 * Messages made by hand, as an attacker or a broken peer would send them.
 */
#ifndef TESTS_LIB_SIM_CRAFT_H
#define TESTS_LIB_SIM_CRAFT_H

#include "sim_net.h"
#include "wg/cookie.h"

/* Somewhere else on the simulated network: 198.51.100.host:port. */
struct endpoint sim_elsewhere(uint8_t host, uint16_t port);

/*
 * A correct initiation to `to` by the owner of `key`, at that wall-clock time. `cookies`: the
 * sender's state.
 */
void craft_initiation(struct sim *s, const struct secret_key *key, const struct sim_node *to,
		      int64_t wall_ns, struct cookie_sender *cookies,
		      uint8_t out[WG_INITIATION_LEN]);
/* 148 bytes with nothing right but type and mac1: what a flood is made of. */
void craft_flood_message(struct sim *s, struct cookie_sender *cookies,
			 uint8_t out[WG_INITIATION_LEN]);
/* What mac1 and mac2 cover has changed. */
void craft_macs(struct sim *s, struct cookie_sender *cookies, uint8_t *msg, size_t len);

#endif
