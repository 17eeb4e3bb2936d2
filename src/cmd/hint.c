#include "cmd/hint.h"

#include <errno.h>
#include <string.h>

const char *hint_for(const struct err *e, bool root)
{
	bool tun = strstr(e->text, "/dev/net/tun") != NULL;

	if ((e->code == EPERM || e->code == EACCES) && !root)
		return " (run as root; ordinary users come in a later version)";
	if (tun && (e->code == EPERM || e->code == EACCES))
		return " (root, but without the right: a container needs CAP_NET_ADMIN and the "
		       "device; or /dev is mounted nodev)";
	if (e->code == EPERM || e->code == EACCES)
		return " (root, but without the right: a container needs CAP_SYS_ADMIN and "
		       "CAP_NET_ADMIN)";
	if (e->code == ENOSPC && strstr(e->text, "mount a ") != NULL)
		return " (no more mounts allowed: see the sysctl fs.mount-max)";
	if (e->code == ENOSPC)
		return " (no more namespaces allowed: see the sysctls user.max_net_namespaces, "
		       "user.max_pid_namespaces, user.max_mnt_namespaces)";
	if (tun && (e->code == ENODEV || e->code == ENXIO))
		return " (the kernel has no tun device: modprobe tun)";
	if (tun && e->code == ENOENT)
		return " (modprobe tun; in a container: mkdir -p /dev/net; "
		       "mknod /dev/net/tun c 10 200)";
	return "";
}
