/*
 * Four decisions that are not plain:
 *
 * Not libpcap's immediate mode. On Linux that means a ring of slots that are each as large
 * as the snap length (TPACKET_V2): 8 MiB hold 128 frames, which one burst of TCP fills. Without
 * it the ring is one of blocks that frames are packed into (TPACKET_V3), and 8 MiB are 8 MiB.
 * The price is that frames show up a little later. Frames carry the kernel's time, so that
 * costs nothing but at the end, where live_tap_facts() waits until it has read as many
 * as the kernel says it captured.
 *
 * No filter where wgdiag made the links: whatever hides a frame may hide the ICMP error that
 * explains everything. A link of the host's carries much else, and is filtered.
 *
 * Not ps_ifdrop. On Linux libpcap takes it (in promiscuous mode only, which is not used here)
 * from the interface's own rx_missed and rx_fifo errors, before 1.9 from rx_dropped, and
 * from the /sys of whatever namespace is mounted there. A tun whose engine writes garbage would
 * show as a capture that loses frames. What an interface drops is the business of its
 * counters, and they are gathered anyway; what the capture drops is ps_drop.
 *
 * A tun is opened twice, once for each direction. Its frames have no link header, so nothing in
 * them tells who wrote them; but libpcap knows, and gives each handle one half. (Not by a filter
 * of "inbound": what libpcap runs by itself after the filter was set takes it for false.) Both
 * count all frames as received, so what both read together is compared with that. Where it is
 * refused it is opened once, and the direction is told by addresses.
 */
#include "capture/tap.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <pcap/pcap.h>

#include "capture/linkhdr.h"

enum {
	SNAP_LEN = 65535,
	RING_BYTES = 8 << 20,
	LARGE_TUN = 16 << 20, /* 50 ms and more at the speed of a fast engine */
	LARGE_WIRE = 32 << 20,
	BLOCK_MS = 20, /* a block with frames in it is handed over after this time, full or not */
	READ_MAX = 4096, /* frames in one turn of the loop: others want to be served too */
};
/* normally it takes 1 or 2 × BLOCK_MS */
static const int64_t last_read_ns = 20 * BLOCK_MS * NS_PER_MS;

struct handle {
	pcap_t *pcap;
	int fd, link_type;
	int64_t frac_ns; /* what one unit of tv_usec is */
	uint32_t n_read; /* frames, as wide as what it is compared with */
	bool broken;
	struct tap_conf conf;
	struct live_tap *tap;
};

enum { HANDLES_MAX = 2 };
struct live_tap {
	struct handle handle[HANDLES_MAX];
	unsigned n;
	/*
	 * Frames that are counted and may never be given: of the time before the filter was there,
	 * or before the second handle was.
	 */
	uint32_t uncertain;
	struct loop *loop;
	struct tap_facts facts;
};

static void on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *b)
{
	struct handle *x = (struct handle *)ctx;
	struct tap_facts *facts = &x->tap->facts;
	int64_t t_ns = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec * x->frac_ns;
	size_t skip;

	x->n_read++;
	if (linkhdr_parse(x->link_type, b, h->caplen, &skip) != LINKHDR_IP) {
		facts->frames++;
		facts->truncated += h->caplen < h->len;
		return;
	}
	tap_count_frame(facts, &x->conf, b + skip, h->caplen - skip, h->len - skip, t_ns);
}

static void on_readable(void *ctx, short revents)
{
	struct handle *x = ctx;

	(void)revents; /* an error condition is reported by reading, too */
	if (pcap_dispatch(x->pcap, READ_MAX, on_frame, ctx) >= 0)
		return;
	x->broken = true;
	loop_del_fd(x->tap->loop, x->fd);
}

/* libpcap's reasons to refuse as one line, without its advice for programmers. */
static int activate_failed(pcap_t *p, const char *dev, int rc, struct err *e)
{
	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_code(e, ENODEV, "capture on %s", dev);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return err_code(e, EPERM, "capture on %s", dev);
	case PCAP_ERROR_IFACE_NOT_UP:
		return err_code(e, ENETDOWN, "capture on %s", dev);
	default:
		break;
	}
	if (rc == PCAP_ERROR)
		return err_say(e, EIO, "capture on %s: %s", dev, pcap_geterr(p));
	return err_say(e, EIO, "capture on %s: %s", dev, pcap_statustostr(rc));
}

