/*
 * Rows that judge sizes, loss and time from one end: what the other one never answered, the largest
 * size that crosses, a first message that was lost, an idle tunnel, a peer that a NAT forgot.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static struct inner_target_facts target;

/* Healthy, with the far end elsewhere, and an address that nobody named. */
static void attached(struct facts *f)
{
	static const enum need far[] = { NEED_ENGINE_FAR,   NEED_LINKS_FAR, NEED_TAP_FAR_TUN,
					 NEED_TAP_FAR_WIRE, NEED_STREAMS,   NEED_CONFIG_FAR,
					 NEED_ECHO_BACK };
	size_t i, n = 0;

	f->target.kind = TARGET_INTERFACE;
	for (i = 0; i < ARRAY_LEN(far); i++)
		facts_gap(f, far[i], "the far end is not on this machine", NULL);
	f->n_streams = 0;
	facts_gap(f, NEED_INTENDED, "no file given", NULL);
	f->loss_up.lost = UNKNOWN;
	f->loss_up.probes = f->loss_up.answered = 200;
	target = (struct inner_target_facts){ .addr = f->ping_peer.target,
					      .how = TARGET_SINGLE,
					      .answered = ANSWERED_ECHO,
					      .from = f->ping_peer.target };
	f->inner_targets = &target;
	f->n_inner_targets = 1;
	for (i = 0; i < f->n_sizes; i++)
		if (f->sizes[i].from == END_NEAR && f->sizes[i].family == FAMILY_IP4)
			f->sizes[n++] = f->sizes[i];
	f->n_sizes = n;
}

/* --- loss.up ------------------------------------------------------------------------ */

static struct pace_facts paces[2];

/* Of 200 each so many were missing, in so many bursts, and all of them up. */
static void missing(struct facts *f, int64_t fast, int64_t slow, int64_t bursts)
{
	size_t i;

	attached(f);
	for (i = 0; i < ARRAY_LEN(paces); i++) {
		int64_t n = i ? slow : fast;

		paces[i] = (struct pace_facts){
			.interval_ns = (i ? 10 : 2) * NS_PER_MS,
			.probes = 200,
			.answered = 200 - n,
			.head = 3,
			.bursts = MIN(n, bursts),
			.left = 210,
			.sent_back = 210 - n,
		};
	}
	f->loss_up.answered = 200 - fast;
	f->paces = paces;
	f->n_paces = 2;
}

static void border(struct facts *f)
{
	missing(f, 5, 5, 5);
}

static void below_fast(struct facts *f)
{
	missing(f, 4, 5, 5);
}

static void below_slow(struct facts *f)
{
	missing(f, 5, 4, 5);
}

static void a_third(struct facts *f)
{
	missing(f, 60, 66, 45);
}

/* So many a second: at a fifth of the rate none is missing. */
static void limited(struct facts *f)
{
	missing(f, 60, 0, 60);
}

/* A limit lower than either rate: what is missing grows with it. */
static void limited_low(struct facts *f)
{
	missing(f, 130, 60, 60);
}

static void nearly_all(struct facts *f)
{
	missing(f, 150, 150, 30);
}

static void in_one_piece(struct facts *f)
{
	missing(f, 60, 60, 2);
}

/* 101 in stock, and 54 a second: as many missing at either rate, and not from the first on. */
static void stock(struct facts *f)
{
	missing(f, 98, 81, 79);
	paces[0].head = 110;
	paces[0].bursts = 13;
}

static void short_head(struct facts *f)
{
	a_third(f);
	paces[0].head = 12; /* 0.7 ^ 12 = 1.4 % */
}

static void long_head(struct facts *f)
{
	a_third(f);
	paces[0].head = 13; /* 0.97 % */
}

/* What arrived and was not given to the ping was lost here. */
static void lost_inside(struct facts *f)
{
	a_third(f);
	paces[0].sent_back = paces[1].sent_back = 210;
}

static void never_left(struct facts *f)
{
	a_third(f);
	paces[0].left = paces[0].sent_back;
	paces[1].left = paces[1].sent_back;
}

