/*
 * A tun whose framing is chosen: bare IP packets, or the 4-byte header (struct tun_pi: flags,
 * protocol) before each, which is what one gets by not asking for IFF_NO_PI.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/linux/linux.h"

/* No link-local address of the system's making: its solicitations would be read first. */
static void no_own_address(const char *name)
{
	char path[64 + IFNAMSIZ];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		errno = 0; /* read-only /proc: it stays, and does no harm */
	close(fd);
}

int linux_tun_open_as(const char *name, bool pi, struct sys_tun *out, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = pi ? IFF_TUN : IFF_TUN | IFF_NO_PI };
	int fd;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return err_code(e, ENAMETOOLONG, "interface name %s", name);
	strcpy(ifr.ifr_name, name);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "open /dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		int rc = err_sys(e, "create tun device %s", name);

		close(fd);
		return rc;
	}
	no_own_address(ifr.ifr_name);
	memset(out, 0, sizeof(*out));
	out->fd = fd;
	out->watch_fd = -1;
	memcpy(out->name, ifr.ifr_name, sizeof(out->name));
	return 0;
}
