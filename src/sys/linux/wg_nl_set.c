/*
 * Configuring the kernel's WireGuard: the lines of a `set` as netlink messages.
 *
 * A message per peer, and one more for each so many prefixes of it, since there is a limit to
 * what a message may hold: to go on with a peer is to name its key again.
 */
#include <errno.h>
#include <linux/wireguard.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/errno.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <string.h>

#include "model/uapi_text.h"
#include "sys/linux/linux.h"
#include "sys/linux/rtnl.h"
#include "sys/linux/wg_nl.h"
#include "sys/sockaddr.h"

enum { MESSAGE_BYTES = 16384, PREFIXES_MAX = 200 };

struct setter {
	struct nl_sock *s;
	int family;
	const char *ifname;
	struct nl_msg *m;
	struct nlattr *peers, *peer, *prefixes; /* open ones, or NULL */
	struct nlattr *flags; /* of the peer */
	struct public_key key;
	unsigned n_prefixes;
	bool full; /* it did not fit */
};

/* --- messages ------------------------------------------------------------------- */

static void put(struct setter *w, int type, const void *p, size_t len)
{
	w->full = nla_put(w->m, type, (int)len, p) < 0 || w->full;
}

static void put_u16(struct setter *w, int type, uint64_t v)
{
	uint16_t n = (uint16_t)v;

	put(w, type, &n, sizeof(n));
}

static void put_u32(struct setter *w, int type, uint64_t v)
{
	uint32_t n = (uint32_t)v;

	put(w, type, &n, sizeof(n));
}

static void message_done(struct setter *w)
{
	if (!w->m)
		return;
	/* It may hold keys. */
	explicit_bzero(nlmsg_hdr(w->m), nlmsg_hdr(w->m)->nlmsg_len);
	nlmsg_free(w->m);
	w->m = NULL;
}

static int message_begin(struct setter *w, struct err *e)
{
	w->m = nlmsg_alloc_size(MESSAGE_BYTES);
	if (!w->m || !genlmsg_put(w->m, NL_AUTO_PORT, NL_AUTO_SEQ, w->family, 0, NLM_F_ACK,
				  WG_CMD_SET_DEVICE, WG_GENL_VERSION))
		return err_code(e, ENOMEM, "netlink message");
	put(w, WGDEVICE_A_IFNAME, w->ifname, strlen(w->ifname) + 1);
	return 0;
}

static void close_nest(struct setter *w, struct nlattr **nest)
{
	if (*nest)
		nla_nest_end(w->m, *nest);
	*nest = NULL;
}

static int message_send(struct setter *w, struct err *e)
{
	int rc;

	close_nest(w, &w->prefixes);
	close_nest(w, &w->peer);
	close_nest(w, &w->peers);
	if (w->full)
		return err_code(e, EMSGSIZE, "configure %s", w->ifname);
	rc = nl_send_auto(w->s, w->m);
	if (rc >= 0)
		rc = nl_wait_for_ack(w->s);
	message_done(w);
	return rc < 0 ? err_code(e, rtnl_errno(rc), "configure %s", w->ifname) : 0;
}

static void peer_begin(struct setter *w, uint32_t flags)
{
	w->peers = nla_nest_start(w->m, WGDEVICE_A_PEERS);
	w->peer = w->peers ? nla_nest_start(w->m, 0) : NULL;
	w->flags = w->peer ? nla_reserve(w->m, WGPEER_A_FLAGS, sizeof(flags)) : NULL;
	w->prefixes = NULL;
	w->n_prefixes = 0;
	w->full = w->full || !w->flags;
	if (w->flags)
		memcpy(nla_data(w->flags), &flags, sizeof(flags));
	put(w, WGPEER_A_PUBLIC_KEY, w->key.b, KEY_LEN);
}

/* The rest goes into a message of its own. */
static int next_message(struct setter *w, uint32_t flags, struct err *e)
{
	int rc = message_send(w, e);

	if (!rc)
		rc = message_begin(w, e);
	if (!rc)
		peer_begin(w, flags);
	return rc;
}

static void flag(struct setter *w, uint32_t more)
{
	uint32_t flags;

	if (!w->flags)
		return;
	memcpy(&flags, nla_data(w->flags), sizeof(flags));
	flags |= more;
	memcpy(nla_data(w->flags), &flags, sizeof(flags));
}

/* --- items ------------------------------------------------------------------------ */

static int put_prefix(struct setter *w, const struct uapi_item *item, struct err *e)
{
	const struct cidr *c = &item->cidr;
	struct nlattr *one;
	int rc = 0;

	if (item->minus)
		return err_say(e, EOPNOTSUPP, "configure %s: a prefix to take away", w->ifname);
	if (w->n_prefixes == PREFIXES_MAX)
		rc = next_message(w, WGPEER_F_UPDATE_ONLY, e);
	if (rc < 0)
		return rc;
	if (!w->prefixes)
		w->prefixes = nla_nest_start(w->m, WGPEER_A_ALLOWEDIPS);
	one = w->prefixes ? nla_nest_start(w->m, 0) : NULL;
	w->full = w->full || !one;
	put_u16(w, WGALLOWEDIP_A_FAMILY, c->addr.family == FAMILY_IP6 ? AF_INET6 : AF_INET);
	put(w, WGALLOWEDIP_A_IPADDR, c->addr.b, ip_addr_len(&c->addr));
	put(w, WGALLOWEDIP_A_CIDR_MASK, &c->len, sizeof(c->len));
	close_nest(w, &one);
	w->n_prefixes++;
	return 0;
}

