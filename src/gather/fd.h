/*
 * All that a descriptor gives.
 */
#ifndef GATHER_FD_H
#define GATHER_FD_H

#include "base/buf.h"

/*
 * Adds bytes to *out until the end of the file; nothing of them stays anywhere else, for there may
 * be keys among them. Negative errno, -EFBIG: more than max bytes.
 */
int fd_read_all(int fd, size_t max, struct buf *out);

#endif
