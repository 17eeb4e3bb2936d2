#include <string.h>

#include "check/drops.h"

#define CSUM_SAYS "a checksum in it is wrong"
#define CSUM_REMEDY                                                                          \
	"what wrote it, or a network card that should compute it, leaves it wrong: without " \
	"its offload"
#define CSUM_COMMAND "ethtool -K %s rx off tx off"
#define QUEUE_SAYS "the queue of the device, or a shaper on it, threw it away"
#define QUEUE_REMEDY "see which: its counter `dropped` rises; remove the shaper or give it more"
#define QUEUE_COMMAND "tc -s qdisc show dev %s"
#define BUFFER_SAYS "the receive buffer of the socket was full: who owns it did not read in time"
#define FILTER_REMEDY "find the rule, and let the tunnel pass before it"

/* failure-modes.md 0.4, and include/net/dropreason-core.h of Linux. The first that fits counts. */
static const struct drop_words words[] = {
	/* Kernels before 6.2 or so drop all of netfilter's there. */
	{ "NETFILTER_DROP", "nf_hook_slow",
	  "a filter, or a full table of connections (conntrack), took it",
	  "rules of iptables-legacy, or `nf_conntrack: table full` in dmesg",
	  "iptables-legacy-save -c; nft -a list ruleset; dmesg | grep conntrack" },
	{ "NETFILTER_DROP", NULL, "a rule of this host's filter took it", FILTER_REMEDY,
	  "nft -a list ruleset" },
	{ "NO_SOCKET", NULL, "nobody here has the port that it was for",
	  "is the engine alive, and has it the port that the peer sends to?", "ss -lunp" },
	{ "SOCKET_RCVBUFF", NULL, BUFFER_SAYS,
	  "is the engine alive, and has it enough of a processor? else a larger buffer",
	  "sysctl -w net.core.rmem_max=7340032" },
	{ "PROTO_MEM", NULL, "the memory for all sockets of its kind was used up",
	  "find who fills it, or allow more", "sysctl net.ipv4.udp_mem net.ipv4.tcp_mem" },
	{ "FULL_RING", NULL,
	  "the queue of the tunnel's device was full: the engine did not read it in time",
	  "is the engine alive, and has it enough of a processor? else a longer queue",
	  "ip link set dev %s txqueuelen 2000" },
	{ "IP_RPFILTER", NULL, "the reverse path filter: its answer would leave by another link",
	  "let the filter be loose (2: any link has a way back)",
	  "sysctl -w net.ipv4.conf.%s.rp_filter=2" },
	{ "IP_INADDRERRORS", NULL,
	  "it was for an address that is not this host's, and nothing is forwarded here",
	  "if it is to be a router of the tunnel: let it forward",
	  "sysctl -w net.ipv4.ip_forward=1" },
	{ "IP_INNOROUTES", NULL, "no route leads to where it was to be forwarded", "add that route",
	  "ip route show table all" },
	{ "IP_OUTNOROUTES", NULL, "no route leads to where it was to go", "add that route",
	  "ip route show table all" },
	{ "PKT_TOO_BIG", NULL, "it is larger than the link that it was to leave by carries",
	  "a smaller MTU for the tunnel, or TCP's segments cut to it (MSS)", NULL },
	{ "QDISC_DROP", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "QDISC_OVERLIMIT", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "QDISC_CONGESTED", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "CAKE_FLOOD", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "FQ_BAND_LIMIT", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "FQ_FLOW_LIMIT", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "FQ_HORIZON_LIMIT", NULL, QUEUE_SAYS, QUEUE_REMEDY, QUEUE_COMMAND },
	{ "TC_INGRESS", NULL, "a filter of tc(8) where it comes in took it", FILTER_REMEDY,
	  "tc filter show dev %s ingress" },
	{ "TC_EGRESS", NULL, "a filter of tc(8) where it leaves took it", FILTER_REMEDY,
	  "tc filter show dev %s egress" },
	{ "XDP", NULL, "an XDP program on the device took it", "find whose program that is",
	  "ip link show dev %s" },
	{ "BPF_CGROUP_EGRESS", NULL, "a BPF program of a cgroup took it",
	  "find whose program that is", "bpftool cgroup tree" },
	{ "SOCKET_FILTER", NULL, "a filter on the socket that it was for took it", NULL, NULL },
	{ "SECURITY_HOOK", NULL, "a security module (SELinux, AppArmor) does not allow it",
	  "see what it writes to its log", "dmesg | grep -i denied" },
	{ "XFRM_POLICY", NULL, "a policy of IPsec takes it", "find the policy", "ip xfrm policy" },
	{ "IP_CSUM", NULL, CSUM_SAYS, CSUM_REMEDY, CSUM_COMMAND },
	{ "UDP_CSUM", NULL, CSUM_SAYS, CSUM_REMEDY, CSUM_COMMAND },
	{ "ICMP_CSUM", NULL, CSUM_SAYS, CSUM_REMEDY, CSUM_COMMAND },
	{ "TCP_CSUM", NULL, CSUM_SAYS, CSUM_REMEDY, CSUM_COMMAND },
	{ "SKB_CSUM", NULL, CSUM_SAYS, CSUM_REMEDY, CSUM_COMMAND },
	{ "IP_INHDR", NULL, "its IP header makes no sense, or its hops were used up", NULL, NULL },
	{ "PKT_TOO_SMALL", NULL, "it is shorter than it says itself", NULL, NULL },
	{ "UNHANDLED_PROTO", NULL, "it does not begin as IP does where the kernel looks",
	  "the engine and the device do not agree on what stands before a packet", NULL },
	{ "NOT_SPECIFIED", "tun_get_user", "what the engine wrote is no packet for this device",
	  "the engine and the device do not agree on what stands before a packet", NULL },
	{ "NOT_SPECIFIED", "__dev_forward_skb2",
	  "it is larger than the other end of the veth takes", "the same MTU at both ends of it",
	  "ip link show dev %s" },
	{ "NEIGH_FAILED", NULL, "the next host on the link does not answer",
	  "is it there, and is the address right?", "ip neigh show dev %s" },
	{ "NEIGH_QUEUEFULL", NULL, "the next host on the link has not answered yet", NULL,
	  "ip neigh show dev %s" },
	{ "IP_INVALID_SOURCE", NULL, "its source is no address that a packet may have", NULL,
	  NULL },
	{ "IP_LOCAL_SOURCE", NULL, "its source is an address of this host itself",
	  "two ends have one address, or it came in a circle", "ip addr" },
	{ "IP_INVALID_DEST", NULL, "it is for no address that a packet may have", NULL, NULL },
	{ "IP_LOCALNET", NULL, "it is from or for 127.0.0.0/8, and did not come from there", NULL,
	  NULL },
	{ "IPV6DISABLED", NULL, "IPv6 is disabled on the device", "enable it, or use IPv4",
	  "sysctl -w net.ipv6.conf.%s.disable_ipv6=0" },
	{ "CPU_BACKLOG", NULL, "the queue of a processor was full",
	  "more than one processor for what comes in (RSS, RPS), or a longer queue",
	  "sysctl net.core.netdev_max_backlog" },
	{ "DEV_READY", NULL, "the device is not up", "set it up", "ip link set dev %s up" },
	{ "FRAG_REASM_TIMEOUT", NULL, "the other fragments of it never came",
	  "somebody drops fragments: packets that need none, by a smaller MTU", NULL },
	{ "NOMEM", NULL, "there was no memory for it", NULL, "free -m" },
};

