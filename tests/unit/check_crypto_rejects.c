/* crypto.rejects: refusals by weight, and the engine that does not count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

#include "wg/drop.h"

#include <string.h>

static void tag(struct facts *f)
{
	made_refused(f, END_FAR, "in_tag", "data that does not authenticate", 3);
}

static void replay(struct facts *f)
{
	made_refused(f, END_NEAR, "in_replay", "counter already seen", 2);
}

/* A way that doubles what it carries: whatever came twice came once. */
static void many_replays(struct facts *f)
{
	made_refused(f, END_NEAR, "in_replay", "counter already seen", 200);
}

/* The worse counts, whatever the order. */
static void replay_and_mac1(struct facts *f)
{
	replay(f);
	made_refused(f, END_NEAR, "in_mac1", "mac1 is not for our public key", 1);
	made_refused(f, END_NEAR, "in_flood", "initiations less than 20 ms apart", 1);
}

/* The host's own multicast into the tun: nobody's packet, nobody's fault. */
static void multicast(struct facts *f)
{
	made_refused(f, END_NEAR, "out_no_peer", "no peer's allowed IPs hold the destination", 4);
}

static void new_reason(struct facts *f)
{
	made_refused(f, END_NEAR, "in_of_the_future", "a reason of a newer engine", 1);
}

static void silent(struct facts *f)
{
	made_silent(f);
}

static void logged(struct facts *f, enum engine_log_class c)
{
	made_wireguard_go(f);
	f->engine[END_NEAR].log_says[c] = 3;
}

/* A handshake was made in this run: what did not open came twice, or late. */
static void go_logs_response(struct facts *f)
{
	logged(f, ENGINE_LOG_RESPONSE);
	f->handshake.age_ns = UNKNOWN;
}

/* There was a session before, and none has followed it. */
static void go_logs_response_at_rekey(struct facts *f)
{
	logged(f, ENGINE_LOG_RESPONSE);
	f->handshake.age_ns = 130 * NS_PER_S;
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns - 130 * NS_PER_S;
}

static void go_logs_response_and_rekeys(struct facts *f)
{
	go_logs_response_at_rekey(f);
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns + NS_PER_S;
}

static void go_logs_source(struct facts *f)
{
	logged(f, ENGINE_LOG_SOURCE);
}

static void go_logs_initiation(struct facts *f)
{
	logged(f, ENGINE_LOG_INITIATION);
}

static void go_logs_cookies(struct facts *f)
{
	logged(f, ENGINE_LOG_LOAD);
}

/* A hub: the last one of its peers has to come first. */
static void hub(struct facts *f)
{
	struct config_facts *c = &f->config[END_NEAR];
	struct peer_config *p = &c->peers[c->n_peers++];

	*p = c->peers[0];
	memset(p->key.b, 0x33, sizeof(p->key.b));
	p->endpoint = (struct endpoint){ 0 };
	p->n_allowed = 0;
	f->target.peer = c->peers[0].key;
}

static void hub_tries_who_is_not_there(struct facts *f)
{
	made_refused(f, END_NEAR, "out_no_endpoint", "the peer has no endpoint yet", 2);
	hub(f);
}

static void no_endpoint_and_no_hub(struct facts *f)
{
	hub_tries_who_is_not_there(f);
	f->config[END_NEAR].n_peers = 1;
}

/* The one that is asked has none itself. */
static void who_is_asked_has_to_come_first(struct facts *f)
{
	hub_tries_who_is_not_there(f);
	f->config[END_NEAR].peers[0].endpoint = (struct endpoint){ 0 };
}

static void go_hub_logs_no_endpoint(struct facts *f)
{
	logged(f, ENGINE_LOG_NO_ENDPOINT);
	hub(f);
}

static void go_logs_no_endpoint_of_the_one(struct facts *f)
{
	go_hub_logs_no_endpoint(f);
	f->config[END_NEAR].peers[0].endpoint = (struct endpoint){ 0 };
}

static void go_hub_logs_source(struct facts *f)
{
	go_logs_source(f);
	hub(f);
}

/* An engine that counts is judged by its counters. */
static void builtin_logs(struct facts *f)
{
	f->engine[END_NEAR].log_says[ENGINE_LOG_MAC1] = 3;
}

