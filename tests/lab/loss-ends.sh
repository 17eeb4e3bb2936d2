#!/bin/sh
# What ends `wgdiag loss` before its count, what it says meanwhile, and the same run from a file.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"
pair
foreign builtin "$WGDIAG" engine -f
configure
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'the tunnel works'

packets() { ip -n left -s -j link show "$n" | jq '.[0].stats64.tx.packets'; }
# begin ARGUMENT...: as a job, which has sent some probes when this returns.
begin()
{
	had=$(packets)
	ip netns exec left "$WGDIAG" loss "$n" --json -i 0.005 --save-facts "$TMPDIR/facts" "$@" \
		>"$TMPDIR/out" 2>"$TMPDIR/err" <"${input:-/dev/null}" &
	loss_pid=$!
	wait_for 20 '[ $(($(packets) - had)) -gt 160 ]' || not_ok 'probes are sent' "$(cat "$TMPDIR/err")"
}
# over_with NAME EXIT: it ends by itself now, long before its count, and no probe is told as lost.
over_with()
{
	ends "$loss_pid" || { not_ok "$1: it ends"; kill -KILL "$loss_pid"; ends_rc=killed; }
	is "$1: exit" "$ends_rc" "$2"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/out")"
	check "$1: some were sent, not all" jq -e '.fates.sent > 20 and .fates.sent < 20000' "$TMPDIR/out"
	check "$1: each was answered" jq -e '.fates | .sent == .answered' "$TMPDIR/out"
	clean "$1: no row is bad" "$(jq -r '.checks[] | select(.state == "FAIL" or .state == "WARN") | "\(.id) \(.summary)"' "$TMPDIR/out")"
}

begin -c 20000
kill -QUIT "$loss_pid"
wait_for 10 'grep -q "sent, .* answered" "$TMPDIR/err"' && ok 'SIGQUIT: it says how far it is' || not_ok 'SIGQUIT: it says how far it is'
check 'SIGQUIT: and goes on' kill -0 "$loss_pid"
kill -INT "$loss_pid"
over_with SIGINT 130
is 'SIGINT: the reason' "$(jq -r .end_reason "$TMPDIR/out")" interrupted

# It ends when it is told to.
mkfifo "$TMPDIR/go"
begin -c 20000 -- sh -c 'echo told; echo too >&2; read -r x <"$0"' "$TMPDIR/go"
echo >"$TMPDIR/go"
over_with 'a command' 0
is 'a command: what it prints' "$(grep -cE '^(told|too)$' "$TMPDIR/err")" 2

mkfifo "$TMPDIR/keys"
exec 9<>"$TMPDIR/keys"
input=$TMPDIR/keys begin --until-enter
echo >&9
over_with Enter 0
exec 9>&-

# A killed one leaves no command behind.
begin -c 20000 -- tail -f "$TMPDIR/facts"
kill -TERM "$loss_pid"
over_with SIGTERM 130
check 'SIGTERM: the command has ended' wait_for 10 "! pgrep -f 'tail -f $TMPDIR/facts'"

# --- the same from the file -------------------------------------------------------------------
ip netns exec left "$WGDIAG" loss "$n" --json -c 150 -i 0.002 --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'a run: exit' $? 0
"$WGDIAG" loss --json --facts "$TMPDIR/facts" >"$TMPDIR/again"
check 'judged again: the same to the byte' cmp "$TMPDIR/out" "$TMPDIR/again"
"$WGDIAG" ledger "$TMPDIR/facts" >"$TMPDIR/ledger"
is 'the ledger has a line for each' "$(grep -c answered "$TMPDIR/ledger")" 150
"$WGDIAG" ledger --json-lines "$TMPDIR/facts" >"$TMPDIR/lines"
is 'its lines: each probe and its fate' "$(jq -rs '[.[].type] | group_by(.) | map("\(.[0]) \(length)") | map(select(startswith("check") | not)) | join(", ")' "$TMPDIR/lines")" \
	'end 1, fate 150, probe 150, start 1, verdict 1'
check 'its lines: by time' jq -es '[.[].mono_ns] | . == sort' "$TMPDIR/lines"
# How long each took depends on the machine, and so may be late.
check 'whom the probes asked, and what their sockets heard, is kept' jq -e --arg a "$in4.2" '.fates |
	.target == $a and .late >= 0 and .late <= 150 and .duplicates == 0 and .send_errors == 0' "$TMPDIR/facts"
COLUMNS=200 "$WGDIAG" loss --facts "$TMPDIR/facts" >"$TMPDIR/page"
check 'the page: the peer' sh -c "head -n 1 '$TMPDIR/page' | grep -qF '  $n  peer $(printf %.4s "$key_f_pub")'"
check 'the page: whom' grep -qxF -e "--- $in4.2 in-tunnel ping ---" "$TMPDIR/page"
check 'the page: as ping says it' grep -qxE \
	'150 sent, 150 received, 0% loss \(up 0\.0%, down 0\.0%, unknown 0\), [0-9]+ late, 0 dup, time [0-9]+ ms' "$TMPDIR/page"
check 'the page: the times' grep -qxE 'rtt min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms' "$TMPDIR/page"
COLUMNS=80 "$WGDIAG" loss --facts "$TMPDIR/facts" -v >"$TMPDIR/page"
check 'no line of the page is over 80 columns' [ "$(LC_ALL=C.UTF-8 wc -L <"$TMPDIR/page")" -le 80 ]
over
finish
