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

interrupted INT 400 -c 100000
is 'the handshake was finished' "$(json_row "$TMPDIR/r.json" handshake.complete)" 'PASS -'
is 'the streams were not' "$(json_row "$TMPDIR/r.json" data.both-ways)" 'SKIP -'
is 'pings are told as far as they came' "$(jq '.fates.answered > 0' "$TMPDIR/r.json")" true
interrupted TERM 300 -c 100000

i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	# -c keeps it running until it is told to stop.
	rnd ms 30 400
	interrupted INT "$ms" -c 100000
done
remains >"$TMPDIR/after"
check 'nothing is left' diff "$TMPDIR/before" "$TMPDIR/after"
finish
