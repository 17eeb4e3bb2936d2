/* route.inner: into the tun, elsewhere, to ourselves, nowhere; with which source. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void elsewhere(struct facts *f)
{
	f->paths[0].dev = "eth0";
}

static void both_elsewhere(struct facts *f)
{
	f->paths[0].dev = f->paths[1].dev = "eth0";
}

static void itself(struct facts *f)
{
	f->paths[0].dev = "lo";
}

static void nowhere(struct facts *f)
{
	f->paths[1].dev = NULL;
	f->paths[1].error = "Network is unreachable";
}

static void foreign_source(struct facts *f)
{
	f->paths[0].prefsrc = made_addr("192.0.2.10");
	/* The far end takes it too. */
	f->config[END_FAR].peers[0].allowed[0] = made_net("0.0.0.0/0");
}

/* An unnumbered tun: the address of another link is used on purpose. */
static void unnumbered(struct facts *f)
{
	foreign_source(f);
	f->net_start[END_NEAR].addrs[1].link = "lan0";
}

static void no_source(struct facts *f)
{
	f->paths[0].prefsrc.family = FAMILY_NONE;
}

static void addrs_unseen(struct facts *f)
{
	foreign_source(f);
	facts_gap(f, NEED_ADDRS, "reading addresses: Operation not permitted", "run as root");
}

static void endpoint_only(struct facts *f)
{
	f->paths = &f->paths[2];
	f->n_paths = 1;
}

static void other_name(struct facts *f)
{
	f->target.name = "office";
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "reading routes: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS,
	  "10.90.17.2 by wgd7f3a0 from 10.90.17.1; fd5a:17::2 by wgd7f3a0 from fd5a:17::1", NULL },
	{ "elsewhere", elsewhere, STATE_FAIL, "10.90.17.2 leaves by eth0, not by wgd7f3a0", NULL },
	{ "both elsewhere", both_elsewhere, STATE_FAIL, "and 1 more of 2", NULL },
	{ "to ourselves", itself, STATE_FAIL, "10.90.17.2 is this machine itself", NULL },
	{ "nowhere", nowhere, STATE_FAIL, "no route to fd5a:17::2: Network is unreachable", NULL },
	{ "a source of another link", foreign_source, STATE_WARN,
	  "with source 192.0.2.10, which is not its address", NULL },
	{ "border: unnumbered tun", unnumbered, STATE_PASS, "from 192.0.2.10", NULL },
	{ "border: no source told", no_source, STATE_PASS, "10.90.17.2 by wgd7f3a0; fd5a", NULL },
	{ "border: addresses not seen", addrs_unseen, STATE_PASS, "from 192.0.2.10", NULL },
	{ "border: not asked", endpoint_only, STATE_SKIP, "no inner address was asked for", NULL },
	{ "another tun", other_name, STATE_FAIL, "not by office", NULL },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void routes(void **state)
{
	(void)state;
	check_cases_run("route.inner", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("route.inner", tests, NULL, NULL);
}
