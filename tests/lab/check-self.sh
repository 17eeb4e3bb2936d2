#!/bin/sh
# beside: others
# `wgdiag check` on a healthy machine: each row PASS or an explained SKIP or NA, exit 0;
# the same as text, JSON, quiet; running tunnels are named and left alone.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh
# One row for each check there is.
# But for the one that is there only where it was asked for.
rows=$(grep -c 'X(check_' "$TOP/src/check/check_list.h")
rows=$((rows - 1))

# healthy NAME ARGUMENT...
healthy()
{
	name=$1
	shift
	now; from=$lab_now
	"$WGDIAG" check --json --seed "$SEED" "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	rc=$?
	now; took=$((lab_now - from))
	is "$name: exit" "$rc" 0
	clean "$name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: JSON fits the schema" "$(json_problems "$TMPDIR/r.json")"
	clean "$name: each row is good" "$(json_states "$TMPDIR/r.json" | grep -vE ' (PASS|SKIP|NA)$')"
	is "$name: all rows" "$(json_states "$TMPDIR/r.json" | grep -c .)" "$rows"
	is "$name: the verdict" "$(jq -r '.verdict.state' "$TMPDIR/r.json")" PASS
	# Told, not judged: how fast a machine is at this moment is no fault of the program.
	echo "# $name: took $took/100 s"
}

# What must have been measured, not only not failed.
measured()
{
	is "$1: inner data both ways" "$(json_row "$TMPDIR/r.json" data.both-ways)" 'PASS -'
	is "$1: peer pings" "$(jq '.checks[] | select(.id == "ping.peer").evidence.received' "$TMPDIR/r.json")" "$2"
	check "$1: each probe has a fate, the pings among them" jq -e --argjson n "$2" '.fates | .sent > $n and .sent == .answered' "$TMPDIR/r.json"
	is "$1: what was sent arrived" "$(jq '[.checks[] | select(.id == "underlay.out" or .id == "underlay.back") |
		.evidence.sent > 100 and .evidence.sent == .evidence.arrived] | all' "$TMPDIR/r.json")" true
	is "$1: no capture lost a frame" "$(jq '.evidence_quality.capture_dropped' "$TMPDIR/r.json")" 0
	is "$1: one initiation" "$(jq '.checks[] | select(.id == "handshake.complete").evidence.initiations' \
		"$TMPDIR/r.json")" 1
	# An engine may have opened its tun in either form.
	is "$1: the header was read, and a reply taken" "$(evidence tun.framing header_len reply_received)" \
		"$(jq -c '.checks[] | select(.id == "tun.framing").evidence | [.header_wanted, 1]' "$TMPDIR/r.json")"
	is "$1: as large as the tunnel, both ways" "$(evidence ping.sizes up4_passed down4_passed)" \
		"$(evidence tun.mtu tun_mtu tun_mtu)"
	is "$1: nothing lost of enough" "$(jq '[.checks[] | select(.id | startswith("loss.")) | .evidence |
		.sent >= 200 and .lost == 0 and .probes == 200] | all' "$TMPDIR/r.json")" true
	is "$1: the far side was answered" "$(evidence echo.reply sent received)" '[10,10]'
}

# evidence ROW NAME NAME
evidence()
{
	jq -c --arg id "$1" --arg a "$2" --arg b "$3" \
		'.checks[] | select(.id == $id).evidence | [.[$a], .[$b]]' "$TMPDIR/r.json"
}

healthy builtin
measured builtin 10
is 'builtin: nothing refused' \
	"$(jq '.checks[] | select(.id == "crypto.rejects").evidence | .near_refused + .far_refused' "$TMPDIR/r.json")" 0

healthy 'small and quick' -c 3 -i 0.01 -s 0 -W 0.5
measured 'small and quick' 3
healthy 'larger than the tunnel' -c 3 -i 0.01 -s 8000
measured 'larger than the tunnel' 3
is 'the packet is as large as was asked' \
	"$(jq '.checks[] | select(.id == "ping.peer").evidence.size' "$TMPDIR/r.json")" 8028

if command -v wireguard-go >/dev/null 2>&1; then
	healthy wireguard-go --engine wireguard-go
	measured wireguard-go 10
	is 'wireguard-go: what it does not count is null' \
		"$(jq -c '.checks[] | select(.id == "crypto.rejects").evidence | [.near_sealed, .near_refused]' \
		"$TMPDIR/r.json")" '[null,null]'
