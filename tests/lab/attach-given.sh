#!/bin/sh
# timeout: 400
# beside: others
# `wgdiag check IFACE` with what the user knows: a log of the engine, which is told, and no row is judged by
# it; and which of the peers must be there.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | .summary' "$TMPDIR/out"; }
again()
{
	attach --json --save-facts "$TMPDIR/facts" "$@"
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
	check "judged again: the same ($*)" cmp "$TMPDIR/out" "$TMPDIR/again"
}

# --- a log of other days ------------------------------------------------------------------

cat >"$TMPDIR/old.log" <<END
DEBUG: (x) 2026/01/02 03:04:05 Received packet with invalid mac1
ERROR: (x) 2026/01/02 03:04:06 Failed to write packets to TUN device: write /dev/net/tun: invalid argument
DEBUG: (x) 2026/01/02 03:04:07 IPv4 packet with disallowed source address from peer(AbCd…wxyz)
DEBUG: (x) 2026/01/02 03:04:08 IPv4 packet with disallowed source address from peer(AbCd…wxyz)
END
told='in the log given: 1 × a handshake message for another public key, 2 × an inner source that is not in the peer'
pair
foreign builtin "$WGDIAG" engine -f
configure
attach --json --engine-log "$TMPDIR/old.log"
is 'healthy, and a bad log: exit' $? 0
clean 'healthy, and a bad log: no row is bad' "$(bad_rows)"
opaque --json --endpoint "$out4.2:$port_f" --ping "$in4.2" --engine-log "$TMPDIR/old.log"
is 'opaque, healthy, and a bad log: exit' $? 0
clean 'opaque, healthy, and a bad log: no row is bad' "$(bad_rows)"
check 'opaque: the log is told' [ "$(row crypto.rejects | grep -c "$told")" = 1 ]
again --engine-log "$TMPDIR/old.log"
# It is not the kernel that could say why.
attach --json --kernel-debug
is 'another engine, and --kernel-debug: exit' $? 0
is 'another engine, and --kernel-debug: the row' "$(json_row "$TMPDIR/out" kernel.debug)" 'SKIP -'
is 'another engine, and --kernel-debug: why' "$(row kernel.debug)" "not read: the engine of this tunnel is not the kernel's"
over

# A wireguard-go whose log is its own: silent about a tunnel that is healthy.
if command -v wireguard-go >/dev/null 2>&1; then
	pair
	LOG_LEVEL=verbose foreign wireguard-go wireguard-go -f
	configure
	again --engine-log "$TMPDIR/$n.log"
	check 'wireguard-go, healthy: PASS' [ "$(json_row "$TMPDIR/out" crypto.rejects)" = 'PASS -' ]
	is 'wireguard-go, healthy: nothing to tell of its log' "$(row crypto.rejects | grep -c 'log given')" 0
	# One stray packet of an address that the far end has not told us of: the engine says so, and nothing is broken.
	addr right "$f" "$in4.3/24"
	ip netns exec right ping -q -c 1 -W 1 -I "$in4.3" "$in4.1" >"$TMPDIR/ping" 2>&1
	check 'wireguard-go says it in its log' wait_for 5 "grep -q 'disallowed source' '$TMPDIR/$n.log'"
	again --engine-log "$TMPDIR/$n.log"
	clean 'wireguard-go, a stray packet: no row is bad' "$(bad_rows)"
	is 'wireguard-go, a stray packet: told' \
		"$(row crypto.rejects | grep -c 'in the log given: 1 × an inner source that is not in the peer')" 1
	over
else
	skip 'wireguard-go, its own log' 'no wireguard-go here'
fi

# --- it explains a row that fails ---------------------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
wg genpsk >"$TMPDIR/psk"
configure
echo 'wireguard: wg0: Invalid handshake response from 192.0.2.1:5' >"$TMPDIR/psk.log"
opaque --json --endpoint "$out4.2:$port_f" --ping "$in4.2" --engine-log "$TMPDIR/psk.log" --save-facts "$TMPDIR/facts"
is 'opaque, the preshared keys differ: exit' $? 1
"$WGDIAG" check --facts "$TMPDIR/facts" --only data -v >"$TMPDIR/out" 2>&1
check 'opaque, the preshared keys differ: the log explains that nothing comes back' \
	grep -q 'in the log given: 1 × a response that does not open' "$TMPDIR/out"
