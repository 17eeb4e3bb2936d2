#include "model/facts.h"

#include <assert.h>
#include <string.h>

const char *const link_counter_names[] = {
	[LINK_RX_PACKETS] = "rx_packets",
	[LINK_RX_BYTES] = "rx_bytes",
	[LINK_RX_ERRORS] = "rx_errors",
	[LINK_RX_DROPPED] = "rx_dropped",
	[LINK_RX_LENGTH] = "rx_length_errors",
	[LINK_RX_OVER] = "rx_over_errors",
	[LINK_RX_CRC] = "rx_crc_errors",
	[LINK_RX_FRAME] = "rx_frame_errors",
	[LINK_RX_FIFO] = "rx_fifo_errors",
	[LINK_RX_MISSED] = "rx_missed_errors",
	[LINK_RX_NOHANDLER] = "rx_nohandler",
	[LINK_TX_PACKETS] = "tx_packets",
	[LINK_TX_BYTES] = "tx_bytes",
	[LINK_TX_ERRORS] = "tx_errors",
	[LINK_TX_DROPPED] = "tx_dropped",
	[LINK_TX_ABORTED] = "tx_aborted_errors",
	[LINK_TX_CARRIER] = "tx_carrier_errors",
	[LINK_TX_FIFO] = "tx_fifo_errors",
	[LINK_TX_HEARTBEAT] = "tx_heartbeat_errors",
	[LINK_TX_WINDOW] = "tx_window_errors",
};
static_assert(ARRAY_LEN(link_counter_names) == LINK_COUNTER_COUNT, "a link counter has no name");

const char *link_counter_str(enum link_counter c)
{
	assert(c < LINK_COUNTER_COUNT);
	return link_counter_names[c];
}

int64_t kernel_difference(const struct kernel_facts *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->n_counters; i++)
		if (!strcmp(k->counters[i].name, name))
			return count_difference(k->counters[i].before, k->counters[i].after);
	return UNKNOWN;
}

int64_t link_difference(const struct link_facts *l, enum link_counter c)
{
	return count_difference(l->before[c], l->after[c]);
}

/* interface.md, States */
static const double LOSS_FAIL = 0.01, LOSS_WARN = 0.001;

static double share_of(int64_t ppm, double usual)
{
	return ppm == UNKNOWN ? usual : (double)ppm / 1e6;
}

double loss_limit_fail(const struct loss_limits *l)
{
	return share_of(l->fail_ppm, LOSS_FAIL);
}

double loss_limit_warn(const struct loss_limits *l)
{
	double fail = loss_limit_fail(l), warn = share_of(l->warn_ppm, LOSS_WARN);

	return warn < fail ? warn : fail;
}

static void unknown(int64_t *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = UNKNOWN;
}

static void ping_init(struct ping_facts *p)
{
	p->sent = p->received = p->duplicates = p->late = p->send_errors = UNKNOWN;
	p->size = p->interval_ns = p->timeout_ns = p->elapsed_ns = UNKNOWN;
	p->min_ns = p->avg_ns = p->max_ns = p->mdev_ns = p->dev_is_tun = UNKNOWN;
}

static void tap_init(struct tap_facts *t)
{
	t->frames = t->dropped = t->truncated = t->icmp_errors = UNKNOWN;
	t->first_initiation_ns = t->first_response_ns = UNKNOWN;
	t->data_since = UNKNOWN;
	unknown(&t->msgs[0][0], TAP_DIR_COUNT * (WG_MSG_DATA + 1));
	unknown(t->keepalives, TAP_DIR_COUNT);
	unknown(t->msg_bytes, TAP_DIR_COUNT);
	unknown(t->packets, TAP_DIR_COUNT);
	unknown(t->padded_bytes, TAP_DIR_COUNT);
	unknown(t->not_ip, TAP_DIR_COUNT);
	unknown(t->shifted, TAP_DIR_COUNT);
	unknown(t->echo_requests, TAP_DIR_COUNT);
	unknown(t->echo_replies, TAP_DIR_COUNT);
	unknown(t->own_echoes, ARRAY_LEN(t->own_echoes));
	unknown(t->others, TAP_DIR_COUNT);
	unknown(t->foreign, TAP_DIR_COUNT);
	unknown(t->foreign_echoes, TAP_DIR_COUNT);
	unknown(t->unpadded, TAP_DIR_COUNT);
	unknown(t->largest, TAP_DIR_COUNT);
	t->larger = t->larger_bytes = UNKNOWN;
	t->nested = UNKNOWN;
	unknown(t->other_near, TAP_DIR_COUNT);
	t->near_port = t->near_tos = t->near_flow = UNKNOWN;
}

static void link_init(struct link_facts *l)
{
	l->running = l->running_end = l->tun_pi = UNKNOWN;
	unknown(l->before, LINK_COUNTER_COUNT);
	unknown(l->after, LINK_COUNTER_COUNT);
}

static void loss_init(struct loss_facts *l)
{
	l->probes = l->answered = l->sent = l->lost = l->duplicates = l->reordered = UNKNOWN;
	l->kept = l->capture_dropped = l->elapsed_ns = UNKNOWN;
}

static void recording_init(struct recording_facts *r)
{
	r->from_wall_ns = r->to_wall_ns = r->passed_dropped = r->counters_dropped = UNKNOWN;
	r->knocks = r->knocks_dns = r->knocks_other = r->shaped = UNKNOWN;
}

