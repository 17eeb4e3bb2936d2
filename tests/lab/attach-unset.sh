#!/bin/sh
# timeout: 120
# beside: others
# `wgdiag check IFACE` where the tunnel cannot work for what this host has set: no key, no peer, no allowed
# IPs, an interface that is down. One row says so, with the command for it; the others follow from it.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near right far
rnd_net4 out4; rnd_net4 in4
addr left near "$out4.1/24"; addr right far "$out4.2/24"
rnd_name n n; rnd_name f f
rnd_port port_n; rnd_port port_f
key key_n; key key_f; key key_o
engine right "$f"
engine left "$n"
wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
addr right "$f" "$in4.2/24"; addr left "$n" "$in4.1/24"
ip -n right link set "$f" mtu 1420 up
ip -n left link set "$n" mtu 1420 up

run() { ip netns exec left "$WGDIAG" check "$n" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
# shows NAME ROW COMMAND [ARGUMENT...]: that row alone fails, and names the command.
shows()
{
	shows_name=$1 shows_row=$2 shows_command=$3
	shift 3
	run "$@"
	is "$shows_name: exit" $? 1
	is "$shows_name: the row" "$(jq -r '[.checks[] | select(.state == "FAIL") | .id] | join(" ")' "$TMPDIR/out")" "$shows_row"
	is "$shows_name: the command" "$(jq -r --arg id "$shows_row" '.checks[] | select(.id == $id).remedy.commands[0]' "$TMPDIR/out")" \
		"$shows_command"
	is "$shows_name: the side" "$(jq -r .verdict.side "$TMPDIR/out")" local
	clean "$shows_name: no row is in doubt" "$(jq -r '.checks[] | select(.state == "UNSURE" or .state == "ERROR").id' "$TMPDIR/out")"
	clean "$shows_name: fits the schema" "$(json_problems "$TMPDIR/out")"
}

shows 'no key' config.keys "wg set $n private-key FILE"
wg set "$n" private-key "$key_n_file" listen-port "$port_n"
shows 'no peer' config.keys "wg set $n peer KEY allowed-ips ADDRESSES endpoint HOST:PORT"
shows 'no peer, an address named' config.keys "wg set $n peer KEY allowed-ips ADDRESSES endpoint HOST:PORT" --ping "$in4.2"
wg set "$n" peer "$key_f_pub" endpoint "$out4.2:$port_f"
shows 'no allowed IPs' config.allowed-ips "wg set $n peer $key_f_pub allowed-ips ADDRESSES"
shows 'no allowed IPs, an address named' config.allowed-ips "wg set $n peer $key_f_pub allowed-ips ADDRESSES" --ping "$in4.2"
# Not the one that has none, where another has some.
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32" peer "$key_o_pub" endpoint "$out4.2:9"
run
is 'one of two without allowed IPs: exit' $? 0
shows 'one of two without allowed IPs, named' config.allowed-ips "wg set $n peer $key_o_pub allowed-ips ADDRESSES" --peer "$key_o_pub"
# A hub's only client, that has not come yet: no fault of the hub's. (It must not know where to come to.)
wg set "$f" peer "$key_n_pub" remove
wg set "$n" peer "$key_o_pub" remove peer "$key_f_pub" remove
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32"
run
is 'a client that has not come: exit' $? 0
case $(jq -r .verdict.summary "$TMPDIR/out") in
*'the peer is offline: whether data crosses the tunnel was not seen'*) ok 'a client that has not come: said' ;;
*) not_ok 'a client that has not come: said' "$(jq -r .verdict.summary "$TMPDIR/out")" ;;
esac
is 'a client that has not come: its row' "$(json_row "$TMPDIR/out" data.both-ways)" 'NA -'
run --peer "$key_f_pub"
is 'a client that has not come, and was named: exit' $? 1
run --ping "$in4.2"
is 'a client that has not come, its address named: exit' $? 1
is 'a client that has not come, its address named: its row' "$(json_row "$TMPDIR/out" handshake.complete)" 'FAIL -'
run --ping 192.0.2.77
is 'an address of nobody, nobody there: exit' $? 1
check 'an address of nobody, nobody there: said' grep -q '192.0.2.77 is in no peer.s allowed IPs' "$TMPDIR/out"
is 'an address of nobody, nobody there: the rows' "$(jq -r '[.checks[] | select(.state == "FAIL") | .id] | join(" ")' "$TMPDIR/out")" config.allowed-ips
wg set "$f" peer "$key_n_pub" allowed-ips "$in4.1/32"
wg set "$n" peer "$key_f_pub" endpoint "$out4.2:$port_f"
ip -n left link set "$n" down
shows 'down' tun.address "ip link set $n up"
ip -n left link set "$n" up
run
is 'all is set: exit' $? 0
finish
