/*
 * Names of links that another network namespace has too.
 */
#ifndef SYS_LINUX_NETNS_TWINS_H
#define SYS_LINUX_NETNS_TWINS_H

#include <sys/types.h>

/*
 * How many network namespaces other than the one of that inode have a link that is called as one of
 * these; -1: they cannot be looked through. Of those that a process is in or holds open, or that
 * are mounted. Moves this thread about, and back.
 */
int netns_twins(ino_t own, const char *const *names, size_t n);

#endif
