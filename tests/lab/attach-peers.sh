#!/bin/sh
# timeout: 1000
# beside: others
# A tunnel with several far ends, of which one is probed and each of the others is asked whether it comes:
# all are there, one is broken, one has gone, one is behind a path that loses, a hub whose clients have no endpoint, and --require all. Of an
# interface that runs and of a file.
#
#                                      / far0  [ right: our engine ]   is the one that is probed
#   [ left: the tunnel ]---near, near1, near2---far1   [ one: our engine ]
#                                      \ far2  [ two: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"
for i in 1 2; do
	case $i in 1) ns=one ;; 2) ns=two ;; esac
	ns_new $ns
	veth left near$i $ns far$i
	eval "rnd_net4 outer$i; rnd_net6 outer6$i; o=\$outer$i o6=\$outer6$i"
	addr left near$i "$o.1/24" "${o6}1/64"
	addr $ns far$i "$o.2/24" "${o6}2/64"
done
wait_for 10 '! { ip -n left addr; ip -n one addr; ip -n two addr; } | grep tentative'

# site NUMBER: an engine in its namespace, with a network behind it; the addresses in site4_N, site6_N.
site()
{
	case $1 in 1) ns=one ;; 2) ns=two ;; esac
	rnd_net4 net4; rnd_net6 net6
	rnd_name site_if s; rnd_port port
	key "key_$1"
	engine $ns "$site_if"
	eval "site4_$1=$net4 site6_$1=$net6 site_pid_$1=$engine_pid site_port_$1=$port site_if_$1=$site_if"
	eval "site_file=\$key_$1_file"
	wg set "$site_if" private-key "$site_file" listen-port "$port" peer "$key_n_pub" allowed-ips "$in4.1/32,${in6}1/128"
	addr $ns "$site_if" "$net4.1/24" "${net6}1/64"
	ip -n $ns link set "$site_if" mtu 1420 up
	ip -n $ns route add "$in4.1" dev "$site_if"
	ip -n $ns -6 route add "${in6}1" dev "$site_if"
}
# site_again NUMBER: it forgets its sessions.
site_again()
{
	eval "k=\$site_if_$1"
	wg set "$k" peer "$key_n_pub" remove
	wg set "$k" peer "$key_n_pub" allowed-ips "$in4.1/32,${in6}1/128"
}
# knows NUMBER [KEY]: the near engine has that site as a peer. By its network over IPv4, or IPv6 alone.
knows()
{
	eval "k=\${2:-\$key_$1_pub} a4=\$site4_$1 a6=\$site6_$1 o=\$outer$1 o6=\$outer6$1 p=\$site_port_$1"
	rnd only6 0 1
	if [ "$only6" = 1 ]; then
		at="[${o6}2]:$p"
		# The newest wireguard-go writes the wrong address into a message to an IPv6 endpoint after one to an IPv4
		# endpoint (sendmmsg: network is unreachable).
		[ "$name" != 'newest wireguard-go' ] || at="$o.2:$p"
		wg set "$n" peer "$k" allowed-ips "$a6/64" endpoint "$at"
	else
		at="$o.2:$p"
		wg set "$n" peer "$k" allowed-ips "$a4.0/24,$a6/64" endpoint "$at"
	fi
	ip -n left route replace "$a4.0/24" dev "$n"
	ip -n left -6 route replace "$a6/64" dev "$n"
	eval "at_$1=\$at"
}
row() { jq -r '.checks[] | select(.id == "handshake.peers") | "\(.state): \(.summary)"' "$TMPDIR/out"; }
remedy() { jq -r '.checks[] | select(.id == "handshake.peers").remedy.text' "$TMPDIR/out"; }
# What this end is; those that it sends to learn where it is.
near_state() { state | grep -v "^$site_if_1	\|^$site_if_2	\|^$f	" | sed "s/^$n	//" | sort; }
# asked KEY: whether a packet was sent to that peer, by the facts.
asked() { jq -r --arg k "$1" '.config.near.peers[] | select(.key == $k) | .asked_ns != null' "$TMPDIR/facts"; }
# run NAME EXIT ROW ARGUMENT...: and the facts that are saved are judged the same.
run()
{
	run_name=$1 run_rc=$2 run_row=$3
	shift 3
	attach --json --save-facts "$TMPDIR/facts" "$@"
	is "$run_name: exit" $? "$run_rc"
	is "$run_name: the row" "$(row | cut -d: -f1)" "$run_row"
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
	check "$run_name: judged again the same" cmp "$TMPDIR/out" "$TMPDIR/again"
	[ "$run_rc" != 0 ] || is "$run_name: no other row is bad" "$(bad_rows | grep -v handshake.peers)" ''
}
said() { check "$1" sh -c 'printf %s "$1" | grep -qF -- "$2"' - "$2" "$3"; }
sites_over()
{
	over
	kill "$site_pid_1" "$site_pid_2" 2>/dev/null
	wait "$site_pid_1" "$site_pid_2" 2>/dev/null
}

