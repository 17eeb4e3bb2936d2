/*
 * Packets that the kernel threw away, from the lines of a trace pipe of Linux (tracefs).
 *
 * skb:kfree_skb says why and where, and names neither device nor namespace. The events of net: name
 * the device, so the two are joined by the address of the buffer: what was last seen to come in or
 * go out by a device of ours, and was neither handed to its driver nor used up since, is ours. An
 * address is soon used again, so all that ends a buffer's life has to be told: skb:consume_skb, and
 * net:net_dev_queue of all devices.
 */
#ifndef MODEL_DROP_TRACE_H
#define MODEL_DROP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DROP_DEVS_MAX = 4, DROP_KINDS_MAX = 48, DROP_NAME_SIZE = 16 };

/* Packets of one device and direction that died at one place for one reason. */
struct drop_kind {
	char reason[40]; /* "NETFILTER_DROP", as the running kernel calls it */
	char location[48]; /* the function: "nft_do_chain"; "": not told */
	char dev[DROP_NAME_SIZE];
	uint16_t protocol; /* of Ethernet: 0x0800 */
	uint8_t in; /* it had come in by the device, and was not to go out by it */
	uint64_t n;
	int64_t first_ns; /* of the trace's clock */
};

struct drop_trace;

struct drop_trace *drop_trace_new(void); /* NULL: no memory */
void drop_trace_free(struct drop_trace *t);
/* False: too many, or no name. */
bool drop_trace_device(struct drop_trace *t, const char *name);
/* Without its newline. What is no event of these is passed over. */
void drop_trace_line(struct drop_trace *t, const char *line);
/* In the order of their first; *lost: events that were not kept, as far as the lines tell. */
const struct drop_kind *drop_trace_kinds(const struct drop_trace *t, size_t *n, uint64_t *lost);

/* How many packets were seen to come in by that device, and to be taken by its driver. */
void drop_trace_seen(const struct drop_trace *t, const char *dev, uint64_t *in, uint64_t *out);

/* Whether the event of that `format` tells a reason: Linux 5.17. */
bool drop_format_has_reason(const char *format);

/*
 * What a per_cpu/cpuN/stats tells: events that were not kept. unread: and those that are still in
 * it.
 */
uint64_t drop_stats_lost(const char *stats, bool unread);

#endif
