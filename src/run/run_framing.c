/*
 * What does a tun of this machine put before each packet, and what does it want there?
 *
 * A device of our own, opened as the tunnel's was, with a private address that nothing else
 * uses: one datagram toward a host behind it is read, and a reply written as that host would
 * send it. No engine and no peer is involved. The device goes with its descriptor.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/draw.h"
#include "probe/pattern.h"
#include "sys/sockaddr.h"
#include "run/run_priv.h"

enum {
	FRAMING_MS = 500,
	HEADER_LEN = 4,
	IP_LEN = 20,
	UDP_LEN = 8,
	PAYLOAD_LEN = 24,
	PACKET_LEN = IP_LEN + UDP_LEN + PAYLOAD_LEN,
	PROTO_UDP = 17,
	READ_MAX = 2048,
	/* Offsets in the IP header, RFC 791; ports begin the UDP header, RFC 768. */
	LENGTH_AT = 2,
	PROTO_AT = 9,
	SRC_AT = 12,
	DST_AT = 16,
	SUM_AT = IP_LEN + 6,
};

struct framing {
	struct run *r;
	struct ip_addr addr[2]; /* ours, and that of nobody behind the device */
	uint16_t port[2];
	bool pi;
	int tun, sock; /* -1: not open */
	uint8_t payload[PAYLOAD_LEN];
	struct framing_facts *out;
	bool over;
};

static uint16_t get_be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* Our datagram from b on? */
static bool is_ours(const struct framing *x, const uint8_t *b, size_t len)
{
	return len == PACKET_LEN && b[0] == 0x45 && get_be16(b + LENGTH_AT) == PACKET_LEN &&
	       b[PROTO_AT] == PROTO_UDP && !memcmp(b + SRC_AT, x->addr[0].b, 4) &&
	       !memcmp(b + DST_AT, x->addr[1].b, 4) &&
	       !memcmp(b + IP_LEN + UDP_LEN, x->payload, PAYLOAD_LEN);
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t t;

	for (; len--; a++, b++) {
		t = *a;
		*a = *b;
		*b = t;
	}
}

/* Sums do not change when their parts are swapped, and UDP over IPv4 may do without. */
static void write_reply(struct framing *x, uint8_t *packet)
{
	uint8_t b[HEADER_LEN + PACKET_LEN] = { 0, 0, 0x08, 0x00 }; /* no flags, IPv4 */
	size_t header = x->pi ? HEADER_LEN : 0;
	ssize_t n;

	swap(packet + SRC_AT, packet + DST_AT, 4);
	swap(packet + IP_LEN, packet + IP_LEN + 2, 2);
	packet[SUM_AT] = packet[SUM_AT + 1] = 0;
	memcpy(b + header, packet, PACKET_LEN);
	n = write(x->tun, b, header + PACKET_LEN);
	/* Refused it cannot arrive, and nothing is to be waited for. */
	if (n < 0)
		x->over = true;
	x->out->reply_received = 0;
}

static void on_tun(void *ctx, short revents)
{
	struct framing *x = ctx;
	uint8_t b[READ_MAX];
	size_t header;
	ssize_t n = read(x->tun, b, sizeof(b));

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		x->over = true;
		return;
	}
	/* Anything else is of the system's own making: router solicitations and the like. */
	for (header = 0; header <= HEADER_LEN; header += HEADER_LEN) {
		if ((size_t)n < header || !is_ours(x, b + header, (size_t)n - header))
			continue;
		x->out->header_len = (int64_t)header;
		memcpy(x->out->first, b, sizeof(x->out->first));
		write_reply(x, b + header);
		return;
	}
}

static void on_sock(void *ctx, short revents)
{
	struct framing *x = ctx;
	uint8_t b[READ_MAX];
	ssize_t n = recv(x->sock, b, sizeof(b), 0);

	(void)revents;
	if (n != PAYLOAD_LEN || memcmp(b, x->payload, PAYLOAD_LEN))
		return;
	x->out->reply_received = 1;
	x->over = true;
}

static bool is_over(void *ctx)
{
	return ((struct framing *)ctx)->over;
}

/* --- setting up --------------------------------------------------------------- */

static bool same_net(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, 3);
}

