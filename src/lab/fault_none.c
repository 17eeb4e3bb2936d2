/*
 * No fault: the control of each fault. What was found healthy here must be found healthy.
 */
#include "lab/faults.h"
#include "lab/inherited.h"
#include "lab/inside.h"

/* Its rx_dropped may rise by itself, and is no fault. */
static int make_inherited(struct self_tunnel *t, struct self_conf *c, const char **made,
			  struct err *e)
{
	return inherited_choose(t, c, false, made, e);
}

static struct conf_peer *near_peer(struct lab_world *w)
{
	return &w->end[END_NEAR].conf->peers[0];
}

/* A household's router. */
static int masquerade(struct lab_world *w, struct err *e)
{
	return lab_masquerade(w, LAB_ROUTER, LAB_UPLINK, e);
}

static int full_tunnel(struct lab_world *w, struct err *e)
{
	(void)e;
	lab_full_tunnel(w);
	return 0;
}

/* The server lets nobody through: that it forwards nothing is no fault of a tunnel to it. */
static int full_tunnel_alone(struct lab_world *w, struct err *e)
{
	int rc = lab_sysctl(w, LAB_SERVER, "net.ipv4.ip_forward", "0", e);

	return rc ? rc : full_tunnel(w, e);
}

static int no_keepalive(struct lab_world *w, struct err *e)
{
	(void)e;
	near_peer(w)->keepalive_s = UNKNOWN;
	return 0;
}

static int preshared(struct lab_world *w, struct err *e)
{
	(void)e;
	lab_preshare(w);
	return 0;
}

/* The least that IPv6 allows, as mobile networks have it. */
static int small_mtu(struct lab_world *w, struct err *e)
{
	(void)e;
	w->end[END_NEAR].conf->mtu = w->end[END_FAR].conf->mtu = 1280;
	return 0;
}

/* A laptop on another network: the same session goes on from another address. */
static int roam(struct lab_world *w, struct err *e)
{
	int rc = masquerade(w, e);

	return rc ? rc : lab_world_session(w, END_NEAR, e);
}

/* One in a thousand and less, each way: life. */
static int low_loss(struct lab_world *w, struct err *e)
{
	unsigned of = 1500 + (unsigned)draw_below(&w->draw, 1500);

	return lab_nft(w, LAB_ROUTER, e,
		       "add table inet way;"
		       "add chain inet way pass { type filter hook forward priority 0; };"
		       "add rule inet way pass meta l4proto udp numgen random mod %u == 0 drop",
		       of);
}

/* Clients that are not there, as most of a hub's are. */
static int hub(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;
	size_t n = 3 + draw_below(&w->draw, 20), i;
	struct conf_peer *peers = arena_alloc(w->arena, (n + 1) * sizeof(*peers));

	(void)e;
	peers[0] = c->peers[0];
	for (i = 1; i <= n; i++) {
		struct cidr *allowed = arena_alloc(w->arena, sizeof(*allowed));

		peers[i] = (struct conf_peer){ .has_key = true, .keepalive_s = UNKNOWN };
		lab_nobodys_key(&peers[i].key);
		*allowed = cidr_single(&w->end[END_NEAR].inner4);
		/* A network of its own, so that none is anybody else's. */
		allowed->addr.b[1] ^= 0x80;
		allowed->addr.b[3] = (uint8_t)i;
		peers[i].allowed = allowed;
		peers[i].n_allowed = 1;
	}
	c->peers = peers;
	c->n_peers = n + 1;
	lab_told(w, "client: %zu more peers that are not there", n);
	return 0;
}

static void disordered(struct draw *d, struct relay_conf *c)
{
	c->delay_us = 1000 * (unsigned)(2 + draw_below(d, 20));
	c->jitter_us = c->delay_us / 4;
	c->reorder = 10000 * (unsigned)(1 + draw_below(d, 3));
	c->duplicate = 10000 * (unsigned)(1 + draw_below(d, 3));
}

/* By satellite. */
static void far_away(struct draw *d, struct relay_conf *c)
{
	c->delay_us = 1000 * (unsigned)(240 + draw_below(d, 140));
	c->jitter_us = 1000 * (unsigned)draw_below(d, 50);
}

static int lan(struct lab_world *w, struct err *e)
{
	(void)e;
	inside_ask(w, FAMILY_NONE);
	return 0;
}

/* A link behind the server carries less than the tunnel, and the server says so. */
static int lan_narrow(struct lab_world *w, struct err *e)
{
	unsigned mtu = 1280 + (unsigned)draw_below(&w->draw, 120);
	int rc;

	inside_ask(w, FAMILY_NONE);
	rc = lab_link_mtu(w, LAB_SERVER, lab_plug(w, LAB_SERVER, LAB_INSIDE)->dev, mtu, e);
	return rc ? rc : lab_link_mtu(w, LAB_LAN, lab_plug(w, LAB_LAN, LAB_INSIDE)->dev, mtu, e);
}

