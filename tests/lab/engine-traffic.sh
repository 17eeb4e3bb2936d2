#!/bin/sh
# beside: others
# Two engines of ours, in two namespaces: traffic of all kinds, and what it does outside.
#
#   [ left: near ]---to-right   veth   to-left---[ right: far ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg nft ping
. "$TOP/tests/lib/lab/engine.sh"

rnd_net4 out4; rnd_net6 out6; rnd_net4 in4; rnd_net6 in6
rnd_name near n; rnd_name far f
rnd_port port_n; rnd_port port_f; rnd mark 1 100000
key key_n; key key_f

ns_new left; ns_new right
# A second address outlives the first one of its network.
in_ns left sysctl -qw net.ipv4.conf.all.promote_secondaries=1
veth left to-right right to-left
addr left to-right "$out4.1/24" "${out6}1/64"
addr right to-left "$out4.2/24" "${out6}2/64"

engine left "$near"; near_pid=$engine_pid
engine right "$far"; far_pid=$engine_pid

wg set "$near" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" \
	allowed-ips "$in4.2/32,${in6}2/128" endpoint "$out4.2:$port_f"
wg set "$far" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" \
	allowed-ips "$in4.1/32,${in6}1/128"
addr left "$near" "$in4.1/24" "${in6}1/64"
addr right "$far" "$in4.2/24" "${in6}2/64"
ip -n left link set "$near" up
ip -n right link set "$far" up
wait_for 5 '[ "$(value '"$near"' up)" = 1 ] && [ "$(value '"$far"' up)" = 1 ]'

# 10 pings of 84 bytes: as the kernel counts them.
check 'ten pings of 84 bytes' pings left 10 "$in4.2"
is 'near sent 148 + 10 * 128 bytes' "$(value "$near" tx_bytes)" 1428
is 'near received 92 + 10 * 128 bytes' "$(value "$near" rx_bytes)" 1372
is 'far sent as much as near received' "$(value "$far" tx_bytes)" 1372
is 'sealed as many data messages as packets' "$(value "$near" sealed) $(value "$near" tx_packets)" '10 10'
is 'nothing refused, near' "$(drops "$near")" ''
is 'nothing refused, far' "$(drops "$far")" ''
check 'the log has the handshake and its reason' said "$near" 'handshake initiation 1 sent'
check 'the log has no key' sh -c '! grep -qF "$1" "$2"' - "$key_n" "$TMPDIR/$near.log"

check 'IPv6 inside, IPv4 outside' pings left 3 "${in6}2"
check 'full packets inside' pings left 3 -s 1392 -M 'do' "$in4.2"
check 'more than the MTU: fragments' pings left 3 -s 5000 "$in4.2"

wg set "$near" peer "$key_f_pub" endpoint "[${out6}2]:$port_f"
check 'IPv4 inside, IPv6 outside' pings left 3 "$in4.2"
check 'IPv6 inside, IPv6 outside' pings left 3 "${in6}2"
is 'the far end followed to IPv6' "$(wg show "$far" endpoints | cut -f2)" "[${out6}1]:$port_n"
check 'its log says so' said "$far" "moved from $out4.1:$port_n to \[${out6}1\]:$port_n"
wg set "$near" peer "$key_f_pub" endpoint "$out4.2:$port_f"
check 'back to IPv4' pings left 3 "$in4.2"
is 'the far end followed back' "$(wg show "$far" endpoints | cut -f2)" "$out4.1:$port_n"

# A preshared key on both sides.
wg genpsk >"$TMPDIR/psk"
wg set "$near" peer "$key_f_pub" preshared-key "$TMPDIR/psk"
wg set "$far" peer "$key_n_pub" preshared-key "$TMPDIR/psk"
check 'a preshared key does not hurt' pings left 3 "$in4.2"