else
	skip 'wireguard-go' 'not installed'
fi

newest=$WGDIAG_BUILD/peers/wireguard-go-latest
if [ -x "$newest" ]; then
	mkdir "$TMPDIR/newest"
	ln -s "$newest" "$TMPDIR/newest/wireguard-go"
	old_path=$PATH
	PATH=$TMPDIR/newest:$PATH
	healthy 'the newest wireguard-go' --engine wireguard-go
	measured 'the newest wireguard-go' 10
	PATH=$old_path
else
	skip 'the newest wireguard-go' "no $newest (make peers)"
fi

# --- text ------------------------------------------------------------------

"$WGDIAG" check -c 2 -i 0.01 >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'text: exit' $? 0
clean 'text: nothing on stderr' "$(cat "$TMPDIR/err")"
case $(head -n 1 "$TMPDIR/out") in *self-test*) ok 'the first line says what it is' ;; *) not_ok 'the first line' ;; esac
case $(tail -n 1 "$TMPDIR/out") in *self-test*) ok 'and so does the last' ;; *) not_ok 'the last line' ;; esac
is 'text: all rows' "$(grep -cE ' (PASS|SKIP|NA) ' "$TMPDIR/out")" "$rows"
for w in 20 40 80 200; do
	COLUMNS=$w LC_ALL=C "$WGDIAG" check -c 1 >"$TMPDIR/out"
	clean "$w columns, LC_ALL=C: fits, plain ASCII" \
		"$(LC_ALL=C awk -v w="$w" 'length($0) > w || /[^ -~]/' "$TMPDIR/out")"
done
is 'quiet says nothing' "$("$WGDIAG" check -q -c 1 2>&1; echo $?)" 0
is 'quiet and verbose says nothing either' "$("$WGDIAG" check -q -v -c 1 2>&1; echo $?)" 0
"$WGDIAG" check -v -c 1 >"$TMPDIR/out" 2>"$TMPDIR/err"
check 'verbose: what is changed is said' grep -q 'removed on exit' "$TMPDIR/err"
check 'verbose: evidence' grep -q 'near_sealed' "$TMPDIR/out"

# --- the same names again ----------------------------------------------------

a=$("$WGDIAG" check --json -c 1 --seed 7 | jq -r .target.name)
b=$("$WGDIAG" check --json -c 1 --seed 7 | jq -r .target.name)
c=$("$WGDIAG" check --json -c 1 --seed 8 | jq -r .target.name)
is 'a seed gives the same names' "$a" "$b"
if [ "$a" != "$c" ]; then ok 'another seed gives others'; else not_ok 'another seed gives others' "$a"; fi

# Side by side they do not know of each other.
"$WGDIAG" check -q -c 3 --seed 7 >"$TMPDIR/a" 2>&1 & one=$!
"$WGDIAG" check -q -c 3 --seed 7 >"$TMPDIR/b" 2>&1 & two=$!
wait $one; rc=$?
wait $two
is 'two at the same time' "$rc $?" '0 0'

# --- memory -------------------------------------------------------------------

# Only of a sanitized build this says something; of its engines' reports only true leaks count.
ASAN_OPTIONS=detect_leaks=1:log_path=$TMPDIR/leak "$WGDIAG" check -q -c 1 >/dev/null 2>&1
clean 'no memory is leaked' "$(cat "$TMPDIR"/leak* 2>/dev/null | grep -A 20 'detected memory leaks')"

# --- a tunnel that runs here -------------------------------------------------

"$WGDIAG" engine wg-mine -f >/dev/null 2>&1 & engine=$!
wait_for 5 'wg show wg-mine' || not_ok 'a tunnel runs here'
wg set wg-mine listen-port 20000
before=$(wg show wg-mine; ip -o addr)
healthy 'beside a running tunnel' -c 1
is 'it is named' "$(jq -c .not_tested "$TMPDIR/r.json")" '["wg-mine"]'
check 'in text too' sh -c '"$WGDIAG" check -c 1 | grep -q "^NOT TESTED: wg-mine .* wgdiag check wg-mine"'
is 'it is as it was' "$(wg show wg-mine; ip -o addr)" "$before"
kill $engine
ends $engine || not_ok 'the engine ended'
finish
