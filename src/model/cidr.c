#include "model/cidr.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

bool cidr_parse(const char *s, struct cidr *out)
{
	const char *slash = strchr(s, '/');
	size_t addr_len = slash ? (size_t)(slash - s) : strlen(s);
	char addr[IP_ADDR_STR_SIZE];
	struct cidr c;
	uint64_t len;

	if (addr_len >= sizeof(addr))
		return false;
	memcpy(addr, s, addr_len);
	addr[addr_len] = '\0';
	if (!ip_addr_parse(addr, &c.addr))
		return false;
	len = 8 * ip_addr_len(&c.addr);
	if (slash && !str_to_u64(slash + 1, len, &len))
		return false;
	c.len = (uint8_t)len;
	*out = c;
	return true;
}

const char *cidr_str(const struct cidr *c, char out[static CIDR_STR_SIZE])
{
	char addr[IP_ADDR_STR_SIZE];

	snprintf(out, CIDR_STR_SIZE, "%s/%u", ip_addr_str(&c->addr, addr), c->len);
	return out;
}

/* The bits of byte i that belong to a prefix of len bits. */
static uint8_t mask_byte(unsigned len, size_t i)
{
	size_t before = 8 * i;

	if (len <= before)
		return 0;
	return len - before >= 8 ? 0xff : (uint8_t)(0xff00 >> (len - before));
}

void cidr_mask(struct cidr *c)
{
	size_t i;

	for (i = 0; i < sizeof(c->addr.b); i++)
		c->addr.b[i] &= mask_byte(c->len, i);
}

bool cidr_contains(const struct cidr *c, const struct ip_addr *a)
{
	size_t i, n = ip_addr_len(a);
	uint8_t differs = 0;

	if (a->family != c->addr.family)
		return false;
	for (i = 0; i < n; i++)
		differs |= (uint8_t)((a->b[i] ^ c->addr.b[i]) & mask_byte(c->len, i));
	return n && !differs;
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
	return a->len == b->len && a->addr.family == b->addr.family &&
	       (!ip_addr_len(&a->addr) || cidr_contains(a, &b->addr));
}

struct cidr cidr_single(const struct ip_addr *a)
{
	return (struct cidr){ .addr = *a, .len = (uint8_t)(8 * ip_addr_len(a)) };
}

bool cidr_is_single(const struct cidr *c)
{
	return c->len == 8 * ip_addr_len(&c->addr);
}
