/*
 * What is in one captured frame, and to which counter it goes.
 */
#include "capture/headers.h"

void tap_count_start(struct tap_facts *t, const struct tap_conf *c)
{
	bool wire = c->kind == TAP_KIND_WIRE;
	unsigned dir, type;

	*t = (struct tap_facts){ .dev = c->dev };
	t->first_initiation_ns = t->first_response_ns = UNKNOWN;
	t->data_since = UNKNOWN;
	t->near_port = t->near_tos = t->near_flow = UNKNOWN;
	t->icmp_errors = wire ? 0 : UNKNOWN;
	t->larger = t->larger_bytes = wire ? 0 : UNKNOWN;
	t->other_near[TAP_OUT] = t->other_near[TAP_IN] = wire ? 0 : UNKNOWN;
	for (dir = 0; dir < TAP_DIR_COUNT; dir++) {
		for (type = 0; type <= WG_MSG_DATA; type++)
			t->msgs[dir][type] = wire ? 0 : UNKNOWN;
		t->keepalives[dir] = t->msg_bytes[dir] = wire ? 0 : UNKNOWN;
		t->unpadded[dir] = t->largest[dir] = wire ? 0 : UNKNOWN;
		t->packets[dir] = t->padded_bytes[dir] = t->not_ip[dir] = t->shifted[dir] =
			wire ? UNKNOWN : 0;
		t->echo_requests[dir] = t->echo_replies[dir] = wire ? UNKNOWN : 0;
		t->own_echoes[0] = t->own_echoes[1] = wire ? UNKNOWN : 0;
		t->others[dir] = wire ? UNKNOWN : 0;
		t->foreign[dir] = t->foreign_echoes[dir] = wire ? UNKNOWN : 0;
		t->nested = wire ? UNKNOWN : 0;
	}
}

void tap_count_frame(struct tap_facts *t, const struct tap_conf *c, const uint8_t *b, size_t caplen,
		     size_t len, int64_t t_ns)
{
	t->frames++;
	t->truncated += caplen < len;
	if (c->kind == TAP_KIND_WIRE)
		count_wire(t, c, b, caplen, len, t_ns);
	else
		count_tun(t, c, b, caplen, len, t_ns);
}
