#!/bin/sh
# A wrong command line: one line on stderr that names what is wrong, nothing on stdout, exit 2.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"

# refuses WORDS ARGUMENT...: the line has the words in it.
refuses()
{
	words=$1
	shift
	"$WGDIAG" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	rc=$?
	lines=$(wc -l <"$TMPDIR/err")
	if [ "$rc" = 2 ] && [ "$lines" = 1 ] && [ ! -s "$TMPDIR/out" ] && grep -qF -- "$words" "$TMPDIR/err"; then
		ok "wgdiag $*: $words"
	else
		not_ok "wgdiag $*: $words" "exit $rc, stdout: $(cat "$TMPDIR/out"), stderr: $(cat "$TMPDIR/err")"
	fi
}

refuses "did you mean check?" chek
refuses "did you mean engine?" enginee
refuses "unknown command 'frobnicate'" frobnicate
refuses "unknown option '--frobnicate'" --frobnicate
refuses "did you mean version?" help versoin
refuses "unexpected argument 'x'" version x
refuses "unexpected argument 'x'" --version x
refuses "unexpected argument 'extra'" help check extra
refuses "-c '0' is no number from 1 to 50000" loss -c 0
refuses "-c and --for both say how many" loss -c 5 --for 3s
refuses "--for 'x' is no time" loss --for x
refuses "--for '5d' is no time" loss --for 5d
refuses "--pause '-1' is no time" loss --pause -1
refuses "--for with one probe each 0.01 s makes 0 of them" loss --for 0.001
refuses "-i '0' is no number" loss -i 0
refuses "-- and no command behind it" loss -c 5 --
refuses "-- /nosuch/x: there is no such program" loss -- /nosuch/x
refuses "-- nosuch9: there is no such program" loss -- nosuch9 -v
refuses "--until-enter ends with Enter, and no command" loss --until-enter -- true
refuses "--facts does no run, and no command" loss --facts /dev/null -- true
refuses "-W '0' is no number of seconds" loss -W 0
refuses "-c, -i, -s, -W, --for and --pause say how a run is done, and --facts does none" loss -c 5 --facts /dev/null
refuses '--far says how a run is done, and --facts does none' loss --facts /dev/null --far 192.0.2.1
refuses "one tunnel at a time" loss a b
refuses "did you mean --until-enter?" loss --until-entr
refuses "--ping is about a tunnel that runs: name its interface" loss --ping 10.1.2.3
refuses "which file?" ledger
refuses "one file at a time" ledger a b
refuses "--json-lines has all of them, and no --lost" ledger --lost --json-lines x
refuses "No such file" ledger /nonexistent/x
refuses "no probe was followed in that run" ledger "$TOP/fixtures/cases/psk-mismatch/clear.json"

# escapes ARGUMENT...: what is echoed of it tells a terminal nothing, and stays one line.
escapes()
{
	"$WGDIAG" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	is "an argument with control characters, $n_escapes: exit" $? 2
	is "an argument with control characters, $n_escapes: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "an argument with control characters, $n_escapes: shown" grep -qF 'x\x1b[31my\x0az' "$TMPDIR/err"
	clean "an argument with control characters, $n_escapes: none" \
		"$(LC_ALL=C tr -d '\n\040-\176' <"$TMPDIR/err" | od -An -c)"
	n_escapes=$((n_escapes + 1))
}
n_escapes=1
odd=$(printf 'x\033[31my\nz')
escapes "$odd"
escapes "--$odd"
escapes help "$odd"
escapes help check "$odd"
escapes version "$odd"
escapes explain "$odd"
escapes engines "$odd"
escapes engine "$odd"
escapes engine "--$odd"
escapes lab "$odd"
escapes lab none --variant "$odd"
escapes lab none "$odd"
escapes check "$odd"
escapes check "./$odd"
escapes check lo "$odd"
escapes check "--$odd"
for option in --only --skip --engine --engine-cmd --color --fail-on --loss-fail --loss-warn --facts --seed --ping --save-facts \
	-c -s -i -W; do
	case $option in
	--engine-cmd) value="'$odd" ;;
	--save-facts) value="/nosuch/$odd" ;;
	*) value=$odd ;;
	esac
	escapes check "$option" "$value"