over

# --- a hub: who must be there -------------------------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
key key_gone; key key_idle
wg set "$n" peer "$key_gone_pub" allowed-ips 198.18.1.1/32 \
	peer "$key_idle_pub" allowed-ips 198.18.2.1/32,198.18.3.0/24 endpoint "$out4.2:9"
ip -n left route add 198.18.2.1 dev "$n"
# hub EXIT ID ROW ARGUMENT...
hub()
{
	hub_rc=$1 hub_id=$2 hub_row=$3
	shift 3
	attach --json "$@"
	is "hub, $*: exit" $? "$hub_rc"
	is "hub, $*: $hub_id" "$(json_row "$TMPDIR/out" "$hub_id")" "$hub_row"
}
begin=$(echo "$key_gone_pub" | cut -c 1-12)
pings left 1 "$in4.2" >/dev/null || not_ok 'hub: the probed peer answers'
# The idle one, with a network behind it, was given an endpoint, and nobody is there; to the other nothing can be sent.
hub 1 handshake.peers 'FAIL -' -c 10
hub 1 handshake.peers 'FAIL -' --require all
# One that must be there is the one that is asked.
hub 1 handshake.complete 'FAIL -' --require "$begin"
hub 1 handshake.complete 'FAIL -' --peer "$begin"
hub 1 handshake.complete 'PASS -' --require "$key_f_pub"
hub 0 handshake.peers 'PASS -' --peer "$key_f_pub"
wg set "$n" peer "$key_gone_pub" remove
hub 1 handshake.peers 'FAIL -' --require all
again --require all
wg set "$n" peer "$key_idle_pub" endpoint "$out4.2:$port_f"
hub 0 handshake.peers 'PASS -'
hub 3 handshake.peers 'UNSURE -' --require all
wg set "$n" peer "$key_idle_pub" endpoint "$out4.2:9"
hub 1 underlay.back 'FAIL -' --peer "$key_idle_pub"
wg set "$n" peer "$key_idle_pub" remove
hub 0 handshake.peers 'NA -' --require all
for with in --peer --require; do
	attach $with "$key_gone_pub"
	is "hub, $with of nobody: exit" $? 2
	is "hub, $with of nobody: the line" "$(cat "$TMPDIR/err")" \
		"wgdiag check: $n has no peer whose key begins with $key_gone_pub"
done
over

# --- somebody changes rules meanwhile -------------------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
sent() { ip -n left -s -j link show "$n" | jq '.[0].stats64.tx.packets'; }
# while_pinging 'COMMAND': it is done in the midst of a run.
while_pinging()
{
	sent_before=$(sent)
	ip netns exec left "$WGDIAG" check "$n" --json -c 60 --only host.state,ping.peer >"$TMPDIR/out" 2>"$TMPDIR/err" &
	run_pid=$!
	wait_for 10 "[ \$(sent) -gt $((sent_before + 20)) ]" && eval "$1"
	wait $run_pid
	is "$1: exit" $? "$2"
	is "$1: the row" "$(json_row "$TMPDIR/out" host.state)" "$3"
}
while_pinging 'ip -n left rule add pref 500 not fwmark 0x77 lookup 4242' 0 'WARN -'
check 'the rule is told' [ "$(row host.state | grep -c 'near rule 500: not from all fwmark 0x77 lookup 4242 is new')" = 1 ]
while_pinging 'ip -n left rule del pref 500' 1 'FAIL -'
check 'the rule is told' [ "$(row host.state | grep -c 'near rule 500: not from all fwmark 0x77 lookup 4242 is gone')" = 1 ]
while_pinging 'ip -n left rule add pref 501 iif near lookup 4242 && ip -n left rule del pref 501' 0 'PASS -'
while_pinging 'ip -n left rule add pref 502 from 203.0.113.0/24 lookup 4242' 0 'PASS -'
ip -n left rule del pref 502
over
finish
