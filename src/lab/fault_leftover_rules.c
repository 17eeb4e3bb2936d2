/*
 * Filter rules of a tunnel that is gone: failure-modes.md, FM50.
 */
#include <stdio.h>

#include "lab/faults.h"

enum { NAME_SIZE = 16 };

/* There is no link of that name. */
static void old_name(struct lab_world *w, char out[NAME_SIZE])
{
	static const char *const names[] = { "wg", "vpn", "office", "proton" };

	snprintf(out, NAME_SIZE, "%s%u", names[draw_below(&w->draw, 4)],
		 (unsigned)draw_below(&w->draw, 90) + 1);
}

/* As wg-quick(8) makes it with a default route, for the same address under another name. */
static int wg_quick(struct lab_world *w, struct err *e)
{
	const struct lab_end *near = &w->end[END_NEAR];
	char four[IP_ADDR_STR_SIZE], six[IP_ADDR_STR_SIZE], old[NAME_SIZE];

	old_name(w, old);
	ip_addr_str(&near->inner4, four);
	ip_addr_str(&near->inner6, six);
	return lab_nft(
		w, LAB_CLIENT, e,
		"add table ip wg-quick-%s;"
		"add chain ip wg-quick-%s preraw { type filter hook prerouting priority -300; };"
		"add rule ip wg-quick-%s preraw iifname != %s ip daddr %s "
		"fib saddr type != local drop;"
		"add table ip6 wg-quick-%s;"
		"add chain ip6 wg-quick-%s preraw { type filter hook prerouting priority -300; };"
		"add rule ip6 wg-quick-%s preraw iifname != %s ip6 daddr %s "
		"fib saddr type != local drop",
		old, old, old, old, four, old, old, old, old, six);
}

/* All but the tunnel and its own messages is forbidden; that tunnel had another name. */
static int kill_switch(struct lab_world *w, struct err *e)
{
	char old[NAME_SIZE];

	old_name(w, old);
	return lab_nft(
		w, LAB_CLIENT, e,
		"add table inet guard;"
		"add chain inet guard out { type filter hook output priority 0; policy drop; };"
		"add rule inet guard out oifname lo accept;"
		"add rule inet guard out oifname %s accept;"
		"add rule inet guard out udp dport %u accept",
		old, w->listens.port);
}

/* The same in one rule. */
static int all_but(struct lab_world *w, struct err *e)
{
	char old[NAME_SIZE];

	old_name(w, old);
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet vpn;"
		       "add chain inet vpn out { type filter hook output priority 0; };"
		       "add rule inet vpn out oifname lo accept;"
		       "add rule inet vpn out udp dport %u accept;"
		       "add rule inet vpn out oifname != %s counter reject",
		       w->listens.port, old);
}

/* PostUp of wg-quick(8) without its PreDown, as iptables translates it. */
static int post_up(struct lab_world *w, struct err *e)
{
	bool whole = draw_below(&w->draw, 2);
	char old[NAME_SIZE];

	old_name(w, old);
	if (whole)
		lab_full_tunnel(w);
	return lab_nft(w, LAB_CLIENT, e,
		       "add table inet filter;"
		       "add chain inet filter out { type filter hook output priority 0; };"
		       "add rule inet filter out oifname != %s meta mark != %u "
		       "fib daddr type != local %sreject",
		       old, LAB_FULL_TABLE, draw_below(&w->draw, 2) ? "counter " : "");
}

static const struct lab_scene scene_post_up = { .before = post_up, .near_only = true };
static const struct lab_scene scene_wg_quick = { .before = wg_quick, .near_only = true };
static const struct lab_scene scene_kill_switch = { .before = kill_switch, .near_only = true };
static const struct lab_scene scene_all_but = { .before = all_but, .near_only = true };

static const struct lab_variant variants[] = {
	{ "wg-quick", "wg-quick's rule of another tunnel with the same address is still there",
	  NULL, NULL, &scene_wg_quick },
	{ "kill-switch", "a kill switch is still there, and its tunnel is not", NULL, NULL,
	  &scene_kill_switch },
	{ "all-but", "a rule is still there against all links but one, and that one is not", NULL,
	  NULL, &scene_all_but },
	{ "post-up", "the kill switch of wg-quick(8) is still there, and its tunnel is not", NULL,
	  NULL, &scene_post_up },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_leftover_rules = {
	.name = "leftover-rules",
	.says = "filter rules of a tunnel that is gone",
	.side = "local",
	.variants = variants,
};
