/*
 * The ops of Linux, one function each (documented in sys/platform.h), and what
 * their files share.
 */
#ifndef SYS_LINUX_LINUX_H
#define SYS_LINUX_LINUX_H

#include "sys/platform.h"

/* clock.c */
int64_t linux_boot_ns(void);
int64_t linux_wall_ns(void);

/* tun.c */
int linux_tun_open(const char *name, struct sys_tun *out, struct err *e);
int linux_tun_state(const struct sys_tun *t, struct sys_tun_state *out, struct err *e);
int linux_tun_open_as(const char *name, bool pi, struct sys_tun *out, struct err *e);
int linux_net_count(const char *name, uint64_t *out, struct err *e);
int linux_udp_port_held(uint16_t port, struct err *e);
int linux_udp_port_drops(uint16_t port, uint64_t *out, struct err *e);
int linux_qdisc_drops(const char *dev, uint64_t *out, struct err *e);
int linux_lack_tun(const struct sys_isolation *i, bool folder, struct err *e);
int linux_lack_right(bool lack, struct err *e);
int linux_tun_keep(const struct sys_tun *t, struct err *e);

/* tun_holder.c */
pid_t linux_tun_holder(const char *ifname, pid_t likely);

/* proc.c */
char linux_process_state(pid_t pid);

/* watch.c */
int linux_link_watch_open(struct sys_tun *t, int *out, struct err *e);
void linux_link_watch_drain(int fd);
int linux_route_watch_open(int *out, struct err *e);
int linux_addr_watch_open(int *out, struct err *e);

/* udp.c: sockets; udp_batch.c: datagrams */
int linux_udp_open(enum addr_family family, uint16_t port, uint32_t fwmark, struct sys_udp *out,
		   struct err *e);
int linux_udp_set_mark(const struct sys_udp *s, uint32_t fwmark, struct err *e);
int linux_udp_recv(struct sys_udp *s, struct sys_dgram *d, unsigned n, uint64_t *overflow);
int linux_udp_send(const struct sys_udp *s, const struct sys_dgram *d, unsigned n, int *error);
int linux_udp_errors(const struct sys_udp *s,
		     void (*fn)(void *ctx, const struct endpoint *to,
				const struct sys_udp_error *error),
		     void *ctx);

/* rtnl.c reads, rtnl_set.c changes */
int linux_links(struct arena *a, struct sys_link **out, size_t *n, struct err *e);
int linux_addrs(struct arena *a, struct sys_addr **out, size_t *n, struct err *e);
int linux_routes(struct arena *a, struct sys_route **out, size_t *n, struct err *e);
int linux_link_up(const char *name, bool up, struct err *e);
int linux_link_mtu(const char *name, unsigned mtu, struct err *e);
int linux_link_delete(const char *name, struct err *e);
int linux_addr_add(const char *name, const struct cidr *c, struct err *e);
int linux_addr_add_alone(const char *name, const struct cidr *c, struct err *e);
int linux_route_add(const struct cidr *dst, const char *dev, const struct ip_addr *gateway,
		    struct err *e);
int linux_veth_add(int netns_a, const char *name_a, int netns_b, const char *name_b, struct err *e);

/* rtnl_ask.c: one question each */
int linux_route_get(const struct sys_flow *flow, struct sys_path *out, struct err *e);
int linux_neigh(unsigned ifindex, const struct ip_addr *addr, const char **state, struct err *e);

/* rules.c */
int linux_rules(struct arena *a, struct sys_rule **out, size_t *n, struct err *e);
int linux_rule_add(const struct sys_rule *r, struct err *e);
int linux_rule_del(const struct sys_rule *r, struct err *e);
int linux_route_put(const struct sys_route *r, struct err *e);
int linux_route_del(const struct sys_route *r, struct err *e);

/* sysctl.c */
int linux_sysctl_get(const char *name, char *out, size_t cap, struct err *e);
int linux_sysctl_set(const char *name, const char *value, struct err *e);
int linux_netns_sysctl(int netns, const char *name, const char *value, struct err *e);

/* packet.c */
int linux_packet_open(const char *dev, int *out, struct err *e);

/* netns_name.c */
int linux_netns_open(const char *name, int *out, struct err *e);

/* ruleset.c */
/* False: this kernel has no nftables, so no rules of it either. */
bool linux_ruleset_possible(void);
int linux_ruleset_change(const char *commands, struct err *e);
int linux_ruleset(struct arena *a, struct sys_ruleset *out, struct err *e);

/* netns.c */
int linux_netns_get(int *out, struct err *e);
int linux_netns_new(int *out, struct err *e);
int linux_netns_enter(int fd, struct err *e);

/* isolate.c */
int linux_isolate(struct sys_isolation *out, struct err *e);
int linux_isolate_hide(const struct sys_isolation *i, const char *but, struct err *e);
void linux_isolate_end(struct sys_isolation *i);
int linux_isolate_hosts(struct sys_isolation *i, const char *text, struct err *e);

/* spawn.c */
int linux_spawn(const struct sys_spawn *s, pid_t *pid, struct err *e);

/* drop_watch.c */
extern const struct drop_watch_ops linux_drop_watch;
/* kernel_debug.c */
extern const struct kernel_debug_ops linux_kernel_debug;

struct uapi_device;
/* wg_nl_set.c */
int linux_wg_set(const char *ifname, const struct buf *text, struct err *e);
int linux_wg_link_add(const char *name, struct err *e);
/* wg_module.c */
int linux_wg_module(struct arena *a, const char **version, struct err *e);
int linux_wg_get(const char *ifname, struct arena *a, struct uapi_device **out, struct err *e);

#endif
