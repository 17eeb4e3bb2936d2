/*
 * The kernel's engine, by generic netlink: what `wg show` shows.
 */
#include "sys/linux/wg_nl.h"

#include <errno.h>
#include <linux/wireguard.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>

#include "sys/linux/linux.h"
#include "sys/linux/rtnl.h"

enum { TRIES = 8 }; /* a dump that peers were changed under is told as interrupted */

struct dump {
	struct wg_nl w;
	int refused; /* the kernel's errno, positive */
};

/* Before libnl copies it anywhere. */
static int recv_scrubbed(struct nl_sock *s, struct sockaddr_nl *from, unsigned char **buf,
			 struct ucred **creds)
{
	int n = nl_recv(s, from, buf, creds);

	if (n > 0)
		wg_nl_scrub(*buf, (size_t)n);
	return n;
}

static int on_message(struct nl_msg *m, void *arg)
{
	struct dump *d = arg;

	wg_nl_take(&d->w, nlmsg_hdr(m));
	return NL_OK;
}

static int on_refusal(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct dump *d = arg;

	(void)from;
	d->refused = e->error < 0 ? -e->error : 0;
	return NL_STOP;
}

static int send_request(struct nl_sock *s, int family, const char *ifname)
{
	struct nl_msg *m = nlmsg_alloc();
	int rc = -NLE_NOMEM;

	if (m &&
	    genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_DUMP, WG_CMD_GET_DEVICE,
			WG_GENL_VERSION) &&
	    nla_put_string(m, WGDEVICE_A_IFNAME, ifname) == 0)
		rc = nl_send_auto(s, m);
	nlmsg_free(m);
	return rc;
}

static int refused(int code, const char *ifname, struct err *e)
{
	int rc;

	if (code == EOPNOTSUPP)
		return err_say(e, EOPNOTSUPP, "%s is no device of the kernel's WireGuard", ifname);
	rc = err_code(e, code, "ask the kernel's WireGuard about %s", ifname);
	if (code == EPERM)
		err_remedy(e, "run as root, or grant CAP_NET_ADMIN");
	return rc;
}

static int dump_once(struct nl_sock *s, int family, const char *ifname, struct dump *d)
{
	int rc = send_request(s, family, ifname);

	nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, on_message, d);
	nl_socket_modify_err_cb(s, NL_CB_CUSTOM, on_refusal, d);
	return rc < 0 ? rc : nl_recvmsgs_default(s);
}

static int dump(struct nl_sock *s, int family, const char *ifname, struct arena *a,
		struct uapi_device **out, struct err *e)
{
	struct dump *d = arena_alloc(a, sizeof(*d));
	int rc, i;

	for (i = 0; i < TRIES; i++) {
		*d = (struct dump){ .w = { .arena = a } };
		rc = dump_once(s, family, ifname, d);
		if (d->refused)
			return refused(d->refused, ifname, e);
		if (rc == -NLE_DUMP_INTR)
			continue;
		if (rc < 0)
			return err_say(e, EIO, "ask the kernel's WireGuard about %s: %s", ifname,
				       nl_geterror(rc));
		if (d->w.bad)
			return err_say(e, EPROTO,
				       "the kernel's WireGuard says of %s what makes no sense",
				       ifname);
		*out = &d->w.device;
		return 0;
	}
	return err_say(e, EAGAIN, "%s changed each time while it was read", ifname);
}

int wg_nl_open(struct nl_sock **s, int *family, struct err *e)
{
	int rc;

	*s = nl_socket_alloc();
	if (!*s)
		return err_code(e, ENOMEM, "netlink socket");
	rc = genl_connect(*s);
	if (rc < 0)
		return err_code(e, rtnl_errno(rc), "generic netlink");
	*family = genl_ctrl_resolve(*s, WG_GENL_NAME);
	if (*family < 0)
		return err_say(e, EOPNOTSUPP, "the kernel here has no WireGuard");
	return 0;
}

int linux_wg_get(const char *ifname, struct arena *a, struct uapi_device **out, struct err *e)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	struct nl_cb *cb;
	int family, rc = wg_nl_open(&s, &family, e);

	if (rc < 0)
		return rc;
	cb = nl_socket_get_cb(s);
	nl_cb_overwrite_recv(cb, recv_scrubbed);
	nl_cb_put(cb);
	return dump(s, family, ifname, a, out, e);
}
