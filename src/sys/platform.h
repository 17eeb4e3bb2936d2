/*
 * All that wgdiag asks of the operating system beyond plain POSIX, as one table of
 * functions; the Makefile compiles the folder of one platform. An op that a system
 * cannot do is NULL.
 *
 * Ops act in the calling thread's network namespace, unless they take a tun or socket.
 * Every descriptor is close-on-exec. Errors: 0 or negative errno, *e filled on failure.
 */
#ifndef SYS_PLATFORM_H
#define SYS_PLATFORM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/cidr.h"
#include "model/endpoint.h"

enum { SYS_IFNAME_SIZE = 16 };

struct drop_watch_ops;
struct kernel_debug_ops;
struct uapi_device;
struct reaper;

/* --- tun --- */

struct sys_tun {
	int fd; /* non-blocking; a read gives one IP packet, without any header */
	char name[SYS_IFNAME_SIZE];
	int watch_fd; /* the link watch, -1 before it is opened; the caller closes it */
	uint64_t watch_netns; /* which namespace that looks at */
};
struct sys_tun_state {
	bool gone; /* the device was deleted; nothing else is set then */
	bool moved; /* it is in another namespace than when its link watch was opened */
	bool up;
	unsigned mtu, ifindex;
	char name[SYS_IFNAME_SIZE];
};

/* --- UDP --- */

struct sys_udp {
	int fd; /* non-blocking */
	uint8_t family; /* enum addr_family */
	uint16_t port; /* host order, as bound */
	unsigned rcvbuf, sndbuf; /* bytes, as obtained */
	uint32_t overflow_seen; /* the kernel's count of datagrams it dropped, when last asked */
};

/* What somebody said of a datagram of ours, by ICMP. */
struct sys_udp_error {
	struct ip_addr from;
	uint8_t type, code;
	int error; /* errno, positive */
};

/*
 * One datagram of a batch. Receiving: buf/cap given; len, tos, from (with src and src_ifindex)
 * filled.
 */
struct sys_dgram {
	uint8_t *buf;
	size_t cap, len;
	/* receiving: the sender; sending: where to; src = our own address or none */
	struct endpoint addr;
	uint8_t tos;
	bool truncated;
};

/* --- links --- */

/* 64-bit counters of one link, named as `ip -s -s link` names them. */
struct sys_link_stats {
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors,
		rx_missed_errors, rx_nohandler;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
	uint64_t tx_aborted_errors, tx_carrier_errors, tx_fifo_errors, tx_heartbeat_errors,
		tx_window_errors;
};
struct sys_link {
	unsigned ifindex, mtu;
	char name[SYS_IFNAME_SIZE];
	char kind[16]; /* "tun", "veth", "wireguard", "" for none */
	bool up, running, loopback, point_to_point;
	bool ethernet; /* it carries Ethernet frames; of kind "tun" that is a tap */
	int tun_pi; /* of a tun: a header before each packet, 1 or 0; -1: no tun, or not told */
	struct sys_link_stats stats;
};
struct sys_addr {
	unsigned ifindex;
	struct cidr addr; /* with its host bits */
	struct ip_addr peer; /* of a point-to-point address, FAMILY_NONE without */
	bool tentative, dad_failed;
};
struct sys_route {
	struct cidr dst;
	struct ip_addr gateway, prefsrc; /* FAMILY_NONE when not set */
	unsigned oif, table, metric;
	/*
	 * 1 unicast, 2 local, 3 broadcast, 5 multicast, 6 blackhole, 7 unreachable, 8 prohibit
	 * (RTN_*)
	 */
	uint8_t type;
};

/* One rule of `ip rule`. */
struct sys_rule {
	uint8_t family; /* enum addr_family */
	uint8_t action; /* 1 to the table, 6 blackhole, 7 unreachable, 8 prohibit (FR_ACT_*) */
	bool invert; /* "not" */
	uint32_t pref, table; /* adding: pref 0 lets the system choose */
	uint32_t mark, mask; /* both 0: of no mark */
	struct cidr src, dst; /* FAMILY_NONE: all */
	char iif[SYS_IFNAME_SIZE], oif[SYS_IFNAME_SIZE]; /* "": any */
	int suppress_prefixlength; /* -1: none */
};

