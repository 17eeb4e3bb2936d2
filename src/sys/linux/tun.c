/*
 * The tun device. Without IFF_VNET_HDR: one read or write is one IP packet, bare, or with the
 * 4-byte header (struct tun_pi: flags, protocol) that one gets by not asking for IFF_NO_PI.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/nsid.h"

/* The default of 500 packets is short for a reader that also does the cryptography. */
enum { TUN_QUEUE_LEN = 1000 };
enum { TUN_MAJOR = 10, TUN_MINOR = 200 }; /* Documentation/admin-guide/devices.txt */

static_assert(SYS_IFNAME_SIZE == IFNAMSIZ, "an interface name has another size here");

/*
 * As the kernel's WireGuard: no link-local address of the system's own making, whose
 * router solicitations would be packets without a peer. Where /proc is read-only it
 * stays, and does no harm.
 */
static void no_link_local(const char *name)
{
	char path[64 + IFNAMSIZ];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		errno = 0;
	close(fd);
}

static void set_queue_len(const char *name)
{
	struct ifreq ifr = { .ifr_qlen = TUN_QUEUE_LEN };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return;
	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	ioctl(s, SIOCSIFTXQLEN, &ifr);
	close(s);
}

static bool is_tun_node(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(TUN_MAJOR, TUN_MINOR);
}

/* EINVAL, EBUSY: which of their many meanings here. errno is of TUNSETIFF. */
static int refused(int fd, const char *name, struct err *e)
{
	int error = errno;
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool exists;

	memcpy(ifr.ifr_name, name, strlen(name));
	exists = s >= 0 && ioctl(s, SIOCGIFFLAGS, &ifr) == 0;
	if (s >= 0)
		close(s);
	if ((error == ENOTTY || error == EINVAL) && !is_tun_node(fd))
		return err_code(e, ENOTTY, "/dev/net/tun");
	if (exists && error == EINVAL)
		return err_say(e, EEXIST, "interface %s exists and is no tun we can open", name);
	if (exists && error == EBUSY)
		return err_say(e, EBUSY, "tun device %s is in use by another program", name);
	return err_code(e, error, *name ? "create tun device %s" : "create a tun device%s", name);
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
		int rc = refused(fd, name, e);

		close(fd);
		return rc;
	}
	no_link_local(ifr.ifr_name);
	memset(out, 0, sizeof(*out));
	out->fd = fd;
	out->watch_fd = -1;
	memcpy(out->name, ifr.ifr_name, sizeof(out->name));
	return 0;
}

int linux_tun_open(const char *name, struct sys_tun *out, struct err *e)
{
	int rc = linux_tun_open_as(name, false, out, e);

	if (rc < 0)
		return rc;
	/* Offloads belong to the device: a persistent one may have some from its last user. */
	ioctl(out->fd, TUNSETOFFLOAD, 0);
	set_queue_len(out->name);
	return 0;
}

int linux_tun_keep(const struct sys_tun *t, struct err *e)
{
	return ioctl(t->fd, TUNSETPERSIST, 1) < 0 ? err_sys(e, "keep tun device %s", t->name) : 0;
}

enum place { HERE, AWAY, MOVED };

/* *nsid: the number of the namespace when it is another than this thread's. */
static enum place place_of(const struct sys_tun *t, int *nsid)
{
	int netns = ioctl(t->fd, TUNGETDEVNETNS);
	enum place where = AWAY;
	struct stat st;

	/* Before Linux 5.5 one cannot ask. */
	if (netns < 0)
		return HERE;
	if (fstat(netns, &st) < 0)
		where = HERE;
	else if (t->watch_fd >= 0 && st.st_ino != t->watch_netns)
		where = MOVED;
	else if (netns_is_own(&st))
		where = HERE;
	else if (nsid_get(netns, nsid) < 0)
		where = MOVED;
	/* Held for no longer: it keeps the namespace alive. */
	close(netns);
	return where;
}

static int ask_here(struct sys_tun_state *st)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (s < 0)
		return -errno;
	memcpy(ifr.ifr_name, st->name, sizeof(ifr.ifr_name));
	if (ioctl(s, SIOCGIFFLAGS, &ifr) < 0)
		rc = -errno;
	st->up = ifr.ifr_flags & IFF_UP;
	if (!rc && ioctl(s, SIOCGIFMTU, &ifr) < 0)
		rc = -errno;
	st->mtu = (unsigned)ifr.ifr_mtu;
	if (!rc && ioctl(s, SIOCGIFINDEX, &ifr) < 0)
		rc = -errno;
	st->ifindex = (unsigned)ifr.ifr_ifindex;
	close(s);
	return rc;
}

int linux_tun_state(const struct sys_tun *t, struct sys_tun_state *out, struct err *e)
{
	struct sys_tun_state st = { 0 };
	struct ifreq ifr = { 0 };
	int rc, nsid = -1;
	enum place where;

	if (ioctl(t->fd, TUNGETIFF, &ifr) < 0) {
		if (errno != EBADFD)
			return err_sys(e, "ask tun device %s for its name", t->name);
		*out = (struct sys_tun_state){ .gone = true };
		return 0;
	}
	memcpy(st.name, ifr.ifr_name, sizeof(st.name));
	where = place_of(t, &nsid);
	if (where == MOVED)
		rc = -ENODEV;
	else
		rc = where == HERE ? ask_here(&st) : nsid_link_state(nsid, st.name, &st);
	/* Moved, renamed or deleted since the name was asked for. */
	if (rc == -ENODEV) {
		*out = (struct sys_tun_state){ .moved = true };
		return 0;
	}
	if (rc < 0)
		return err_code(e, rc, "ask for the state of %s", st.name);
	*out = st;
	return 0;
}
