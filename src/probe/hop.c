#include "probe/hop.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/sock_option.h"
#include "wire/ip.h"

struct hop {
	struct hop_conf conf;
	const struct platform_ops *p;
	struct loop *loop;
	struct sys_udp sock;
	unsigned timer, sent; /* timer 0: none */
	bool over;
	struct ip_addr from; /* FAMILY_NONE: nobody answered yet */
	bool by_icmp;
	uint8_t type, code;
};

static void on_error(void *ctx, const struct endpoint *to, const struct sys_udp_error *error)
{
	struct hop *h = ctx;

	/* Errors of our own host come from nobody. */
	if (error->from.family == FAMILY_NONE || h->from.family != FAMILY_NONE ||
	    !ip_addr_equal(&to->addr, &h->conf.target))
		return;
	h->from = error->from;
	h->by_icmp = true;
	h->type = error->type;
	h->code = error->code;
}

static void on_sock(void *ctx, short revents)
{
	struct hop *h = ctx;
	uint8_t b[64];

	(void)revents;
	h->p->udp_errors(&h->sock, on_error, h);
	/* A datagram from the target itself proves the way just as well. */
	while (recv(h->sock.fd, b, sizeof(b), MSG_DONTWAIT) >= 0)
		h->from = h->conf.target;
}

static void on_timer(void *ctx)
{
	struct hop *h = ctx;
	uint8_t payload[8] = { 0 };
	struct sys_dgram d = {
		.buf = payload,
		.cap = sizeof(payload),
		.len = sizeof(payload),
		.addr = { .addr = h->conf.target, .port = h->conf.port },
	};
	int error = 0;

	h->timer = 0;
	if (h->sent == h->conf.count) {
		h->over = true;
		return;
	}
	h->p->udp_send(&h->sock, &d, 1, &error);
	h->sent++;
	h->timer =
		loop_add_timer(h->loop,
			       loop_now(h->loop) + (h->sent == h->conf.count ? h->conf.timeout_ns :
									       h->conf.interval_ns),
			       on_timer, h);
}

int hop_open(const struct hop_conf *c, const struct platform_ops *p, struct loop *l,
	     struct arena *a, struct hop **out, struct err *e)
{
	struct hop *h;
	int rc;

	if (!p->udp_open || !p->udp_errors)
		return err_say(e, EOPNOTSUPP, "%s does not tell of ICMP errors", p->name);
	h = arena_alloc(a, sizeof(*h));
	h->conf = *c;
	h->p = p;
	h->loop = l;
	rc = p->udp_open((enum addr_family)c->target.family, 0, 0, &h->sock, e);
	if (rc < 0)
		return rc;
	rc = c->hop_limit ? sock_hop_limit(h->sock.fd, c->target.family, c->hop_limit, e) : 0;
	if (!rc)
		rc = sock_bind_link(h->sock.fd, c->link, e);
	if (rc < 0) {
		close(h->sock.fd);
		return rc;
	}
	*out = h;
	return 0;
}

void hop_start(struct hop *h)
{
	loop_add_fd(h->loop, h->sock.fd, POLLIN, on_sock, h);
	h->timer = loop_add_timer(h->loop, loop_now(h->loop), on_timer, h);
}

bool hop_done(void *hop)
{
	const struct hop *h = hop;

	return h->over || h->from.family != FAMILY_NONE;
}

static bool denies_itself(const struct hop *h)
{
	return h->by_icmp && ip_addr_equal(&h->from, &h->conf.target) &&
	       !ip_error_is_of_host(h->from.family, h->type, h->code);
}

bool hop_answer(const struct hop *h, struct ip_addr *from)
{
	if (h->from.family == FAMILY_NONE || denies_itself(h))
		return false;
	*from = h->from;
	return true;
}

bool hop_icmp(const struct hop *h, struct ip_addr *from, uint8_t *type, uint8_t *code)
{
	if (!h->by_icmp)
		return false;
	*from = h->from;
	*type = h->type;
	*code = h->code;
	return true;
}

void hop_close(struct hop *h)
{
	if (!h)
		return;
	if (h->timer)
		loop_del_timer(h->loop, h->timer);
	loop_del_fd(h->loop, h->sock.fd);
	close(h->sock.fd);
}