/* A packet whose way is asked for; what is 0 or of FAMILY_NONE is not told. */
struct sys_flow {
	struct ip_addr to, from;
	uint32_t mark;
	uint16_t sport, dport; /* of UDP; both or none */
};

/* What the system says when asked which way it would go. */
struct sys_path {
	bool answered;
	int error; /* positive errno: there is no way, and only type may be set; 0 */
	unsigned oif, table;
	struct ip_addr gateway, prefsrc; /* FAMILY_NONE: none */
	uint8_t type; /* as of sys_route */
};

/* Firewall rules in the forms of nft(8): `nft -j -a list ruleset`, `nft -a -s list ruleset`. */
struct sys_ruleset {
	const char *json, *text;
	const char *unread; /* what there is besides and was not read, in words; NULL */
};

/* --- frames of a link --- */

enum { SYS_PACKET_HEADER_LEN = 10, SYS_PACKET_BUFFER = 4 << 20 };

/* --- namespaces of a self-made tunnel --- */

/* What isolate() made and isolate_end() takes back. */
struct sys_isolation {
	pid_t init;
	int alive_fd; /* the init's other end; it dies when this is closed */
	int mnt_fd, root_fd, cwd_fd; /* where this process was before; -1: it stays where it is */
	bool own_run; /* the tmpfs is there */
	bool own_hosts; /* /etc/hosts is one of ours */
};

struct sys_spawn {
	/*
	 * argv[0] is the program: a path, or a name that is looked up in PATH; "/proc/self/exe"
	 * is this program
	 */
	char *const *argv;
	int netns; /* descriptor of the network namespace to run in, or -1 */
	int out_fd; /* becomes its stdout and stderr, or -1 for /dev/null */
	int keep_fd; /* stays open in the child under the same number, or -1 */
	char *const *env_extra; /* "NAME=value" more in its environment, or NULL */
	bool *exec_failed; /* set when all went well but the program itself; or NULL */
	struct reaper *reaper; /* who starts it, with neither netns nor keep_fd; NULL: we do */
};

struct platform_ops {
	const char *name; /* "linux" */

	int64_t (*boot_ns)(void); /* runs on in suspend, never steps */
	int64_t (*wall_ns)(void);

	/* name "" lets the system choose. The device vanishes with the descriptor. */
	int (*tun_open)(const char *name, struct sys_tun *out, struct err *e);
	/* The same, with the system's own header before each packet (pi) or without. */
	int (*tun_open_as)(const char *name, bool pi, struct sys_tun *out, struct err *e);
	/* It stays when nobody has it open any more. */
	int (*tun_keep)(const struct sys_tun *t, struct err *e);
	int (*tun_state)(const struct sys_tun *t, struct sys_tun_state *out, struct err *e);
	/*
	 * A descriptor that becomes readable whenever the state of links may have changed in the
	 * namespace where the tun is now; also opened anew after a move (state.moved). Closes
	 * the one before; the same descriptor is t->watch_fd.
	 */
	int (*link_watch_open)(struct sys_tun *t, int *out, struct err *e);
	void (*link_watch_drain)(int fd);
	/*
	 * Readable when routes, rules or addresses changed in this namespace; drain with
	 * link_watch_drain.
	 */
	int (*route_watch_open)(int *out, struct err *e);
	/* The same when links or their addresses changed. */
	int (*addr_watch_open)(int *out, struct err *e);

