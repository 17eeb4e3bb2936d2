/*
 * Packets: tun to core to UDP, and back, in batches.
 *
 * What the core gives out during one call stays in place until the next, so it is
 * collected, and sent with one sendmmsg at the end of the batch.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

enum {
	SLOT_BYTES = WG_PKT_HEADROOM + DAEMON_PACKET_MAX + WG_PKT_TAILROOM,
	/*
	 * A whole number of cache lines, and an odd one modulo the page: else the packets of
	 * all slots would fight for the same few sets of the cache. Pages that only a jumbo
	 * packet would reach are never touched.
	 */
	SLOT_STRIDE = 67904,
};
_Static_assert(SLOT_STRIDE >= SLOT_BYTES && SLOT_STRIDE % 128 == 64, "slots overlap or align");

int daemon_io_open(struct daemon *d, struct err *e)
{
	struct daemon_slots *s = &d->in;

	s->mem_len = (size_t)DAEMON_BATCH * SLOT_STRIDE;
	s->mem = mmap(NULL, s->mem_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->mem == MAP_FAILED) {
		s->mem = NULL;
		return err_sys(e, "allocate packet buffers");
	}
	for (unsigned i = 0; i < DAEMON_BATCH; i++)
		s->pkt[i].mem = s->mem + (size_t)i * SLOT_STRIDE;
	return 0;
}

void daemon_io_close(struct daemon *d)
{
	if (d->in.mem)
		munmap(d->in.mem, d->in.mem_len);
	d->in.mem = NULL;
}

/* Sealing and opening moved what the last batch held. */
static struct wg_pkt *fresh_slot(struct daemon *d, unsigned i)
{
	uint8_t *mem = d->in.pkt[i].mem;

	d->in.pkt[i] = (struct wg_pkt){ .mem = mem, .cap = SLOT_BYTES, .off = WG_PKT_HEADROOM };
	return &d->in.pkt[i];
}

/* --- what the system refuses --- */

static const struct {
	int error;
	enum wg_drop drop;
} send_drops[] = {
	{ EMSGSIZE, WG_DROP_IO_SEND_MSGSIZE },
	{ ENOBUFS, WG_DROP_IO_SEND_NOBUFS },
	{ EAGAIN, WG_DROP_IO_SEND_NOBUFS },
	{ ENOMEM, WG_DROP_IO_SEND_NOBUFS },
	{ EPERM, WG_DROP_IO_SEND_PERM },
	{ ENETUNREACH, WG_DROP_IO_SEND_UNREACH },
	{ EHOSTUNREACH, WG_DROP_IO_SEND_UNREACH },
};

enum wg_drop daemon_io_send_drop(int error)
{
	for (size_t i = 0; i < ARRAY_LEN(send_drops); i++)
		if (send_drops[i].error == error)
			return send_drops[i].drop;
	return WG_DROP_IO_SEND_OTHER;
}

enum wg_drop daemon_io_tun_drop(int error)
{
	return error == EIO ? WG_DROP_IO_TUN_DOWN : WG_DROP_IO_TUN_REFUSED;
}

/* What a send says when the address it should come from is no longer ours. */
bool daemon_io_source_gone(int error)
{
	return error == EINVAL || error == ENETUNREACH || error == EHOSTUNREACH ||
	       error == EADDRNOTAVAIL || error == ENODEV;
}

/* --- trace of what happens outside of the core --- */

static uint32_t peer_number(const struct wg_peer *p)
{
	struct wg_peer_status st;

	if (!p)
		return 0;
	wg_peer_status(p, &st);
	secret_key_done(&st.psk);
	return st.number;
}

static void trace(struct daemon *d, enum trace_stage stage, uint32_t peer, const struct wg_pkt *p,
		  enum wg_drop drop, int error)
{
	bool outer = stage == TRACE_UDP_SENT || (stage == TRACE_DROPPED && p->msg_type);
	const uint8_t *b = wg_pkt_bytes(p);
	struct trace_rec r = {
		.t_ns = d->now_ns,
		.counter = p->counter,
		.session = p->session,
		.peer = peer,
		.inner_len = outer ? p->inner_len : p->len,
		.outer_len = outer ? p->len : 0,
		.inner_hash = p->inner_hash,
		.drop = (uint16_t)drop,
		.sys_errno = (uint16_t)error,
		.stage = (uint8_t)stage,
		.msg_type = p->msg_type,
	};

