/* tun.address: there, missing, not usable, the same at both ends, one family only. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"

/* Rows of made_facts.c: the wire's, the tun's IPv4, IPv6 and link-local. */
enum { WIRE, TUN4, TUN6, TUN_LL };

static void other_address(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN4].addr = made_net("10.90.17.9/24");
}

static void no_ip4(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN4].link = "lan0";
	f->paths[0].prefsrc.family = FAMILY_NONE;
}

static void no_ip6(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN6].link = "lan0";
	f->paths[1].prefsrc.family = FAMILY_NONE;
}

static void borrowed(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN4].link = "lan0";
}

static void tentative(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN6].tentative = true;
}

static void tentative_and_lost(struct facts *f)
{
	tentative(f);
	f->ping_peer.received = 0;
}

static void duplicate(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN6].tentative =
		f->net_start[END_NEAR].addrs[TUN6].dad_failed = true;
}

static void duplicate_elsewhere(struct facts *f)
{
	f->net_start[END_NEAR].addrs[WIRE].dad_failed = true;
	f->net_start[END_NEAR].addrs[TUN_LL].tentative = true;
}

static void same_at_both_ends(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN4].addr = made_net("10.90.17.2/24");
}

/* Point-to-point, with a peer that is not the target: no fault. */
static void pointopoint(struct facts *f)
{
	f->net_start[END_NEAR].addrs[TUN4].addr = made_net("10.90.17.1/32");
	f->net_start[END_NEAR].addrs[TUN4].peer = made_addr("10.90.17.77");
}

static void nothing_needed(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "no", NULL);
	f->ping_peer.target.family = f->ping_self.target.family = FAMILY_NONE;
	f->net_start[END_NEAR].n_addrs = 1;
}

static void mtu_forbids(struct facts *f)
{
	no_ip6(f);
	f->tun[END_NEAR].start.mtu = 1200;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_ADDRS, "reading addresses: Operation not permitted", "run as root");
}

/* Packets go by another link, from its address: that is for route.inner to tell. */
static void beside_the_tun(struct facts *f)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		f->paths[i].dev = "eth0";
		f->paths[i].prefsrc = made_addr("192.168.1.2");
	}
	f->target.kind = TARGET_INTERFACE;
	f->ping_self.target = made_addr("192.168.1.2");
	memset(&f->echo_back[0].target, 0, sizeof(f->echo_back[0].target));
	memset(&f->echo_back[1].target, 0, sizeof(f->echo_back[1].target));
}

static void of_the_link_alone(struct facts *f)
{
	nothing_needed(f);
	f->net_start[END_NEAR].addrs[WIRE] = f->net_start[END_NEAR].addrs[TUN_LL];
}

static const struct check_case cases[] = {
	{ "packets go beside it", beside_the_tun, STATE_PASS, "wgd7f3a0 has 10.90.17.1/24", NULL },
	{ "healthy", NULL, STATE_PASS, "wgd7f3a0 has 10.90.17.1/24, fd5a:17::1/64", NULL },
	{ "another than it should be", other_address, STATE_FAIL,
	  "wgd7f3a0 does not have the inner address 10.90.17.1", NULL },
	{ "no IPv4", no_ip4, STATE_FAIL, "no IPv4 address to reach 10.90.17.2 from", NULL },
	{ "only link-local IPv6", no_ip6, STATE_FAIL, "no IPv6 address to reach fd5a:17::2 from",
	  NULL },
	{ "border: borrowed", borrowed, STATE_WARN, "one of another link is used", NULL },
	{ "tentative", tentative_and_lost, STATE_WARN, "fd5a:17::1/64 cannot be used yet", NULL },
	{ "border: tentative, all came through", tentative, STATE_PASS, "fd5a:17::1/64", NULL },
	{ "duplicate", duplicate, STATE_FAIL, "fd5a:17::1/64 is refused", NULL },
	{ "border: another link's, link-local", duplicate_elsewhere, STATE_PASS, NULL, NULL },
	{ "same at both ends", same_at_both_ends, STATE_FAIL,
	  "10.90.17.2 is to be the far end's, and is an address of wgd7f3a0 too", NULL },
	{ "border: point-to-point", pointopoint, STATE_PASS, "10.90.17.1/32", NULL },
	{ "border: of the link alone, no other needed", of_the_link_alone, STATE_UNSURE,
	  "of the link alone, and no other", NULL },
	{ "border: none, none needed", nothing_needed, STATE_UNSURE, "no address", NULL },
	{ "because of the MTU", mtu_forbids, STATE_FAIL, "no IPv6 address", "tun.mtu" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void addresses(void **state)
{
	(void)state;
	check_cases_run("tun.address", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("tun.address", tests, NULL, NULL);
}
