#!/bin/sh
# timeout: 360
# `wgdiag loss` of a tunnel that carries nothing tells the cause that `wgdiag check` tells, by the rows that it takes
# for that; of one that carries something it has the rows of loss only.
#
#   [ left: looks ]---near   veth   far---[ right ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near right far
rnd_net4 up4; rnd_net4 in4; rnd_net4 other4
addr left near "$up4.1/24"; addr right far "$up4.2/24"
rnd_name n n; rnd_name f f
rnd_port port_n; rnd_port port_f
key key_n; key key_f; key key_x
engine right "$f"; engine left "$n"
# set_up [KEY] [ALLOWED]: what the far end has of us; with a new session to come
set_up()
{
	wg set "$f" peer "$key_n_pub" remove peer "$key_x_pub" remove
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "${1:-$key_n_pub}" allowed-ips "${2:-$in4.1/32}"
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" remove
	wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32" endpoint "$up4.2:$port_f"
}
set_up
addr right "$f" "$in4.2/24"; addr left "$n" "$in4.1/24"
ip -n left link set "$n" mtu 1420 up; ip -n right link set "$f" mtu 1420 up

rnd count 120 180
# run COMMAND [ARGUMENT...]: what it says in $TMPDIR/COMMAND.json
run()
{
	run_cmd=$1
	shift
	ip netns exec left "$WGDIAG" "$run_cmd" "$n" -c "$count" -i 0.01 --json "$@" >"$TMPDIR/$run_cmd.json" 2>"$TMPDIR/err"
	run_rc=$?
}
verdict() { jq -c '.verdict | [.state, .cause, [.candidates[].cause], .side]' "$TMPDIR/$1.json"; }
# same NAME STATE CAUSE [ARGUMENT...]: `check` says so too, of the same.
same()
{
	same_name=$1 same_is="$2 $3" same_set=$4 same_with=$5
	case $2 in FAIL) same_rc=1 ;; *) same_rc=3 ;; esac
	shift 5
	set_up "$same_set" "$same_with"
	run loss --save-facts "$TMPDIR/facts" "$@"
	is "$same_name: said" "$(jq -r '.verdict | "\(.state) \(.cause // "-")"' "$TMPDIR/loss.json")" "$same_is"
	is "$same_name: exit" "$run_rc" "$same_rc"
	clean "$same_name: JSON fits the schema" "$(json_problems "$TMPDIR/loss.json")"
	"$WGDIAG" loss --facts "$TMPDIR/facts" --json >"$TMPDIR/again.json" 2>"$TMPDIR/err"
	is "$same_name: judged again" "$(verdict again)" "$(verdict loss)"
	set_up "$same_set" "$same_with"
	run check "$@"
	is "$same_name: as check says" "$(verdict loss)" "$(verdict check)"
	check "$same_name: what to type next" jq -e '.verdict.next[-1] | startswith("wgdiag check ")' "$TMPDIR/loss.json"
}

ip netns exec right nft "add table inet lab; add chain inet lab i { type filter hook input priority 0; }; add rule inet lab i udp dport $port_f drop"
same 'the endpoint is silent' FAIL no-answer "$key_n_pub" "$in4.1/32"
ip netns exec right nft delete table inet lab
same 'another key' FAIL no-answer "$key_x_pub" "$in4.1/32"
same 'our source is not allowed' FAIL no-data-back "$key_n_pub" "$other4.1/32" --ping "$in4.2"
same 'a guess that is silent' UNSURE - "$key_n_pub" "$other4.1/32"

set_up
run loss --ping "$in4.2"
is 'healthy: exit' "$run_rc" 0
is 'healthy: its rows' "$(jq -r '[.checks[].id] | join(" ")' "$TMPDIR/loss.json")" \
	'engine.start engine.answers host.state handshake.complete loss.up loss.down kernel.drops host.firewall'
is 'healthy: no other pings are sent' "$(jq -c '.fates | [.sent, .answered]' "$TMPDIR/loss.json")" "[$count,$count]"
# One way: not silent, for it is known what is lost.
set_up
ip netns exec right nft "add table inet lab; add chain inet lab o { type filter hook output priority 0; }; add rule inet lab o udp sport $port_f @th,64,8 4 @th,128,8 & 0x01 == 1 drop"
run loss --ping "$in4.2"
is 'half of one way: its rows' "$(jq -r '[.checks[].id] | length' "$TMPDIR/loss.json")" 8
is 'half of one way: said' "$(jq -r '.checks[] | select(.id == "loss.down") | .state' "$TMPDIR/loss.json")" FAIL
# Those that are never answered are waited for as long as it was asked for, or as long as a way like this one takes.
run loss --ping "$in4.2" -W 4
check 'half of one way, -W 4: waited for' jq -e '.checks[] | select(.id == "loss.down" and .duration_ms >= 4000)' "$TMPDIR/loss.json"
is 'half of one way, -W 4: said' "$(jq -r '.checks[] | select(.id == "loss.down") | .state' "$TMPDIR/loss.json")" FAIL
finish
