/*
 * Whatever comes back, a reply is about one rung of the ladder or none; and what an ICMP error
 * quotes of a message or an echo request, however little, is known again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "probe/ladder_wire.h"
#include "wire/ip.h"
#include "wire/ladder_mark.h"

enum { ICMP_LEN = 8, QUOTED_LEN = 28, ECHO_LEN = 24 };

static struct ladder_ids ids_of(const uint8_t *b, bool v6)
{
	struct ladder_ids ids = { .echo_id = (uint16_t)(b[0] << 8 | b[1]),
				  .token = (uint16_t)(b[2] << 8 | b[3]) };

	ids.from.addr.family = ids.to.addr.family = v6 ? FAMILY_IP6 : FAMILY_IP4;
	memcpy(ids.from.addr.b, b + 4, 4);
	memcpy(ids.to.addr.b, b + 8, 4);
	ids.from.port = (uint16_t)(b[12] << 8 | b[13] | 1);
	ids.to.port = (uint16_t)(b[14] << 8 | b[15] | 1);
	return ids;
}

/* quoted: the packet, with its IP header. */
static void check_error(const struct ladder_ids *ids, const uint8_t *quoted, size_t len,
			enum ladder_of of, unsigned hop, unsigned round)
{
	bool v6 = ids->to.addr.family == FAMILY_IP6;
	uint8_t *b = calloc(1, ICMP_LEN + len);
	struct ladder_reply r;

	assert(b);
	b[0] = v6 ? 3 : 11;
	memcpy(b + ICMP_LEN, quoted, len);
	r = ladder_parse(ids, b, ICMP_LEN + len);
	assert(r.of == of && r.hop_limit == hop && r.round == round && r.time_exceeded);
	free(b);
}

static void check_quoted(const struct ladder_ids *ids, unsigned hop, unsigned round, size_t cut)
{
	uint8_t b[LADDER_PACKET_MAX];
	bool v6 = ids->to.addr.family == FAMILY_IP6;
	size_t len = ladder_put(ids, hop, round, b);
	struct ip_packet ip;

	assert(ip_parse(b, len, &ip) == IP_OK && ip.proto == IP_PROTO_UDP && ip.ttl == hop);
	assert(ladder_mark_is(ip.payload + UDP_HEADER_LEN, len - ip.header_len - UDP_HEADER_LEN));
	check_error(ids, b, len, LADDER_OF_TUNNEL, hop, round);
	/* IPv4 needs no more than eight bytes behind the header. */
	if (!v6)
		check_error(ids, b, QUOTED_LEN + cut % (len - QUOTED_LEN), LADDER_OF_TUNNEL, hop,
			    round);
}

static void check_control(const struct ladder_ids *ids, unsigned hop, unsigned round)
{
	uint8_t b[LADDER_PACKET_MAX];
	size_t len = ladder_put_control(ids, hop, round, b);

	/* The tunnel's own port may be one of those that are used for it. */
	if ((unsigned)ids->to.port - LADDER_CONTROL_PORT < 256)
		return;
	check_error(ids, b, len, LADDER_OF_CONTROL, hop == LADDER_WHOLE_WAY ? 0 : hop, round);
}

static void check_echo(const struct ladder_ids *ids, unsigned hop, unsigned round)
{
	bool v6 = ids->to.addr.family == FAMILY_IP6;
	uint8_t b[ECHO_LEN];
	struct ladder_reply r;

	assert(ladder_put_echo(ids, hop, round, b, sizeof(b)) == sizeof(b));
	assert(v6 || !ip_sum_finish(ip_sum(b, sizeof(b), 0)));
	assert(ladder_parse(ids, b, sizeof(b)).of == LADDER_NOBODY); /* a request is no reply */
	b[0] = v6 ? 129 : 0;
	r = ladder_parse(ids, b, sizeof(b));
	assert(r.of == LADDER_OF_ECHO && r.echo_reply && r.hop_limit == hop && r.round == round);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct ladder_reply r;
	struct ladder_ids ids;
	unsigned v6, hop, round;

	if (len < 18)
		return 0;
	hop = 1 + b[16] % LADDER_RUNGS_MAX;
	round = b[17] % LADDER_TRIES_MAX;
	for (v6 = 0; v6 < 2; v6++) {
		ids = ids_of(b, v6);
		r = ladder_parse(&ids, b + 18, len - 18);
		assert(r.of != LADDER_OF_ECHO || r.hop_limit);
		assert(r.round <= LADDER_TRIES_MAX && r.hop_limit <= LADDER_RUNGS_MAX + 1);
		check_quoted(&ids, hop, round, len);
		check_control(&ids, hop, round);
		check_control(&ids, LADDER_WHOLE_WAY, round);
		check_echo(&ids, hop, round);
	}
	return 0;
}
