/* ping.peer: answered, lost in several measures, late, twice, not sent, cut short. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

static void no_times(struct facts *f)
{
	f->ping_peer.min_ns = f->ping_peer.avg_ns = UNKNOWN;
	f->ping_peer.max_ns = f->ping_peer.mdev_ns = UNKNOWN;
}

static void none(struct facts *f)
{
	f->ping_peer.received = 0;
	no_times(f);
}

static void one_of_ten(struct facts *f)
{
	f->ping_peer.received = 9;
}

static void one_of_thousand(struct facts *f)
{
	f->ping_peer.sent = 1000;
	f->ping_peer.received = 999;
}

static void late(struct facts *f)
{
	f->ping_peer.received = 9;
	f->ping_peer.late = 1;
}

static void twice(struct facts *f)
{
	f->ping_peer.duplicates = 2;
}

static void not_sent(struct facts *f)
{
	none(f);
	f->ping_peer.sent = 0;
	f->ping_peer.send_errors = 10;
	f->ping_peer.send_error = "sendto 10.90.17.2: Operation not permitted";
}

static void some_not_sent(struct facts *f)
{
	f->ping_peer.sent = f->ping_peer.received = 8;
	f->ping_peer.send_errors = 2;
	f->ping_peer.send_error = "Message too long";
}

static void one_not_sent(struct facts *f)
{
	f->ping_peer.sent = f->ping_peer.received = 999;
	f->ping_peer.send_errors = 1;
	f->ping_peer.send_error = "Message too long";
}

static void no_memory(struct facts *f)
{
	not_sent(f);
	f->ping_peer.send_error = "No buffer space available";
	f->ping_peer.shortage = true;
}

static void some_without_memory(struct facts *f)
{
	some_not_sent(f);
	f->ping_peer.send_error = "No buffer space available";
	f->ping_peer.shortage = true;
}

static void cut_short(struct facts *f)
{
	f->interrupted = true;
	f->ping_peer.sent = 4;
	f->ping_peer.received = 3;
}

static void gap(struct facts *f)
{
	facts_gap(f, NEED_PING_PEER, "interrupted", NULL);
}

static void wire_dead(struct facts *f)
{
	made_silent(f);
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_INITIATION] = 0;
}

static void far_refuses(struct facts *f)
{
	none(f);
	made_refused(f, END_FAR, "in_not_ip", "authentic, but neither IPv4 nor IPv6", 400);
}

/* INPUT of the far end: on its wire, and never at its engine. */
static void far_firewall(struct facts *f)
{
	none(f);
	f->crypto[END_FAR].opened = 4;
}

static void queue_drops(struct facts *f)
{
	f->ping_peer.sent = 1000;
	f->ping_peer.received = 900;
	f->tun[END_NEAR].after[LINK_TX_DROPPED] = 60;
}

static void flood_fills_queue(struct facts *f)
{
	queue_drops(f);
	f->ping_peer.interval_ns = 0;
	f->tun[END_NEAR].after[LINK_TX_DROPPED] = 100;
}

static void flood_and_loss(struct facts *f)
{
	flood_fills_queue(f);
	f->tun[END_NEAR].after[LINK_TX_DROPPED] = 99;
}

static void paced_and_queue(struct facts *f)
{
	flood_fills_queue(f);
	f->ping_peer.interval_ns = NS_PER_MS;
}

static void queue_unknown(struct facts *f)
{
	flood_fills_queue(f);
	f->tun[END_NEAR].after[LINK_TX_DROPPED] = UNKNOWN;
}

/* On the wire, so the pings are its consequence and not the reverse. */
static void lost_on_the_wire(struct facts *f)
{
	f->ping_peer.received = 8;
	f->loss_down.lost = 20;
}

/* From one end; what came were errors of a router that no peer has here. */
static void errors_came(struct facts *f, enum target_how how)
{
	static struct inner_target_facts t;

	none(f);
	t = (struct inner_target_facts){ .addr = f->ping_peer.target, .how = how };
	f->inner_targets = &t;
	f->n_inner_targets = 1;
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	f->crypto[END_FAR].known = false;
	made_refused(f, END_NEAR, "in_source_error", "an ICMP error", 9);
}

static void guessed_and_errors(struct facts *f)
{
	errors_came(f, TARGET_SINGLE);
}

static void named_and_errors(struct facts *f)
{
	errors_came(f, TARGET_GIVEN);
}

static const struct check_case cases[] = {
	{ "guessed, and a router cannot reach it", guessed_and_errors, STATE_UNSURE,
	  "nobody said that it must; 9 ICMP errors", NULL },
	{ "named, and a router cannot reach it", named_and_errors, STATE_FAIL,
	  "0/10 answered, 100 % lost; 9 ICMP errors", NULL },

	{ "lost on the wire", lost_on_the_wire, STATE_FAIL, "8/10", "loss.down" },
	{ "healthy", NULL, STATE_PASS, "10/10 answered, 0 % lost, avg 0.30 ms", NULL },
	{ "none", none, STATE_FAIL, "0/10 answered, 100 % lost", NULL },
	{ "one of ten", one_of_ten, STATE_FAIL, "9/10 answered, 10.0 % lost", NULL },
	{ "border: one of a thousand", one_of_thousand, STATE_WARN, "999/1000 answered, 0.1 % lost",
	  NULL },
	{ "border: late", late, STATE_WARN, "1 late", NULL },
	{ "border: twice", twice, STATE_WARN, "2 twice", NULL },
	{ "not sent", not_sent, STATE_FAIL, "Operation not permitted", NULL },
	{ "some not sent", some_not_sent, STATE_FAIL, "Message too long", NULL },
	{ "border: one not sent", one_not_sent, STATE_WARN, "1 could not be sent: Message", NULL },
	{ "no memory of ours", no_memory, STATE_ERROR, "No buffer space", NULL },
	{ "some without memory", some_without_memory, STATE_UNSURE,
	  "8/8 answered; 2 could not be sent: No buffer space", NULL },
	{ "cut short", cut_short, STATE_UNSURE, "3/4 answered when it was interrupted", NULL },
	{ "some by our own queue", queue_drops, STATE_FAIL,
	  "10.0 % lost; 60 dropped by our own tun's sending queue", NULL },
	{ "a flood fills the queue", flood_fills_queue, STATE_UNSURE,
	  "100 dropped by our own tun's sending queue", NULL },
	{ "border: one more is lost", flood_and_loss, STATE_FAIL, "99 dropped by our own", NULL },
	{ "border: no flood", paced_and_queue, STATE_FAIL, "100 dropped by our own", NULL },
	{ "queue unknown", queue_unknown, STATE_FAIL, "900/1000 answered, 10.0 % lost", NULL },
	{ "gap", gap, STATE_SKIP, "interrupted", NULL },
	{ "no handshake", made_silent, STATE_FAIL, "0/10", "handshake.complete" },
	{ "nothing gets through outside", wire_dead, STATE_FAIL, "0/10", "underlay.out" },
	{ "the far engine refuses it", far_refuses, STATE_FAIL, "0/10", "tun.framing" },
	{ "the far host's firewall takes it", far_firewall, STATE_FAIL, "0/10", "crypto.rejects" },
};

static void pings(void **state)
{
	(void)state;
	check_cases_run("ping.peer", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pings),
	};

	return cmocka_run_group_tests_name("ping.peer", tests, NULL, NULL);
}