done
for option in --netns --endpoint --config --engine-log --far-file; do
	escapes check lo "$option" "$odd"
done

# unwritten ARGUMENT...: what cannot be printed is one line and exit 4.
unwritten()
{
	"$WGDIAG" "$@" >/dev/full 2>"$TMPDIR/err"
	is "wgdiag $* >/dev/full: exit" $? 4
	is "wgdiag $* >/dev/full: one line" "$(wc -l <"$TMPDIR/err")" 1
}

unwritten check --help
unwritten lab --list
unwritten help
unwritten version
unwritten --version
"$WGDIAG" version >&- 2>"$TMPDIR/err"
is 'a closed standard output: exit' $? 4

refuses "which fault?" lab
refuses "did you mean tun-framing?" lab tun-framng
refuses "unknown fault 'frobnicate'" lab frobnicate
refuses "did you mean none?" lab non
refuses "did you mean inherited?" lab none --variant inheritd
refuses "did you mean --variant?" lab --variannt=x none
refuses "did you mean wireguard-go?" lab --engine wiregard-go none
refuses "tun-framing, variant inherited cannot be made with the engine builtin" \
	lab tun-framing --variant inherited --engine builtin
refuses "tun-framing, variant encrypted cannot be made with the engine wireguard-go" \
	lab tun-framing --variant encrypted --engine wireguard-go
refuses "unexpected argument 'more'" lab none more
refuses "did you mean lan-overlap?" lab no-ip-forward --and lan-overlp
refuses "unknown variant 'nothing'" lab no-ip-forward --and lan-overlap/nothing
refuses "that is the same fault" lab no-ip-forward --and no-ip-forward
refuses "tun-framing is made in a tunnel of its own" lab tun-framing --and lan-overlap
refuses "tun-framing is made in a tunnel of its own" lab lan-overlap --and tun-framing/encrypted
refuses "cannot be made with the engine builtin" lab no-ip-forward --and pmtu-blackhole/hole --engine builtin
refuses "--all takes every fault, and no --and" lab --all --and lan-overlap
refuses "--all takes every fault, and no --only" lab --all --only ping
refuses "--all takes every fault, and no --count" lab --all -c 3
refuses "--all takes every fault, and no --keep" lab --keep --all
refuses "--all takes every fault, and no --save-facts" lab --all --save-facts /dev/null
refuses "--all takes every fault, and no --list" lab --all --list
refuses "--jobs: of --all" lab --jobs 2 none
refuses "--seeds: of --all" lab --seeds 2 none
refuses "--alternate: of --all" lab none --alternate
refuses "'builtn': no such engine" lab --all --engine builtn
refuses "--pairs: of --all, from the near end" lab --pairs no-ip-forward
refuses "--pairs: of --all, from the near end" lab --all --pairs --from far
refuses "unexpected argument 'none'" lab none --list
refuses "--seed 'x' is no number" lab --seed x none
refuses "option '--variant' needs a value" lab none --variant

refuses "did you mean --json?" check --jsn
refuses "did you mean --json?" check --JSON
refuses "did you mean builtin?" check --engine BUILTIN
refuses "did you mean --help?" --hlep
refuses "did you mean --version?" --VERSION
refuses "did you mean check?" CHECK
refuses "did you mean tun-framing?" explain TUN-FRAMING
refuses "did you mean --help?" explain --hlep
refuses "did you mean --foreground?" engine --foregroud x
refuses "did you mean family-header?" engine --fault FAMILY-HEADER x
refuses "option '--fault' needs a value" engine --fault
refuses "--list has no JSON" lab --list --json
refuses "--as 'both': interface or file" lab none --as both
refuses "--as 'each': interface, file or both" lab --all --as each
refuses 'the far end is looked at as an interface' lab --all --as both --from far
refuses 'the far end is looked at as an interface' lab none --as file --from far
refuses 'takes every fault, and no --variant' lab --all --as both --variant plain
refuses "did you mean --engine?" check --engin=builtin --engie
refuses "did you mean --verbose?" check --verbos --vrebose
refuses "unknown option '--frobnicate'" check --frobnicate
refuses "unknown option '-x'" check -x
refuses "unknown option '-x'" check -qx
refuses "did you mean builtin?" check --engine builtn
refuses "did you mean wireguard-go?" check --engine wiregard-go
refuses "unknown engine 'boringtun2'" check --engine boringtun2
refuses "unknown engine ''" check --engine ''
refuses "option '--engine' needs a value" check --engine
refuses "--engine chooses the engine of a tunnel made for the test" check wg0 --engine wireguard-go
refuses "--engine-cmd chooses the engine of a tunnel made for the test" check wg0 --engine-cmd 'x {name}'
refuses "option '-c' needs a value" check -c
refuses "option '--json' takes no value" check --json=yes
refuses "did you mean always?" check --color=alway