# silences: of peers that do not come, or come late; ends without the second one.
silences()
{
	# A path that loses is one that works: of the initiations to a site the first three are lost.
	wg set "$n" peer "$key_2_pub" remove
	site_again 2
	knows 2
	in_ns two nft "table inet t { chain i { type filter hook input priority 0; iifname far2 udp dport $site_port_2 quota until 600 bytes drop; }; }"
	run "$name, three initiations are lost" 0 PASS
	said "$name, three initiations are lost: told" "$(row)" 'of 2 others 2 heard within 180 s'
	in_ns two nft flush ruleset

	if [ "$name" = builtin ]; then
		# A client whose address was learned, and saved before a restart: nobody can tell.
		key key_c
		wg set "$n" peer "$key_c_pub" allowed-ips "$site4_2.77/32" endpoint "$outer2.2:9" persistent-keepalive 25
		run "$name, a client that was saved" 0 UNSURE
		said "$name, a client that was saved: told" "$(row)" 'its endpoint may be one that was learned and saved, of a client'
		wg set "$n" peer "$key_c_pub" remove
	fi

	# Another key than it has; or nobody at its port.
	key key_x
	wg set "$n" peer "$key_2_pub" remove
	# Nor does the site ask for us meanwhile, which would be another fault.
	wg set "$site_if_2" peer "$key_n_pub" remove
	knows 2 "$key_x_pub"
	run "$name, one site has another key" 1 FAIL
	said "$name, one site has another key: which and where" "$(row)" "($at_2) was asked and did not answer within"
	said "$name, one site has another key: what to do" "$(remedy)" "ask it: wgdiag check $n --peer $(echo "$key_x_pub" | cut -c 1-8) --ping "
	todo=$(remedy | sed 's/^ask it: wgdiag check//')
	is "$name, one site has another key: it is the one bad row" "$(bad_rows | grep FAIL | cut -d' ' -f1)" handshake.peers
	[ "$name" != builtin ] || run "$name, one site has another key, all are required" 1 FAIL --require all
	run "$name, another is named" 0 PASS --peer "$key_f_pub"
	is "$name, another is named: nobody else is asked" "$(asked "$key_1_pub") $(asked "$key_x_pub")" 'false false'
	# shellcheck disable=SC2086 # as one would type it
	ip netns exec left "$WGDIAG" check $todo --json >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$name, as it says: exit" $? 1
	is "$name, as it says: the handshake" "$(json_row "$TMPDIR/out" handshake.complete | cut -d' ' -f1)" FAIL

	# It was heard once, long ago, and nothing holds the way to it open.
	jq --arg k "$key_x_pub" '.started_wall_ns as $t | (.config.near.peers[] | select(.key == $k)) |=
		(.handshake_wall_ns = $t - 300000000000 | .handshake_end_wall_ns = .handshake_wall_ns | .allowed = ["203.0.113.7/32"])' \
		"$TMPDIR/facts" >"$TMPDIR/edited" && jq --arg k "$key_x_pub" '(.config.near.peers[] | select(.key == $k)).asked_ns = 22000000000' \
		"$TMPDIR/edited" >"$TMPDIR/roams"
	"$WGDIAG" check --facts "$TMPDIR/roams" --json >"$TMPDIR/out" 2>&1
	is "$name, the same of a client that went: the row" "$(row | cut -d: -f1)" PASS

	# By the file it has no endpoint, and comes by itself.
	printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nAllowedIPs = %s\n' "$key_n" "$key_x_pub" "$site4_2.0/24, $site6_2/64" \
		>"$TMPDIR/wg.conf"
	attach --json --config "$TMPDIR/wg.conf" --only handshake.peers
	is "$name, the file has no endpoint for it: the row" "$(row | cut -d: -f1)" PASS

	# Nothing leads to it: that is told, and no fault is seen.
	ip -n left route del "$site4_2.0/24" dev "$n"
	ip -n left -6 route del "$site6_2/64" dev "$n"
	run "$name, no route into the tunnel" 0 PASS
	said "$name, no route into the tunnel: told" "$(row)" 'could not be asked: '
	run "$name, no route into the tunnel, all are required" 3 UNSURE --require all
	wg set "$n" peer "$key_x_pub" remove

	# A stale key of the probed peer.
	wg set "$n" peer "$key_x_pub" allowed-ips "$site4_2.0/24" endpoint "$out4.2:$port_f"
	ip -n left route add "$site4_2.0/24" dev "$n"
	run "$name, two peers with one endpoint" 0 PASS
	wg set "$n" peer "$key_x_pub" remove
}

