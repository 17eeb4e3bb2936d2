#!/bin/sh
# --only, --skip, --list-checks, --fail-on and --dry-run: what needs no run, in an empty environment and
# without root.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
healthy=$TOP/fixtures/cases/healthy/builtin.json
broken=$TOP/fixtures/cases/tun-framing/encrypted.json
run() { env -i "$WGDIAG" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
ids() { env -i "$WGDIAG" check --list-checks "$@" | awk '{ print $1 }'; }

# --- the list -----------------------------------------------------------------------

run check --list-checks
is 'the list: exit' $? 0
clean 'the list: nothing on stderr' "$(cat "$TMPDIR/err")"
clean 'the list: id, layer and title in each line' \
	"$(grep -vE '^[a-z]+\.[a-z-]+ +(config|engine|underlay|transport|inner|host) +[^ ]' "$TMPDIR/out")"
is 'the list: every check of the code' "$(ids | sort | tr '\n' ' ')" \
	"$(grep -hoE '\.id = "[a-z]+\.[a-z-]+"' "$TOP"/src/check/check_*.c | sed 's/.*= "//; s/"//' | sort | tr '\n' ' ')"
is 'by family' "$(ids --only loss | tr '\n' ' ')" 'loss.up loss.down '
is 'by id' "$(ids --only ping.peer,engine.start | tr '\n' ' ')" 'engine.start ping.peer '
is 'by layer' "$(ids --only underlay | grep -vcE '^(underlay|route)\.')" 0
is 'without' "$(ids --only ping --skip ping.self,ping.sizes | tr '\n' ' ')" 'ping.peer '
is 'the lab has the same' "$(env -i "$WGDIAG" lab --list-checks)" "$(env -i "$WGDIAG" check --list-checks)"

# --- of a saved run -------------------------------------------------------------------

run check --facts "$healthy" --only ping.peer
is 'one row: exit' $? 0
is 'one row: only it is shown' "$(grep -cE ' (PASS|FAIL|WARN|SKIP|NA|UNSURE) ' "$TMPDIR/out")" 1
check 'one row: what was not asked is said' grep -q 'whether data crosses the tunnel was not asked' "$TMPDIR/out"
check 'one row: its summary stands below' grep -q 'in-tunnel ping' "$TMPDIR/out"
run check --facts "$healthy" --only host
check 'no ping summary where no ping was asked for' sh -c "! grep -q 'in-tunnel ping' '$TMPDIR/out'"
run check --facts "$broken" --only config
is 'a fault that is not asked for: exit' $? 0
run check --facts "$broken" --skip config -q
is 'a fault that is left: exit' $? 1
check 'a fault that is left: it is named' sh -c "env -i '$WGDIAG' check --facts '$broken' --only tun | grep -q 'tun-framing'"

# --- what counts as a failure ----------------------------------------------------------

# An answer that came after its time is a warning.
sed 's/"late": 0/"late": 1/' "$healthy" >"$TMPDIR/warns.json"
run check --facts "$TMPDIR/warns.json" --only ping.peer
is 'a warning: exit' $? 0
check 'a warning: it is one' grep -q 'WARN' "$TMPDIR/out"
run check --facts "$TMPDIR/warns.json" --fail-on fail -q
is '--fail-on fail: exit' $? 0
clean '--fail-on fail -q: nothing' "$(cat "$TMPDIR/out" "$TMPDIR/err")"
run check --facts "$TMPDIR/warns.json" --fail-on=warn -q
is '--fail-on warn: exit' $? 1
is '--fail-on warn -q: the row, and no other' "$(sed -n 's/.* \(WARN\) .*/\1/p' "$TMPDIR/out" | sort -u | tr '\n' ' ')$(grep -c PASS "$TMPDIR/out")" 'WARN 0'
run check --facts "$healthy" --fail-on warn -q
is '--fail-on warn, all well: exit' $? 0
clean '--fail-on warn -q, all well: nothing' "$(cat "$TMPDIR/out" "$TMPDIR/err")"

# --- from which share on loss counts --------------------------------------------------------

lossy=$TOP/fixtures/cases/underlay-loss/up.json
# limited EXIT STATE ARGUMENT...: 94 of 400 are lost.
limited()
{
	limited_rc=$1 limited_state=$2
	shift 2
	run check --facts "$lossy" --json "$@"
	is "$*: exit" $? "$limited_rc"
	is "$*: loss.up" "$(jq -r '.checks[] | select(.id == "loss.up").state' "$TMPDIR/out")" "$limited_state"
}
limited 1 FAIL
limited 1 FAIL --loss-fail 19
check 'limits that change nothing are not told' sh -c "! grep -q 'limits given' '$TMPDIR/out'"
limited 0 WARN --loss-fail 20.5
check 'limits that change something are told' grep -q 'limits given: 20.5 and 0.1 %' "$TMPDIR/out"
limited 1 WARN --loss-fail 20.5 --fail-on warn
limited 0 PASS --loss-fail 20.5 --loss-warn=20.5
limited 1 FAIL --loss-fail 0
# What is kept is judged again by the limits that it was kept with.
sed 's/"loss_up": {/"loss_limits": { "fail_ppm": 300000 }, &/' "$lossy" >"$TMPDIR/limited.json"
lossy=$TMPDIR/limited.json
limited 0 WARN
limited 1 FAIL --loss-fail 10

# --- what would be done -----------------------------------------------------------------

run check --dry-run --seed 11 -c 37 --save-facts "$TMPDIR/facts.json"
is '--dry-run: exit' $? 0
clean '--dry-run: nothing on stderr' "$(cat "$TMPDIR/err")"
clean '--dry-run: each line is about what would be' "$(grep -v '^would ' "$TMPDIR/out")"
for words in 'two network namespaces' 'tun devices wgd' '(removed on exit)' 'near builtin' '37 pings' \
	'200 paced probes' "write $TMPDIR/facts.json" 'judge: engine.start'; do
	check "--dry-run: $words" grep -qF -- "$words" "$TMPDIR/out"
done
is '--dry-run: nothing was written' "$(find "$TMPDIR" -name 'facts.json*')" ''
run check lo --kernel-debug --dry-run
check '--dry-run: --kernel-debug changes something' sh -c "tr -s ' \n' ' ' <'$TMPDIR/out' | grep -q 'would switch on debug lines of the kernel.s WireGuard.*(off again on exit)'"
check '--dry-run: and has a row' grep -q 'kernel\.debug' "$TMPDIR/out"
run check lo --dry-run
check '--dry-run: without it there is none' sh -c "! grep -q 'debug' '$TMPDIR/out'"
# Of a tunnel that runs: also what goes outside, and to who serves.
run check nosuch9 --dry-run --far 10.9.8.7
check '--dry-run of an interface: to a silent endpoint' grep -qE 'would where it is silent, send it [0-9]+ datagrams' "$TMPDIR/out"
check '--dry-run of an interface: --far is asked' grep -q 'would ask wgdiag serve at 10.9.8.7' "$TMPDIR/out"
run check nosuch9 --dry-run --only config.keys
check '--dry-run of its keys: nothing outside' sh -c "! grep -qE 'silent|serve' '$TMPDIR/out'"
run check --dry-run --only engine.start,engine.answers
check '--dry-run of the start: no ping' sh -c "! grep -qE '[0-9] (pings|paced|full)' '$TMPDIR/out'"
run check --dry-run --only config.keys
check '--dry-run of the keys: nothing is sent' sh -c "! grep -qE 'would (send [0-9o]|capture)' '$TMPDIR/out'"
run lab tun-framing --dry-run --variant both-ways
is 'lab --dry-run: exit' $? 0
check 'lab --dry-run: the fault' grep -q 'would make the fault tun-framing' "$TMPDIR/out"

# refuses WORDS ARGUMENT...: as the run itself would.
refuses()
{
	words=$1
	shift
	env -i PATH=/nowhere "$WGDIAG" "$@" --dry-run >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "--dry-run, $words: exit" $? 2
	clean "--dry-run, $words: nothing on stdout" "$(cat "$TMPDIR/out")"
	check "--dry-run, $words: said" grep -qF -- "$words" "$TMPDIR/err"
}
refuses 'wireguard-go' check --engine wireguard-go
refuses '/nowhere/x' check --save-facts /nowhere/x
refuses 'is no regular file' check --save-facts /dev/null
finish
