#!/bin/sh
# timeout: 450
# beside: others
# `wgdiag check IFACE` on tunnels that run: of each engine there is, healthy and broken, with its socket
# and without, as root and as nobody. Nothing of them is changed, and no packet of theirs is lost.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft setpriv sysctl
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

. "$TOP/tests/lib/lab/attach.sh"

healthy()
{
	state >"$TMPDIR/before"
	attach --json
	is "$1: exit" $? 0
	clean "$1: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$1: no row is bad" "$(bad_rows)"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/out")"
	is "$1: the engine" "$(jq -r .target.engine "$TMPDIR/out")" "$2"
	state >"$TMPDIR/after"
	check "$1: nothing was changed" cmp "$TMPDIR/before" "$TMPDIR/after"
}

# --- each engine ----------------------------------------------------------------------

peers=$WGDIAG_BUILD/peers
each()
{
	each_name=$1 each_program=$2
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$each_name" "no $1 here (make peers)"; return; }
	pair
	foreign "$each_name" "$@"
	configure
	# Somebody uses it meanwhile.
	ip netns exec left ping -q -i 0.05 -c 80 -W 10 "$in4.2" >"$TMPDIR/ping" 2>&1 &
	ping_pid=$!
	wait_for 5 "wg show $n latest-handshakes | grep -qv '	0\$'"
	healthy "$each_name" "$each_engine"
	wait "$ping_pid"
	is "$each_name: not interrupted" "$(grep -o '[0-9.]*% packet loss' "$TMPDIR/ping")" '0% packet loss'
	over
}
each_engine=wireguard-go each 'wireguard-go of the distribution' wireguard-go -f
cp "$peers/wireguard-go-latest" "$TMPDIR/wireguard-go" 2>/dev/null
each_engine=wireguard-go each 'newest wireguard-go' "$TMPDIR/wireguard-go" -f
each_engine=boringtun each boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
each_engine=gotatun each gotatun "$peers/gotatun" -f --disable-drop-privileges
each_engine=builtin each builtin "$WGDIAG" engine -f

# --- broken -----------------------------------------------------------------------------

pair
foreign 'builtin that encrypts a header' "$WGDIAG" engine -f --fault family-header
configure
attach --json
is 'a header is encrypted: exit' $? 1
is 'a header is encrypted: the cause and its side' "$(cause)" 'tun-framing local'
over

# --- without its socket: what an engine inside a program looks like ---------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
opaque --json --endpoint "$out4.2:$port_f" --ping "$in4.2"
is 'opaque, healthy: exit' $? 0
clean 'opaque, healthy: no row is bad' "$(bad_rows)"
is 'opaque: the kind' "$(jq -r .target.kind "$TMPDIR/out")" opaque
cat >"$TMPDIR/wg.conf" <<END
[Interface]
PrivateKey = $key_n
Address = $in4.1/24, ${in6}1/64
MTU = 1420
[Peer]
PublicKey = $key_f_pub
PresharedKey = $(cat "$TMPDIR/psk")
AllowedIPs = $in4.2/32, ${in6}2/128
Endpoint = $out4.2:$port_f
END
opaque --json --config "$TMPDIR/wg.conf"
is 'opaque, with the file: exit' $? 0
clean 'opaque, with the file: no row is bad' "$(bad_rows)"
# Two peers, and the right one is the second.
key key_x
sed "/^\[Peer\]/i [Peer]\nPublicKey = $key_x_pub\nAllowedIPs = 203.0.113.7/32\nEndpoint = $out4.9:9\n" "$TMPDIR/wg.conf" \
	>"$TMPDIR/two.conf"
opaque --json --config "$TMPDIR/two.conf" --peer "$key_f_pub"
is 'opaque, two in the file, one named: exit' $? 0
clean 'opaque, two in the file, one named: nothing on stderr' "$(cat "$TMPDIR/err")"
opaque --json --config "$TMPDIR/two.conf" --ping "$in4.2"
is 'opaque, two in the file, its address named: exit' $? 0
check 'opaque, two in the file, its address named: which' grep -q "two.conf has 2 peers, $(echo "$key_f_pub" | cut -c1-4)" "$TMPDIR/err"
opaque --json --config "$TMPDIR/two.conf" --peer /////
is 'opaque, two in the file, none so: exit' $? 2
check 'opaque, two in the file, none so: said' grep -q 'two.conf has no peer whose key begins with /////' "$TMPDIR/err"
opaque --json --endpoint "$out4.2:$port_f" --peer "$key_f_pub"
is 'opaque, a peer without a file: exit' $? 2
clean 'no key of it is told' "$(grep -F -e "$key_n" -e "$(cat "$TMPDIR/psk")" "$TMPDIR/out" "$TMPDIR/err")"
attach --json --endpoint "$out4.2:9"
is 'an endpoint for an engine that answers: exit' $? 0
is 'an endpoint for an engine that answers: one line says that its own is used' "$(cat "$TMPDIR/err")" \
	"wgdiag check: --endpoint is not needed: the engine of $n answers, and its own ($out4.2:$port_f) is used"
