/*
 * What the files of the daemon share. One thread, one loop; every function here runs
 * in it.
 */
#ifndef ENGINE_DAEMON_PRIV_H
#define ENGINE_DAEMON_PRIV_H

#include "base/buf.h"
#include "engine/daemon.h"
#include "engine/daemon_get.h"
#include "engine/daemon_set.h"
#include "engine/trace_ring.h"
#include "sys/platform.h"
#include "wg/device.h"

enum {
	DAEMON_BATCH = 64, /* packets per read, and so per round and descriptor */
	DAEMON_OUT_MAX = 256, /* datagrams collected before they are sent */
	DAEMON_PACKET_MAX = 65535,
	DAEMON_CLIENTS = 32,
	DAEMON_MTU = 1420, /* of a new interface, as every other engine sets it */
};

/* Buffers of one batch, each with the room around it that the core wants. */
struct daemon_slots {
	uint8_t *mem;
	size_t mem_len;
	struct wg_pkt pkt[DAEMON_BATCH];
	struct sys_dgram dgram[DAEMON_BATCH];
};

/* Datagrams the core gave out, until they are sent. Their bytes stay in the core's or in a slot. */
struct daemon_out {
	unsigned n;
	struct sys_dgram dgram[DAEMON_OUT_MAX];
	struct wg_pkt pkt[DAEMON_OUT_MAX];
	struct wg_peer *peer[DAEMON_OUT_MAX];
};

struct daemon_client {
	int fd; /* -1: free */
	uint64_t heard; /* the turn in which something came from it, or was taken by it */
	bool closing; /* it will send nothing more, or is not to be listened to */
	enum { CLIENT_IDLE, CLIENT_GET, CLIENT_SET, CLIENT_SKIP } state;
	int fault; /* of CLIENT_SKIP: positive errno to reply with */
	struct daemon_set *set;
	struct buf in, out;
	size_t sent; /* of out */
};

struct daemon_uapi {
	char path[64];
	int fd; /* listening, -1 when not */
	int watch; /* inotify of the folder, -1: the system gave none */
	uint64_t dev, ino; /* of our own socket file */
	uint64_t turn; /* counts what clients do */
	int64_t resume_ns; /* when new clients are looked at again, 0: they are */
	struct daemon_client client[DAEMON_CLIENTS];
};

struct daemon_log {
	int level; /* -1: nobody reads it */
	int64_t start_ns;
	int64_t said_ns[WG_DROP_COUNT];
	uint64_t muted[WG_DROP_COUNT];
};

struct daemon {
	const struct platform_ops *os;
	const struct daemon_conf *conf;
	struct wg_device *dev;
	struct trace_ring *ring;
	struct daemon_log log;

	int epoll, timer, signals;
	int64_t now_ns; /* read once per batch */
	int64_t armed_ns; /* when the timer fires, INT64_MAX: it does not */
	bool stop;
	bool all_locked; /* no page of ours is swapped out, now and later */

	struct sys_tun tun;
	unsigned tun_header; /* bytes before each packet that we read; a fault, otherwise 0 */
	bool up;
	unsigned mtu;
	int route_watch;

	struct sys_udp udp[2]; /* IPv4, IPv6; fd -1 when not open */
	uint16_t port; /* wished for, or once chosen */
	uint32_t fwmark;
	uint64_t icmp_errors;
	struct daemon_unknown unknown[DAEMON_UNKNOWN_KEPT];
	uint64_t n_unknown;

	struct daemon_slots in;
	struct daemon_out out;
	bool collect; /* send at the end of the batch; else at once */

	struct daemon_uapi uapi;
};

/* --- daemon_loop.c --- */

/* What an event is about: the kind, and for clients which. */
enum daemon_source {
	SOURCE_SIGNAL,
	SOURCE_LINK,
	SOURCE_ROUTE,
	SOURCE_TIMER,
	SOURCE_FOLDER,
	SOURCE_TUN,
	SOURCE_UDP, /* + 0: IPv4, + 1: IPv6 */
	SOURCE_UAPI = SOURCE_UDP + 2,
	SOURCE_CLIENT, /* + number */
};
int daemon_loop_open(struct daemon *d, struct err *e);
int daemon_loop_watch(struct daemon *d, int fd, unsigned source, struct err *e);
void daemon_loop_want_write(struct daemon *d, int fd, unsigned source, bool want);
void daemon_loop_run(struct daemon *d);

/* --- daemon_io.c --- */

int daemon_io_open(struct daemon *d, struct err *e);
void daemon_io_close(struct daemon *d);
void daemon_io_tun(struct daemon *d);
void daemon_io_udp(struct daemon *d, struct sys_udp *s);
void daemon_io_udp_errors(struct daemon *d, const struct sys_udp *s);
void daemon_io_tick(struct daemon *d);
/* errno of a refused send or tun write, as a reason. */
enum wg_drop daemon_io_send_drop(int error);
enum wg_drop daemon_io_tun_drop(int error);
/* Is this errno what a send gives whose source address is no longer ours? */
bool daemon_io_source_gone(int error);
/* The core's env. */
void daemon_io_send(void *ctx, struct wg_peer *peer, const struct endpoint *to,
		    const struct wg_pkt *pkts, size_t n);
void daemon_io_deliver(void *ctx, struct wg_peer *peer, const struct wg_pkt *pkts, size_t n);

/* --- daemon_link.c --- */

/* Follows the state of the link: up, down, MTU, moved, gone (then d->stop). */
void daemon_link_refresh(struct daemon *d);
/* For daemon_set: port and mark, all or nothing. 0 or -errno. */
int daemon_link_bind(void *ctx, const struct daemon_set_bind *b);
void daemon_link_close(struct daemon *d);

/* --- daemon_uapi.c --- */

int daemon_uapi_open(struct daemon *d, struct err *e);
void daemon_uapi_close(struct daemon *d);
/* Something happened in the folder. When our socket is no longer there: d->stop. */
void daemon_uapi_folder(struct daemon *d);
void daemon_uapi_accept(struct daemon *d);
/* When daemon_uapi_tick is to be called, INT64_MAX: not at all. */
int64_t daemon_uapi_next_due(const struct daemon *d);
void daemon_uapi_tick(struct daemon *d);
void daemon_uapi_serve(struct daemon *d, unsigned client, bool readable, bool writable);

/* --- daemon_secrets.c --- */

/* No core files, and no swap where that is possible; nothing here can fail later for it. */
void daemon_secrets_open(struct daemon *d);
/* After new keys came. */
void daemon_secrets_grown(struct daemon *d);

/* --- daemon_log.c --- */

void daemon_log(const struct daemon *d, int level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void daemon_log_event(void *ctx, const struct wg_event *ev);
/* The core's trace, and the daemon's own: into the ring; refusals also into the log. */
void daemon_log_trace(void *ctx, const struct trace_rec *r);

#endif
