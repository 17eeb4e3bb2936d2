#!/bin/sh
# timeout: 600
# beside: others
# Each way in which a handshake goes wrong between two configurations, seen from the end that runs `wgdiag check`: with
# our engine there, and with wireguard-go, of which only the capture tells. What one end cannot see is said to be
# for the far side; what is said of a healthy tunnel holds no false word.
#
#   [ left: the tunnel that is looked at ]---near   [ mid: a router ]   far---[ right: our engine, two addresses ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
${CC:-cc} -O1 -shared -fPIC -o "$TMPDIR/clock_ahead.so" "$TOP/tests/lib/lab/clock_ahead.c" || exit 1

ns_new left; ns_new mid; ns_new right
veth left near mid to-left
veth mid to-right right far
rnd_net4 a; rnd_net4 b
while [ "$a" = "$b" ]; do rnd_net4 b; done
rnd far_host 2 120; rnd far_other 130 250
addr left near "$a.2/24"; addr mid to-left "$a.1/24"
addr mid to-right "$b.1/24"; addr right far "$b.$far_host/24" "$b.$far_other/24"
ip -n left route add default via "$a.1"
ip -n right route add default via "$b.1"
in_ns mid sysctl -qw net.ipv4.ip_forward=1
chmod 755 "$TMPDIR"
key key_n; key key_f; key key_o
wg genpsk >"$TMPDIR/psk"; wg genpsk >"$TMPDIR/psk2"

# fresh: what is right, until a case changes it.
fresh()
{
	rnd_name n n; rnd_name f f
	rnd_port port_n; rnd_port port_f
	rnd_net4 in4
	key_of_far=$key_f_pub key_of_near=$key_n_pub psk_n='' psk_f='' asked=$port_f fault=''
	far_knows='' near_knows=yes near_fault='' meanwhile=''
}
# far [COMMAND...]: starts the far end, by that command.
far_up()
{
	ip netns exec right env "$@" "$WGDIAG" engine -f -v ${fault:+--fault "$fault"} "$f" >"$TMPDIR/$f.log" 2>&1 &
	far_pid=$!
	wait_for 5 "[ -S /run/wireguard/$f.sock ] && ip -n right link show $f" || { not_ok 'the far end starts' "$(cat "$TMPDIR/$f.log")"; finish; }
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_of_near" allowed-ips "$in4.1/32" \
		${psk_f:+preshared-key "$psk_f"} ${far_knows:+endpoint "$a.2:$port_n"}
	addr right "$f" "$in4.2/24"
	ip -n right link set "$f" mtu 1420 up
}
near_up()
{
	if [ "$engine" = builtin ]; then
		engine left "$n" ${near_fault:+--fault "$near_fault"}
		near_pid=$engine_pid
	else
		ip netns exec left "$engine" -f "$n" >"$TMPDIR/$n.log" 2>&1 &
		near_pid=$!
		wait_for 10 "wg show $n" || { not_ok "$engine starts" "$(cat "$TMPDIR/$n.log")"; finish; }
	fi
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_of_far" allowed-ips "$in4.2/32" \
		${psk_n:+preshared-key "$psk_n"} ${near_knows:+endpoint "$b.$far_host:$asked"}
	addr left "$n" "$in4.1/24"
	ip -n left link set "$n" mtu 1420 up
}
both_up() { far_up; near_up; }
calls() { ip netns exec right ping -q -i 0.2 "$in4.1" >/dev/null 2>&1 & ping_pid=$!; }
over()
{
	[ -z "${ping_pid:-}" ] || { kill "$ping_pid"; wait "$ping_pid" 2>/dev/null; ping_pid=; }
	kill "$near_pid" "$far_pid" 2>/dev/null
	wait "$near_pid" "$far_pid" 2>/dev/null
	for ns in left mid right; do in_ns "$ns" nft flush ruleset; done
}


