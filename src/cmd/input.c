#include "cmd/input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gather/fd.h"

static bool is_standard(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
	return is_standard(path) ? "standard input" : path;
}

static int input_open(const char *path, struct err *e)
{
	int fd = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "reading %s", path) : fd;
}

static int input_close(const char *path, int fd, int rc, struct err *e)
{
	if (!is_standard(path))
		close(fd);
	return rc < 0 ? err_code(e, rc, "reading %s", input_name(path)) : 0;
}

int input_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = input_open(path, e);

	return fd < 0 ? fd : input_close(path, fd, fd_read_all(fd, max, out), e);
}

int input_read_end(const char *path, size_t max, struct buf *out, bool *cut, struct err *e)
{
	int fd = input_open(path, e);

	return fd < 0 ? fd : input_close(path, fd, fd_read_end(fd, max, out, cut), e);
}