static void lost_on_the_way_back(struct facts *f)
{
	a_third(f);
	paces[0].lost_back = 60;
	paces[0].sent_back = 210;
}

static void wire_unseen(struct facts *f)
{
	a_third(f);
	paces[1].left = UNKNOWN;
}

static void one_rate(struct facts *f)
{
	a_third(f);
	f->n_paces = 1;
}

/* What the far end recorded: both wires were seen. */
static void recorded(struct facts *f, int64_t lost)
{
	f->loss_up.sent = 420;
	f->loss_up.lost = lost;
	f->loss_up.capture_dropped = 0;
}

static void lost_by_both_wires(struct facts *f)
{
	a_third(f);
	recorded(f, 126);
}

static void lost_behind_the_far_wire(struct facts *f)
{
	a_third(f);
	recorded(f, 0);
}

static void limited_at_the_far_host(struct facts *f)
{
	limited(f);
	recorded(f, 0);
}

static struct fate_facts fates[410];

/* In one piece, with a ledger: of those that were silent this many came out of the tun. */
static void silent_and_came(struct facts *f, int64_t came)
{
	int64_t i, s;

	in_one_piece(f);
	f->fates.list = fates;
	f->fates.n = ARRAY_LEN(fates);
	for (i = 0; i < (int64_t)ARRAY_LEN(fates); i++) {
		fates[i] = (struct fate_facts){ .probe = i,
						.result = i < 120 ? FATE_UNKNOWN : FATE_ANSWERED };
		for (s = 0; s < STAGE_COUNT; s++)
			fates[i].seen_ns[s] = UNKNOWN;
		fates[i].seen_ns[STAGE_TUN_OUT] = i;
		if (i < came || i >= 120)
			fates[i].seen_ns[STAGE_TUN_IN] = i + 1;
	}
}

static void too_late(struct facts *f)
{
	silent_and_came(f, 120);
}

static void one_never_came(struct facts *f)
{
	silent_and_came(f, 119);
}

/* This host's own filter takes some of them, which is neither late nor whole. */
static void died_here(struct facts *f, int64_t n, enum stage after, enum stage before)
{
	static struct lost_facts lost;
	int64_t i;

	silent_and_came(f, 120);
	for (i = 0; i < n; i++) {
		fates[i].result = FATE_LOST;
		fates[i].after = after;
		fates[i].before = before;
	}
	lost = (struct lost_facts){ after, before, NULL, n };
	f->fates.lost = &lost;
	f->fates.n_lost = 1;
}

static void dropped_here(struct facts *f)
{
	died_here(f, 40, STAGE_TUN_IN, STAGE_NONE);
}

/* Behind our link, before they come to the engine, or out of it. */
static void dropped_before_the_tun(struct facts *f)
{
	died_here(f, 40, STAGE_WIRE_IN, STAGE_TUN_IN);
}

static void more_of_all_rounds(struct facts *f)
{
	died_here(f, 90, STAGE_WIRE_IN, STAGE_TUN_IN);
}

/* Here and there at both rates, which is loss where nobody sees them come. */
static void here_and_there_too_late(struct facts *f)
{
	a_third(f);
	silent_and_came(f, 120);
	a_third(f);
}

static void not_all_followed(struct facts *f)
{
	too_late(f);
	f->fates.n = 199;
}

static void late_and_no_ping(struct facts *f)
{
	too_late(f);
	f->ping_peer.received = 0;
}

/* The ledger: this host's own filter took so many of all 410 probes. */
static void kept(struct facts *f, int64_t n, enum stage before)
{
	static struct lost_facts lost;

	never_left(f);
	lost = (struct lost_facts){ STAGE_TUN_OUT, before, NULL, n };
	f->fates.sent = 410;
	f->fates.lost = &lost;
	f->fates.n_lost = 1;
}

static void kept_some(struct facts *f)
{
	kept(f, 9, STAGE_WIRE_OUT);
}