# run NAME [ARGUMENT...]: $meanwhile is done once it watches: of the tun there are two captures, and then that of the
# wire. The text is from the facts alone.
run()
{
	case_name="$engine, $1"
	shift
	ip netns exec left "$WGDIAG" check "$n" --json --save-facts "$TMPDIR/facts" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" &
	run_pid=$!
	if [ -n "$meanwhile" ]; then
		check "$case_name: it watches" wait_for 10 "in_ns left awk 'END { exit NR < 4 }' /proc/net/packet"
		"$meanwhile"
	fi
	wait "$run_pid"
	ip netns exec left "$WGDIAG" check --facts "$TMPDIR/facts" -v --only handshake.complete >"$TMPDIR/text" 2>&1
	clean "$case_name: fits the schema" "$(json_problems "$TMPDIR/out")"
}
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
# verdict WORDS
verdict() { is "$case_name: the verdict" "$(jq -r '.verdict | "\(.state) \(.cause // "-") \(.side // "-")"' "$TMPDIR/out")" "$1"; }
# says START PART: the row
says()
{
	case $(row handshake.complete) in
	"$1"*"$2"*) ok "$case_name: the row" ;;
	*) not_ok "$case_name: the row" "$(row handshake.complete)" ;;
	esac
}
# told PATTERN: a line of an attempt
told() { check "$case_name: told: $1" grep -qE "(near wire|engine, near): $1" "$TMPDIR/text"; }
never_told() { check "$case_name: not told: $1" sh -c '! grep -qE "near wire: .*($1)" "$2"' - "$1" "$TMPDIR/text"; }
# Only our engine says why it asked.
first() { if [ "$engine" = builtin ]; then ours='initiation 1 \(data waits for a session\)'; else ours='initiation'; fi; }
there="[0-9.]*:[0-9]*"
# The far host has that address and no other; it calls all the while.
far_is_at()
{
	ip -n right addr flush dev far
	addr right far "$@" && ip -n right route replace default via "$b.1"
}
moves()
{
	in_ns right nft "table ip w { counter asks { }; chain c { type filter hook input priority 0; iifname $f icmp type echo-request counter name asks; }; }"
	check "$case_name: it pings" wait_for 20 "in_ns right nft -j list counters | jq -e '.nftables[] | select(.counter).counter.packets > 15'"
	ip netns exec right ping -q -i 0.02 "$in4.1" >/dev/null 2>&1 & ping_pid=$!
	far_is_at "$b.$far_other/24"
}
false_words='refused|not accepted|asked again|another public key|nothing came back|not answered'
far_side() { check "$case_name: it is for the far side" jq -e '.verdict.next | index("wgdiag explain far")' "$TMPDIR/out"; }

all()
{
	engine=$1
	first

	fresh; both_up
	run healthy --only handshake
	says 'PASS: response in ' ', 1 initiation'
	told "$ours to $b.$far_host:$port_f: response after [0-9.]* ms, accepted"
	never_told "$false_words"
	over

	# Both ask at once, again and again until the run ends: nothing is anybody's fault.
	fresh; far_knows=yes; both_up; calls
	run 'both ends ask' -c 3
	verdict 'PASS - -'
	never_told "$false_words"
	over

	fresh; key_of_far=$key_o_pub; both_up
	run 'the far key is wrong here'
	verdict 'FAIL no-answer unknown'
	says 'FAIL: ' ' initiations in ' ', nothing came back'
	told "$ours to $there: nothing came back"
	far_side
	over

	fresh; key_of_near=$key_o_pub; both_up
	run 'our key is unknown there'
	verdict 'FAIL no-answer unknown'
	told "$ours to $there: nothing came back"
	far_side
	over

	fresh; key_of_near=$key_o_pub; far_knows=yes; both_up; calls
	run 'the far end has another key of us, and asks'
	verdict 'FAIL wrong-key unknown'
	says 'FAIL: ' "those from the peer's address are for another public key than ours"
	told "the peer's initiation from $b.$far_host:$port_f, for another public key than ours: "
	over

	for which in both near far; do
		fresh
		[ "$which" = far ] || psk_n=$TMPDIR/psk
		[ "$which" = near ] || psk_f=$TMPDIR/psk2
		both_up
		run "preshared key, $which"
		verdict 'FAIL psk-mismatch unknown'
		if [ "$engine" = builtin ]; then
			says 'FAIL: ' 'responses came back, refused: the response does not open'
			told "$ours to $there: response after [0-9.]* ms, refused: the response does not open"
		else
			says 'FAIL: ' 'responses came back and none was accepted'
			told "$ours to $there: response after [0-9.]* ms, not accepted, or lost in this host"
		fi
		over
	done

	fresh; asked=$((port_f + 1)); both_up
	run 'another port'
	verdict 'FAIL listener-absent far'
	told "$ours to $b.$far_host:$asked: port unreachable \\(3/3\\) came back from $b.$far_host"
	over

	fresh; both_up
	in_ns mid nft "table ip t { chain c { type filter hook forward priority 0; udp dport $port_f reject with icmp type admin-prohibited; }; }"
	run 'a router refuses'
	verdict 'FAIL udp-blocked-inbound path'
	told "$ours to $there: prohibited by a filter \\(3/13\\) came back from $a.1"
	over

	# The far host answers from its other address. That is taken, unless a filter here looks whom was asked.
	fresh; both_up
	in_ns right nft "table ip t { chain c { type filter hook output priority -300; udp sport $port_f ip saddr set $b.$far_other; }; }"
	run 'another address, taken'
	verdict 'PASS - -'
	says 'PASS: response in ' ", from $b.$far_other:$port_f instead of $b.$far_host:$port_f"
	told "$ours to $there: response after [0-9.]* ms, accepted, from $b.$far_other:$port_f"
	over
	fresh; both_up
	in_ns right nft "table ip t { chain c { type filter hook output priority -300; udp sport $port_f ip saddr set $b.$far_other; }; }"
	in_ns left nft "table ip t { chain c { type filter hook input priority 0; policy drop; iifname lo accept; ct state established,related accept; icmp type echo-request accept; }; }"
	run 'another address'
	verdict 'FAIL multihomed-reply far'
	is "$case_name: they came" "$(row underlay.back | cut -d: -f1)" PASS
	says 'FAIL: ' "the answer came from $b.$far_other:$port_f instead of $b.$far_host:$port_f, and none was taken"
	over

	# The peer moves with its session, as a laptop does: whatever was under way is lost, and nothing is wrong.
	fresh; far_knows=yes meanwhile=moves; both_up
	check "$engine: there is a session" pings left 1 "$in4.2"
	run 'the peer moves' -c 60
	check "$case_name: no cause is named" jq -e '.verdict | .cause == null and .candidates == [] and .state != "FAIL"' "$TMPDIR/out"
	says 'PASS: the session was ' ' old when we came'
	never_told "$false_words"
	is "$case_name: where to" "$(jq -r '.config.near.peers[0].moved_to | "\(.addr) \(.port)"' "$TMPDIR/facts")" "$b.$far_other $port_f"
	for id in underlay.link underlay.gateway underlay.path route.endpoint underlay.out underlay.back; do
		is "$case_name: $id" "$(row $id | cut -d: -f1)" PASS
	done
	over; far_is_at "$b.$far_host/24" "$b.$far_other/24"

	fresh; fault=force-cookie; both_up
	run 'the far end is under load' -c 3
	says 'WARN: ' 'a cookie came first, the far end is under load'
	told "$ours to $there: a cookie reply after [0-9.]* ms: the far end is under load"
	told "initiation.* to $there.*: response after [0-9.]* ms, accepted"
	over

	fresh; both_up
	in_ns mid nft "table ip t { chain c { type filter hook forward priority 0; udp dport $port_f limit rate 1/hour burst 1 packets drop; }; }"
	run 'the first is lost' -c 3
	says 'WARN: ' 'complete, but only after 2 initiations'
	told "$ours to $there: nothing came back"
	told "initiation.* to $there.*: response after [0-9.]* ms, accepted"
	over
}

