/*
 * What a fault does to the network: the commands that anybody would type there, and told as such.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/world.h"

enum { MADE_TEXT_SIZE = 512, COMMANDS_SIZE = 2048 };

const char *lab_node_str(enum lab_node node)
{
	static const char *const name[LAB_NODE_COUNT] = { [LAB_CLIENT] = "client",
							  [LAB_ROUTER] = "router",
							  [LAB_SERVER] = "server",
							  [LAB_LAN] = "lan" };

	return name[node];
}

void lab_told(struct lab_world *w, const char *fmt, ...)
{
	char text[MADE_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(&w->made, "%s%s", w->made.len ? "; " : "", text);
}

struct change {
	struct lab_world *w;
	const char *text, *dev;
	const struct cidr *dst;
	const struct ip_addr *gateway;
	unsigned mtu;
	bool up;
};

static int change_rules(void *ctx, struct err *e)
{
	struct change *x = ctx;

	return x->w->p->ruleset_change(x->text, e);
}

int lab_nft(struct lab_world *w, enum lab_node node, struct err *e, const char *fmt, ...)
{
	char text[COMMANDS_SIZE];
	struct change x = { .w = w, .text = text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lab_told(w, "%s: nft '%s'", lab_node_str(node), text);
	return lab_world_in(w, node, change_rules, &x, e);
}

int lab_sysctl(struct lab_world *w, enum lab_node node, const char *name, const char *value,
	       struct err *e)
{
	lab_told(w, "%s: sysctl -w %s=%s", lab_node_str(node), name, value);
	return w->p->netns_sysctl(w->netns[node], name, value, e);
}

int lab_hosts(struct lab_world *w, struct err *e, const char *fmt, ...)
{
	char text[MADE_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!w->p->isolate_hosts)
		return err_say(e, EOPNOTSUPP, "%s has no names of the lab's own", w->p->name);
	lab_told(w, "/etc/hosts: %s", text);
	return w->p->isolate_hosts(&w->isolation, text, e);
}

static int change_up(void *ctx, struct err *e)
{
	struct change *x = ctx;

	return x->w->p->link_up(x->dev, x->up, e);
}

int lab_link_up(struct lab_world *w, enum lab_node node, const char *dev, bool up, struct err *e)
{
	struct change x = { .w = w, .dev = dev, .up = up };

	lab_told(w, "%s: ip link set %s %s", lab_node_str(node), dev, up ? "up" : "down");
	return lab_world_in(w, node, change_up, &x, e);
}

static int change_addr(void *ctx, struct err *e)
{
	struct change *x = ctx;

	return x->w->p->addr_add(x->dev, x->dst, e);
}

int lab_addr(struct lab_world *w, enum lab_node node, const char *dev, const struct cidr *addr,
	     struct err *e)
{
	struct change x = { .w = w, .dev = dev, .dst = addr };
	char text[CIDR_STR_SIZE];

	lab_told(w, "%s: ip addr add %s dev %s", lab_node_str(node), cidr_str(addr, text), dev);
	return lab_world_in(w, node, change_addr, &x, e);
}

static int change_mtu(void *ctx, struct err *e)
{
	struct change *x = ctx;

	return x->w->p->link_mtu(x->dev, x->mtu, e);
}

int lab_link_mtu(struct lab_world *w, enum lab_node node, const char *dev, unsigned mtu,
		 struct err *e)
{
	struct change x = { .w = w, .dev = dev, .mtu = mtu };

	lab_told(w, "%s: ip link set %s mtu %u", lab_node_str(node), dev, mtu);
	return lab_world_in(w, node, change_mtu, &x, e);
}

static int change_route(void *ctx, struct err *e)
{
	struct change *x = ctx;

	return x->w->p->route_add(x->dst, x->dev, x->gateway, e);
}

int lab_route(struct lab_world *w, enum lab_node node, const struct cidr *dst, const char *dev,
	      const struct ip_addr *gateway, struct err *e)
{
	struct change x = { .w = w, .dst = dst, .dev = dev, .gateway = gateway };
	char net[CIDR_STR_SIZE];

	lab_told(w, "%s: ip route add %s dev %s", lab_node_str(node), cidr_str(dst, net), dev);
	return lab_world_in(w, node, change_route, &x, e);
}

static int remove_routes(void *ctx, struct err *e)
{
	struct change *x = ctx;
	const struct platform_ops *p = x->w->p;
	struct sys_route *routes;
	struct arena tmp;
	size_t n, i;
	int rc;

	arena_init(&tmp);
	rc = p->routes(&tmp, &routes, &n, e);
	for (i = 0; !rc && i < n; i++)
		if (routes[i].type == 1 && cidr_equal(&routes[i].dst, x->dst))
			rc = p->route_del(&routes[i], e);
	arena_done(&tmp);
	return rc;
}

int lab_unroute(struct lab_world *w, enum lab_node node, const struct cidr *dst, struct err *e)
{
	struct change x = { .w = w, .dst = dst };
	char net[CIDR_STR_SIZE];

	lab_told(w, "%s: ip route del %s", lab_node_str(node), cidr_str(dst, net));
	return lab_world_in(w, node, remove_routes, &x, e);
}

int lab_masquerade_at(struct lab_world *w, enum lab_node node, const char *dev, struct err *e)
{
	return lab_nft(w, node, e,
		       "add table inet nat;"
		       "add chain inet nat post { type nat hook postrouting priority srcnat; };"
		       "add rule inet nat post oifname %s masquerade",
		       dev);
}

int lab_masquerade(struct lab_world *w, enum lab_node node, enum lab_cable cable, struct err *e)
{
	return lab_masquerade_at(w, node, lab_plug(w, node, cable)->dev, e);
}

int lab_narrow_quietly(struct lab_world *w, unsigned mtu, struct err *e)
{
	int rc = lab_link_mtu(w, LAB_ROUTER, lab_plug(w, LAB_ROUTER, LAB_UPLINK)->dev, mtu, e);

	return rc ? rc :
		    lab_nft(w, LAB_ROUTER, e,
			    "add table inet quiet;"
			    "add chain inet quiet out { type filter hook output priority 0; };"
			    "add rule inet quiet out icmp type destination-unreachable drop;"
			    "add rule inet quiet out icmpv6 type packet-too-big drop");
}

int lab_hide(struct lab_world *w, struct err *e)
{
	w->hidden = true;
	lab_told(w, "client: the engine's socket is hidden");
	return w->p->isolate_hide(&w->isolation, w->end[END_FAR].tun, e);
}
