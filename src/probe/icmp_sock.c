/*
 * The header is written by hand: struct icmphdr is Linux only, struct icmp has another
 * layout on each system, and it is four fields (RFC 792, RFC 4443 section 4).
 */
#include "probe/icmp_sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "sys/sockaddr.h"
#include "wire/ip.h"

enum {
	/* a burst of replies must not be lost here; the system grants what it grants */
	BUFFER_BYTES = 1 << 20,
};

static int open_fd(enum addr_family family, bool *raw, struct err *e)
{
	int domain = family == FAMILY_IP6 ? AF_INET6 : AF_INET;
	int proto = family == FAMILY_IP6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	int fd;

	*raw = false;
	fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (fd >= 0)
		return fd;
	*raw = true;
	fd = socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	return fd >= 0 ? fd : err_sys(e, "open an ICMP socket");
}

static void set_options(const struct icmp_sock *s)
{
	int on = 1, off = 0, bytes = BUFFER_BYTES;

	/* Linux lets ping sockets share an id by default, and gives all replies to the youngest. */
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off));
	/* All of these only make things better: what is refused is done without. */
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
#ifdef SO_TIMESTAMPNS
	setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
#endif
	if (s->family == FAMILY_IP6 && s->raw) {
		struct icmp6_filter filter;

		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
		setsockopt(s->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
	}
	(void)on;
}

/* A ping socket's port is its id. Another program may have ours: then any will do. */
static int bind_to(struct icmp_sock *s, const struct ip_addr *source, struct err *e)
{
	struct ip_addr any = { .family = (uint8_t)s->family };
	const struct ip_addr *from = source->family == FAMILY_NONE ? &any : source;
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(from, s->raw ? 0 : s->id, &sa);
	char name[IP_ADDR_STR_SIZE];
	int rc = bind(s->fd, (struct sockaddr *)&sa, len);

	if (rc < 0 && errno == EADDRINUSE && !s->raw) {
		len = sockaddr_from(from, 0, &sa);
		rc = bind(s->fd, (struct sockaddr *)&sa, len);
	}
	if (rc < 0)
		return err_sys(e, "ping from %s", ip_addr_str(from, name));
	if (s->raw)
		return 0;
	len = sizeof(sa);
	if (getsockname(s->fd, (struct sockaddr *)&sa, &len) < 0)
		return err_sys(e, "read the id of a ping socket");
	s->id = sockaddr_port(&sa);
	return 0;
}

int icmp_sock_open(enum addr_family family, const struct ip_addr *source, const char *link,
		   uint16_t id, struct icmp_sock *out, struct err *e)
{
	struct icmp_sock s = { .family = family, .id = id };
	int rc;

	s.fd = open_fd(family, &s.raw, e);
	if (s.fd < 0)
		return s.fd;
	set_options(&s);
	rc = sock_bind_link(s.fd, link, e);
	if (!rc)
		rc = bind_to(&s, source, e);
	if (rc < 0) {
		close(s.fd);
		return rc;
	}
	*out = s;
	return 0;
}

int icmp_sock_df(const struct icmp_sock *s, struct err *e)
{
	bool v6 = s->family == FAMILY_IP6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, rc = 0;
#ifdef IP_MTU_DISCOVER
	int do_it = v6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;

	rc = setsockopt(s->fd, level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &do_it,
			sizeof(do_it));
#else
	int on = 1;

	rc = setsockopt(s->fd, level, v6 ? IPV6_DONTFRAG : IP_DONTFRAG, &on, sizeof(on));
#endif
	return rc < 0 ? err_sys(e, "ping without fragments") : 0;
}

int icmp_sock_hear_errors(const struct icmp_sock *s, struct err *e)
{
#ifdef IP_RECVERR
	bool v6 = s->family == FAMILY_IP6;
	int on = 1;

	if (setsockopt(s->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &on,
		       sizeof(on)) < 0)
		return err_sys(e, "hear ICMP errors on a socket");
	return 0;
#else
	(void)s;
	return err_say(e, EOPNOTSUPP, "this system does not tell of ICMP errors");
#endif
}

static void put_be16(uint8_t *b, uint16_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static uint16_t get_be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

int icmp_sock_send(const struct icmp_sock *s, const struct ip_addr *to, uint16_t seq,
		   uint8_t *packet, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = sockaddr_from(to, 0, &sa);
	ssize_t n;

	memset(packet, 0, ICMP_SOCK_HEADER_LEN);
	packet[0] = s->family == FAMILY_IP6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO_REQUEST;
	put_be16(packet + 4, s->id);
	put_be16(packet + 6, seq);
	if (s->family == FAMILY_IP4) /* the system does it for ICMPv6: RFC 3542, section 3.1 */
		put_be16(packet + 2, ip_sum_finish(ip_sum(packet, len, 0)));
	do
		n = sendto(s->fd, packet, len, 0, (struct sockaddr *)&sa, sa_len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/*
 * Linux begins to stamp a moment after the first socket asked for it; until then this is the
 * time of reading.
 */
static int64_t age(struct msghdr *m)
{
	int64_t ns = 0;
#ifdef SO_TIMESTAMPNS
	struct timespec now, got;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&got, CMSG_DATA(c), sizeof(got));
		clock_gettime(CLOCK_REALTIME, &now);
		ns = (now.tv_sec - got.tv_sec) * NS_PER_S + now.tv_nsec - got.tv_nsec;
	}
#endif
	(void)m;
	return MAX(ns, 0); /* the wall clock may have been set back in between */
}

/*
 * Raw IPv4 sockets, and on some systems the others, give the IP header too. An ICMP type is
 * never 0x4?.
 */
static bool skip_ip4_header(const uint8_t **b, size_t *len)
{
	size_t header_len;

	if (*len < 1 || (*b)[0] >> 4 != 4)
		return true;
	header_len = (size_t)((*b)[0] & 0xf) * 4;
	if (header_len < IP4_HEADER_LEN || header_len > *len)
		return false;
	*b += header_len;
	*len -= header_len;
	return true;
}

static bool parse_reply(const struct icmp_sock *s, const uint8_t *b, size_t len,
			struct icmp_reply *out)
{
	uint8_t type = s->family == FAMILY_IP6 ? ICMP6_ECHO_REPLY : ICMP_ECHO_REPLY;

	if (s->family == FAMILY_IP4 && !skip_ip4_header(&b, &len))
		return false;
	if (len < ICMP_SOCK_HEADER_LEN || b[0] != type || b[1] != 0 || get_be16(b + 4) != s->id)
		return false;
	out->seq = get_be16(b + 6);
	out->payload = b + ICMP_SOCK_HEADER_LEN;
	out->len = len - ICMP_SOCK_HEADER_LEN;
	return true;
}

int icmp_sock_recv(const struct icmp_sock *s, uint8_t *buf, size_t cap, struct icmp_reply *out)
{
	_Alignas(struct cmsghdr) char control[256];
	struct sockaddr_storage sa;
	struct iovec v = { .iov_base = buf, .iov_len = cap };

	for (;;) {
		struct msghdr m = { .msg_name = &sa,
				    .msg_namelen = sizeof(sa),
				    .msg_iov = &v,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
		struct icmp_reply r = { 0 };
		ssize_t n = recvmsg(s->fd, &m, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		if (!parse_reply(s, buf, (size_t)n, &r))
			continue;
		sockaddr_addr(&sa, &r.from);
		r.age_ns = age(&m);
		*out = r;
		return 1;
	}
}

void icmp_sock_close(struct icmp_sock *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
