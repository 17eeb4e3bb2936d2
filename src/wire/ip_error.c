/*
 * Whose packet is an ICMP error about? It quotes at least the packet's own header (RFC 792; RFC
 * 4443, section 2.4 c).
 */
#include "wire/ip.h"

enum { ICMP_HEADER_LEN = 8, IP4_DST = 16, IP6_DST = 24 };

/* A redirect is none: nothing was lost. */
static bool is_error(uint8_t proto, uint8_t type)
{
	if (proto == IP_PROTO_ICMP)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

const uint8_t *ip_error_about(const struct ip_packet *ip)
{
	bool v6 = ip->version == 6;
	size_t len = ip->total_len - ip->header_len, header = v6 ? IP6_HEADER_LEN : IP4_HEADER_LEN;
	const uint8_t *quoted = ip->payload + ICMP_HEADER_LEN;

	if (ip->proto != (v6 ? IP_PROTO_ICMP6 : IP_PROTO_ICMP) || ip->fragment ||
	    len < ICMP_HEADER_LEN + header || !is_error(ip->proto, ip->payload[0]) ||
	    quoted[0] >> 4 != ip->version)
		return NULL;
	return quoted + (v6 ? IP6_DST : IP4_DST);
}

/* RFC 1122, section 3.2.2.1, and RFC 1812, section 5.2.7.1; RFC 4443, section 3. */
bool ip_error_is_of_host(uint8_t version, uint8_t type, uint8_t code)
{
	enum { UNREACHABLE = 3, EXCEEDED = 11, PARAMETER = 12 };
	enum { UNREACHABLE6 = 1, EXCEEDED6 = 3, PARAMETER6 = 4 };
	enum { PROHIBITED6 = 1, PORT6 = 4, REASSEMBLY = 1 };
	static const uint8_t codes[] = { 2, 3, 9, 10, 13 }; /* protocol, port, prohibited */
	size_t i;

	if (version == 6)
		return type == PARAMETER6 || (type == EXCEEDED6 && code == REASSEMBLY) ||
		       (type == UNREACHABLE6 && (code == PROHIBITED6 || code == PORT6));
	for (i = 0; type == UNREACHABLE && i < sizeof(codes); i++)
		if (codes[i] == code)
			return true;
	return type == PARAMETER || (type == EXCEEDED && code == REASSEMBLY);
}