/* Of another moment: told, and no state is of it. */
static void go_log_given(struct facts *f)
{
	logged(f, ENGINE_LOG_SOURCE);
	f->engine[END_NEAR].log_says[ENGINE_LOG_LOAD] = 1;
	f->engine[END_NEAR].log_file = "/var/log/vpn.log";
}

static void go_end_of_log_given(struct facts *f)
{
	go_log_given(f);
	f->engine[END_NEAR].log_cut = true;
}

static void go_log_given_says_nothing(struct facts *f)
{
	made_wireguard_go(f);
	f->engine[END_NEAR].log_file = "/var/log/vpn.log";
}

static void go_log_given_refuses_all(struct facts *f)
{
	go_log_given(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
}

static void hidden_log_given(struct facts *f)
{
	go_log_given(f);
	facts_gap(f, NEED_ENGINE, "it has no control socket", NULL);
}

static void hidden_log_of_the_run(struct facts *f)
{
	hidden_log_given(f);
	f->engine[END_NEAR].log_file = NULL;
}

static void go_refuses_all(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
}

/* From one end; what came is by `more` bytes each larger than any answer. */
static void larger(struct facts *f, int64_t more)
{
	struct tap_facts *w = &f->taps[TAP_NEAR_WIRE];

	go_refuses_all(f);
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not on this machine", NULL);
	f->crypto[END_FAR].known = false;
	w->larger = 5;
	w->larger_bytes = 5 * more;
	w->largest[TAP_OUT] = 128;
	w->largest[TAP_IN] = 128 + more;
	w->msg_bytes[TAP_IN] = w->msg_bytes[TAP_OUT] - 200; /* others are smaller */
}

static void go_refuses_errors(struct facts *f)
{
	larger(f, 32);
}

static void go_refuses_errors6(struct facts *f)
{
	larger(f, 48);
}

static void go_refuses_a_header_more(struct facts *f)
{
	larger(f, 16);
}

static void go_refuses_what_no_error_is(struct facts *f)
{
	larger(f, 64);
}

static void go_refuses_more_than_was_asked(struct facts *f)
{
	larger(f, 32);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] += 1;
}

static void go_logs_refused_errors(struct facts *f)
{
	larger(f, 32);
	f->ping_peer.received = 0;
	f->engine[END_NEAR].log_says[ENGINE_LOG_SOURCE] = 3;
}

static void go_logs_refused_packets(struct facts *f)
{
	go_logs_refused_errors(f);
	f->taps[TAP_NEAR_WIRE].larger = f->taps[TAP_NEAR_WIRE].larger_bytes = 0;
}

static void go_joins_segments(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 250;
}

static void go_loses_some(struct facts *f)
{
	go_joins_segments(f);
	f->streams[1].received -= 1000;
}

static void some_no_ip_read(struct facts *f)
{
	made_refused(f, END_NEAR, "out_not_ip", "neither", 400);
}

static void most_no_ip_read(struct facts *f)
{
	made_refused(f, END_NEAR, "out_not_ip", "neither", 401);
}

static void go_writes_rubbish(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 390;
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 10;
}

/* A program put them there: the device took in the packets, and no more. */
static void go_beside_rubbish(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = 10;
}

static void go_capture_with_gaps(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_WIRE].dropped = 9;
}

/* One lost frame is told from nothing known only where -1 is no number. */
static void go_dropped_unknown(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_WIRE].dropped = UNKNOWN;
	f->taps[TAP_NEAR_TUN].dropped = 1;
}

static void go_messages_unknown(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = UNKNOWN;
}

static void go_keepalives_unknown(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_WIRE].keepalives[TAP_IN] = UNKNOWN;
}

static void go_packets_unknown(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = UNKNOWN;
}

static void go_not_ip_unknown(struct facts *f)
{
	made_wireguard_go(f);
	f->taps[TAP_NEAR_TUN].not_ip[TAP_IN] = UNKNOWN;
}

static void go_unwatched(struct facts *f)
{
	made_wireguard_go(f);
	facts_gap(f, NEED_TAP_NEAR_TUN, "capturing on wgd0: Operation not permitted",
		  "run as root");
}

/* What the far end says of the near engine's messages still counts. */
static void go_seals_badly(struct facts *f)
{
	made_wireguard_go(f);
	tag(f);
}