static void kept_few(struct facts *f)
{
	kept(f, 8, STAGE_WIRE_OUT); /* lower end 0.99 % */
}

static void kept_when_fast(struct facts *f)
{
	kept_some(f);
	paces[1].answered = paces[1].probes - 1;
}

static void not_kept(struct facts *f)
{
	kept(f, 90, STAGE_FAR_WIRE_IN);
}

/* Others' data were too many to be counted. */
static void uncounted(struct facts *f)
{
	in_one_piece(f);
	f->loss_up.answered = f->loss_up.probes;
	f->loss_up.sent = f->loss_up.lost = UNKNOWN;
	f->loss_down.sent = f->loss_down.lost = UNKNOWN;
}

static void uncounted_and_one_silent(struct facts *f)
{
	uncounted(f);
	f->loss_up.answered--;
}

/* What both ends recorded of what the far one sent: so many missing, of these so many kept there. */
static void sent_down(struct facts *f, int64_t lost, int64_t at_home)
{
	in_one_piece(f);
	f->loss_down.sent = 1000;
	f->loss_down.lost = lost;
	f->loss_down.kept = at_home;
	f->loss_down.capture_dropped = 0;
}

static void all_kept(struct facts *f)
{
	sent_down(f, 41, 41);
}

static void most_kept(struct facts *f)
{
	sent_down(f, 41, 24); /* 17 of 976: lower end 1.09 % */
}

static void nearly_all_kept(struct facts *f)
{
	sent_down(f, 41, 26); /* 15 of 974: 0.94 % */
}

static const struct check_case loss[] = {
	{ "all answered", attached, STATE_PASS, "all 200 probes were answered", NULL },
	{ "border: five of 200 at each rate", border, STATE_FAIL, "10/400 = 2.5 % never answered",
	  NULL },
	{ "border: four at the fast one", below_fast, STATE_UNSURE, "4 of 200", NULL },
	{ "border: four at the slow one", below_slow, STATE_UNSURE, "5 of 200", NULL },
	{ "a third", a_third, STATE_FAIL, "126/400", NULL },
	{ "a limit of answers per second", limited, STATE_UNSURE, "60 of 200", NULL },
	{ "a low limit", limited_low, STATE_UNSURE, "130 of 200", NULL },
	{ "so many in stock", stock, STATE_UNSURE, "98 of 200", NULL },
	{ "border: a head that chance makes", short_head, STATE_FAIL, "126/400", NULL },
	{ "border: one that it does not", long_head, STATE_UNSURE, "60 of 200", NULL },
	{ "nearly all", nearly_all, STATE_UNSURE, "150 of 200", NULL },
	{ "in one piece", in_one_piece, STATE_UNSURE, "60 of 200", NULL },
	{ "lost inside", lost_inside, STATE_UNSURE, "60 of 200", NULL },
	{ "never left", never_left, STATE_UNSURE, "60 of 200", NULL },
	{ "kept here", kept_some, STATE_FAIL, "9/410 = 2.2 % of the probes never left wgw7f3a0",
	  NULL },
	{ "kept here, at the fast pace", kept_when_fast, STATE_WARN, "of those that were sent fast",
	  NULL },
	{ "border: kept here", kept_few, STATE_UNSURE, "60 of 200", NULL },
	{ "not kept here", not_kept, STATE_UNSURE, "60 of 200", NULL },
	{ "not counted, and all answered", uncounted, STATE_PASS, "all 200 probes were answered",
	  NULL },
	{ "not counted, one silent", uncounted_and_one_silent, STATE_UNSURE, "not seen", NULL },
	{ "on the way back", lost_on_the_way_back, STATE_UNSURE, "60 of 200", NULL },
	{ "wire not seen", wire_unseen, STATE_UNSURE, "60 of 200", NULL },
	{ "both wires were seen", lost_by_both_wires, STATE_FAIL, "126/420 = 30.0 % on the wire",
	  NULL },
	{ "behind the far wire", lost_behind_the_far_wire, STATE_FAIL, "came to the far end's wire",
	  NULL },
	{ "a limit, and all came to the far wire", limited_at_the_far_host, STATE_PASS,
	  "0/420 on the wire", NULL },
	{ "one rate only", one_rate, STATE_UNSURE, "60 of 200", NULL },
	{ "each too late", too_late, STATE_PASS,
	  "60 of 200 probes not answered in time, and all their answers came out of", NULL },
	{ "one never came", one_never_came, STATE_UNSURE, "60 of 200", NULL },
	{ "each too late, here and there", here_and_there_too_late, STATE_PASS,
	  "none is lost on the way", NULL },
	{ "some reached no socket", dropped_here, STATE_UNSURE, "; 40 answers came out of", NULL },
	{ "some died behind our link", dropped_before_the_tun, STATE_UNSURE,
	  "60 of 200 probes not answered; 40 answers came by", NULL },
	{ "more of all rounds", more_of_all_rounds, STATE_UNSURE,
	  "; of all rounds 90 answers came by", NULL },
	{ "not all were followed", not_all_followed, STATE_UNSURE, "60 of 200", NULL },
	{ "each too late, and no ping was answered", late_and_no_ping, STATE_SKIP, NULL, NULL },
};