	/* port 0: chosen by the system. IPv6 is v6-only. Buffers as large as allowed. */
	int (*udp_open)(enum addr_family family, uint16_t port, uint32_t fwmark,
			struct sys_udp *out, struct err *e);
	int (*udp_set_mark)(const struct sys_udp *s, uint32_t fwmark, struct err *e);
	/*
	 * How many datagrams (0: none there), or -errno. *overflow: datagrams the kernel
	 * dropped since the last call.
	 */
	int (*udp_recv)(struct sys_udp *s, struct sys_dgram *d, unsigned n, uint64_t *overflow);
	/*
	 * How many were sent, from the first on; fewer than n: the next one's errno is in
	 * *error (positive).
	 */
	int (*udp_send)(const struct sys_udp *s, const struct sys_dgram *d, unsigned n, int *error);
	/*
	 * Reads what the error queue holds (ICMP errors about our own datagrams); calls fn for
	 * each; returns how many.
	 */
	int (*udp_errors)(const struct sys_udp *s,
			  void (*fn)(void *ctx, const struct endpoint *to,
				     const struct sys_udp_error *error),
			  void *ctx);

	/* All links, addresses, routes of this namespace; arrays from the arena. */
	int (*links)(struct arena *a, struct sys_link **out, size_t *n, struct err *e);
	int (*addrs)(struct arena *a, struct sys_addr **out, size_t *n, struct err *e);
	int (*routes)(struct arena *a, struct sys_route **out, size_t *n, struct err *e);

	/*
	 * That there is no way is an answer, and no error. Ports may be ignored (Linux before
	 * 4.18).
	 */
	int (*route_get)(const struct sys_flow *flow, struct sys_path *out, struct err *e);
	/* A constant, in the words of `ip neigh`: "REACHABLE"; NULL: no entry. */
	int (*neigh)(unsigned ifindex, const struct ip_addr *addr, const char **state,
		     struct err *e);
	/* All of this namespace, with counters; strings from the arena. */
	int (*ruleset)(struct arena *a, struct sys_ruleset *out, struct err *e);
	/* Commands of nft(8), as one transaction. */
	int (*ruleset_change)(const char *commands, struct err *e);

	/*
	 * Whether the kernel here has WireGuard, without loading it: 1 it is there, 0 it would
	 * come with the first link of its kind, -ENOENT it is not installed. *version from the
	 * arena, NULL: not told.
	 */
	int (*wg_module)(struct arena *a, const char **version, struct err *e);
	/*
	 * What the kernel's engine of this namespace says of a device, as a `get` would; of secrets
	 * only that they are there. -EOPNOTSUPP: no such engine, or not its device.
	 */
	int (*wg_get)(const char *ifname, struct arena *a, struct uapi_device **out, struct err *e);
	/* The lines of a `set`, without "set=1" and the empty line. */
	int (*wg_set)(const char *ifname, const struct buf *text, struct err *e);
	int (*wg_link_add)(const char *name, struct err *e); /* a link of the kernel's engine */

	int (*link_up)(const char *name, bool up, struct err *e);
	int (*link_mtu)(const char *name, unsigned mtu, struct err *e);
	int (*link_delete)(const char *name, struct err *e);
	/* noprefixroute off, no duplicate address detection */
	int (*addr_add)(const char *name, const struct cidr *c, struct err *e);
	/* The same without the route to its network that the kernel would make. */
	int (*addr_add_alone)(const char *name, const struct cidr *c, struct err *e);
	int (*route_add)(const struct cidr *dst, const char *dev, const struct ip_addr *gateway,
			 struct err *e);

	/* Rules of both families, in the order of each; array from the arena. */
	int (*rules)(struct arena *a, struct sys_rule **out, size_t *n, struct err *e);
	int (*rule_add)(const struct sys_rule *r, struct err *e);
	int (*rule_del)(const struct sys_rule *r, struct err *e);
	/* The same as route_add for any table and metric, by interface index. */
	int (*route_put)(const struct sys_route *r, struct err *e);
	int (*route_del)(const struct sys_route *r, struct err *e);

