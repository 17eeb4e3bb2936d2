/* The whole, from its rows: state, side, the row it speaks of, what next. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "check/choose.h"
#include "check/words.h"
#include "lib/made_facts.h"
#include "verdict/conclude.h"
#include "verdict/verdict.h"

static void dead_wire(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void no_engine(struct facts *f)
{
	made_wireguard_go(f);
	made_not_started(f, "wireguard-go exited with status 1");
}

static void second_try(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 2;
	f->handshake.response_ns = 5200 * NS_PER_MS;
}

static void no_streams(struct facts *f)
{
	facts_gap(f, NEED_STREAMS, "interrupted", NULL);
	f->interrupted = true;
}

/* `wgdiag loss` of a tunnel that carries nothing: there is no answer to what was asked. */
static void no_loss(struct facts *f)
{
	f->target.for_loss = true;
	facts_gap(f, NEED_LOSS_UP, "nobody inside the tunnel answers pings", NULL);
	facts_gap(f, NEED_LOSS_DOWN, "nobody inside the tunnel answers pings", NULL);
}

/* A row the verdict does not stand on, and nothing a person could change. */
static void no_far_capture(struct facts *f)
{
	facts_gap(f, NEED_TAP_FAR_WIRE, "capture on wgw1: it cannot be polled", NULL);
}

static void no_right_to_capture(struct facts *f)
{
	facts_gap(f, NEED_TAP_FAR_WIRE, "capture on wgw1: Operation not permitted", "run as root");
}

static void capture_with_gaps(struct facts *f)
{
	f->taps[TAP_FAR_WIRE].dropped = 3;
}

static void one_direction(struct facts *f)
{
	f->n_streams = 1;
}

static void failed_and_unsure(struct facts *f)
{
	one_direction(f);
	f->ping_peer.received = 0;
}

static void interrupted_late(struct facts *f)
{
	f->interrupted = true;
}

static void wordy(struct facts *f)
{
	static char text[400];

	memset(text, 'x', sizeof(text) - 1);
	/* A character of three bytes where the cut would be. */
	memcpy(text + 140, "→→→→→→→", 21);
	f->engine[END_NEAR].answer_error = text;
}

/* Of a tunnel that is not ours; all that fails follows from it. */
static void dies_on_the_way(struct facts *f)
{
	static struct rung_facts rungs[2];
	unsigned i;

	made_silent(f);
	f->target.kind = TARGET_INTERFACE;
	for (i = 0; i < ARRAY_LEN(rungs); i++) {
		rungs[i] = (struct rung_facts){ .hop_limit = i + 1 };
		rungs[i].echo = (struct rung_side){ .sent = 1, .answer = RUNG_HOP };
		rungs[i].echo.from = made_addr("192.0.2.1");
	}
	rungs[0].tunnel = rungs[0].echo;
	rungs[1].only_echo = 3;
	f->ladder = (struct ladder_facts){ .asked = true,
					   .rungs = rungs,
					   .n_rungs = 2,
					   .host_hops = UNKNOWN,
					   .control_hop = 2,
					   .control_sent = 3,
					   .control_seen = 3 };
}

struct verdict_case {
	const char *name;
	void (*change)(struct facts *f);
	enum state state;
	enum side side;
	const char *root; /* id, or NULL */
	const char *says;
	const char *next; /* the first command, or NULL */
};

