#include "probe/knock_udp.h"

#include <sys/socket.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "sys/sockaddr.h"
#include "wire/cursor.h"
#include "wire/ladder_mark.h"
#include "wire/probe_msg.h"
#include "wire/wg_msg.h"

enum { DNS_PORT = 53, OTHER_PORT = 33434 /* as traceroute */ };

static int send_all(int fd, const struct knock_udp_conf *c, struct err *e)
{
	const uint16_t ports[] = { c->to.port, DNS_PORT, OTHER_PORT };
	_Static_assert(ARRAY_LEN(ports) + 1 == KNOCK_UDP_KINDS, "it is told how many are sent");
	struct probe_msg m = { .type = PROBE_KNOCK, .token = c->token };
	uint8_t b[PROBE_HEADER_LEN];
	struct sockaddr_storage sa;
	socklen_t len;
	size_t n, i;

	for (i = 0; i < PROBE_KNOCKS * ARRAY_LEN(ports); i++) {
		m.seq = (uint32_t)i;
		n = probe_msg_put(&m, b, sizeof(b));
		len = sockaddr_from(&c->to.addr, ports[i % ARRAY_LEN(ports)], &sa);
		/* An ICMP error of the one before is told to the next. */
		if (sendto(fd, b, n, MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0 &&
		    sendto(fd, b, n, MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0)
			return err_sys(e, "send a datagram to the endpoint");
	}
	return 0;
}

static int send_shaped(int fd, const struct knock_udp_conf *c, struct err *e)
{
	uint8_t b[WG_INITIATION_LEN];
	struct wr w = wr_on(b, sizeof(b));
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(&c->to.addr, c->to.port, &sa);
	unsigned i;

	wr_le32(&w, WG_MSG_INITIATION);
	wr_le32(&w, (uint32_t)c->token);
	ladder_mark_put(b + LADDER_MARK_AT, sizeof(b) - LADDER_MARK_AT, (uint8_t)c->token);
	for (i = 0; i < PROBE_KNOCKS; i++)
		if (sendto(fd, b, sizeof(b), MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0 &&
		    sendto(fd, b, sizeof(b), MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0)
			return err_sys(e, "send a datagram to the endpoint");
	return 0;
}

static int set_up(int fd, const struct knock_udp_conf *c, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int rc = sock_mark(fd, c->mark, e);

	if (rc < 0 || c->from.family == FAMILY_NONE)
		return rc;
	len = sockaddr_from(&c->from, 0, &sa);
	return bind(fd, (struct sockaddr *)&sa, len) < 0 ?
		       err_sys(e, "bind a UDP socket to our outer address") :
		       0;
}

int knock_udp(const struct knock_udp_conf *c, struct err *e)
{
	int rc, fd = socket(c->to.addr.family == FAMILY_IP6 ? AF_INET6 : AF_INET,
			    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(e, "open a UDP socket");
	rc = set_up(fd, c, e);
	if (!rc)
		rc = send_shaped(fd, c, e);
	if (!rc)
		rc = send_all(fd, c, e);
	close(fd);
	return rc;
}
