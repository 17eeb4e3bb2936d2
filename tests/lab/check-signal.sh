#!/bin/sh
# SIGINT and SIGTERM: what is finished is printed, the rest is SKIP, exit 130, nothing is left.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh
. tests/lib/remains.sh

remains_start
"$WGDIAG" check -q -c 1 >/dev/null 2>&1
remains >"$TMPDIR/before"

# interrupted SIGNAL MS ARGUMENT...: the object in $TMPDIR/r.json.
interrupted()
{
	signal=$1 ms=$2
	shift 2
	"$WGDIAG" check --json "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err" &
	pid=$!
	timeout "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" tail -f /dev/null
	kill "-$signal" $pid
	ends $pid || { not_ok "$signal after $ms ms: it ended within 10 s"; kill -KILL $pid; return; }
	is "$signal after $ms ms: exit" "$ends_rc" 130
	clean "$signal after $ms ms: fits the schema" "$(json_problems "$TMPDIR/r.json")"
	is "$signal after $ms ms: end_reason" "$(jq -r .end_reason "$TMPDIR/r.json")" interrupted
	clean "$signal after $ms ms: nothing is called a failure" \
		"$(json_states "$TMPDIR/r.json" | grep -E ' (FAIL|ERROR)$')"
}

# While it pings, which its lines show.
"$WGDIAG" check --json-lines -c 100000 >"$TMPDIR/lines" 2>"$TMPDIR/err" &
pid=$!
wait_for 20 '[ "$(grep -c "\"type\":\"probe\"" "$TMPDIR/lines")" -gt 20 ]' || not_ok 'pings are sent' "$(cat "$TMPDIR/err")"
kill -INT $pid
ends $pid || { not_ok 'INT while it pings: it ended within 10 s'; kill -KILL $pid; }
is 'INT while it pings: exit' "$ends_rc" 130
row() { jq -r --arg id "$1" 'select(.type == "check" and .id == $id) | "\(.state) \(.caused_by // "-")"' "$TMPDIR/lines"; }
is 'INT while it pings: the reason' "$(jq -r 'select(.type == "end") | .end_reason' "$TMPDIR/lines")" interrupted
is 'the handshake was finished' "$(row handshake.complete)" 'PASS -'
is 'the streams were not' "$(row data.both-ways)" 'SKIP -'
is 'pings are told as far as they came' "$(jq 'select(.type == "end") | .fates.answered > 0' "$TMPDIR/lines")" true
interrupted INT 400 -c 100000
interrupted TERM 300 -c 100000

i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	# -c keeps it running until it is told to stop.
	rnd ms 30 400
	interrupted INT "$ms" -c 100000
done

# To the end, also after the pings: what was over before the signal came is whole.
late=0
i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	rnd ms 100 1300
	"$WGDIAG" check --json >"$TMPDIR/r.json" 2>"$TMPDIR/err" &
	pid=$!
	timeout "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" tail -f /dev/null
	kill -INT $pid 2>/dev/null
	ends_rc='still runs'
	ends $pid
	case $ends_rc$(jq -r .end_reason "$TMPDIR/r.json") in
	130interrupted) ok "INT after $ms ms" ;;
	0complete) ok "INT after $ms ms: it was done"; late=$((late + 1)) ;;
	*) not_ok "INT after $ms ms" "exit $ends_rc; $(jq -c '.end_reason, .verdict' "$TMPDIR/r.json")" ;;
	esac
	clean "INT after $ms ms: nothing is called a failure" \
		"$(json_states "$TMPDIR/r.json" | grep -E ' (FAIL|ERROR)$')"
done
is 'most of them came in time' "$((late < 8))" 1

# in_stage WORDS ROW...: a signal when the progress says so. On a tunnel that carries nothing each of
# these stages takes its time. The rows are those of what comes later, which did not run.
in_stage()
{
	words=$1
	shift
	: >"$TMPDIR/tty"
	rm -f "$TMPDIR/pid"
	TERM=xterm script -qfec "echo \$\$ >$TMPDIR/pid; exec $WGDIAG lab tun-framing --json $count >$TMPDIR/r.json" \
		"$TMPDIR/tty" </dev/null >/dev/null 2>&1 &
	pid=$!
	wait_for 20 "grep -q '$words' $TMPDIR/tty" || not_ok "$words: the stage was reached"
	kill -INT "$(cat "$TMPDIR/pid")"
	ends_rc='still runs'
	ends $pid
	is "in the stage $words: exit" "$ends_rc" 130
	clean "in the stage $words: fits the schema" "$(json_problems "$TMPDIR/r.json")"
	is "in the stage $words: end_reason" "$(jq -r .end_reason "$TMPDIR/r.json")" interrupted
	for row; do
		is "in the stage $words: $row" "$(jq -r --arg id "$row" '.checks[] | select(.id == $id) |
			"\(.state) \(.summary)"' "$TMPDIR/r.json")" 'SKIP interrupted'
	done
}
if command -v script >/dev/null 2>&1; then
	count='-c 1'
	in_stage handshake ping.peer ping.self ping.sizes echo.reply loss.up loss.down data.both-ways
	in_stage 'data both ways' data.both-ways
	count='-c 100000'
	in_stage ping data.both-ways
else
	skip 'a signal in each stage' 'no script here'
fi

remains >"$TMPDIR/after"
check 'nothing is left' diff "$TMPDIR/before" "$TMPDIR/after"
finish
