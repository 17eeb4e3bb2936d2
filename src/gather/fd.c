#include "gather/fd.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

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