# Which rows.
for c in check 'lab none'; do
	# shellcheck disable=SC2086 # two words
	{
		refuses "unknown check 'ping.pear' (did you mean ping.peer?)" $c --only ping.pear
		refuses "did you mean underlay?" $c --skip ping,underly
		refuses "unknown check 'frobnicate'" $c --only frobnicate --list-checks
		refuses "an empty word in --only ''" $c --only ''
		refuses "an empty word in --skip 'ping,'" $c --skip ping,
		refuses "an empty word in --only 'ping,,tun'" $c --only ping,,tun
		refuses "--only and --skip leave no check" $c --only ping.peer --skip ping
		refuses "unknown value of --fail-on 'wran' (did you mean warn?)" $c --fail-on wran
		refuses "unknown value of --fail-on ''" $c --fail-on ''
		refuses "--loss-fail '101' is no percentage from 0 to 100" $c --loss-fail 101
		refuses "--loss-fail '0.00001' is no percentage" $c --loss-fail 0.00001
		refuses "--loss-warn '-1' is no percentage" $c --loss-warn -1
		refuses "--loss-warn '' is no percentage" $c --loss-warn=
		refuses "--loss-warn 2 is above the share that fails, 1 % (--loss-fail)" $c --loss-warn 2
		refuses "--loss-warn 2.5 is above the share that fails, 2 %" $c --loss-warn 2.5 --loss-fail 2
		refuses "option '--only' needs a value" $c --only
		refuses "option '--dry-run' takes no value" $c --dry-run=yes
		refuses "--list-checks has no JSON" $c --list-checks --json
		refuses "--dry-run has no JSON" $c --json --dry-run
	}
done
refuses "which fault?" lab --dry-run
unwritten check --list-checks
unwritten check --dry-run

refuses "-c '0'" check -c 0
refuses "-c '-1'" check -c -1
refuses "-c '1x'" check -c 1x
refuses "-c '100001'" check -c 100001
refuses "-c '99999999999999999999'" check -c 99999999999999999999
refuses "-i '-0.1'" check -i -0.1
refuses "-i 'nan'" check -i nan
refuses "-i '1e3'" check -i 1e3
refuses "-W '0'" check -W 0
refuses "-W '3601'" check -W 3601
refuses "-s '65508'" check -s 65508
refuses "-s ''" check -s ''
refuses "--seed 'x'" check --seed x
# Honest about what comes later.
refuses 'nosuch0: there is no such interface' check nosuch0
refuses "'wg1': one tunnel at a time" check wg0 wg1
refuses "--ping '10.0.0' is no IPv4 or IPv6 address" check wg0 --ping 10.0.0
refuses '--ping 224.0.0.1: nobody can be asked there' check wg0 --ping 224.0.0.1
refuses '--ping is about a tunnel that runs' check --ping 10.0.0.1
refuses "--endpoint 'x' is no HOST:PORT" check lo --endpoint x
refuses '--require is about a tunnel that runs' check --require all
for o in --run-hooks --full-routes --force; do
	refuses "$o is about a file of wg-quick: name it" check $o
	refuses "$o is about a file, and lo is an interface" check lo $o
