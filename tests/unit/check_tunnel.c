/* What several checks ask of the facts: came all through, whose addresses, which peer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/tunnel.h"
#include "lib/made_facts.h"

static void one_lost(struct facts *f)
{
	f->ping_peer.received--;
}

static void one_late(struct facts *f)
{
	one_lost(f);
	f->ping_peer.late = 1;
}

static void not_taken(struct facts *f)
{
	f->ping_peer.send_errors = 1;
}

static void none_sent(struct facts *f)
{
	f->ping_peer.sent = f->ping_peer.received = 0;
}

static void stream_short(struct facts *f)
{
	f->streams[3].received--;
}

static void stream_stopped(struct facts *f)
{
	f->streams[3].error = "connect: Connection timed out";
}

static void stream_not_tried(struct facts *f)
{
	f->streams[3].sent = f->streams[3].received = f->streams[3].elapsed_ns = 0;
	f->streams[3].error = "no socket";
}

static void no_streams(struct facts *f)
{
	f->n_streams = 0;
}

static void streams_gap(struct facts *f)
{
	facts_gap(f, NEED_STREAMS, "no", NULL);
}

static void self_lost(struct facts *f)
{
	f->ping_self.received = 0;
}

static void back_lost(struct facts *f)
{
	f->echo_back[1].sent = 4;
	f->echo_back[1].received = 3;
}

static void back_lost_unseen(struct facts *f)
{
	back_lost(f);
	facts_gap(f, NEED_ECHO_BACK, "no", NULL);
}

static void cut_short(struct facts *f)
{
	one_lost(f);
	f->interrupted = true;
}

static void all_and_cut_short(struct facts *f)
{
	f->interrupted = true;
}

static const struct passed_case {
	void (*change)(struct facts *f);
	enum passed passed;
} passed_cases[] = {
	{ NULL, PASSED_ALL },
	{ one_lost, PASSED_SHORT },
	{ one_late, PASSED_ALL },
	{ not_taken, PASSED_SHORT },
	{ none_sent, PASSED_UNKNOWN },
	{ stream_short, PASSED_SHORT },
	{ stream_stopped, PASSED_SHORT },
	{ stream_not_tried, PASSED_UNKNOWN },
	{ no_streams, PASSED_UNKNOWN },
	{ streams_gap, PASSED_UNKNOWN },
	{ self_lost, PASSED_SHORT },
	{ back_lost, PASSED_SHORT },
	{ back_lost_unseen, PASSED_ALL },
	{ made_silent, PASSED_SHORT },
	{ cut_short, PASSED_UNKNOWN },
	{ all_and_cut_short, PASSED_ALL },
};

static void passed(void **state)
{
	struct facts f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(passed_cases); i++) {
		made_healthy(&f);
		if (passed_cases[i].change)
			passed_cases[i].change(&f);
		if (tunnel_passed(&f) != passed_cases[i].passed)
			print_message("# case %zu\n", i);
		assert_int_equal(tunnel_passed(&f), passed_cases[i].passed);
	}
}

static void addresses(void **state)
{
	struct ip_addr a = made_addr("10.90.17.1"), b = made_addr("192.0.2.10");
	struct tunnel_addrs l;
	struct facts f;

	(void)state;
	made_healthy(&f);
	tunnel_sources(&f, &l);
	assert_int_equal(l.n, 2);
	assert_true(tunnel_addrs_have(&l, &a));
	/* What leads elsewhere has a source that is no inner address. */
	f.paths[0].dev = "eth0";
	f.paths[0].prefsrc = b;
	tunnel_sources(&f, &l);
	assert_false(tunnel_addrs_have(&l, &b));
	tunnel_targets(&f, &l);
	assert_int_equal(l.n, 2);
	assert_non_null(tunnel_addr(&f, &a));
	assert_null(tunnel_addr(&f, &b));
	facts_gap(&f, NEED_ADDRS, "no", NULL);
	assert_null(tunnel_addr(&f, &a));
}

/* With nothing else to go by: the tun's own, and no link-local one. */
static void addresses_of_the_tun(void **state)
{
	struct tunnel_addrs l;
	struct facts f;

	(void)state;
	made_healthy(&f);
	facts_gap(&f, NEED_PATHS, "no", NULL);
	f.ping_self.target.family = FAMILY_NONE;
	f.echo_back[0].target.family = f.echo_back[1].target.family = FAMILY_NONE;
	tunnel_sources(&f, &l);
	assert_int_equal(l.n, 2);
	assert_false(tunnel_addr_is_link_local(&l.a[0]) || tunnel_addr_is_link_local(&l.a[1]));
	facts_gap(&f, NEED_ADDRS, "no", NULL);
	tunnel_sources(&f, &l);
	assert_int_equal(l.n, 0);
}

static void peers(void **state)
{
	struct peer_config *p;
	struct endpoint e;
	struct facts f;

	(void)state;
	made_healthy(&f);
	p = f.config[END_NEAR].peers;
	p[1] = p[0];
	memset(p[0].key.b, 0x44, KEY_LEN);
	f.config[END_NEAR].n_peers = 2;
	assert_ptr_equal(tunnel_peer(&f, END_NEAR), &p[1]);
	assert_int_equal(tunnel_endpoint(&f).port, 23456);
	/* Two, and nothing that tells which. */
	facts_gap(&f, NEED_CONFIG_FAR, "no", NULL);
	assert_null(tunnel_peer(&f, END_NEAR));
	assert_null(tunnel_peer(&f, END_FAR));
	assert_int_equal(tunnel_endpoint(&f).port, 0);
	e = tunnel_endpoint(&f);
	assert_true(ip_addr_equal(&e.addr, &f.paths[2].to));
	f.target.peer = p[0].key;
	assert_ptr_equal(tunnel_peer(&f, END_NEAR), &p[0]);
	memset(f.target.peer.b, 0x55, KEY_LEN);
	assert_null(tunnel_peer(&f, END_NEAR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passed),
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_of_the_tun),
		cmocka_unit_test(peers),
	};

	return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
