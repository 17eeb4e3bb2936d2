#include "cmd/hint.h"

#include <errno.h>
#include <string.h>

const char *hint_for(const struct err *e, bool root)
{
	bool tun = strstr(e->text, "/dev/net/tun") != NULL;

	if (e->remedy)
		return e->remedy;
	if (tun && e->code == EACCES && !root)
		return "the node is not for this user, or /dev is mounted nodev: chmod a+rw "
		       "/dev/net/tun, or run as root";
	if (tun && (e->code == EPERM || e->code == EACCES))
		return "a container needs CAP_NET_ADMIN and the device: docker run --cap-add "
		       "NET_ADMIN --device /dev/net/tun; or /dev is mounted nodev";
	if (e->code == EPERM || e->code == EACCES)
		return "a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN: docker run --cap-add "
		       "SYS_ADMIN --cap-add NET_ADMIN, or run as root outside it";
	if (e->code == ENOSPC && strstr(e->text, "mount a ") != NULL)
		return "no more mounts allowed: see the sysctl fs.mount-max";
	if (e->code == ENOSPC)
		return "no more namespaces allowed: see the sysctls user.max_net_namespaces, "
		       "user.max_pid_namespaces, user.max_mnt_namespaces";
	if (tun && (e->code == ENODEV || e->code == ENXIO))
		return "the kernel has no tun device: modprobe tun";
	if (tun && e->code == ENOENT)
		return "modprobe tun; in a container: mkdir -p /dev/net; "
		       "mknod /dev/net/tun c 10 200";
	return NULL;
}