static const struct check_case down[] = {
	{ "not counted, and all answered", uncounted, STATE_PASS, "all 200 probes were answered",
	  NULL },
	{ "not counted, one silent", uncounted_and_one_silent, STATE_UNSURE, "not seen", NULL },
	{ "kept by the far host", all_kept, STATE_FAIL, "none of them left the far host", NULL },
	{ "kept in part", most_kept, STATE_FAIL, "24 of them never left the far host", NULL },
};

static void loss_down(void **state)
{
	(void)state;
	check_cases_run("loss.down", down, ARRAY_LEN(down));
}

/* Whose it is, and whether the way between the two is blamed. */
static void whose_is_kept(void **state)
{
	static const struct {
		void (*edit)(struct facts *f);
		const char *id;
		enum whose whose;
		bool way;
	} rows[] = {
		{ all_kept, "loss.down", WHOSE_FAR, false },
		{ nearly_all_kept, "loss.down", WHOSE_FAR, false },
		{ most_kept, "loss.down", WHOSE_UNTOLD, true },
		{ kept_some, "loss.up", WHOSE_LOCAL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f;
		struct findings out;
		struct arena a;
		const struct finding *row;

		arena_init(&a);
		made_healthy(&f);
		rows[i].edit(&f);
		findings_init(&out, &a);
		checks_run(&f, NULL, &out);
		row = made_row(&out, rows[i].id);
		assert_non_null(row);
		assert_int_equal(row->state, STATE_FAIL);
		assert_int_equal(row->whose, rows[i].whose);
		assert_int_equal((row->signs & (SIGN_BIT(SIGN_LOST_ON_THE_WAY_DOWN) |
						SIGN_BIT(SIGN_LOST_ON_THE_WAY_UP))) != 0,
				 rows[i].way);
		assert_true((row->n_commands > 0) != rows[i].way);
		arena_done(&a);
	}
}

/* Neither the number nor its interval where the far end's word decides; both where it is told. */
static void unknown_is_not_a_number(void **state)
{
	void (*const edits[])(struct facts * f) = { limited, a_third };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(edits); i++) {
		struct facts f;
		struct findings out;
		struct arena a;
		const struct evidence *ev;
		size_t seen = 0;

		arena_init(&a);
		made_healthy(&f);
		edits[i](&f);
		findings_init(&out, &a);
		checks_run(&f, NULL, &out);
		ev = made_row(&out, "loss.up")->evidence;
		for (k = 0; k < ev->n_numbers; k++) {
			const struct evidence_number *n = &ev->numbers[k];

			if (strcmp(n->name, "lost") != 0 && strcmp(n->name, "ci95") != 0)
				continue;
			assert_int_equal(n->unknown, i == 0);
			seen++;
		}
		assert_int_equal(seen, 2);
		arena_done(&a);
	}
}