/* That host answers so many pings a second, and it was named. */
static int lan_limited(struct lab_world *w, struct err *e)
{
	unsigned rate = 1 + (unsigned)draw_below(&w->draw, 40);
	unsigned burst = 5 + (unsigned)draw_below(&w->draw, 20);

	inside_ask(w, FAMILY_NONE);
	return lab_nft(w, LAB_LAN, e,
		       "add table inet limits;"
		       "add chain inet limits in { type filter hook input priority 0; };"
		       "add rule inet limits in icmp type echo-request "
		       "limit rate over %u/second burst %u packets drop;"
		       "add rule inet limits in icmpv6 type echo-request "
		       "limit rate over %u/second burst %u packets drop",
		       rate, burst, rate, burst);
}

/* The server hides its clients; the lan then needs no way back, nor does the internet. */
static int lan_hidden(struct lab_world *w, struct err *e)
{
	struct cidr all;
	int rc;

	inside_ask(w, FAMILY_NONE);
	all = (struct cidr){ { .family = w->ping.family }, 0 };
	rc = lab_unroute(w, LAB_LAN, &all, e);
	return rc ? rc : lab_masquerade(w, LAB_SERVER, LAB_INSIDE, e);
}

static int internet(struct lab_world *w, struct err *e)
{
	inside_ask_internet(w);
	return lab_masquerade(w, LAB_SERVER, LAB_UPLINK, e);
}

/* So many pings a second and no more, as careful hosts answer. */
static int icmp_limited(struct lab_world *w, struct err *e)
{
	unsigned rate = 2 + (unsigned)draw_below(&w->draw, 450);
	unsigned burst = 5 + (unsigned)draw_below(&w->draw, 100);

	return lab_nft(w, LAB_SERVER, e,
		       "add table inet limits;"
		       "add chain inet limits in { type filter hook input priority 0; };"
		       "add rule inet limits in icmp type echo-request "
		       "limit rate over %u/second burst %u packets drop",
		       rate, burst);
}

/* To the byte. */
static int path_fits(struct lab_world *w, struct err *e)
{
	return lab_narrow_quietly(w, lab_outer_mtu(w), e);
}

static int small_on_narrow(struct lab_world *w, struct err *e)
{
	int rc = small_mtu(w, e);

	return rc ? rc :
		    lab_narrow_quietly(w, lab_outer_mtu(w) + (unsigned)draw_below(&w->draw, 60), e);
}

/* As any port that is open to all. */
static int scanned(struct lab_world *w, struct err *e)
{
	int rc = lab_world_scan(w, END_NEAR, &w->listens, e);

	if (!rc)
		lab_told(w, "client: somebody sends junk to the server's port");
	return rc;
}

/* Path MTU discovery at work: the router tells, and the sender's system learns. */
static int path_tells(struct lab_world *w, struct err *e)
{
	unsigned mtu = 1290 + (unsigned)draw_below(&w->draw, 150);
	int rc = lab_link_mtu(w, LAB_ROUTER, lab_plug(w, LAB_ROUTER, LAB_UPLINK)->dev, mtu, e);

	return rc ? rc :
		    lab_link_mtu(w, LAB_SERVER, lab_plug(w, LAB_SERVER, LAB_UPLINK)->dev, mtu, e);
}

/* What boringtun does, and others: each message is as long as its packet. */
static int no_padding(struct lab_world *w, struct err *e)
{
	static const char *const args[] = { "--fault", "no-padding", NULL };
	const struct engine_ops *ours = engine_ops_find("builtin");
	unsigned i;

	(void)e;
	for (i = 0; i < END_COUNT; i++)
		if (w->end[i].ops == ours)
			w->end[i].args = args;
	lab_told(w, "the built-in engine was started with %s %s", args[0], args[1]);
	return 0;
}

#define NEIGHBOURS "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"

/* All but the tunnel, its own messages and what a link needs is forbidden; the tunnel is there. */
static int kill_switch(struct lab_world *w, struct err *e)
{
	return lab_nft(
		w, LAB_CLIENT, e,
		"add table inet guard;"
		"add chain inet guard out { type filter hook output priority 0; policy drop; };"
		"add rule inet guard out oifname { lo, %s } accept;"
		"add rule inet guard out udp dport %u accept;"
		"add rule inet guard out " NEIGHBOURS " accept",
		w->end[END_NEAR].tun, w->listens.port);
}

/* PostUp of wg-quick(8), as iptables translates it; what IPv6 needs of a link comes before it. */
static int post_up(struct lab_world *w, struct err *e)
{
	lab_full_tunnel(w);
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet filter;"
		       "add chain inet filter out { type filter hook output priority 0; };"
		       "add rule inet filter out " NEIGHBOURS " accept;"
		       "add rule inet filter out oifname != %s meta mark != %u "
		       "fib daddr type != local counter reject",
		       w->end[END_NEAR].tun, LAB_FULL_TABLE);
}

