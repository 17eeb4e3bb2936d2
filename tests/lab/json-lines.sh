#!/bin/sh
# timeout: 240
# --json-lines comes while the run goes on, whoever reads it: at once, late, or not to the end.
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
mkfifo "$TMPDIR/keys" "$TMPDIR/pipe"
exec 9<>"$TMPDIR/keys"

# begin COMMAND ARGUMENT...: as a job, which writes into the pipe; what it wrote is read from 8.
begin()
{
	begin_cmd=$1
	shift
	ip netns exec left "$WGDIAG" "$begin_cmd" "$n" --json-lines --save-facts "$TMPDIR/facts" "$@" \
		>"$TMPDIR/pipe" 2>"$TMPDIR/err" <"$TMPDIR/keys" &
	run_pid=$!
	exec 8<"$TMPDIR/pipe"
	: >"$TMPDIR/lines"
}
# until_type TYPE N: reads lines until so many of that type came.
until_type()
{
	until_n=$2
	while [ "$until_n" -gt 0 ] && IFS= read -r line <&8; do
		printf '%s\n' "$line" >>"$TMPDIR/lines"
		case $line in "{\"type\":\"$1\""*) until_n=$((until_n - 1)) ;; esac
	done
	[ "$until_n" = 0 ]
}
# over_with NAME EXIT
over_with()
{
	cat <&8 >>"$TMPDIR/lines"
	exec 8<&-
	ends "$run_pid" || ends_rc='still runs'
	is "$1: exit" "$ends_rc" "$2"
	clean "$1: all lines fit the schema" "$(json_lines_problems "$TMPDIR/lines")"
}
end_reason() { jq -r 'select(.type == "end") | .end_reason' "$TMPDIR/lines"; }
# as_saved NAME: the file of the run has the same lines, by time.
as_saved()
{
	"$WGDIAG" ledger --json-lines "$TMPDIR/facts" | sort >"$TMPDIR/saved"
	sort "$TMPDIR/lines" >"$TMPDIR/live"
	check "$1: the lines of its file are the same" cmp "$TMPDIR/saved" "$TMPDIR/live"
}

# sums NAME: the fates, counted as their end has them.
sums()
{
	check "$1: the fates sum up to those of the end" jq -es '
		(map(select(.type == "fate"))) as $f | (map(select(.type == "end")) | .[0].fates) as $e |
		def places: map({ after, before, reason, count }) | sort;
		($f | length) == $e.sent and
		($f | map(select(.result == "answered")) | length) == $e.answered and
		($f | map(select(.result == "unknown")) | length) == $e.unknown and
		($f | map(select(.result == "lost")) | group_by([.after, .before, .reason]) |
			map({ after: .[0].after, before: .[0].before, reason: .[0].reason, count: length }) | places) ==
			($e.lost | places)' "$TMPDIR/lines"
}

# --- at once: it cannot end before it is told to --------------------------------------------

# over 100: fewer are no verdict
rnd many 110 300
begin loss --until-enter -i 0.005
check 'the start comes' until_type start 1
is 'it is the first' "$(wc -l <"$TMPDIR/lines")" 1
until_type probe "$many" && ok "$many probes come" || not_ok "$many probes come" "$(cat "$TMPDIR/err")"
check 'while it runs' kill -0 "$run_pid"
is 'and nothing that is not known yet' "$(jq -r .type "$TMPDIR/lines" | sort -u | tr '\n' ' ')" 'probe start '
echo >&9
over_with 'Enter' 0
is 'Enter: complete' "$(end_reason)" complete
check 'Enter: a fate for each probe' jq -es 'map(select(.type == "probe")) | length >= '"$many" "$TMPDIR/lines"
is 'Enter: fates' "$(grep -c '^{"type":"fate"' "$TMPDIR/lines")" "$(grep -c '^{"type":"probe"' "$TMPDIR/lines")"
as_saved 'Enter'

begin check
until_type probe 3 && ok 'check: probes come' || not_ok 'check: probes come' "$(cat "$TMPDIR/err")"
check 'check: while it runs' kill -0 "$run_pid"
until_type fate 1 && ok 'check: fates come' || not_ok 'check: fates come' "$(cat "$TMPDIR/err")"
over_with 'check' 0
as_saved 'check'
sums 'check'

# --- interrupted ------------------------------------------------------------------------------

