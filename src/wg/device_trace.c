/*
 * Trace records: what happened to one packet. Nothing here runs unless somebody listens.
 */
#include "wg/device_priv.h"
#include "wire/cursor.h"

enum {
	FNV_OFFSET = 0x811c9dc5, /* FNV-1a, 32 bits */
	FNV_PRIME = 0x01000193,
	HASHED_BYTES = 64,
	IP4_AFTER_MUTABLE = 12, /* past TOS, TTL and checksum: from the source address on */
	IP6_AFTER_MUTABLE = 8, /* past traffic class and hop limit: the same */
};

uint32_t trace_inner_hash(const uint8_t *b, size_t len)
{
	uint32_t h = (uint32_t)FNV_OFFSET;
	size_t from = 0;

	if (len && b[0] >> 4 == 4)
		from = IP4_AFTER_MUTABLE;
	else if (len && b[0] >> 4 == 6)
		from = IP6_AFTER_MUTABLE;
	for (size_t i = from; i < len && i < from + HASHED_BYTES; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static bool is_inner(enum trace_stage stage)
{
	return stage == TRACE_TUN_READ || stage == TRACE_STAGED || stage == TRACE_OPENED;
}

/* Which receiver index is on the wire, for messages that have one. */
static uint32_t receiver_of(const struct wg_pkt *pkt, enum trace_stage stage)
{
	struct rd r = rd_on(wg_pkt_bytes(pkt), pkt->len);

	if (pkt->msg_type < WG_MSG_RESPONSE || pkt->msg_type > WG_MSG_DATA)
		return 0;
	/* Inbound data: it is our local index; the header may be overwritten already. */
	if (pkt->msg_type == WG_MSG_DATA && stage != TRACE_SEALED)
		return pkt->session;
	rd_bytes(&r, pkt->msg_type == WG_MSG_RESPONSE ? 8 : 4);
	return rd_le32(&r);
}

void trace_packet(struct wg_device *d, enum trace_stage stage, const struct wg_peer *p,
		  const struct wg_pkt *pkt, enum wg_drop why, int64_t now_ns)
{
	bool inner = is_inner(stage) || (stage == TRACE_DROPPED && pkt->inner_len);
	struct trace_rec r = {
		.t_ns = now_ns,
		.counter = pkt->counter,
		.session = p ? pkt->session : 0,
		.receiver = receiver_of(pkt, stage),
		.peer = p ? p->number : 0,
		.inner_len = pkt->inner_len,
		.outer_len = inner ? 0 : pkt->len,
		.inner_hash = pkt->inner_hash,
		.drop = (uint16_t)why,
		.stage = (uint8_t)stage,
		.msg_type = pkt->msg_type,
	};

	d->env.trace(d->env.ctx, &r);
}
