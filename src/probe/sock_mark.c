#include "probe/sock_mark.h"

#include <errno.h>
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
