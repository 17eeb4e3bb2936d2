/*
 * A configuration file that was named on the command line: read, understood, its names resolved.
 */
#ifndef CMD_CONF_IO_H
#define CMD_CONF_IO_H

#include "base/arena.h"
#include "model/conf.h"

/*
 * EXIT_OK, or the exit code after a line on stderr has said why not. *c holds
 * keys: conf_wipe() it. What is doubtful goes into facts, or is said too where that is NULL.
 */
int conf_io_load(const char *cmd, const char *path, struct arena *a, struct conf **c,
		 struct intended_facts *facts);

#endif