attach --json --config "$TMPDIR/wg.conf"
is 'with its file: exit' $? 0
is 'with its file: file = live' "$(json_row "$TMPDIR/out" config.live)" 'PASS -'
sed -i 's/^AllowedIPs.*/&, 203.0.113.0\/28/; s/^MTU.*/MTU = 1400/' "$TMPDIR/wg.conf"
attach --json --config "$TMPDIR/wg.conf"
check 'the file has more: file = live is not PASS' [ "$(json_row "$TMPDIR/out" config.live)" != 'PASS -' ]
over

pair
foreign 'builtin that encrypts a header' "$WGDIAG" engine -f --fault family-header
configure
opaque --json --endpoint "$out4.2:$port_f" --ping "$in4.2"
is 'opaque, a header is encrypted: exit' $? 1
is 'opaque, a header is encrypted: the cause and its side' "$(cause)" 'tun-framing local'
over

# The same with a session that was made before: no handshake is seen, and the messages tell all the same.
pair
foreign 'builtin that encrypts a header' "$WGDIAG" engine -f --fault family-header
configure
in_ns left ping -q -c 1 -W 1 "$in4.2" >/dev/null
wait_for 5 "[ \"\$(wg show $n latest-handshakes | cut -f 2)\" -gt 0 ]"
opaque --json --endpoint "$out4.2:$port_f" --ping "$in4.2"
is 'opaque, a header is encrypted, a session lives: exit' $? 1
is 'opaque, a header is encrypted, a session lives: the cause and its side' "$(cause)" 'tun-framing local'
over

# --- IPv4 alone inside, and nobody names an address ---------------------------------------

# All echoes are of one size, and padding must not swallow what is encrypted besides.
only4()
{
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" \
		allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"
	ip netns exec left sysctl -qw "net.ipv6.conf.$n.disable_ipv6=1"
	addr left "$n" "$in4.1/24"
	ip -n left link set "$n" mtu 1420 up
}
for given in '' --endpoint; do
	how=${given:+opaque, }
	look() { if [ -n "$given" ]; then opaque --json --endpoint "$out4.2:$port_f"; else attach --json; fi; }
	pair
	foreign 'builtin that encrypts a header' "$WGDIAG" engine -f --fault family-header
	only4
	look
	is "${how}IPv4 alone, a header is encrypted: exit" $? 1
	is "${how}IPv4 alone, a header is encrypted: the row" "$(json_row "$TMPDIR/out" tun.framing)" 'FAIL -'
	is "${how}IPv4 alone, a header is encrypted: the cause and its side" "$(cause)" 'tun-framing local'
	over

	pair
	foreign builtin "$WGDIAG" engine -f
	only4
	look
	is "${how}IPv4 alone, healthy: exit" $? 0
	clean "${how}IPv4 alone, healthy: no FAIL" "$(bad_rows | grep FAIL)"
	ip netns exec right nft 'table inet t { chain i { type filter hook input priority 0; iifname '"$f"' drop; }; }'
	look
	is "${how}IPv4 alone, healthy and silent: exit" $? 3
	clean "${how}IPv4 alone, healthy and silent: no FAIL" "$(bad_rows | grep FAIL)"
	ip netns exec right nft flush ruleset
	over
done

# --- a program gave its engine a tun --------------------------------------------------------

