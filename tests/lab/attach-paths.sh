#!/bin/sh
# timeout: 240
# beside: others
# `wgdiag check IFACE` on healthy tunnels whose messages take other ways than the routes say: a socket
# in another network namespace, answers by another uplink or from another address, a bridge or a VLAN
# below. No row may doubt them for what was not watched. And what is wrong with such an address is told.
#
#   [ left: the tunnel that is looked at ]---near0, near1   veth   far0, far1---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq sysctl nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near0 right far0
veth left near1 right far1
for ns in left right; do
	ip netns exec $ns sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	for i in 0 1; do
		case $ns in left) dev=near$i ;; right) dev=far$i ;; esac
		ip netns exec $ns sysctl -qw net.ipv4.conf.$dev.rp_filter=0
	done
done

# pair: draws names, keys, addresses; the far end runs. The near engine is the caller's.
pair()
{
	rnd_net4 in4; rnd_net4 out4; rnd_net4 alt4
	rnd_name n n; rnd_name f f
	rnd_port port_n; rnd_port port_f
	key key_n; key key_f
	engine right "$f"; far_pid=$engine_pid
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
	addr right "$f" "$in4.2/24"
	ip -n right link set "$f" mtu 1420 up
}
configure()
{
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" allowed-ips "$in4.2/32" \
		endpoint "$out4.2:$port_f"
	addr "$1" "$n" "$in4.1/24"
	ip -n "$1" link set "$n" mtu 1420 up
}
over()
{
	kill "$near_pid" "$far_pid"
	wait "$near_pid" "$far_pid" 2>/dev/null
	for i in 0 1; do ip -n left addr flush dev near$i; ip -n right addr flush dev far$i; done
}

# vlan NAMESPACE LINK NAME: one on it; a kernel may have none.
vlan()
{
	vlan_why=$(ip -n "$1" link add link "$2" name "$3" type vlan id 5 2>&1) && ip -n "$1" link set "$3" up
}

bad_rows() { jq -r '.checks[] | select(.state == "FAIL" or .state == "UNSURE" or .state == "WARN" or .state == "ERROR") |
	"\(.id) \(.state): \(.summary)"' "$TMPDIR/out"; }
# healthy NAME NAMESPACE [ARGUMENT...]
healthy()
{
	healthy_name=$1 healthy_ns=$2
	shift 2
	ip netns exec "$healthy_ns" "$WGDIAG" check "$n" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$healthy_name: exit" $? 0
	clean "$healthy_name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$healthy_name: no row is bad" "$(bad_rows)"
	clean "$healthy_name: fits the schema" "$(json_problems "$TMPDIR/out")"
}
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state) \(.summary)"' "$TMPDIR/out"; }

# --- the socket is in another namespace ------------------------------------------------

pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
ns_new inside
engine left "$n"; near_pid=$engine_pid
ip -n left link set "$n" netns inside
configure inside
healthy 'no other link in its namespace' inside
check 'no other link: the route is told as not its own' expr "$(row route.endpoint)" : 'NA .*yet answers come back'

# One with an uplink of its own, by which nothing goes.
ip link add near2 netns inside type veth peer name far2 netns right
ip -n inside link set near2 up; ip -n right link set far2 up
addr inside near2 "$alt4.1/24"
ip -n inside route add default via "$alt4.2"
healthy 'a default route of its own, not taken' inside
addr right far2 "$alt4.2/24"
healthy 'a default route of its own with a gateway, not taken' inside
# The usual container: all that it sends goes into the tunnel.
ip -n inside link del near2
wg set "$n" peer "$key_f_pub" allowed-ips "0.0.0.0/0"
ip -n inside route add default dev "$n"
ip netns exec inside "$WGDIAG" check "$n" --json >"$TMPDIR/out"
# Nobody beyond answers; the first host of the network is us, and so the next is asked.
is 'a default route into the tunnel, nobody beyond answers: exit' $? 0
clean 'a default route into the tunnel, nobody beyond answers: no FAIL' "$(bad_rows | grep FAIL)"
healthy 'a default route into the tunnel' inside --ping "$in4.2"
check 'a default route into the tunnel: no loop' expr "$(row route.endpoint)" : 'NA .*yet answers come back'
ip netns del inside
over

# --- answers by another uplink ------------------------------------------------------------

pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
addr left near1 "$alt4.1/24"; addr right far1 "$alt4.2/24"
engine left "$n"; near_pid=$engine_pid
configure left
# What goes to the near end's address takes the other cable.
ip -n right route add "$out4.1/32" via "$alt4.1"
healthy 'answers by another uplink' left
ip -n right route del "$out4.1/32"
over

pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
addr left near1 "$alt4.1/24"; addr right far1 "$alt4.2/24"
engine left "$n"; near_pid=$engine_pid
configure left
ip -n left rule add ipproto udp sport "$port_n" table 77
ip -n left route add default via "$alt4.2" table 77
healthy 'a rule that takes its messages elsewhere' left
check 'a rule that takes its messages elsewhere: the other link is named' \
	expr "$(row underlay.out)" : 'SKIP not watched: .* do not leave by near0 (by a rule for its ports: near1)'
ip -n left rule del ipproto udp sport "$port_n" table 77
over

# --- from another address than the route's --------------------------------------------