static void loss_up(void **state)
{
	(void)state;
	check_cases_run("loss.up", loss, ARRAY_LEN(loss));
}

/* --- ping.sizes ----------------------------------------------------------------------- */

static struct size_facts sizes[8];

/* Up to passed, and from lost on not; the MTU is 1420. */
static void edge(struct facts *f, int64_t passed, int64_t lost)
{
	const int64_t steps[] = { 96, 1024, passed, lost, 1400, 1420 };
	size_t i;

	attached(f);
	f->n_sizes = 0;
	for (i = 0; i < ARRAY_LEN(steps); i++)
		sizes[f->n_sizes++] = (struct size_facts){
			.from = END_NEAR,
			.family = FAMILY_IP4,
			.size = steps[i],
			.sent = 3,
			.received = steps[i] <= passed ? 3 : 0,
		};
	f->sizes = sizes;
}

static void outer_limit(struct facts *f)
{
	edge(f, 1312, 1313);
}

static void not_of_padding(struct facts *f)
{
	edge(f, 1314, 1315);
}

static void unpadded(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	not_of_padding(f);
	t->unpadded[TAP_OUT] = t->msgs[TAP_OUT][WG_MSG_DATA];
}

/* No engine pads beyond the MTU. */
static void few_unpadded(struct facts *f)
{
	not_of_padding(f);
	f->taps[TAP_NEAR_WIRE].unpadded[TAP_OUT] = 3;
}

static void not_exact(struct facts *f)
{
	edge(f, 1312, 1320);
}

static void least_way(struct facts *f)
{
	edge(f, 1200, 1201);
}

static void round_choice(struct facts *f)
{
	edge(f, 1184, 1185);
}

static void named(struct facts *f)
{
	not_of_padding(f);
	target.how = TARGET_GIVEN;
}

static void named_outer_limit(struct facts *f)
{
	outer_limit(f);
	target.how = TARGET_GIVEN;
}

static void named_not_exact(struct facts *f)
{
	not_exact(f);
	target.how = TARGET_GIVEN;
}

/* The first of them left; what came back said how large the next may be. */
static void told(struct facts *f)
{
	size_t i;

	outer_limit(f);
	target.how = TARGET_GIVEN;
	for (i = 3; i < f->n_sizes; i++) {
		sizes[i].error = "Message too long";
		sizes[i].sent = sizes[i].size == 1420;
	}
}

static void refused_at_once(struct facts *f)
{
	size_t i;

	told(f);
	for (i = 3; i < f->n_sizes; i++)
		sizes[i].sent = 0;
}

static const struct check_case by_size[] = {
	{ "all", attached, STATE_PASS, "1420 B", NULL },
	{ "where padding ends", outer_limit, STATE_FAIL, "up to 1312 B answered, from 1313 B",
	  NULL },
	{ "elsewhere", not_of_padding, STATE_WARN, "up to 1314 B", NULL },
	{ "elsewhere, and nothing is padded", unpadded, STATE_FAIL, "up to 1314 B", NULL },
	{ "elsewhere, and a few are not", few_unpadded, STATE_WARN, "up to 1314 B", NULL },
	{ "not to the byte", not_exact, STATE_WARN, "from 1320 B", NULL },
	{ "border: the least way", least_way, STATE_FAIL, "up to 1200 B", NULL },
	{ "border: less than any way", round_choice, STATE_WARN, "up to 1184 B", NULL },
	{ "the address was named, and no way has that limit", named, STATE_WARN, "up to 1314 B",
	  NULL },
	{ "the address was named", named_outer_limit, STATE_FAIL, "up to 1312 B", NULL },
	{ "the address was named, not to the byte", named_not_exact, STATE_FAIL, "from 1320 B",
	  NULL },
	{ "told that it is too large", told, STATE_PASS, "1312 B (of more somebody inside", NULL },
	{ "border: refused from the first on", refused_at_once, STATE_FAIL, "by its own stack",
	  NULL },
};

