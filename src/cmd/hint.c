/*
 * By what was tried and with which code it failed. One remedy for each: who reads it can do
 * nothing with a list of everything that could be wrong.
 */
#include "cmd/hint.h"

#include <errno.h>
#include <string.h>

#define TUN "/dev/net/tun"
#define NOT_TUN                                                                                  \
	"that is no tun device: rm -r /dev/net/tun; mkdir -p /dev/net; mknod /dev/net/tun c 10 " \
	"200; in a container: docker run --device /dev/net/tun"
#define TUN_REFUSED                                                                       \
	"a container needs CAP_NET_ADMIN and the device: docker run --cap-add NET_ADMIN " \
	"--device /dev/net/tun; or /dev is mounted nodev"
#define TUN_NOT_HIS                                                                          \
	"the node is not for this user, or /dev is mounted nodev: chmod a+rw /dev/net/tun, " \
	"or run as root"
#define NO_DRIVER "the kernel has no tun device: modprobe tun"
#define NO_NAMESPACES                                                                  \
	"this kernel, or the sandbox that stands for it, has no such namespaces: run " \
	"wgdiag on the machine itself, or in a virtual machine"
#define NO_PROC                                                                         \
	"there is no /proc here: mount -t proc proc /proc; in a container or a chroot " \
	"that is done from outside"
#define SANDBOX "a sandbox (seccomp) forbids it: allow that system call, or run wgdiag outside it"
#define NO_RIGHTS                                                                            \
	"a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN: docker run --cap-add SYS_ADMIN " \
	"--cap-add NET_ADMIN, or run as root outside it"

enum who { ANYBODY, A_USER };

/* The first that fits. */
static const struct {
	int code;
	enum who who;
	const char *words; /* in what was tried; "": whatever it was */
	const char *hint;
} rows[] = {
	{ EACCES, A_USER, TUN, TUN_NOT_HIS },
	{ EACCES, ANYBODY, TUN, TUN_REFUSED },
	{ EPERM, ANYBODY, TUN, TUN_REFUSED },
	{ ENODEV, ANYBODY, TUN, NO_DRIVER },
	{ ENXIO, ANYBODY, TUN, NO_DRIVER },
	{ ENOENT, ANYBODY, TUN,
	  "modprobe tun; in a container: mkdir -p /dev/net; mknod /dev/net/tun c 10 200" },
	{ ENOTTY, ANYBODY, TUN, NOT_TUN },
	{ EISDIR, ANYBODY, TUN, NOT_TUN },
	{ ENOTDIR, ANYBODY, TUN, "/dev/net is no folder: rm /dev/net; modprobe tun" },
	{ ENOENT, ANYBODY, "/proc/self", NO_PROC },
	{ ENOENT, ANYBODY, "/proc/thread-self", NO_PROC },
	{ EPERM, ANYBODY, "_create", SANDBOX },
	{ EPERM, ANYBODY, "signalfd", SANDBOX },
	{ EACCES, A_USER, "/wireguard", "that folder is root's: run as root" },
	{ EACCES, ANYBODY, "", NO_RIGHTS },
	{ EPERM, ANYBODY, "", NO_RIGHTS },
	{ ENOSPC, ANYBODY, "mount a ", "no more mounts allowed: see the sysctl fs.mount-max" },
	{ ENOSPC, ANYBODY, "namespace",
	  "no more namespaces allowed: see the sysctls user.max_net_namespaces, "
	  "user.max_pid_namespaces, user.max_mnt_namespaces" },
	{ ENOSYS, ANYBODY, "namespace", NO_NAMESPACES },
	{ EINVAL, ANYBODY, "namespace", NO_NAMESPACES },
	{ ENOSYS, ANYBODY, "",
	  "the kernel is too old for it, or a sandbox (seccomp) hides it: run wgdiag outside it" },
	{ EFBIG, ANYBODY, "", "the size of files is limited: ulimit -f unlimited" },
	{ EUSERS, ANYBODY, "namespace",
	  "the namespaces are nested too deep: run wgdiag further out" },
	{ EAGAIN, ANYBODY, "start ",
	  "no more processes allowed: raise the limit (ulimit -u; docker run --pids-limit; "
	  "TasksMax= of a systemd unit)" },
};

const char *hint_for(const struct err *e, bool root)
{
	size_t i;

	if (e->remedy)
		return e->remedy;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == e->code && strstr(e->text, rows[i].words) &&
		    !(rows[i].who == A_USER && root))
			return rows[i].hint;
	return NULL;
}
