/* Bytes that are a probe message are the same bytes when written again. */
#include <assert.h>
#include <string.h>

#include "lib/fuzz.h"
#include "wire/probe_msg.h"

static void pace(const struct probe_msg *m)
{
	uint8_t again[PROBE_PACE_LEN];
	struct probe_pace p;

	if (!probe_pace_read(m, &p))
		return;
	probe_pace_put(&p, again);
	assert(m->body_len == sizeof(again) && !memcmp(m->body, again, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t magic[] = { 'w', 'g', 'd', 'g' };
	uint8_t again[2048];
	struct probe_msg m;

	if (len > sizeof(again) || !probe_msg_read(bytes, len, &m))
		return 0;
	assert(!memcmp(bytes, magic, sizeof(magic)));
	assert(m.body_len == len - PROBE_HEADER_LEN);
	assert(probe_msg_put(&m, again, sizeof(again)) == len && !memcmp(bytes, again, len));
	assert(probe_msg_put(&m, again, len - 1) == 0);
	pace(&m);
	return 0;
}