# Which framing a wireguard-go takes for granted on a tun that it inherits is found by trying: data comes
# through with that one. One that writes without a header to a device that wants one sees its writes succeed,
# and the kernel throws them away.
# inherited PROGRAM raw|pi: with somebody at the far end who sends.
inherited()
{
	pair
	ip netns exec left env LOG_LEVEL=verbose "$tool" inherit "$n" "$2" "$1" -f "$n" >"$TMPDIR/$n.log" 2>&1 &
	near_pid=$!
	wait_for 10 "wg show $n" || { not_ok "$1 starts" "$(cat "$TMPDIR/$n.log")"; finish; }
	# As a client has it, whose server is the first host of the network; without keepalives it may never shake
	# hands.
	wg set "$f" peer "$key_n_pub" allowed-ips "$in4.7/32"
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" \
		allowed-ips "$in4.0/24" endpoint "$out4.2:$port_f" persistent-keepalive 1
	addr right "$f" "$in4.1/24"
	addr left "$n" "$in4.7/24"
	ip -n left link set "$n" mtu 1420 up
	ip netns exec right ping -q -i 0.2 -I "$in4.1" "$in4.7" >/dev/null 2>&1 &
	ping_pid=$!
	wait_for 15 "wg show $f latest-handshakes | grep -qv '	0\$'" || not_ok "$1, $2: a handshake" "$(cat "$TMPDIR/$n.log")"
}
inherited_over() { kill $ping_pid; wait $ping_pid 2>/dev/null; over; }
passes() { ip netns exec left ping -q -c 3 -i 0.2 -W 1 "$in4.1" >/dev/null 2>&1; }
# opaque_inherited NAME PROGRAM
opaque_inherited()
{
	[ -x "$2" ] || { skip "$1 on an inherited tun" "no $2 here (make peers)"; return; }
	for framing in raw pi; do
		inherited "$2" $framing
		if passes; then
			right=$framing
			opaque --json --endpoint "$out4.2:$port_f"
			is "$1, a tun as it expects ($framing): exit" $? 0
			clean "$1, a tun as it expects ($framing): no FAIL" "$(bad_rows | grep FAIL)"
			is "$1, a tun as it expects ($framing): no cause" "$(cause)" '- -'
		else
			wrong=$framing
			opaque --json --endpoint "$out4.2:$port_f"
			rc=$?
			# Where its writes are refused nothing is on the tun to be seen: what it wrote about that helps.
			if grep -q 'Failed to write packet' "$TMPDIR/$n.log"; then
				is "$1, another tun than it expects ($framing): nothing comes out of it" \
					"$(json_row "$TMPDIR/out" tun.delivery)" 'FAIL -'
				opaque --json --endpoint "$out4.2:$port_f" --engine-log "$TMPDIR/$n.log"
				rc=$?
			fi
			is "$1, another tun than it expects ($framing): exit" $rc 1
			is "$1, another tun than it expects ($framing): the cause and its side" "$(cause)" 'tun-framing local'
		fi
		is "$1 ($framing): judged from outside" "$(jq -r .target.kind "$TMPDIR/out")" opaque
		inherited_over
	done
	check "$1: one framing works, and one does not" [ "${right:-}" != "${wrong:-}" ]
}
opaque_inherited 'wireguard-go of the distribution' "$(command -v wireguard-go)"
right='' wrong=''
opaque_inherited 'newest wireguard-go' "$peers/wireguard-go-latest"
right='' wrong=''

# --- full tunnel, /32 address ------------------------------------------------------------

for forwarding in 0 1; do
	pair
	ip netns exec right sysctl -qw net.ipv4.ip_forward=$forwarding
	foreign builtin "$WGDIAG" engine -f
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" fwmark 51820 peer "$key_f_pub" \
		preshared-key "$TMPDIR/psk" allowed-ips 0.0.0.0/0 endpoint "$out4.2:$port_f"
	addr left "$n" "$in4.1/32"
	ip -n left link set "$n" mtu 1420 up
	ip -n left route add default dev "$n" table 51820
	ip -n left rule add not fwmark 51820 table 51820
	ip -n left rule add table main suppress_prefixlength 0
	attach --json
	rc=$?
	clean "full tunnel, forwarding $forwarding: no FAIL" "$(bad_rows | grep FAIL)"
	check "full tunnel, forwarding $forwarding: exit 0 or 3" [ $rc = 0 -o $rc = 3 ]
	ip -n left rule del table main suppress_prefixlength 0
	ip -n left rule del not fwmark 51820 table 51820
	over
done

# --- targets of all kinds ----------------------------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
ip netns exec right nft 'table inet t { chain i { type filter hook input priority 0; icmp type echo-request drop; }; }'
attach --json --ping "$in4.2"
is 'the address drops pings, and refuses TCP: exit' $? 0
is 'the address drops pings: ping.peer' "$(json_row "$TMPDIR/out" ping.peer)" 'PASS -'
ip netns exec right nft 'flush ruleset; table inet t { chain i { type filter hook input priority 0;
	icmp type echo-request limit rate over 20/second burst 5 packets drop; }; }'
attach --json
clean 'the far host answers few pings: no FAIL' "$(bad_rows | grep FAIL)"
ip netns exec right nft flush ruleset
attach --json --ping 203.0.113.9
check 'no route to what must answer: it ends with a verdict' jq -e .verdict.state "$TMPDIR/out"
ip -n left addr flush dev "$n"
attach --json
check 'no address: it ends with a verdict' jq -e .verdict.state "$TMPDIR/out"
over

