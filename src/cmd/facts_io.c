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

/* mode: as the file itself would be made. */
static int temporary(const char *path, mode_t mode, char *name, size_t size, struct err *e)
{
	int fd = refuse_special(path, e);

	if (fd < 0)
		return fd;
	snprintf(name, size, "%s.%ld.tmp", path, (long)getpid());
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_sys(e, "writing %s", path); /* the other name is ours alone */
	return fd;
}

/* So that who ran it by sudo may let others read it (umask); what is of a far end is not. */
enum { NAME_SIZE = 4096, MODE = 0666, FAR_MODE = 0600 };

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
	int fd = temporary(path, FAR_MODE, name, sizeof(name), e);

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

typedef int facts_reader(const char *text, size_t len, struct arena *a, struct facts *out,
			 struct err *e);

/* A run that could not be judged again is worth nothing to who gets it: better said now. */
static int reads_back(const struct buf *text, facts_reader *read, struct err *e)
{
	struct facts back;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = read(text->b, text->len, &a, &back, e);
	arena_done(&a);
	return rc < 0 ? err_prefix(e, "what was observed does not read back") : 0;
}

static int save(const char *path, mode_t mode, const struct buf *text, struct err *e)
{
	char name[NAME_SIZE];
	int rc, fd = temporary(path, mode, name, sizeof(name), e);

	if (fd < 0)
		return fd;
	rc = write_all(fd, text->b, text->len);
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

int facts_io_save(const char *path, const struct facts *f, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	facts_write(f, &text);
	rc = reads_back(&text, facts_read, e);
	return rc < 0 ? rc : save(path, MODE, &text, e);
}

int facts_io_save_far(const char *path, const struct facts *f, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	facts_write_far(f, &text);
	rc = reads_back(&text, facts_read_far, e);
	if (rc < 0 || path)
		return rc < 0 ? rc : save(path, FAR_MODE, &text, e);
	rc = write_all(STDOUT_FILENO, text.b, text.len);
	return rc < 0 ? err_code(e, rc, "writing to standard output") : 0;
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
