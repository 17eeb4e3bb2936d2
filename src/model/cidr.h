/*
 * An address prefix, "10.0.0.0/24" or "2001:db8::/32".
 */
#ifndef MODEL_CIDR_H
#define MODEL_CIDR_H

#include "model/endpoint.h"

struct cidr {
	struct ip_addr addr; /* host bits as given; cidr_mask() clears them */
	uint8_t len;
};

bool cidr_parse(const char *s, struct cidr *out); /* without "/": the whole address */
enum { CIDR_STR_SIZE = IP_ADDR_STR_SIZE + 4 };
const char *cidr_str(const struct cidr *c, char out[static CIDR_STR_SIZE]);
void cidr_mask(struct cidr *c);
bool cidr_contains(const struct cidr *c, const struct ip_addr *a);
/* The network of that one address; is it one? */
struct cidr cidr_single(const struct ip_addr *a);
bool cidr_is_single(const struct cidr *c);
bool cidr_equal(const struct cidr *a, const struct cidr *b); /* after masking both */

#endif
