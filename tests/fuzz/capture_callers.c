/*
 * Captured frames of any bytes, one after the other: who calls is told apart and counted, within
 * bounds, and nothing is counted for nobody.
 *
 * Input: for each frame a byte (bit 0: it leaves; bit 1: by the loopback), its length in two bytes,
 * and the frame.
 */
#include <assert.h>

#include "capture/callers.h"
#include "fuzz.h"

enum { PORT = 51820, CALLERS_MAX = 16 };

static bool is_ours(void *ctx, const uint8_t *initiation)
{
	(void)ctx;
	return initiation[WG_INITIATION_LEN - 1] & 1;
}

static void check(const struct callers *x, int64_t n_frames)
{
	const struct call_facts *list;
	size_t n = callers_list(x, &list), i, k;

	assert(n <= CALLERS_MAX);
	for (i = 0; i < n; i++) {
		const struct call_facts *c = &list[i];

		assert(c->initiations >= 1 && c->initiations <= n_frames);
		assert(c->responses + c->cookie_replies + c->data + c->refused < n_frames * 2);
		assert(c->ours || c->to.port == PORT);
		assert(c->from.addr.family == c->to.addr.family);
		for (k = 0; k < i; k++)
			assert(!endpoint_equal(&list[k].from, &c->from) ||
			       !endpoint_equal(&list[k].to, &c->to));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct addr_facts locals[2] = { 0 };
	struct callers_conf c = {
		.port = PORT, .locals = locals, .n_locals = 2, .is_ours = is_ours
	};
	int64_t n_frames = 0;
	struct callers *x;
	struct arena a;
	bool ok = cidr_parse("192.0.2.0/24", &locals[0].addr) &&
		  cidr_parse("2001:db8::/64", &locals[1].addr);

	assert(ok);
	arena_init(&a);
	x = callers_new(&c, &a);
	while (len >= 3) {
		size_t frame_len = (size_t)(bytes[1] << 8 | bytes[2]);
		struct link_frame f = { .out = bytes[0] & 1, .to_itself = (bytes[0] & 2) != 0 };

		bytes += 3;
		len -= 3;
		f.b = bytes;
		f.caplen = MIN(frame_len, len);
		callers_see(x, &f);
		bytes += f.caplen;
		len -= f.caplen;
		check(x, ++n_frames);
	}
	arena_done(&a);
	return 0;
}
