/*
 * Datagrams in batches: recvmmsg and sendmmsg, with what travels beside them.
 *
 * What these calls do to the careless:
 * - sendmmsg gives a partial count and hides the error until the next call;
 * - recvmmsg shortens msg_controllen, and a control buffer that is not zeroed shows
 *   the values of an earlier datagram;
 * - an ICMP error about an earlier datagram is reported once by the next call in
 *   either direction, which then did nothing. So such an error is asked about again.
 */
#include <errno.h>
#include <time.h> /* errqueue.h forgets it */
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/linux/linux.h"

/* ERRORS_MAX: what is left keeps the descriptor readable. */
enum { BATCH_MAX = 64, CONTROL_LEN = 96, ERRORS_MAX = 64 };

union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

union control {
	struct cmsghdr align;
	uint8_t b[CONTROL_LEN];
};

struct batch {
	struct mmsghdr msg[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	union name name[BATCH_MAX];
	union control control[BATCH_MAX];
};

static struct ip_addr addr4(const struct in_addr *a)
{
	struct ip_addr out = { .family = FAMILY_IP4 };

	memcpy(out.b, a, 4);
	return out;
}

static struct ip_addr addr6(const struct in6_addr *a)
{
	struct ip_addr out = { .family = FAMILY_IP6 };

	memcpy(out.b, a, 16);
	return out;
}

static void name_to_endpoint(const union name *n, struct endpoint *out)
{
	if (n->any.sa_family == AF_INET) {
		out->addr = addr4(&n->in.sin_addr);
		out->port = ntohs(n->in.sin_port);
	} else if (n->any.sa_family == AF_INET6) {
		out->addr = addr6(&n->in6.sin6_addr);
		out->port = ntohs(n->in6.sin6_port);
		out->scope_id = n->in6.sin6_scope_id;
	}
}

static socklen_t endpoint_to_name(const struct endpoint *e, union name *n)
{
	memset(n, 0, sizeof(*n));
	if (e->addr.family == FAMILY_IP6) {
		n->in6.sin6_family = AF_INET6;
		n->in6.sin6_port = htons(e->port);
		n->in6.sin6_scope_id = e->scope_id;
		memcpy(&n->in6.sin6_addr, e->addr.b, 16);
		return sizeof(n->in6);
	}
	n->in.sin_family = AF_INET;
	n->in.sin_port = htons(e->port);
	memcpy(&n->in.sin_addr, e->addr.b, 4);
	return sizeof(n->in);
}

/* --- receiving --- */

static void read_cmsg(const struct cmsghdr *c, struct sys_dgram *d)
{
	const void *p = CMSG_DATA(c);
	struct in_pktinfo p4;
	struct in6_pktinfo p6;
	int tclass;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&p4, p, sizeof(p4));
		d->addr.src = addr4(&p4.ipi_addr);
		d->addr.src_ifindex = (uint32_t)p4.ipi_ifindex;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
		memcpy(&d->tos, p, 1);
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&p6, p, sizeof(p6));
		d->addr.src = addr6(&p6.ipi6_addr);
		d->addr.src_ifindex = p6.ipi6_ifindex;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
		memcpy(&tclass, p, sizeof(tclass));
		d->tos = (uint8_t)tclass;
	}
}

static void read_message(struct mmsghdr *m, const union name *name, struct sys_dgram *d)
{
	memset(&d->addr, 0, sizeof(d->addr));
	d->tos = 0;
	d->len = m->msg_len;
	d->truncated = m->msg_hdr.msg_flags & MSG_TRUNC;
	name_to_endpoint(name, &d->addr);
	/* A cut control message says nothing: then there is no source to stick to. */
	if (m->msg_hdr.msg_flags & MSG_CTRUNC)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr); c; c = CMSG_NXTHDR(&m->msg_hdr, c))
		read_cmsg(c, d);
}

