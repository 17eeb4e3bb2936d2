#include "capture/linkhdr.h"

#include <pcap/dlt.h>

#include "wire/cursor.h"

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_IP6 = 0x86dd,
	/* IEEE 802.1Q, 802.1ad, and what older switches used for the outer tag */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_SVLAN = 0x88a8,
	ETHERTYPE_OLD_SVLAN = 0x9100,
	ETHER_ADDRS_LEN = 12,
	SLL_BEFORE_PROTO_LEN = 14, /* packet type, ARPHRD type, address length, address */
	SLL2_AFTER_PROTO_LEN = 18,
	NULL_HEADER_LEN = 4, /* address family, in the byte order of whoever captured */
};

bool linkhdr_supported(int dlt)
{
	return dlt == DLT_RAW || dlt == DLT_NULL || dlt == DLT_LOOP || dlt == DLT_EN10MB ||
	       dlt == DLT_LINUX_SLL || dlt == DLT_LINUX_SLL2;
}

static enum linkhdr by_type(uint16_t type)
{
	return type == ETHERTYPE_IP4 || type == ETHERTYPE_IP6 ? LINKHDR_IP : LINKHDR_OTHER;
}

/* What follows the link header proper when `type` stood there: any number of VLAN tags. */
static uint16_t skip_vlans(struct rd *r, uint16_t type)
{
	while (!r->bad &&
	       (type == ETHERTYPE_VLAN || type == ETHERTYPE_SVLAN || type == ETHERTYPE_OLD_SVLAN)) {
		rd_be16(r); /* priority and VLAN id */
		type = rd_be16(r);
	}
	return type;
}

enum linkhdr linkhdr_parse(int dlt, const uint8_t *b, size_t caplen, size_t *skip)
{
	struct rd r = rd_on(b, caplen);
	enum linkhdr what = LINKHDR_IP;
	uint16_t type;

	switch (dlt) {
	case DLT_RAW:
		break;
	case DLT_NULL:
	case DLT_LOOP:
		/*
		 * The family's number differs from system to system; the version nibble does
		 * not.
		 */
		rd_bytes(&r, NULL_HEADER_LEN);
		break;
	case DLT_EN10MB:
		rd_bytes(&r, ETHER_ADDRS_LEN);
		what = by_type(skip_vlans(&r, rd_be16(&r)));
		break;
	case DLT_LINUX_SLL:
		rd_bytes(&r, SLL_BEFORE_PROTO_LEN);
		what = by_type(skip_vlans(&r, rd_be16(&r)));
		break;
	case DLT_LINUX_SLL2:
		type = rd_be16(&r);
		rd_bytes(&r, SLL2_AFTER_PROTO_LEN);
		what = by_type(skip_vlans(&r, type));
		break;
	default:
		return LINKHDR_UNSUPPORTED;
	}
	if (r.bad)
		return LINKHDR_SHORT;
	*skip = caplen - r.left;
	return what;
}