static const struct verdict_case cases[] = {
	{ "healthy", NULL, STATE_PASS, SIDE_NONE, NULL, "both ways (engine builtin)", NULL },
	{ "healthy, wireguard-go", made_wireguard_go, STATE_PASS, SIDE_NONE, NULL, "wireguard-go",
	  NULL },
	{ "a warning", second_try, STATE_WARN, SIDE_LOCAL, "handshake.complete", "but handshake",
	  NULL },
	{ "silence", made_silent, STATE_FAIL, SIDE_LOCAL, "handshake.complete", "nothing came back",
	  "wgdiag check --engine builtin -v" },
	{ "the root, not what follows from it", dead_wire, STATE_FAIL, SIDE_LOCAL, "underlay.out",
	  "2 sent, 0 arrived", "wgdiag check --engine builtin -v" },
	{ "another engine would tell", no_engine, STATE_FAIL, SIDE_LOCAL, "engine.start",
	  "exited with status 1", "wgdiag check --engine builtin" },
	{ "a needed row is missing", no_streams, STATE_UNSURE, SIDE_UNKNOWN, "data.both-ways",
	  "interrupted; data both ways", NULL },
	{ "the loss was asked for", no_loss, STATE_UNSURE, SIDE_UNKNOWN, "loss.up",
	  "nobody inside the tunnel answers", NULL },
	{ "a row that is not needed", no_far_capture, STATE_PASS, SIDE_NONE, NULL, NULL, NULL },
	{ "a missing right", no_right_to_capture, STATE_UNSURE, SIDE_UNKNOWN, "underlay.out",
	  "Operation not permitted", NULL },
	{ "an unsure row that is not needed", capture_with_gaps, STATE_PASS, SIDE_NONE, NULL, NULL,
	  NULL },
	{ "one direction is not both", one_direction, STATE_UNSURE, SIDE_UNKNOWN, "data.both-ways",
	  "was not tried", NULL },
	{ "between two routers", dies_on_the_way, STATE_FAIL, SIDE_PATH, "underlay.path",
	  "no-answer", NULL },
	{ "a failure counts more", failed_and_unsure, STATE_FAIL, SIDE_LOCAL, "ping.peer", "0/10",
	  NULL },
	{ "interrupted after all", interrupted_late, STATE_PASS, SIDE_NONE, NULL, "interrupted;",
	  NULL },
	{ "a long story", wordy, STATE_FAIL, SIDE_LOCAL, "engine.answers", "…", NULL },
};

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void one_case(const struct verdict_case *c)
{
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	if (c->change)
		c->change(&f);
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	print_message("# %s: %s %s\n", c->name, state_str(v.state), v.summary);
	assert_string_equal(state_str(v.state), state_str(c->state));
	assert_int_equal(v.side, c->side);
	assert_string_equal(v.root ? v.root->check->id : "-", c->root ? c->root : "-");
	if (c->says)
		assert_non_null(strstr(v.summary, c->says));
	if (c->next)
		assert_string_equal(v.next[0], c->next);
	assert_true(characters(v.summary) <= verdict_room(&v, &a));
	/* One that one end cannot tell from others; one that the words of the engine tell. */
	assert_string_equal(v.cause ? v.cause : "-",
			    c->change == dies_on_the_way		? "no-answer" :
			    c->root && !strcmp(c->root, "engine.start") ? "engine-cannot-start" :
									  "-");
	/* Told by the rows that look at one direction only. */
	assert_int_equal(v.direction,
			 c->change == dies_on_the_way || (v.state == STATE_FAIL &&
							  !strcmp(c->root, "underlay.out")) ?
				 DIRECTION_UP :
				 DIRECTION_NONE);
	arena_done(&a);
}

static void judges(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		one_case(&cases[i]);
}

/* --- of a choice of rows -------------------------------------------------------------- */

struct choice_case {
	const char *only, *skip;
	void (*change)(struct facts *f);
	enum state state;
	const char *says, *says_not;
};

/* A tunnel so dead that no probe went in: no loss is no good news. */
static void nothing_lost_nor_sent(struct facts *f)
{
	f->loss_up.sent = f->loss_up.lost = f->loss_down.sent = f->loss_down.lost = 0;
	f->ping_peer.received = 0;
}

static void framing_unseen(struct facts *f)
{
	facts_gap(f, NEED_TAP_NEAR_TUN, "no", NULL);
	f->framing.header_len = UNKNOWN;
}

static void loss_unseen(struct facts *f)
{
	facts_gap(f, NEED_LOSS_UP, "no", NULL);
}

