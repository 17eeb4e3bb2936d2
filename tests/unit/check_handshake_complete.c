/* handshake.complete: complete, slow, refused in each of its ways, not watched. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "check/attempts.h"
#include "lib/made_facts.h"

static void silent(struct facts *f)
{
	made_silent(f);
}

static void lost_on_the_way(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void response_refused(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_OUT][WG_MSG_RESPONSE] = 2;
	made_refused(f, END_NEAR, "in_response", "the response does not open", 2);
}

static void cookie(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_COOKIE_REPLY] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_OUT][WG_MSG_COOKIE_REPLY] = 2;
}

static void icmp(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	made_silent(f);
	t->icmp_errors = 2;
	ip_addr_parse("192.0.2.9", &t->icmp_from);
	t->icmp_type = 3;
	t->icmp_code = 3;
}

/* --- with what came of each attempt ------------------------------------------------------ */

static struct attempt_facts *attempts(struct facts *f, enum end by, enum attempt_outcome o)
{
	static struct attempt_facts list[2];
	size_t i;

	for (i = 0; i < ARRAY_LEN(list); i++) {
		list[i] = (struct attempt_facts){ .by = by, .outcome = o, .number = UNKNOWN };
		list[i].in_row = (int64_t)i + 1;
		list[i].for_us = by == END_FAR ? 1 : UNKNOWN;
		list[i].answer_ns = UNKNOWN;
		ip_addr_parse("198.51.100.2", &list[i].to.addr);
	}
	f->handshakes = (struct handshakes_facts){ .list = list, .n = ARRAY_LEN(list) };
	return list;
}

static void response_refused_told(struct facts *f)
{
	response_refused(f);
	attempts(f, END_NEAR, ATTEMPT_REFUSED)[1].refused = "in_response";
	f->handshakes.list[0].refused = "in_response";
}

/* It came when the next initiation had left: that is no refusal. */
static void response_late(struct facts *f)
{
	response_refused(f);
	attempts(f, END_NEAR, ATTEMPT_REFUSED)[1].refused = "in_unknown_index";
	f->handshakes.list[0].refused = "in_wrong_state";
}

static void answered_elsewhere(struct facts *f)
{
	struct attempt_facts *t;

	made_silent(f);
	t = attempts(f, END_NEAR, ATTEMPT_UNUSED);
	t[1].answer = t[1].to;
	ip_addr_parse("198.51.100.130", &t[1].answer.addr);
}

static void unsent(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	attempts(f, END_NEAR, ATTEMPT_UNSENT)[0].refused = "io_send_perm";
	f->handshakes.list[1].refused = "io_send_perm";
}

static void other_key(struct facts *f)
{
	made_silent(f);
	attempts(f, END_FAR, ATTEMPT_SILENT)[1].for_us = 0;
}

static void unknown_peer(struct facts *f)
{
	struct attempt_facts *t;

	made_silent(f);
	t = attempts(f, END_FAR, ATTEMPT_REFUSED);
	t[0].refused = t[1].refused = "in_unknown_peer";
	public_key_from_base64("oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=", &t[1].key);
	made_refused(f, END_NEAR, "in_unknown_peer",
		     "an initiation from a public key that is no "
		     "peer of ours",
		     2);
}

/* A tunnel that works: what came of the first changes no word. */
static void healthy_attempts(struct facts *f)
{
	attempts(f, END_NEAR, ATTEMPT_COMPLETE)[0].outcome = ATTEMPT_SILENT;
}

static void never_asked(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void capture_with_gaps(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_NEAR_WIRE].dropped = 3;
}

static void incomplete_unwatched(struct facts *f)
{
	made_silent(f);
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capturing on wgw0: Operation not permitted",
		  "run as root");
}

static void complete_unwatched(struct facts *f)
{
	facts_gap(f, NEED_TAP_NEAR_WIRE, "capturing on wgw0: Operation not permitted",
		  "run as root");
	f->handshake.response_ns = UNKNOWN;
}

