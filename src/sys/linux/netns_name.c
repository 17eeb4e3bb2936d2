/*
 * Network namespaces as people name them: the name of `ip netns`, or the pid of a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/linux/linux.h"

#define NETNS_DIR "/run/netns"

/* `ip netns add` leaves a plain file when its mount has gone; that is no namespace. */
static int sure(int fd, const char *path, struct err *e)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return err_sys(e, "open %s", path);
	if (fs.f_type != NSFS_MAGIC)
		return err_say(e, EINVAL, "%s is a file, not a network namespace", path);
	return 0;
}

int linux_netns_open(const char *name, int *out, struct err *e)
{
	char path[320];
	uint64_t pid;
	int fd, rc;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return err_say(e, EINVAL,
			       "\"%s\" is neither a name of ip netns nor the pid of a process",
			       name);
	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && str_to_u64(name, 1 << 22, &pid)) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			return err_say(e, ENOENT, "no process has the pid %s", name);
	}
	if (fd < 0 && errno == ENOENT)
		return err_say(e, ENOENT, "no network namespace has the name %s (ip netns)", name);
	if (fd < 0)
		return err_sys(e, "open %s", path);
	rc = sure(fd, path, e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}
