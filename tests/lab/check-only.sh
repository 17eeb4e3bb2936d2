#!/bin/sh
# timeout: 900
# beside: others
# --only and --skip on a real run: each row alone is as good as among the others, a stage that no chosen
# row looks at is not run, and --dry-run makes nothing.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }
ids=$("$WGDIAG" check --list-checks | awk '{ print $1 }')

# alone ID ARGUMENT...: that row, and no other, on a healthy tunnel.
alone()
{
	id=$1
	shift
	"$WGDIAG" check --json --only "$id" "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	rc=$?
	states=$(json_states "$TMPDIR/r.json")
	verdict=$(jq -r .verdict.state "$TMPDIR/r.json")
	case "$rc $verdict $states" in
	"0 PASS $id PASS"|"0 PASS $id SKIP"|"0 PASS $id NA") ok "$id alone $*" ;;
	*) not_ok "$id alone $*" "exit $rc, $verdict; $states; $(jq -r '.checks[].summary' "$TMPDIR/r.json"); $(cat "$TMPDIR/err")" ;;
	esac
	clean "$id alone $*: fits the schema" "$(json_problems "$TMPDIR/r.json")"
	check "$id alone $*: what was not asked is said" \
		jq -e '.verdict.summary | test("not asked")' "$TMPDIR/r.json"
}

for id in $ids; do
	rnd seed 1 1000000000
	alone "$id" --seed "$seed"
done
if command -v wireguard-go >/dev/null 2>&1; then
	for id in $ids; do
		alone "$id" --engine wireguard-go
	done
else
	skip 'each row alone with wireguard-go' 'no wireguard-go here'
fi

# --- what was not asked for was not done ---------------------------------------------

# facts ARGUMENT...: in $TMPDIR/f.json.
facts()
{
	"$WGDIAG" check --save-facts "$TMPDIR/f.json" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$*: exit" $? 0
}
# looked: the parts that a run looked at, sorted.
looked() { jq -r '.have[]' "$TMPDIR/f.json" | sort | tr '\n' ' '; }

facts --only engine.start
is 'only the start was looked at' "$(looked)" 'engine-start links '
"$WGDIAG" check --facts "$TMPDIR/f.json" --json >"$TMPDIR/r.json"
is 'judged again, it is about the same rows' $? 0
is 'and no others' "$(jq -r '.checks[].id' "$TMPDIR/r.json")" 'engine.start'
"$WGDIAG" check --facts "$TMPDIR/f.json" --only ping 2>"$TMPDIR/err"
is 'judged for rows that it was not made for: exit' $? 2
check 'and it is said' grep -q 'none of the rows it was made for' "$TMPDIR/err"

facts --only config.keys
case " $(looked)" in
*' handshake '*|*tap*|*ping*|*streams*|*loss*|*framing*) not_ok 'for the keys nothing is sent' "$(looked)" ;;
*' config '*) ok 'for the keys nothing is sent' ;;
*) not_ok 'for the keys nothing is sent' "$(looked)" ;;
esac
facts --only ping.peer
case " $(looked)" in
*sizes*|*streams*|*loss*|*framing*|*firewall*) not_ok 'for the ping only what it needs' "$(looked)" ;;
*' handshake '*' ping-peer '*) ok 'for the ping only what it needs' ;;
*) not_ok 'for the ping only what it needs' "$(looked)" ;;
esac
facts --skip ping,loss
is 'without rows: these are not shown' "$(grep -cE ' (peer ping|self ping|loss, )' "$TMPDIR/out")" 0
check 'without rows: the others are' grep -q 'data both ways  *PASS' "$TMPDIR/out"

# --- a fault --------------------------------------------------------------------------

# finds ARGUMENT...
finds()
{
	"$WGDIAG" lab tun-framing --only tun.framing --json "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	is "tun-framing $*, its row alone: exit" $? 1
	is "tun-framing $*, its row alone: named" "$(jq -c '.verdict | [.state, .cause, .side]' "$TMPDIR/r.json")" \
		'["FAIL","tun-framing","local"]'
	is "tun-framing $*, its row alone: no other" "$(json_states "$TMPDIR/r.json")" 'tun.framing FAIL'
}
finds
finds --variant both-ways
if command -v wireguard-go >/dev/null 2>&1; then
	finds --variant inherited
else
	skip 'tun-framing, inherited' 'no wireguard-go here'
fi
"$WGDIAG" lab tun-framing --only tun.framing -q >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'quiet, a fault: exit' $? 1
is 'quiet, a fault: its row' "$(grep -c 'tun framing  *FAIL' "$TMPDIR/out")$(wc -l <"$TMPDIR/out")" 11
"$WGDIAG" check -q --only engine,config >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'quiet, all well: exit' $? 0
clean 'quiet, all well: nothing' "$(cat "$TMPDIR/out" "$TMPDIR/err")"

# --- progress ----------------------------------------------------------------------------

if command -v script >/dev/null 2>&1; then
	for only in engine.start config ping.peer data,underlay; do
		env -u NO_COLOR TERM=xterm script -qec "$WGDIAG check --only $only -c 2" /dev/null </dev/null 2>&1 |
			tr '\r' '\n' | sed -n 's/^\([0-9]*\/[0-9]* [a-z]\)/\1/p' >"$TMPDIR/steps"
		# Each once, in order, to the last.
		clean "--only $only: steps are numbered through" "$(awk -F'[/ ]' '
			$1 != NR { print "step " $1 " stands " NR ". of " $2 }
			{ n = $2; last = $1 }
			END { if (NR < 3 || last != n) print "ended with " last " of " n }' "$TMPDIR/steps")"
	done
else
	skip 'steps are numbered through' 'no script here'
fi

# --- nothing is made ----------------------------------------------------------------------

check 'nothing is left' wait_for 5 gone
if command -v strace >/dev/null 2>&1; then
	# The leak sanitizer cannot work under strace.
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=unshare,setns,clone,clone3,fork,vfork,mount,socket,openat -o "$TMPDIR/calls" \
		"$WGDIAG" check --dry-run >"$TMPDIR/out" 2>&1
	clean '--dry-run: no namespace, process, socket or device' \
		"$(grep -E 'unshare|setns|clone|fork|mount\(|socket\(|/dev/net/tun|O_CREAT|O_WRONLY|O_RDWR' "$TMPDIR/calls")"
else
	"$WGDIAG" check --dry-run >"$TMPDIR/out" 2>&1
	check '--dry-run: nothing is made' gone
fi
finish
