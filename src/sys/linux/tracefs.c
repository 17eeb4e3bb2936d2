#include "sys/linux/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/linux/lockdown.h"

#define PREFIX "wgdiag-"
#define MOUNTED "/sys/kernel/tracing"

/* fsopen(2): the mount belongs to the descriptor, and nobody else sees it. */
static int open_unmounted(void)
{
	int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC), root = -1, why;

	if (fs < 0)
		return -1;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	why = errno;
	close(fs);
	errno = why;
	return root;
}

static int open_mounted(void)
{
	int root = open(MOUNTED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The folder is there without the mount, too. */
	if (root >= 0 && faccessat(root, "instances", F_OK, 0) < 0) {
		close(root);
		return -1;
	}
	return root;
}

/* rc as it is, and what would help. */
static int not_for_us(int rc, struct err *e)
{
	if (rc == -ENODEV)
		err_remedy(e, "this kernel has no tracefs: one with CONFIG_TRACING has");
	else if (rc != -EPERM && rc != -EACCES)
		return rc;
	else if (lockdown_is_confidential())
		err_remedy(e, "the kernel is locked down (confidentiality): boot without that");
	else if (geteuid() != 0)
		err_remedy(e, "run as root");
	else
		err_remedy(e, "root of a container or of a user namespace may not: run it as root "
			      "of the machine, or with CAP_SYS_ADMIN there");
	return rc;
}

/* --- what dead runs left -------------------------------------------------------- */

static bool lock(int dir)
{
	return flock(dir, LOCK_EX | LOCK_NB) == 0;
}

static void remove_if_dead(int instances, const char *name)
{
	int dir = openat(instances, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return;
	if (lock(dir))
		unlinkat(instances, name, AT_REMOVEDIR);
	close(dir);
}

static void clean_left(int root)
{
	int fd = openat(root, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (!strncmp(ent->d_name, PREFIX, strlen(PREFIX)))
			remove_if_dead(fd, ent->d_name);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

int tracefs_open(struct tracefs *t, struct err *e)
{
	int rc;

	*t = (struct tracefs){ .root = open_unmounted(), .dir = -1 };
	if (t->root < 0) {
		rc = err_sys(e, "open tracefs");
		t->root = open_mounted();
		if (t->root < 0)
			return not_for_us(rc, e);
	}
	clean_left(t->root);
	return 0;
}

/* --- ours ----------------------------------------------------------------------- */

static void path_of(const struct tracefs *t, char *out, size_t cap)
{
	snprintf(out, cap, "instances/%s", t->name);
}

/* 1: another start took it for a dead run's before it was locked. */
static int make(struct tracefs *t, struct err *e)
{
	char path[80];
	unsigned chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) < 0)
		return err_sys(e, "getrandom");
	snprintf(t->name, sizeof(t->name), PREFIX "%d-%08x", (int)getpid(), chance);
	path_of(t, path, sizeof(path));
	if (mkdirat(t->root, path, 0700) < 0)
		return not_for_us(err_sys(e, "create the trace instance %s", t->name), e);
	t->dir = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->dir >= 0 && lock(t->dir) && faccessat(t->root, path, F_OK, 0) == 0)
		return 0;
	if (t->dir >= 0)
		close(t->dir);
	t->dir = -1;
	return 1;
}

int tracefs_instance(struct tracefs *t, struct err *e)
{
	int rc, tries = 5;

	do
		rc = make(t, e);
	while (rc == 1 && --tries);
	return rc == 1 ? err_code(e, EBUSY, "keep a trace instance") : rc;
}

void tracefs_remove(struct tracefs *t)
{
	char path[80];

	if (t->dir < 0)
		return;
	path_of(t, path, sizeof(path));
	unlinkat(t->root, path, AT_REMOVEDIR);
	close(t->dir);
	t->dir = -1;
}

void tracefs_close(struct tracefs *t)
{
	tracefs_remove(t);
	if (t->root >= 0)
		close(t->root);
	t->root = -1;
}

int tracefs_write(const struct tracefs *t, const char *file, const char *text, struct err *e)
{
	int fd = openat(t->dir, file, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return not_for_us(err_sys(e, "open %s of tracefs", file), e);
	if (write(fd, text, strlen(text)) < 0)
		rc = not_for_us(err_sys(e, "write %s of tracefs", file), e);
	close(fd);
	return rc;
}

int tracefs_read(const struct tracefs *t, const char *file, struct buf *out, struct err *e)
{
	int fd = openat(t->dir, file, O_RDONLY | O_CLOEXEC), rc = 0;
	char part[4096];
	ssize_t n;

	if (fd < 0)
		return not_for_us(err_sys(e, "open %s of tracefs", file), e);
	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)n);
	if (n < 0)
		rc = err_sys(e, "read %s of tracefs", file);
	close(fd);
	return rc;
}

int tracefs_pipe(const struct tracefs *t, int *out, struct err *e)
{
	*out = openat(t->dir, "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return *out < 0 ? not_for_us(err_sys(e, "open trace_pipe of tracefs"), e) : 0;
}
