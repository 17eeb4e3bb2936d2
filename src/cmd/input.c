#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "gather/fd.h"

enum { WAIT_MS = 5000, PIECE_MS = 50 };

static bool is_standard(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
	return is_standard(path) ? "standard input" : path;
}

/* What a shell gives for <(COMMAND): somebody writes there, or has. */
static bool is_handed_over(const char *path)
{
	return str_has_prefix(path, "/dev/fd/") || str_has_prefix(path, "/proc/self/fd/") ||
	       !strcmp(path, "/dev/stdin");
}

/*
 * A writer that is there may take its time, as with standard input. That there is one is told by a
 * read alone: without it is the end, with it there is nothing yet. A byte that comes with it is in
 * *out then. A device has no end until it gave something.
 */
static int wait_for_writer(int fd, bool fifo, struct buf *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int left;

	for (left = WAIT_MS; left > 0; left -= PIECE_MS) {
		ssize_t n;
		char c;

		if (poll(&p, 1, PIECE_MS) > 0)
			return 0;
		n = fifo ? read(fd, &c, 1) : 0;
		if (n > 0)
			buf_add(out, &c, 1);
		if (n > 0 || (n < 0 && errno == EAGAIN))
			return 0;
	}
	return -ETIMEDOUT;
}

/* Else it would be waited for, and nobody knows for what. */
static int come_or_refuse(const char *path, int fd, struct buf *out, struct err *e)
{
	bool fifo;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "reading %s", path);
	fifo = S_ISFIFO(st.st_mode);
	if (!is_handed_over(path) && (fifo || S_ISCHR(st.st_mode)) &&
	    wait_for_writer(fd, fifo, out) < 0)
		return err_say(
			e, ETIMEDOUT,
			fifo ? "reading %s: a pipe (FIFO) that nobody opened to write for %d s" :
			       "reading %s: a device that gave nothing for %d s",
			path, WAIT_MS / 1000);
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0 ?
		       err_sys(e, "reading %s", path) :
		       0;
}

static int input_open(const char *path, struct buf *out, struct err *e)
{
	int fd, rc;

	if (is_standard(path))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "reading %s", path);
	rc = come_or_refuse(path, fd, out, e);
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static int input_close(const char *path, int fd, int rc, struct err *e)
{
	if (!is_standard(path))
		close(fd);
	return rc < 0 ? err_code(e, rc, "reading %s", input_name(path)) : 0;
}

int input_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = input_open(path, out, e);

	return fd < 0 ? fd : input_close(path, fd, fd_read_all(fd, max, out), e);
}

int input_read_end(const char *path, size_t max, struct buf *out, bool *cut, struct err *e)
{
	int fd = input_open(path, out, e);

	return fd < 0 ? fd : input_close(path, fd, fd_read_end(fd, max, out, cut), e);
}
