/*
 * One `set` of the configuration protocol: read line by line, checked whole, then applied.
 */
#ifndef ENGINE_DAEMON_SET_H
#define ENGINE_DAEMON_SET_H

#include "wg/device.h"

struct daemon_set_bind {
	bool has_port, has_fwmark;
	uint16_t port;
	uint32_t fwmark;
};

/* What is not the core's business. */
struct daemon_set_host {
	struct wg_device *dev;
	void *ctx;
	/* Called first; when it fails (-errno), nothing is applied. */
	int (*bind)(void *ctx, const struct daemon_set_bind *b);
};

struct daemon_set;
struct daemon_set *daemon_set_new(void);
void daemon_set_free(struct daemon_set *s); /* wipes */
/* 0 or -errno: this line makes the set invalid, it must not be applied. */
int daemon_set_line(struct daemon_set *s, const char *line, size_t len);
int daemon_set_apply(const struct daemon_set *s, const struct daemon_set_host *h, int64_t now_ns);

#endif
