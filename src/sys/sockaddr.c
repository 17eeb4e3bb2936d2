#include "sys/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_from(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (a->family == FAMILY_IP6) {
		memcpy(&in6.sin6_addr, a->b, 16);
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	}
	memcpy(&in.sin_addr, a->b, 4);
	memcpy(out, &in, sizeof(in));
	return sizeof(in);
}

socklen_t sockaddr_from_endpoint(const struct endpoint *at, struct sockaddr_storage *out)
{
	socklen_t len = sockaddr_from(&at->addr, at->port, out);
	struct sockaddr_in6 in6;

	if (at->addr.family != FAMILY_IP6)
		return len;
	memcpy(&in6, out, sizeof(in6));
	in6.sin6_scope_id = at->scope_id;
	memcpy(out, &in6, sizeof(in6));
	return len;
}

bool sockaddr_endpoint(const void *sa, size_t len, struct endpoint *out)
{
	struct sockaddr_storage s = { .ss_family = AF_UNSPEC };
	struct sockaddr_in6 in6;

	*out = (struct endpoint){ .addr = { .family = FAMILY_NONE } };
	memcpy(&s, sa, MIN(len, sizeof(s)));
	if (len < (s.ss_family == AF_INET6 ? sizeof(in6) : sizeof(struct sockaddr_in)))
		return false;
	sockaddr_addr(&s, &out->addr);
	if (out->addr.family == FAMILY_NONE)
		return false;
	out->port = sockaddr_port(&s);
	if (out->addr.family == FAMILY_IP6) {
		memcpy(&in6, &s, sizeof(in6));
		out->scope_id = in6.sin6_scope_id;
	}
	return true;
}

uint16_t sockaddr_port(const struct sockaddr_storage *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memcpy(&in6, sa, sizeof(in6));
	memcpy(&in, sa, sizeof(in));
	return ntohs(sa->ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

void sockaddr_addr(const struct sockaddr_storage *sa, struct ip_addr *out)
{
	struct ip_addr a = { .family = FAMILY_NONE };
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memcpy(&in6, sa, sizeof(in6));
	memcpy(&in, sa, sizeof(in));
	if (sa->ss_family == AF_INET6) {
		a.family = FAMILY_IP6;
		memcpy(a.b, &in6.sin6_addr, 16);
	} else if (sa->ss_family == AF_INET) {
		a.family = FAMILY_IP4;
		memcpy(a.b, &in.sin_addr, 4);
	}
	*out = a;
}
