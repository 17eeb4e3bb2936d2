#!/bin/sh
# timeout: 300
# `wgdiag serve --once` at the far end, while the near one is checked: what one end cannot tell apart is
# named by both; the file has no secret and only its owner reads it; nothing is changed, nothing is left.
#
#   [ left: the tunnel that is looked at ]---near   veth   in[ mid ]out   veth   far---[ right: recorded at ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new mid; ns_new right
veth left near mid in
veth mid out right far
rnd_net4 out4; rnd_net4 up4; rnd_net4 in4
addr left near "$out4.1/24"; addr mid in "$out4.2/24"; addr mid out "$up4.1/24"; addr right far "$up4.2/24"
ip -n left route add default via "$out4.2"
ip -n right route add default via "$up4.1"
ip netns exec mid sysctl -qw net.ipv4.ip_forward=1
rnd_name n n; rnd_name f f
rnd_port port_n; rnd_port port_f
key key_n; key key_f; key key_x
wg genpsk >"$TMPDIR/psk"
engine right "$f"
engine left "$n"
# set_up: as it should be, with a new session to come
set_up()
{
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" remove
	wg set "$f" peer "$key_n_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.1/32"
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" remove
	wg set "$n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.2/32" endpoint "$up4.2:$port_f"
}
set_up
addr right "$f" "$in4.2/24"; addr left "$n" "$in4.1/24"
ip -n left link set "$n" mtu 1420 up; ip -n right link set "$f" mtu 1420 up

