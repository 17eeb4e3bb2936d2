/* Rows of a tunnel that runs somewhere: the far end is not on this machine. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/made_facts.h"
#include "verdict/verdict.h"

#define WALL_NS (INT64_C(1790000000) * NS_PER_S)

static struct inner_target_facts targets[2];

/* Healthy, seen from one end, as run_attach() leaves it. */
static void attached(struct facts *f)
{
	static const enum need far[] = { NEED_ENGINE_FAR,   NEED_LINKS_FAR, NEED_TAP_FAR_TUN,
					 NEED_TAP_FAR_WIRE, NEED_STREAMS,   NEED_CONFIG_FAR,
					 NEED_ECHO_BACK };
	size_t i;

	f->target.kind = TARGET_INTERFACE;
	for (i = 0; i < ARRAY_LEN(far); i++)
		facts_gap(f, far[i], "the far end is not on this machine", NULL);
	f->n_streams = 0;
	f->started_wall_ns = WALL_NS;
	f->config[END_NEAR].peers[0].handshake_wall_ns = WALL_NS - 30 * NS_PER_S;
	f->handshake.age_ns = 30 * NS_PER_S;
	f->loss_up.lost = UNKNOWN;
	f->loss_up.probes = f->loss_up.answered = 200;
	targets[0] = (struct inner_target_facts){ .addr = f->ping_peer.target,
						  .how = TARGET_SINGLE,
						  .answered = ANSWERED_ECHO,
						  .from = f->ping_peer.target };
	f->inner_targets = targets;
	f->n_inner_targets = 1;
}

/* The address was a guess, and nobody is there. */
static void silent_guess(struct facts *f)
{
	size_t i;

	attached(f);
	targets[0].answered = ANSWERED_NONE;
	f->ping_peer.received = 0;
	f->loss_up.answered = 0;
	for (i = 0; i < f->n_sizes; i++)
		f->sizes[i].received = 0;
	facts_gap(f, NEED_SIZES, "nobody inside the tunnel answers pings", NULL);
}

static void silent_given(struct facts *f)
{
	silent_guess(f);
	targets[0].how = TARGET_GIVEN;
}

/* No ping is answered, and a TCP connection is refused. */
static void only_tcp(struct facts *f)
{
	silent_guess(f);
	targets[0].answered = ANSWERED_TCP;
	targets[0].port = 443;
}

/* Our own firewall said no in its name. */
static void tcp_from_here(struct facts *f)
{
	only_tcp(f);
	f->taps[TAP_NEAR_TUN].packets[TAP_IN] = 0;
}

static void some_unanswered(struct facts *f)
{
	attached(f);
	f->loss_up.answered = 180;
}

static void unanswered_and_lost_on_the_way_back(struct facts *f)
{
	some_unanswered(f);
	f->loss_down.lost = 20;
}

static void no_answer_outside(struct facts *f)
{
	struct tap_facts *t;
	unsigned i;

	silent_guess(f);
	t = &f->taps[TAP_NEAR_WIRE];
	f->handshake = (struct handshake_facts){ .age_ns = UNKNOWN,
						 .response_ns = UNKNOWN,
						 .waited_ns = 6 * NS_PER_S };
	f->config[END_NEAR].peers[0].handshake_wall_ns = 0;
	for (i = 0; i <= WG_MSG_DATA; i++)
		t->msgs[TAP_IN][i] = t->msgs[TAP_OUT][i] = 0;
	t->keepalives[TAP_IN] = t->keepalives[TAP_OUT] = 0;
	t->msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
}

/* What goes out is seen, what comes back takes another uplink. */
static void back_elsewhere(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	attached(f);
	memset(t->msgs[TAP_IN], 0, sizeof(t->msgs[TAP_IN]));
	t->keepalives[TAP_IN] = 0;
	f->loss_down = (struct loss_facts){ .probes = 200,
					    .answered = 200,
					    .sent = UNKNOWN,
					    .lost = UNKNOWN,
					    .capture_dropped = UNKNOWN };
}

/* Nothing of it goes by the link that was watched. */
static void all_elsewhere(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	back_elsewhere(f);
	memset(t->msgs[TAP_OUT], 0, sizeof(t->msgs[TAP_OUT]));
	t->keepalives[TAP_OUT] = 0;
	f->wire[END_NEAR].running = f->wire[END_NEAR].running_end = 0;
	f->wire[END_NEAR].start.mtu = f->wire[END_NEAR].end.mtu = 1400;
}

/* The peer roamed: what went to where it was ended, and comes from elsewhere. */
static void peer_moved(struct facts *f)
{
	back_elsewhere(f);
	f->config[END_NEAR].peers[0].endpoint.addr = made_addr("192.0.2.1");
	f->config[END_NEAR].peers[0].moved_to =
		(struct endpoint){ .addr = made_addr("192.0.2.9"), .port = 4321 };
}

static void peer_had_moved(struct facts *f)
{
	all_elsewhere(f);
	peer_moved(f);
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
}

/* Its socket is in another namespace: here is not even a route. */
static void socket_elsewhere(struct facts *f)
{
	static const enum need unseen[] = { NEED_TAP_NEAR_WIRE, NEED_LOSS_DOWN };
	size_t i;

	attached(f);
	f->paths[2].dev = NULL;
	f->wire[END_NEAR] = (struct link_facts){ .name = NULL };
	for (i = 0; i < ARRAY_LEN(unseen); i++)
		facts_gap(f, unseen[i], "the way to the endpoint is not known", NULL);
}

/* --- another source than the route's ------------------------------------------------ */

/* A hub answers from its second address, the one that was dialled. */
static void from_second_address(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	attached(f);
	f->paths[2].prefsrc = made_addr("192.0.2.1");
	t->other_addr = made_addr("192.0.2.77");
	t->other_link = t->dev;
	t->other_near[TAP_OUT] = t->msgs[TAP_OUT][WG_MSG_DATA] + 1;
	t->other_near[TAP_IN] = t->msgs[TAP_IN][WG_MSG_DATA] + 1;
}

static void data_unanswered(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	silent_given(f);
	t->msgs[TAP_IN][WG_MSG_DATA] = t->keepalives[TAP_IN] = 0;
	f->loss_down = (struct loss_facts){
		.probes = 200, .sent = UNKNOWN, .lost = UNKNOWN, .capture_dropped = UNKNOWN
	};
}

static void from_second_address_unanswered(struct facts *f)
{
	from_second_address(f);
	data_unanswered(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
	f->taps[TAP_NEAR_WIRE].other_near[TAP_IN] = 0;
}

/* The handshake goes as it should, data with the address of another uplink. */
static void stray(struct facts *f)
{
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];

	from_second_address(f);
	data_unanswered(f);
	t->other_link = "wlan0";
	t->other_near[TAP_OUT] = t->msgs[TAP_OUT][WG_MSG_DATA];
	t->other_near[TAP_IN] = 0;
}

static void stray_guess(struct facts *f)
{
	stray(f);
	targets[0].how = TARGET_SINGLE;
}

