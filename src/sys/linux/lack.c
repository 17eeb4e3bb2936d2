/*
 * What the lab takes away from itself, so that something is missing as it is in a container.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/linux/linux.h"

#define TUN_DIR "/dev/net"

int linux_lack_tun(const struct sys_isolation *i, bool folder, struct err *e)
{
	/* In a mount namespace that is not of our own it would be everybody's. */
	if (!i->own_run)
		return err_say(e, EPERM, TUN_DIR " is not ours to hide");
	if (mount("wgdiag", TUN_DIR, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
		return err_sys(e, "mount a tmpfs on " TUN_DIR);
	return folder && mkdir(TUN_DIR "/tun", 0755) < 0 ? err_sys(e, "mkdir " TUN_DIR "/tun") : 0;
}

/* Of this thread, and of those that it makes: that of root is given back by no exec. */
int linux_lack_right(bool lack, struct err *e)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &h, d) < 0)
		return err_sys(e, "read the capabilities");
	if (lack)
		d[0].effective &= ~(UINT32_C(1) << CAP_NET_ADMIN);
	else
		d[0].effective |= d[0].permitted & UINT32_C(1) << CAP_NET_ADMIN;
	return syscall(SYS_capset, &h, d) < 0 ? err_sys(e, "give up CAP_NET_ADMIN") : 0;
}