static const struct lab_scene scene_scanned = { .after = scanned, .session = true };
static const struct lab_scene unpadded = { .before = no_padding };
static const struct lab_scene two_tunnels = { .before = lab_second };
static const struct lab_scene switched = { .before = kill_switch };
static const struct lab_scene switched_by_mark = { .before = post_up };
static const struct lab_scene limited = { .before = icmp_limited };
static const struct lab_scene fitting = { .before = path_fits };
static const struct lab_scene small_fitting = { .before = small_on_narrow };
static const struct lab_scene telling = { .before = path_tells };
static const struct lab_scene routed = { .before = NULL };
static const struct lab_scene in_use = { .session = true };
static const struct lab_scene nat = { .before = masquerade };
static const struct lab_scene full = { .before = full_tunnel };
static const struct lab_scene full_alone = { .before = full_tunnel_alone };
static const struct lab_scene without_keepalive = { .before = no_keepalive };
static const struct lab_scene with_psk = { .before = preshared };
static const struct lab_scene mtu_1280 = { .before = small_mtu };
static const struct lab_scene roamed = { .after = roam, .session = true };
static const struct lab_scene little_loss = { .before = low_loss };
static const struct lab_scene many_peers = { .before = hub };
static const struct lab_scene opaque = { .after = lab_hide };
static const struct lab_scene opaque_in_use = { .after = lab_hide, .session = true };
static const struct lab_scene out_of_order = { .relay = disordered };
static const struct lab_scene satellite = { .relay = far_away };
static const struct lab_scene scene_lan = { .before = lan };
static const struct lab_scene scene_lan_narrow = { .before = lan_narrow };
static const struct lab_scene scene_lan_limited = { .before = lan_limited };
static const struct lab_scene scene_lan_hidden = { .before = lan_hidden };
static const struct lab_scene scene_internet = { .before = internet };

static const struct lab_variant variants[] = {
	{ "plain", "the tunnel as wgdiag check makes it", NULL, NULL, NULL },
	{ "inherited", "the engine on a tun that it inherits, of the framing it takes for granted",
	  "wireguard-go", make_inherited, NULL },
	{ "routed", "over a router, and never used before", NULL, NULL, &routed },
	{ "in-use", "over a router, with a session", NULL, NULL, &in_use },
	{ "nat", "behind a router that masquerades", NULL, NULL, &nat },
	{ "full-tunnel", "all traffic goes through the tunnel", NULL, NULL, &full },
	{ "full-tunnel-alone", "the same, and the server forwards nothing", NULL, NULL,
	  &full_alone },
	{ "no-keepalive", "no persistent keepalive, and no address translation", NULL, NULL,
	  &without_keepalive },
	{ "psk", "with a preshared key", NULL, NULL, &with_psk },
	{ "mtu-1280", "the least MTU that IPv6 allows", NULL, NULL, &mtu_1280 },
	{ "roaming", "the client came to have another outer address", NULL, NULL, &roamed },
	{ "low-loss", "less than one in a thousand is lost", NULL, NULL, &little_loss },
	{ "hub", "with peers that are not there", NULL, NULL, &many_peers },
	{ "opaque", "the engine cannot be asked, and has no session", NULL, NULL, &opaque },
	{ "opaque-in-use", "the engine cannot be asked, and has a session", NULL, NULL,
	  &opaque_in_use },
	{ "out-of-order", "some messages overtake others, or come twice", NULL, NULL,
	  &out_of_order },
	{ "satellite", "each way takes a quarter of a second", NULL, NULL, &satellite },
	{ "lan", "a host behind the server is asked", NULL, NULL, &scene_lan },
	{ "lan-narrow", "a link behind the server carries less, and the server says so", NULL, NULL,
	  &scene_lan_narrow },
	{ "lan-limited", "a host behind the server answers only so many pings a second", NULL, NULL,
	  &scene_lan_limited },
	{ "lan-masquerade", "a host behind the server, which hides its clients", NULL, NULL,
	  &scene_lan_hidden },
	{ "internet", "all traffic, and the server hides its clients", NULL, NULL,
	  &scene_internet },
	{ "icmp-limited", "the server answers only so many pings a second", NULL, NULL, &limited },
	{ "path-fits", "the way carries a full packet to the byte", NULL, NULL, &fitting },
	{ "small-on-narrow", "the least MTU, on a way that is narrower than usual", NULL, NULL,
	  &small_fitting },
	{ "path-tells", "a narrower link, and the router says so", NULL, NULL, &telling },
	{ "no-padding", "engines whose messages are as long as their packets", NULL, NULL,
	  &unpadded },
	{ "two-tunnels", "another tunnel between the same hosts is in use", NULL, NULL,
	  &two_tunnels },
	{ "kill-switch", "a kill switch for this tunnel", NULL, NULL, &switched },
	{ "kill-switch-mark", "the one of wg-quick(8), which asks for the mark", NULL, NULL,
	  &switched_by_mark },
	{ "scanned", "somebody sends junk to the server's port", NULL, NULL, &scene_scanned },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_none = {
	.name = "none",
	.says = "no fault, a healthy control",
	.variants = variants,
};
