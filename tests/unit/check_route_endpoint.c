/* route.endpoint: on the link, by a gateway, nowhere, into the tunnel itself, with a mark. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void by_gateway(struct facts *f)
{
	f->paths[2].gateway = made_addr("192.0.2.1");
}

static void nowhere(struct facts *f)
{
	f->paths[2].dev = NULL;
	f->paths[2].error = "Network is unreachable";
}

static void loop(struct facts *f)
{
	f->paths[2].dev = f->target.name;
}

/* wg-quick with 0.0.0.0/0: packets of the engine have a mark, and a rule for it. */
static void asked_without_mark(struct facts *f)
{
	loop(f);
	f->config[END_NEAR].fwmark = 51820;
}

static void asked_with_mark(struct facts *f)
{
	asked_without_mark(f);
	f->paths[2].mark = 51820;
}

static void mark_unseen(struct facts *f)
{
	loop(f);
	facts_gap(f, NEED_CONFIG, "wg0 does not answer", NULL);
}

static void marks_not_told(struct facts *f)
{
	loop(f);
	f->config[END_NEAR].fwmark = f->paths[2].mark = UNKNOWN;
}

static void not_asked(struct facts *f)
{
	f->n_paths = 2;
}

static void link_down(struct facts *f)
{
	nowhere(f);
	f->wire[END_NEAR].start.up = false;
}

static void unseen(struct facts *f)
{
	facts_gap(f, NEED_PATHS, "reading routes: Operation not permitted", "run as root");
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "192.0.2.20 by wgw7f3a0, on the link itself", NULL },
	{ "by a gateway", by_gateway, STATE_PASS, "by wgw7f3a0, gateway 192.0.2.1", NULL },
	{ "nowhere", nowhere, STATE_FAIL, "no route to 192.0.2.20: Network is unreachable", NULL },
	{ "into the tunnel", loop, STATE_FAIL, "leads into the tunnel wgd7f3a0 itself: a loop",
	  NULL },
	{ "border: a mark, asked without", asked_without_mark, STATE_UNSURE,
	  "unless the engine's mark leads elsewhere", NULL },
	{ "a mark, asked with it", asked_with_mark, STATE_FAIL, "a loop", NULL },
	{ "border: whether there is a mark is not seen", mark_unseen, STATE_UNSURE,
	  "unless the engine's mark", NULL },
	{ "border: marks not told", marks_not_told, STATE_UNSURE, "unless the engine's mark",
	  NULL },
	{ "border: endpoint not known", not_asked, STATE_SKIP, "endpoint is not known", NULL },
	{ "link down", link_down, STATE_FAIL, "no route", "underlay.link" },
	{ "gap", unseen, STATE_SKIP, "Operation not permitted", NULL },
};

static void routes(void **state)
{
	(void)state;
	check_cases_run("route.endpoint", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("route.endpoint", tests, NULL, NULL);
}
