/*
 * A configuration file from the disk: only a regular file of sane size, and never waiting for it.
 */
#ifndef GATHER_GATHER_CONF_H
#define GATHER_GATHER_CONF_H

#include "base/buf.h"
#include "base/err.h"

/* Adds the bytes to *out, which the caller ends with buf_wipe_done(): there are keys in it. */
int conf_file_read(const char *path, struct buf *out, struct err *e);

#endif
