#include "lab/draw.h"

#include <string.h>

void draw_init(struct draw *d, uint64_t seed)
{
	d->state = seed;
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static uint64_t next(struct draw *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t draw_below(struct draw *d, uint64_t n)
{
	return next(d) % n;
}

void draw_two_hosts(struct draw *d, const uint8_t *net, size_t len, uint8_t family,
		    struct ip_addr out[2])
{
	unsigned a = (unsigned)draw_below(d, 254), b = (unsigned)draw_below(d, 253);
	size_t addr_len = family == FAMILY_IP4 ? 4 : 16;

	b += b >= a;
	memset(out, 0, 2 * sizeof(*out));
	out[0].family = out[1].family = family;
	memcpy(out[0].b, net, len);
	memcpy(out[1].b, net, len);
	out[0].b[addr_len - 1] = (uint8_t)(a + 1);
	out[1].b[addr_len - 1] = (uint8_t)(b + 1);
}

void draw_outer4(struct draw *d, struct ip_addr out[2])
{
	/* RFC 5737 */
	static const uint8_t nets[3][3] = { { 192, 0, 2 }, { 198, 51, 100 }, { 203, 0, 113 } };

	draw_two_hosts(d, nets[draw_below(d, 3)], 3, FAMILY_IP4, out);
}

void draw_inner4(struct draw *d, struct ip_addr out[2])
{
	/* RFC 1918 */
	uint8_t b1 = (uint8_t)draw_below(d, 256), b2 = (uint8_t)draw_below(d, 256);
	const uint8_t nets[3][3] = { { 10, b1, b2 },
				     { 172, (uint8_t)(16 + b1 % 16), b2 },
				     { 192, 168, b2 } };

	draw_two_hosts(d, nets[draw_below(d, 3)], 3, FAMILY_IP4, out);
}

void draw_inner6(struct draw *d, struct ip_addr out[2])
{
	uint8_t net[8] = { 0xfd }; /* RFC 4193: 40 random bits, then a subnet */
	size_t i;

	for (i = 1; i < sizeof(net); i++)
		net[i] = (uint8_t)draw_below(d, 256);
	draw_two_hosts(d, net, sizeof(net), FAMILY_IP6, out);
}

void draw_ports(struct draw *d, uint16_t out[2])
{
	unsigned a = (unsigned)draw_below(d, 20000), b = (unsigned)draw_below(d, 19999);

	b += b >= a;
	out[0] = (uint16_t)(10000 + a);
	out[1] = (uint16_t)(10000 + b);
}
