#include "cmd/far_io.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "run/run_far.h"

enum { FAR_MAX = 16 << 20 };

/* Into a buffer of our own, which is wiped: somebody may have pasted a private key. */
static int read_all(int fd, struct buf *out)
{
	char b[4096];
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(fd, b, sizeof(b))) != 0) {
		if (n < 0 && errno != EINTR)
			rc = -errno;
		if (n > 0)
			buf_add(out, b, (size_t)n);
		if (out->len > FAR_MAX)
			rc = -EFBIG;
	}
	sodium_memzero(b, sizeof(b));
	return rc;
}

int far_io_apply(const char *path, struct arena *a, struct facts *f, struct err *e)
{
	bool in = strcmp(path, "-") == 0;
	const char *name = in ? "standard input" : path;
	int rc, fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };

	if (fd < 0)
		return err_sys(e, "reading %s", path);
	rc = read_all(fd, &text);
	if (!in)
		close(fd);
	if (rc < 0)
		err_code(e, rc, "reading %s", name);
	else if ((rc = run_far_apply(f, buf_str(&text), text.len, a, e)) < 0)
		err_prefix(e, "%s", name);
	buf_wipe_done(&text);
	return rc;
}