static void gap(struct facts *f)
{
	facts_gap(f, NEED_ENGINE, "interrupted", NULL);
}

static void far_killed(struct facts *f)
{
	facts_gap(f, NEED_ENGINE_FAR, "the far engine did not answer at the end", NULL);
	f->crypto[END_FAR].known = false;
}

static void far_killed_near_refuses(struct facts *f)
{
	far_killed(f);
	made_refused(f, END_NEAR, "in_tag", "data that does not authenticate", 3);
}

static void far_keeps_none(struct facts *f)
{
	f->crypto[END_FAR].known = false;
}

/* The wire of a healthy run has 401 data messages each way. */
static void far_input_drops(struct facts *f)
{
	f->crypto[END_FAR].opened = 4;
}

static void near_input_drops(struct facts *f)
{
	f->crypto[END_NEAR].opened = 0;
}

static void one_vanished(struct facts *f)
{
	f->crypto[END_FAR].opened--;
}

static void all_accounted_for(struct facts *f)
{
	f->crypto[END_FAR].opened -= 3;
	made_refused(f, END_FAR, "in_replay", "counter already seen", 2);
	made_refused(f, END_FAR, "io_recv_overflow", wg_drop_str(WG_DROP_IO_RECV_OVERFLOW), 1);
}

/* Counted as opened too: it must not make up for one that vanished. */
static void refused_after_opening(struct facts *f)
{
	far_input_drops(f);
	made_refused(f, END_FAR, "in_source", "not in the allowed IPs", 400);
}

static void handshakes_refused(struct facts *f)
{
	made_refused(f, END_FAR, "in_flood", "initiations less than 20 ms apart", 1);
}

static void vanished_capture_with_gaps(struct facts *f)
{
	far_input_drops(f);
	f->taps[TAP_FAR_WIRE].dropped = 1;
}

static void vanished_capture_truncates(struct facts *f)
{
	far_input_drops(f);
	f->taps[TAP_FAR_WIRE].truncated = UNKNOWN;
}

static void vanished_unwatched(struct facts *f)
{
	far_input_drops(f);
	facts_gap(f, NEED_TAP_FAR_WIRE, "capturing on wgw1: Operation not permitted", NULL);
}

