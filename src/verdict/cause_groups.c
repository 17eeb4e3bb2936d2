/*
 * What several causes look like from one end, and what would tell them apart.
 */
#include "verdict/causes.h"

#include <string.h>

/* A tunnel that carries nothing carries no questions to the far end either. */
#define RECORD_THERE                                                                     \
	"on the peer: wgdiag serve --once --out FAR.json IF   meanwhile here: {check} "  \
	"--save-facts RUN.json   then here: wgdiag check --facts RUN.json --far-file FAR.json"

const struct cause_group cause_groups[] = {
	{
		.id = "no-answer",
		.says = "no message of the far end comes back",
		.remedy =
			"look at the far end, in this order: does its filter, and its provider's, "
			"let UDP in to the port; is the port forwarded to it; does each end have "
			"the other's public key; does an engine listen there",
		.commands = { "at the far end: tcpdump -ni any udp port {port}",
			      "at the far end: wg show; wg show all listen-port",
			      "at the far end: nft list ruleset | grep -e {port} -e policy" },
		.next = RECORD_THERE,
	},
	{
		.id = "no-data-back",
		.says = "the handshake is fresh, and data inside is not taken or not answered",
		.remedy = "look at the far end: do its allowed IPs of this peer hold the inner "
			  "address that is used here, and does no other peer of it have the same; "
			  "does its kernel count receive errors of the tunnel's interface; has it "
			  "a route by the tunnel to that address",
		.commands = { "at the far end: wg show all allowed-ips",
			      "at the far end: ip -s -s link show type wireguard" },
		.next = RECORD_THERE,
	},
	{
		.id = "not-forwarded",
		.says = "the far end answers inside the tunnel, and nothing beyond it does",
		.remedy = "at the far end: let it forward, let its filter pass what comes from the "
			  "tunnel's interface, and give what lies behind it a route back, or "
			  "masquerade",
		.commands = { "at the far end: sysctl net.ipv4.ip_forward "
			      "net.ipv6.conf.all.forwarding",
			      "at the far end: nft list ruleset | grep -e forward -e masquerade",
			      "at the far end: tcpdump -ni any host {target}" },
		.next = "on the peer: wgdiag serve IF   then here: {check} --far {far}",
	},
	{ .id = NULL },
};

const struct cause_group *cause_group_find(const char *id)
{
	const struct cause_group *g;

	for (g = cause_groups; id && g->id; g++)
		if (strcmp(g->id, id) == 0)
			return g;
	return NULL;
}