	if (outer && p->msg_type == WG_MSG_DATA)
		r.receiver = (uint32_t)b[4] | (uint32_t)b[5] << 8 | (uint32_t)b[6] << 16 |
			     (uint32_t)b[7] << 24;
	daemon_log_trace(d, &r);
}

static void refuse(struct daemon *d, struct wg_peer *peer, const struct wg_pkt *p,
		   enum wg_drop drop, int error)
{
	wg_device_count_drop(d->dev, peer, drop, 1);
	trace(d, TRACE_DROPPED, peer_number(peer), p, drop, error);
}

/* --- out through UDP --- */

static void not_sent(struct daemon *d, unsigned i, enum wg_drop drop, int error)
{
	wg_device_not_sent(d->dev, d->out.peer[i], drop, d->out.pkt[i].len);
	trace(d, TRACE_DROPPED, peer_number(d->out.peer[i]), &d->out.pkt[i], drop, error);
}

static void trace_sent(struct daemon *d, unsigned from, unsigned n)
{
	const struct wg_peer *last = NULL;
	uint32_t number = 0;

	for (unsigned i = from; i < from + n; i++) {
		if (d->out.peer[i] != last) {
			last = d->out.peer[i];
			number = peer_number(last);
		}
		trace(d, TRACE_UDP_SENT, number, &d->out.pkt[i], WG_DROP_NONE, 0);
	}
}

/* True when the datagram had a source of which it can be freed, and is worth another try. */
static bool forget_source(struct daemon *d, unsigned i, unsigned end, int error)
{
	struct wg_peer *peer = d->out.peer[i];
	struct sys_dgram *g = d->out.dgram;
	char was[IP_ADDR_STR_SIZE];

	if (g[i].addr.src.family == FAMILY_NONE || !daemon_io_source_gone(error))
		return false;
	daemon_log(d, 1, "source address %s refused (errno %d), now left to the routes",
		   ip_addr_str(&g[i].addr.src, was), error);
	endpoint_clear_src(&g[i].addr);
	if (!peer)
		return true;
	wg_peer_clear_src(peer);
	for (unsigned k = i + 1; k < end; k++)
		if (d->out.peer[k] == peer)
			endpoint_clear_src(&g[k].addr);
	return true;
}

/* Datagrams of one family. */
static void send_run(struct daemon *d, struct sys_udp *s, unsigned from, unsigned end)
{
	while (from < end) {
		int error = 0, sent = 0;

		if (s->fd >= 0)
			sent = d->os->udp_send(s, &d->out.dgram[from], end - from, &error);
		trace_sent(d, from, (unsigned)sent);
		from += (unsigned)sent;
		if (from == end)
			break;
		if (s->fd >= 0 && forget_source(d, from, end, error))
			continue;
		not_sent(d, from, s->fd >= 0 ? daemon_io_send_drop(error) : WG_DROP_IO_NO_SOCKET,
			 error);
		from++;
	}
}

static void flush(struct daemon *d)
{
	struct daemon_out *o = &d->out;
	unsigned from = 0, end;

	for (; from < o->n; from = end) {
		uint8_t family = o->dgram[from].addr.addr.family;

		for (end = from + 1; end < o->n; end++)
			if (o->dgram[end].addr.addr.family != family)
				break;
		send_run(d, &d->udp[family == FAMILY_IP6], from, end);
	}
	o->n = 0;
}

void daemon_io_send(void *ctx, struct wg_peer *peer, const struct endpoint *to,
		    const struct wg_pkt *pkts, size_t n)
{
	struct daemon *d = ctx;
	struct daemon_out *o = &d->out;

	for (size_t i = 0; i < n; i++) {
		if (o->n == DAEMON_OUT_MAX)
			flush(d);
		o->dgram[o->n] = (struct sys_dgram){
			.buf = wg_pkt_bytes(&pkts[i]),
			.len = pkts[i].len,
			.addr = *to,
			.tos = pkts[i].tos,
		};
		o->pkt[o->n] = pkts[i];
		o->peer[o->n] = peer;
		o->n++;
	}
	if (!d->collect)
		flush(d);
}