static void vanished_uncounted(struct facts *f)
{
	f->taps[TAP_FAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = UNKNOWN;
}

static void go_far_input_drops(struct facts *f)
{
	made_wireguard_go(f);
	far_input_drops(f);
}

/* 101 messages were to go out; an nft rule in a netdev egress hook says ENOBUFS too. */
static void sends_refused(struct facts *f)
{
	f->crypto[END_NEAR].sealed = 101;
	f->crypto[END_NEAR].opened = 4;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = 4;
	made_refused(f, END_NEAR, "io_send_nobufs", wg_drop_str(WG_DROP_IO_SEND_NOBUFS), 97);
}

static void one_send_refused(struct facts *f)
{
	f->crypto[END_NEAR].sealed = 999;
	made_refused(f, END_NEAR, "io_send_nobufs", "the system refused to send it", 1);
}

/* Consequences: another row is the cause. */
static void waited_in_vain(struct facts *f)
{
	made_silent(f);
	made_refused(f, END_NEAR, "out_give_up", "waited for a handshake", 20);
	made_refused(f, END_NEAR, "out_staged_full", "too many packets waited", 90);
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS, "near sealed 401, opened 401, refused 0; far sealed 401",
	  NULL },
	{ "a response twice", go_logs_response, STATE_WARN, "3 × ", NULL },
	{ "a response at a rekey that fails", go_logs_response_at_rekey, STATE_FAIL, "3 × ", NULL },
	{ "a response twice at a rekey", go_logs_response_and_rekeys, STATE_WARN, "3 × ", NULL },
	{ "does not authenticate", tag, STATE_FAIL,
	  "far sealed 401, opened 401, refused 3: 3 × data that does not authenticate", NULL },
	{ "border: replay", replay, STATE_WARN, "2 × counter already seen", NULL },
	{ "a way that doubles", many_replays, STATE_WARN, "200 × counter already seen", NULL },
	{ "the worst counts", replay_and_mac1, STATE_FAIL, "refused 4", NULL },
	{ "border: multicast", multicast, STATE_PASS, "refused 0 (not counted: 4 × no peer's",
	  NULL },
	{ "border: unknown reason", new_reason, STATE_WARN, "a reason of a newer engine", NULL },
	{ "no session", silent, STATE_SKIP, "no data message", NULL },
	{ "wireguard-go", made_wireguard_go, STATE_PASS,
	  "wireguard-go keeps no such counters: 400 data messages came in, 400 packets reached the tun",
	  NULL },
	{ "its log says that it refused some", go_logs_source, STATE_FAIL,
	  "its log says 3 × an inner source that is not in the peer's allowed IPs", NULL },
	{ "its log: of another moment maybe", go_logs_initiation, STATE_WARN, "3 × an initiation",
	  NULL },
	{ "its log: part of life", go_logs_cookies, STATE_PASS, "3 × under load", NULL },
	{ "border: a hub whose clients are not there", hub_tries_who_is_not_there, STATE_PASS,
	  "refused 0 (not counted: 2 × the peer has no endpoint yet", NULL },
	{ "no endpoint, and it is the only peer", no_endpoint_and_no_hub, STATE_FAIL,
	  "2 × the peer", NULL },
	{ "no endpoint, and it is the one that is asked", who_is_asked_has_to_come_first,
	  STATE_FAIL, "2 × the peer has no endpoint yet", NULL },
	{ "the same by a log", go_hub_logs_no_endpoint, STATE_PASS,
	  "its log says 3 × the peer has no endpoint yet", NULL },
	{ "the same of the one", go_logs_no_endpoint_of_the_one, STATE_WARN, "3 × the peer", NULL },
	{ "a hub, and another reason", go_hub_logs_source, STATE_FAIL, "3 × an inner source",
	  NULL },
	{ "a log given: told, not judged", go_log_given, STATE_PASS,
	  "wireguard-go keeps no such counters; in the log given: 3 × an inner source that is not in "
	  "the peer's allowed IPs, 1 × under load: handshakes are answered with cookies: 400 data",
	  NULL },
	{ "the end of a log", go_end_of_log_given, STATE_PASS, "in the end of the log given: 3 ×",
	  NULL },
	{ "border: nothing in a log given", go_log_given_says_nothing, STATE_PASS,
	  "keeps no such counters: 400", NULL },
	{ "a log given, and it does refuse", go_log_given_refuses_all, STATE_FAIL,
	  "in the log given: 3 ×", NULL },
	{ "gap: no socket, a log given", hidden_log_given, STATE_SKIP,
	  "it has no control socket; in the log given: 3 × an inner source", NULL },
	{ "gap: no socket, and a log that nobody gave", hidden_log_of_the_run, STATE_SKIP,
	  "it has no control socket", NULL },
	{ "an engine that counts is not judged by its log", builtin_logs, STATE_PASS, NULL, NULL },
	{ "it refuses all", go_refuses_all, STATE_FAIL, "0 packets reached the tun", NULL },
	{ "what it refuses may be errors", go_refuses_errors, STATE_UNSURE, "0 packets reached",
	  NULL },
	{ "the same of IPv6", go_refuses_errors6, STATE_UNSURE, "0 packets reached", NULL },
	{ "border: larger by a header", go_refuses_a_header_more, STATE_FAIL, "0 packets",
	  "tun.framing" },
	{ "border: larger than an error", go_refuses_what_no_error_is, STATE_FAIL, "0 packets",
	  NULL },
	{ "border: more than was asked", go_refuses_more_than_was_asked, STATE_FAIL, "0 packets",
	  NULL },
	{ "and its log says so", go_logs_refused_errors, STATE_UNSURE, "3 × an inner source",
	  NULL },
	{ "border: its log, of others", go_logs_refused_packets, STATE_FAIL, "3 × an inner source",
	  NULL },
	{ "border: it joins segments", go_joins_segments, STATE_PASS,
	  "250 packets reached the tun (fewer, yet all data arrived whole)", NULL },
	{ "border: fewer, and loss", go_loses_some, STATE_UNSURE, "250 packets", NULL },
	{ "border: reads some rubbish", some_no_ip_read, STATE_WARN, "400 × neither", NULL },
	{ "border: reads more rubbish", most_no_ip_read, STATE_FAIL, "401 × neither", NULL },
	{ "rubbish of others", go_beside_rubbish, STATE_PASS, NULL, NULL },
	{ "it writes what is no IP", go_writes_rubbish, STATE_FAIL, "10 of them no IP packets",
	  NULL },
	{ "capture with gaps", go_capture_with_gaps, STATE_UNSURE,
	  "no such counters: the captures lost 9 frames", NULL },
	{ "lost by the captures: unknown", go_dropped_unknown, STATE_UNSURE, "cannot say", NULL },
	{ "messages unknown", go_messages_unknown, STATE_UNSURE, "cannot say", NULL },
	{ "keepalives unknown", go_keepalives_unknown, STATE_UNSURE, "cannot say", NULL },
	{ "packets unknown", go_packets_unknown, STATE_UNSURE, "cannot say", NULL },
	{ "not IP unknown", go_not_ip_unknown, STATE_UNSURE, "cannot say", NULL },
	{ "not watched", go_unwatched, STATE_UNSURE, "not both watched", NULL },
	{ "the far end refuses its messages", go_seals_badly, STATE_FAIL, "does not authenticate",
	  NULL },
	{ "the far engine could not be asked", far_killed, STATE_UNSURE,
	  "far: the far engine did not answer at the end", NULL },
	{ "and a refusal at the near end", far_killed_near_refuses, STATE_FAIL,
	  "far: the far engine did not answer at the end", NULL },
	{ "border: a far engine that keeps none", far_keeps_none, STATE_PASS,
	  "far: not kept by this engine", NULL },
	{ "a firewall before the far engine", far_input_drops, STATE_FAIL,
	  "397 of 401 data messages that reached wgw7f3a1 never reached the far engine (a firewall",
	  NULL },
	{ "and before the near one", near_input_drops, STATE_FAIL,
	  "401 of 401 data messages that reached wgw7f3a0 never reached the near engine", NULL },
	{ "beside a foreign engine", go_far_input_drops, STATE_FAIL, "397 of 401 data", NULL },
	{ "border: one of 401", one_vanished, STATE_WARN, "1 of 401 data messages", NULL },
	{ "border: all accounted for", all_accounted_for, STATE_WARN, "near sealed 401", NULL },
	{ "refused after opening", refused_after_opening, STATE_FAIL, "397 of 401 data", NULL },
	{ "border: refused handshakes", handshakes_refused, STATE_WARN, "near sealed", NULL },
	{ "vanished, or not captured", vanished_capture_with_gaps, STATE_PASS, "near sealed",
	  NULL },
	{ "vanished, or cut", vanished_capture_truncates, STATE_PASS, "near sealed", NULL },
	{ "vanished unwatched", vanished_unwatched, STATE_PASS, "near sealed", NULL },
	{ "vanished uncounted", vanished_uncounted, STATE_PASS, "near sealed", NULL },
	{ "nearly all sends refused", sends_refused, STATE_FAIL,
	  "97 × the system refused to send it: queue full, or a firewall on the way out", NULL },
	{ "border: one send of a thousand", one_send_refused, STATE_WARN, "refused 1", NULL },
	{ "border: waited in vain", waited_in_vain, STATE_WARN, "refused 110", NULL },
	{ "gap", gap, STATE_SKIP, "interrupted", NULL },
};

