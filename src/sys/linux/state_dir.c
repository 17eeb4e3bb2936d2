#include "sys/linux/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool state_is_private(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       !(st.st_mode & 077) && (type != S_IFREG || st.st_nlink == 1);
}

/* To who is not root that is the remedy, and the caller's to say. */
int state_cannot_write(int rc, struct err *e)
{
	if (rc == -EROFS)
		err_remedy(e,
			   "what is to be undone is written there: mount /run read-write (mount -o "
			   "remount,rw /run; docker run --tmpfs /run)");
	else if (geteuid() == 0 && (rc == -EACCES || rc == -EPERM))
		err_remedy(e,
			   "root here may not write there, as in a user namespace: mount -t tmpfs "
			   "-o mode=755 tmpfs /run");
	return rc;
}

static int not_ours(struct err *e)
{
	int rc = err_say(e, EPERM, "%s is not a folder of root alone (mode 0700)", STATE_DIR);

	if (geteuid() == 0)
		err_remedy(e, "no run of wgdiag made it: see what it is, and move it away");
	return rc;
}

static int open_dir(void)
{
	return open(STATE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int state_dir_open(int *out, struct err *e)
{
	int fd;

	if (mkdir(STATE_DIR, 0700) < 0 && errno != EEXIST)
		return state_cannot_write(err_sys(e, "create %s", STATE_DIR), e);
	fd = open_dir();
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return not_ours(e);
	if (fd < 0)
		return err_sys(e, "open %s", STATE_DIR);
	if (!state_is_private(fd, S_IFDIR)) {
		close(fd);
		return not_ours(e);
	}
	*out = fd;
	return 0;
}

int state_dir_look(void)
{
	int fd = open_dir();

	if (fd >= 0 && !state_is_private(fd, S_IFDIR)) {
		close(fd);
		return -1;
	}
	return fd;
}