/* --- in through the tun --- */

void daemon_io_deliver(void *ctx, struct wg_peer *peer, const struct wg_pkt *pkts, size_t n)
{
	struct daemon *d = ctx;
	uint32_t number = peer_number(peer);

	for (size_t i = 0; i < n; i++) {
		ssize_t put = write(d->tun.fd, wg_pkt_bytes(&pkts[i]), pkts[i].len);

		if (put >= 0)
			trace(d, TRACE_TUN_WRITTEN, number, &pkts[i], WG_DROP_NONE, 0);
		else
			refuse(d, peer, &pkts[i], daemon_io_tun_drop(errno), errno);
	}
}

/* --- the batches --- */

static void begin(struct daemon *d)
{
	d->now_ns = d->os->boot_ns();
	d->collect = true;
}

static void end(struct daemon *d)
{
	flush(d);
	d->collect = false;
}

void daemon_io_tun(struct daemon *d)
{
	unsigned n = 0;

	for (; n < DAEMON_BATCH; n++) {
		struct wg_pkt *p = fresh_slot(d, n);
		ssize_t got = read(d->tun.fd, wg_pkt_bytes(p) - d->tun_header,
				   DAEMON_PACKET_MAX + d->tun_header);

		if (got < 0) {
			/* The device was deleted. */
			if (errno == EBADFD)
				d->stop = true;
			break;
		}
		p->len = (uint32_t)got - MIN((uint32_t)got, d->tun_header);
	}
	if (!n)
		return;
	begin(d);
	wg_device_transmit(d->dev, d->in.pkt, n, d->now_ns);
	end(d);
}

void daemon_io_udp(struct daemon *d, struct sys_udp *s)
{
	struct sys_dgram *g = d->in.dgram;
	uint64_t overflow = 0;
	unsigned n = 0;
	int got;

	/* Closed by what was served before, in the same round. */
	if (s->fd < 0)
		return;
	for (unsigned i = 0; i < DAEMON_BATCH; i++)
		g[i] = (struct sys_dgram){ .buf = wg_pkt_bytes(fresh_slot(d, i)),
					   .cap = DAEMON_PACKET_MAX };
	got = d->os->udp_recv(s, g, DAEMON_BATCH, &overflow);
	begin(d);
	if (overflow)
		wg_device_count_drop(d->dev, NULL, WG_DROP_IO_RECV_OVERFLOW, overflow);
	if (got < 0)
		daemon_log(d, 0, "receive: errno %d", -got);
	for (int i = 0; i < got; i++) {
		/* Slots stay in order: what is skipped trades places. */
		struct wg_pkt p = d->in.pkt[i];

		p.len = (uint32_t)g[i].len;
		p.tos = g[i].tos;
		p.from = &g[i].addr;
		if (g[i].truncated) {
			refuse(d, NULL, &p, WG_DROP_IO_RECV_TRUNCATED, 0);
			continue;
		}
		d->in.pkt[i] = d->in.pkt[n];
		d->in.pkt[n++] = p;
	}
	if (n)
		wg_device_receive(d->dev, d->in.pkt, n, d->now_ns);
	end(d);
}

static void note_icmp(void *ctx, const struct endpoint *to, const struct sys_udp_error *error)
{
	char dst[ENDPOINT_STR_SIZE], by[IP_ADDR_STR_SIZE];
	struct daemon *d = ctx;

	d->icmp_errors++;
	daemon_log(d, 1, "ICMP error from %s about a datagram to %s: errno %d",
		   ip_addr_str(&error->from, by), endpoint_str(to, dst), error->error);
}

void daemon_io_udp_errors(struct daemon *d, const struct sys_udp *s)
{
	if (s->fd >= 0)
		d->os->udp_errors(s, note_icmp, d);
}

void daemon_io_tick(struct daemon *d)
{
	begin(d);
	if (wg_device_next_due(d->dev) <= d->now_ns)
		wg_device_tick(d->dev, d->now_ns);
	end(d);
}