static void loss_asked(struct facts *f)
{
	loss_unseen(f);
	f->target.for_loss = true;
}

static void all_probes_answered(struct facts *f)
{
	f->target.for_loss = true;
	f->fates.sent = f->fates.answered = 100;
	f->fates.unknown = 0;
}

static void nearly_all_answered(struct facts *f)
{
	all_probes_answered(f);
	f->fates.answered = 99;
}

static void no_probe_answered(struct facts *f)
{
	all_probes_answered(f);
	f->fates.answered = 0;
}

static const struct choice_case choices[] = {
	{ "engine.start", NULL, NULL, STATE_PASS,
	  "the chosen row is good; whether data crosses the tunnel was not asked", NULL },
	{ "underlay", NULL, NULL, STATE_PASS, "whether data crosses the tunnel was not asked",
	  "data crosses the tunnel whole" },
	{ "data", NULL, NULL, STATE_PASS, "the others were not asked", "not asked whether" },
	{ NULL, "ping.self", NULL, STATE_PASS, "none is bad; the others were not asked", NULL },
	{ NULL, "data", NULL, STATE_PASS, "whether data crosses the tunnel was not asked", NULL },
	{ "underlay.gateway", NULL, NULL, STATE_PASS, "had anything to judge", "is good" },
	{ "handshake", NULL, second_try, STATE_WARN, "of the chosen rows, handshake complete",
	  "data crosses" },
	/* What is not asked for does not count. */
	{ "engine.start", NULL, made_silent, STATE_PASS, "was not asked", NULL },
	{ "ping.peer,handshake", NULL, made_silent, STATE_FAIL, "nothing came back", NULL },
	/* Alone, it is what the verdict stands on; beside those that it stands on, it is not. */
	{ "underlay.out", NULL, capture_with_gaps, STATE_UNSURE, "captures", NULL },
	{ "loss", NULL, nothing_lost_nor_sent, STATE_UNSURE, "no data message", NULL },
	{ "loss,handshake", NULL, loss_unseen, STATE_PASS, "chosen rows are good", NULL },
	{ "loss,handshake", NULL, loss_asked, STATE_UNSURE, "loss, me → peer: no", NULL },
	/* Probes that are answered are data, both ways. */
	{ "loss,handshake", NULL, all_probes_answered, STATE_PASS,
	  "data crosses the tunnel both ways: 100 of 100 probes answered (", "was not asked" },
	{ "loss,handshake", NULL, nearly_all_answered, STATE_PASS,
	  "99 of 100 probes answered, and what is lost is under the limits", "was not asked" },
	{ "loss,handshake", NULL, no_probe_answered, STATE_PASS, "was not asked", "both ways" },
	{ "tun.framing", NULL, framing_unseen, STATE_UNSURE, "tun framing", NULL },
	{ "underlay.out,ping.peer", NULL, capture_with_gaps, STATE_PASS,
	  "1 of 2 chosen rows are good", NULL },
	/* The others are there, but one that it stands on gave no answer. */
	{ "data,ping.peer", NULL, no_streams, STATE_UNSURE, "data both ways", NULL },
};

static void one_choice(const struct choice_case *c)
{
	struct check_choice choice;
	const char *bad = NULL;
	struct findings all;
	struct verdict v;
	struct arena a;
	struct facts f;

	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	if (c->change)
		c->change(&f);
	assert_true(choose(c->only, c->skip, &a, &choice, &bad));
	checks_run(&f, &choice, &all);
	verdict_of(&f, &all, &v);
	print_message("# --only %s: %s %s\n", c->only ? c->only : "-", state_str(v.state),
		      v.summary);
	assert_string_equal(state_str(v.state), state_str(c->state));
	assert_non_null(strstr(v.summary, c->says));
	if (c->says_not)
		assert_null(strstr(v.summary, c->says_not));
	assert_true(characters(v.summary) <= verdict_room(&v, &a));
	arena_done(&a);
}

static void of_a_choice(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(choices); i++)
		one_choice(&choices[i]);
}