static void rejects(void **state)
{
	(void)state;
	check_cases_run("crypto.rejects", cases, ARRAY_LEN(cases));
}

/*
 * Each reason of our engine, alone: a PASS only for what is normal life. This is the list
 * that somebody who adds a reason has to think about.
 */
static void each_reason_has_a_weight(void **state)
{
	static const char *const normal[] = { "out_no_peer", "out_down", "out_purged",
					      "in_source_link", "in_source_error" };
	static const char *const warned[] = {
		"out_not_ip",	    "out_short",	"out_staged_full",
		"out_give_up",	    "out_too_long",	"in_down",
		"in_mac2_missing",  "in_rate_limit",	"in_replayed_initiation",
		"in_flood",	    "in_unknown_index", "in_wrong_state",
		"in_cookie",	    "in_expired",	"in_replay",
		"in_too_old",	    "io_send_nobufs",	"io_tun_down",
		"io_recv_overflow",
	};
	unsigned d, i;

	(void)state;
	for (d = WG_DROP_NONE + 1; d < WG_DROP_COUNT; d++) {
		const char *id = wg_drop_id((enum wg_drop)d);
		enum state want = STATE_FAIL;
		struct findings all;
		struct arena a;
		struct facts f;

		for (i = 0; i < ARRAY_LEN(normal); i++)
			want = strcmp(normal[i], id) ? want : STATE_PASS;
		for (i = 0; i < ARRAY_LEN(warned); i++)
			want = strcmp(warned[i], id) ? want : STATE_WARN;
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		made_refused(&f, END_NEAR, id, wg_drop_str((enum wg_drop)d), 1);
		checks_run(&f, NULL, &all);
		if (made_row(&all, "crypto.rejects")->state != want)
			fail_msg("%s", id);
		arena_done(&a);
	}
}