static int put_endpoint(struct setter *w, const char *text, struct err *e)
{
	struct endpoint to = { .port = 0 };
	struct sockaddr_storage sa;

	if (!endpoint_parse(text, &to))
		return err_say(e, EINVAL, "configure %s: endpoint %s", w->ifname, text);
	put(w, WGPEER_A_ENDPOINT, &sa, sockaddr_from_endpoint(&to, &sa));
	return 0;
}

static int put_peer_item(struct setter *w, const struct uapi_item *item, struct err *e)
{
	switch (item->key) {
	case UAPI_PRESHARED_KEY:
		put(w, WGPEER_A_PRESHARED_KEY, item->secret.b, KEY_LEN);
		return 0;
	case UAPI_ENDPOINT:
		return put_endpoint(w, item->text, e);
	case UAPI_KEEPALIVE:
		put_u16(w, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, item->number);
		return 0;
	case UAPI_ALLOWED_IP:
		return put_prefix(w, item, e);
	case UAPI_PROTOCOL_VERSION:
		put_u32(w, WGPEER_A_PROTOCOL_VERSION, item->number);
		return 0;
	case UAPI_REMOVE:
		flag(w, WGPEER_F_REMOVE_ME);
		return 0;
	case UAPI_UPDATE_ONLY:
		flag(w, WGPEER_F_UPDATE_ONLY);
		return 0;
	case UAPI_REPLACE_ALLOWED_IPS:
		flag(w, WGPEER_F_REPLACE_ALLOWEDIPS);
		return 0;
	default:
		return err_say(e, EINVAL, "configure %s: %s does not belong to a peer", w->ifname,
			       uapi_key_name(item->key) ? uapi_key_name(item->key) : item->name);
	}
}

static int put_item(struct setter *w, const struct uapi_item *item, struct err *e)
{
	if (item->key == UAPI_PUBLIC_KEY) {
		w->key = item->public_key;
		if (w->peer)
			return next_message(w, 0, e);
		peer_begin(w, 0);
		return 0;
	}
	if (w->peer)
		return put_peer_item(w, item, e);
	switch (item->key) {
	case UAPI_PRIVATE_KEY:
		put(w, WGDEVICE_A_PRIVATE_KEY, item->secret.b, KEY_LEN);
		return 0;
	case UAPI_LISTEN_PORT:
		put_u16(w, WGDEVICE_A_LISTEN_PORT, item->number);
		return 0;
	case UAPI_FWMARK:
		put_u32(w, WGDEVICE_A_FWMARK, item->number);
		return 0;
	case UAPI_REPLACE_PEERS:
		put_u32(w, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
		return 0;
	default:
		return put_peer_item(w, item, e); /* says that there is no peer yet */
	}
}

static int put_line(struct setter *w, const char *line, size_t len, struct err *e)
{
	struct uapi_item item;
	enum uapi_fault fault = uapi_parse_line(line, len, &item);
	int rc;

	if (fault != UAPI_OK)
		rc = err_say(e, EINVAL, "configure %s: %s", w->ifname, uapi_fault_str(fault));
	else
		rc = put_item(w, &item, e);
	secret_key_done(&item.secret);
	return rc;
}

static int put_all(struct setter *w, const struct buf *text, struct err *e)
{
	const char *at = buf_str(text), *end;
	int rc = message_begin(w, e);

	while (!rc && (end = strchr(at, '\n'))) {
		rc = put_line(w, at, (size_t)(end - at), e);
		at = end + 1;
	}
	if (!rc)
		rc = message_send(w, e);
	message_done(w);
	return rc;
}

int linux_wg_set(const char *ifname, const struct buf *text, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct setter w = { .ifname = ifname };
	int rc = wg_nl_open(&s, &w.family, e);

	if (rc < 0)
		return rc;
	w.s = s;
	return put_all(&w, text, e);
}

int linux_wg_link_add(const char *name, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct rtnl_link *l;
	int rc;

	rc = rtnl_open(&s, e);
	if (rc < 0)
		return rc;
	l = rtnl_link_alloc();
	if (!l)
		return err_code(e, ENOMEM, "create %s", name);
	rtnl_link_set_name(l, name);
	rc = rtnl_link_set_type(l, "wireguard");
	if (rc >= 0)
		rc = rtnl_link_add(s, l, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(l);
	if (rc >= 0)
		return 0;
	if (rtnl_errno(rc) == EOPNOTSUPP)
		return err_say(e, EOPNOTSUPP,
			       "create %s: the kernel here has no WireGuard (modprobe wireguard)",
			       name);
	return err_code(e, rtnl_errno(rc), "create %s", name);
}
