/*
 * All links are watched at once, through a filter that lets nothing by but datagrams of the peer's
 * socket; so on a busy host too it costs next to nothing. Which link it was is in the frame's
 * header (SLL2). A frame that comes through a bridge is seen at the port of it as well, which is
 * for who judges to know.
 */
#include "capture/elsewhere.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>

#include <pcap/pcap.h>

#include "wire/cursor.h"

enum {
	SNAP_LEN = 256,
	RING_BYTES = 256 << 10,
	BLOCK_MS = 20,
	READ_MAX = 256,
	SLL2_HEADER_LEN = 20,
	SLL2_OUTGOING = 4,
	LAST_READ_MS = 2 * BLOCK_MS,
};

struct elsewhere {
	pcap_t *pcap;
	int fd;
	struct loop *loop;
	unsigned but, first;
	int64_t n;
};

static void on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *b)
{
	struct elsewhere *x = (struct elsewhere *)ctx;
	struct rd r = rd_on(b, h->caplen);
	uint32_t ifindex;
	uint8_t how;

	rd_be32(&r); /* protocol, reserved */
	ifindex = rd_be32(&r);
	rd_be16(&r); /* ARPHRD type */
	how = rd_u8(&r);
	if (r.bad || h->caplen < SLL2_HEADER_LEN || how == SLL2_OUTGOING || ifindex == x->but)
		return;
	if (!x->n++)
		x->first = ifindex;
}

static void on_readable(void *ctx, short revents)
{
	struct elsewhere *x = ctx;

	(void)revents;
	if (pcap_dispatch(x->pcap, READ_MAX, on_frame, ctx) < 0)
		loop_del_fd(x->loop, x->fd);
}

static int set_filter(struct elsewhere *x, const struct elsewhere_conf *c, struct arena *a,
		      struct err *e)
{
	char from[IP_ADDR_STR_SIZE];
	struct bpf_program prog;
	const char *text = arena_printf(a, "udp and src host %s and src port %u",
					ip_addr_str(&c->from.addr, from), c->from.port);
	int rc;

	if (c->port)
		text = arena_printf(a, "%s and dst port %u", text, c->port);
	if (pcap_compile(x->pcap, &prog, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return err_say(e, EIO, "filter: %s", pcap_geterr(x->pcap));
	rc = pcap_setfilter(x->pcap, &prog);
	pcap_freecode(&prog);
	return rc < 0 ? err_say(e, EIO, "filter: %s", pcap_geterr(x->pcap)) : 0;
}

static int start(struct elsewhere *x, const struct elsewhere_conf *c, struct arena *a,
		 struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	pcap_set_snaplen(x->pcap, SNAP_LEN);
	pcap_set_promisc(x->pcap, 0);
	pcap_set_timeout(x->pcap, BLOCK_MS);
	pcap_set_buffer_size(x->pcap, RING_BYTES);
	if (pcap_activate(x->pcap) < 0)
		return err_say(e, EIO, "capture on all links: %s", pcap_geterr(x->pcap));
	/* Before libpcap 1.10 the header tells no link. */
	if (pcap_set_datalink(x->pcap, DLT_LINUX_SLL2) < 0 || pcap_setnonblock(x->pcap, 1, why) < 0)
		return err_say(e, EOPNOTSUPP, "capture on all links: no word of which");
	x->fd = pcap_get_selectable_fd(x->pcap);
	if (x->fd < 0)
		return err_say(e, EOPNOTSUPP, "capture on all links: it cannot be polled");
	return set_filter(x, c, a, e);
}

int elsewhere_open(const struct elsewhere_conf *c, struct loop *l, struct arena *a,
		   struct elsewhere **out, struct err *e)
{
	struct elsewhere *x = arena_alloc(a, sizeof(*x));
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc;

	if (c->from.addr.family == FAMILY_NONE || !c->from.port)
		return err_say(e, EINVAL, "the peer's socket is not known");
	x->loop = l;
	x->but = if_nametoindex(c->but);
	x->pcap = pcap_create("any", why);
	if (!x->pcap)
		return err_say(e, EIO, "capture on all links: %s", why);
	rc = start(x, c, a, e);
	if (rc < 0) {
		pcap_close(x->pcap);
		return rc;
	}
	loop_add_fd(l, x->fd, POLLIN, on_readable, x);
	*out = x;
	return 0;
}

void elsewhere_facts(struct elsewhere *x, struct arena *a, struct kernel_facts *out)
{
	struct pollfd p = { .fd = x->fd, .events = POLLIN };
	char name[IF_NAMESIZE];

	while (poll(&p, 1, LAST_READ_MS) > 0 &&
	       pcap_dispatch(x->pcap, READ_MAX, on_frame, (u_char *)x) > 0)
		;
	out->n_elsewhere = x->n;
	out->elsewhere = x->first && if_indextoname(x->first, name) ? arena_strdup(a, name) : NULL;
}

void elsewhere_close(struct elsewhere *x)
{
	if (!x)
		return;
	loop_del_fd(x->loop, x->fd);
	pcap_close(x->pcap);
}
