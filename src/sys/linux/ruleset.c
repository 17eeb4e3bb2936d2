/*
 * The firewall rules of this namespace, as libnftables prints them.
 *
 * libnftables ends the whole program when it gets no netlink socket, and writes to our terminal
 * when it may not ask: so both are tried before. The rest of its words goes into its buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/linux/linux.h"

/* As many as it may have open at once: for the rules, for names of links, for a file of names. */
static int try_sockets(const char *what, struct err *e)
{
	static const int kinds[] = { NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_ROUTE };
	int fd[ARRAY_LEN(kinds)], rc = 0;
	size_t n = 0;

	while (!rc && n < ARRAY_LEN(kinds)) {
		fd[n] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, kinds[n]);
		if (fd[n] < 0)
			rc = err_sys(e, "%s: netlink socket", what);
		else
			n++;
	}
	while (n)
		close(fd[--n]);
	return rc;
}

struct question {
	struct nlmsghdr head;
	struct nfgenmsg body;
};
struct answer {
	struct nlmsghdr head;
	struct nlmsgerr body;
};

/* The number of the rules' generation: nothing is smaller, and who may not have it may not read. */
static int ask_generation(int fd)
{
	const struct question q = {
		.head = { .nlmsg_len = sizeof(q),
			  .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.body = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 },
	};
	struct answer a;
	ssize_t n;

	if (send(fd, &q, sizeof(q), 0) != (ssize_t)sizeof(q))
		return 0;
	/* The answer is queued before send() returns: nothing is to be waited for. */
	n = recv(fd, &a, sizeof(a), MSG_DONTWAIT);
	if (n < (ssize_t)sizeof(a) || a.head.nlmsg_type != NLMSG_ERROR)
		return 0;
	return a.body.error;
}

/* Only that it is refused is an answer here; whatever else there is, the library will tell. */
static int may_ask(struct err *e)
{
	int rc, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return err_sys(e, "read firewall rules: netlink socket");
	rc = ask_generation(fd);
	close(fd);
	if (rc != -EPERM && rc != -EACCES)
		return 0;
	return err_code(e, rc, "read firewall rules");
}

static const char *first_line(const char *text, struct arena *a)
{
	size_t len = text ? strcspn(text, "\n") : 0;

	return len ? arena_printf(a, "%.*s", (int)len, text) : "no reason was given";
}

static int list(struct nft_ctx *nft, unsigned flags, struct arena *a, const char **out,
		struct err *e)
{
	const char *text;
	int rc;

	nft_ctx_output_set_flags(nft, flags);
	rc = nft_run_cmd_from_buffer(nft, "list ruleset");
	text = nft_ctx_get_output_buffer(nft);
	if (rc)
		return err_say(e, EIO, "read firewall rules: %s",
			       first_line(nft_ctx_get_error_buffer(nft), a));
	*out = arena_strdup(a, text ? text : "");
	return 0;
}

/* With its words in buffers. */
static int nft_open(struct nft_ctx **out, const char *what, struct err *e)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!nft)
		return err_code(e, ENOMEM, "%s", what);
	if (nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft)) {
		nft_ctx_free(nft);
		return err_code(e, ENOMEM, "%s", what);
	}
	*out = nft;
	return 0;
}

static int list_both(struct arena *a, struct sys_ruleset *out, struct err *e)
{
	struct sys_ruleset r = { 0 };
	struct nft_ctx *nft;
	int rc = nft_open(&nft, "read firewall rules", e);

	if (rc < 0)
		return rc;
	rc = list(nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PROTO,
		  a, &r.json, e);
	/* Its own words for each rule: a hint, so they may be missing. */
	if (!rc && list(nft, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS, a, &r.text, NULL))
		r.text = "";
	nft_ctx_free(nft);
	if (!rc)
		*out = r;
	return rc;
}

/* Appends the names of the tables that the older interface has here. False: not known. */
static bool old_tables(const char *path, struct buf *names)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512];
	ssize_t n, i;

	if (fd < 0)
		return errno == ENOENT;
	n = read(fd, text, sizeof(text));
	close(fd);
	for (i = 0; i < n; i++)
		buf_add(names, text[i] == '\n' ? " " : &text[i], 1);
	return n >= 0;
}

static const char *unread(struct arena *a)
{
	struct buf names;
	const char *says = NULL;
	bool known;

	buf_init(&names);
	known = old_tables("/proc/thread-self/net/ip_tables_names", &names);
	known = old_tables("/proc/thread-self/net/ip6_tables_names", &names) && known;
	if (names.len)
		says = arena_printf(a, "iptables-legacy tables: %.*s", (int)names.len - 1, names.b);
	else if (!known)
		says = "whether there are iptables-legacy rules";
	buf_done(&names);
	return says;
}

/*
 * A kernel without nftables has none of its tables. Then there is no such socket, or nobody behind
 * it who knows the question (nfnetlink_rcv_msg() says EINVAL).
 */
bool linux_ruleset_possible(void)
{
	int rc, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return errno != EPROTONOSUPPORT;
	rc = ask_generation(fd);
	close(fd);
	return rc != -EINVAL;
}

int linux_ruleset_change(const char *commands, struct err *e)
{
	struct nft_ctx *nft;
	struct arena a;
	int rc;

	if (!linux_ruleset_possible())
		return err_say(e, EOPNOTSUPP,
			       "change firewall rules: this kernel has no nftables "
			       "(modprobe nf_tables)");
	rc = try_sockets("change firewall rules", e);
	if (!rc)
		rc = nft_open(&nft, "change firewall rules", e);
	if (rc < 0)
		return rc;
	arena_init(&a);
	if (nft_run_cmd_from_buffer(nft, commands))
		rc = err_say(e, EIO, "change firewall rules: %s",
			     first_line(nft_ctx_get_error_buffer(nft), &a));
	arena_done(&a);
	nft_ctx_free(nft);
	return rc;
}

int linux_ruleset(struct arena *a, struct sys_ruleset *out, struct err *e)
{
	struct sys_ruleset r = { .json = "{\"nftables\": []}", .text = "" };
	bool any = linux_ruleset_possible();
	int rc = any ? try_sockets("read firewall rules", e) : 0;

	if (!rc && any)
		rc = may_ask(e);
	if (!rc && any)
		rc = list_both(a, &r, e);
	if (rc < 0)
		return rc;
	r.unread = unread(a);
	*out = r;
	return 0;
}
