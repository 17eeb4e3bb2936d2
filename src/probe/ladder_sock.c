#include "probe/ladder_sock.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "sys/sockaddr.h"

static int domain_of(const struct ladder_conf *c)
{
	return c->to.addr.family == FAMILY_IP6 ? AF_INET6 : AF_INET;
}

static int open_raw(const struct ladder_conf *c, int proto, int *out, struct err *e)
{
	int fd = socket(domain_of(c), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, proto), rc;
	struct sockaddr_storage sa;
	socklen_t len;

	if (fd < 0)
		return err_sys(e, "open a raw socket");
	rc = sock_mark(fd, c->mark, e);
	len = sockaddr_from(&c->from.addr, 0, &sa);
	if (!rc && bind(fd, (struct sockaddr *)&sa, len) < 0)
		rc = err_sys(e, "bind a raw socket to our outer address");
	if (rc < 0)
		close(fd);
	else
		*out = fd;
	return rc;
}

/* Errors come from everywhere on the way, so it hears all of them, and not the rest. */
static void listen_to_icmp6(int fd)
{
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &filter);
	setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
}

int ladder_sock_open(const struct ladder_conf *c, struct ladder_sock *out, struct err *e)
{
	bool v6 = c->to.addr.family == FAMILY_IP6;
	struct ladder_sock s = { -1, -1 };
	int rc;

	rc = open_raw(c, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, &s.icmp_fd, e);
	/* For sending whole packets; it hears none. */
	if (!rc)
		rc = open_raw(c, IPPROTO_RAW, &s.udp_fd, e);
	if (rc < 0) {
		ladder_sock_close(&s);
		return rc;
	}
	if (v6)
		listen_to_icmp6(s.icmp_fd);
	*out = s;
	return 0;
}

ssize_t ladder_sock_send(const struct ladder_conf *c, int fd, const uint8_t *b, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = sockaddr_from(&c->to.addr, 0, &sa);
	ssize_t n;

	do
		n = sendto(fd, b, len, 0, (struct sockaddr *)&sa, sa_len);
	while (n < 0 && errno == EINTR);
	return n;
}

ssize_t ladder_sock_recv(int fd, uint8_t *b, size_t cap, const uint8_t **icmp, struct ip_addr *from)
{
	struct sockaddr_storage sa;
	size_t skip;
	ssize_t n;

	for (;;) {
		socklen_t len = sizeof(sa);

		n = recvfrom(fd, b, cap, 0, (struct sockaddr *)&sa, &len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return n;
		sockaddr_addr(&sa, from);
		/* With IPv4 the IP header comes too. */
		skip = from->family == FAMILY_IP4 && n > 0 ? (size_t)(b[0] & 0xf) * 4 : 0;
		if (skip > (size_t)n)
			continue;
		*icmp = b + skip;
		return n - (ssize_t)skip;
	}
}

void ladder_sock_close(struct ladder_sock *s)
{
	if (s->icmp_fd >= 0)
		close(s->icmp_fd);
	if (s->udp_fd >= 0)
		close(s->udp_fd);
	*s = (struct ladder_sock){ -1, -1 };
}
