/* Addresses and endpoints: parse, print, parse agree; what is printed is taken. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/endpoint.h"

static void try_text(const char *s)
{
	char text[IP_ADDR_STR_SIZE], long_text[ENDPOINT_STR_SIZE];
	struct ip_addr a, a2;
	struct endpoint e, e2;

	if (ip_addr_parse(s, &a)) {
		assert(ip_addr_len(&a));
		assert(ip_addr_parse(ip_addr_str(&a, text), &a2) && ip_addr_equal(&a, &a2));
	}
	if (endpoint_parse(s, &e)) {
		assert(e.port && ip_addr_len(&e.addr) && !e.src.family);
		assert(endpoint_parse(endpoint_str(&e, long_text), &e2) && endpoint_equal(&e, &e2));
	}
}

static void try_bytes(const uint8_t *b, size_t len)
{
	char text[ENDPOINT_STR_SIZE];
	struct endpoint e = { .port = 1 }, back;

	if (len < 23)
		return;
	e.addr.family = b[0] & 1 ? FAMILY_IP6 : FAMILY_IP4;
	memcpy(e.addr.b, b + 1, ip_addr_len(&e.addr));
	e.port |= (uint16_t)(b[17] << 8 | b[18]);
	if (e.addr.family == FAMILY_IP6)
		memcpy(&e.scope_id, b + 19, 4);
	assert(endpoint_parse(endpoint_str(&e, text), &back) && endpoint_equal(&e, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *s = malloc(len + 1);

	assert(s);
	if (len)
		memcpy(s, bytes, len);
	s[len] = '\0';
	try_text(s);
	try_bytes(bytes, len);
	free(s);
	return 0;
}
