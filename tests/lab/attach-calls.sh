#!/bin/sh
# timeout: 400
# beside: others
# `wgdiag check IFACE` at the end that others come to, while nobody is there: it is listened whether somebody
# calls. Nobody does, and that is no fault; who does and gets no handshake tells why: the filter of this host, the
# port, a key; who gets one is pinged as if he had been there. Each engine is asked that is here.
#
#   [ left: the server that is looked at ]---near   veth   far---[ right: a client, our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft setpriv
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near right far
rnd_net4 out4; rnd_net4 in4; rnd_net6 out6
addr left near "$out4.1/24" "${out6}1/64"; addr right far "$out4.2/24" "${out6}2/64"
key key_s; key key_c; key key_o
rnd_port port_s

# server: ours, or the program that is given; with two clients, neither of which was heard.
server()
{
	rnd_name s s
	case $1 in
	builtin) engine left "$s" ;;
	kernel) ip -n left link add "$s" type wireguard ;;
	*)
		ip netns exec left "$1" -f "$s" >"$TMPDIR/$s.log" 2>&1 &
		engine_pid=$!
		wait_for 5 "[ -S /run/wireguard/$s.sock ]" || { not_ok "$1 starts"; finish; }
		;;
	esac
	in_ns left wg set "$s" private-key "$key_s_file" listen-port "$port_s" peer "$key_c_pub" allowed-ips "$in4.2/32" \
		peer "$key_o_pub" allowed-ips "$in4.3/32"
	addr left "$s" "$in4.1/24"
	ip -n left link set "$s" mtu 1420 up
}
end_server()
{
	in_ns left nft flush ruleset
	ip -n left link del "$s"
	[ "$1" = kernel ] || ends "$engine_pid"
}

# client PUBLIC-KEY PORT [HOST]: of the server as he has it; he goes on trying to ping it.
client()
{
	rnd_name c c
	engine right "$c"
	client_pid=$engine_pid
	wg set "$c" private-key "$key_c_file" peer "$1" allowed-ips "$in4.1/32" endpoint "${3:-$out4.1}:$2"
	addr right "$c" "$in4.2/24"
	ip -n right link set "$c" mtu 1420 up
	ip netns exec right ping -q -i 0.2 "$in4.1" >/dev/null 2>&1 &
	ping_pid=$!
}
end_client()
{
	kill "$ping_pid"
	wait "$ping_pid" 2>/dev/null
	ip -n right link del "$c"
	ends "$client_pid"
}

run()
{
	ip netns exec left "$WGDIAG" check "$s" --json --save-facts "$TMPDIR/facts" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	rc=$?
}
verdict() { jq -r '.verdict | "\(.state) \(.cause // "-") \(.side // "-")"' "$TMPDIR/out"; }
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
# is_found NAME VERDICT: and it is so by the facts alone.
is_found()
{
	is "$1: the verdict" "$(verdict)" "$2"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/out")"
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
	check "$1: judged again the same" cmp "$TMPDIR/out" "$TMPDIR/again"
}
said()
{
	case $(row "$2") in
	"$3"*"$4"*) ok "$1: the row" ;;
	*) not_ok "$1: the row" "$(row "$2")" ;;
	esac
}
# A server each: one that took a client's initiation has his endpoint since, and would ask him.
with_client() { server "$engine"; client "$@"; }
without() { end_client; end_server "$engine"; }

all()
{
	engine=$1 n=$1

	server "$engine"
	run
	is "$n, nobody calls: exit" "$rc" 0
	is_found "$n, nobody calls" 'PASS - -'
	said "$n, nobody calls" handshake.complete 'NA: ' 'offline; no initiation came in '
	run --peer "$key_c_pub"
	is_found "$n, nobody calls who must be there" 'FAIL - unknown'
	end_server "$engine"

	server "$engine"
	in_ns left nft "table inet t { chain c { type filter hook input priority 0; policy drop; ct state established,related accept; meta l4proto { icmp, icmpv6 } accept; }; }"
	client "$key_s_pub" "$port_s"
	run
	is "$n, dropped by policy: exit" "$rc" 1
	is_found "$n, dropped by policy" 'FAIL udp-blocked-inbound local'
	said "$n, dropped by policy" host.firewall 'FAIL: policy of inet t c drops (outer handshakes; ' 'and none was answered)'
	end_client
	in_ns left nft "flush ruleset; table ip6 t { chain c { type filter hook input priority 0; udp dport $port_s counter drop; }; }"
	client "$key_s_pub" "$port_s" "[${out6}1]"
	run
	is_found "$n, dropped over IPv6" 'FAIL udp-blocked-inbound local'
	without

	with_client "$key_s_pub" "$((port_s + 1))"
	run
	is_found "$n, another port" 'FAIL listener-absent local'
	said "$n, another port" handshake.complete 'FAIL: ' "to port $((port_s + 1)), and this engine has $port_s: this host says that nobody has it"
	without

	with_client "$key_o_pub" "$port_s"
	run
	is_found "$n, the client has another key" 'FAIL wrong-key unknown'
	said "$n, the client has another key" handshake.complete 'FAIL: ' 'for another public key than ours'
	without

	server "$engine"
	in_ns left wg set "$s" peer "$key_c_pub" remove
	client "$key_s_pub" "$port_s"
	run
	is_found "$n, the server does not have the client" 'FAIL wrong-key unknown'
	without

	# It is listened on all links: a packet socket of none.
	server "$engine"
	ip netns exec left "$WGDIAG" check "$s" --json --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err" &
	run_pid=$!
	check "$n, comes meanwhile: it is listened" wait_for 5 "in_ns left awk 'NR > 1 && \$5 == 0 { n++ } END { exit !n }' /proc/net/packet"
	client "$key_s_pub" "$port_s"
	ended "$n, comes meanwhile: it ends" "$run_pid"
	is_found "$n, comes meanwhile" 'PASS - -'
	said "$n, comes meanwhile" ping.peer 'PASS: ' '10/10 answered'
	without
}

all builtin
if command -v wireguard-go >/dev/null 2>&1; then
	all wireguard-go
else
	skip 'wireguard-go' 'no wireguard-go here'
fi
if ip link add lab-try type wireguard 2>/dev/null; then
	ip link del lab-try
	all kernel
else
	skip 'the kernel' 'it has no WireGuard here'
fi

# Without the right to look at links it is said that nobody listened.
server builtin
ip netns exec left setpriv --bounding-set -net_raw "$WGDIAG" check "$s" --json >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'no right to listen: exit' $? 3
said 'no right to listen' handshake.complete 'SKIP: ' 'offline; whether it calls was not seen: '
end_server builtin
finish