static void ping_sizes(void **state)
{
	(void)state;
	check_cases_run("ping.sizes", by_size, ARRAY_LEN(by_size));
}

static void link_too_narrow(struct facts *f)
{
	outer_limit(f);
	f->wire[END_NEAR].start.mtu = 1380;
}

static void link_and_a_narrower_way(struct facts *f)
{
	link_too_narrow(f);
	edge(f, 1248, 1249);
	f->wire[END_NEAR].start.mtu = 1380;
}

static const struct check_case mtu[] = {
	{ "the link's limit", link_too_narrow, STATE_FAIL, "above 1320 B are lost", NULL },
	{ "less crosses than the link carries", link_and_a_narrower_way, STATE_WARN,
	  "leave in fragments", NULL },
};

static void tun_mtu(void **state)
{
	(void)state;
	check_cases_run("tun.mtu", mtu, ARRAY_LEN(mtu));
}

/* The command has the number. */
static void the_mtu_is_said(void **state)
{
	const struct finding *row;
	struct findings all;
	struct facts f;
	struct arena a;

	(void)state;
	made_healthy(&f);
	outer_limit(&f);
	arena_init(&a);
	findings_init(&all, &a);
	checks_run(&f, NULL, &all);
	row = made_row(&all, "ping.sizes");
	assert_true((row->signs & SIGN_BIT(SIGN_LOST_BY_SIZE)) != 0);
	assert_int_equal(row->n_commands, 1);
	assert_non_null(strstr(row->commands[0], "mtu 1312"));
	arena_done(&a);
}

/* --- handshake.complete ---------------------------------------------------------------- */

static void made_now(struct facts *f)
{
	attached(f);
	f->handshake.age_ns = UNKNOWN;
	f->handshake.waited_ns = f->handshake.response_ns + NS_PER_MS;
}

static void second_try(struct facts *f)
{
	made_now(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->handshake.response_ns = 5100 * NS_PER_MS;
	f->handshake.waited_ns = 5200 * NS_PER_MS;
}

static void after_a_cookie(struct facts *f)
{
	second_try(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_COOKIE_REPLY] = 1;
}

static void before_us(struct facts *f)
{
	made_now(f);
	f->handshake.waited_ns = 4500 * NS_PER_MS;
}

static void slow_machine(struct facts *f)
{
	made_now(f);
	f->handshake.waited_ns = 2 * NS_PER_S;
}

static void idle(struct facts *f)
{
	made_now(f);
	f->config[END_NEAR].peers[0].keepalive_s = 0;
	f->handshake.age_ns = 181 * NS_PER_S;
}

static void not_that_old(struct facts *f)
{
	idle(f);
	f->handshake.age_ns = 180 * NS_PER_S;
}

static void kept_alive(struct facts *f)
{
	idle(f);
	f->config[END_NEAR].peers[0].keepalive_s = 25;
}

static void signs_of_time(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		enum state state;
		sign_set signs;
	} of[] = {
		{ made_now, STATE_PASS, 0 },
		{ second_try, STATE_WARN, SIGN_BIT(SIGN_FIRST_WAS_LOST) },
		{ after_a_cookie, STATE_WARN, 0 },
		{ before_us, STATE_WARN, SIGN_BIT(SIGN_FIRST_WAS_LOST) },
		{ slow_machine, STATE_PASS, 0 },
		{ idle, STATE_PASS, SIGN_BIT(SIGN_WAS_IDLE) },
		{ not_that_old, STATE_PASS, 0 },
		{ kept_alive, STATE_PASS, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(of); i++) {
		const struct finding *row;
		struct findings all;
		struct facts f;
		struct arena a;

		made_healthy(&f);
		of[i].change(&f);
		arena_init(&a);
		findings_init(&all, &a);
		checks_run(&f, NULL, &all);
		row = made_row(&all, "handshake.complete");
		print_message("# %zu: %s %s\n", i, state_str(row->state), row->summary);
		assert_int_equal(row->state, of[i].state);
		assert_true(row->signs == of[i].signs);
		arena_done(&a);
	}
}

/* --- underlay.back ---------------------------------------------------------------------- */

/* We are the one that others come to; this one came, and its port is closed. */
static void forgotten(struct facts *f)
{
	struct peer_config *p = &f->config[END_NEAR].peers[0];
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];
	unsigned i;

	attached(f);
	p->keepalive_s = 0;
	p->endpoint = (struct endpoint){ .addr = made_addr("192.0.2.20"), .port = 40123 };
	p->handshake_wall_ns = f->started_wall_ns - 30 * NS_PER_S;
	f->config[END_NEAR].listen_port = 51820;
	f->handshake.age_ns = 30 * NS_PER_S;
	f->ping_peer.received = 0;
	target.answered = ANSWERED_NONE;
	target.how = TARGET_GIVEN;
	f->loss_up.answered = 0;
	for (i = 0; i <= WG_MSG_DATA; i++)
		t->msgs[TAP_IN][i] = 0;
	t->msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	t->icmp_errors = 3;
	t->icmp_from = p->endpoint.addr;
	t->icmp_type = t->icmp_code = 3;
	f->crypto[END_NEAR].last_handshake_wall_ns = p->handshake_wall_ns;
}

