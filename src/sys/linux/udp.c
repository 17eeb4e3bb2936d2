/*
 * UDP sockets of the engine: one per family, bound to the wildcard address. What
 * passes through them is in udp_batch.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/linux/linux.h"

/* As wireguard-go asks for; the system may give less, and what it gave is told. */
enum { UDP_BUFFER_BYTES = 7 << 20 };

static int set_int(int fd, int level, int name, int v)
{
	return setsockopt(fd, level, name, &v, sizeof(v)) < 0 ? -errno : 0;
}

static unsigned grow_buffer(int fd, int name, int name_force)
{
	int got = 0;
	socklen_t len = sizeof(got);

	/* The plain one first: it is all that is left without CAP_NET_ADMIN. */
	set_int(fd, SOL_SOCKET, name, UDP_BUFFER_BYTES);
	set_int(fd, SOL_SOCKET, name_force, UDP_BUFFER_BYTES);
	if (getsockopt(fd, SOL_SOCKET, name, &got, &len) < 0)
		return 0;
	return (unsigned)got;
}

/*
 * The received destination and TOS, ICMP errors, and no path MTU discovery: like the
 * kernel's WireGuard, outer packets go without DF and are fragmented when need be.
 */
static int set_options(int fd, bool v6)
{
	const struct {
		int level, name, value;
	} want[] = {
		{ IPPROTO_IP, IP_PKTINFO, 1 },
		{ IPPROTO_IP, IP_RECVTOS, 1 },
		{ IPPROTO_IP, IP_RECVERR, 1 },
		{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT },
	}, want6[] = {
		{ IPPROTO_IPV6, IPV6_V6ONLY, 1 },
		{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
		{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
		{ IPPROTO_IPV6, IPV6_RECVERR, 1 },
		{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT },
	};
	size_t n = v6 ? ARRAY_LEN(want6) : ARRAY_LEN(want);
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = v6 ? set_int(fd, want6[i].level, want6[i].name, want6[i].value) :
			  set_int(fd, want[i].level, want[i].name, want[i].value);
	return rc;
}

static int bind_any(int fd, bool v6, uint16_t port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (v6)
		return bind(fd, (struct sockaddr *)&a6, sizeof(a6));
	return bind(fd, (struct sockaddr *)&a4, sizeof(a4));
}

static uint16_t bound_port(int fd, bool v6)
{
	struct sockaddr_in6 a6 = { 0 };
	struct sockaddr_in a4 = { 0 };
	socklen_t len6 = sizeof(a6), len4 = sizeof(a4);

	if (v6)
		return getsockname(fd, (struct sockaddr *)&a6, &len6) < 0 ? 0 : ntohs(a6.sin6_port);
	return getsockname(fd, (struct sockaddr *)&a4, &len4) < 0 ? 0 : ntohs(a4.sin_port);
}

int linux_udp_set_mark(const struct sys_udp *s, uint32_t fwmark, struct err *e)
{
	if (setsockopt(s->fd, SOL_SOCKET, SO_MARK, &fwmark, sizeof(fwmark)) < 0)
		return err_sys(e, "set fwmark 0x%x", fwmark);
	return 0;
}

static int set_up(struct sys_udp *s, bool v6, uint16_t port, uint32_t fwmark, struct err *e)
{
	int rc = set_options(s->fd, v6);

	if (rc < 0)
		return err_code(e, rc, "set options of the UDP socket");
	/* Without a mark nothing is asked that an unprivileged process may not have. */
	if (fwmark)
		rc = linux_udp_set_mark(s, fwmark, e);
	if (rc < 0)
		return rc;
	s->rcvbuf = grow_buffer(s->fd, SO_RCVBUF, SO_RCVBUFFORCE);
	s->sndbuf = grow_buffer(s->fd, SO_SNDBUF, SO_SNDBUFFORCE);
	if (bind_any(s->fd, v6, port) < 0)
		return err_sys(e, "bind UDP port %u", port);
	s->port = bound_port(s->fd, v6);
	return 0;
}

int linux_udp_open(enum addr_family family, uint16_t port, uint32_t fwmark, struct sys_udp *out,
		   struct err *e)
{
	bool v6 = family == FAMILY_IP6;
	struct sys_udp s = { .family = (uint8_t)family };
	int rc;

	s.fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s.fd < 0)
		return err_sys(e, "open an IPv%d UDP socket", v6 ? 6 : 4);
	rc = set_up(&s, v6, port, fwmark, e);
	if (rc < 0) {
		close(s.fd);
		return rc;
	}
	*out = s;
	return 0;
}