/* Never inside a number or a word, never without its unit, and nothing dangling before the end. */
static void sentences_are_cut_between_words(void **state)
{
	static const struct {
		const char *s;
		size_t max;
		const char *want;
	} cuts[] = {
		{ "all of it", 9, "all of it" },
		{ "lost 29.6 % of 1250", 18, "lost 29.6 % of…" },
		{ "lost 29.6 % of 1250", 13, "lost 29.6 %…" },
		{ "lost 29.6 % of 1250", 10, "lost…" },
		{ "in 0.31 ms, then more", 13, "in 0.31 ms…" },
		{ "me → peer: no", 12, "me → peer…" },
		{ "(one two", 7, "(one…" },
		{ "oneverylongword", 8, "onevery…" },
	};
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(cuts); i++)
		assert_string_equal(conclude_at_most(&a, cuts[i].s, cuts[i].max), cuts[i].want);
	arena_done(&a);
}

/* The lab's fault is nowhere else: to look at it again is to make it again. */
static void next_after_a_lab_run(void **state)
{
	struct facts f;
	struct findings all;
	struct verdict v;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	dead_wire(&f);
	f.target.lab = "some-fault";
	f.target.lab_variant = "form";
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	assert_true(v.n_next > 0);
	for (i = 0; i < v.n_next; i++)
		assert_null(strstr(v.next[i], "wgdiag check"));
	assert_string_equal(v.next[0], "wgdiag lab some-fault --variant form --engine builtin -v");
	arena_done(&a);
}

/* An engine by its command line has no name for --engine, and a file's name may have blanks. */
static void next_after_a_command(void **state)
{
	struct facts f;
	struct findings all;
	struct verdict v;
	struct arena a;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	made_not_started(&f, "my-engine exited with status 7");
	f.target.kind = TARGET_CONFIG;
	f.target.engine = "my-engine";
	f.target.program = "/opt/my-engine";
	f.target.by_command = true;
	f.intended.file = "my home.conf";
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	assert_string_equal(v.next[v.n_next - 1],
			    "wgdiag check 'my home.conf' --engine-cmd '...' -v");
	assert_null(v.fix);
	arena_done(&a);
}

/* What to type next does the same once more, where it was done; and no word of it is two. */
static void next_has_the_options(void **state)
{
	static struct option_facts options[] = { { "--netns", "blue" },
						 { "--config", "my home.conf" },
						 { "--ping", "10.90.17.2" },
						 { "--full-routes", NULL } };
	struct facts f;
	struct findings all;
	struct verdict v;
	struct arena a;

	(void)state;
	arena_init(&a);
	findings_init(&all, &a);
	made_healthy(&f);
	made_silent(&f);
	f.target.kind = TARGET_INTERFACE;
	f.target.options = options;
	f.target.n_options = ARRAY_LEN(options);
	f.config[END_NEAR].has_private_key = 0;
	checks_run(&f, NULL, &all);
	verdict_of(&f, &all, &v);
	assert_string_equal(v.next[v.n_next - 1],
			    "wgdiag check wgd7f3a0 --netns blue --config 'my home.conf' --ping "
			    "10.90.17.2 --full-routes -v");
	assert_string_equal(v.fix_commands[0],
			    "ip netns exec blue wg set wgd7f3a0 private-key FILE");
	options[0].value = "4711";
	assert_string_equal(words_inside(&a, &f), "nsenter -t 4711 -n ");
	arena_done(&a);
}

static void enumerations_have_words(void **state)
{
	(void)state;
	assert_string_equal(state_str(STATE_ERROR), "ERROR");
	assert_null(side_str(SIDE_NONE));
	assert_null(direction_str(DIRECTION_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(of_a_choice),
		cmocka_unit_test(sentences_are_cut_between_words),
		cmocka_unit_test(next_after_a_lab_run),
		cmocka_unit_test(next_after_a_command),
		cmocka_unit_test(next_has_the_options),
		cmocka_unit_test(enumerations_have_words),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
