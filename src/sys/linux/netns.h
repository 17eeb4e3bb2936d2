/*
 * What the files that change namespaces share.
 */
#ifndef SYS_LINUX_NETNS_H
#define SYS_LINUX_NETNS_H

#include <stdbool.h>
#include <sys/stat.h>

/* Is what fstat() said about a namespace's descriptor this thread's own? True when unknown. */
bool netns_is_own(const struct stat *netns);
/*
 * Back to where the thread came from. Elsewhere nothing may go on: it would touch the wrong
 * network.
 */
void netns_return(int home);
/* Closes every descriptor from 3 on but these two (-1: none). For a child that does not exec. */
void fds_close_but(int keep_a, int keep_b);
/* The same, at exec. For descriptors of libraries that forgot. */
void fds_cloexec(void);
/* All signals as a new program expects them. */
void signals_default(void);

#endif