/* All of it: who knows whether anything is wrong with that. */
static void stray_all(struct facts *f)
{
	stray(f);
	f->taps[TAP_NEAR_WIRE].other_near[TAP_OUT]++;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
}

/* Nor is the link's own address answered: the way may be dead for both. */
static void stray_and_dead(struct facts *f)
{
	stray(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 0;
}

/* After a handshake from the link's own, all has the tunnel's own address. */
static void stray_of_tunnel(struct facts *f)
{
	stray_all(f);
	f->taps[TAP_NEAR_WIRE].other_link = f->target.name;
}

static void stray_of_tunnel_guess(struct facts *f)
{
	stray_of_tunnel(f);
	targets[0].how = TARGET_SINGLE;
}

/* There was none: the way may be dead. */
static void stray_of_tunnel_and_dead(struct facts *f)
{
	stray_of_tunnel(f);
	f->handshake.complete = false;
}

static void stray_of_lo(struct facts *f)
{
	stray(f);
	f->taps[TAP_NEAR_WIRE].other_link = "lo";
}

static void stray_and_answered(struct facts *f)
{
	stray(f);
	f->ping_peer.received = f->ping_peer.sent;
	targets[0].answered = ANSWERED_ECHO;
}

static void stray_and_gaps(struct facts *f)
{
	stray(f);
	f->taps[TAP_NEAR_WIRE].dropped = 1;
}

/* The engine counts what it sends, and none of it is seen. */
static void sent_unseen(struct facts *f)
{
	all_elsewhere(f);
	data_unanswered(f);
	f->crypto[END_NEAR].rx_bytes = 0;
	f->wire[END_NEAR].running = f->wire[END_NEAR].running_end = 1;
	memset(f->taps[TAP_NEAR_WIRE].msgs, 0, sizeof(f->taps[TAP_NEAR_WIRE].msgs));
}

static void sent_by_ports(struct facts *f)
{
	sent_unseen(f);
	f->paths[2].other_dev = "wlan0";
}

static void sent_by_source(struct facts *f)
{
	sent_by_ports(f);
	f->paths[2].other_from = made_addr("192.0.2.77");
}

static void elsewhere_by_source(struct facts *f)
{
	all_elsewhere(f);
	f->paths[2].other_dev = "wlan0";
	f->paths[2].other_from = made_addr("192.0.2.77");
}

static void sent_and_received_unseen(struct facts *f)
{
	sent_unseen(f);
	f->crypto[END_NEAR].rx_bytes = 4242;
}

static void sent_unseen_and_gaps(struct facts *f)
{
	sent_unseen(f);
	f->taps[TAP_NEAR_WIRE].dropped = 1;
}

static void none_sent(struct facts *f)
{
	sent_unseen(f);
	f->crypto[END_NEAR].tx_bytes = 0;
}

static void sent_not_counted(struct facts *f)
{
	sent_unseen(f);
	f->crypto[END_NEAR].tx_bytes = UNKNOWN;
}

/* --- a tunnel that others fill --------------------------------------------------------- */

static void lose(struct facts *f, int64_t lost, int64_t others, int64_t dropped)
{
	struct link_facts *l = &f->tun[END_NEAR];

	attached(f);
	targets[0].how = TARGET_GIVEN;
	f->ping_peer.sent = 100;
	f->ping_peer.received = 100 - lost;
	f->ping_peer.interval_ns = 10 * NS_PER_MS;
	l->after[LINK_TX_PACKETS] += others / 2;
	l->after[LINK_RX_PACKETS] += others / 2;
	l->after[LINK_TX_DROPPED] = dropped;
}

static void busy(struct facts *f)
{
	lose(f, 10, 150000, 0);
}

static void busy_and_worse(struct facts *f)
{
	lose(f, 11, 150000, 10);
}

static void busy_by_queue(struct facts *f)
{
	lose(f, 13, 150000, 213);
}

static void busy_and_half_by_queue(struct facts *f)
{
	lose(f, 51, 150000, 213);
}

static void idle_by_queue(struct facts *f)
{
	lose(f, 13, 0, 13);
}

static void idle_partly_by_queue(struct facts *f)
{
	lose(f, 13, 0, 12);
}

static void little_load(struct facts *f)
{
	lose(f, 10, 3000, 0);
}

/* A client of ours, a laptop, went to sleep an hour ago. */
static void asleep(struct facts *f)
{
	static struct cidr two[2];

	no_answer_outside(f);
	two[0] = made_net("10.90.17.2/32");
	two[1] = made_net("fd5a:17::2/128");
	f->config[END_NEAR].peers[0].handshake_wall_ns = WALL_NS - 3600 * NS_PER_S;
	f->config[END_NEAR].peers[0].keepalive_s = 0;
	f->config[END_NEAR].peers[0].allowed = two;
	f->config[END_NEAR].peers[0].n_allowed = 2;
	f->handshake.age_ns = 3600 * NS_PER_S;
}

/* A server of ours that we hold the way open to. */
static void silent_kept_open(struct facts *f)
{
	asleep(f);
	f->config[END_NEAR].peers[0].keepalive_s = 25;
}

/* With several that is a hub's habit. */
static void asleep_kept_open(struct facts *f)
{
	static struct peer_config two[2];

	silent_kept_open(f);
	two[0] = f->config[END_NEAR].peers[0];
	two[1] = (struct peer_config){ .key = { { 9 } }, .asked_ns = UNKNOWN };
	f->target.peer = two[0].key;
	f->config[END_NEAR].peers = two;
	f->config[END_NEAR].n_peers = 2;
}

/* And the file says so: it has to come by itself. */
static struct intended_peer file_peers[1];
static void asleep_by_file(struct facts *f)
{
	asleep(f);
	file_peers[0] =
		(struct intended_peer){ .key = f->config[END_NEAR].peers[0].key, .has_psk = true };
	f->intended = (struct intended_facts){ .listen_port = UNKNOWN,
					       .fwmark = UNKNOWN,
					       .mtu = UNKNOWN,
					       .peers = file_peers,
					       .n_peers = 1 };
	file_peers[0].allowed = f->config[END_NEAR].peers[0].allowed;
	file_peers[0].n_allowed = f->config[END_NEAR].peers[0].n_allowed;
	facts_have(f, NEED_INTENDED);
}

/* The user said --peer. */
static void named(struct facts *f)
{
	f->target.peer = f->config[END_NEAR].peers[0].key;
	f->target.peer_required = true;
}

static void asleep_by_file_named(struct facts *f)
{
	asleep_by_file(f);
	named(f);
}

static void asleep_by_file_address_named(struct facts *f)
{
	asleep_by_file(f);
	targets[0].how = TARGET_GIVEN;
}

/* By the file it is somewhere, and it must answer there. */
static void silent_by_file(struct facts *f)
{
	asleep_by_file(f);
	file_peers[0].endpoint = "192.0.2.20:23456";
}

/* That endpoint was learned, and saved. */
static void asleep_and_saved(struct facts *f)
{
	silent_by_file(f);
	f->intended.saved = true;
}

/* A few seconds ago it was there. */
static void just_heard_by_file(struct facts *f)
{
	asleep_by_file(f);
	f->config[END_NEAR].peers[0].handshake_wall_ns = WALL_NS - 170 * NS_PER_S;
}

/* What the far end sent came, and not from the socket that was asked. */
static void answered_from_elsewhere(struct facts *f)
{
	static struct attempt_facts asked;

	no_answer_outside(f);
	asked = (struct attempt_facts){ .by = END_NEAR, .outcome = ATTEMPT_ANSWERED };
	ip_addr_parse("198.51.100.2", &asked.to.addr);
	ip_addr_parse("198.51.100.130", &asked.answer.addr);
	f->handshakes.list = &asked;
	f->handshakes.n = 1;
}

static void never_came(struct facts *f)
{
	no_answer_outside(f);
	f->config[END_NEAR].peers[0].endpoint = (struct endpoint){ 0 };
}

/* What was sent while it was waited for belonged to no peer; what was sent later did. */
static void handshake_later(struct facts *f)
{
	no_answer_outside(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 1;
	f->taps[TAP_NEAR_WIRE].msgs[TAP_IN][WG_MSG_RESPONSE] = 1;
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns + 7 * NS_PER_S;
}

static void handshake_later_and_often(struct facts *f)
{
	handshake_later(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
}

/* Of a run before this one. */
static void handshake_of_before(struct facts *f)
{
	handshake_later(f);
	f->crypto[END_NEAR].last_handshake_wall_ns = f->started_wall_ns - 200 * NS_PER_S;
}

/* They came back, and never saw the tunnel. */
static void pings_beside(struct facts *f)
{
	attached(f);
	targets[0].answered = ANSWERED_NONE;
	f->ping_peer.dev_is_tun = 0;
}

static struct endpoint file_address;

static void name_not_resolved(struct facts *f)
{
	silent_by_file(f);
	never_came(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 0;
	file_peers[0].endpoint = "vpn.example.org:51820";
}

static void name_resolved(struct facts *f)
{
	name_not_resolved(f);
	file_peers[0].resolved = &file_address;
	file_peers[0].n_resolved = 1;
}

/* As run_attach() leaves it when nothing can be sent. */
static void blocked(struct facts *f, const char *why)
{
	static const enum need unsent[] = { NEED_PING_PEER, NEED_PING_SELF, NEED_SIZES,
					    NEED_LOSS_UP,   NEED_LOSS_DOWN, NEED_HANDSHAKE };
	struct tap_facts *t = &f->taps[TAP_NEAR_WIRE];
	size_t i;

	attached(f);
	for (i = 0; i < ARRAY_LEN(unsent); i++)
		facts_gap(f, unsent[i], why, NULL);
	memset(t->msgs, 0, sizeof(t->msgs));
	f->ping_peer = f->ping_self = (struct ping_facts){ .sent = UNKNOWN, .received = UNKNOWN };
	f->n_inner_targets = 0;
	f->handshake = (struct handshake_facts){ .age_ns = UNKNOWN, .response_ns = UNKNOWN };
	f->crypto[END_NEAR].sealed = f->crypto[END_NEAR].opened = 0;
	f->crypto[END_NEAR].tx_bytes = f->crypto[END_NEAR].rx_bytes = 0;
}

static void no_peer(struct facts *f)
{
	blocked(f, "no peer is configured");
	f->config[END_NEAR].n_peers = 0;
	f->n_paths = 0;
	f->crypto[END_NEAR].known = false;
}

static void no_allowed(struct facts *f)
{
	blocked(f, "the peer's allowed IPs are empty: nothing can be sent to it");
	f->config[END_NEAR].peers[0].n_allowed = 0;
}

static void no_key(struct facts *f)
{
	blocked(f, "the engine has no private key");
	f->config[END_NEAR].has_private_key = 0;
}

static void tun_down(struct facts *f)
{
	blocked(f, "the tunnel's interface is down");
	f->tun[END_NEAR].start.up = f->tun[END_NEAR].end.up = false;
}

static void no_route_into_tun(struct facts *f)
{
	silent_given(f);
	f->paths[0].dev = "wgw7f3a0";
	f->paths[1].dev = "wgw7f3a0";
	f->ping_peer.dev_is_tun = 0;
}

/* The address that was named is nobody's here. */
static void wrong_here(struct facts *f)
{
	silent_given(f);
	f->config[END_NEAR].peers[0].allowed[0] = made_net("10.90.18.0/24");
}

static void ends_disagree(struct facts *f)
{
	silent_given(f);
	facts_have(f, NEED_CONFIG_FAR);
	f->config[END_FAR].peers[0].allowed[0] = made_net("10.90.18.0/24");
}

/* Two faults that do not explain each other: the second is not known to be ours. */
static void wrong_here_and_silent(struct facts *f)
{
	no_answer_outside(f);
	targets[0].how = TARGET_GIVEN;
	f->config[END_NEAR].peers[0].allowed[0] = made_net("10.90.18.0/24");
}

/* As run_attach() leaves it: there is nobody to send to. */
static void never_came_unasked(struct facts *f)
{
	blocked(f, "the peer has no endpoint yet: it has to come first");
	facts_have(f, NEED_HANDSHAKE);
	f->config[END_NEAR].peers[0].endpoint = (struct endpoint){ 0 };
	f->config[END_NEAR].peers[0].handshake_wall_ns = 0;
	f->n_paths = 0;
}

static void never_came_named(struct facts *f)
{
	never_came_unasked(f);
	named(f);
}

static void hub(struct facts *f)
{
	static struct peer_config peers[4];
	unsigned i;

	attached(f);
	peers[0] = f->config[END_NEAR].peers[0];
	f->target.peer = peers[0].key;
	for (i = 1; i < ARRAY_LEN(peers); i++)
		peers[i] = (struct peer_config){ .key = { { (uint8_t)i, 9 } },
						 .handshake_end_wall_ns = UNKNOWN,
						 .asked_ns = UNKNOWN };
	peers[1].handshake_wall_ns = WALL_NS - 100 * NS_PER_S;
	peers[2].handshake_wall_ns = WALL_NS - 181 * NS_PER_S;
	f->config[END_NEAR].peers = peers;
	f->config[END_NEAR].n_peers = ARRAY_LEN(peers);
}

static void asleep_and_named(struct facts *f)
{
	asleep(f);
	named(f);
}

static void asleep_and_another_required(struct facts *f)
{
	asleep(f);
	f->target.required = f->config[END_NEAR].peers[0].key;
	f->target.required.b[0] ^= 1;
}

static void never_came_and_required(struct facts *f)
{
	never_came(f);
	f->target.required = f->config[END_NEAR].peers[0].key;
}

/* --ping of what it alone has. */
static void never_came_and_pinged(struct facts *f)
{
	never_came_unasked(f);
	f->n_inner_targets = 0;
	f->ping_peer.target = (struct ip_addr){ 0 };
	f->target.ping = f->config[END_NEAR].peers[0].allowed[0].addr;
}

/* --ping of what nobody has, where nobody is there. */
static void never_came_and_nobodys(struct facts *f)
{
	never_came_and_pinged(f);
	if (!ip_addr_parse("198.51.100.77", &f->target.ping))
		fail();
}

static void came_and_required(struct facts *f)
{
	attached(f);
	f->target.all_required = true;
	f->config[END_NEAR].peers[0].endpoint = (struct endpoint){ 0 };
}

/* Peers 2 and 3 are silent; nothing can be sent to 3. */
static void hub_all(struct facts *f)
{
	hub(f);
	f->target.all_required = true;
	f->config[END_NEAR].peers[2].endpoint = f->config[END_NEAR].peers[0].endpoint;
}

static void hub_all_have_endpoints(struct facts *f)
{
	hub_all(f);
	f->config[END_NEAR].peers[3].endpoint = f->config[END_NEAR].peers[0].endpoint;
}

static void hub_all_heard(struct facts *f)
{
	hub_all(f);
	f->config[END_NEAR].peers[2].handshake_wall_ns = WALL_NS - 180 * NS_PER_S;
	f->config[END_NEAR].peers[3].handshake_wall_ns = WALL_NS;
}

static void hub_one(struct facts *f, unsigned i)
{
	hub(f);
	f->target.required = f->config[END_NEAR].peers[i].key;
}

static void hub_one_online(struct facts *f)
{
	hub_one(f, 1);
}

static void hub_one_silent(struct facts *f)
{
	hub_one(f, 2);
}

static void hub_one_never(struct facts *f)
{
	hub_one(f, 3);
}

static void hub_untold(struct facts *f)
{
	hub_all(f);
	f->config[END_NEAR].peers[3].handshake_wall_ns = UNKNOWN;
	f->config[END_NEAR].peers[2].handshake_wall_ns = WALL_NS;
}

/* --- others that were asked --- */

static struct cidr single, network;

/* Peer 2, heard once, at a learnt endpoint of its own; and asked in vain. */
static struct peer_config *asked_in_vain(struct facts *f)
{
	struct peer_config *p;

	hub(f);
	p = &f->config[END_NEAR].peers[2];
	assert_true(cidr_parse("10.0.0.9/32", &single));
	assert_true(cidr_parse("10.9.0.0/16", &network));
	assert_true(ip_addr_parse("192.0.2.77", &p->endpoint.addr));
	p->endpoint.port = 51820;
	p->allowed = &single;
	p->n_allowed = 1;
	p->handshake_end_wall_ns = p->handshake_wall_ns;
	p->asked_ns = 22 * NS_PER_S;
	return p;
}

static void asked_roams(struct facts *f)
{
	asked_in_vain(f);
}

static void asked_keepalive(struct facts *f)
{
	asked_in_vain(f)->keepalive_s = 25;
}

static void asked_never_heard(struct facts *f)
{
	struct peer_config *p = asked_in_vain(f);

	p->handshake_wall_ns = p->handshake_end_wall_ns = 0;
	p->allowed = &network;
}

/* Of a hub whose clients were saved, after a restart. */
static void asked_never_heard_single(struct facts *f)
{
	asked_never_heard(f);
	f->config[END_NEAR].peers[2].allowed = &single;
}

static void asked_kept_open_site(struct facts *f)
{
	asked_keepalive(f);
	f->config[END_NEAR].peers[2].allowed = &network;
}

static void asked_never_heard_v6(struct facts *f)
{
	asked_never_heard(f);
	assert_true(ip_addr_parse("2001:db8::7", &f->config[END_NEAR].peers[2].endpoint.addr));
}

static void asked_site(struct facts *f)
{
	asked_in_vain(f)->allowed = &network;
}

static void asked_and_came(struct facts *f)
{
	struct peer_config *p = asked_in_vain(f);

	p->keepalive_s = 25;
	p->handshake_end_wall_ns = WALL_NS + NS_PER_S;
}

static void asked_not_long(struct facts *f)
{
	asked_never_heard(f);
	f->config[END_NEAR].peers[2].asked_ns = 6 * NS_PER_S - 1;
}

/* Of two initiations both may be lost. */
static void asked_twice(struct facts *f)
{
	asked_never_heard(f);
	f->config[END_NEAR].peers[2].asked_ns = 7 * NS_PER_S;
}

static void asked_nearly_surely(struct facts *f)
{
	asked_never_heard(f);
	f->config[END_NEAR].peers[2].asked_ns = 21800 * NS_PER_MS;
}

/* 14 % is lost each way: of five handshakes all with 0.1 %. */
static void asked_and_loss(struct facts *f)
{
	asked_never_heard(f);
	facts_have(f, NEED_LOSS_UP);
	facts_have(f, NEED_LOSS_DOWN);
	f->loss_up.sent = f->loss_down.sent = 200;
	f->loss_up.lost = f->loss_down.lost = 28;
}

static void asked_and_less_loss(struct facts *f)
{
	asked_and_loss(f);
	f->loss_up.lost = f->loss_down.lost = 26;
}

static void asked_and_pings_lost(struct facts *f)
{
	asked_never_heard(f);
	f->ping_peer.sent = 10;
	f->ping_peer.received = 7;
}

static void asked_and_no_pings(struct facts *f)
{
	asked_and_pings_lost(f);
	f->ping_peer.received = 0;
	f->inner_targets[0].answered = ANSWERED_TCP;
	f->inner_targets[0].from = f->inner_targets[0].addr;
}

static void asked_and_handshakes_lost(struct facts *f)
{
	asked_never_heard(f);
	f->taps[TAP_NEAR_WIRE].msgs[TAP_OUT][WG_MSG_INITIATION] = 2;
	f->handshake.response_ns = 5100 * NS_PER_MS;
}

static void asked_and_rekeys(struct facts *f)
{
	asked_and_handshakes_lost(f);
	f->handshake.response_ns = 20 * NS_PER_MS;
}

static void asked_then_not_told(struct facts *f)
{
	asked_never_heard(f);
	f->config[END_NEAR].peers[2].handshake_end_wall_ns = UNKNOWN;
}

static void asked_at_a_shared_endpoint(struct facts *f)
{
	struct peer_config *p;

	asked_never_heard(f);
	p = f->config[END_NEAR].peers;
	p[1].endpoint = p[2].endpoint;
}

static void asked_and_required(struct facts *f)
{
	asked_at_a_shared_endpoint(f);
	f->target.required = f->config[END_NEAR].peers[2].key;
}

static struct intended_peer meant;
static struct endpoint resolved[2];

static void asked_by_file(struct facts *f, const char *endpoint, size_t addresses)
{
	struct peer_config *p = asked_in_vain(f);

	p->allowed = &network;
	meant = (struct intended_peer){
		.key = p->key, .endpoint = endpoint, .resolved = resolved, .n_resolved = addresses
	};
	resolved[0] = resolved[1] = p->endpoint;
	f->intended.file = "/etc/wireguard/wg7.conf";
	f->intended.peers = &meant;
	f->intended.n_peers = 1;
	facts_have(f, NEED_INTENDED);
}

static void asked_file_has_it(struct facts *f)
{
	asked_by_file(f, "192.0.2.77:51820", 1);
}

/* What was learned was written into it. */
static void asked_file_was_saved(struct facts *f)
{
	asked_file_has_it(f);
	f->intended.saved = true;
}

static void asked_file_was_saved_without(struct facts *f)
{
	asked_by_file(f, NULL, 0);
	f->intended.saved = true;
}

static void asked_file_has_two(struct facts *f)
{
	asked_by_file(f, "vpn.example.org:51820", 2);
}

static void asked_file_has_none(struct facts *f)
{
	asked_by_file(f, NULL, 0);
}

/* The others are there; that one could not be asked. */
static void could_not_be_asked(struct facts *f)
{
	struct peer_config *p = asked_in_vain(f);

	p->asked_ns = UNKNOWN;
	p->handshake_wall_ns = p->handshake_end_wall_ns = 0;
	p->not_asked = "10.0.0.9 is not routed into wg0";
}

static void could_not_and_required(struct facts *f)
{
	could_not_be_asked(f);
	f->target.required = f->config[END_NEAR].peers[2].key;
}

static void all_asked_and_came(struct facts *f)
{
	struct peer_config *p;

	asked_and_came(f);
	p = f->config[END_NEAR].peers;
	f->target.all_required = true;
	p[3].endpoint = p[2].endpoint;
	p[3].asked_ns = 7 * NS_PER_S;
	p[3].handshake_end_wall_ns = WALL_NS + NS_PER_S;
}

static void not_told(struct facts *f)
{
	attached(f);
	facts_gap(f, NEED_CONFIG, "it has no control socket", NULL);
}

static void not_told_and_required(struct facts *f)
{
	not_told(f);
	f->target.all_required = true;
}

/* How often the log that was given is among the evidence of a row. */
static int told(const struct findings *all, const char *id)
{
	const struct evidence *ev;
	int n = 0;

	for (ev = made_row(all, id)->evidence; ev; ev = ev->next)
		n += !strcmp(ev->source, "log") &&
		     strstr(ev->text, "in the log given: 2 × ") != NULL;
	return n;
}

/* A log stands beside what does not work, and never beside what does. */
static void a_log_given(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		int handshake, data;
	} cases[] = {
		{ attached, 0, 0 },
		{ silent_given, 0, 1 },
		{ no_answer_outside, 1, 1 },
	};
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		f.engine[END_NEAR].log_file = "vpn.log";
		f.engine[END_NEAR].log_says[ENGINE_LOG_RESPONSE] = 2;
		checks_run(&f, NULL, &all);
		assert_int_equal(told(&all, "handshake.complete"), cases[i].handshake);
		assert_int_equal(told(&all, "data.both-ways"), cases[i].data);
		assert_int_equal(told(&all, "tun.framing"), 0);
		arena_done(&a);
	}
}

static const struct {
	const char *id;
	struct check_case c;
} rows[] = {
	{ "engine.start", { "runs", attached, STATE_NA, "it runs already", NULL } },
	{ "engine.answers", { "answers", attached, STATE_PASS, "answered in", NULL } },
	{ "host.state", { "as before", attached, STATE_PASS, NULL, NULL } },
	{ "crypto.rejects",
	  { "far end not seen", attached, STATE_PASS, "far end not seen", NULL } },
	{ "underlay.out", { "out", attached, STATE_PASS, "and the far end answers", NULL } },
	{ "underlay.back", { "back", attached, STATE_PASS, "of the far end arrived", NULL } },
	{ "underlay.out",
	  { "out, no answer", no_answer_outside, STATE_UNSURE, "is not seen from here", NULL } },
	{ "underlay.back",
	  { "no answer", no_answer_outside, STATE_FAIL, "nothing of the far end came back",
	    NULL } },
	{ "underlay.back",
	  { "answered from elsewhere", answered_from_elsewhere, STATE_PASS,
	    "answers of the far end arrived on", NULL } },
	{ "underlay.out",
	  { "back by another way", back_elsewhere, STATE_PASS, "by another way", NULL } },
	{ "underlay.back",
	  { "back by another way", back_elsewhere, STATE_SKIP, "not watched", NULL } },
	{ "loss.down", { "back by another way", back_elsewhere, STATE_SKIP, "not watched", NULL } },
	{ "loss.up", { "back by another way", back_elsewhere, STATE_PASS, "all 200", NULL } },
	{ "underlay.out", { "elsewhere", all_elsewhere, STATE_SKIP, "not watched", NULL } },
	{ "underlay.back", { "elsewhere", all_elsewhere, STATE_SKIP, "not watched", NULL } },
	{ "underlay.link", { "elsewhere", all_elsewhere, STATE_NA, "do not go by", NULL } },
	{ "underlay.out",
	  { "moved", peer_moved, STATE_PASS, "and the peer moved to 192.0.2.9:4321 during",
	    NULL } },
	{ "underlay.back",
	  { "moved", peer_moved, STATE_SKIP, "not watched: the peer moved to 192.0.2.9:4321",
	    NULL } },
	{ "loss.down",
	  { "moved", peer_moved, STATE_SKIP, "not watched: the peer moved to 192.0.2.9:4321",
	    NULL } },
	{ "underlay.link", { "moved", peer_moved, STATE_PASS, NULL, NULL } },
	{ "underlay.out",
	  { "had moved", peer_had_moved, STATE_SKIP,
	    "not watched: the peer moved to 192.0.2.9:4321", NULL } },
	{ "underlay.back", { "had moved", peer_had_moved, STATE_SKIP, "the peer moved to", NULL } },
	{ "underlay.link", { "had moved", peer_had_moved, STATE_NA, "the peer moved to", NULL } },
	{ "underlay.gateway",
	  { "had moved", peer_had_moved, STATE_NA, "the peer moved to", NULL } },
	{ "underlay.path", { "had moved", peer_had_moved, STATE_NA, "the peer moved to", NULL } },
	{ "route.endpoint", { "had moved", peer_had_moved, STATE_NA, "the peer moved to", NULL } },
	{ "tun.mtu", { "had moved", peer_had_moved, STATE_SKIP, "1420; the peer moved to", NULL } },
	{ "underlay.out",
	  { "second address", from_second_address, STATE_PASS,
	    "(from 192.0.2.77, by the route 192.0.2.1), and the far end answers", NULL } },
	{ "underlay.link", { "second address", from_second_address, STATE_PASS, NULL, NULL } },
	{ "underlay.out",
	  { "second address, no answer", from_second_address_unanswered, STATE_UNSURE,
	    "whether they arrive is not seen", NULL } },
	{ "underlay.out",
	  { "stray", stray, STATE_FAIL, "with the address of wlan0, 192.0.2.77, and nothing",
	    NULL } },
	{ "ping.peer", { "stray", stray, STATE_FAIL, "0/10", "underlay.out" } },
	{ "loss.down", { "stray", stray, STATE_SKIP, "was not seen", "underlay.out" } },
	{ "underlay.out", { "stray, guessed", stray_guess, STATE_WARN, "of wlan0", NULL } },
	{ "underlay.out", { "stray, and dead", stray_and_dead, STATE_WARN, "of wlan0", NULL } },
	{ "underlay.out", { "stray, all of it", stray_all, STATE_WARN, "of wlan0", NULL } },
	{ "underlay.out",
	  { "stray, the tunnel's own", stray_of_tunnel, STATE_FAIL, "with the address of wgd7f3a0",
	    NULL } },
	{ "underlay.out",
	  { "the tunnel's own, guessed", stray_of_tunnel_guess, STATE_WARN, "of wgd7f3a0", NULL } },
	{ "underlay.out",
	  { "the tunnel's own, and dead", stray_of_tunnel_and_dead, STATE_WARN, "of wgd7f3a0",
	    NULL } },
	{ "underlay.out",
	  { "stray, but answered", stray_and_answered, STATE_PASS, "of them from", NULL } },
	{ "underlay.out", { "an address of lo", stray_of_lo, STATE_PASS, "of lo", NULL } },
	{ "underlay.out", { "stray, gaps", stray_and_gaps, STATE_PASS, "of wlan0", NULL } },
	{ "underlay.out",
	  { "sent, unseen", sent_unseen, STATE_UNSURE, "it takes another link", NULL } },
	{ "underlay.out",
	  { "by a rule for ports", sent_by_ports, STATE_UNSURE,
	    "another link (by a rule for its ports: wlan0), or", NULL } },
	{ "underlay.out",
	  { "by a rule for a source", sent_by_source, STATE_UNSURE,
	    "another link (by a rule for 192.0.2.77 as source: wlan0), or", NULL } },
	{ "underlay.out",
	  { "elsewhere, named", elsewhere_by_source, STATE_SKIP,
	    "(by a rule for 192.0.2.77 as source: wlan0), and answers", NULL } },
	{ "underlay.back",
	  { "sent, unseen", sent_unseen, STATE_SKIP, "and nothing left by it", NULL } },
	{ "underlay.out",
	  { "sent and received, unseen", sent_and_received_unseen, STATE_SKIP,
	    "the engine receives", NULL } },
	{ "underlay.out",
	  { "sent, unseen, gaps", sent_unseen_and_gaps, STATE_UNSURE, "with gaps", NULL } },
	{ "underlay.out", { "none sent", none_sent, STATE_SKIP, "nothing was sent", NULL } },
	{ "underlay.out",
	  { "sent, not counted", sent_not_counted, STATE_SKIP, "nothing left by", NULL } },
	{ "ping.peer", { "busy", busy, STATE_WARN, "while 1", NULL } },
	{ "ping.peer", { "busy, and worse", busy_and_worse, STATE_FAIL, "11.0 % lost", NULL } },
	{ "ping.peer", { "busy, by queue", busy_by_queue, STATE_WARN, "213 dropped", NULL } },
	{ "ping.peer",
	  { "busy, half by queue", busy_and_half_by_queue, STATE_FAIL, "213 dropped", NULL } },
	{ "ping.peer", { "idle, by queue", idle_by_queue, STATE_FAIL, "13 dropped", NULL } },
	{ "ping.peer", { "little load", little_load, STATE_FAIL, "10.0 % lost", NULL } },
	{ "tun.mtu",
	  { "elsewhere", all_elsewhere, STATE_SKIP, "1420; the link that its messages", NULL } },
	{ "tun.mtu",
	  { "no route", socket_elsewhere, STATE_SKIP, "1420; the link that its messages", NULL } },
	{ "handshake.complete",
	  { "no answer", no_answer_outside, STATE_FAIL, "2 initiations", "underlay.back" } },
	{ "handshake.complete", { "a client that sleeps", asleep, STATE_NA, "offline", NULL } },
	{ "handshake.complete",
	  { "a server, kept open", silent_kept_open, STATE_FAIL, "2 initiations",
	    "underlay.back" } },
	{ "handshake.complete",
	  { "a client, kept open", asleep_kept_open, STATE_NA, "offline", NULL } },
	{ "handshake.complete",
	  { "its endpoint was saved", asleep_and_saved, STATE_NA, "offline", NULL } },
	{ "ping.peer", { "sleeps", asleep, STATE_UNSURE, "if its endpoint was learned", NULL } },
	{ "ping.peer", { "sleeps, by the file", asleep_by_file, STATE_NA, "offline", NULL } },
	{ "data.both-ways", { "sleeps, by the file", asleep_by_file, STATE_NA, "offline", NULL } },
	{ "handshake.complete",
	  { "has an endpoint, by the file", silent_by_file, STATE_FAIL, "2 initiations",
	    "underlay.back" } },
	{ "data.both-ways", { "never came", never_came_unasked, STATE_NA, "offline", NULL } },
	{ "handshake.complete", { "never came", never_came, STATE_NA, "never heard", NULL } },
	{ "handshake.complete",
	  { "never came, and its address is named", never_came_and_pinged, STATE_FAIL,
	    "has to come first", NULL } },
	{ "config.allowed-ips",
	  { "never came, and its address is named", never_came_and_pinged, STATE_PASS, NULL,
	    NULL } },
	{ "config.allowed-ips",
	  { "never came, nobody's is named", never_came_and_nobodys, STATE_FAIL,
	    "198.51.100.77 is in no peer's allowed IPs", NULL } },
	{ "handshake.complete",
	  { "never came, nobody's is named", never_came_and_nobodys, STATE_NA, "never heard",
	    NULL } },
	{ "handshake.complete",
	  { "after the wait", handshake_later, STATE_PASS, "but later in the run", NULL } },
	{ "handshake.complete",
	  { "after the wait, by the second", handshake_later_and_often, STATE_WARN,
	    "but later in the run", NULL } },
	{ "handshake.complete",
	  { "responses that were not accepted", handshake_of_before, STATE_FAIL,
	    "1 responses came back and none was accepted", NULL } },
	{ "data.both-ways",
	  { "pings beside the tunnel", pings_beside, STATE_UNSURE, "that was guessed", NULL } },
	{ "handshake.complete",
	  { "its name was not resolved", name_not_resolved, STATE_FAIL,
	    "vpn.example.org, the endpoint of [Peer] IiIi…iI= in the file, was not resolved",
	    NULL } },
	{ "handshake.complete",
	  { "its name was, and it has no endpoint all the same", name_resolved, STATE_FAIL,
	    "has no endpoint", NULL } },
	{ "config.keys", { "no peer", no_peer, STATE_FAIL, "none is configured", NULL } },
	{ "config.allowed-ips", { "no peer", no_peer, STATE_SKIP, "no peer", "config.keys" } },
	{ "handshake.complete", { "no peer", no_peer, STATE_SKIP, "no peer", "config.keys" } },
	{ "handshake.peers", { "no peer", no_peer, STATE_NA, "there is no peer", NULL } },
	{ "crypto.rejects", { "no peer", no_peer, STATE_SKIP, "no peer", "config.keys" } },
	{ "underlay.gateway", { "no peer", no_peer, STATE_SKIP, "is not known", NULL } },
	{ "underlay.back", { "no peer", no_peer, STATE_SKIP, "nothing was sent", NULL } },
	{ "config.allowed-ips",
	  { "no allowed IPs", no_allowed, STATE_FAIL, "has no allowed IPs", NULL } },
	{ "handshake.complete",
	  { "no allowed IPs", no_allowed, STATE_SKIP, "empty", "config.allowed-ips" } },
	{ "data.both-ways",
	  { "no allowed IPs", no_allowed, STATE_SKIP, "empty", "config.allowed-ips" } },
	{ "tun.address", { "down", tun_down, STATE_FAIL, "wgd7f3a0 is down", NULL } },
	{ "handshake.complete", { "down", tun_down, STATE_SKIP, "is down", "tun.address" } },
	{ "handshake.peers", { "one", attached, STATE_NA, "there is one peer", NULL } },
	{ "handshake.peers",
	  { "hub", hub, STATE_PASS, "of 3 others 1 heard within 180 s, 2 offline (1 never",
	    NULL } },
	{ "handshake.complete",
	  { "asleep, and named", asleep_and_named, STATE_FAIL, "2 initiations", "underlay.back" } },
	{ "handshake.complete",
	  { "asleep, another is required", asleep_and_another_required, STATE_NA, "offline",
	    NULL } },
	{ "handshake.complete",
	  { "never came, and required", never_came_and_required, STATE_FAIL,
	    "must be there, and it was never heard", "underlay.back" } },
	{ "handshake.complete",
	  { "came, and required", came_and_required, STATE_PASS, NULL, NULL } },
	{ "handshake.peers",
	  { "all required", hub_all, STATE_FAIL,
	    "must be there, and it was never heard and has no endpoint", NULL } },
	{ "handshake.peers",
	  { "all required, and could be asked", hub_all_have_endpoints, STATE_UNSURE,
	    "not heard within 180 s (and 1 more); it was not asked", NULL } },
	{ "handshake.peers",
	  { "border: all required, all heard", hub_all_heard, STATE_PASS,
	    "all 3 others heard within 180 s", NULL } },
	{ "handshake.peers", { "one required, there", hub_one_online, STATE_PASS, "of 3", NULL } },
	{ "handshake.peers",
	  { "one required, silent", hub_one_silent, STATE_UNSURE, "not heard within 180 s; it",
	    NULL } },
	{ "handshake.peers",
	  { "one required, never heard", hub_one_never, STATE_FAIL, "has no endpoint", NULL } },
	{ "handshake.peers",
	  { "all required, one not told", hub_untold, STATE_UNSURE, "is not told", NULL } },
	{ "handshake.peers",
	  { "gap: required, not told", not_told_and_required, STATE_SKIP, "no control socket",
	    NULL } },
	{ "handshake.peers",
	  { "asked: a client that is gone", asked_roams, STATE_PASS, "1 heard within 180 s, 2 off",
	    NULL } },
	{ "handshake.peers",
	  { "asked: kept open", asked_keepalive, STATE_UNSURE,
	    "(192.0.2.77:51820) was asked and did not answer within 22.0 s; it was heard before, "
	    "and may come and go",
	    NULL } },
	{ "handshake.peers",
	  { "asked: a network, kept open", asked_kept_open_site, STATE_UNSURE, "may come and go",
	    NULL } },
	{ "handshake.peers",
	  { "asked: configured", asked_never_heard, STATE_FAIL,
	    "(192.0.2.77:51820) was asked and did not answer within 22.0 s", NULL } },
	{ "handshake.peers",
	  { "asked: configured, or saved", asked_never_heard_single, STATE_UNSURE,
	    "learned and saved, of a client", NULL } },
	{ "handshake.peers",
	  { "asked: configured, IPv6", asked_never_heard_v6, STATE_FAIL,
	    "([2001:db8::7]:51820) was asked", NULL } },
	{ "handshake.peers",
	  { "asked: a network that was heard once", asked_site, STATE_UNSURE, "may come and go",
	    NULL } },
	{ "handshake.peers",
	  { "asked: it came", asked_and_came, STATE_PASS, "2 heard within 180 s, 1 offline (1",
	    NULL } },
	{ "handshake.peers",
	  { "border: not waited for long enough", asked_not_long, STATE_PASS, "2 offline", NULL } },
	{ "handshake.peers",
	  { "asked: two may be lost", asked_twice, STATE_UNSURE,
	    "within 7.0 s; that is too short, if its path loses messages", NULL } },
	{ "handshake.peers",
	  { "border: four may be lost", asked_nearly_surely, STATE_UNSURE, "too short", NULL } },
	{ "handshake.peers",
	  { "asked: the probed one loses too", asked_and_loss, STATE_UNSURE,
	    "handshakes with the peer that is probed are lost too (26.1 %)", NULL } },
	{ "handshake.peers",
	  { "border: a little less", asked_and_less_loss, STATE_FAIL, "within 22.0 s", NULL } },
	{ "handshake.peers",
	  { "asked: its pings too", asked_and_pings_lost, STATE_UNSURE, "lost too (30.0 %)",
	    NULL } },
	{ "handshake.peers",
	  { "border: it answers no pings", asked_and_no_pings, STATE_FAIL, "within 22.0 s",
	    NULL } },
	{ "handshake.peers",
	  { "asked: its handshakes too", asked_and_handshakes_lost, STATE_UNSURE,
	    "lost too (50.0 %)", NULL } },
	{ "handshake.peers",
	  { "border: it has rekeys", asked_and_rekeys, STATE_FAIL, "within 22.0 s", NULL } },
	{ "handshake.peers",
	  { "asked, and then not told", asked_then_not_told, STATE_PASS, "2 offline", NULL } },
	{ "handshake.peers",
	  { "asked: an old key of one that is there", asked_at_a_shared_endpoint, STATE_PASS,
	    "2 offline", NULL } },
	{ "handshake.peers",
	  { "asked: the same, and required", asked_and_required, STATE_FAIL, "was asked", NULL } },
	{ "handshake.peers",
	  { "asked: in the file", asked_file_has_it, STATE_FAIL, "was asked and did not", NULL } },
	{ "handshake.peers",
	  { "asked: saved into the file", asked_file_was_saved, STATE_UNSURE, "may come and go",
	    NULL } },
	{ "handshake.peers",
	  { "asked: a saved file without", asked_file_was_saved_without, STATE_PASS, "2 offline",
	    NULL } },
	{ "handshake.peers",
	  { "asked: two addresses in the file", asked_file_has_two, STATE_UNSURE,
	    "has 2 addresses, and one was tried", NULL } },
	{ "handshake.peers",
	  { "asked: no endpoint in the file", asked_file_has_none, STATE_PASS, "2 offline",
	    NULL } },
	{ "handshake.peers",
	  { "could not be asked", could_not_be_asked, STATE_PASS,
	    "could not be asked: 10.0.0.9 is not routed into wg0", NULL } },
	{ "handshake.peers",
	  { "could not be asked, and required", could_not_and_required, STATE_UNSURE,
	    "it was not asked: 10.0.0.9 is not", NULL } },
	{ "handshake.peers",
	  { "all required, asked, and came", all_asked_and_came, STATE_PASS,
	    "all 3 others heard within 180 s", NULL } },
	{ "ping.peer", { "answers", attached, STATE_PASS, "answered", NULL } },
	{ "ping.peer",
	  { "guessed, silent", silent_guess, STATE_UNSURE, "nobody said that it must", NULL } },
	{ "ping.peer", { "given, silent", silent_given, STATE_FAIL, "100 % lost", NULL } },
	{ "ping.peer", { "TCP", only_tcp, STATE_PASS, "answers no ping, but", NULL } },
	{ "data.both-ways", { "pings", attached, STATE_PASS, "come back whole", NULL } },
	{ "data.both-ways", { "TCP", only_tcp, STATE_PASS, "through the tunnel (TCP)", NULL } },
	{ "data.both-ways",
	  { "TCP, of a firewall here", tcp_from_here, STATE_UNSURE, "that was guessed", NULL } },
	{ "data.both-ways", { "guessed", silent_guess, STATE_UNSURE, "that was guessed", NULL } },
	{ "data.both-ways",
	  { "given", silent_given, STATE_FAIL, "nothing came back", "ping.peer" } },
	{ "loss.up", { "all answered", attached, STATE_PASS, "all 200 probes were", NULL } },
	{ "loss.up",
	  { "some not", some_unanswered, STATE_UNSURE, "20 of 200 probes not answered", NULL } },
	{ "loss.up",
	  { "lost on the way back", unanswered_and_lost_on_the_way_back, STATE_PASS,
	    "as many lost on the way back", NULL } },
	{ "echo.reply", { "not here", attached, STATE_SKIP, "not on this machine", NULL } },
};

static void each_row(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("# %s: %s\n", rows[i].id, rows[i].c.name);
		check_cases_run(rows[i].id, &rows[i].c, 1);
	}
}

struct whole_case {
	void (*change)(struct facts *f);
	enum state state;
	enum side side; /* SIDE_NONE: not asked */
};

static void the_whole(void **state)
{
	static const struct whole_case cases[] = {
		{ asleep_by_file, STATE_PASS, SIDE_NONE },
		{ asleep_by_file_named, STATE_FAIL, SIDE_UNKNOWN },
		{ asleep_by_file_address_named, STATE_FAIL, SIDE_UNKNOWN },
		{ silent_by_file, STATE_FAIL, SIDE_UNKNOWN },
		{ just_heard_by_file, STATE_FAIL, SIDE_UNKNOWN },
		{ never_came_unasked, STATE_PASS, SIDE_NONE },
		{ never_came_named, STATE_FAIL, SIDE_UNKNOWN },
		{ no_route_into_tun, STATE_FAIL, SIDE_LOCAL },
		{ wrong_here, STATE_FAIL, SIDE_LOCAL },
		{ ends_disagree, STATE_FAIL, SIDE_UNKNOWN },
		/* Two faults, of which only the first has a cause. */
		{ wrong_here_and_silent, STATE_FAIL, SIDE_NONE },
		{ no_peer, STATE_FAIL, SIDE_LOCAL },
		{ no_allowed, STATE_FAIL, SIDE_LOCAL },
		{ no_key, STATE_FAIL, SIDE_LOCAL },
		{ tun_down, STATE_FAIL, SIDE_LOCAL },
		{ attached, STATE_PASS, SIDE_NONE },
		{ hub, STATE_PASS, SIDE_NONE },
		{ only_tcp, STATE_PASS, SIDE_NONE },
		{ silent_guess, STATE_UNSURE, SIDE_NONE },
		{ silent_given, STATE_FAIL, SIDE_UNKNOWN },
		{ no_answer_outside, STATE_FAIL, SIDE_UNKNOWN },
		{ asleep, STATE_UNSURE, SIDE_NONE },
		{ back_elsewhere, STATE_PASS, SIDE_NONE },
		{ all_elsewhere, STATE_PASS, SIDE_NONE },
		{ socket_elsewhere, STATE_PASS, SIDE_NONE },
		{ from_second_address, STATE_PASS, SIDE_NONE },
		{ stray, STATE_FAIL, SIDE_LOCAL },
		{ stray_guess, STATE_UNSURE, SIDE_NONE },
		{ sent_unseen, STATE_FAIL, SIDE_UNKNOWN },
		{ busy, STATE_WARN, SIDE_NONE },
		{ busy_by_queue, STATE_WARN, SIDE_LOCAL },
		{ idle_by_queue, STATE_FAIL, SIDE_LOCAL },
		{ idle_partly_by_queue, STATE_FAIL, SIDE_UNKNOWN },
		{ asleep_and_named, STATE_FAIL, SIDE_UNKNOWN },
		{ never_came_unasked, STATE_PASS, SIDE_NONE },
		{ never_came_and_pinged, STATE_FAIL, SIDE_UNKNOWN },
		{ never_came_and_nobodys, STATE_FAIL, SIDE_LOCAL },
		{ hub_all, STATE_FAIL, SIDE_UNKNOWN },
		{ hub_all_have_endpoints, STATE_UNSURE, SIDE_NONE },
		{ hub_all_heard, STATE_PASS, SIDE_NONE },
		{ hub_one_silent, STATE_UNSURE, SIDE_NONE },
		{ hub_one_online, STATE_PASS, SIDE_NONE },
		{ hub_untold, STATE_UNSURE, SIDE_NONE },
		{ not_told, STATE_PASS, SIDE_NONE },
		{ not_told_and_required, STATE_UNSURE, SIDE_NONE },
	};
	struct findings all;
	struct verdict v;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		checks_run(&f, NULL, &all);
		verdict_of(&f, &all, &v);
		print_message("# %zu: %s %s\n", i, state_str(v.state), v.summary);
		assert_string_equal(state_str(v.state), state_str(cases[i].state));
		if (cases[i].side != SIDE_NONE)
			assert_int_equal(v.side, cases[i].side);
		arena_done(&a);
	}
}

