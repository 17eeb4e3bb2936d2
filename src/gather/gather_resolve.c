#include "gather/gather_resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

static bool take(const struct addrinfo *x, uint16_t port, struct endpoint *out)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	*out = (struct endpoint){ .port = port };
	if (x->ai_family == AF_INET && x->ai_addrlen >= sizeof(in)) {
		memcpy(&in, x->ai_addr, sizeof(in));
		out->addr.family = FAMILY_IP4;
		memcpy(out->addr.b, &in.sin_addr, 4);
		return true;
	}
	if (x->ai_family != AF_INET6 || x->ai_addrlen < sizeof(in6))
		return false;
	memcpy(&in6, x->ai_addr, sizeof(in6));
	out->addr.family = FAMILY_IP6;
	memcpy(out->addr.b, &in6.sin6_addr, 16);
	out->scope_id = in6.sin6_scope_id;
	return true;
}

int gather_resolve(const char *host, uint16_t port, struct arena *a, struct endpoint **out,
		   size_t *n, struct err *e)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list, *x;
	size_t max = 0;
	int rc = getaddrinfo(host, NULL, &hints, &list);

	if (rc == EAI_SYSTEM)
		return err_sys(e, "resolve %s", host);
	if (rc)
		return err_say(e, ENOENT, "resolve %s: %s", host, gai_strerror(rc));
	for (x = list; x; x = x->ai_next)
		max++;
	*out = arena_alloc(a, (max + 1) * sizeof(**out));
	*n = 0;
	for (x = list; x; x = x->ai_next)
		*n += take(x, port, &(*out)[*n]);
	freeaddrinfo(list);
	return 0;
}
