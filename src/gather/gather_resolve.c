#include "gather/gather_resolve.h"

#include <errno.h>
#include <netdb.h>

#include "sys/sockaddr.h"

static bool take(const struct addrinfo *x, uint16_t port, struct endpoint *out)
{
	bool known = sockaddr_endpoint(x->ai_addr, x->ai_addrlen, out);

	out->port = port;
	return known;
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