static void second_try(struct facts *f)
{
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 2;
	f->handshake.response_ns = 5100 * NS_PER_MS;
}

/* 120 s later, in a long run. */
static void rekeyed(struct facts *f)
{
	second_try(f);
	f->handshake.response_ns = 1240 * NS_PER_US;
}

static void engine_gone(struct facts *f)
{
	made_not_started(f, "no tun after 2.0 s");
}

static void engine_died(struct facts *f)
{
	made_silent(f);
	f->engine[END_NEAR].exit_status = 11;
}

/* --- by another address of the name ------------------------------------------------------- */

static void by_another(struct facts *f, const char *first, const char *last, const char *heard)
{
	static struct tried_facts tried[2];

	tried[0] = (struct tried_facts){ .waited_ns = 6 * NS_PER_S };
	tried[1] = (struct tried_facts){ .complete = true };
	tried[0].to.port = tried[1].to.port = 51820;
	ip_addr_parse(first, &tried[0].to.addr);
	ip_addr_parse(last, &tried[1].to.addr);
	if (heard)
		ip_addr_parse(heard, &tried[0].heard);
	f->tried = tried;
	f->n_tried = 2;
}

static void by_another_of_it(struct facts *f)
{
	by_another(f, "192.0.2.9", "192.0.2.10", NULL);
}

static void by_another_family(struct facts *f)
{
	by_another(f, "2001:db8::9", "192.0.2.10", NULL);
}

/* Its family works: so it is this address that is wrong. */
static void by_another_family_that_works(struct facts *f)
{
	by_another(f, "2001:db8::9", "192.0.2.10", "2001:db8:1::1");
}

static void which_sign(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		bool sign;
	} c[] = { { by_another_of_it, false },
		  { by_another_family, true },
		  { by_another_family_that_works, false } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(c); i++) {
		struct findings all;
		struct arena a;
		struct facts f;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		c[i].change(&f);
		checks_run(&f, NULL, &all);
		assert_int_equal(!!(made_row(&all, "handshake.complete")->signs &
				    SIGN_BIT(SIGN_OTHER_FAMILY)),
				 c[i].sign);
		arena_done(&a);
	}
}

static const struct check_case cases[] = {
	{ "by another address", by_another_of_it, STATE_WARN,
	  "192.0.2.9:51820 did not answer in 6.0 s, 192.0.2.10:51820 did: wg takes the first",
	  NULL },
	{ "by another family", by_another_family, STATE_FAIL, "wg takes the first", NULL },
	{ "border: by another family, and this one works", by_another_family_that_works, STATE_WARN,
	  "(the way to the former is there: 2001:db8:1::1 answers on it)", NULL },

	{ "healthy", NULL, STATE_PASS, "response in 1.24 ms, 1 initiation", NULL },
	{ "border: second try", second_try, STATE_WARN, "only after 2 initiations", NULL },
	{ "healthy, and a rekey", rekeyed, STATE_PASS, "1.24 ms to the first of 2", NULL },
	{ "border: complete, not watched", complete_unwatched, STATE_PASS, "not watched", NULL },
	{ "silence", silent, STATE_FAIL, "2 initiations in 6.0 s, nothing came back", NULL },
	{ "lost outside", lost_on_the_way, STATE_FAIL, "nothing came back", "underlay.out" },
	{ "response refused", response_refused, STATE_FAIL, "2 responses came back",
	  "crypto.rejects" },
	{ "response refused, and each is told", response_refused_told, STATE_FAIL,
	  "2 initiations in 6.0 s, 2 responses came back, refused: the response does not open",
	  "crypto.rejects" },
	{ "border: responses too late", response_late, STATE_FAIL,
	  "2 responses came back and none was accepted", "crypto.rejects" },
	{ "answered from another address", answered_elsewhere, STATE_FAIL,
	  "the answer came from 198.51.100.130:0 instead of 198.51.100.2:0, and none was taken",
	  NULL },
	{ "nothing leaves", unsent, STATE_FAIL, "no initiation left within 6.0 s: io_send_perm",
	  NULL },
	{ "the peer has another key", other_key, STATE_FAIL,
	  "nothing came back; those from the peer's address are for another public key than ours",
	  NULL },
	{ "the peer is unknown", unknown_peer, STATE_FAIL,
	  "nothing came back; those from the peer's address are refused: an initiation from a "
	  "public key that is no peer of ours, its public key is "
	  "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=",
	  "crypto.rejects" },
	{ "healthy, the first lost", healthy_attempts, STATE_PASS,
	  "response in 1.24 ms, 1 initiation", NULL },
	{ "cookies only", cookie, STATE_FAIL, "under load", NULL },
	{ "ICMP", icmp, STATE_FAIL, "port unreachable (3/3) came back from 192.0.2.9", NULL },
	{ "no initiation", never_asked, STATE_FAIL, "no initiation left within 6.0 s", NULL },
	{ "border: capture lost frames", capture_with_gaps, STATE_FAIL, "by a capture with gaps",
	  NULL },
	{ "incomplete, not watched", incomplete_unwatched, STATE_FAIL, "wire was not watched",
	  NULL },
	{ "gap: no engine", engine_gone, STATE_SKIP, "did not start", "engine.start" },
	{ "the engine died", engine_died, STATE_FAIL, NULL, "engine.answers" },
};

