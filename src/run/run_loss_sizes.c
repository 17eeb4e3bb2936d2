/*
 * The sizes of the probes of `wgdiag loss`.
 *
 * Each is a multiple of 16 as a whole packet, so that padding changes nothing, and neighbours
 * differ: by its size a message tells which probe it carries, and what is lost for its size shows
 * whatever the time does.
 */
#include "lab/draw.h"
#include "run/run_priv.h"
#include "wire/ip.h"

enum {
	STEP = 16, /* whitepaper, section 5.4.6 */
	SMALLEST = 96,
	ICMP_HEADER_LEN = 8,
	MTU_UNKNOWN = 1280, /* RFC 8200, section 5: whatever carries IPv6 takes that */
};

static unsigned mtu_of(const struct run *r)
{
	unsigned mtu = r->mtu ? r->mtu : r->f->tun[END_NEAR].start.mtu;

	return mtu >= SMALLEST + STEP ? mtu : MTU_UNKNOWN;
}

const uint16_t *run_loss_sizes(const struct run *r, const struct ip_addr *to, size_t n,
			       unsigned *longest)
{
	unsigned headers = ICMP_HEADER_LEN;
	unsigned choices = (MIN(mtu_of(r), UINT16_MAX) - SMALLEST) / STEP + 1;
	uint16_t *out = arena_alloc(r->arena, n * sizeof(*out));
	struct draw d;
	size_t i;

	draw_init(&d, r->conf->seed);
	headers += to->family == FAMILY_IP6 ? IP6_HEADER_LEN : IP4_HEADER_LEN;
	for (i = 0; i < n; i++) {
		out[i] = (uint16_t)(SMALLEST + STEP * draw_below(&d, choices) - headers);
		if (i && out[i] == out[i - 1])
			out[i] =
				(uint16_t)(SMALLEST - headers +
					   (out[i] + headers - SMALLEST + STEP) % (STEP * choices));
	}
	*longest = SMALLEST + STEP * (choices - 1) - headers;
	return out;
}