	/*
	 * A counter of the thread's network namespace, as nstat(8) says it: "TcpExtListenDrops"; or
	 * "conntrack_drop", in the words of /proc/net/stat/nf_conntrack.
	 */
	int (*net_count)(const char *name, uint64_t *out, struct err *e);
	/* 1: a UDP socket of this network namespace has that local port; 0: none has. */
	int (*udp_port_held)(uint16_t port, struct err *e);
	/* Datagrams that such sockets dropped, their buffers being full. */
	int (*udp_port_drops)(uint16_t port, uint64_t *out, struct err *e);
	/* Packets that the queue of a link dropped before they left. */
	int (*qdisc_drops)(const char *dev, uint64_t *out, struct err *e);
	/* "net.ipv4.conf.all.rp_filter"; a "/" stands for a dot in a link's name. */
	int (*sysctl_get)(const char *name, char *out, size_t cap, struct err *e);
	/* Only src_valid_mark; all else is -EPERM. */
	int (*sysctl_set)(const char *name, const char *value, struct err *e);

	/* By the name of `ip netns`, or by the pid of a process that is in it. */
	int (*netns_open)(const char *name, int *out, struct err *e);
	/*
	 * One below net. of another namespace than the thread's, and only of those that the lab
	 * changes in its own (forwarding, reverse path filter, DAD, lifetimes of UDP flows); all
	 * else is -EPERM.
	 */
	int (*netns_sysctl)(int netns, const char *name, const char *value, struct err *e);
	/*
	 * For the lab. In the isolation's view of the files there is no tun device (folder: a
	 * folder of that name instead); this thread may not change networks, or may again.
	 */
	int (*lack_tun)(const struct sys_isolation *i, bool folder, struct err *e);
	int (*lack_right)(bool lack, struct err *e);
	/*
	 * Descriptors of network namespaces. netns_new makes one with lo up and leaves the thread
	 * where it was; it lives as long as something holds it. netns_enter moves the thread.
	 */
	int (*netns_get)(int *out, struct err *e); /* the current one */
	int (*netns_new)(int *out, struct err *e);
	int (*netns_enter)(int fd, struct err *e);
	/*
	 * A socket of this namespace for all frames that come in on a link, and to send on it.
	 * Before each are SYS_PACKET_HEADER_LEN bytes of the system's, to be sent as they came.
	 */
	int (*packet_open)(const char *dev, int *fd, struct err *e);
	/* A veth pair, one end in each of two namespaces (descriptors). */
	int (*veth_add)(int netns_a, const char *name_a, int netns_b, const char *name_b,
			struct err *e);
	/*
	 * From here on children live in a PID namespace of their own, whose init dies with this
	 * process (SIGKILL included) and takes all of them along; and this process has a mount
	 * namespace of its own with an empty tmpfs where /var/run is, and in it wireguard/.
	 */
	int (*isolate)(struct sys_isolation *out, struct err *e);
	/*
	 * Ends all that lives there and puts this process back, so that the true /run is seen
	 * again.
	 */
	void (*isolate_end)(struct sys_isolation *i);
	/*
	 * From here on the folder of the engines' sockets is seen empty there, but for that of the
	 * interface `but`. Those that are open, and the engines, notice nothing.
	 */
	int (*isolate_hide)(const struct sys_isolation *i, const char *but, struct err *e);
	/* From here on /etc/hosts is that text there. May be called again. */
	int (*isolate_hosts)(struct sys_isolation *i, const char *text, struct err *e);
	/*
	 * The process that has the tun of that name in this network namespace open; likely: looked
	 * at first. 0: none is seen, or several.
	 */
	pid_t (*tun_holder)(const char *ifname, pid_t likely);
	/* As ps(1) shows it: 'S', 'T', 'Z', ...; '\0': it is not seen. */
	char (*process_state)(pid_t pid);
	/*
	 * The pid in our view; the child has the default signal mask and dispositions, is in a
	 * session of its own (Ctrl-C is for us), and dies with us. Fails with -ENOENT when there
	 * is no such program.
	 */
	int (*spawn)(const struct sys_spawn *s, pid_t *pid, struct err *e);
	const struct drop_watch_ops *drop_watch; /* sys/drop_watch.h */
	const struct kernel_debug_ops *kernel_debug; /* sys/kernel_debug.h */
};

const struct platform_ops *platform_get(void);

#endif