# with NAME PROGRAM...: all that the near engine can be in.
with()
{
	name=$1
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$name" "no $1 here (make peers)"; return; }
	pair
	foreign "$name" "$@"
	configure
	site 1; site 2
	# The probed one is who was heard.
	pings left 1 "$in4.2" >/dev/null || not_ok "$name: the probed peer answers"

	knows 1; knows 2
	# Who filters pings is there all the same.
	in_ns two nft "table inet t { chain i { type filter hook input priority 0; iifname $site_if_2 meta l4proto { icmp, ipv6-icmp } drop; }; }"
	near_state >"$TMPDIR/before"
	run "$name, two sites are there" 0 PASS
	said "$name, two sites are there: told" "$(row)" 'of 2 others 2 heard within 180 s'
	near_state >"$TMPDIR/after"
	clean "$name, two sites are there: nothing was changed" "$(diff "$TMPDIR/before" "$TMPDIR/after")"
	is "$name, two sites are there: both were asked" "$(asked "$key_1_pub") $(asked "$key_2_pub")" 'true true'
	run "$name, all are required" 0 PASS --require all
	is "$name, all are required: who was just heard is not asked" "$(asked "$key_1_pub") $(asked "$key_2_pub")" 'false false'
	in_ns two nft flush ruleset

	# Each silence is waited for, and how an engine is asked is the same in all of them.
	case $name in builtin|*distribution) silences ;; *) wg set "$n" peer "$key_2_pub" remove ;; esac

	# A hub.
	set --
	i=0
	while [ $i -lt 20 ]; do
		i=$((i + 1))
		set -- "$@" peer "$(wg genkey | wg pubkey)" allowed-ips "198.18.$i.0/24"
	done
	wg set "$n" "$@"
	ip -n left route add 198.18.0.0/16 dev "$n"
	run "$name, a hub" 0 PASS
	said "$name, a hub: the others" "$(row)" 'of 21 others 1 heard within 180 s, 20 offline (20 never heard)'
	sites_over
}
peers=$WGDIAG_BUILD/peers
cp "$peers/wireguard-go-latest" "$TMPDIR/wireguard-go" 2>/dev/null
with builtin "$WGDIAG" engine -f
with 'wireguard-go of the distribution' wireguard-go -f
with 'newest wireguard-go' "$TMPDIR/wireguard-go" -f
with boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
with gotatun "$peers/gotatun" -f --disable-drop-privileges

# --- a file ------------------------------------------------------------------------------

# two_peers KEY ALLOWED ENDPOINT: the probed one, and another.
two_peers()
{
	file=$TMPDIR/$n.conf
	printf '[Interface]\nPrivateKey = %s\nAddress = %s/24, %s/64\n' "$key_n" "$in4.1" "${in6}1" >"$file"
	printf '[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s\nEndpoint = %s\n' "$key_f_pub" "$(cat "$TMPDIR/psk")" \
		"$in4.2/32, ${in6}2/128" "$out4.2:$port_f" >>"$file"
	printf '[Peer]\nPublicKey = %s\nAllowedIPs = %s\nEndpoint = %s\n' "$1" "$2" "$3" >>"$file"
}
of_file()
{
	ip netns exec left "$WGDIAG" check "$file" --engine "$engine" --json --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$engine, a file, $1: exit" $? "$2"
	is "$engine, a file, $1: the row" "$(row | cut -d: -f1)" "$3"
	near_state >"$TMPDIR/after"
	clean "$engine, a file, $1: all is as before" "$(diff "$TMPDIR/before" "$TMPDIR/after")"
}
# boringtun dates its handshakes ahead, so that a next engine with its key would be refused.
for engine in builtin wireguard-go; do
	command -v wireguard-go >/dev/null || [ $engine = builtin ] || { skip "$engine, a file" "no $engine here"; continue; }
	pair
	site 1; site 2
	near_pid=$site_pid_1
	near_state >"$TMPDIR/before"
	two_peers "$key_1_pub" "$site4_1.0/24" "$outer1.2:$site_port_1"
	of_file 'both are there' 0 PASS
	is "$engine, a file, both are there: it was asked" "$(asked "$key_1_pub")" true
	is "$engine, a file, both are there: no row is bad" "$(bad_rows)" ''
	two_peers "$key_2_pub" "$site6_2/64" "[${outer62}2]:$site_port_2"
	of_file 'the other by IPv6 alone' 0 PASS
	is "$engine, a file, the other by IPv6 alone: it was asked" "$(asked "$key_2_pub")" true
	key key_x
	two_peers "$key_x_pub" "$site4_1.1/32" "$outer1.2:$site_port_1"
	of_file 'the other has another key' 1 FAIL
	said "$engine, a file, the other has another key: what to do" "$(remedy)" "wgdiag check $file --peer"
	# Hosts of the local network stay where they are.
	two_peers "$key_x_pub" "$outer2.2/32" "$outer1.2:$site_port_1"
	of_file 'its address is a host of the local network' 0 PASS
	said "$engine, a file, its address is a host of the local network: told" "$(row)" "$outer2.2 is not routed into"
	sites_over
done
finish