# --- a hub --------------------------------------------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
i=0
set --
while [ $i -lt 49 ]; do
	i=$((i + 1))
	set -- "$@" peer "$(wg genkey | wg pubkey)" allowed-ips "198.18.$i.0/24"
	[ $i -le 20 ] || set -- "$@" endpoint "$out4.2:$((20000 + i))"
done
wg set "$n" "$@"
attach --json
is 'a hub of 50: exit' $? 0
clean 'a hub of 50: no FAIL' "$(bad_rows | grep FAIL)"
is 'a hub of 50: the others' "$(json_row "$TMPDIR/out" handshake.peers)" 'PASS -'

# --- as nobody -----------------------------------------------------------------------------

cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag"
ip netns exec left sysctl -qw net.ipv4.ping_group_range='0 65534'
ip netns exec left setpriv --reuid=65534 --regid=65534 --clear-groups "$TMPDIR/wgdiag" check "$n" --ping "$in4.2" --json \
	>"$TMPDIR/out" 2>"$TMPDIR/err"
is 'as nobody: exit' $? 3
clean 'as nobody: nothing on stderr' "$(cat "$TMPDIR/err")"
is 'as nobody: the firewall is a gap' "$(jq -r '.checks[] | select(.id == "host.firewall") | "\(.state) \(.summary)"' "$TMPDIR/out")" \
	'SKIP read firewall rules: Operation not permitted'
clean 'as nobody: no FAIL' "$(bad_rows | grep FAIL)"
for id in ping.peer ping.sizes rx.errors route.inner host.state; do
	is "as nobody: $id" "$(json_row "$TMPDIR/out" $id)" 'PASS -'
done
# Without the right to ping nobody is asked, and then nobody is said to be silent, nor what is not watched to be good.
ip netns exec left sysctl -qw net.ipv4.ping_group_range='1 0'
ip netns exec left setpriv --reuid=65534 --regid=65534 --clear-groups "$TMPDIR/wgdiag" check "$n" --ping "$in4.2" --json \
	>"$TMPDIR/out" 2>"$TMPDIR/err"
is 'no right to ping: exit' $? 3
clean 'no right to ping: no FAIL' "$(bad_rows | grep FAIL)"
is 'no right to ping: why' "$(jq -r '[.checks[] | select(.id == "ping.peer" or .id == "ping.sizes" or .id == "loss.up" or .id == "loss.down") |
	"\(.state) \(.summary)"] | unique | join(", ")' "$TMPDIR/out")" 'SKIP open an ICMP socket: Operation not permitted'
is 'no right to ping: the kernel was not watched' "$(json_row "$TMPDIR/out" kernel.drops)" 'SKIP -'
check 'no right to ping: the privileges are named' jq -e '.evidence_quality.missing_privileges | length > 0 and all(test("^(CAP_[A-Z_]+|root)$"))' "$TMPDIR/out"
over

# --- what is no tunnel -----------------------------------------------------------------------

refused()
{
	rc_wanted=$1 words=$2
	shift 2
	ip netns exec left "$WGDIAG" check "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$words: exit" $? "$rc_wanted"
	is "$words: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "$words: said" grep -qF -- "$words" "$TMPDIR/err"
	clean "$words: nothing on stdout" "$(cat "$TMPDIR/out")"
}
refused 2 'no such interface' nosuch0
refused 2 'did you mean near?' naer
refused 2 '(a network namespace is called so: --netns right)' right
refused 2 '(it is in the network namespace right: --netns right)' far
refused 2 '(it is in this network namespace: without --netns)' near --netns right
# One that has no name, only a process that is in it.
ip link add dev lonely0 type veth peer name lonely1
unshare -n sh -c 'echo >"$1/there"; exec tail -f /dev/null' - "$TMPDIR" &
lonely=$!
wait_for 5 "[ -e $TMPDIR/there ]"
ip link set lonely1 netns "$lonely"
refused 2 "(it is in the network namespace of process $lonely, tail: --netns $lonely)" lonely1
kill "$lonely"
wait "$lonely" 2>/dev/null
refused 2 'no such interface' lonely1
refused 2 'is no tunnel' near
ip -n left tuntap add tap0 mode tap
ip -n left link set tap0 up
refused 2 'tap0 is no tunnel: it carries Ethernet frames' tap0
refused 2 'it carries Ethernet frames (a tap)' tap0 --endpoint 192.0.2.1:51820
refused 2 'is no IPv4 or IPv6 address' near --ping 10.0.0
refused 2 '/run/netns/nosuch' near --netns nosuch
finish
