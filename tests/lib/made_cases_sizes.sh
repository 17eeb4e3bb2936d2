#!/bin/sh
# Writes the cases about sizes, loss and time that no run gave: runs of the lab, changed into what
# would have been seen otherwise. Needs jq.
#
#   sh tests/lib/made_cases_sizes.sh
set -eu
cd "$(dirname "$0")/../../fixtures/cases"

# Without the right to capture nothing is known of the wire.
blind='
.have -= ["tap-near-wire", "tap-near-tun", "loss-up", "loss-down"]
| {"why": "capture: Operation not permitted", "remedy": "run as root, or grant CAP_NET_RAW"} as $gap
| .gaps["tap-near-wire"] = $gap | .gaps["tap-near-tun"] = $gap
| .gaps["loss-up"] = $gap | .gaps["loss-down"] = $gap
| .paces = [] | .handshake.response_ns = null
| .taps["near-wire"] |= map_values(if type == "number" then null elif type == "object" then map_values(null) else . end)
| .taps["near-wire"] |= (.icmp_type = 0 | .icmp_code = 0)
'
jq --indent 1 "$blind" underlay-loss/up.json >underlay-loss/made-no-capture.json
jq --indent 1 "$blind" pmtu-blackhole/frames.json >pmtu-blackhole/made-no-capture.json

# A limit to the byte that no padding makes: the far host's own choice, as far as can be seen.
jq --indent 1 '.sizes |= map(select(.size < 1000 or .size > 1300)
	| if .size > 1300 then .received = 0 else . end)
	+ [{"from": "near", "family": "ipv4", "size": 1028, "sent": 3, "received": 3, "error": null},
	   {"from": "near", "family": "ipv4", "size": 1029, "sent": 3, "received": 0, "error": null}]' \
	pmtu-blackhole/frames.json >pmtu-blackhole/made-own-choice.json

# A round one: the same, though padding could have made it.
jq --indent 1 '.sizes |= map(if .size == 1028 then .size = 1024 elif .size == 1029 then .size = 1025 else . end)' \
	pmtu-blackhole/made-own-choice.json >pmtu-blackhole/made-round-choice.json

# None is missing where they come slowly: a host that answers only so many.
jq --indent 1 '.paces[1] |= (.answered = .probes | .bursts = 0 | .sent_back = .left)' \
	underlay-loss/up.json >underlay-loss/made-limited.json

# The border: just above and just below what one and the other round must show.
jq --indent 1 '.paces |= map(.answered = .probes - 5 | .bursts = 5 | .sent_back = .left - 5 | .lost_back = 0)
	| .loss_up.answered = .loss_up.probes - 5' \
	underlay-loss/up.json >underlay-loss/made-border.json
jq --indent 1 '.paces[0] |= (.answered = .probes - 4 | .bursts = 4 | .sent_back = .left - 4 | .lost_back = 0)
	| .loss_up.answered = .loss_up.probes - 4' \
	underlay-loss/up.json >underlay-loss/made-below-border.json

# Three minutes and more without a packet, then one.
jq --indent 1 '.handshake |= (.age_ns = 723000000000 | .complete = true | .response_ns = 2100000 | .waited_ns = 4000000)
	| .taps["near-wire"].msgs["out-initiation"] = 1 | .taps["near-wire"].msgs["in-response"] = 1' \
	idle-not-broken/unused.json >idle-not-broken/made-old.json
# With a keepalive it would not have come to that.
jq --indent 1 '.config.near.peers |= map(.keepalive_s = 25)' \
	idle-not-broken/made-old.json >idle-not-broken/made-keepalive.json

# The peer was heard longer ago than a session lives: it is offline, and that is all.
jq --indent 1 '(.started_wall_ns - 400000000000) as $heard
	| .config.near.peers |= map(.handshake_wall_ns = $heard)
	| .handshake |= (.age_ns = 400000000000 | .complete = false)' \
	nat-mapping-expired/builtin.json >nat-mapping-expired/made-long-gone.json
