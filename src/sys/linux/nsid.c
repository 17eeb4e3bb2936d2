/*
 * Network namespace ids through rtnetlink.
 */
#include "sys/linux/nsid.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "sys/linux/rtnl.h"

struct reply {
	int (*read)(struct nl_msg *m, void *ctx);
	void *ctx;
	bool came;
};

static int read_reply(struct nl_msg *m, void *arg)
{
	struct reply *r = arg;

	r->came = true;
	return r->read(m, r->ctx);
}

/* Takes m, which may be NULL. r may be NULL: the acknowledgement is all. */
static int transact(struct nl_msg *m, struct reply *r)
{
	CLEANUP(rtnl_sockp) struct nl_sock *s = NULL;
	int rc = m ? rtnl_open(&s, NULL) : -ENOMEM;

	if (rc < 0) {
		nlmsg_free(m);
		return rc;
	}
	if (r)
		nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, read_reply, r);
	rc = nl_send_sync(s, m);
	if (rc < 0)
		return -rtnl_errno(rc);
	return r && !r->came ? -EPROTO : 0;
}

static struct nl_msg *about_netns(int type, int netns)
{
	const struct rtgenmsg g = { .rtgen_family = AF_UNSPEC };
	struct nl_msg *m = nlmsg_alloc_simple(type, 0);

	/* A new message has a page of room. */
	if (m) {
		nlmsg_append(m, (void *)&g, sizeof(g), NLMSG_ALIGNTO);
		nla_put_u32(m, NETNSA_FD, (uint32_t)netns);
	}
	return m;
}

int nsid_assign(int netns)
{
	struct nl_msg *m = about_netns(RTM_NEWNSID, netns);
	int rc;

	if (m)
		nla_put_s32(m, NETNSA_NSID, -1); /* any */
	rc = transact(m, NULL);
	return rc == -EEXIST ? 0 : rc;
}

static int read_nsid(struct nl_msg *m, void *out)
{
	struct nlattr *a = nlmsg_find_attr(nlmsg_hdr(m), sizeof(struct rtgenmsg), NETNSA_NSID);

	if (a)
		*(int *)out = nla_get_s32(a);
	return NL_OK;
}

int nsid_get(int netns, int *out)
{
	int nsid = NETNSA_NSID_NOT_ASSIGNED;
	struct reply r = { .read = read_nsid, .ctx = &nsid };
	int rc = transact(about_netns(RTM_GETNSID, netns), &r);

	if (rc < 0)
		return rc;
	if (nsid < 0)
		return -ENOENT;
	*out = nsid;
	return 0;
}

static int read_link(struct nl_msg *m, void *out)
{
	const struct ifinfomsg *i = nlmsg_data(nlmsg_hdr(m));
	struct nlattr *mtu = nlmsg_find_attr(nlmsg_hdr(m), sizeof(*i), IFLA_MTU);
	struct sys_tun_state *st = out;

	st->up = i->ifi_flags & IFF_UP;
	st->ifindex = (unsigned)i->ifi_index;
	if (mtu)
		st->mtu = nla_get_u32(mtu);
	return NL_OK;
}

int nsid_link_state(int nsid, const char *name, struct sys_tun_state *st)
{
	const struct ifinfomsg i = { .ifi_family = AF_UNSPEC };
	struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct reply r = { .read = read_link, .ctx = st };

	if (m) {
		nlmsg_append(m, (void *)&i, sizeof(i), NLMSG_ALIGNTO);
		nla_put_s32(m, IFLA_TARGET_NETNSID, nsid);
		nla_put_string(m, IFLA_IFNAME, name);
	}
	return transact(m, &r);
}
