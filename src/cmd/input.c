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

int input_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	bool in = is_standard(path);
	int rc, fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "reading %s", path);
	rc = fd_read_all(fd, max, out);
	if (!in)
		close(fd);
	return rc < 0 ? err_code(e, rc, "reading %s", input_name(path)) : 0;
}
