/*
 * `wgdiag explain far`: the line for the other end.
 */
#ifndef CMD_EXPLAIN_FAR_H
#define CMD_EXPLAIN_FAR_H

/* link: of the far device, NULL: wg0. The exit code. */
int explain_far(const char *link);

#endif