far="$TMPDIR/far.json"
state()
{
	ip -n right -o link; ip -n right -o -4 addr; ip -n right -4 route show table all; ip netns exec right nft -s list ruleset
	wg show "$f" allowed-ips; find /run | sort
}
# record [ARGUMENT...]: begins; returns when it says so.
record()
{
	rm -f "$far" "$TMPDIR/serve.err"
	ip netns exec right "$WGDIAG" serve --once --out "$far" "$@" "$f" >"$TMPDIR/serve.out" 2>"$TMPDIR/serve.err" &
	serve_pid=$!
	wait_for 10 'grep -q "^recording at" "$TMPDIR/serve.err"' || { not_ok 'it records' "$(cat "$TMPDIR/serve.err")"; finish; }
}
# ended NAME
ended()
{
	if ends "$serve_pid"; then
		is "$1: the recording's exit" "$ends_rc" 0
	else
		not_ok "$1: the recording ends" "$(cat "$TMPDIR/serve.err")"
	fi
}
look() { ip netns exec left "$WGDIAG" check "$n" --ping "$in4.2" --save-facts "$TMPDIR/run.json" --json >"$TMPDIR/one" 2>"$TMPDIR/err"; }
# both NAME CAUSE SIDE [ARGUMENT...]: by one end, recorded at the other, and judged with it.
both()
{
	both_name=$1 both_is="$2 $3"
	shift 3
	record "$@"
	look
	kill -INT "$serve_pid"
	ended "$both_name"
	"$WGDIAG" check --facts "$TMPDIR/run.json" --far-file "$far" --json >"$TMPDIR/two" 2>"$TMPDIR/err"
	is "$both_name: what both say" "$(jq -r '.verdict | "\(.cause // .state) \(.side // "-")"' "$TMPDIR/two")" "$both_is"
	[ "$(jq -r '.verdict | "\(.cause // .state) \(.side // "-")"' "$TMPDIR/two")" = "$both_is" ] ||
		"$WGDIAG" check --facts "$TMPDIR/run.json" --far-file "$far" -v | grep -e recording -e '^Verdict' -e FAIL | sed 's/^/# /'
}
one() { jq -r '.verdict.cause // .verdict.state' "$TMPDIR/one"; }

state >"$TMPDIR/before"
record --for 1s
ended 'after its time'
is 'of the schema' "$(jq -r .schema "$far")" wgdiag.far/1
is 'of the interface' "$(jq -r .target.name "$far")" "$f"
is 'only its owner reads it' "$(stat -c %a "$far")" 600
is 'nothing beside it is left' "$(find "$TMPDIR" -name 'far.json*' | wc -l)" 1
state >"$TMPDIR/after"
check 'nothing is changed' diff "$TMPDIR/before" "$TMPDIR/after"

both 'healthy' PASS - --for 60s
for secret in "$key_n_file" "$key_f_file" "$TMPDIR/psk"; do
	check "no ${secret##*/} in it" sh -c "! grep -qF \"\$(cat '$secret')\" '$far'"
done
keys=$(grep -oE '"[A-Za-z0-9+/]{43}="' "$far" | tr -d '"' | sort -u | grep -vxF -e "$key_n_pub" -e "$key_f_pub" |
	grep -vx 'A*=')
is 'no other key is in it' "$keys" ''
# Now it knows where the peer is.
both 'healthy, in use' PASS -
check 'both directions are counted' jq -e '[.recording.counters[].out] | unique == [0, 1]' "$far"
check 'and whole' jq -e 'all(.recording.counters[]; .distinct == .high - .low + 1 and .missing == [])' "$far"

# nft WHERE COMMANDS...
nft_in() { nft_ns=$1; shift; ip netns exec "$nft_ns" nft "$@"; }
drop_table() { nft_in "$1" delete table inet lab; }

set_up
nft_in right "add table inet lab; add chain inet lab i { type filter hook input priority 0; }; add rule inet lab i udp dport $port_f drop"
both 'the filter there' udp-blocked-inbound far
is 'the filter there, by one end' "$(one)" no-answer
is 'the filter there: as many datagrams as --dry-run tells' \
	"$(jq '.recording | .knocks + .knocks_dns + .knocks_other + .shaped' "$far")" \
	"$("$WGDIAG" check "$n" --dry-run | tr '\n' ' ' | sed -n 's/.* send it \([0-9]*\) datagrams for.*/\1/p')"
drop_table right

set_up
nft_in mid "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }; add rule inet lab f udp length 156 @th,64,32 0x01000000 drop"
both 'the shape' protocol-blocked path
is 'the shape, by one end' "$(one)" no-answer
drop_table mid

# place WHERE HOOK AFTER BEFORE: one in sixteen of our messages is taken there; where the recording has them lost.
# The last ones may be lost behind the last counter that came, and then nobody can say.
place()
{
	set_up
	nft_in "$1" "add table inet lab; add chain inet lab c { type filter hook $2 priority 0; }; add rule inet lab c udp dport $port_f @th,64,8 4 @th,128,8 & 0x0f == 3 counter drop"
	record
	look
	kill -INT "$serve_pid"
	ended "some are taken at $1"
	"$WGDIAG" check --facts "$TMPDIR/run.json" --far-file "$far" --json >"$TMPDIR/two" 2>"$TMPDIR/err"
	place_hits=$(nft_in "$1" -j list table inet lab | jq '[.. | .counter? // empty | .packets] | add')
	place_there=$(jq --arg a "$3" --arg b "$4" '[.fates.lost[] | select(.after == $a and (.before == $b or $b == "")) | .count] | add // 0' "$TMPDIR/two")
	check "some are taken at $1: the place ($place_there of $place_hits)" [ "$place_there" -ge 5 -a "$place_there" -le "$place_hits" ]
	check "some are taken at $1: nowhere else" jq -e --argjson n "$place_there" '([.fates.lost[].count] | add) - $n <= 3' "$TMPDIR/two"
	check "some are taken at $1: they sum up" jq -e '.fates | .answered + .unknown + ([.lost[].count] | add) == .sent' "$TMPDIR/two"
	drop_table "$1"
}
place mid forward wire.out far.wire.in
place right input far.wire.in ''

set_up
nft_in mid "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }; add rule inet lab f udp sport $port_f drop"
both 'its answers' underlay-loss path
drop_table mid

set_up
nft_in mid "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }; add rule inet lab f udp dport $port_f drop"
both 'the port, on the way' udp-blocked-inbound path
drop_table mid

set_up
wg set "$n" peer "$key_f_pub" endpoint "$out4.2:$port_f"
nft_in mid "add table inet lab; add chain inet lab i { type filter hook input priority 0; }; add rule inet lab i udp dport $port_f drop"
both 'the router is not it' nat-no-forward path
drop_table mid

set_up
wg set "$f" peer "$key_n_pub" remove peer "$key_x_pub" allowed-ips "$in4.1/32"
both 'another key there' wrong-key unknown
wg set "$f" peer "$key_x_pub" remove

set_up
nft_in right "add table inet lab; add chain inet lab p { type filter hook prerouting priority -300; }; add rule inet lab p iifname $f drop"
both 'what comes out is taken' provider-accepts-but-drops far
is 'what comes out is taken, by one end' "$(one)" no-data-back
drop_table right

# What is no recording of this tunnel, or none at all.
set_up
# refused NAME WORDS: judged with far.json
refused()
{
	"$WGDIAG" check --facts "$TMPDIR/run.json" --far-file "$far" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$1: exit" $? 2
	is "$1: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "$1: said" grep -qF -- "$2" "$TMPDIR/err"
}
cp "$far" "$TMPDIR/good.json"
head -c 300 "$TMPDIR/good.json" >"$far"
refused 'half of it' 'line '
jq '.schema = "wgdiag.facts/1"' "$TMPDIR/good.json" >"$far"
refused 'facts' "is no \"wgdiag.far/1\""
jq '.recording.from_wall_ns = null' "$TMPDIR/good.json" >"$far"
refused 'of no time' 'from when to when'
jq '.secret = "x"' "$TMPDIR/good.json" >"$far"
refused 'what is not known' 'secret: unknown member'
jq --arg k "$key_x_pub" '.config.near.own = $k | .config.near.peers[].key = $k' "$TMPDIR/good.json" >"$far"
refused 'another tunnel' 'what was recorded is of another tunnel'

# --- answering inside the tunnel ---------------------------------------------------------

# serve: returns when it answers.
serve()
{
	rm -f "$TMPDIR/serve.err"
	ip netns exec right "$WGDIAG" serve "$f" >"$TMPDIR/serve.out" 2>"$TMPDIR/serve.err" &
	serve_pid=$!
	wait_for 10 'grep -q "^serving at" "$TMPDIR/serve.err"' || { not_ok 'it serves' "$(cat "$TMPDIR/serve.err")"; finish; }
}
# asked NAME CAUSE SIDE [ARGUMENT...]
asked()
{
	asked_name=$1 asked_is="$2 $3"
	shift 3
	ip netns exec left "$WGDIAG" check "$n" --far "$in4.2" --save-facts "$TMPDIR/run.json" --json "$@" >"$TMPDIR/two" 2>"$TMPDIR/err"
	is "$asked_name: what both say" "$(jq -r '.verdict | "\(.cause // .state) \(.side // "-")"' "$TMPDIR/two")" "$asked_is"
}
seen() { jq '.far_seen | length' "$TMPDIR/run.json"; }

set_up
state >"$TMPDIR/before"
serve
asked 'asked, healthy' PASS -
is 'asked, healthy: it is seen' "$(seen)" 1
is 'asked, healthy: nothing is said' "$(cat "$TMPDIR/err")" ''
check 'asked, healthy: it is of that time' jq -e '.far_seen[0].recording.from_wall_ns > .started_wall_ns' "$TMPDIR/run.json"
asked 'asked again' PASS -
is 'asked again: it is seen' "$(seen)" 1
# Each direction is counted exactly by what both wires saw: mid takes every 16th counter of one of them.
loss_of() { jq -r --arg id "loss.$1" '.checks[] | select(.id == $id) | .evidence | '"$2" "$TMPDIR/two"; }
for way in up down; do
	case $way in
	up) other=down ports="udp dport $port_f" ;;
	down) other=up ports="udp sport $port_f" ;;
	esac
	rnd digit 0 15
	nft_in mid "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }; \
		add rule inet lab f $ports @th,64,8 4 @th,128,8 & 0x0f == $digit counter drop"
	asked "every 16th, $way" underlay-loss path
	is "every 16th, $way: it is seen" "$(seen)" 1
	is "every 16th, $way: that way" "$(jq -r .verdict.direction "$TMPDIR/two")" "$way"
	lost=$(loss_of $way '.lost // "unknown"') sent=$(loss_of $way '.sent // "unknown"')
	# Of so many counters in a row one in 16 ends with that digit, but for the two edges.
	off=$((16 * lost - sent))
	check "every 16th, $way: exactly, $lost of $sent" [ "${off#-}" -le 32 ]
	check "every 16th, $way: no more than the rule took" [ "$lost" -le \
		"$(nft_in mid -j list ruleset | jq '[.. | .counter? | objects | .packets] | add')" ]
	is "every 16th, $way: the other way is whole" "$(loss_of $other .lost)" 0
	drop_table mid
done
# Of who has no session with it nobody is answered; and its words are of one end.
wg set "$f" peer "$key_n_pub" remove
wg set "$f" peer "$key_x_pub" allowed-ips "$in4.1/32"
wg set "$n" peer "$key_f_pub" remove peer "$key_f_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.2/32" endpoint "$up4.2:$port_f"
asked 'no session' no-answer unknown
is 'no session: not seen' "$(seen)" 0
is 'no session: said' "$(grep -c 'wgdiag serve --once --out FAR.json' "$TMPDIR/err")" 1
wg set "$f" peer "$key_x_pub" remove
set_up
kill -INT "$serve_pid"
ended 'serving'
# What a firewall there takes of what is passed on: the tunnel carries words of it.
nft_in right "add table inet lab; add chain inet lab f { type filter hook forward priority 0; }; add rule inet lab f iifname $f drop"
ip netns exec right sysctl -qw net.ipv4.ip_forward=1
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32,$up4.1/32"
ip -n left route add "$up4.1" dev "$n"
serve
asked 'what is passed on' forward-drop far --ping "$up4.1"
kill -TERM "$serve_pid"
ended 'serving, by SIGTERM'
drop_table right
ip netns exec right sysctl -qw net.ipv4.ip_forward=0
ip -n left route del "$up4.1" dev "$n"
set_up
asked 'nobody serves' PASS -
is 'nobody serves: said' "$(grep -c 'does not answer there' "$TMPDIR/err")" 1
state >"$TMPDIR/after"
check 'serving changed nothing' diff "$TMPDIR/before" "$TMPDIR/after"

"$WGDIAG" serve --once --out "$far" nosuch9 >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'no such interface: exit' $? 2
is 'no such interface: one line' "$(wc -l <"$TMPDIR/err")" 1
finish