static void draw_all(struct framing *x)
{
	const struct run_end *near = &x->r->end[END_NEAR], *far = &x->r->end[END_FAR];
	struct draw d;

	draw_init(&d, x->r->conf->seed ^ UINT64_C(0x746573747475));
	do
		draw_inner4(&d, x->addr);
	while (same_net(&x->addr[0], &near->inner4) || same_net(&x->addr[0], &far->inner4));
	draw_ports(&d, x->port);
	pattern_fill(x->r->conf->seed + 20, 0, x->payload, PAYLOAD_LEN);
}

static int set_up_tun(struct framing *x, struct err *e)
{
	const struct platform_ops *p = x->r->p;
	struct cidr own = { x->addr[0], 32 }, other = { x->addr[1], 32 };
	char name[SYS_IFNAME_SIZE];
	struct sys_tun tun;
	int rc;

	/* Not to be taken for the near end's: another last letter. */
	snprintf(name, sizeof(name), "%.12s", x->r->end[END_NEAR].tun);
	name[strlen(name) - 1] = 'h';
	rc = p->tun_open_as(name, x->pi, &tun, e);
	if (rc < 0)
		return rc;
	x->tun = tun.fd;
	x->out->dev = arena_strdup(x->r->arena, tun.name);
	rc = p->addr_add(tun.name, &own, e);
	if (!rc)
		rc = p->link_up(tun.name, true, e);
	return rc ? rc : p->route_add(&other, tun.name, NULL, e);
}

static int open_here(void *ctx, struct err *e)
{
	struct framing *x = ctx;
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from(&x->addr[0], x->port[0], &sa);
	int rc = set_up_tun(x, e);

	if (rc < 0)
		return rc;
	x->sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->sock < 0)
		return err_sys(e, "socket");
	if (bind(x->sock, (struct sockaddr *)&sa, len) < 0)
		return err_sys(e, "bind to the address of %s", x->out->dev);
	len = sockaddr_from(&x->addr[1], x->port[1], &sa);
	if (sendto(x->sock, x->payload, PAYLOAD_LEN, 0, (struct sockaddr *)&sa, len) < 0)
		return err_sys(e, "send toward %s", x->out->dev);
	return 0;
}

static void close_all(struct framing *x)
{
	if (x->sock >= 0)
		close(x->sock);
	if (x->tun >= 0)
		close(x->tun);
}

/*
 * Where wgdiag made the tunnel that is in its near namespace; else in one of its own, for the
 * host's links are not to be touched. The device goes with its descriptor, and the namespace
 * with the device.
 */
static int in_private(struct run *r, int (*fn)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	struct run_end near = r->end[END_NEAR];
	int netns, rc;

	if (r->t)
		return run_in(r, END_NEAR, fn, ctx, e);
	if (!r->p->netns_new)
		return err_say(e, EOPNOTSUPP, "%s has no network namespaces", r->p->name);
	rc = r->p->netns_new(&netns, e);
	if (rc < 0)
		return rc;
	r->end[END_NEAR].netns = netns;
	rc = run_in(r, END_NEAR, fn, ctx, e);
	r->end[END_NEAR] = near;
	close(netns);
	return rc;
}

void run_framing(struct run *r)
{
	struct framing_facts out = { .header_len = UNKNOWN, .reply_received = UNKNOWN };
	struct framing x = { .r = r, .tun = -1, .sock = -1, .out = &out };
	struct err e;
	int rc;

	if (!r->p->tun_open_as) {
		facts_gap(r->f, NEED_FRAMING, "this system's tun cannot be opened for it", NULL);
		return;
	}
	draw_all(&x);
	x.pi = r->f->tun[END_NEAR].tun_pi == 1;
	out.header_wanted = x.pi ? HEADER_LEN : 0;
	rc = in_private(r, open_here, &x, &e);
	if (rc < 0) {
		facts_gap(r->f, NEED_FRAMING, arena_strdup(r->arena, e.text),
			  rc == -EPERM ? "run as root" : NULL);
		close_all(&x);
		return;
	}
	loop_add_fd(r->loop, x.tun, POLLIN, on_tun, &x);
	loop_add_fd(r->loop, x.sock, POLLIN, on_sock, &x);
	loop_run(r->loop, run_until(r, FRAMING_MS), is_over, &x);
	loop_del_fd(r->loop, x.tun);
	loop_del_fd(r->loop, x.sock);
	close_all(&x);
	r->f->framing = out;
	if (!run_interrupted(r))
		facts_have(r->f, NEED_FRAMING);
}
