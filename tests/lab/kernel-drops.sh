#!/bin/sh
# timeout: 300
# kernel.drops: what this host's kernel throws away of the tunnel's packets is named by reason, place and device.
# Faults on the wire and in the tun, with an engine that hangs and one that is well; controls that are not
# blamed: none, drops that nothing is missing by, another namespace's on a device of the same name. Where events
# were lost it is not sure of anything. And the trace instance never outlives the run.
#
#   [ left: the tunnel that is looked at ]---$w   veth   far---[ right: our engine ]
#                        [ other: $w ]---veth---[ third ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft tc ss
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"
# Events name a device and no namespace: other tests have a "near" too.
rnd_name w w
ip -n left link set near down
ip -n left link set near name "$w" up
addr left "$w" "${out6}1/64"
wait_for 10 '! ip -n left addr | grep tentative'

# Seen here, mounted nowhere else.
mkdir "$TMPDIR/tracing"
mount -t tracefs none "$TMPDIR/tracing" 2>/dev/null || skip_all 'no tracefs for root here'
instances() { find "$TMPDIR/tracing/instances" -maxdepth 1 -name 'wgdiag-*' | sort; }
instances >"$TMPDIR/before"
# Of ours; other tests run beside.
of_pid() { find "$TMPDIR/tracing/instances" -maxdepth 1 -name "wgdiag-$1-*" | grep -c .; }

row() { jq -r '.checks[] | select(.id == "kernel.drops") | "\(.state): \(.summary)"' "$TMPDIR/out"; }
drops() { jq -c '.kernel.drops[] | [.dev, .dir, .reason, .location, .count]' "$TMPDIR/facts"; }
# watching: the process that reads, in reader; its events are enabled, the last one too.
watching()
{
	reader=$(pgrep -x wgdiag-drops -n) &&
		grep -q 1 "$TMPDIR/tracing/instances/wgdiag-$reader-"*/events/skb/kfree_skb/enable
}
# rose COUNTER: by the facts.
rose() { jq -e --arg c "$1" 'any(.kernel.counters[]; .name == $c and .before != null and .after > .before)' "$TMPDIR/facts"; }
# look NAME [ARGUMENT...]
look()
{
	look_name="$name, $1"
	shift
	# A machine that was too busy to read all events is sure of nothing, and that is not what is tried here.
	for look_i in 1 2 3 4 5; do
		attach --json --only kernel.drops --save-facts "$TMPDIR/facts" "$@"
		jq -e '.kernel.events_lost > 0' "$TMPDIR/facts" >/dev/null || break
	done
	"$WGDIAG" check --facts "$TMPDIR/facts" --only kernel.drops --json >"$TMPDIR/again" 2>&1
	check "$look_name: judged again the same" cmp "$TMPDIR/out" "$TMPDIR/again"
	clean "$look_name: fits the schema" "$(json_problems "$TMPDIR/out")"
}
# says PATTERN: the row is so.
says()
{
	# shellcheck disable=SC2254
	case $(row) in
	$1) ok "$look_name: the row" ;;
	*) not_ok "$look_name: the row" "got:    $(row)
wanted: $1
$(drops)" ;;
	esac
}
filter() { in_ns "$1" nft "table inet t { chain c { type filter hook $2 priority 0; $3 counter drop; }; }"; }
no_filter() { in_ns "$1" nft flush ruleset; }
handle() { in_ns left nft -a list ruleset | sed -n 's/.*counter.* # handle //p'; }