# A hub, dialled at its second address: from there it answers.
dialled()
{
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" allowed-ips "$in4.2/32"
	addr left "$n" "$in4.1/24"
	ip -n left link set "$n" mtu 1420 up
	wg set "$f" peer "$key_n_pub" endpoint "$1:$port_n"
	ip netns exec right ping -c 1 -W 5 "$in4.1" >"$TMPDIR/ping" 2>&1
	is "$2: the hub is dialled" $? 0
}

pair
addr left near0 "$out4.1/24"; addr left near0 "$out4.77/24"; addr right far0 "$out4.2/24"
engine left "$n"; near_pid=$engine_pid
dialled "$out4.77" 'second address'
healthy 'second address' left
check 'second address: its messages are seen' \
	expr "$(row underlay.out)" : "PASS .*(from $out4.77, by the route $out4.1), and the far end answers"
check 'second address: the link is looked at' expr "$(row underlay.link)" : 'PASS near0'
# The client takes nothing more: what leaves is seen all the same.
ip netns exec right nft "add table ip t; add chain ip t i { type filter hook input priority 0; };
	add rule ip t i udp dport $port_f drop"
ip netns exec left "$WGDIAG" check "$n" --json --ping "$in4.2" >"$TMPDIR/out"
is 'second address, no answer: exit' $? 1
check 'second address, no answer: what left is told' \
	expr "$(row underlay.out)" : "UNSURE [1-9][0-9]* messages left near0 (from $out4.77"
ip netns exec right nft delete table ip t
over

pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
addr left lo "$alt4.7/32"
ip -n right route add "$alt4.7/32" via "$out4.1"
engine left "$n"; near_pid=$engine_pid
dialled "$alt4.7" 'an address of lo'
healthy 'an address of lo' left
check 'an address of lo: its messages are seen' \
	expr "$(row underlay.out)" : "PASS .*(from $alt4.7 of lo, by the route $out4.1)"
ip -n right route del "$alt4.7/32"
ip -n left addr del "$alt4.7/32" dev lo
over

# Dialled at the other uplink's address, by which it also answers.
pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
addr left near1 "$alt4.1/24"
ip -n right route add "$alt4.1/32" dev far1
ip -n left rule add from "$alt4.1" table 77
ip -n left route add "$out4.2/32" dev near1 table 77
engine left "$n"; near_pid=$engine_pid
dialled "$alt4.1" 'a rule by source'
healthy 'a rule by source' left
check 'a rule by source: the other link is named' expr "$(row underlay.out)" : \
	"SKIP not watched: .* do not leave by near0 (by a rule for $alt4.1 as source: near1)"
# The client takes nothing more, and the engine still sends.
ip netns exec right nft "add table ip t; add chain ip t i { type filter hook input priority 0; };
	add rule ip t i udp dport $port_f drop"
ip netns exec left "$WGDIAG" check "$n" --json --ping "$in4.2" >"$TMPDIR/out"
check 'a rule by source, no answer: the other link is named' \
	expr "$(row underlay.out)" : 'UNSURE the engine sent .* takes another link (.* near1), or this'
ip netns exec right nft delete table ip t
ip -n left rule del from "$alt4.1" table 77
ip -n right route del "$alt4.1/32"
over

# Data leaves with the address of the other uplink, to which there is no way back.
pair
addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
addr left near1 "$alt4.1/24"
engine left "$n"; near_pid=$engine_pid
configure left
ip netns exec left nft "add table ip t; add chain ip t o { type filter hook output priority 0; };
	add rule ip t o udp dport $port_f @th,64,8 4 ip saddr set $alt4.1"
ip netns exec left "$WGDIAG" check "$n" --json --ping "$in4.2" >"$TMPDIR/out"
is "another uplink's address: exit" $? 1
check "another uplink's address: the row says so" \
	expr "$(row underlay.out)" : "FAIL .* left near0 with the address of near1, $alt4.1, and nothing"
is "another uplink's address: the side" "$(jq -r .verdict.side "$TMPDIR/out")" local
is "another uplink's address: the ping fails of it" \
	"$(jq -r '.checks[] | select(.id == "ping.peer") | .caused_by' "$TMPDIR/out")" underlay.out
clean "another uplink's address: fits the schema" "$(json_problems "$TMPDIR/out")"
ip netns exec left nft delete table ip t
over

# --- what is below --------------------------------------------------------------------------

pair
ip -n left link add br0 type bridge
ip -n left link set near0 master br0
ip -n left link set br0 up
addr left br0 "$out4.1/24"; addr right far0 "$out4.2/24"
engine left "$n"; near_pid=$engine_pid
configure left
healthy 'a bridge' left
if vlan left br0 br0v; then
	healthy 'a bridge with a VLAN on it' left
else
	skip 'a bridge with a VLAN on it' "$vlan_why"
fi
ip -n left link del br0
over

if vlan left near0 near0v && vlan right far0 far0v; then
	pair
	addr left near0v "$out4.1/24"; addr right far0v "$out4.2/24"
	engine left "$n"; near_pid=$engine_pid
	configure left
	healthy 'a VLAN' left
	ip -n left addr flush dev near0v; ip -n right addr flush dev far0v
	over

	pair
	addr left near0 "$out4.1/24"; addr right far0 "$out4.2/24"
	engine left "$n"; near_pid=$engine_pid
	configure left
	healthy 'a VLAN on top' left
	over
else
	skip 'a VLAN' "$vlan_why"
fi
finish
