/*
 * Of each theme some: what is wrong outside beside what is wrong inside, what is lost beside what
 * is not forwarded, by size beside by chance. (Not here: what keeps all from being seen. Where
 * nothing enters the tunnel, no handshake is asked for; where none is done, no size is lost.)
 */
#include "lab/pairs.h"

#include <stddef.h>

const struct lab_pair lab_pairs[] = {
	{ "underlay-loss", "down", "pmtu-blackhole", "frames-in-use" },
	{ "underlay-loss", "up", "not-routed-or-not-allowed", "not-routed" },
	{ "no-ip-forward", "off", "underlay-loss", "down" },
	{ "no-return-route", "no-route", "pmtu-blackhole", "frames" },
	{ "masquerade-missing-or-wrong-if", "missing", "underlay-loss", "up" },
	{ "psk-mismatch", "different", "lan-overlap", "same" },
	{ "endpoint-stale-dns", "nobody", "lan-overlap", "part" },
	{ "endpoint-family", "not-carried", "not-routed-or-not-allowed", "neither" },
	{ "udp-blocked-inbound", "reject", "not-routed-or-not-allowed", "not-allowed" },
	{ "wrong-key", "client", "not-routed-or-not-allowed", "not-routed" },
	{ "listener-absent", "wrong-port", "lan-overlap", "wide" },
	{ "captive-portal", "drop", "lan-overlap", "same" },
	{ "no-uplink", "no-gateway", "not-routed-or-not-allowed", "neither" },
	{ "local-firewall", "input", "lan-overlap", "same" },
	{ "leftover-rules", "wg-quick", "lan-overlap", "wide" },
	{ "tun-framing", "far-encrypted", "lan-overlap", "wide" },
	{ NULL, NULL, NULL, NULL },
};