/* Who says that it must be there changes nothing of where it came from. */
static void forgotten_required(struct facts *f)
{
	forgotten(f);
	f->target.ping = f->ping_peer.target;
}

static void by_a_router(struct facts *f)
{
	forgotten(f);
	f->taps[TAP_NEAR_WIRE].icmp_from = made_addr("198.51.100.1");
}

static void silent(struct facts *f)
{
	forgotten(f);
	f->taps[TAP_NEAR_WIRE].icmp_errors = 0;
}

static void long_gone(struct facts *f)
{
	forgotten(f);
	f->config[END_NEAR].peers[0].handshake_wall_ns = f->started_wall_ns - 181 * NS_PER_S;
	f->handshake.age_ns = 181 * NS_PER_S;
	f->handshake.complete = false;
}

/* The other one is the server: its port is one that somebody chose. */
static void we_come(struct facts *f)
{
	forgotten(f);
	f->config[END_NEAR].peers[0].endpoint.port = 51820;
	f->config[END_NEAR].listen_port = 40123;
}

static void both_chosen(struct facts *f)
{
	forgotten(f);
	f->config[END_NEAR].peers[0].endpoint.port = 51821;
}

static void held_open(struct facts *f)
{
	forgotten(f);
	f->config[END_NEAR].peers[0].keepalive_s = 25;
}

static const struct check_case back[] = {
	{ "forgotten", forgotten, STATE_FAIL, "came from 192.0.2.20:40123 30.0 s ago", NULL },
	{ "forgotten, and it must be there", forgotten_required, STATE_FAIL, "that port is closed",
	  NULL },
	{ "a router says it", by_a_router, STATE_UNSURE, "198.51.100.1 says", NULL },
	{ "nobody says anything", silent, STATE_UNSURE, "no handshake was asked for", NULL },
	{ "border: older than a session", long_gone, STATE_NA, "offline", NULL },
	{ "we come to it", we_come, STATE_UNSURE, "192.0.2.20 says", NULL },
	{ "both ports are chosen", both_chosen, STATE_UNSURE, NULL, NULL },
	{ "we hold the way open", held_open, STATE_FAIL, "192.0.2.20 says", NULL },
};

static void underlay_back(void **state)
{
	(void)state;
	check_cases_run("underlay.back", back, ARRAY_LEN(back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_is_not_a_number),
		cmocka_unit_test(loss_up),
		cmocka_unit_test(loss_down),
		cmocka_unit_test(whose_is_kept),
		cmocka_unit_test(ping_sizes),
		cmocka_unit_test(tun_mtu),
		cmocka_unit_test(the_mtu_is_said),
		cmocka_unit_test(signs_of_time),
		cmocka_unit_test(underlay_back),
	};

	return cmocka_run_group_tests_name("check/one_end", tests, NULL, NULL);
}
