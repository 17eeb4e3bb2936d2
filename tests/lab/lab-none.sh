#!/bin/sh
# beside: others
# The control of every fault: a lab without one is found healthy, also on a tun that the engine
# inherits. Its keys are in no command line and no environment, and nothing is left of it.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }

# healthy NAME ARGUMENT...
healthy()
{
	name=$1
	shift
	"$WGDIAG" lab --json --seed "$SEED" none "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	is "$name: exit" $? 0
	clean "$name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: JSON fits the schema" "$(json_problems "$TMPDIR/r.json")"
	clean "$name: each row is good" "$(json_states "$TMPDIR/r.json" | grep -vE ' (PASS|SKIP|NA)$')"
	is "$name: the verdict" "$(jq -c '.verdict | [.state, .cause, .side]' "$TMPDIR/r.json")" '["PASS",null,null]'
	is "$name: inner data both ways" "$(json_row "$TMPDIR/r.json" data.both-ways)" 'PASS -'
	check "$name: nothing is left" wait_for 5 gone
}

# In the environment of the engine is the number of a descriptor, and nowhere a key.
secrets_of_children()
{
	"$WGDIAG" lab none --variant inherited -c 50 >/dev/null 2>&1 &
	pid=$!
	wait_for 10 'engine=$(grep -lz WG_TUN_FD /proc/[0-9]*/environ 2>/dev/null | head -n 1) && [ -n "$engine" ]'
	is "$1: the engine is told its tun" "$(tr '\0' '\n' <"$engine" 2>/dev/null | grep -c '^WG_TUN_FD=[0-9]')" 1
	cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >"$TMPDIR/words"
	clean "$1: no key in arguments or environment" \
		"$(grep -E '(^|[^0-9A-Za-z+/])([0-9a-fA-F]{64}|[0-9A-Za-z+/]{43}=)($|[^0-9A-Za-z+/=])' "$TMPDIR/words")"
	ends $pid
	is "$1: exit" "$ends_rc" 0
}

healthy 'plain'
healthy 'plain, small and quick' -c 3 -i 0.01 -s 0 -W 0.5
healthy 'scanned, from the far end' --variant scanned --from far
if ! command -v wireguard-go >/dev/null 2>&1; then
	skip 'an inherited tun' 'no wireguard-go here'
	finish
fi
healthy 'plain, wireguard-go' --engine wireguard-go
healthy 'inherited' --variant inherited
secrets_of_children 'inherited'

newest=$WGDIAG_BUILD/peers/wireguard-go-latest
if [ -x "$newest" ]; then
	mkdir "$TMPDIR/newest"
	ln -s "$newest" "$TMPDIR/newest/wireguard-go"
	PATH=$TMPDIR/newest:$PATH
	healthy 'inherited, the newest wireguard-go' --variant inherited
else
	skip 'inherited, the newest wireguard-go' "no $newest (make peers)"
fi
finish
