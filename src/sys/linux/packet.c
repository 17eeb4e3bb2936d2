/*
 * Whole frames of one link, as they are on their way: with the checksum that was left to a network
 * card, and as large as they were given to it (virtio_net_hdr before each).
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/linux/linux.h"

_Static_assert(sizeof(struct virtio_net_hdr) == SYS_PACKET_HEADER_LEN, "another header");

static int set_up(int fd, unsigned ifindex, struct err *e)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex,
	};
	int on = 1, size = SYS_PACKET_BUFFER;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0)
		return err_sys(e, "setsockopt PACKET_VNET_HDR");
	/* Linux 4.20; what it sends itself would be taken for what came. */
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
		return err_sys(e, "setsockopt PACKET_IGNORE_OUTGOING");
	/* As much as there is. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(e, "bind a packet socket");
	return 0;
}

int linux_packet_open(const char *dev, int *out, struct err *e)
{
	unsigned ifindex = if_nametoindex(dev);
	int fd, rc;

	if (!ifindex)
		return err_sys(e, "interface %s", dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "open a packet socket");
	rc = set_up(fd, ifindex, e);
	if (rc < 0)
		close(fd);
	else
		*out = fd;
	return rc;
}