static int recv_some(int fd, struct batch *b, unsigned n)
{
	int got;

	/* The second try is for an ICMP error, the third for its like that came meanwhile. */
	for (int i = 0; i < 3; i++) {
		got = recvmmsg(fd, b->msg, n, MSG_DONTWAIT, NULL);
		if (got >= 0)
			return got;
		if (errno == EAGAIN || errno == EBADF || errno == ENOMEM)
			break;
	}
	return errno == EAGAIN ? 0 : -errno;
}

/*
 * Not by the SO_RXQ_OVFL message: that carries the count at the time a datagram was
 * queued, so what was dropped behind the last one would stay unknown for as long as
 * nothing more comes. It counts datagrams with a bad checksum too, which only the counters of the
 * whole namespace tell from the others.
 */
static uint64_t overflow_since(struct sys_udp *s)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 }, more;
	socklen_t len = sizeof(mem);

	if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0 ||
	    len <= SK_MEMINFO_DROPS * sizeof(mem[0]))
		return 0;
	more = mem[SK_MEMINFO_DROPS] - s->overflow_seen;
	s->overflow_seen = mem[SK_MEMINFO_DROPS];
	return more;
}

int linux_udp_recv(struct sys_udp *s, struct sys_dgram *d, unsigned n, uint64_t *overflow)
{
	struct batch b;
	int got;

	n = MIN(n, BATCH_MAX);
	memset(b.msg, 0, n * sizeof(b.msg[0]));
	memset(b.name, 0, n * sizeof(b.name[0]));
	memset(b.control, 0, n * sizeof(b.control[0]));
	for (unsigned i = 0; i < n; i++) {
		b.iov[i] = (struct iovec){ .iov_base = d[i].buf, .iov_len = d[i].cap };
		b.msg[i].msg_hdr = (struct msghdr){
			.msg_name = &b.name[i],
			.msg_namelen = sizeof(b.name[i]),
			.msg_iov = &b.iov[i],
			.msg_iovlen = 1,
			.msg_control = &b.control[i],
			.msg_controllen = sizeof(b.control[i]),
		};
	}
	got = recv_some(s->fd, &b, n);
	*overflow = overflow_since(s);
	for (int i = 0; i < got; i++)
		read_message(&b.msg[i], &b.name[i], &d[i]);
	return got;
}

/* --- sending --- */

static void put_cmsg(struct msghdr *m, union control *buf, int level, int type, const void *p,
		     size_t len)
{
	struct cmsghdr c = { .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(len) };
	uint8_t *at = buf->b + m->msg_controllen;

	memset(at, 0, CMSG_SPACE(len));
	memcpy(at, &c, sizeof(c));
	memcpy(at + CMSG_LEN(0), p, len);
	m->msg_control = buf;
	m->msg_controllen += CMSG_SPACE(len);
}

/*
 * The source is pinned to an address, not to an interface: the routing table still
 * decides the way. Only a link-local address means nothing without its interface.
 */
static void put_source(struct msghdr *m, union control *buf, const struct endpoint *to)
{
	struct in_pktinfo p4 = { 0 };
	struct in6_pktinfo p6 = { 0 };

	if (to->src.family == FAMILY_IP4) {
		memcpy(&p4.ipi_spec_dst, to->src.b, 4);
		put_cmsg(m, buf, IPPROTO_IP, IP_PKTINFO, &p4, sizeof(p4));
	} else if (to->src.family == FAMILY_IP6) {
		memcpy(&p6.ipi6_addr, to->src.b, 16);
		if (ip6_is_link_local(to->src.b))
			p6.ipi6_ifindex = to->src_ifindex;
		put_cmsg(m, buf, IPPROTO_IPV6, IPV6_PKTINFO, &p6, sizeof(p6));
	}
}

static void write_message(const struct sys_dgram *d, struct msghdr *m, struct iovec *iov,
			  union name *name, union control *control)
{
	int tos = d->tos;

