/*
 * Three decisions that are not plain:
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
	BLOCK_MS = 20, /* a block with frames in it is handed over after this time, full or not */
	READ_MAX = 4096, /* frames in one turn of the loop: others want to be served too */
};
/* normally it takes 1 or 2 × BLOCK_MS */
static const int64_t last_read_ns = 20 * BLOCK_MS * NS_PER_MS;

struct live_tap {
	pcap_t *pcap;
	int fd, link_type;
	int64_t frac_ns; /* what one unit of tv_usec is */
	struct loop *loop;
	struct tap_conf conf;
	struct tap_facts facts;
	uint32_t n_read; /* frames, as wide as what it is compared with */
	bool broken;
};

static void on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *b)
{
	struct live_tap *t = (struct live_tap *)ctx;
	int64_t t_ns = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec * t->frac_ns;
	size_t skip;

	t->n_read++;
	if (linkhdr_parse(t->link_type, b, h->caplen, &skip) != LINKHDR_IP) {
		t->facts.frames++;
		t->facts.truncated += h->caplen < h->len;
		return;
	}
	tap_count_frame(&t->facts, &t->conf, b + skip, h->caplen - skip, h->len - skip, t_ns);
}

static void on_readable(void *ctx, short revents)
{
	struct live_tap *t = ctx;

	(void)revents; /* an error condition is reported by reading, too */
	if (pcap_dispatch(t->pcap, READ_MAX, on_frame, ctx) >= 0)
		return;
	t->broken = true;
	loop_del_fd(t->loop, t->fd);
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

static int activate(pcap_t *p, const char *dev, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc;

	pcap_set_snaplen(p, SNAP_LEN);
	pcap_set_promisc(p, 0);
	pcap_set_timeout(p, BLOCK_MS);
	pcap_set_buffer_size(p, RING_BYTES);
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
	return 0;
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

static struct tap_conf conf_dup(const struct tap_conf *c, struct arena *a)
{
	struct ip_addr *own = arena_alloc(a, (c->n_own + 1) * sizeof(*own));
	struct tap_conf copy = *c;

	if (c->n_own)
		memcpy(own, c->own, c->n_own * sizeof(*own));
	copy.own = own;
	copy.dev = arena_strdup(a, c->dev);
	return copy;
}

int live_tap_open(const struct tap_conf *c, struct loop *l, struct arena *a, struct live_tap **out,
		  struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(c->dev, why);
	struct live_tap *t;
	int rc;

	if (!p)
		return err_say(e, EIO, "capture on %s: %s", c->dev, why);
	rc = activate(p, c->dev, e);
	if (!rc)
		rc = set_filter(p, c, e);
	if (rc < 0) {
		pcap_close(p);
		return rc;
	}
	t = arena_alloc(a, sizeof(*t));
	t->pcap = p;
	t->fd = pcap_get_selectable_fd(p);
	t->link_type = pcap_datalink(p);
	t->frac_ns = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO ? 1 : NS_PER_US;
	t->loop = l;
	t->conf = conf_dup(c, a);
	tap_count_start(&t->facts, &t->conf);
	loop_add_fd(l, t->fd, POLLIN, on_readable, t);
	*out = t;
	return 0;
}

static void wait_readable(const struct live_tap *t, int64_t until_ns)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	int64_t left = MAX(until_ns - loop_now(t->loop), 0);

	poll(&p, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS));
}

/*
 * Reads until every frame is read that the kernel has captured when this is called; false: it
 * cannot.
 */
static bool read_rest(struct live_tap *t, struct pcap_stat *st)
{
	int64_t deadline = loop_now(t->loop) + last_read_ns;
	uint32_t target;

	if (t->broken || pcap_stats(t->pcap, st) < 0)
		return false;
	target = st->ps_recv - st->ps_drop; /* ps_recv counts the dropped ones too */
	while ((int32_t)(target - t->n_read) > 0) {
		if (loop_now(t->loop) >= deadline)
			return false;
		wait_readable(t, deadline);
		on_readable(t, POLLIN);
		if (t->broken)
			return false;
	}
	return pcap_stats(t->pcap, st) == 0;
}

void live_tap_facts(struct live_tap *t, struct tap_facts *out)
{
	struct pcap_stat st = { 0 };

	t->facts.dropped = read_rest(t, &st) ? (int64_t)st.ps_drop : UNKNOWN;
	*out = t->facts;
}

void live_tap_close(struct live_tap *t)
{
	if (!t)
		return;
	loop_del_fd(t->loop, t->fd);
	pcap_close(t->pcap);
}
