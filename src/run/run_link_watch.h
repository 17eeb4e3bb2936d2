/*
 * Whether an interface is still the one that it was. Who has it open would not be told: a capture
 * falls silent, and a socket that is bound to it hears nothing of another one of its name.
 */
#ifndef RUN_RUN_LINK_WATCH_H
#define RUN_RUN_LINK_WATCH_H

#include "sys/loop.h"
#include "sys/platform.h"

/* As it was seen at one moment. */
struct run_link_seen {
	struct arena arena;
	unsigned ifindex; /* 0: there was none of its name */
	struct sys_addr *addrs; /* of it, as the system lists them */
	size_t n_addrs;
};

struct run_link_watch {
	const struct platform_ops *p;
	struct loop *loop;
	const char *ifname;
	int netns, home_netns; /* as of netns_call(); netns -1: where we are */
	bool open;
	int fd;
	unsigned timer; /* 0: nothing is to be looked at */
	struct run_link_seen first, now;
	bool news; /* until it is taken back: `now` was seen anew */
};

/*
 * Begins, with what is there now as what it was; p to home_netns are set. Serves itself from the
 * loop. -errno: it cannot be watched, and nothing is open.
 */
int run_link_watch_open(struct run_link_watch *w, struct err *e);
/* The interface went away, or is another one. */
bool run_link_watch_gone(const struct run_link_watch *w);
/* It is gone, or has other addresses. */
bool run_link_watch_differs(const struct run_link_watch *w);
/* What is there now is what it was. */
void run_link_watch_renew(struct run_link_watch *w);
void run_link_watch_close(struct run_link_watch *w); /* one that is not open is fine */

#endif
