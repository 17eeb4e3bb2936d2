#include "probe/sock_option.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int sock_mark(int fd, uint32_t mark, struct err *e)
{
	if (!mark)
		return 0;
#ifdef SO_MARK
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0)
		return 0;
	return err_sys(e, "set the tunnel's mark on a socket");
#else
	(void)fd;
	return err_say(e, EOPNOTSUPP, "this system has no marks for sockets");
#endif
}

int sock_bind_link(int fd, const char *link, struct err *e)
{
	if (!link)
		return 0;
#ifdef SO_BINDTODEVICE
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link) + 1) == 0)
		return 0;
	return err_sys(e, "bind a socket to %s", link);
#else
	(void)fd;
	return err_say(e, EOPNOTSUPP, "this system binds no socket to %s", link);
#endif
}

int sock_hop_limit(int fd, uint8_t family, unsigned hop_limit, struct err *e)
{
	int v = (int)hop_limit, rc;

	rc = family == FAMILY_IP6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &v, sizeof(v)) :
				    setsockopt(fd, IPPROTO_IP, IP_TTL, &v, sizeof(v));
	return rc < 0 ? err_sys(e, "set the hop limit") : 0;
}
