/*
 * All that a descriptor gives.
 */
#ifndef GATHER_FD_H
#define GATHER_FD_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Adds bytes to *out until the end of the file; nothing of them stays anywhere else, for there may
 * be keys among them. Negative errno, -EFBIG: more than max bytes.
 */
int fd_read_all(int fd, size_t max, struct buf *out);

/*
 * The last max bytes, into an empty *out; *cut: there was more before them. Negative errno, -EFBIG:
 * what cannot be sought in did not end for a gigabyte.
 */
int fd_read_end(int fd, size_t max, struct buf *out, bool *cut);

#endif
