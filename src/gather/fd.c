#include "gather/fd.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_MAX = 1 << 30 };

int fd_read_all(int fd, size_t max, struct buf *out)
{
	char piece[16384];
	size_t total = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0) {
			rc = errno == EINTR ? 0 : -errno;
			continue;
		}
		total += (size_t)n;
		if (total > max)
			rc = -EFBIG;
		else
			buf_add(out, piece, (size_t)n);
	}
	sodium_memzero(piece, sizeof(piece));
	return rc;
}

/* Where it can be sought in, to max bytes before its end. */
static int seek_end(int fd, size_t max, bool *cut)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*cut = S_ISREG(st.st_mode) && st.st_size > (off_t)max;
	if (*cut && lseek(fd, st.st_size - (off_t)max, SEEK_SET) < 0)
		return -errno;
	return 0;
}

static void keep_end(struct buf *b, size_t max, bool *cut)
{
	if (b->len <= max)
		return;
	*cut = true;
	buf_consume(b, b->len - max);
}

int fd_read_end(int fd, size_t max, struct buf *out, bool *cut)
{
	char piece[16384];
	size_t total = 0;
	ssize_t n;
	int rc = seek_end(fd, max, cut);

	while (rc == 0 && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0) {
			rc = errno == EINTR ? 0 : -errno;
			continue;
		}
		buf_add(out, piece, (size_t)n);
		/* Not for each piece: what is kept is moved. */
		if (out->len > 2 * max)
			keep_end(out, max, cut);
		total += (size_t)n;
		if (total > PIPE_MAX)
			rc = -EFBIG;
	}
	keep_end(out, max, cut);
	return rc;
}
