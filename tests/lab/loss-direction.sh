#!/bin/sh
# timeout: 600
# beside: others
# `wgdiag loss IFACE` without any key: one direction loses every 16th message, by a rule that looks at
# the counter, and that direction is told exactly, the other with nothing, with each engine there is
# at our end. The far end is not looked at.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

loss() { ip netns exec left "$WGDIAG" loss "$n" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
ledger() { jq -r "$1" "$TMPDIR/out"; }
of_row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | '"$2" "$TMPDIR/out"; }
# hook IN-OR-OUT: a rule at the far end's host takes the messages whose counter ends with that digit.
hook()
{
	case $1 in
	up) hook_at=input hook_port="udp dport $port_f" ;;
	down) hook_at=output hook_port="udp sport $port_f" ;;
	esac
	# The lowest byte of the counter: 8 bytes of UDP header, then 8 of the message's.
	in_ns right nft "table inet w { chain c { type filter hook $hook_at priority 0; \
		$hook_port @th,64,8 4 @th,128,8 & 0x0f == $digit counter drop; }; }"
}
dropped() { in_ns right nft -j list ruleset | jq '[.. | .counter? | objects | .packets] | add'; }

# exactly LOST SENT: of so many counters in a row one in 16 ends with that digit, but for the two edges.
# The rule saw those before and after the probes as well.
exactly() { [ $((16 * $1 - $2)) -le 32 ] && [ $(($2 - 16 * $1)) -le 32 ] && [ "$1" -le "$(dropped)" ]; }

of_engine()
{
	name=$1
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$name" "no $1 here (make peers)"; return; }
	# Both with ours; of the others one by lot, or with LOSS_WAYS.
	rnd one 0 1
	case ${LOSS_WAYS:-$name $one} in
	'up down' | builtin*) ways='up down' ;;
	*0) ways=up ;;
	*) ways=down ;;
	esac
	for way in $ways; do
		rnd digit 0 15
		pair
		foreign "$name" "$@"
		configure
		loss -c 100
		is "$name: healthy: exit" $? 0
		is "$name: healthy: none is lost" "$(ledger '.fates | "\(.sent) \(.answered) \(.unknown)"')" '100 100 0'
		hook $way
		loss -c "$count" -i 0.002 --save-facts "$TMPDIR/facts"
		is "$name, $way: exit" $? 1
		clean "$name, $way: nothing on stderr" "$(cat "$TMPDIR/err")"
		clean "$name, $way: fits the schema" "$(json_problems "$TMPDIR/out")"
		check "$name, $way: all were sent" jq -e --argjson c "$count" '.fates.sent >= $c' "$TMPDIR/out"
		case $way in
		up) bad=loss.up good=loss.down other=far.wire.out ;;
		down) bad=loss.down good=loss.up other=wire.out ;;
		esac
		lost=$(of_row $bad .evidence.lost)
		sent=$(of_row $bad .evidence.sent)
		check "$name, $way: one in 16 is lost: $lost of $sent" exactly "$lost" "$sent"
		# From one end an answer at the edge may be of either.
		is "$name, $way: the other way is whole" "$(of_row $good '"\(.state) \(.evidence.lost <= 2)"')" 'PASS true'
		is "$name, $way: the row" "$(of_row $bad .state)" FAIL
		# Of the last probe nobody knows whether it was answered. Lost up was never answered: what is lost
		# after far.wire.out was; and down the other way round.
		is "$name, $way: none of the other way" "$(ledger '[.fates.lost[] | select(.after == "'$other'" and
			(.before == "far.wire.out" or .after == "far.wire.out")) | .count] | add // 0')" 0
		check "$name, $way: where" jq -e --argjson n "$lost" '.fates | .unknown <= 1 and ([.lost[].count] | add) >= $n - 6' "$TMPDIR/out"
		is "$name, $way: the direction of the verdict" "$(ledger .verdict.direction)" $way
		if [ "$name" = builtin ]; then
			loss -c 400 -i 0.002 --loss-fail 15
			is "$name, $way, more may be lost: exit" $? 0
			is "$name, $way, more may be lost: the row" "$(of_row $bad .state)" WARN
		fi
		in_ns right nft flush ruleset
		over
	done
}

