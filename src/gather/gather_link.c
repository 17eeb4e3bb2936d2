/*
 * What kind of link is it, and what has it counted?
 */
#include <errno.h>
#include <string.h>

#include "gather/gather.h"

struct counter_at {
	enum link_counter counter;
	size_t at;
};

#define ROW(id, field)                                            \
	{                                                         \
		LINK_##id, offsetof(struct sys_link_stats, field) \
	}
static const struct counter_at counters[] = {
	ROW(RX_PACKETS, rx_packets),
	ROW(RX_BYTES, rx_bytes),
	ROW(RX_ERRORS, rx_errors),
	ROW(RX_DROPPED, rx_dropped),
	ROW(RX_LENGTH, rx_length_errors),
	ROW(RX_OVER, rx_over_errors),
	ROW(RX_CRC, rx_crc_errors),
	ROW(RX_FRAME, rx_frame_errors),
	ROW(RX_FIFO, rx_fifo_errors),
	ROW(RX_MISSED, rx_missed_errors),
	ROW(RX_NOHANDLER, rx_nohandler),
	ROW(TX_PACKETS, tx_packets),
	ROW(TX_BYTES, tx_bytes),
	ROW(TX_ERRORS, tx_errors),
	ROW(TX_DROPPED, tx_dropped),
	ROW(TX_ABORTED, tx_aborted_errors),
	ROW(TX_CARRIER, tx_carrier_errors),
	ROW(TX_FIFO, tx_fifo_errors),
	ROW(TX_HEARTBEAT, tx_heartbeat_errors),
	ROW(TX_WINDOW, tx_window_errors),
};
#undef ROW
_Static_assert(ARRAY_LEN(counters) == LINK_COUNTER_COUNT, "a link counter has no row");

/* A platform gives UINT64_MAX for what its system does not count. */
static void copy_counters(const struct sys_link_stats *from, int64_t to[static LINK_COUNTER_COUNT])
{
	uint64_t v;
	size_t i;

	for (i = 0; i < ARRAY_LEN(counters); i++) {
		memcpy(&v, (const char *)from + counters[i].at, sizeof(v));
		to[counters[i].counter] = v > INT64_MAX ? UNKNOWN : (int64_t)v;
	}
}

static const struct sys_link *find(const struct sys_link *links, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(links[i].name, name))
			return &links[i];
	return NULL;
}

int gather_link(const struct platform_ops *p, const char *name, bool after, struct arena *a,
		struct link_facts *out, struct err *e)
{
	const struct sys_link *link;
	struct sys_link *links;
	size_t n, i;
	int rc = p->links(a, &links, &n, e);

	if (rc < 0)
		return rc;
	link = find(links, n, name);
	if (!link && after)
		out->end = (struct link_state){ .known = true, .gone = true };
	if (!link)
		return err_code(e, ENODEV, "read the counters of %s", name);
	/* Another link took the name: its counters began anew, and no difference means anything. */
	if (after && out->start.known && out->start.ifindex != link->ifindex)
		for (i = 0; i < LINK_COUNTER_COUNT; i++)
			out->before[i] = UNKNOWN;
	out->name = link->name; /* in the arena, as all that the platform gave */
	out->kind = link->kind;
	*(after ? &out->end : &out->start) = (struct link_state){
		.known = true, .up = link->up, .ifindex = link->ifindex, .mtu = link->mtu
	};
	*(after ? &out->running_end : &out->running) = link->running;
	out->tun_pi = link->tun_pi < 0 ? UNKNOWN : link->tun_pi;
	copy_counters(&link->stats, after ? out->after : out->before);
	return 0;
}
