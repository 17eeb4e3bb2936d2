/*
 * Which link a frame is of, and which way it went, is in its header (SLL2). A frame that comes
 * through a bridge is seen at the port of it as well, which is for who judges to know.
 */
#include "capture/all_links.h"

#include <errno.h>
#include <poll.h>

#include <pcap/pcap.h>

#include "model/unknown.h"
#include "wire/cursor.h"

enum {
	SNAP_LEN = 256, /* an initiation over IPv6 and both its headers are 216 */
	WHOLE_LEN = 65535,
	RING_BYTES = 256 << 10,
	BLOCK_MS = 20,
	READ_MAX = 256,
	SLL2_HEADER_LEN = 20,
	SLL2_OUTGOING = 4,
	ARPHRD_LOOPBACK_TYPE = 772,
	LAST_READ_MS = 2 * BLOCK_MS,
	LAST_READ_MOST_MS = 300,
};

struct all_links {
	struct all_links_conf conf;
	pcap_t *pcap;
	int fd;
	struct loop *loop;
	uint32_t n_read;
	bool broken;
};

static void on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *b)
{
	struct all_links *x = (struct all_links *)ctx;
	struct rd r = rd_on(b, h->caplen);
	struct link_frame f;

	rd_be32(&r); /* protocol, reserved */
	f.ifindex = rd_be32(&r);
	f.to_itself = rd_be16(&r) == ARPHRD_LOOPBACK_TYPE;
	f.out = rd_u8(&r) == SLL2_OUTGOING;
	if (r.bad || h->caplen < SLL2_HEADER_LEN)
		return;
	f.b = b + SLL2_HEADER_LEN;
	f.caplen = h->caplen - SLL2_HEADER_LEN;
	f.t_ns = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec * NS_PER_US;
	x->conf.on_frame(x->conf.ctx, &f);
}

/* How many there were; it is broken when that is negative. */
static int dispatch(struct all_links *x)
{
	int n = pcap_dispatch(x->pcap, READ_MAX, on_frame, (u_char *)x);

	if (n >= 0)
		x->n_read += (uint32_t)n;
	return n;
}

static void on_readable(void *ctx, short revents)
{
	struct all_links *x = ctx;

	(void)revents;
	if (dispatch(x) >= 0)
		return;
	x->broken = true;
	loop_del_fd(x->loop, x->fd);
}

static int set_filter(struct all_links *x, struct err *e)
{
	struct bpf_program prog;
	int rc;

	if (pcap_compile(x->pcap, &prog, x->conf.filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return err_say(e, EIO, "filter: %s", pcap_geterr(x->pcap));
	rc = pcap_setfilter(x->pcap, &prog);
	pcap_freecode(&prog);
	return rc < 0 ? err_say(e, EIO, "filter: %s", pcap_geterr(x->pcap)) : 0;
}

static int start(struct all_links *x, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc;

	pcap_set_snaplen(x->pcap, x->conf.whole ? WHOLE_LEN : SNAP_LEN);
	pcap_set_promisc(x->pcap, 0);
	pcap_set_timeout(x->pcap, BLOCK_MS);
	pcap_set_buffer_size(x->pcap, x->conf.ring_bytes ? x->conf.ring_bytes : RING_BYTES);
	rc = pcap_activate(x->pcap);
	if (rc < 0)
		return err_say(e, rc == PCAP_ERROR_PERM_DENIED ? EPERM : EIO,
			       "capture on all links: %s", pcap_geterr(x->pcap));
	/* Before libpcap 1.10 the header tells no link. */
	if (pcap_set_datalink(x->pcap, DLT_LINUX_SLL2) < 0 || pcap_setnonblock(x->pcap, 1, why) < 0)
		return err_say(e, EOPNOTSUPP, "capture on all links: no word of which");
	x->fd = pcap_get_selectable_fd(x->pcap);
	if (x->fd < 0)
		return err_say(e, EOPNOTSUPP, "capture on all links: it cannot be polled");
	return set_filter(x, e);
}

int all_links_open(const struct all_links_conf *c, struct loop *l, struct arena *a,
		   struct all_links **out, struct err *e)
{
	struct all_links *x = arena_alloc(a, sizeof(*x));
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc;

	x->conf = *c;
	x->loop = l;
	x->pcap = pcap_create("any", why);
	if (!x->pcap)
		return err_say(e, EIO, "capture on all links: %s", why);
	rc = start(x, e);
	if (rc < 0) {
		pcap_close(x->pcap);
		return rc;
	}
	loop_add_fd(l, x->fd, POLLIN, on_readable, x);
	*out = x;
	return 0;
}

/*
 * What was captured until now. More comes all the while on a tunnel that is in use, and is not
 * waited for: each block is handed over in its time.
 */
void all_links_read(struct all_links *x)
{
	struct pollfd p = { .fd = x->fd, .events = POLLIN };
	int64_t from = loop_now(x->loop), took;
	struct pcap_stat st = { 0 };
	uint32_t target = x->n_read;

	/* ps_recv counts the dropped ones too */
	if (!x->broken && pcap_stats(x->pcap, &st) == 0)
		target = st.ps_recv - st.ps_drop;
	while (!x->broken && poll(&p, 1, LAST_READ_MS) > 0 && dispatch(x) > 0) {
		took = loop_now(x->loop) - from;
		if (took >= LAST_READ_MOST_MS * NS_PER_MS ||
		    (took >= LAST_READ_MS * NS_PER_MS && (int32_t)(target - x->n_read) <= 0))
			return;
	}
}

int64_t all_links_dropped(struct all_links *x)
{
	struct pcap_stat st;

	if (x->broken || pcap_stats(x->pcap, &st) < 0)
		return UNKNOWN;
	return st.ps_drop;
}

void all_links_close(struct all_links *x)
{
	if (!x)
		return;
	if (!x->broken)
		loop_del_fd(x->loop, x->fd);
	pcap_close(x->pcap);
}
