#!/bin/sh
# Faults made while `wgdiag check` runs: the row that must tell, and what it explains.
. tests/lab/lib.sh
lab_init "$@"
need jq nft nsenter prlimit wg
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

# --- what is changed during the run ----------------------------------------------

# changed NAME END COMMAND...: done when data has come through, in that end's network.
# $tun in it is the name of that end's tun, $check the pid of the check.
changed()
{
	name=$1 at=$2
	shift 2
	start -c 30 -i 0.1
	wait_for 5 "engine_of $at" || fail_here "$name: its engine is found"
	wait_for 5 '[ "$(written)" -ge 5 ]' || fail_here "$name: data comes through first"
	tun=$tun check=$pid nsenter -n -t "$engine" sh -c "$1" || fail_here "$name: it can be done"
	wait_for 60 "! kill -0 $pid" || fail_here "$name: it ends"
	ends "$pid"
	is "$name: exit" "$ends_rc" 1
	clean "$name: fits the schema" "$(json_problems "$TMPDIR/r.json")"
}
summary() { jq -r --arg id "$1" '.checks[] | select(.id == $id).summary' "$TMPDIR/r.json"; }

# shellcheck disable=SC2016 # the inner shell's
{
changed 'far tun down' f 'ip link set "$tun" down'
is 'far tun down: host.state' "$(row host.state)" 'FAIL -'
case $(summary host.state) in
"changed during the run: far $tun was up at the start, is down at the end"*) ok 'far tun down: and says so' ;;
*) not_ok 'far tun down: and says so' "$(summary host.state)" ;;
esac
is 'far tun down: ping.peer' "$(row ping.peer)" 'FAIL host.state'

changed 'near MTU' n 'ip link set "$tun" mtu 1400'
is 'near MTU: host.state' "$(row host.state)" 'FAIL -'
is 'near MTU: and says so' "$(summary host.state)" \
	"changed during the run: near $tun had MTU 1420 at the start, has 1400 at the end"

changed 'near route' n 'ip -4 route flush dev "$tun"'
is 'near route: host.state' "$(row host.state)" 'FAIL -'
is 'near route: ping.peer' "$(row ping.peer)" 'FAIL host.state'

changed 'far address' f 'ip -4 addr flush dev "$tun"'
is 'far address: host.state' "$(row host.state)" 'FAIL -'

# The engine's socket lies on the check's own /run.
changed 'allowed IPs' f 'nsenter -m -t "$check" wg set "$tun" peer "$(nsenter -m -t "$check" wg show "$tun" peers)" \
	allowed-ips 192.0.2.99/32'
is 'allowed IPs: engine.answers' "$(row engine.answers)" 'FAIL -'
case $(summary engine.answers) in
'far end: does not show what was set: allowed IP '*) ok 'allowed IPs: and says so' ;;
*) not_ok 'allowed IPs: and says so' "$(summary engine.answers)" ;;
esac
is 'allowed IPs: ping.peer' "$(row ping.peer)" 'FAIL engine.answers'
}

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
