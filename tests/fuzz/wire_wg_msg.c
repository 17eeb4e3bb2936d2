/* Bytes that are a WireGuard message are the same bytes when written again; no others are read. */
#include <assert.h>
#include <string.h>

#include "lib/fuzz.h"
#include "wire/wg_msg.h"

static bool initiation(const uint8_t *b, size_t len)
{
	uint8_t again[WG_INITIATION_LEN];
	struct wg_msg_initiation m;

	if (!wg_msg_read_initiation(b, len, &m))
		return false;
	wg_msg_write_initiation(&m, again);
	assert(len == sizeof(again) && !memcmp(b, again, len));
	return true;
}

static bool response(const uint8_t *b, size_t len)
{
	uint8_t again[WG_RESPONSE_LEN];
	struct wg_msg_response m;

	if (!wg_msg_read_response(b, len, &m))
		return false;
	wg_msg_write_response(&m, again);
	assert(len == sizeof(again) && !memcmp(b, again, len));
	return true;
}

static bool cookie_reply(const uint8_t *b, size_t len)
{
	uint8_t again[WG_COOKIE_REPLY_LEN];
	struct wg_msg_cookie_reply m;

	if (!wg_msg_read_cookie_reply(b, len, &m))
		return false;
	wg_msg_write_cookie_reply(&m, again);
	assert(len == sizeof(again) && !memcmp(b, again, len));
	return true;
}

static bool data(const uint8_t *b, size_t len)
{
	uint8_t again[WG_DATA_HEADER_LEN];
	struct wg_msg_data m;

	if (!wg_msg_read_data(b, len, &m))
		return false;
	wg_msg_write_data_header(m.receiver, m.counter, again);
	assert(!memcmp(b, again, sizeof(again)));
	assert(m.enc == b + sizeof(again) && m.enc_len == len - sizeof(again));
	assert(m.enc_len >= WG_TAG_LEN);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum wg_msg_type type;
	enum wg_msg_fault fault = wg_msg_classify(bytes, len, &type);
	bool ok = fault == WG_MSG_OK;

	assert(initiation(bytes, len) == (ok && type == WG_MSG_INITIATION));
	assert(response(bytes, len) == (ok && type == WG_MSG_RESPONSE));
	assert(cookie_reply(bytes, len) == (ok && type == WG_MSG_COOKIE_REPLY));
	assert(data(bytes, len) == (ok && type == WG_MSG_DATA));
	assert((type != WG_MSG_NONE) == (ok || fault == WG_MSG_WRONG_LEN));
	return 0;
}
