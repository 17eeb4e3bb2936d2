/*
 * What /proc tells of a process.
 */
#ifndef SYS_LINUX_PROC_H
#define SYS_LINUX_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	char state; /* 'Z': dead, and nobody has waited for it yet */
	pid_t parent, session;
	uint64_t start; /* in ticks since boot */
};

/* False: there is none. */
bool proc_stat_read(pid_t pid, struct proc_stat *out);
/* Alive: neither dead nor a zombie. */
bool proc_stat_alive(const struct proc_stat *s);
/* False: /proc is that of another PID namespace, whose numbers are others. */
bool proc_is_own(void);
/* Whether the first comes from the second: 1, 0, or -1 when it is not there. */
int proc_descends(pid_t pid, pid_t from);
/* Calls fn for each process until it returns false. False: there is no /proc. */
bool proc_each(bool (*fn)(void *ctx, pid_t pid), void *ctx);
/* Whether it has the tun of that name open: 1, 0, or -1 when its descriptors cannot be seen. */
int proc_holds_tun(pid_t pid, const char *ifname);

#endif
