/* tun.mtu: what is wrapped fits the outer link, to the byte; and 1280 for IPv6. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void tun(struct facts *f, unsigned mtu)
{
	f->tun[END_NEAR].start.mtu = mtu;
}

static void ip6_endpoint(struct facts *f)
{
	f->config[END_NEAR].peers[0].endpoint.addr = made_addr("2001:db8::20");
	f->paths[2].to = made_addr("2001:db8::20");
}

static void just_fits_ip4(struct facts *f)
{
	tun(f, 1440);
}

static void too_large_ip4(struct facts *f)
{
	tun(f, 1441);
}

static void just_fits_ip6(struct facts *f)
{
	ip6_endpoint(f);
}

static void too_large_ip6(struct facts *f)
{
	ip6_endpoint(f);
	tun(f, 1421);
}

static void small_wire(struct facts *f)
{
	f->wire[END_NEAR].start.mtu = 1400;
}

/* What is larger than the link carries got no answer, and the rest did. */
static void small_wire_and_lost(struct facts *f)
{
	size_t i;

	small_wire(f);
	for (i = 0; i < f->n_sizes; i++)
		if (f->sizes[i].size > 1340 && !f->sizes[i].error)
			f->sizes[i].received = 0;
}

static void jumbo(struct facts *f)
{
	f->wire[END_NEAR].start.mtu = 9000;
	tun(f, 8920);
}

static void family_unknown(struct facts *f)
{
	f->config[END_NEAR].peers[0].endpoint.addr.family = FAMILY_NONE;
	f->n_paths = 2;
}

static void family_unknown_between(struct facts *f)
{
	family_unknown(f);
	tun(f, 1421);
}

static void family_unknown_too_large(struct facts *f)
{
	family_unknown(f);
	tun(f, 1441);
}

static void below_1280(struct facts *f)
{
	tun(f, 1279);
}

static void at_1280(struct facts *f)
{
	tun(f, 1280);
}

static void below_1280_allowed_only(struct facts *f)
{
	tun(f, 1279);
	f->n_paths = 1;
}

static void below_1280_ip4_only(struct facts *f)
{
	below_1280_allowed_only(f);
	f->config[END_NEAR].peers[0].n_allowed = 1;
	f->paths[1] = f->paths[2];
	f->n_paths = 2;
}

static void wire_unknown(struct facts *f)
{
	f->wire[END_NEAR].name = NULL;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_LINKS, "reading links: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "1420 + 60 fits the 1500 of wgw7f3a0", NULL },
	{ "border: IPv4 just fits", just_fits_ip4, STATE_PASS, "1440 + 60 fits", NULL },
	{ "border: IPv4 one more", too_large_ip4, STATE_WARN, "1441 + 60 is 1501, more than the",
	  NULL },
	{ "border: IPv6 just fits", just_fits_ip6, STATE_PASS, "1420 + 80 fits", NULL },
	{ "border: IPv6 one more", too_large_ip6, STATE_WARN, "1421 + 80 is 1501", NULL },
	{ "a small link", small_wire, STATE_WARN, "more than the 1400 of wgw7f3a0", NULL },
	{ "a small link, and larger ones are lost", small_wire_and_lost, STATE_FAIL,
	  "more than the 1400 of wgw7f3a0, and packets above 1340 B are lost", NULL },
	{ "a large link", jumbo, STATE_PASS, "8920 + 60 fits the 9000", NULL },
	{ "endpoint not known", family_unknown, STATE_PASS, "1420 + 80 fits", NULL },
	{ "border: endpoint not known, between", family_unknown_between, STATE_UNSURE,
	  "fits wgw7f3a0 (1500) over IPv4 and not over IPv6", NULL },
	{ "endpoint not known, too large", family_unknown_too_large, STATE_WARN, "1441 + 60",
	  NULL },
	{ "border: below 1280, IPv6 probed", below_1280, STATE_FAIL, "1279: below 1280", NULL },
	{ "border: 1280", at_1280, STATE_PASS, "1280 + 60 fits", NULL },
	{ "below 1280, IPv6 allowed", below_1280_allowed_only, STATE_WARN,
	  "the allowed IPs have it", NULL },
	{ "below 1280, no IPv6", below_1280_ip4_only, STATE_PASS, "1279 + 60 fits", NULL },
	{ "outer link unknown", wire_unknown, STATE_UNSURE, "MTU is not known", NULL },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void mtus(void **state)
{
	(void)state;
	check_cases_run("tun.mtu", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mtus),
	};

	return cmocka_run_group_tests_name("tun.mtu", tests, NULL, NULL);
}