# The mark is on what leaves.
in_ns left nft -f - <<END
table inet t {
	chain out {
		type filter hook output priority 0
		udp sport $port_n meta mark $mark counter
	}
}
END
marked() { in_ns left nft list chain inet t out | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
check 'without a mark' pings left 2 "$in4.2"
is 'no packet has it' "$(marked)" 0
wg set "$near" fwmark "$mark"
check 'with a mark' pings left 4 "$in4.2"
is 'each packet has it' "$(marked)" 4
wg set "$near" fwmark 0
check 'without it again' pings left 2 "$in4.2"
is 'no further packet has it' "$(marked)" 4

# TCP, both ways.
rnd_port tcp; rnd bytes 3000000 5000000
tcp_transfer()
{
	in_ns "$2" "$tool" tcp-take "$3" "$tcp" >"$TMPDIR/taken" &
	take=$!
	wait_for 5 "in_ns $2 ss -Hltn | grep -q ':$tcp '" || return 1
	in_ns "$1" "$tool" tcp-give "$3" "$tcp" "$bytes" && wait "$take" && [ "$(cat "$TMPDIR/taken")" = "$bytes" ]
}
check 'TCP, near to far' tcp_transfer left right "$in4.2"
check 'TCP, far to near, IPv6 inside' tcp_transfer right left "${in6}1"

# The address the peer is answered from follows the address it wrote to...
ip -n right addr add "$out4.77/24" dev to-left
wg set "$near" peer "$key_f_pub" endpoint "$out4.77:$port_f"
check 'a second address of the far end' pings left 3 "$in4.2"
is 'answers come from it' "$(wg show "$near" endpoints | cut -f2)" "$out4.77:$port_f"
# ... and when that is gone, it answers from another. Only the far end sends now.
ip -n right addr del "$out4.77/24" dev to-left
in_ns right ping -q -c 1 -W 2 "$in4.1" >/dev/null 2>&1
check 'the address removed' pings right 3 "$in4.1"
is 'it now comes from the first' "$(wg show "$near" endpoints | cut -f2)" "$out4.2:$port_f"

# Roaming: the near end gets another address.
ip -n left addr add "$out4.9/24" dev to-right
ip -n left addr del "$out4.1/24" dev to-right
check 'near end with another address' pings left 3 "$in4.2"
is 'the far end followed' "$(wg show "$far" endpoints | cut -f2)" "$out4.9:$port_n"
check 'and can begin itself' pings right 3 "$in4.1"

# Another private key: the peers agree on it, and go on at once.
key key_2
wg set "$far" peer "$key_n_pub" remove
wg set "$far" peer "$key_2_pub" allowed-ips "$in4.1/32" preshared-key "$TMPDIR/psk"
wg set "$near" private-key "$key_2_file"
check 'a new private key' pings left 3 "$in4.2"

# Nobody's destination: an ICMP error, at once, and one count.
ip -n left route add "192.0.2.0/24" dev "$near"
before=$(value "$near" drop_out_no_peer)
unreachable() { in_ns left ping -c 1 -W 2 192.0.2.1 2>&1 | grep -q 'Unreachable'; }
check 'no peer: host unreachable' unreachable
is 'no peer: one count' "$(($(value "$near" drop_out_no_peer) - before))" 1

# The endpoint routed into the tunnel itself: nothing may grow. Whole packets and ones that
# leave as fragments (outer, longer than the MTU) alike.
wg set "$near" peer "$key_f_pub" allowed-ips "$in4.2/32,${in6}2/128,$out4.2/32"
ip -n left route add "$out4.2/32" dev "$near"
before=$(value "$near" tx_bytes)
in_ns left ping -q -c 3 -i 0.2 -W 1 -s 1392 "$in4.2" >/dev/null 2>&1
grown=$(($(value "$near" tx_bytes) - before))
check "a routing loop does not amplify ($grown bytes)" test "$grown" -lt 70000
check 'and is named' test "$(value "$near" drop_out_loop)" -gt 0
ip -n left route del "$out4.2/32" dev "$near"
check 'without the loop it goes on' pings left 3 "$in4.2"

kill -TERM "$near_pid"
ended 'near ends at SIGTERM' "$near_pid"
kill -INT "$far_pid"
ended 'far ends at SIGINT' "$far_pid"
is 'no sockets are left' "$(ls /run/wireguard)" ''
finish
