#!/bin/sh
# What the system refuses: each event gives one count of the one reason.
#
#   [ left: near ]---to-right   veth   to-left---[ right: far ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg nft ping tc jq
. "$TOP/tests/lib/lab/engine.sh"

rnd_net4 out4; rnd_net6 out6; rnd_net4 in4
rnd_name near n; rnd_name far f
rnd_port port_n; rnd_port port_f
key key_n; key key_f
ns_new left; ns_new right
veth left to-right right to-left
addr left to-right "$out4.1/24" "${out6}1/64"
addr right to-left "$out4.2/24" "${out6}2/64"
engine left "$near"; near_pid=$engine_pid
engine right "$far"; far_pid=$engine_pid
wg set "$near" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" \
	allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"
wg set "$far" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
addr left "$near" "$in4.1/24"
addr right "$far" "$in4.2/24"
ip -n left link set "$near" up
ip -n right link set "$far" up
check 'the tunnel works' wait_for 10 "in_ns left ping -q -c 1 -W 1 $in4.2"
is 'nothing is refused' "$(drops "$near") $(drops "$far")" ' '

# one NAME REASON+N COMMAND...: which counters of near change by it.
one_ping() { in_ns left ping -q -c 1 -W 1 "$in4.2" >/dev/null 2>&1; }
one()
{
	printf 'get=1\n\n' | uapi "$near" | sed '/^public_key/,$d' | grep '^drop_' >"$TMPDIR/before"
	one_name=$1 one_want=$2
	shift 2
	"$@"
	printf 'get=1\n\n' | uapi "$near" | sed '/^public_key/,$d' | grep '^drop_' >"$TMPDIR/after"
	is "$one_name" "$(paste -d= "$TMPDIR/before" "$TMPDIR/after" |
		awk -F= '$2 != $4 { printf "%s+%d ", substr($1, 6), $4 - $2 }')" "${one_want:+$one_want }"
}

in_ns left nft -f - <<END
table inet t {
	chain out {
		type filter hook output priority 0
		udp sport $port_n drop
	}
}
END
one 'a firewall' io_send_perm+1 one_ping
in_ns left nft delete table inet t

# Room for one byte.
tc -n left qdisc replace dev to-right root bfifo limit 1
one 'a queue without room' io_send_nobufs+1 one_ping
tc -n left qdisc del dev to-right root

ip -n left route del "$out4.0/24"
sent() { wg show "$near" transfer | cut -f 3; }
sent_before=$(sent)
one 'no route' io_send_unreach+1 one_ping
is 'what did not leave is not counted as sent' "$(sent)" "$sent_before"
ip -n left route add "$out4.0/24" dev to-right src "$out4.1"
check 'the route is back' wait_for 10 "in_ns left ping -q -c 1 -W 1 $in4.2"

ip -n left route add prohibit "$out4.2/32"
one 'a prohibited route' io_send_other+1 one_ping
ip -n left route del prohibit "$out4.2/32"

# Longer than any datagram: a packet of 65500 bytes in one of 65532, and IPv4 has room for 65507.
ip -n left link set "$near" mtu 65535
wait_for 5 '[ "$(value '"$near"' mtu)" = 65535 ]'
long_ping() { in_ns left ping -q -c 1 -W 1 -s 65472 "$in4.2" >/dev/null 2>&1; }
one 'longer than a datagram can be' out_too_long+1 long_ping
ip -n left link set "$near" mtu 1420
wait_for 5 '[ "$(value '"$near"' mtu)" = 1420 ]'

# What the kernel drops before the engine can read it. Unknown types: one reason for all that is read.
count=$((60000 + SEED % 1000))
kill -STOP "$far_pid"
in_ns left "$tool" udp "$out4.2" "$port_f" "$count" 100 9
kill -CONT "$far_pid"
counted() { echo $(($(value "$far" drop_io_recv_overflow) + $(value "$far" drop_in_unknown_type))); }
wait_for 10 "[ \"\$(counted)\" = $count ]"
is 'an overflowing socket: each datagram is counted once' "$(counted)" "$count"
is 'and some were dropped by the kernel' "$([ "$(value "$far" drop_io_recv_overflow)" -gt 0 ] && echo yes)" yes
wait_for 5 "in_ns left ping -q -c 1 -W 1 $in4.2"

# ICMP errors come back, and are no refusals.
ip -n right link set "$far" down
wait_for 5 '[ "$(value '"$far"' up)" = 0 ]'
errors=$(value "$near" icmp_errors)
one_ping
is 'an ICMP error is counted' "$(($(value "$near" icmp_errors) - errors))" 1
# Such an error is also what the next call on the socket returns; it must not cost a datagram.
one 'and refuses nothing' '' one_ping
one 'nor does the next' '' one_ping
is 'each datagram was sent, and answered so' "$(($(value "$near" icmp_errors) - errors))" 3
check 'and logged' said "$near" "ICMP error from $out4.2 about a datagram to $out4.2:$port_f"
ip -n right link set "$far" up
wait_for 5 '[ "$(value '"$far"' up)" = 1 ]'
# Near still has the session that far has forgotten; so far begins.
check 'far is back' wait_for 10 "in_ns right ping -q -c 1 -W 1 $in4.1"

# The link goes down between the receiving of a batch and the writing of it: not at each try, since
# the engine looks at the link before each batch. A queue of them makes it likely.
written() { ip -n right -j -s link show "$far" | jq '.[0].stats64.rx.packets'; }
down_in_a_batch()
{
	wait_for 10 "in_ns right ping -q -c 1 -W 1 $in4.1"
	in_ns left "$tool" udp "$in4.2" 9 20000 1000 1 2>/dev/null & flood=$!
	some=$(($(written) + 100))
	wait_for 5 '[ "$(written)" -gt $some ]'
	ip -n right link set "$far" down
	wait "$flood"
	ip -n right link set "$far" up
	wait_for 5 '[ "$(value '"$far"' up)" = 1 ]'
	[ "$(value "$far" drop_io_tun_down)" -gt 0 ]
}
# ICMP would end the flood: nobody listens there.
in_ns right nft -f - <<'END'
table inet t { chain in { type filter hook input priority 0; udp dport 9 drop; }; }
END
check 'a link that goes down while it is written to' wait_for 20 down_in_a_batch
is 'and nothing else was refused by the tun' "$(value "$far" drop_io_tun_refused)" 0
in_ns right nft delete table inet t
check 'far is back again' wait_for 10 "in_ns right ping -q -c 1 -W 1 $in4.1"

# No socket: the port is taken when the link comes up.
engine left other
wg set other listen-port "$((port_n + 1))"
ip -n left link set other up
wait_for 5 '[ "$(value other up)" = 1 ]'
ip -n left link set "$near" down
wait_for 5 '[ "$(value '"$near"' up)" = 0 ]'
wg set "$near" listen-port "$((port_n + 1))"
ip -n left link set "$near" up
wait_for 5 '[ "$(value '"$near"' up)" = 1 ]'
one 'no socket' io_no_socket+1 one_ping
check 'it says why' said "$near" 'no socket, nothing can be sent: bind UDP port'
wg set "$near" listen-port "$port_n"
check 'another port, and it works at once' wait_for 4 "in_ns left ping -q -c 1 -W 1 $in4.2"

kill -TERM "$near_pid"
ended 'near ends' "$near_pid"
kill -TERM "$far_pid"
ended 'far ends' "$far_pid"
finish
