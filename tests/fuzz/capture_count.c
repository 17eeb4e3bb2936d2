/*
 * A captured frame of any bytes: never more messages than fit, never in both directions, and the
 * counters agree with each other.
 *
 * Input: a byte that chooses (bit 0: on a tun; bit 1: IPv6; bits 2 to 4: link type;
 * bit 5: the frame was longer than what was captured), then the frame.
 */
#include <assert.h>
#include <string.h>

#include <pcap/dlt.h>

#include "capture/linkhdr.h"
#include "capture/tap.h"
#include "fuzz.h"

static const int link_types[8] = { DLT_RAW,  DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2,
				   DLT_NULL, DLT_LOOP,	 DLT_RAW,	DLT_PPP };

static void use_family(struct tap_conf *c, unsigned v6)
{
	bool ok = ip_addr_parse(v6 ? "2001:db8::1" : "192.0.2.1", &c->near.addr) &&
		  ip_addr_parse(v6 ? "2001:db8:1::7" : "198.51.100.7", &c->far.addr);

	assert(ok);
	c->near.port = 51820;
	c->far.port = 443;
	c->own = &c->near.addr;
	c->n_own = 1;
}

static void check_wire(const struct tap_facts *t, size_t len)
{
	int64_t n[TAP_DIR_COUNT] = { 0 }, icmp = t->icmp_errors;
	unsigned d, type;

	for (d = 0; d < TAP_DIR_COUNT; d++) {
		for (type = 0; type <= WG_MSG_DATA; type++)
			n[d] += t->msgs[d][type];
		assert(t->keepalives[d] <= t->msgs[d][WG_MSG_DATA]);
		assert(t->unpadded[d] >= 0 &&
		       t->unpadded[d] + t->keepalives[d] <= t->msgs[d][WG_MSG_DATA]);
		assert(t->msg_bytes[d] >= 32 * t->msgs[d][WG_MSG_DATA]);
		assert(t->msg_bytes[d] <= 65535);
		/* Only the first of several fragments tells of more than the frame has. */
		assert(n[d] <= 1 || t->msg_bytes[d] <= (int64_t)len || t->msg_bytes[d] < 65528);
		assert(n[d] <= 1 || n[d] == t->msgs[d][WG_MSG_DATA]);
		assert(t->packets[d] == UNKNOWN && t->not_ip[d] == UNKNOWN);
	}
	assert(!n[TAP_OUT] || !n[TAP_IN]);
	assert(icmp == 0 || (icmp == 1 && !n[TAP_OUT] && !n[TAP_IN]));
	assert((icmp == 1) == (t->icmp_from.family != FAMILY_NONE));
}

static void check_tun(const struct tap_facts *t, size_t caplen, size_t len)
{
	int64_t n =
		t->packets[TAP_OUT] + t->packets[TAP_IN] + t->not_ip[TAP_OUT] + t->not_ip[TAP_IN];

	unsigned d;

	assert(n == (caplen || !len));
	for (d = 0; d < TAP_DIR_COUNT; d++) {
		assert(t->shifted[d] >= 0 && t->shifted[d] <= t->not_ip[d]);
		assert(t->echo_requests[d] + t->echo_replies[d] <= t->packets[d]);
		assert(t->unpadded[d] == UNKNOWN);
	}
	assert(t->msgs[TAP_OUT][WG_MSG_DATA] == UNKNOWN && t->icmp_errors == UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tap_conf c = { .dev = "x" };
	struct tap_facts t;
	size_t skip = 0, caplen, full;

	if (!len)
		return 0;
	c.kind = bytes[0] & 1 ? TAP_KIND_TUN : TAP_KIND_WIRE;
	use_family(&c, bytes[0] >> 1 & 1);
	tap_count_start(&t, &c);
	if (linkhdr_parse(link_types[bytes[0] >> 2 & 7], bytes + 1, len - 1, &skip) != LINKHDR_IP)
		return 0;
	assert(skip <= len - 1);
	caplen = len - 1 - skip;
	full = caplen + (bytes[0] & 32 ? 20000 : 0);
	tap_count_frame(&t, &c, bytes + 1 + skip, caplen, full, 5);
	assert(t.frames == 1 && t.truncated == (caplen < full));
	if (c.kind == TAP_KIND_WIRE)
		check_wire(&t, full);
	else
		check_tun(&t, caplen, full);
	return 0;
}
