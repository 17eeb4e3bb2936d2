/*
 * Linux: all ops are there.
 */
#include "sys/linux/linux.h"

static const struct platform_ops linux_ops = {
	.name = "linux",
	.boot_ns = linux_boot_ns,
	.wall_ns = linux_wall_ns,
	.tun_open = linux_tun_open,
	.tun_open_as = linux_tun_open_as,
	.tun_state = linux_tun_state,
	.link_watch_open = linux_link_watch_open,
	.link_watch_drain = linux_link_watch_drain,
	.route_watch_open = linux_route_watch_open,
	.udp_open = linux_udp_open,
	.udp_set_mark = linux_udp_set_mark,
	.udp_recv = linux_udp_recv,
	.udp_send = linux_udp_send,
	.udp_errors = linux_udp_errors,
	.links = linux_links,
	.addrs = linux_addrs,
	.routes = linux_routes,
	.route_get = linux_route_get,
	.neigh = linux_neigh,
	.ruleset = linux_ruleset,
	.ruleset_change = linux_ruleset_change,
	.wg_module = linux_wg_module,
	.wg_get = linux_wg_get,
	.wg_set = linux_wg_set,
	.wg_link_add = linux_wg_link_add,
	.link_up = linux_link_up,
	.link_mtu = linux_link_mtu,
	.link_delete = linux_link_delete,
	.addr_add = linux_addr_add,
	.addr_add_alone = linux_addr_add_alone,
	.route_add = linux_route_add,
	.rules = linux_rules,
	.rule_add = linux_rule_add,
	.rule_del = linux_rule_del,
	.route_put = linux_route_put,
	.route_del = linux_route_del,
	.sysctl_get = linux_sysctl_get,
	.sysctl_set = linux_sysctl_set,
	.netns_open = linux_netns_open,
	.netns_get = linux_netns_get,
	.netns_new = linux_netns_new,
	.netns_enter = linux_netns_enter,
	.veth_add = linux_veth_add,
	.isolate = linux_isolate,
	.isolate_end = linux_isolate_end,
	.spawn = linux_spawn,
	.tun_holder = linux_tun_holder,
};

const struct platform_ops *platform_get(void)
{
	return &linux_ops;
}