peers=$WGDIAG_BUILD/peers
count=${LOSS_COUNT:-1600}
of_engine builtin "$WGDIAG" engine -f
of_engine 'wireguard-go of the distribution' wireguard-go -f
cp "$peers/wireguard-go-latest" "$TMPDIR/wireguard-go" 2>/dev/null
of_engine 'newest wireguard-go' "$TMPDIR/wireguard-go" -f
of_engine boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
of_engine gotatun "$peers/gotatun" -f --disable-drop-privileges

# What the far end recorded tells the way from its host: all came to its wire, in front of the rule; or what the
# rule took never left it.
both_ends()
{
	name="both ends, $1"
	rnd digit 0 15
	pair
	foreign builtin "$WGDIAG" engine -f
	configure
	wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok "$name: the tunnel works"
	hook "$1"
	ip netns exec right "$WGDIAG" serve --once --for 5m --out "$TMPDIR/far.json" "$f" 2>"$TMPDIR/serve" & serve_pid=$!
	wait_for 10 'grep -q "^recording at" "$TMPDIR/serve"' || not_ok "$name: the far end records" "$(cat "$TMPDIR/serve")"
	loss -c 800 -i 0.002 --save-facts "$TMPDIR/facts"
	is "$name: one end alone" "$(ledger .verdict.side)" path
	kill -INT "$serve_pid"
	ended "$name: recorded" "$serve_pid"
	"$WGDIAG" loss --facts "$TMPDIR/facts" --far-file "$TMPDIR/far.json" --json >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$name: exit" $? 1
	clean "$name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: fits the schema" "$(json_problems "$TMPDIR/out")"
	is "$name: whose side" "$(ledger '.verdict | "\(.side) \(.cause)"')" 'far null'
	check "$name: what to type" jq -e '.verdict.remedy.commands | length > 0' "$TMPDIR/out"
	case $1 in
	up)
		good=loss.down
		is "$name: not on the way" "$(of_row loss.up '.state + (.summary | if test("came to the far end.s wire") then " behind it" else "" end)')" 'FAIL behind it'
		is "$name: the direction is not seen" "$(ledger .verdict.direction)" null
		;;
	down)
		good=loss.up
		is "$name: not on the way" "$(of_row loss.down '.state + (.summary | if test("none of them left the far host") then " kept" else "" end)')" 'FAIL kept'
		is "$name: direction" "$(ledger .verdict.direction)" down
		# The edges of what both recorded are nobody's.
		check "$name: where each was lost" jq -e '.fates.lost | map(select(.after == "far.tun.out" and .before == "far.wire.out") | .count) as [$n] |
			$n > 0 and $n >= ([.[].count] | add) - 4' "$TMPDIR/out"
		;;
	esac
	is "$name: the other way is whole" "$(of_row $good '"\(.state) \(.evidence.lost)"')" 'PASS 0'
	in_ns right nft flush ruleset
	over
}
both_ends up
both_ends down

# Our own host takes the answers behind the capture: each is seen to come, and nothing is lost on any way.
name='here'
rnd digit 0 15
pair
foreign builtin "$WGDIAG" engine -f
configure
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok "$name: the tunnel works"
in_ns left nft "table inet w { chain c { type filter hook input priority 0; udp sport $port_f @th,64,8 4 @th,128,8 & 0x0f == $digit counter drop; }; }"
loss -c 800 -i 0.002
is "$name: exit" $? 1
is "$name: the cause" "$(ledger '.verdict | "\(.cause) \(.side)"')" 'local-firewall local'
is "$name: no direction lost any" "$(of_row loss.down '"\(.state) \(.evidence.lost)"') $(ledger '[.fates.lost[] | select(.before != "tun.in") | .count] | add // 0')" \
	'PASS 0 0'
check "$name: where they died" jq -e '.fates | ([.lost[].count] | add) as $all | $all > 0 and
	([.lost[] | select(.after == "wire.in" and .before == "tun.in") | .count] | add) >= 0.8 * $all' "$TMPDIR/out"
in_ns left nft flush ruleset
over

# Of a tunnel that carries nothing no loss can be measured, and that is no health.
pair
foreign builtin "$WGDIAG" engine -f
configure
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'the tunnel works'
in_ns right nft "table inet w { chain c { type filter hook input priority 0; udp dport $port_f @th,64,8 4 drop; }; }"
loss -c 100
is 'all is lost: exit' $? 3
is 'all is lost: the verdict' "$(jq -r .verdict.state "$TMPDIR/out")" UNSURE
is 'all is lost: the row' "$(of_row loss.up .summary)" 'nobody inside the tunnel answers pings'
over
finish
