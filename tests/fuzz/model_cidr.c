/* Prefixes: parse, print, parse agree; a prefix holds its own address, masked or not. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/cidr.h"

static void try_cidr(const struct cidr *c)
{
	char text[CIDR_STR_SIZE];
	struct cidr back, masked = *c;

	assert(c->len <= 8 * ip_addr_len(&c->addr));
	assert(cidr_parse(cidr_str(c, text), &back));
	assert(back.len == c->len && ip_addr_equal(&back.addr, &c->addr));
	cidr_mask(&masked);
	assert(cidr_equal(c, &masked) && cidr_equal(&masked, c));
	assert(cidr_contains(c, &masked.addr) && cidr_contains(&masked, &c->addr));
	back = masked;
	cidr_mask(&back);
	assert(ip_addr_equal(&back.addr, &masked.addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *s = malloc(len + 1);
	struct cidr c;

	assert(s);
	if (len)
		memcpy(s, bytes, len);
	s[len] = '\0';
	if (cidr_parse(s, &c))
		try_cidr(&c);
	free(s);
	return 0;
}
