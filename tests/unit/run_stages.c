/*
 * The stages of a check on a tunnel that is broken in known ways: what they must have seen.
 * Names, addresses and shares are drawn from a printed seed.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loss/settled.h"
#include "run/run_priv.h"
#include "unit/own_netns.h"

enum { MTU_OVERHEAD = 60, QUICK_MS = 1000 };

struct scene {
	struct run r;
	struct run_conf conf;
	struct self_conf sc;
	struct arena a;
	struct facts f;
	struct err e;
	uint64_t lot;
};

static uint64_t seed;

static void must(struct scene *s, int rc)
{
	if (rc)
		fail_msg("%s (%d)", s->e.text, rc);
}

static void start(struct scene *s)
{
	struct run *r = &s->r;

	must(s, self_tunnel_build(&s->sc, r->p, r->loop, &s->a, &r->t, &s->e));
	run_adopt(r);
	run_taps_open(r, TAP_NEAR_WIRE, TAP_FAR_WIRE);
	must(s, self_tunnel_start(r->t, &s->sc, &s->f, &s->e));
	run_adopt(r);
	run_taps_open(r, TAP_NEAR_TUN, TAP_FAR_TUN);
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	const char *wgdiag = getenv("WGDIAG");
	int i;

	arena_init(&s->a);
	facts_init(&s->f);
	s->lot = seed++;
	s->conf = (struct run_conf){ .seed = s->lot * UINT64_C(0x9e3779b97f4a7c15) };
	s->r = (struct run){
		.conf = &s->conf, .p = platform_get(), .arena = &s->a, .f = &s->f, .signal_fd = -1
	};
	s->r.loop = loop_new(s->r.p->boot_ns);
	s->r.deadline_ns = loop_now(s->r.loop) + 60 * NS_PER_S;
	for (i = 0; i < END_COUNT; i++) {
		s->sc.engine[i] = engine_ops_find("builtin");
		s->sc.program[i] = wgdiag ? wgdiag : "build/wgdiag";
	}
	s->sc.seed = s->conf.seed;
	s->sc.start_timeout_ms = 10000;
	*state = s;
	start(s);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	run_taps_close(&s->r);
	self_tunnel_free(s->r.t, NULL);
	loop_free(s->r.loop);
	arena_done(&s->a);
	free(s);
	return 0;
}

static bool have(const struct scene *s, enum need n)
{
	return s->f.have & NEED_BIT(n);
}

static void handshake(struct scene *s)
{
	run_gather_before(&s->r);
	run_handshake(&s->r);
	assert_true(s->f.handshake.complete);
}

/* In the namespace of one end. */
static void nft(struct scene *s, enum end end, const char *rules)
{
	char *argv[] = { "nft", (char *)rules, NULL };
	struct sys_spawn sp = {
		.argv = argv, .netns = s->r.t->end[end].netns, .out_fd = -1, .keep_fd = -1
	};
	int status, rc;
	pid_t pid;

	rc = s->r.p->spawn(&sp, &pid, &s->e);
	if (rc == -ENOENT)
		skip();
	must(s, rc);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static const char *hook(struct scene *s, const char *where, const char *rule)
{
	return arena_printf(&s->a,
			    "add table inet t; add chain inet t c { type filter hook %s priority "
			    "0; }; add rule inet t c %s",
			    where, rule);
}

/* --- sizes and echo ---------------------------------------------------------------- */

static bool is_mtu_step(const struct scene *s, const struct size_facts *z)
{
	return z->size == s->f.tun[z->from].start.mtu + 1;
}

static void ladder_on_a_healthy_tunnel(void **state)
{
	struct scene *s = *state;
	int64_t from = loop_now(s->r.loop);
	size_t i, edges = 0, full = 0;

	handshake(s);
	from = loop_now(s->r.loop);
	run_sizes(&s->r);
	assert_true(have(s, NEED_SIZES) && have(s, NEED_ECHO_BACK));
	assert_true(loop_now(s->r.loop) - from < QUICK_MS * NS_PER_MS);
	for (i = 0; i < s->f.n_sizes; i++) {
		const struct size_facts *z = &s->f.sizes[i];

		if (is_mtu_step(s, z)) {
			assert_int_equal(z->sent, 0);
			assert_string_equal(z->error, "Message too long");
			edges++;
			continue;
		}
		full += z->size == s->f.tun[z->from].start.mtu;
		assert_true(z->sent > 0);
		assert_int_equal(z->received, z->sent);
		assert_null(z->error);
	}
	/* From each end, in each family. */
	assert_int_equal(edges, s->r.t->end[END_NEAR].inner6.family ? 4 : 2);
	assert_int_equal(full, edges);
	assert_int_equal(s->f.echo_back[0].sent, s->f.echo_back[0].received);
	assert_true(s->f.echo_back[0].sent > 0);
	assert_true(ip_addr_equal(&s->f.echo_back[0].target, &s->r.t->end[END_NEAR].inner4));
}

/* Large outer packets go nowhere, in one direction: the ladder ends below the rule's size. */
static void ladder_with_a_size_that_is_lost(void **state)
{
	struct scene *s = *state;
	int64_t limit = 700 + (int64_t)(s->lot % 500), lost = 0, passed = 0;
	size_t i;

	nft(s, END_NEAR,
	    hook(s, "output",
		 arena_printf(&s->a, "oifname %s meta length > %lld counter drop",
			      s->r.t->end[END_NEAR].veth, (long long)limit)));
	handshake(s);
	run_sizes(&s->r);
	run_gather_after(&s->r);
	assert_true(have(s, NEED_SIZES));
	for (i = 0; i < s->f.n_sizes; i++) {
		const struct size_facts *z = &s->f.sizes[i];
		/* Requests or their replies of that size leave the near end. */
		bool fits = (z->size + 15) / 16 * 16 + MTU_OVERHEAD <= limit;

		if (is_mtu_step(s, z))
			continue;
		assert_int_equal(z->received, fits ? z->sent : 0);
		lost += z->sent - z->received;
		passed += z->received;
	}
	assert_true(lost > 0 && passed > 0);
	/*
	 * And the rule has counted them. It refuses the engine, so that the second of a batch is
	 * tried twice.
	 */
	assert_true(have(s, NEED_FIREWALL));
	assert_int_equal(s->f.firewall.n_rules, 1);
	assert_string_equal(s->f.firewall.rules[0].hook, "output");
	assert_int_equal(s->f.firewall.rules[0].before, 0);
	assert_in_range(s->f.firewall.rules[0].after, lost, 2 * lost);
}

static void echo_back_that_is_dropped(void **state)
{
	struct scene *s = *state;

	nft(s, END_NEAR,
	    hook(s, "input",
		 arena_printf(&s->a, "iifname %s icmp type echo-request drop",
			      s->r.t->end[END_NEAR].tun)));
	handshake(s);
	run_sizes(&s->r);
	assert_true(have(s, NEED_ECHO_BACK));
	assert_true(s->f.echo_back[0].sent > 0);
	assert_int_equal(s->f.echo_back[0].received, 0);
	if (s->r.t->end[END_NEAR].inner6.family)
		assert_int_equal(s->f.echo_back[1].received, s->f.echo_back[1].sent);
}

/* --- loss -------------------------------------------------------------------------- */

static void loss_on_a_healthy_tunnel(void **state)
{
	struct scene *s = *state;

	handshake(s);
	run_loss(&s->r);
	assert_true(have(s, NEED_LOSS_UP) && have(s, NEED_LOSS_DOWN));
	assert_int_equal(s->f.loss_up.probes, 200);
	assert_true(s->f.loss_up.sent >= 200 && s->f.loss_down.sent >= 200);
	assert_int_equal(s->f.loss_up.lost, 0);
	assert_int_equal(s->f.loss_down.lost, 0);
	assert_int_equal(s->f.loss_up.duplicates, 0);
	assert_int_equal(s->f.loss_up.capture_dropped, 0);
}

/* Each n-th message of one end does not get out; the other direction is clean. */
static void one_in(struct scene *s, enum end end, unsigned n)
{
	nft(s, end,
	    hook(s, "output",
		 arena_printf(&s->a, "oifname %s meta l4proto udp numgen inc mod %u 0 drop",
			      s->r.t->end[end].veth, n)));
}

static void loss_of_each_direction(void **state)
{
	struct scene *s = *state;
	enum end end = s->lot % 2 ? END_NEAR : END_FAR;
	unsigned n = 8 + (unsigned)(s->lot % 7);
	const struct loss_facts *bad, *good;

	handshake(s);
	one_in(s, end, n);
	run_loss(&s->r);
	bad = end == END_NEAR ? &s->f.loss_up : &s->f.loss_down;
	good = end == END_NEAR ? &s->f.loss_down : &s->f.loss_up;
	/* One at either edge is not seen: what has no neighbour is no gap. */
	/* A machine so busy that the captures were not read to their end says so. */
	if (bad->capture_dropped == UNKNOWN || good->capture_dropped == UNKNOWN)
		skip();
	assert_int_equal(good->lost, 0);
	/*
	 * Not bad->sent / n: what the engine sends at once is one packet to the rule. But a probe
	 * without an answer is a message that was lost, there or back.
	 */
	assert_true(bad->lost > 0);
	assert_in_range(bad->lost + 2, bad->probes - bad->answered,
			bad->probes - bad->answered + 4);
	assert_int_equal(bad->probes, 200);
}

static void loss_near_a_limit_takes_more_probes(void **state)
{
	struct scene *s = *state;

	handshake(s);
	one_in(s, END_NEAR, 100);
	run_loss(&s->r);
	/* Packets of several messages come to the rule less often. */
	if (s->f.loss_up.capture_dropped == UNKNOWN || s->f.loss_up.lost == 0)
		skip();
	assert_true(s->f.loss_up.probes > 200 && s->f.loss_up.probes <= 2000);
	assert_true(s->f.loss_up.sent >= s->f.loss_up.probes - 2);
	assert_in_range(s->f.loss_up.lost, 1, s->f.loss_up.sent / 100 + 1);
}

static void loss_without_the_far_tap(void **state)
{
	struct scene *s = *state;

	handshake(s);
	live_tap_close(s->r.taps[TAP_FAR_WIRE]);
	s->r.taps[TAP_FAR_WIRE] = NULL;
	facts_gap(&s->f, NEED_TAP_FAR_WIRE, "not to be seen", NULL);
	run_loss(&s->r);
	assert_false(have(s, NEED_LOSS_UP));
	assert_string_equal(s->f.gaps[NEED_LOSS_UP].why, "not to be seen");
	assert_true(have(s, NEED_LOSS_DOWN));
	assert_true(s->f.loss_down.sent >= 190);
	assert_int_equal(s->f.loss_down.lost, 0);
}

static void stop_it(void *pid)
{
	kill(*(pid_t *)pid, SIGSTOP);
}

static void go_on(void *pid)
{
	kill(*(pid_t *)pid, SIGCONT);
}

/* An engine has no processor from some time before the last probe until its answer is late. */
static void loss_while_an_engine_stalls(void **state)
{
	struct scene *s = *state;
	struct loop *l = s->r.loop;
	pid_t pid = engine_pid(s->r.t->end[s->lot % 2 ? END_NEAR : END_FAR].engine);
	int64_t now;

	handshake(s);
	assert_true(pid > 0);
	now = loop_now(l);
	loop_add_timer(l, now + (200 + (int64_t)(s->lot % 150)) * NS_PER_MS, stop_it, &pid);
	loop_add_timer(l, now + 900 * NS_PER_MS, go_on, &pid);
	run_loss(&s->r);
	go_on(&pid);
	assert_int_equal(s->f.loss_up.probes, 200);
	assert_int_equal(s->f.loss_up.answered, 200);
	assert_int_equal(s->f.loss_up.lost, 0);
	assert_int_equal(s->f.loss_down.lost, 0);
}

/* --- what is no fault of the tunnel -------------------------------------------------- */

static void without_a_session_nothing_is_sent(void **state)
{
	struct scene *s = *state;

	facts_have(&s->f, NEED_HANDSHAKE);
	s->f.handshake.complete = false;
	run_sizes(&s->r);
	run_loss(&s->r);
	assert_false(have(s, NEED_SIZES) || have(s, NEED_ECHO_BACK) || have(s, NEED_LOSS_UP) ||
		     have(s, NEED_LOSS_DOWN));
	assert_string_equal(s->f.gaps[NEED_SIZES].why, "the handshake did not complete");
	assert_string_equal(s->f.gaps[NEED_LOSS_DOWN].why, "the handshake did not complete");
}

static void without_descriptors_it_is_a_gap(void **state)
{
	struct scene *s = *state;
	struct rlimit was, none;
	int fd = dup(0);

	handshake(s);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_framing(&s->r);
	run_sizes(&s->r);
	run_loss(&s->r);
	run_gather_after(&s->r);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_false(have(s, NEED_SIZES) || have(s, NEED_LOSS_UP) || have(s, NEED_FRAMING) ||
		     have(s, NEED_FIREWALL));
	assert_non_null(strstr(s->f.gaps[NEED_SIZES].why, "Too many open files"));
	assert_non_null(strstr(s->f.gaps[NEED_LOSS_UP].why, "Too many open files"));
	assert_non_null(strstr(s->f.gaps[NEED_FRAMING].why, "Too many open files"));
	assert_non_null(strstr(s->f.gaps[NEED_FIREWALL].why, "Too many open files"));
}

/* --- a tunnel in use ---------------------------------------------------------------- */

/* What came while the captures were open, and the engine was not asked yet, is in no difference. */
static void what_came_before_the_engine_was_asked(void **state)
{
	struct scene *s = *state;
	const struct tap_facts *wire = &s->f.taps[TAP_NEAR_WIRE];
	int64_t arrived, before;

	handshake(s);
	run_loss(&s->r);
	run_last_look(&s->r);
	before = wire->msgs[TAP_IN][WG_MSG_DATA];
	assert_true(before >= RUN_PROBES);
	run_gather_before(&s->r);
	run_loss(&s->r);
	run_last_look(&s->r);
	assert_int_equal(loss_before_engine(&s->f, END_NEAR, &arrived), 0);
	assert_true(arrived >= RUN_PROBES);
	assert_int_equal(arrived, wire->msgs[TAP_IN][WG_MSG_DATA] - before);
	/* And what does not reach it from then on is missing. */
	nft(s, END_NEAR, hook(s, "input", "meta l4proto udp iifname wgw* drop"));
	run_loss(&s->r);
	run_last_look(&s->r);
	assert_in_range(loss_before_engine(&s->f, END_NEAR, &arrived), RUN_PROBES, INT32_MAX);
}

/* --- framing ----------------------------------------------------------------------- */

static void framing_as_the_device_is(void **state)
{
	static const uint8_t header[] = { 0, 0, 8, 0, 0x45 };
	struct scene *s = *state;
	struct sys_link *l;
	size_t n, i;

	run_gather_before(&s->r);
	run_framing(&s->r);
	assert_true(have(s, NEED_FRAMING));
	assert_int_equal(s->f.framing.header_wanted, 0);
	assert_int_equal(s->f.framing.header_len, 0);
	assert_int_equal(s->f.framing.first[0], 0x45);
	assert_int_equal(s->f.framing.reply_received, 1);
	s->f.tun[END_NEAR].tun_pi = 1;
	run_framing(&s->r);
	assert_int_equal(s->f.framing.header_wanted, 4);
	assert_int_equal(s->f.framing.header_len, 4);
	assert_memory_equal(s->f.framing.first, header, sizeof(header));
	assert_int_equal(s->f.framing.reply_received, 1);
	/* And nothing is left of it. */
	must(s, s->r.p->netns_enter(s->r.t->end[END_NEAR].netns, &s->e));
	must(s, s->r.p->links(&s->a, &l, &n, &s->e));
	must(s, s->r.p->netns_enter(s->r.t->host_netns, &s->e));
	for (i = 0; i < n; i++)
		assert_string_not_equal(l[i].name, s->f.framing.dev);
}

static void framing_reply_that_is_taken_away(void **state)
{
	struct scene *s = *state;

	nft(s, END_NEAR, hook(s, "input", "meta l4proto udp iifname wgd* drop"));
	run_gather_before(&s->r);
	run_framing(&s->r);
	assert_true(have(s, NEED_FRAMING));
	assert_int_equal(s->f.framing.header_len, 0);
	assert_int_equal(s->f.framing.reply_received, 0);
}

/* --- what is only asked for ---------------------------------------------------------- */

static void still(void **state)
{
	struct scene *s = *state;
	const struct config_facts *near = &s->f.config[END_NEAR], *far = &s->f.config[END_FAR];
	size_t i;

	run_gather_before(&s->r);
	run_gather_after(&s->r);
	assert_true(have(s, NEED_CONFIG) && have(s, NEED_CONFIG_FAR) && have(s, NEED_PATHS));
	assert_true(have(s, NEED_GATEWAY) && have(s, NEED_FIREWALL));
	assert_int_equal(near->has_private_key, 1);
	assert_int_equal(near->n_peers, 1);
	assert_true(public_key_equal(&near->own, &far->peers[0].key));
	assert_true(public_key_equal(&far->own, &near->peers[0].key));
	assert_int_equal(near->peers[0].has_psk, far->peers[0].has_psk);
	assert_int_equal(near->listen_port, s->r.t->end[END_NEAR].port);
	assert_int_equal(near->peers[0].endpoint.port, far->listen_port);
	assert_int_equal(near->peers[0].n_allowed, s->r.t->end[END_FAR].inner6.family ? 2 : 1);
	assert_int_equal(s->f.n_paths, near->peers[0].n_allowed + 1);
	for (i = 0; i < s->f.n_paths; i++)
		assert_string_equal(s->f.paths[i].dev, s->f.paths[i].of == PATH_INNER ?
							       s->r.t->end[END_NEAR].tun :
							       s->r.t->end[END_NEAR].veth);
	assert_int_equal(s->f.gateway.addr.family, FAMILY_NONE);
	assert_int_equal(s->f.firewall.n_all_rules, 0);
	assert_int_equal(s->f.tun[END_NEAR].tun_pi, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ladder_on_a_healthy_tunnel),
		TEST(ladder_with_a_size_that_is_lost),
		TEST(echo_back_that_is_dropped),
		TEST(loss_on_a_healthy_tunnel),
		TEST(loss_of_each_direction),
		TEST(loss_near_a_limit_takes_more_probes),
		TEST(loss_while_an_engine_stalls),
		TEST(loss_without_the_far_tap),
		TEST(without_a_session_nothing_is_sent),
		TEST(without_descriptors_it_is_a_gap),
		TEST(framing_as_the_device_is),
		TEST(framing_reply_that_is_taken_away),
		TEST(still),
		TEST(what_came_before_the_engine_was_asked),
	};

	seed = own_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