/* --- what the near engine never had, and what is for none of its sessions ---------------- */

/* From one end, n data messages came, and the engine opened that many. */
static void came(struct facts *f, int64_t n, int64_t opened)
{
	f->target.kind = TARGET_INTERFACE;
	facts_gap(f, NEED_ENGINE_FAR, "the far end is not here", NULL);
	facts_gap(f, NEED_CONFIG_FAR, "the far end is not here", NULL);
	f->ping_peer.received = opened > 0;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_DATA] = n;
	f->taps[TAP_NEAR_WIRE].data_since = UNKNOWN;
	f->crypto[END_NEAR].opened = opened;
}

static void never_had(struct facts *f)
{
	came(f, 40, 0);
}

static void had_half(struct facts *f)
{
	came(f, 40, 21);
}

static void overflowed(struct facts *f)
{
	came(f, 40, 0);
	made_refused(f, END_NEAR, "io_recv_overflow", "dropped at the socket", 40);
}

static void not_opened(struct facts *f, const char *id, int64_t opened, uint64_t n)
{
	came(f, 40, opened);
	made_refused(f, END_NEAR, id, "no session of ours has that index", n);
}

static void another_session(struct facts *f)
{
	not_opened(f, "in_unknown_index", 0, 40);
}

static void nearly_all(struct facts *f)
{
	not_opened(f, "in_unknown_index", 0, 36);
}

static void not_nearly_all(struct facts *f)
{
	not_opened(f, "in_unknown_index", 0, 35);
}

static void one_opened(struct facts *f)
{
	not_opened(f, "in_unknown_index", 1, 39);
}

static void another_reason(struct facts *f)
{
	not_opened(f, "in_tag", 0, 40);
}

static void what_came_in_and_was_lost_here(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		sign_set signs;
		enum whose whose;
	} rows[] = {
		{ never_had, SIGN_BIT(SIGN_LOST_BEFORE_ENGINE), WHOSE_LOCAL },
		{ had_half, 0, WHOSE_UNTOLD },
		{ overflowed, SIGN_BIT(SIGN_LOST_BEFORE_ENGINE), WHOSE_LOCAL },
		{ another_session, SIGN_BIT(SIGN_ANOTHER_SESSION), WHOSE_UNTOLD },
		{ nearly_all, SIGN_BIT(SIGN_ANOTHER_SESSION), WHOSE_UNTOLD },
		{ not_nearly_all, 0, WHOSE_UNTOLD },
		{ one_opened, 0, WHOSE_UNTOLD },
		{ another_reason, 0, WHOSE_UNTOLD },
	};
	const sign_set asked = SIGN_BIT(SIGN_LOST_BEFORE_ENGINE) | SIGN_BIT(SIGN_ANOTHER_SESSION);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct finding *row;
		struct findings all;
		struct arena a;
		struct facts f;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		rows[i].change(&f);
		checks_run(&f, NULL, &all);
		row = made_row(&all, "crypto.rejects");
		print_message("# %zu: %s %s\n", i, state_str(row->state), row->summary);
		assert_true((row->signs & asked) == rows[i].signs);
		assert_int_equal(row->whose, rows[i].whose);
		if (rows[i].signs)
			assert_true(row->n_commands > 0);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects),
		cmocka_unit_test(each_reason_has_a_weight),
		cmocka_unit_test(what_came_in_and_was_lost_here),
	};

	return cmocka_run_group_tests_name("crypto.rejects", tests, NULL, NULL);
}
