/*
 * A simulated network with virtual time: protocol cores as nodes, a link between
 * all of them with loss, delay, reordering, duplicates, an MTU, and a NAT in front
 * of each node that can be made to forget. Same seed, same run.
 *
 * Time goes from event to event: the next datagram that arrives, the next inner
 * packet that is to be sent, or the earliest wg_device_next_due().
 */
#ifndef TESTS_LIB_SIM_NET_H
#define TESTS_LIB_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "seed.h"
#include "wg/device.h"

enum { SIM_NODES_MAX = 4, SIM_MSG_TYPES = 5, SIM_BATCH = 64, SIM_SLOT_LEN = 4096 };

struct sim_link {
	unsigned loss_permille, duplicate_permille, reorder_permille;
	int64_t delay_ns;
	int64_t reorder_ns; /* how much later a reordered one arrives */
	size_t max_len; /* longest UDP payload; 0: any */
};

struct sim;

struct sim_node {
	struct sim *sim;
	unsigned number; /* from 0; its inner address is 10.0.0.(number + 1) */
	struct wg_device *dev;
	struct secret_key private_key;
	struct public_key public_key;
	struct endpoint seen; /* its address as others see it, behind its NAT */
	int64_t wall_offset_ns; /* CLOCK_REALTIME is virtual time and this */
	bool echo; /* answers each inner packet with one of the same length */
	bool forwards; /* no packet that it is given has a source of its own */
	bool mute; /* what it sends does not reach the network */

	/* What it did: messages by type, the times of the last ones, events by type. */
	unsigned sent[SIM_MSG_TYPES], received[SIM_MSG_TYPES];
	unsigned keepalives_sent;
	size_t last_len; /* of the message sent last */
	uint8_t last_tos;
	int64_t sent_at_ns[SIM_MSG_TYPES], keepalive_at_ns;
	uint8_t last_msg[SIM_MSG_TYPES][SIM_SLOT_LEN]; /* the last one of each type */
	size_t last_msg_len[SIM_MSG_TYPES];
	unsigned events[WG_EVENT_COUNT];
	struct wg_event last_event[WG_EVENT_COUNT];
	uint64_t inner_sent, inner_received, inner_twice, icmp_errors;
	int64_t inner_at_ns; /* when the last one was received */
	size_t inner_len; /* of the last one */
	uint8_t inner_tos;
	uint8_t *seen_numbers; /* bitmap of the numbers of inner packets received */
};

struct sim_event; /* something that happens at a time */

struct sim {
	int64_t now_ns;
	struct seed seed;
	struct sim_link link;
	struct sim_node node[SIM_NODES_MAX];
	unsigned n_nodes;

	struct sim_event **heap;
	size_t n_heap, cap_heap;
	uint64_t last_order;
	uint32_t n_inner; /* inner packets ever made: each has its number */

	/* What the link did to datagrams; data_lost are data messages that were no keepalives. */
	uint64_t lost, data_lost, duplicated, reordered, too_long, unroutable;
};

/* The seed is printed, and SEED=N brings a run back. Time starts at 1000 s. */
struct sim *sim_new(void);
void sim_free(struct sim *s);
uint64_t sim_random(struct sim *s);
/* The wall clock, without any node's offset. */
int64_t sim_wall_ns(const struct sim *s);

/* A node with a fresh key, up, at 192.0.2.(number + 1):51820. */
struct sim_node *sim_add(struct sim *s);
/* a knows b: key, inner address, and (or not) the endpoint. */
struct wg_peer *sim_know(struct sim_node *a, struct sim_node *b, bool with_endpoint);
/* Both know each other and where. */
void sim_pair(struct sim_node *a, struct sim_node *b);
struct wg_peer *sim_peer(struct sim_node *a, const struct sim_node *b);
struct wg_peer_status sim_status(struct sim_node *a, const struct sim_node *b);

/* An inner IPv4/UDP packet of len bytes (>= 32), now or after a while. */
void sim_send(struct sim_node *from, const struct sim_node *to, size_t len);
void sim_send_in(struct sim_node *from, const struct sim_node *to, size_t len, int64_t delay_ns);
/* The packet itself: IPv4/UDP, numbered. */
void sim_inner_packet(uint8_t *b, size_t len, unsigned from, unsigned to, uint32_t number);
/* Bytes of an attacker's, as a datagram that arrives at once. */
void sim_inject(struct sim *s, struct sim_node *to, const struct endpoint *from, const void *b,
		size_t len, uint8_t tos);

/* The NAT in front of the node forgets: from now on it is seen at another port. */
void sim_rebind(struct sim_node *n);

void sim_run(struct sim *s, int64_t for_ns);
/* Until fn gives true, at most for_ns; whether it did. */
bool sim_run_until(struct sim *s, int64_t for_ns, bool (*fn)(void *ctx), void *ctx);

/* All drop reasons counted by a node. */
uint64_t sim_drops(const struct sim_node *n);
uint64_t sim_drop(const struct sim_node *n, enum wg_drop why);

#endif