faults_of_this_host()
{
	look 'none'
	says 'PASS: none at the tunnel*'

	filter left input "iifname $n icmp type echo-reply"
	rnd c 4 12
	h=$(handle)
	look 'filter, inner, in' -c "$c" -W 0.3 --ping "$in4.2"
	says "WARN: * packets that came in by $n were dropped by NETFILTER_DROP in nft_do_chain: *(handle $h in inet t c)"
	no_filter left

	filter left input "iifname $w udp sport $port_f @th,64,8 4 @th,128,8 & 0x01 == 1"
	look 'filter, outer, in, each second message' -c 20 -i 0.05 -W 0.3
	says "WARN: * packets that came in by $w were dropped by NETFILTER_DROP in nft_do_chain: *"
	no_filter left

	tc -n left qdisc add dev "$w" root tbf rate 16kbit burst 1600 limit 1600
	look 'shaper' -c 60 -i 0.01 -W 0.3
	says "WARN: * packets that were to leave by $w were dropped by QDISC_DROP in *"
	check "$look_name: the queue counts them too" rose qdisc_drops_wire
	tc -n left qdisc del dev "$w" root

	# From where no route leads back, but allowed; nothing of what is probed is missing by it.
	in_ns left sysctl -qw "net.ipv4.conf.$n.rp_filter=1"
	rnd_net4 o
	wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32,${in6}2/128,$o.7/32"
	addr right lo "$o.7/32"
	in_ns right ping -q -i 0.05 -I "$o.7" "$in4.1" >/dev/null 2>&1 &
	others_pid=$!
	look 'reverse path filter, of what nobody asked for' --ping "$in4.2"
	says "PASS: *and nothing of the tunnel is missing by it"
	check "$look_name: is seen" jq -e --arg n "$n" \
		'any(.kernel.drops[]; .reason == "IP_RPFILTER" and .dev == $n and .dir == "in")' "$TMPDIR/facts"
	kill "$others_pid"; wait "$others_pid" 2>/dev/null
	in_ns left sysctl -qw "net.ipv4.conf.$n.rp_filter=0"

	# The one end of a veth takes no more than its own MTU.
	ip -n right link set far mtu 1000
	look 'the other end of the link is narrower' -c 5 -s 1200 -W 0.3
	says "FAIL: * packets that were to leave by $w were dropped by *__dev_forward_skb*"
	ip -n right link set far mtu 1500
}

# Its queues are short enough for what comes while it hangs. What a full one refuses is counted.
sent() { ip -n left -s -j link show "$n" | jq '.[0].stats64.tx | .packets + .dropped'; }
# Of the engine's socket, which has room for some thousand.
refused() { in_ns left ss -Hunam "sport = :$port_n" | sed -n 's/.*,d\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }
overflows() { [ "$(refused)" -gt "$refused" ]; }
# sent_more N: than $sent, while the kernel's drops are watched.
sent_more() { [ "$(sent)" -gt $((sent + $1)) ] && watching; }
# On a machine that stalls the check may be over before it hangs, or before all came: then once more.
engine_hangs()
{
	hung=no
	ip -n left link set "$n" txqueuelen 4
	ip -n right link set "$f" txqueuelen 12000
	for i in 1 2 3 4 5; do
		attach --json --only kernel.drops --save-facts "$TMPDIR/facts" -c 300 -i 0.02 -W 0.2 &
		pid=$!
		wait_for 10 watching
		sent=$(sent)
		wait_for 10 'sent_more 5 || ! kill -0 "$pid"'
		sent=$(sent) refused=$(refused)
		kill -STOP "$near_pid"
		until overflows || ! watching; do
			in_ns right ping -q -f -l 4000 -c 4000 -w 1 -s 1000 "$in4.1" >/dev/null 2>&1
		done
		wait_for 5 'sent_more 10 || ! watching'
		sent_more 10 && overflows && hung=yes
		wait "$pid"
		kill -CONT "$near_pid"
		[ $hung = no ] || break
	done
	ip -n left link set "$n" txqueuelen 500
}
# Where the machine was too busy to read all events it is sure of nothing.
hang_is_told()
{
	row | grep -q 'SOCKET_RCVBUFF\|FULL_RING' || return 1
	if jq -e '.kernel.events_lost > 0' "$TMPDIR/facts" >/dev/null; then
		row | grep -q '^UNSURE: .*events were lost'
	else
		row | grep -q '^\(WARN\|FAIL\): '
	fi
}

# The far one of these two has the name, and drops; in it nothing is of the tunnel.
another_namespace()
{
	ns_new other; ns_new third
	veth other "$w" third to-other
	rnd_net4 o
	addr other "$w" "$o.1/24"; addr third to-other "$o.2/24"
	filter other input "iifname $w"
	in_ns third ping -q -i 0.01 "$o.1" >/dev/null 2>&1 &
	others_pid=$!
	look 'another namespace has a device of that name'
	says 'PASS: *in another namespace, and nothing of the tunnel is missing by it'
	filter right input "udp dport $port_f @th,64,8 4 @th,128,8 & 0x01 == 1"
	look 'and the tunnel loses packets elsewhere' -c 20 -i 0.02 -W 0.3
	case $(row) in
	PASS:* | UNSURE:*) ok "$look_name: not blamed" ;;
	*) not_ok "$look_name: not blamed" "$(row)" ;;
	esac
	no_filter right
	kill "$others_pid"; wait "$others_pid" 2>/dev/null
	ip netns del other; ip netns del third
}

