/*
 * Other network namespaces, seen from this one by number: nothing of this process has to be
 * in them, so that they can end. Descriptors here are of namespaces; 0 or negative errno.
 */
#ifndef SYS_LINUX_NSID_H
#define SYS_LINUX_NSID_H

#include "sys/platform.h"

/*
 * Gives it a number here, if it has none. The number goes with either namespace, and
 * disturbs nobody: the kernel gives them too, to each namespace a link is moved to.
 */
int nsid_assign(int netns);
/* -ENOENT: it has none. */
int nsid_get(int netns, int *out);
/* Fills up, mtu and ifindex. -ENODEV: no link of that name there. */
int nsid_link_state(int nsid, const char *name, struct sys_tun_state *st);

#endif
