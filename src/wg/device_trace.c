/*
 * Trace records: what happened to one packet. Nothing here runs unless somebody listens.
 */
#include "wg/device_priv.h"
#include "wire/cursor.h"

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

static uint32_t sender_of(const struct wg_pkt *pkt)
{
	struct rd r = rd_on(wg_pkt_bytes(pkt), pkt->len);

	if (pkt->msg_type != WG_MSG_INITIATION && pkt->msg_type != WG_MSG_RESPONSE)
		return 0;
	rd_bytes(&r, 4); /* type */
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
		.sender = sender_of(pkt),
	};

	if (stage == TRACE_HANDSHAKE_SENT && pkt->msg_type == WG_MSG_INITIATION) {
		r.why = pkt->why;
		r.attempt = pkt->attempt;
	}
	d->env.trace(d->env.ctx, &r);
}
