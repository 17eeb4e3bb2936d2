#include "wire/wg_msg.h"

#include "wire/cursor.h"

static bool known_type(uint32_t t)
{
	return t >= WG_MSG_INITIATION && t <= WG_MSG_DATA;
}

static size_t exact_len(enum wg_msg_type t)
{
	switch (t) {
	case WG_MSG_INITIATION:
		return WG_INITIATION_LEN;
	case WG_MSG_RESPONSE:
		return WG_RESPONSE_LEN;
	case WG_MSG_COOKIE_REPLY:
		return WG_COOKIE_REPLY_LEN;
	case WG_MSG_DATA:
	case WG_MSG_NONE:
		break;
	}
	return 0;
}

enum wg_msg_fault wg_msg_classify(const void *b, size_t len, enum wg_msg_type *type)
{
	struct rd r = rd_on(b, len);
	uint32_t t = rd_le32(&r);

	*type = WG_MSG_NONE;
	if (r.bad || ((t & 0xff) == WG_MSG_DATA && len < WG_DATA_OVERHEAD))
		return WG_MSG_SHORT;
	if (t > 0xff && known_type(t & 0xff))
		return WG_MSG_RESERVED;
	if (!known_type(t))
		return WG_MSG_UNKNOWN_TYPE;
	*type = (enum wg_msg_type)t;
	if (t != WG_MSG_DATA && len != exact_len(*type))
		return WG_MSG_WRONG_LEN;
	return WG_MSG_OK;
}

/* A cursor behind the type, if this is a whole message of that type. */
static bool begin(const void *b, size_t len, enum wg_msg_type want, struct rd *r)
{
	enum wg_msg_type type;

	*r = rd_on(b, len);
	rd_le32(r);
	return wg_msg_classify(b, len, &type) == WG_MSG_OK && type == want;
}

bool wg_msg_read_initiation(const void *b, size_t len, struct wg_msg_initiation *out)
{
	struct wg_msg_initiation m;
	struct rd r;

	if (!begin(b, len, WG_MSG_INITIATION, &r))
		return false;
	m.sender = rd_le32(&r);
	rd_copy(&r, m.ephemeral, sizeof(m.ephemeral));
	rd_copy(&r, m.enc_static, sizeof(m.enc_static));
	rd_copy(&r, m.enc_timestamp, sizeof(m.enc_timestamp));
	rd_copy(&r, m.mac1, sizeof(m.mac1));
	rd_copy(&r, m.mac2, sizeof(m.mac2));
	if (r.bad)
		return false;
	*out = m;
	return true;
}

bool wg_msg_read_response(const void *b, size_t len, struct wg_msg_response *out)
{
	struct wg_msg_response m;
	struct rd r;

	if (!begin(b, len, WG_MSG_RESPONSE, &r))
		return false;
	m.sender = rd_le32(&r);
	m.receiver = rd_le32(&r);
	rd_copy(&r, m.ephemeral, sizeof(m.ephemeral));
	rd_copy(&r, m.enc_nothing, sizeof(m.enc_nothing));
	rd_copy(&r, m.mac1, sizeof(m.mac1));
	rd_copy(&r, m.mac2, sizeof(m.mac2));
	if (r.bad)
		return false;
	*out = m;
	return true;
}

bool wg_msg_read_cookie_reply(const void *b, size_t len, struct wg_msg_cookie_reply *out)
{
	struct wg_msg_cookie_reply m;
	struct rd r;

	if (!begin(b, len, WG_MSG_COOKIE_REPLY, &r))
		return false;
	m.receiver = rd_le32(&r);
	rd_copy(&r, m.nonce, sizeof(m.nonce));
	rd_copy(&r, m.enc_cookie, sizeof(m.enc_cookie));
	if (r.bad)
		return false;
	*out = m;
	return true;
}

bool wg_msg_read_data(const void *b, size_t len, struct wg_msg_data *out)
{
	struct wg_msg_data m;
	struct rd r;

	if (!begin(b, len, WG_MSG_DATA, &r))
		return false;
	m.receiver = rd_le32(&r);
	m.counter = rd_le64(&r);
	m.enc_len = r.left;
	m.enc = rd_bytes(&r, r.left);
	if (r.bad)
		return false;
	*out = m;
	return true;
}

void wg_msg_write_initiation(const struct wg_msg_initiation *m, uint8_t out[WG_INITIATION_LEN])
{
	struct wr w = wr_on(out, WG_INITIATION_LEN);

	wr_le32(&w, WG_MSG_INITIATION);
	wr_le32(&w, m->sender);
	wr_bytes(&w, m->ephemeral, sizeof(m->ephemeral));
	wr_bytes(&w, m->enc_static, sizeof(m->enc_static));
	wr_bytes(&w, m->enc_timestamp, sizeof(m->enc_timestamp));
	wr_bytes(&w, m->mac1, sizeof(m->mac1));
	wr_bytes(&w, m->mac2, sizeof(m->mac2));
}

void wg_msg_write_response(const struct wg_msg_response *m, uint8_t out[WG_RESPONSE_LEN])
{
	struct wr w = wr_on(out, WG_RESPONSE_LEN);

	wr_le32(&w, WG_MSG_RESPONSE);
	wr_le32(&w, m->sender);
	wr_le32(&w, m->receiver);
	wr_bytes(&w, m->ephemeral, sizeof(m->ephemeral));
	wr_bytes(&w, m->enc_nothing, sizeof(m->enc_nothing));
	wr_bytes(&w, m->mac1, sizeof(m->mac1));
	wr_bytes(&w, m->mac2, sizeof(m->mac2));
}

void wg_msg_write_cookie_reply(const struct wg_msg_cookie_reply *m,
			       uint8_t out[WG_COOKIE_REPLY_LEN])
{
	struct wr w = wr_on(out, WG_COOKIE_REPLY_LEN);

	wr_le32(&w, WG_MSG_COOKIE_REPLY);
	wr_le32(&w, m->receiver);
	wr_bytes(&w, m->nonce, sizeof(m->nonce));
	wr_bytes(&w, m->enc_cookie, sizeof(m->enc_cookie));
}

void wg_msg_write_data_header(uint32_t receiver, uint64_t counter, uint8_t out[WG_DATA_HEADER_LEN])
{
	struct wr w = wr_on(out, WG_DATA_HEADER_LEN);

	wr_le32(&w, WG_MSG_DATA);
	wr_le32(&w, receiver);
	wr_le64(&w, counter);
}
