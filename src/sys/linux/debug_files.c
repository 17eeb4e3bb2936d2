/*
 * The kernel's list of its debug lines, and the note of what is to be switched off.
 *
 * The list is in /proc since Linux 5.7, and in debugfs before. Where nobody has mounted that, it is
 * looked at without a mount that anybody else would see.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/linux/debug_control.h"
#include "sys/linux/lockdown.h"
#include "sys/linux/state_dir.h"

#define IN_PROC "/proc/dynamic_debug/control"
#define IN_DEBUGFS "dynamic_debug/control"
#define DEBUGFS "/sys/kernel/debug/"
#define NOTE "kernel-debug"

enum { NOTE_MAX = 64 << 10 };

struct files {
	int list; /* open for both */
};

static int open_unmounted(void)
{
	int fs = (int)syscall(SYS_fsopen, "debugfs", FSOPEN_CLOEXEC), root = -1, fd = -1, why;

	if (fs < 0)
		return -1;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (root >= 0)
		fd = openat(root, IN_DEBUGFS, O_RDWR | O_CLOEXEC);
	why = errno;
	if (root >= 0)
		close(root);
	close(fs);
	errno = why;
	return fd;
}

/* The first that is there, whether it may be opened or not. */
static int open_list(void)
{
	int fd = open(IN_PROC, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open(DEBUGFS IN_DEBUGFS, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		fd = open_unmounted();
	return fd;
}

const char *debug_control_path(void)
{
	return access(IN_PROC, F_OK) == 0 ? IN_PROC : DEBUGFS IN_DEBUGFS;
}

static int not_for_us(int rc, struct err *e)
{
	if (rc == -ENOENT || rc == -ENODEV)
		return err_say(e, ENOENT,
			       "this kernel cannot switch debug lines on (it has no dynamic debug: "
			       "CONFIG_DYNAMIC_DEBUG)");
	if (rc == -EACCES || rc == -EPERM || rc == -EROFS) {
		if (lockdown_is_on())
			return err_say(e, EPERM,
				       "the kernel is locked down, and takes no orders about its "
				       "debug lines");
		err_remedy(e, geteuid() != 0 ? "run as root" :
					       "root of a container or of a user namespace may "
					       "not: run it as root of the machine");
	}
	return rc;
}

/* --- the list ---------------------------------------------------------------------- */

static int list(void *ctx, struct buf *out, struct err *e)
{
	const struct files *f = ctx;
	char part[4096];
	ssize_t n;

	if (lseek(f->list, 0, SEEK_SET) < 0)
		return err_sys(e, "read the kernel's debug lines");
	while ((n = read(f->list, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)n);
	return n < 0 ? not_for_us(err_sys(e, "read the kernel's debug lines"), e) : 0;
}

static int command(void *ctx, const char *line, struct err *e)
{
	const struct files *f = ctx;

	if (write(f->list, line, strlen(line)) < 0)
		return not_for_us(err_sys(e, "switch a debug line of the kernel's"), e);
	return 0;
}

/* --- the note ---------------------------------------------------------------------- */

/* The folder too, if nobody else has something in it. */
static void forget(int dir)
{
	unlinkat(dir, NOTE, 0);
	(void)rmdir(STATE_DIR);
}

static void no_note(void)
{
	int dir = state_dir_look();

	if (dir < 0)
		return;
	forget(dir);
	close(dir);
}

/* A run that ends just now may take the empty folder away under us. */
static int new_note(int *dir, struct err *e)
{
	int fd, rc, tries = 3;

	do {
		rc = state_dir_open(dir, e);
		if (rc < 0)
			return rc;
		fd = openat(*dir, NOTE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		rc = err_sys(e, "create %s/%s", STATE_DIR, NOTE);
		close(*dir);
	} while (rc == -ENOENT && --tries);
	return state_cannot_write(rc, e);
}

static int note(void *ctx, const struct buf *commands, struct err *e)
{
	int dir, fd, rc = 0;

	(void)ctx;
	if (!commands) {
		no_note();
		return 0;
	}
	fd = new_note(&dir, e);
	if (fd < 0)
		return fd;
	if (write(fd, commands->b, commands->len) != (ssize_t)commands->len) {
		rc = err_sys(e, "write %s/%s", STATE_DIR, NOTE);
		forget(dir);
	}
	close(fd);
	close(dir);
	return rc;
}

static void noted(void *ctx, struct buf *out)
{
	int dir = state_dir_look(), fd;
	char part[4096];
	ssize_t n;

	(void)ctx;
	if (dir < 0)
		return;
	fd = openat(dir, NOTE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return;
	if (state_is_private(fd, S_IFREG))
		while (out->len < NOTE_MAX && (n = read(fd, part, sizeof(part))) > 0)
			buf_add(out, part, (size_t)n);
	close(fd);
}

/* --- both -------------------------------------------------------------------------- */

int debug_control_open(struct debug_control *d, struct err *e)
{
	struct files *f = malloc(sizeof(*f));
	int rc = 0;

	*d = (struct debug_control){ 0 };
	if (!f)
		return err_code(e, ENOMEM, "switch debug lines of the kernel's on");
	f->list = open_list();
	if (f->list < 0)
		rc = not_for_us(err_sys(e, "open the kernel's debug lines"), e);
	else if (flock(f->list, LOCK_EX | LOCK_NB) < 0)
		rc = err_say(e, EBUSY, "another run of wgdiag has the kernel's debug lines");
	if (rc < 0) {
		if (f->list >= 0)
			close(f->list);
		free(f);
		return rc;
	}
	d->io = (struct debug_io){ list, command, note, noted, f };
	return 0;
}

void debug_control_close(struct debug_control *d)
{
	struct files *f = d->io.ctx;

	if (!f)
		return;
	debug_control_off(d, NULL);
	buf_done(&d->off);
	close(f->list);
	free(f);
	*d = (struct debug_control){ 0 };
}
