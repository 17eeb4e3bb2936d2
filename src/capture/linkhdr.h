/*
 * The link-layer header of a captured frame: what kind it is and where the packet begins.
 */
#ifndef CAPTURE_LINKHDR_H
#define CAPTURE_LINKHDR_H

#include <stdbool.h>

#include "base/defs.h"

enum linkhdr {
	LINKHDR_IP, /* an IP packet, as far as the link header says */
	LINKHDR_OTHER, /* ARP, LLDP, … */
	LINKHDR_SHORT, /* cut within its link header */
	LINKHDR_UNSUPPORTED, /* a link type that is not known here */
};

bool linkhdr_supported(int dlt); /* libpcap's DLT_ number */
/* On LINKHDR_IP and LINKHDR_OTHER, *skip is the number of bytes before the packet. */
enum linkhdr linkhdr_parse(int dlt, const uint8_t *b, size_t caplen, size_t *skip);

#endif
