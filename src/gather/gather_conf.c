#include "gather/gather_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gather/fd.h"
#include "model/conf.h"

static int fit(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "read %s", path);
	if (S_ISDIR(st.st_mode))
		return err_say(e, EISDIR, "read %s: a directory, not a configuration file", path);
	if (!S_ISREG(st.st_mode))
		return err_say(e, EINVAL, "read %s: not a regular file", path);
	if (st.st_size > CONF_MAX)
		return err_say(e, EFBIG, "read %s: %lld bytes; no configuration file is over %d",
			       path, (long long)st.st_size, (int)CONF_MAX);
	return 0;
}

/* It may grow while it is read. */
static int read_all(const char *path, int fd, struct buf *out, struct err *e)
{
	int rc = fd_read_all(fd, CONF_MAX, out);

	if (rc == -EFBIG)
		return err_say(e, EFBIG, "read %s: no configuration file is over %d bytes", path,
			       (int)CONF_MAX);
	return rc < 0 ? err_code(e, rc, "read %s", path) : 0;
}

int conf_file_read(const char *path, struct buf *out, struct err *e)
{
	/* A FIFO without a writer would be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;

	if (fd < 0)
		return err_sys(e, "read %s", path);
	rc = fit(path, fd, e);
	if (rc == 0)
		rc = read_all(path, fd, out, e);
	close(fd);
	return rc;
}