static int set_filter(pcap_t *p, const struct tap_conf *c, struct err *e)
{
	struct bpf_program prog;
	int rc;

	if (!c->filter)
		return 0;
	if (pcap_compile(p, &prog, c->filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return err_say(e, EIO, "capture on %s: filter: %s", c->dev, pcap_geterr(p));
	rc = pcap_setfilter(p, &prog);
	pcap_freecode(&prog);
	return rc < 0 ? err_say(e, EIO, "capture on %s: filter: %s", c->dev, pcap_geterr(p)) : 0;
}

static int ring_bytes(const struct tap_conf *c)
{
	if (!c->large)
		return RING_BYTES;
	return c->kind == TAP_KIND_TUN ? LARGE_TUN : LARGE_WIRE;
}

static int activate(pcap_t *p, const struct tap_conf *c, struct err *e)
{
	const char *dev = c->dev;
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc;

	pcap_set_snaplen(p, SNAP_LEN);
	pcap_set_promisc(p, 0);
	pcap_set_timeout(p, BLOCK_MS);
	pcap_set_buffer_size(p, ring_bytes(c));
	/* Where it is refused, the times are in microseconds. */
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(p);
	if (rc < 0)
		return activate_failed(p, dev, rc, e);
	if (pcap_setnonblock(p, 1, why) < 0)
		return err_say(e, EIO, "capture on %s: %s", dev, why);
	if (pcap_get_selectable_fd(p) < 0)
		return err_say(e, EOPNOTSUPP, "capture on %s: it cannot be polled", dev);
	if (!linkhdr_supported(pcap_datalink(p)))
		return err_say(e, EOPNOTSUPP, "capture on %s: link type %d is not known here", dev,
			       pcap_datalink(p));
	return set_filter(p, c, e);
}

static struct tap_conf conf_dup(const struct tap_conf *c, struct arena *a)
{
	struct ip_addr *own = arena_alloc(a, (c->n_own + 1) * sizeof(*own));
	struct ip_addr *others = arena_alloc(a, (c->n_others + 1) * sizeof(*others));
	struct addr_facts *locals = arena_alloc(a, (c->n_locals + 1) * sizeof(*locals));
	struct tap_conf copy = *c;

	if (c->n_others)
		memcpy(others, c->others, c->n_others * sizeof(*others));
	if (c->n_own)
		memcpy(own, c->own, c->n_own * sizeof(*own));
	if (c->n_locals)
		memcpy(locals, c->locals, c->n_locals * sizeof(*locals));
	copy.locals = locals;
	copy.own = own;
	copy.others = others;
	copy.dev = arena_strdup(a, c->dev);
	return copy;
}

/* One more; c->told is what its caller makes libpcap give it. */
static int add_handle(struct live_tap *t, const struct tap_conf *c, struct err *e)
{
	struct handle *x = &t->handle[t->n];
	struct pcap_stat st = { 0 };
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(c->dev, why);
	int rc;

	if (!p)
		return err_say(e, EIO, "capture on %s: %s", c->dev, why);
	rc = activate(p, c, e);
	if (rc < 0) {
		pcap_close(p);
		return rc;
	}
	*x = (struct handle){ .pcap = p, .conf = *c, .tap = t };
	x->fd = pcap_get_selectable_fd(p);
	x->link_type = pcap_datalink(p);
	x->frac_ns = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO ? 1 : NS_PER_US;
	t->n++;
	if (c->filter && pcap_stats(p, &st) == 0)
		t->uncertain += st.ps_recv;
	return 0;
}

static void close_handles(struct live_tap *t)
{
	while (t->n)
		pcap_close(t->handle[--t->n].pcap);
}

static int open_both_ways(struct live_tap *t, const struct tap_conf *c)
{
	struct tap_conf out = *c, in = *c;
	struct pcap_stat st = { 0 };
	int rc;

	out.told = TAP_TOLD_OUT;
	in.told = TAP_TOLD_IN;
	rc = add_handle(t, &out, NULL);
	if (!rc)
		rc = add_handle(t, &in, NULL);
	if (!rc && (pcap_setdirection(t->handle[0].pcap, PCAP_D_OUT) < 0 ||
		    pcap_setdirection(t->handle[1].pcap, PCAP_D_IN) < 0))
		rc = -EOPNOTSUPP;
	if (!rc && pcap_stats(t->handle[0].pcap, &st) == 0)
		t->uncertain = st.ps_recv;
	if (rc < 0)
		close_handles(t);
	return rc;
}

int live_tap_open(const struct tap_conf *c, struct loop *l, struct arena *a, struct live_tap **out,
		  struct err *e)
{
	struct live_tap *t = arena_alloc(a, sizeof(*t));
	struct tap_conf conf = conf_dup(c, a);
	int rc = -EOPNOTSUPP;
	unsigned i;

	t->loop = l;
	if (c->kind == TAP_KIND_TUN && !c->filter)
		rc = open_both_ways(t, &conf);
	if (rc < 0)
		rc = add_handle(t, &conf, e);
	if (rc < 0)
		return rc;
	tap_count_start(&t->facts, &conf);
	for (i = 0; i < t->n; i++)
		loop_add_fd(l, t->handle[i].fd, POLLIN, on_readable, &t->handle[i]);
	*out = t;
	return 0;
}

static void wait_readable(const struct handle *x, int64_t until_ns)
{
	struct pollfd p = { .fd = x->fd, .events = POLLIN };
	int64_t left = MAX(until_ns - loop_now(x->tap->loop), 0);

	poll(&p, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS));
}

/* Each handle is given some of the frames; together they are given each once. */
static uint32_t read_by_all(const struct live_tap *t)
{
	uint32_t n = 0;
	unsigned i;

	for (i = 0; i < t->n; i++)
		n += t->handle[i].n_read;
	return n;
}

static bool read_more(struct live_tap *t, struct handle *x, int64_t until_ns)
{
	unsigned i;

	wait_readable(x, until_ns);
	for (i = 0; i < t->n; i++)
		if (!t->handle[i].broken)
			on_readable(&t->handle[i], POLLIN);
	return !x->broken;
}

/*
 * Reads until every frame is read that the kernel had captured for x when this is called;
 * false: it cannot. Where the number is not sure, what waits is handed over in the time of some
 * blocks.
 */
static bool read_rest(struct live_tap *t, struct handle *x, struct pcap_stat *st)
{
	int64_t now = loop_now(t->loop), deadline = now + last_read_ns, sure_ns = now;
	uint32_t target;

	if (x->broken || pcap_stats(x->pcap, st) < 0)
		return false;
	/* ps_recv counts the dropped ones too */
	target = st->ps_recv - st->ps_drop - t->uncertain;
	/* On the loopback each frame is counted as it leaves and as it comes, and given once. */
	if (strcmp(x->conf.dev, "lo") == 0)
		target /= 2;
	if (t->uncertain)
		sure_ns += 5 * BLOCK_MS * NS_PER_MS;
	while ((int32_t)(target - read_by_all(t)) > 0 || loop_now(t->loop) < sure_ns) {
		if (loop_now(t->loop) >= deadline)
			return false;
		if (!read_more(t, x, MIN(deadline, loop_now(t->loop) + BLOCK_MS * NS_PER_MS)))
			return false;
	}
	return pcap_stats(x->pcap, st) == 0;
}

/* Of each handle: what it dropped may have been a frame that the other one gave, or not. */
void live_tap_facts(struct live_tap *t, struct tap_facts *out)
{
	int64_t dropped = 0;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		struct pcap_stat st = { 0 };

		if (!read_rest(t, &t->handle[i], &st))
			dropped = UNKNOWN;
		else if (dropped != UNKNOWN)
			dropped += st.ps_drop;
	}
	t->facts.dropped = dropped;
	*out = t->facts;
}

void live_tap_since(struct live_tap *t, int64_t wall_ns)
{
	unsigned i;

	for (i = 0; t && i < t->n; i++)
		t->handle[i].conf.since_ns = wall_ns;
	if (t)
		t->facts.data_since = 0;
}

void live_tap_close(struct live_tap *t)
{
	unsigned i;

	if (!t)
		return;
	for (i = 0; i < t->n; i++)
		loop_del_fd(t->loop, t->handle[i].fd);
	close_handles(t);
}
