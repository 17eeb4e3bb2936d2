#!/bin/sh
# Writes the cases of fixtures/cases/tun-framing that no run gave: what a healthy run saw, changed
# into what one with a wrong header would have seen (FM34), and runs with the fault at this end,
# told from the other one. Needs jq.
#
#   sh tests/lib/made_cases.sh
set -eu
cd "$(dirname "$0")/../../fixtures/cases"

# No answer comes back, and no transfer was tried.
silent='
.ping_peer |= (.received = 0 | .min_ns = null | .avg_ns = null | .max_ns = null | .mdev_ns = null)
| .streams = [] | .have -= ["streams"]
| .gaps.streams = {"why": "the peer did not answer", "remedy": null}'

# Our engine encrypts the 4 bytes in front along with each packet: the far end opens it, and finds
# no IP. 10 pings of 84 bytes, so messages of 32 + 96 bytes (88 padded); nothing comes back.
jq --indent 1 "$silent"'
| .target.name as $near
| .crypto.near |= (.sealed = 10 | .opened = 0 | .tx_bytes = 1428 | .rx_bytes = 92)
| .crypto.far |= (.sealed = 0 | .opened = 10 | .tx_bytes = 92 | .rx_bytes = 1428
	| .refused = [{"id": "in_not_ip", "says": "authentic, but the inner packet is neither IPv4 nor IPv6", "n": 10}])
| .tun.near |= (.after.rx_packets = .before.rx_packets | .after.rx_bytes = .before.rx_bytes
	| .after.tx_packets = .before.tx_packets + 10 | .after.tx_bytes = .before.tx_bytes + 840)
| .tun.far |= (.after = .before)
| .taps["near-tun"] |= (.frames = 10 | .packets = {"out": 10, "in": 0}
	| .echo_requests = {"out": 10, "in": 0} | .echo_replies = {"out": 0, "in": 0})
| .taps["far-tun"] |= (.frames = 0 | .packets = {"out": 0, "in": 0}
	| .echo_requests = {"out": 0, "in": 0} | .echo_replies = {"out": 0, "in": 0})
| .taps["near-wire"] |= (.frames = 12 | .msgs["out-data"] = 10 | .msgs["in-data"] = 0 | .msg_bytes = {"out": 1428, "in": 92})
| .taps["far-wire"] |= (.frames = 12 | .msgs["in-data"] = 10 | .msgs["out-data"] = 0 | .msg_bytes = {"out": 92, "in": 1428})
' healthy/builtin.json >tun-framing/made-sends-header.json

# wireguard-go writes bare packets into a tun that wants 4 bytes in front: each write succeeds, and
# the kernel takes the first 4 bytes of the packet for the header. The far end answers every ping.
jq --indent 1 "$silent"'
| .target.tun_inherited = true
| .tun.near |= (.tun_pi = 1 | .after.rx_packets = .before.rx_packets + 10 | .after.rx_bytes = .before.rx_bytes + 840
	| .after.rx_dropped = .before.rx_dropped + 10
	| .after.tx_packets = .before.tx_packets + 10 | .after.tx_bytes = .before.tx_bytes + 840)
| .crypto.near |= (.tx_bytes = 1428 | .rx_bytes = 1372)
| .crypto.far |= (.sealed = 10 | .opened = 10 | .tx_bytes = 1372 | .rx_bytes = 1428)
| .tun.far |= (.after.rx_packets = .before.rx_packets + 10 | .after.rx_bytes = .before.rx_bytes + 840
	| .after.tx_packets = .before.tx_packets + 10 | .after.tx_bytes = .before.tx_bytes + 840)
| .taps["near-tun"] |= (.frames = 20 | .packets = {"out": 10, "in": 0} | .not_ip = {"out": 0, "in": 10}
	| .shifted = {"out": 0, "in": 10} | .shifted_first = "9e3a40004001c0a8"
	| .echo_requests = {"out": 10, "in": 0} | .echo_replies = {"out": 0, "in": 0})
| .taps["far-tun"] |= (.frames = 20 | .packets = {"out": 10, "in": 10}
	| .echo_requests = {"out": 0, "in": 10} | .echo_replies = {"out": 10, "in": 0})
| .taps["near-wire"] |= (.frames = 22 | .msgs["out-data"] = 10 | .msgs["in-data"] = 10 | .keepalives = {"out": 0, "in": 0}
	| .msg_bytes = {"out": 1428, "in": 1372})
| .taps["far-wire"] |= (.frames = 22 | .msgs["in-data"] = 10 | .msgs["out-data"] = 10 | .keepalives = {"out": 0, "in": 0}
	| .msg_bytes = {"out": 1372, "in": 1428})
' healthy/wireguard-go.json >tun-framing/made-writes-no-header.json

# The same runs, as the other end would tell them: the fault is at the far end. What was measured
# changes places; the names of devices, the addresses and the self-test are still those of the
# near end, which has nothing wrong.
exchanged='
def swap(f; g): (f as $f | g as $g | f = $g | g = $f);
def way: if . == "near" then "far" else "near" end;
swap(.engine.near; .engine.far) | swap(.crypto.near; .crypto.far)
| swap(.tun.near.before; .tun.far.before) | swap(.tun.near.after; .tun.far.after)
| swap(.tun.near.tun_pi; .tun.far.tun_pi)
| swap(.wire.near.before; .wire.far.before) | swap(.wire.near.after; .wire.far.after)
| swap(.taps["near-tun"]; .taps["far-tun"]) | swap(.taps["near-tun"].dev; .taps["far-tun"].dev)
| swap(.taps["near-wire"]; .taps["far-wire"]) | swap(.taps["near-wire"].dev; .taps["far-wire"].dev)
| .streams |= map(.from |= way) | .sizes |= map(.from |= way)
| swap(.loss_up; .loss_down)
| .target |= (.engine = "builtin" | .engine_version = "0.1.0" | .program = null | .tun_inherited = false)'