begin loss -c 20000 -i 0.005
until_type probe "$many"
kill -INT "$run_pid"
over_with 'loss, Ctrl-C' 130
is 'loss, Ctrl-C: said' "$(end_reason)" interrupted
is 'loss, Ctrl-C: fates' "$(grep -c '^{"type":"fate"' "$TMPDIR/lines")" "$(grep -c '^{"type":"probe"' "$TMPDIR/lines")"
begin check
until_type probe 1
kill -TERM "$run_pid"
over_with 'check, SIGTERM' 130
is 'check, SIGTERM: said' "$(end_reason)" interrupted
sums 'check, SIGTERM'
as_saved 'check, SIGTERM'
rnd many 20 60
begin check -c 1000
until_type probe "$many"
kill -INT "$run_pid"
over_with 'check, Ctrl-C' 130
is 'check, Ctrl-C: fates' "$(grep -c '^{"type":"fate"' "$TMPDIR/lines")" "$(grep -c '^{"type":"probe"' "$TMPDIR/lines")"
check 'check, Ctrl-C: answered, or under way' jq -es 'map(select(.type == "fate") | .result) |
	index("answered") and (unique - ["answered", "unknown"] == [])' "$TMPDIR/lines"
sums 'check, Ctrl-C'
as_saved 'check, Ctrl-C'

# --- what the other end recorded ------------------------------------------------------------------

# It tells of more probes where they died: one in so many is taken between the two.
need nft
rnd share 4 12
rnd which 0 $((share - 1))
ip netns exec right nft "add table inet lab; add chain inet lab i { type filter hook input priority 0; }; \
	add rule inet lab i udp dport $port_f @th,64,8 4 numgen inc mod $share == $which drop" || not_ok 'the rule is made'
ip netns exec right "$WGDIAG" serve "$f" >"$TMPDIR/serve.out" 2>"$TMPDIR/serve.err" &
serve_pid=$!
wait_for 20 'grep -q "^serving at" "$TMPDIR/serve.err"' || not_ok 'it serves' "$(cat "$TMPDIR/serve.err")"
rnd many 200 400
begin loss -c "$many" -i 0.005 --far "$in4.2"
over_with '--far' 1
check '--far: it is seen' jq -e '.far_seen | length == 1' "$TMPDIR/facts"
check '--far: some are lost' jq -es 'map(select(.type == "fate" and .result == "lost")) | length >= 5' "$TMPDIR/lines"
is '--far: a fate for each probe' "$(grep -c '^{"type":"fate"' "$TMPDIR/lines")" "$(grep -c '^{"type":"probe"' "$TMPDIR/lines")"
sums '--far'
as_saved '--far'
kill -INT "$serve_pid"; ends "$serve_pid"
ip netns exec right nft delete table inet lab


# --- a reader that leaves, and one that does not read ---------------------------------------------

rm -f "$TMPDIR/facts"
begin loss -c 20000 -i 0.005
until_type probe 2
exec 8<&-
ends "$run_pid" || ends_rc='still runs'
is 'nobody reads: it ends' "$ends_rc" 141
clean 'nobody reads: not a word' "$(cat "$TMPDIR/err")"
check 'nobody reads: what was seen is kept' jq -e '.interrupted and .fates.sent < 20000' "$TMPDIR/facts"

rm -f "$TMPDIR/facts"
rnd count 1500 2500
begin loss -c "$count" -i 0.001
wait_for 40 '[ -s "$TMPDIR/facts" ]' && ok 'nobody reads yet: the run goes on' || not_ok 'nobody reads yet: the run goes on'
check 'nobody reads yet: it waits for who does' kill -0 "$run_pid"
check 'nobody reads yet: more than a pipe holds' jq -e ".fates.sent == $count" "$TMPDIR/facts"
over_with 'read late' 0
as_saved 'read late'

"$WGDIAG" check --json-lines -c 3 -i 0.02 >"$TMPDIR/lines" 2>"$TMPDIR/err"
is 'self-test: exit' $? 0
clean 'self-test: all lines fit the schema' "$(json_lines_problems "$TMPDIR/lines")"
"$WGDIAG" check --json-lines -c 3 >/dev/full 2>"$TMPDIR/err"
is 'no room: exit' $? 4
is 'no room: said' "$(cat "$TMPDIR/err")" 'wgdiag check: writing the report: No space left on device'
over
finish