static void end_init(struct facts *f, enum end e)
{
	struct engine_facts *g = &f->engine[e];
	struct crypto_facts *c = &f->crypto[e];

	g->start_ns = g->exit_status = g->answer_ns = g->log_lines = g->pid = UNKNOWN;
	unknown(g->log_says, ENGINE_LOG_COUNT);
	g->log_tail = "";
	c->sealed = c->opened = c->tx_bytes = c->rx_bytes = c->last_handshake_wall_ns = UNKNOWN;
	link_init(&f->tun[e]);
	link_init(&f->wire[e]);
	f->config[e].has_private_key = f->config[e].listen_port = f->config[e].fwmark = UNKNOWN;
}

void facts_init(struct facts *f)
{
	unsigned i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < NEED_COUNT; i++)
		f->gaps[i].why = "not looked at";
	for (i = 0; i < END_COUNT; i++)
		end_init(f, (enum end)i);
	for (i = 0; i < TAP_COUNT; i++)
		tap_init(&f->taps[i]);
	f->handshake.response_ns = f->handshake.waited_ns = f->handshake.age_ns = UNKNOWN;
	ping_init(&f->ping_self);
	ping_init(&f->ping_peer);
	ping_init(&f->echo_back[0]);
	ping_init(&f->echo_back[1]);
	f->loss_limits.fail_ppm = f->loss_limits.warn_ppm = UNKNOWN;
	loss_init(&f->loss_up);
	loss_init(&f->loss_down);
	f->ladder.host_hops = f->other_family.way = f->portal.status = UNKNOWN;
	f->framing.header_len = f->framing.header_wanted = f->framing.reply_received = UNKNOWN;
	f->firewall.n_all_rules = f->firewall.n_hides = UNKNOWN;
	f->kernel.rpfilter_before = f->kernel.rpfilter_after = f->kernel.src_valid_mark = UNKNOWN;
	f->kernel.rp_wire = f->kernel.rp_tun = f->kernel.rp_elsewhere = UNKNOWN;
	f->kernel.n_elsewhere = f->kernel.events_lost = f->kernel.same_name = UNKNOWN;
	f->kernel.debug.on = f->kernel.debug.missed = f->kernel.debug.held_back = UNKNOWN;
	f->kernel.debug.more = f->kernel.debug.same_name = UNKNOWN;
	f->intended.listen_port = f->intended.fwmark = f->intended.mtu = UNKNOWN;
	f->intended.table_number = f->intended.more_notes = UNKNOWN;
	f->far_host.ip4_forward = f->far_host.ip6_forward = UNKNOWN;
	f->near_host.ip4_forward = f->near_host.ip6_forward = f->near_host.has_port = UNKNOWN;
	f->near_host.ip4_no_echo = f->near_host.ip6_no_echo = UNKNOWN;
	f->calls.waited_ns = f->calls.dropped = f->calls.rp_filter = UNKNOWN;
	f->fates.sent = f->fates.answered = f->fates.unknown = f->fates.trace_overrun = UNKNOWN;
	f->fates.start_wall_ns = UNKNOWN;
	f->fates.late = f->fates.duplicates = f->fates.send_errors = UNKNOWN;
	f->far_host.rp_filter = f->far_host.when_wall_ns = UNKNOWN;
	recording_init(&f->recording);
}

void facts_have(struct facts *f, enum need n)
{
	f->have |= NEED_BIT(n);
	f->gaps[n] = (struct gap){ 0 };
}

void facts_gap(struct facts *f, enum need n, const char *why, const char *remedy)
{
	f->have &= ~NEED_BIT(n);
	f->gaps[n] = (struct gap){ .why = why, .remedy = remedy };
}

const struct peer_config *config_owner(const struct config_facts *c, const struct ip_addr *a,
				       const struct cidr **by)
{
	const struct peer_config *owner = NULL;
	const struct cidr *best = NULL;
	size_t i, k;

	for (i = 0; i < c->n_peers; i++) {
		for (k = 0; k < c->peers[i].n_allowed; k++) {
			const struct cidr *net = &c->peers[i].allowed[k];

			if (!cidr_contains(net, a) || (best && net->len < best->len))
				continue;
			best = net;
			owner = &c->peers[i];
		}
	}
	if (by)
		*by = best;
	return owner;
}

const struct peer_config *config_peer(const struct config_facts *c, const struct public_key *k)
{
	size_t i;

	for (i = 0; i < c->n_peers; i++)
		if (public_key_equal(&c->peers[i].key, k))
			return &c->peers[i];
	return NULL;
}

const struct intended_peer *intended_peer(const struct intended_facts *t,
					  const struct public_key *k)
{
	size_t i;

	for (i = t->n_peers; i-- > 0;)
		if (public_key_equal(&t->peers[i].key, k))
			return &t->peers[i];
	return NULL;
}

const char *facts_engine_version(const struct target_facts *t)
{
	bool own = t->engine_version && (t->program || strcmp(t->engine, "builtin") != 0);

	return own ? t->engine_version : NULL;
}

const char *facts_file(const struct facts *f)
{
	return f->target.kind == TARGET_CONFIG ? f->intended.file : NULL;
}

const char *facts_argument(const struct facts *f)
{
	return facts_file(f) ? facts_file(f) : f->target.name;
}

/* A firewall here that rejects says no to a connection as the far end would. */
static bool is_from_here(const struct facts *f, const struct inner_target_facts *t)
{
	const struct tap_facts *tun = &f->taps[TAP_NEAR_TUN];

	return t->answered == ANSWERED_TCP && (f->have & NEED_BIT(NEED_TAP_NEAR_TUN)) &&
	       tun->dropped == 0 && tun->packets[TAP_IN] == 0;
}

const struct inner_target_facts *facts_answer(const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_inner_targets; i++)
		if (f->inner_targets[i].answered != ANSWERED_NONE &&
		    !is_from_here(f, &f->inner_targets[i]))
			return &f->inner_targets[i];
	return NULL;
}
