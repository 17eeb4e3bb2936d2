#include "wire/probe_msg.h"

#include "wire/cursor.h"

enum { VERSION = 1 };

size_t probe_msg_put(const struct probe_msg *m, uint8_t *out, size_t room)
{
	struct wr w = wr_on(out, room);

	wr_be32(&w, PROBE_MAGIC);
	wr_u8(&w, VERSION);
	wr_u8(&w, (uint8_t)m->type);
	wr_u8(&w, (uint8_t)m->direction);
	wr_u8(&w, 0);
	wr_be64(&w, m->token);
	wr_be64(&w, m->cookie);
	wr_be32(&w, m->seq);
	if (m->body_len)
		wr_bytes(&w, m->body, m->body_len);
	return w.bad ? 0 : PROBE_HEADER_LEN + m->body_len;
}

bool probe_msg_read(const uint8_t *b, size_t len, struct probe_msg *out)
{
	struct rd r = rd_on(b, len);
	struct probe_msg m = { 0 };
	uint32_t magic = rd_be32(&r);
	uint8_t version = rd_u8(&r), type = rd_u8(&r), direction = rd_u8(&r), zero = rd_u8(&r);

	m.token = rd_be64(&r);
	m.cookie = rd_be64(&r);
	m.seq = rd_be32(&r);
	if (r.bad || len > PROBE_MAX || magic != PROBE_MAGIC || version != VERSION || zero)
		return false;
	if (type < PROBE_KNOCK || type >= PROBE_TYPE_END || direction > PROBE_DOWN)
		return false;
	m.type = (enum probe_type)type;
	m.direction = (enum probe_direction)direction;
	m.body = r.p;
	m.body_len = r.left;
	*out = m;
	return true;
}

void probe_pace_put(const struct probe_pace *p, uint8_t out[static PROBE_PACE_LEN])
{
	struct wr w = wr_on(out, PROBE_PACE_LEN);

	wr_be32(&w, p->count);
	wr_be16(&w, p->body_len);
	wr_be32(&w, p->interval_us);
}

bool probe_pace_read(const struct probe_msg *m, struct probe_pace *out)
{
	struct rd r = rd_on(m->body, m->body_len);
	struct probe_pace p;

	p.count = rd_be32(&r);
	p.body_len = rd_be16(&r);
	p.interval_us = rd_be32(&r);
	if (r.bad || r.left)
		return false;
	*out = p;
	return true;
}