static void completes(void **state)
{
	(void)state;
	check_cases_run("handshake.complete", cases, ARRAY_LEN(cases));
}

static void somebody_else_is_not_the_peer(void **state)
{
	struct arena a;
	struct facts f;

	(void)state;
	arena_init(&a);
	facts_init(&f);
	attempts(&f, END_FAR, ATTEMPT_SILENT)[1].for_us = 0;
	assert_non_null(strstr(attempts_of_peer(&f, &a), "another public key"));
	f.handshakes.list[1].elsewhere = true;
	assert_string_equal(attempts_of_peer(&f, &a), "");
	assert_null(attempts_came_back(&f, &a));
	assert_null(attempts_unsent(&f, &a));
	arena_done(&a);
}

/* A line for each, and their numbers by what came of them. */
static void each_is_evidence(void **state)
{
	const struct evidence *ev;
	struct findings out;
	struct finding *row;
	struct arena a;
	struct facts f;
	size_t n = 0;

	(void)state;
	arena_init(&a);
	facts_init(&f);
	findings_init(&out, &a);
	attempts(&f, END_NEAR, ATTEMPT_COMPLETE)[0].outcome = ATTEMPT_ICMP;
	f.handshakes.list[0].number = 1;
	f.handshakes.list[0].why = ATTEMPT_WHY_KEEPALIVE;
	f.handshakes.list[0].icmp_type = 3;
	f.handshakes.list[0].icmp_code = 13;
	ip_addr_parse("192.0.2.9", &f.handshakes.list[0].icmp_from);
	f.handshakes.list[1].answer_ns = 25 * NS_PER_MS;
	row = finding_add(&out, STATE_PASS, "x");
	attempts_because(&f, &out, row);
	for (ev = row->evidence; ev; ev = ev->next)
		n++;
	assert_int_equal(n, 3);
	ev = row->evidence;
	assert_int_equal(ev->n_numbers, 3);
	assert_string_equal(ev->numbers[1].name, "attempts_icmp");
	assert_string_equal(ev->next->text,
			    "initiation 1 (a keepalive is due) to 198.51.100.2:0: prohibited by a "
			    "filter (3/13) came back from 192.0.2.9");
	assert_string_equal(ev->next->next->text, "initiation to 198.51.100.2:0, 2 in a row: "
						  "response after 25.0 ms, accepted");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_sign),
		cmocka_unit_test(completes),
		cmocka_unit_test(somebody_else_is_not_the_peer),
		cmocka_unit_test(each_is_evidence),
	};

	return cmocka_run_group_tests_name("handshake.complete", tests, NULL, NULL);
}
