#!/bin/sh
# timeout: 180
# Who answers pings is found to do so on a way that loses the first of them: by pings again, beside what is asked by
# TCP. And who answers TCP only is not said to answer pings.
#
#   [ left: looks ]---near   veth   far---[ right ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near right far
rnd_net4 up4; rnd_net4 in4
addr left near "$up4.1/24"; addr right far "$up4.2/24"
rnd_name n n; rnd_name f f
rnd_port port_n; rnd_port port_f
key key_n; key key_f
engine right "$f"; engine left "$n"
wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" allowed-ips "$in4.2/32" endpoint "$up4.2:$port_f"
addr right "$f" "$in4.2/24"; addr left "$n" "$in4.1/24"
ip -n left link set "$n" mtu 1420 up; ip -n right link set "$f" mtu 1420 up
check 'set-up' in_ns left ping -q -c 1 -W 5 "$in4.2"

# drops RULE: what comes out of the tunnel at the far end
drops() { ip netns exec right nft "flush ruleset; add table inet lab; add chain inet lab i { type filter hook input priority 0; }; add rule inet lab i iifname $f $1 drop"; }
# looks COMMAND [ARGUMENT...]
looks()
{
	looks_cmd=$1
	shift
	ip netns exec left "$WGDIAG" "$looks_cmd" "$n" --json --save-facts "$TMPDIR/facts" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	looks_rc=$?
	answered=$(jq -c '[.inner_targets[] | select(.answered != "none" and .answered != null) | .answered]' "$TMPDIR/facts")
}

# The first three, and some of what comes then.
for find_cmd in check loss; do
	rnd more 0 2
	drops "icmp type echo-request numgen inc mod 100000 < $((3 + more))"
	looks "$find_cmd" -c 100 -i 0.01
	is "$find_cmd, $((3 + more)) lost: answers pings" "$answered" '["echo"]'
	check "$find_cmd, $((3 + more)) lost: the way is measured" jq -e '.checks[] | select(.id == "loss.up" and (.state == "PASS" or .state == "WARN"))' "$TMPDIR/out"
	is "$find_cmd, $((3 + more)) lost: not blamed" "$looks_rc" 0
done
# Named, too.
drops 'icmp type echo-request numgen inc mod 100000 < 4'
looks check --ping "$in4.2"
is 'named: answers pings' "$answered" '["echo"]'
# All are lost: TCP alone tells that somebody is there.
drops 'icmp type echo-request'
looks check
is 'filtered: answers TCP' "$answered" '["tcp"]'
looks check --ping "$in4.2"
is 'filtered, named: answers TCP' "$answered" '["tcp"]'
finish
