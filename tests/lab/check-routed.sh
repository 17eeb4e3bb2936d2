#!/bin/sh
# timeout: 240
# beside: others
# `wgdiag check` where a route to the inner address is there already, and leads to another link: the row about
# routes names it, and the tunnel is judged all the same.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
#          lan ---veth--- [ house ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft sysctl
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

pair
ns_new house
veth left lan house host
wait_for 10 '! ip -n left addr | grep tentative'
file=$TMPDIR/$n.conf
# conf ADDRESSES ALLOWED
conf()
{
	printf '[Interface]\nPrivateKey = %s\nAddress = %s\n\n[Peer]\nPublicKey = %s\nPresharedKey = %s\n' \
		"$key_n" "$1" "$key_f_pub" "$(cat "$TMPDIR/psk")" >"$file"
	printf 'AllowedIPs = %s\nEndpoint = %s\n' "$2" "$out4.2:$port_f" >>"$file"
}
# All that somebody could have changed.
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left -6 route show table all
	ip -n left rule; ip -n left -6 rule; ip netns exec left nft -s list ruleset
	find /run -path /run/netns -prune -o -print | sort; ip netns pids left
}
# The far end knows nothing of us any more, and does not come by itself.
forget()
{
	wg set "$f" peer "$key_n_pub" remove
	wg set "$f" peer "$key_n_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.1/32,${in6}1/128"
}
on() { ip netns exec left "$WGDIAG" check "$file" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
verdict() { jq -r '.verdict | "\(.state) \(.side): \(.summary)"' "$TMPDIR/out"; }
# The cause in words, and the row; the sentence holds both where 160 characters are enough.
named() { printf '%s / %s' "$(verdict | sed 's/; .*//')" "$(row route.inner)"; }
failed() { jq -r '[.checks[] | select(.state == "FAIL" and .caused_by == null) | .id] | join(" ")' "$TMPDIR/out"; }
same() { state >"$TMPDIR/after"; check "$1: all is as before" cmp "$TMPDIR/before" "$TMPDIR/after"; }
in_ns left sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.lan.rp_filter=0 net.ipv4.conf.default.rp_filter=0

# --- a file ---------------------------------------------------------------------------------

for v in 4 6; do
	case $v in
	4) own=$in4.1/32 to=$in4.2 len=32 ;;
	6) own=${in6}1/128 to=${in6}2 len=128 ;;
	esac
	conf "$own" "$to/$len"
	ip -n left -"$v" route add "$to/$len" dev lan
	state >"$TMPDIR/before"
	on --save-facts "$TMPDIR/facts"
	is "IPv$v, its route is another's: exit" $? 1
	is "IPv$v, its route is another's: verdict" "$(named)" \
		"FAIL local: not-routed-or-not-allowed: no route leads into the tunnel for the target / FAIL: $to leaves by lan ($to/$len), not by $n"
	is "IPv$v, its route is another's: nothing else is bad" "$(failed)" route.inner
	is "IPv$v, its route is another's: the handshake" "$(row handshake.complete | cut -d: -f1)" PASS
	is "IPv$v, its route is another's: pings went into the tunnel" \
		"$(jq -r '.ping_peer | "\(.received) \(.dev_is_tun)"' "$TMPDIR/facts")" '10 1'
	is "IPv$v, its route is another's: data" "$(row data.both-ways | cut -d: -f1)" PASS
	check "IPv$v, its route is another's: said" grep -qF "$to/$len is routed elsewhere already" "$TMPDIR/err"
	clean "IPv$v, its route is another's: fits the schema" "$(json_problems "$TMPDIR/out")"
	same "IPv$v, its route is another's"
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again"
	check "IPv$v, its route is another's: judged again the same" cmp "$TMPDIR/out" "$TMPDIR/again"
done

# Answers then come in on a link that their source is not routed to.
conf "$in4.1/32" "$in4.2/32"
in_ns left sysctl -qw net.ipv4.conf.all.rp_filter=1
state >"$TMPDIR/before"
on --ping "$in4.2"
is 'and answers are refused by rp_filter: the handshake' "$(row handshake.complete | cut -d: -f1)" PASS
is 'and answers are refused by rp_filter: nothing else is bad' "$(failed)" route.inner
is 'and answers are refused by rp_filter: the ping' "$(row ping.peer | cut -d: -f1)" UNSURE
same 'and answers are refused by rp_filter'
in_ns left sysctl -qw net.ipv4.conf.all.rp_filter=0

# Of an address that was a guess.
conf "$in4.1/24" "$in4.0/24"
addr right "$f" "$in4.3/24"
state >"$TMPDIR/before"
on
is 'the route of a guess, the first host is us: exit' $? 0
is 'the route of a guess, the first host is us: the row' "$(row route.inner)" \
	"UNSURE: $in4.2 leaves by lan ($in4.2/32), not by $n: and nobody said that it is the peer's"
same 'the route of a guess'

# A network that lies around: what is probed comes before it, and with all routes it comes first.
ip -n left route del "$in4.2/32" dev lan
addr left lan "$in4.9/24"
conf "$in4.1/24" "$in4.0/24"
state >"$TMPDIR/before"
on
is 'a LAN has this network: exit' $? 0
is 'a LAN has this network: the guess is not us' "$(jq -r '.checks[] | select(.id == "route.inner").summary' "$TMPDIR/out")" \
	"$in4.2 by $n from $in4.1"
on --full-routes --ping "$in4.2"
is 'a LAN has this network, all routes: exit' $? 1
is 'a LAN has this network, all routes: whose side' "$(jq -r .verdict.side "$TMPDIR/out")" local
is 'a LAN has this network, all routes: the row' "$(row route.inner)" \
	"FAIL: $in4.2 is in $in4.0/24, a network of lan here"