jq --indent 1 "$exchanged" tun-framing/encrypted.json >tun-framing/made-far-encrypted.json
jq --indent 1 "$exchanged"'
| .framing |= (.header_len = 0 | .header_wanted = 0 | .first = "4500003400004000")
' tun-framing/inherited-discarded.json >tun-framing/made-far-discards.json

# Runs of the lab's network, as one that may not capture would have seen them.
no_capture='
["near-tun", "near-wire"] as $taps
| .have -= [$taps[] | "tap-" + .]
| reduce $taps[] as $t (.; .gaps["tap-" + $t] = {"why": "capturing: Operation not permitted", "remedy": "run as root, or grant CAP_NET_RAW"})'
for case in no-ip-forward/off masquerade-missing-or-wrong-if/missing forward-drop/reject no-return-route/no-route \
	lan-overlap/wide not-routed-or-not-allowed/not-allowed allowedips-overlap/client icmp-filtered/lan; do
	jq --indent 1 "$no_capture" "$case.json" >"${case%/*}/made-no-capture.json"
	sed 's/$/; without the right to capture/;q' "$case.expect" >"${case%/*}/made-no-capture.expect"
	sed 1d "$case.expect" >>"${case%/*}/made-no-capture.expect"
done
# Without a fault the rows that could not look leave it open.
sed -i 's/^state .*/state UNSURE/; s/^cause .*/cause -/; s/^side .*/side unknown/' icmp-filtered/made-no-capture.expect
# --- self-ping-utun: macOS has no other way to its own address than into the tunnel (FM35) ---------

self='.ping_self |= (.received = 0 | .dev_is_tun = 1 | .min_ns = null | .avg_ns = null | .max_ns = null | .mdev_ns = null)'
mkdir -p self-ping-utun
jq --indent 1 "$self" healthy/builtin.json >self-ping-utun/made-builtin.json
jq --indent 1 "$self" healthy/wireguard-go.json >self-ping-utun/made-wireguard-go.json
jq --indent 1 "$self" healthy/inherited.json >self-ping-utun/made-inherited.json
# The tunnel is broken as well: that is named, and the self ping is no sign of it.
jq --indent 1 "$self" tun-framing/made-sends-header.json >self-ping-utun/made-broken.json

# --- engine-cannot-start: a kernel without the module, which this machine may have (FM26) ----------

jq --indent 1 '.target.engine = "kernel" | .target.program = null | .target.engine_version = null
| .engine.near |= (.start_error = "engine kernel: create wg0: Operation not supported" | .lack = "module")
' engine-cannot-start/no-device.json >engine-cannot-start/made-no-module.json
# Without the right to capture the tunnel is not known to be good, whatever the self ping did.
jq --indent 1 "$self | $no_capture" healthy/builtin.json >self-ping-utun/made-no-capture.json

# --- the border of each cause, where no run shows it -------------------------------------------------

# Who takes the web's connections sends to the very host that was asked: a proxy, and no login.
jq --indent 1 '.portal.sends_to = .ladder.to.addr' captive-portal/drop.json >captive-portal/made-proxy.json

# Another router on the way: pings and other UDP are seen at it, and initiations are not.
jq --indent 1 '.ladder |= (.rungs[0] as $first | .rungs[1] as $host
	| .rungs = [$first,
		($first | .hop_limit = 2 | .tunnel = $host.tunnel | .tunnel.sent = 1 | .only_echo = 3
			| .echo.from = "198.18.0.1"),
		($host | .hop_limit = 3)]
	| .host_hops = 3 | .control_hop = 2 | .control_seen = .control_sent)
' protocol-blocked/initiation.json >protocol-blocked/made-stops.json

# One message of the far end's came, and out of the tun: so it takes some of this key's data.
jq --indent 1 '.taps["near-wire"] |= (.frames += 1 | .msgs["in-data"] += 1 | .msg_bytes["in"] += 96)
| .taps["near-tun"] |= (.frames += 1 | .packets["in"] += 1) | .crypto.near |= (.opened += 1 | .rx_bytes += 96)
| .tun.near.after |= (.rx_packets += 1 | .rx_bytes += 64)
' provider-accepts-but-drops/drop.json >provider-accepts-but-drops/made-one-came.json

# The filter drops packets meanwhile, and nothing of the tunnel is missing: they are others'.
jq --indent 1 '.kernel.rpfilter_after = .kernel.rpfilter_before + 250 | .kernel.rp_wire = 1' \
	routing-loop/full-tunnel.json >rp-filter/made-others.json

# --- a recording at the far end, changed to what chance would have given ------------------------------

# No initiation came in, and of what was sent beside them, of their shape and not, a part: they are lost.
jq --indent 1 '.far_seen[0].recording |= (.shaped = 5 | .knocks = 6)' \
	protocol-blocked/recorded-initiation.json >underlay-loss/made-recorded-initiations.json
# All of it came in: so few are no loss. And a capture with gaps may have missed them there.
jq --indent 1 '.far_seen[0].recording |= (.shaped = 8 | .knocks = 8)' \
	protocol-blocked/recorded-initiation.json >underlay-loss/made-recorded-all-came.json