# While the process that reads hangs, more comes than there is room for; no longer than that, for it is not
# waited for long.
overrun()
{
	cat "$TMPDIR/tracing/instances/wgdiag-$reader-"*/per_cpu/cpu*/stats |
		awk '/^(overrun|dropped events):/ { n += $NF } END { exit !n }'
}
overflow()
{
	filter left input "iifname $n icmp type echo-reply"
	attach --json --only kernel.drops --save-facts "$TMPDIR/facts" -c 100 -i 0.05 -W 0.3 --ping "$in4.2" &
	pid=$!
	wait_for 10 watching
	kill -STOP "$reader"
	i=0
	until overrun || [ $((i += 1)) -gt 100 ]; do
		in_ns left ping -q -f -c 2000 127.0.0.1 >/dev/null 2>&1
	done
	kill -CONT "$reader"
	wait "$pid"
	no_filter left
	look_name="$name, events are lost"
	check "$look_name: they were" jq -e '.kernel.events_lost > 0' "$TMPDIR/facts"
	says 'UNSURE: *events were lost*'
}

# takes_a_share COUNTER TERMS: of what comes to the engine, as if the way lost it; only this kernel can tell.
takes_a_share()
{
	look_name="$name, a rule takes a share (${1:-no counter})"
	rnd percent 20 40
	in_ns left nft "table inet t { chain c { type filter hook input priority 0; $2 numgen random mod 100 < $percent $1 drop; }; }"
	for i in 1 2 3 4 5; do
		attach --json --save-facts "$TMPDIR/facts"
		jq -e '.kernel.events_lost > 0' "$TMPDIR/facts" >/dev/null || break
	done
	is "$look_name: whose it is" "$(cause)" 'local-firewall local'
	check "$look_name: the rule" jq -e --arg h "rule $(in_ns left nft -a list ruleset | sed -n 's/.*numgen.* # handle //p') in inet t c" \
		'.checks[] | select(.id == "host.firewall") | .state == "FAIL" and (.summary | startswith($h))' "$TMPDIR/out"
	no_filter left
}

# killed SIGNAL: in the middle.
killed()
{
	ip netns exec left "$WGDIAG" check "$n" -c 500 -i 0.05 >/dev/null 2>&1 &
	pid=$!
	wait_for 10 watching ||
		not_ok "$name, $1: it watches" "$(instances)"
	kill "-$1" "$pid"
	check "$name, $1: no trace instance is left" wait_for 10 '[ "$(of_pid "$reader")" = 0 ]'
	wait "$pid" 2>/dev/null
	# On a busy machine the kernel takes its time to give the memory of an instance back.
	check "$name, $1: nor a process" wait_for 30 '! kill -0 "$reader"'
}

# all NAME PROGRAM...
all()
{
	name=$1
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$name" "no $1 here"; return; }
	pair
	foreign "$name" "$@"
	configure
	pings left 1 "$in4.2" >/dev/null || not_ok "$name: the peer answers"
	faults_of_this_host
	look_name="$name, the engine hangs"
	engine_hangs
	is "$look_name: while it is probed" "$hung" yes
	check "$look_name: its socket's buffer and the tun's queue are named" \
		jq -e '[.kernel.drops[].reason] | contains(["SOCKET_RCVBUFF", "FULL_RING"])' "$TMPDIR/facts"
	check "$look_name: the socket counts them too" rose socket_drops
	if hang_is_told; then ok "$look_name: the row"; else not_ok "$look_name: the row" "$(row)
$(drops)"; fi
	another_namespace
	takes_a_share counter "iifname $w udp sport $port_f"
	takes_a_share '' "iifname $w udp sport $port_f"
	overflow
	killed TERM
	killed KILL
	over
}
all builtin "$WGDIAG" engine -f
all wireguard-go wireguard-go -f

# With both killed at once there is nobody who could: the next start does it. Any start does, those of the
# tests beside too: what is open in an instance keeps it until we have looked.
name='both killed'
"$WGDIAG" check -c 500 -i 0.05 >/dev/null 2>&1 &
pid=$!
wait_for 10 watching
exec 9<"$(echo "$TMPDIR/tracing/instances/wgdiag-$reader-"*)/tracing_on"
kill -KILL "$reader" "$pid"
wait "$pid" 2>/dev/null
check "$name: nor a process" wait_for 30 '! kill -0 "$reader"'
is "$name: it is left" "$(of_pid "$reader")" 1
exec 9<&-
"$WGDIAG" check --only kernel.drops >/dev/null 2>&1
is "$name: the next start takes it away" "$(of_pid "$reader")" 0
finish