same 'a LAN has this network'
ip -n left addr del "$in4.9/24" dev lan

# A file that leaves routes to others: whatever its allowed IPs are, the tunnel itself is judged.
ip -n left route add default dev lan
ip -n left -6 route del "${in6}2/128" dev lan
for v in 4 6; do
	case $v in
	4) own=$in4.1/32 to=$in4.2 len=32 all=0.0.0.0/0 ;;
	6) own=${in6}1/128 to=${in6}2 len=128 all=::/0 ;;
	esac
	for table in off 1234; do
		for net in "$to/$len" "$all"; do
			conf "$own" "$net"
			sed -i "s/^Address/Table = $table\n&/" "$file"
			state >"$TMPDIR/before"
			on --full-routes --ping "$to" --save-facts "$TMPDIR/facts"
			what="Table = $table, all routes, $net"
			is "$what: exit" $? 0
			clean "$what: no row fails" "$(failed)"
			check "$what: the row" grep -qF "Table = $table" "$TMPDIR/out"
			is "$what: the handshake" "$(row handshake.complete | cut -d: -f1)" PASS
			clean "$what: and it was one" "$(row handshake.complete | grep 'not seen')"
			is "$what: pings went into the tunnel" \
				"$(jq -r '.ping_peer | "\(.received) \(.dev_is_tun)"' "$TMPDIR/facts")" '10 1'
			same "$what"
		done
	done
done
ip -n left route del default dev lan

# Of this file's own name, where another one was asked for all the same.
conf "$in4.1/32" "$in4.2/32"
foreign builtin "$WGDIAG" engine -f
wg set "$n" private-key "$key_n_file"
ip -n left link set "$n" up
ip -n left route add "$in4.2/32" dev "$n"
on --engine builtin --force
is 'the route of the same tunnel: exit' $? 0
is 'the route of the same tunnel: the row' "$(row route.inner | sed "s/wgd[0-9a-f]*/X/")" \
	"UNSURE: $in4.2 leaves by $n ($in4.2/32), not by X: maybe it is the same tunnel"
kill "$near_pid"; wait "$near_pid"

# Another run's, which maybe has the same key: two would take the session from each other.
in_ns left ip link set lan name wgd0abcd
ip -n left link set wgd0abcd up
ip -n left route add "$in4.2/32" dev wgd0abcd
state >"$TMPDIR/before"
on --engine builtin
is 'another run has the route: exit' $? 3
is 'another run has the route: verdict' "$(verdict)" \
	"UNSURE unknown: handshake complete: another run of wgdiag has $in4.2 on wgd0abcd: when that is over, this can be asked"
clean 'another run has the route: no row fails' "$(failed)"
same 'another run has the route'
ip -n left route del "$in4.2/32" dev wgd0abcd
in_ns left ip link set wgd0abcd name lan

# --- one that is there ------------------------------------------------------------------------

foreign builtin "$WGDIAG" engine -f
wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" \
	allowed-ips "$in4.2/32,$in4.3/32" endpoint "$out4.2:$port_f"
addr left "$n" "$in4.1/24"
ip -n left link set "$n" mtu 1420 up
ip -n left route add "$in4.2/32" dev lan
ip -n left route add "$in4.3/32" dev lan
forget
attach --json
is 'attached, all is routed elsewhere: exit' $? 1
is 'attached, all is routed elsewhere: verdict' "$(named)" \
	"FAIL local: not-routed-or-not-allowed: no route leads into the tunnel for the target / FAIL: $in4.2 leaves by lan ($in4.2/32), not by $n"
is 'attached, all is routed elsewhere: the handshake is a consequence' \
	"$(jq -r '.checks[] | select(.id == "handshake.complete") | "\(.state) \(.caused_by)"' "$TMPDIR/out")" 'FAIL route.inner'
ip -n left route del "$in4.3/32" dev lan
attach --json --ping "$in4.2"
is 'attached, who was named is routed elsewhere: exit' $? 1
is 'attached, who was named is routed elsewhere: the handshake comes by another' \
	"$(row handshake.complete | cut -d: -f1)" PASS
is 'attached, who was named is routed elsewhere: nothing else is bad' "$(failed)" route.inner
# The LAN has somebody of that address, who answers.
rnd_net4 lan4
addr left lan "$lan4.1/24"
addr house host "$lan4.2/24" "$in4.2/32"
wg set "$n" peer "$key_f_pub" remove
forget
wg set "$n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'the house answers' ''
attach --json
is 'attached, another one answers: verdict' "$(named)" \
	"FAIL local: not-routed-or-not-allowed: no route leads into the tunnel for the target / FAIL: $in4.2 leaves by lan ($in4.2/32), not by $n"
clean 'attached, another one answers: that is no session' "$(row handshake.complete | grep PASS)"
ip -n left route del "$in4.2/32" dev lan

# --- who answers with an ICMP error ------------------------------------------------------------

in_ns right nft "add table inet t; add chain inet t i { type filter hook input priority 0; policy accept; };
	add rule inet t i iifname $f ip protocol icmp reject with icmp type host-prohibited;
	add rule inet t i iifname $f meta l4proto tcp drop"
attach --json
is 'an ICMP error comes back: exit' $? 0
is 'an ICMP error comes back: data crosses' "$(row data.both-ways)" \
	"PASS: $in4.2 answers through the tunnel (an ICMP error)"
in_ns right nft delete table inet t
over
finish
