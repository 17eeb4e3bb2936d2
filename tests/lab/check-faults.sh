#!/bin/sh
# Faults made while `wgdiag check` runs: the row that must tell, and what it explains.
. tests/lab/lib.sh
lab_init "$@"
need jq nft nsenter prlimit
. tests/lib/json.sh

row() { json_row "$TMPDIR/r.json" "$1"; }

# start ARGUMENT...: a check in the background, $pid.
start()
{
	"$WGDIAG" check --json --seed "$SEED" "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err" &
	pid=$!
}

# engine_of END: the pid of that end's engine, in $engine, and its tun's name, in $tun. n: near.
engine_of()
{
	engine=
	for e in /proc/[0-9]*; do
		set -- "$1" "$(tr '\0' ' ' <"$e/cmdline" 2>/dev/null)"
		tun=$(printf '%s\n' "$2" | tr ' ' '\n' | grep -E "^wgd[0-9a-f]+$1\$")
		case $2 in *engine*) [ -z "$tun" ] || { engine=${e#/proc/}; return 0; } ;; esac
	done
	return 1
}

# Packets that its engine wrote into it: some data has come through.
written() { nsenter -n -t "$engine" ip -j -s link show dev "$tun" | jq '.[0].stats64.rx.packets'; }

fail_here()
{
	not_ok "$1" "$(cat "$TMPDIR/err")"
	kill "$pid" 2>/dev/null
	ends "$pid"
	finish
}

# --- control --------------------------------------------------------------------

start -c 30 -i 0.1
ends "$pid" || fail_here 'healthy: it ends'
is 'healthy: exit' "$ends_rc" 0
is 'healthy: crypto.rejects' "$(row crypto.rejects)" 'PASS -'
is 'healthy: ping.peer' "$(row ping.peer)" 'PASS -'

# --- wgdiag itself has no descriptor left -----------------------------------------

# Some more or none: what cannot be opened then is a matter of SEED, what it must not say is not.
rnd limit 10 24
start -c 30 -i 0.1
wait_for 5 'engine_of f' || fail_here 'no descriptors: its engine is found'
wait_for 5 '[ "$(written)" -ge 5 ]' || fail_here 'no descriptors: data comes through first'
prlimit --pid "$pid" --nofile="$limit":
ends "$pid" || fail_here 'no descriptors: it ends'
is "no descriptor from $limit on: exit" "$ends_rc" 3
clean 'no descriptors: fits the schema' "$(json_problems "$TMPDIR/r.json")"
clean 'no descriptors: nothing is a FAIL' "$(json_states "$TMPDIR/r.json" | grep FAIL)"

# --- a firewall on the way in to the far engine ---------------------------------

start -c 30 -i 0.1
wait_for 5 'engine_of f' || fail_here 'far INPUT: its engine is found'
wait_for 5 '[ "$(written)" -ge 5 ]' || fail_here 'far INPUT: data comes through first'
nsenter -n -t "$engine" nft -f - <<'END' || fail_here 'far INPUT: the rule is made'
table inet lab { chain in { type filter hook input priority 0; meta l4proto udp drop; }; }
END
wait_for 60 "! kill -0 $pid" || fail_here 'far INPUT: it ends'
ends "$pid"
is 'far INPUT: exit' "$ends_rc" 1
clean 'far INPUT: fits the schema' "$(json_problems "$TMPDIR/r.json")"
is 'far INPUT: crypto.rejects' "$(row crypto.rejects)" 'FAIL -'
is 'far INPUT: ping.peer' "$(row ping.peer)" 'FAIL crypto.rejects'
is 'far INPUT: the wire carried all' "$(row underlay.out)" 'PASS -'
case $(jq -r '.checks[] | select(.id == "crypto.rejects").summary' "$TMPDIR/r.json") in
*'never reached the far engine'*) ok 'far INPUT: and says so' ;;
*) not_ok 'far INPUT: and says so' "$(cat "$TMPDIR/r.json")" ;;
esac
finish
