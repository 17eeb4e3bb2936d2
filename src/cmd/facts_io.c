#include "cmd/facts_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/input.h"
#include "model/facts_file.h"

enum { FILE_MAX = 64 << 20 }; /* far beyond any run; a device without an end is no file of facts */

/* Renaming over it would put a file in the place of a device or a pipe. */
static int refuse_special(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_say(e, EINVAL, "%s: is no regular file", path);
	return 0;
}

/* As the file itself would be made, so that who ran it by sudo may let others read it (umask). */
static int temporary(const char *path, char *name, size_t size, struct err *e)
{
	int fd = refuse_special(path, e);

	if (fd < 0)
		return fd;
	snprintf(name, size, "%s.%ld.tmp", path, (long)getpid());
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(e, "writing %s", path); /* the other name is ours alone */
	return fd;
}

enum { NAME_SIZE = 4096 };

int facts_io_may_save(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) + 1 : 1, rc = refuse_special(path, e);
	char folder[NAME_SIZE];

	snprintf(folder, sizeof(folder), "%.*s", len, slash ? path : ".");
	if (!rc && access(folder, W_OK | X_OK) < 0)
		rc = err_sys(e, "writing %s", path);
	return rc;
}

int facts_io_can_save(const char *path, struct err *e)
{
	char name[NAME_SIZE];
	int fd = temporary(path, name, sizeof(name), e);

	if (fd < 0)
		return fd;
	close(fd);
	unlink(name);
	return 0;
}

static int write_all(int fd, const char *b, size_t len)
{
	ssize_t n;

	for (; len; b += n, len -= (size_t)n) {
		n = write(fd, b, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
	}
	return 0;
}

/* A run that could not be judged again is worth nothing to who gets it: better said now. */
static int reads_back(const struct buf *text, struct err *e)
{
	struct facts back;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = facts_read(text->b, text->len, &a, &back, e);
	arena_done(&a);
	return rc < 0 ? err_prefix(e, "what was observed does not read back") : 0;
}

int facts_io_save(const char *path, const struct facts *f, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	char name[NAME_SIZE];
	int rc, fd;

	facts_write(f, &text);
	rc = reads_back(&text, e);
	if (rc < 0)
		return rc;
	fd = temporary(path, name, sizeof(name), e);
	if (fd < 0)
		return fd;
	rc = write_all(fd, text.b, text.len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(name, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(name);
		return err_code(e, rc, "writing %s", path);
	}
	return 0;
}

int facts_io_load(const char *path, struct arena *a, struct facts *out, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc = input_read(path, FILE_MAX, &text, e);

	if (rc < 0)
		return rc;
	rc = facts_read(buf_str(&text), text.len, a, out, e);
	return rc < 0 ? err_prefix(e, "%s", input_name(path)) : 0;
}
