#!/bin/sh
# beside: others
# What wgdiag lab --relay loses of a tunnel whose messages it passes on, each way by itself.
#
#   [ left: near ]---r0 [ mid: relay ] r1---[ right: far ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ping
. "$TOP/tests/lib/lab/engine.sh"

rnd_net4 out4; rnd_net4 in4
rnd_name near n; rnd_name far f; rnd_name r0 a; rnd_name r1 b
rnd_port port_n; rnd_port port_f
key key_n; key key_f
ns_new left; ns_new mid; ns_new right
veth left out mid "$r0"
veth mid "$r1" right out
addr left out "$out4.1/24"
addr right out "$out4.2/24"

# relay [WAY]: instead of the one before, if any.
relay_pid=''
relay()
{
	if [ -n "$relay_pid" ]; then kill -INT "$relay_pid"; ends "$relay_pid"; fi
	: >"$TMPDIR/relay"
	ip netns exec mid "$WGDIAG" lab --relay "$r0,$r1${1:+,$1}" >"$TMPDIR/relay" 2>&1 &
	relay_pid=$!
	wait_for 5 'grep -q "^relaying" "$TMPDIR/relay"' || cat "$TMPDIR/relay"
}

# answers COUNT SIZE: to so many pings of so many bytes in all, one after the other; 100 % is in $answered
answers()
{
	answered=$(ip netns exec left ping -q -i 0.02 -W 1 -c "$1" -s $(($2 - 28)) "$in4.2" |
		sed -n 's/.* \([0-9]*\) received.*/\1/p')
}

# So that nothing else is on its way than what is counted, the session is there before.
relay
engine left "$near"
engine right "$far"
wg set "$near" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" \
	allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"
wg set "$far" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
addr left "$near" "$in4.1/24"
addr right "$far" "$in4.2/24"
ip -n left link set "$near" up
ip -n right link set "$far" up
check 'through a relay that changes nothing' wait_for 10 'ip netns exec left ping -c 1 -W 1 '"$in4.2"
answers 20 84
is 'it loses nothing' "$answered" 20

# The outer packet: 28 of IP and UDP, 32 of WireGuard, and what is inside, padded to 16.
rnd inside 10 60; inside=$((inside * 16))
relay "large=$((inside + 60)):100"
answers 10 "$inside"
is 'as large as the limit passes' "$answered" 10
answers 10 $((inside + 1))
is 'one more, and all are lost' "$answered" 0

rnd bucket 3 15
relay "rate=0.001:$bucket,from=$r0"
answers 20 100
is 'so many pass as the bucket holds' "$answered" "$bucket"

relay "idle=0.001:1000000,from=$r0"
answers 5 84
is 'after a pause all are lost, and the first was after none' "$answered" 1

relay 'period=1000:1000'
answers 5 84
is 'a period that is bad all the time' "$answered" 0

# One way only: the requests arrive, the answers do not.
relay "burst=100:0,from=$r1"
had=$(value "$far" rx_packets)
answers 5 84
is 'a burst that does not end, of the far end' "$answered" 0
is 'what goes to it arrives' "$(($(value "$far" rx_packets) - had))" 5

# The session that is there goes on; a new one has loss at its begin, and here no end of it.
relay 'rekey=1000000'
answers 5 84
is 'nothing is lost while there is no new session' "$answered" 5
wg set "$near" peer "$key_f_pub" remove
wg set "$near" peer "$key_f_pub" allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"
answers 5 84
is 'after a new session all is lost' "$answered" 0
check 'but not the handshake' wait_for 5 '[ "$(wg show '"$near"' latest-handshakes | cut -f2)" != 0 ]'

# What it cannot do it says in a line.
for way in period=5:6 burst=1 rate=0:4 idle=5 "from=$near" large=0:10 rekey; do
	ip netns exec mid "$WGDIAG" lab --relay "$r0,$r1,$way" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$way: exit, lines, and which it was" \
		"$? $(wc -l <"$TMPDIR/err") $(grep -cF "'$way'" "$TMPDIR/err") $(wc -c <"$TMPDIR/out")" '2 1 1 0'
done
finish