/* What is to be typed is told, with the names of this tunnel. */
static void the_fix(void **state)
{
	static const struct {
		void (*change)(struct facts *f);
		const char *id, *command;
	} cases[] = {
		{ no_peer, "config.keys",
		  "wg set wgd7f3a0 peer KEY allowed-ips ADDRESSES endpoint HOST:PORT" },
		{ no_key, "config.keys", "wg set wgd7f3a0 private-key FILE" },
		{ no_allowed, "config.allowed-ips",
		  "wg set wgd7f3a0 peer IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI= allowed-ips "
		  "ADDRESSES" },
		{ tun_down, "tun.address", "ip link set wgd7f3a0 up" },
	};
	struct findings all;
	struct facts f;
	struct arena a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct finding *row;

		arena_init(&a);
		findings_init(&all, &a);
		made_healthy(&f);
		cases[i].change(&f);
		checks_run(&f, NULL, &all);
		row = made_row(&all, cases[i].id);
		assert_non_null(row->remedy);
		assert_int_equal(row->n_commands, 1);
		assert_string_equal(row->commands[0], cases[i].command);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(a_log_given),
		cmocka_unit_test(the_whole),
		cmocka_unit_test(the_fix),
	};

	return cmocka_run_group_tests_name("attached", tests, NULL, NULL);
}