static bool is_at(const struct drop_facts *d, const char *location)
{
	return d->location && !strcmp(d->location, location);
}

const struct drop_words *drop_words(const struct drop_facts *d)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].reason, d->reason) &&
		    (!words[i].location || is_at(d, words[i].location)))
			return &words[i];
	return NULL;
}

/* Seen in healthy tunnels of every engine, and on healthy hosts. */
static const struct {
	const char *reason, *location; /* NULL: any */
} noise[] = {
	{ "NO_SOCKET", "ping_rcv" }, /* an answer that only a raw socket waited for */
	{ "NOT_SPECIFIED", "ip6_mc_input" }, /* a group that nobody is in */
	{ "IP_INNOROUTES", "ip6_pkt_discard" }, /* from an address that was just taken away */
	{ "NOT_SPECIFIED", "ip_mc_input" },
	{ "NOT_SPECIFIED", "tcp_v4_rcv" }, /* segments that TCP has had already, or needs not */
	{ "NOT_SPECIFIED", "tcp_v6_rcv" },
	{ "NOT_SPECIFIED", "packet_rcv" }, /* copies of captures: not for them, or no room */
	{ "NOT_SPECIFIED", "tpacket_rcv" },
	{ "PACKET_SOCK_ERROR", NULL },
	{ "OTHERHOST", NULL }, /* the card is promiscuous */
	{ "QUEUE_PURGE", NULL }, /* a socket or a device was closed */
	{ "SOCKET_CLOSE", NULL },
};

/* Ethernet's numbers. Before it is known what is in it a packet out of a tun has any. */
enum { PROTO_IP4 = 0x0800, PROTO_IP6 = 0x86dd };

bool drop_is_noise(const struct drop_facts *d)
{
	size_t i;

	if (d->protocol != PROTO_IP4 && d->protocol != PROTO_IP6 &&
	    strcmp(d->reason, "UNHANDLED_PROTO") != 0)
		return true;
	/* What TCP throws away it has judged: old, twice, out of its window. */
	if (!strncmp(d->reason, "TCP_", 4) && strcmp(d->reason, "TCP_CSUM") != 0)
		return true;
	for (i = 0; i < ARRAY_LEN(noise); i++)
		if (!strcmp(noise[i].reason, d->reason) &&
		    (!noise[i].location || is_at(d, noise[i].location)))
			return true;
	return false;
}