done
refuses '--run-hooks says how a run is done' check --facts "$TOP/fixtures/cases/healthy/builtin.json" --run-hooks
refuses "option '--run-hooks' takes no value" check --run-hooks=yes
refuses "unknown option '--run-hooks'" lab none --run-hooks
refuses '--require says how a run is done' check --facts "$TOP/fixtures/cases/healthy/builtin.json" --require all
refuses '--engine-log is about a tunnel that runs: name its interface' check --engine-log /dev/null
refuses "--engine-log says how a run is done" check --facts "$TOP/fixtures/cases/healthy/builtin.json" --engine-log /dev/null
refuses '--kernel-debug is about a tunnel that runs: name its interface, or a file of wg-quick' check --kernel-debug
refuses '--kernel-debug says how a run is done' check --facts "$TOP/fixtures/cases/healthy/builtin.json" --kernel-debug
refuses '--kernel-debug and --engine-log both tell what the engine says' check lo --kernel-debug --engine-log /dev/null
refuses "option '--kernel-debug' takes no value" check lo --kernel-debug=yes
refuses "unknown option '--kernel-debug'" lab none --kernel-debug
refuses '--engine-log: reading /nowhere/log: No such file' check lo --engine-log /nowhere/log
refuses '--engine-log: reading /: Is a directory' check lo --engine-log /
refuses '--far-file and --engine-log cannot both be standard input' check lo --far-file - --engine-log -
refuses 'read ./office.conf: No such file or directory' check ./office.conf
refuses "'a b' is no name of an interface" check 'a b'
refuses "name the tunnel's interface here" serve --once --out /dev/null
refuses "unexpected argument 'wg1'" serve --once --out /dev/null wg0 wg1
refuses '--out is of --once' serve --out f wg0
refuses '--for is of --once' serve --for 9s wg0
refuses "'nosuch' is no IPv4 or IPv6 address" check lo --far nosuch
refuses "'0.0.0.0' is no IPv4 or IPv6 address" check lo --far 0.0.0.0
refuses '--far and --far-file are both of the far end' check lo --far 10.0.0.1 --far-file -
refuses '--far is about a tunnel that runs' check --far 10.0.0.1
refuses '--once needs --out FILE' serve --once wg0
for value in 0s 61m 3601 -1 1h s '' 99999999s; do
	refuses "--for '$value' is no time from 1s to 60m" serve --once --out f --for "$value" lo
done
refuses "'./lo' is a file" serve --once --out f ./lo
refuses 'lo is no tunnel: it is the loopback' serve --once --out "$TMPDIR/far.json" lo
refuses '/nowhere/f: No such file' serve --once --out /nowhere/f lo
refuses "unknown option '--forr' (did you mean --for?)" serve --forr 1s
refuses 'both ends are looked at' lab none --far-file
refuses '--far-file' lab --far-file=x none

"$WGDIAG" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'without a command: exit' $? 2
check 'without a command: the usage' grep -q '^usage: wgdiag' "$TMPDIR/err"

# says FIRST-WORDS ARGUMENT...: exit 0, on stdout.
says()
{
	words=$1
	shift
	out=$("$WGDIAG" "$@" 2>"$TMPDIR/err")
	rc=$?
	case $rc$out in
	0"$words"*) clean "wgdiag $* says it on stdout" "$(cat "$TMPDIR/err")" ;;
	*) not_ok "wgdiag $*" "exit $rc: $out" ;;
	esac
}

says 'usage: wgdiag COMMAND' --help
says 'usage: wgdiag COMMAND' -h
says 'usage: wgdiag COMMAND' help
says 'usage: wgdiag check' help check
says 'usage: wgdiag check' check --help
says 'usage: wgdiag check' check -c 5 -h
says 'usage: wgdiag engine' help engine
says 'usage: wgdiag version' version --help
for c in '' check loss ledger serve lab engine engines explain version; do
	# shellcheck disable=SC2086 # no word for none
	clean "help $c: no line is over 80 columns" "$("$WGDIAG" help $c | awk 'length($0) > 80')"
done
says 'wgdiag 0' --version
says 'wgdiag 0' version
says 'wgdiag 0' -V
finish
