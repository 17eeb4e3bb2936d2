#include "lab/relay_lose.h"

enum {
	MILLION = 1000000,
	ETHER_LEN = 14,
	IP4_MIN = 20,
	IP6_LEN = 40,
	UDP_LEN = 8,
	PROTO_UDP = 17,
	RESPONSE_LEN = 92, /* whitepaper, section 5.4 */
	DATA_MIN = 32,
};

/* --- what is in a frame ------------------------------------------------------------------ */

/* Where UDP begins; 0: there is none. */
static size_t udp_at(const uint8_t *b, size_t len)
{
	unsigned type = len >= ETHER_LEN + IP4_MIN ? (unsigned)b[12] << 8 | b[13] : 0;
	const uint8_t *ip = b + ETHER_LEN;

	if (type == 0x0800 && ip[9] == PROTO_UDP && !((ip[6] & 0x1f) | ip[7]))
		return ETHER_LEN + (size_t)(ip[0] & 15) * 4;
	if (type == 0x86dd && ip[6] == PROTO_UDP)
		return ETHER_LEN + IP6_LEN;
	return 0;
}

enum relay_carried relay_carried(const uint8_t *frame, size_t len)
{
	size_t udp = udp_at(frame, len), at = udp + UDP_LEN;

	if (!udp || len < at + DATA_MIN || frame[at + 1] || frame[at + 2] || frame[at + 3])
		return RELAY_OTHER;
	if (frame[at] == 2 && len == at + RESPONSE_LEN)
		return RELAY_RESPONSE;
	return frame[at] == 4 ? RELAY_DATA : RELAY_OTHER;
}

/* --- the rules --------------------------------------------------------------------------- */

bool relay_by_lot(struct draw *d, unsigned share)
{
	return share && draw_below(d, MILLION) < share;
}

/* Gilbert's two states. */
static bool in_burst(const struct relay_conf *c, struct relay_lose *l, struct draw *d,
		     unsigned from)
{
	bool *is = &l->way[from].in_burst;

	*is = *is ? !relay_by_lot(d, c->burst_end) : relay_by_lot(d, c->burst_begin);
	return *is;
}

static bool is_over_rate(const struct relay_conf *c, struct relay_lose *l, unsigned from,
			 int64_t now_ns)
{
	double per_ns = (double)c->rate_per_1000_s / 1000 / (double)NS_PER_S;
	double *tokens = &l->way[from].tokens;

	if (!c->rate_per_1000_s)
		return false;
	*tokens += l->way[from].is_begun ? (double)(now_ns - l->way[from].last_ns) * per_ns :
					   c->bucket;
	*tokens = MIN(*tokens, c->bucket);
	if (*tokens < 1)
		return true;
	*tokens -= 1;
	return false;
}

static bool in_bad_time(const struct relay_conf *c, struct relay_lose *l, int64_t now_ns)
{
	if (!l->is_begun)
		l->begin_ns = now_ns;
	l->is_begun = true;
	if (!c->period_us)
		return false;
	/* The end of each period, so that it does not begin with loss. */
	return (now_ns - l->begin_ns) / NS_PER_US % c->period_us >= c->period_us - c->bad_us;
}

static bool is_after_pause(const struct relay_conf *c, struct relay_lose *l, unsigned from,
			   int64_t now_ns)
{
	bool pause =
		l->way[from].is_begun && now_ns - l->way[from].last_ns >= c->idle_us * NS_PER_US;

	if (!c->idle_us)
		return false;
	if (pause)
		l->way[from].since = 0;
	else if (!l->way[from].is_begun)
		l->way[from].since = c->idle_first;
	return l->way[from].since++ < c->idle_first;
}

/* Each rule sees each message, also those that another one loses. */
static bool loses_message(const struct relay_conf *c, struct relay_lose *l, struct draw *d,
			  unsigned from, int64_t now_ns, size_t ip_len)
{
	bool lost = in_burst(c, l, d, from);

	lost |= is_over_rate(c, l, from, now_ns);
	lost |= in_bad_time(c, l, now_ns);
	lost |= is_after_pause(c, l, from, now_ns);
	lost |= ip_len > c->large_bytes && relay_by_lot(d, c->large);
	lost |= c->rekey_us && l->has_response && now_ns - l->response_ns < c->rekey_us * NS_PER_US;
	l->way[from].last_ns = now_ns;
	l->way[from].is_begun = true;
	return lost;
}

bool relay_loses(const struct relay_conf *c, struct relay_lose *l, struct draw *d, unsigned from,
		 int64_t now_ns, const uint8_t *frame, size_t len)
{
	enum relay_carried what = relay_carried(frame, len);
	bool may_lose = !c->from || (c->from >> from & 1), lost;

	lost = may_lose && relay_by_lot(d, c->loss);
	if (may_lose && what == RELAY_DATA)
		lost |= loses_message(c, l, d, from, now_ns, len - ETHER_LEN);
	/* From whichever end it comes: the new session is for both ways. */
	if (what == RELAY_RESPONSE && !lost) {
		l->has_response = true;
		l->response_ns = now_ns;
	}
	return lost;
}