	memset(m, 0, sizeof(*m));
	*iov = (struct iovec){ .iov_base = d->buf, .iov_len = d->len };
	m->msg_iov = iov;
	m->msg_iovlen = 1;
	m->msg_namelen = endpoint_to_name(&d->addr, name);
	m->msg_name = name;
	if (d->addr.src.family == d->addr.addr.family)
		put_source(m, control, &d->addr);
	if (tos && d->addr.addr.family == FAMILY_IP6)
		put_cmsg(m, control, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	else if (tos)
		put_cmsg(m, control, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
}

/* What ICMP errors become (the kernel's net/ipv4/icmp.c), and so may be about another datagram. */
static bool may_be_icmp(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENOPROTOOPT:
	case ECONNREFUSED:
	case EMSGSIZE:
	case EOPNOTSUPP:
	case EHOSTDOWN:
	case ENONET:
	case EACCES:
	case EPROTO:
		return true;
	default:
		return false;
	}
}

static int send_some(int fd, struct mmsghdr *msg, unsigned n)
{
	bool again = true;
	int sent;

	for (;;) {
		sent = sendmmsg(fd, msg, n, MSG_DONTWAIT);
		if (sent >= 0)
			return sent;
		if (errno == EINTR)
			continue;
		if (!again || !may_be_icmp(errno))
			return -errno;
		again = false;
	}
}

int linux_udp_send(const struct sys_udp *s, const struct sys_dgram *d, unsigned n, int *error)
{
	unsigned done = 0;
	struct batch b;

	while (done < n) {
		unsigned some = MIN(n - done, BATCH_MAX);
		int sent;

		for (unsigned i = 0; i < some; i++) {
			b.msg[i].msg_len = 0;
			write_message(&d[done + i], &b.msg[i].msg_hdr, &b.iov[i], &b.name[i],
				      &b.control[i]);
		}
		sent = send_some(s->fd, b.msg, some);
		if (sent < 0) {
			*error = -sent;
			break;
		}
		done += (unsigned)sent;
	}
	return (int)done;
}

/* --- the error queue --- */

static bool read_error(struct msghdr *m, struct sys_udp_error *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		const uint8_t *p = CMSG_DATA(c);
		struct sock_extended_err ee;
		union name from;

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		if (c->cmsg_len < CMSG_LEN(sizeof(ee) + sizeof(from.in)))
			continue;
		memcpy(&ee, p, sizeof(ee));
		/* What the system refused locally, the send itself has told. */
		if (ee.ee_origin != SO_EE_ORIGIN_ICMP && ee.ee_origin != SO_EE_ORIGIN_ICMP6)
			return false;
		memset(&from, 0, sizeof(from));
		memcpy(&from, p + sizeof(ee),
		       MIN(c->cmsg_len - CMSG_LEN(sizeof(ee)), sizeof(from)));
		if (from.any.sa_family == AF_INET)
			out->from = addr4(&from.in.sin_addr);
		else if (from.any.sa_family == AF_INET6)
			out->from = addr6(&from.in6.sin6_addr);
		out->error = (int)ee.ee_errno;
		out->type = ee.ee_type;
		out->code = ee.ee_code;
		return true;
	}
	return false;
}

int linux_udp_errors(const struct sys_udp *s,
		     void (*fn)(void *ctx, const struct endpoint *to,
				const struct sys_udp_error *error),
		     void *ctx)
{
	int n = 0;

	for (int i = 0; i < ERRORS_MAX; i++) {
		union {
			struct cmsghdr align;
			uint8_t b[512];
		} control = { 0 };
		union name name = { 0 };
		struct sys_udp_error error = { 0 };
		struct endpoint to = { 0 };
		struct msghdr m = {
			.msg_name = &name,
			.msg_namelen = sizeof(name),
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};

		if (recvmsg(s->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		if (!read_error(&m, &error))
			continue;
		name_to_endpoint(&name, &to);
		fn(ctx, &to, &error);
		n++;
	}
	return n;
}