# --- what only our engine can tell, as the one that is asked -----------------------------

asked_by_far()
{
	engine=builtin

	# Nobody here is told where the peer is; the peer comes, and is none.
	fresh; far_knows=yes near_knows='' key_of_far=$key_o_pub; both_up; calls
	run 'an unknown peer'
	says 'FAIL: ' "none was answered: an initiation from a public key that is no peer of ours, its public key is $key_f_pub"
	told "the peer's initiation from $b.$far_host:$port_f, its public key is $(printf %s "$key_f_pub" | sed 's/[+]/[+]/g'): refused: an initiation from a public key"
	over

	# The same from where another peer is expected; and it is not asked as that one.
	fresh; far_knows=yes key_of_far=$key_o_pub; both_up; calls
	run 'an unknown peer at the endpoint'
	says 'FAIL: ' "those from the peer's address are refused: an initiation from a public key that is no peer of ours, its public key is $key_f_pub"
	over

	# It had a session when its clock was ahead. What we ask ourselves does not get there.
	fresh; far_knows=yes
	near_up
	rnd ahead 1000 100000
	far_up LD_PRELOAD="$TMPDIR/clock_ahead.so" CLOCK_AHEAD_S="$ahead"; calls
	check 'a session with the clock ahead' wait_for 10 "wg show $n latest-handshakes | grep -v '	0$'"
	kill "$ping_pid" "$far_pid"; wait "$ping_pid" "$far_pid" 2>/dev/null; ping_pid=
	wait_for 5 "! [ -S /run/wireguard/$f.sock ]"
	in_ns mid nft "table ip t { chain c { type filter hook forward priority 0; udp dport $port_f drop; }; }"
	rnd_name f f
	far_up; calls
	run 'the clock went back'
	told "the peer's initiation from $b.$far_host:$port_f: refused: the initiation is not newer than the last"
	over

	# It asks again with the cookie: so it does it for the first time while it is watched.
	# Once only: a machine that stalls may look when that is over. Then once more.
	for try in 1 2 3; do
		fresh; far_knows=yes near_fault=force-cookie meanwhile=calls; both_up
		in_ns mid nft "table ip t { chain c { type filter hook forward priority 0; udp dport $port_f @th,64,8 1 drop; }; }"
		run 'under load here' -c 3
		! grep -q 'answered with a cookie' "$TMPDIR/text" || break
		[ $try = 3 ] || over
	done
	told "the peer's initiation from $b.$far_host:$port_f: answered with a cookie: this engine is under load"
	over
}

asked_by_far
all builtin
if command -v wireguard-go >/dev/null 2>&1; then
	all wireguard-go
else
	skip 'wireguard-go' 'no wireguard-go here'
fi
finish
