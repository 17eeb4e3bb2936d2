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
for option in --only --skip --engine --engine-cmd --color --fail-on --facts --seed --ping --save-facts \
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
refuses '--engine-log is about a tunnel that runs' check --engine-log /dev/null
refuses "--engine-log says how a run is done" check --facts "$TOP/fixtures/cases/healthy/builtin.json" --engine-log /dev/null
refuses '--engine-log: reading /nowhere/log: No such file' check lo --engine-log /nowhere/log
refuses '--engine-log: reading /: Is a directory' check lo --engine-log /
refuses '--far-file and --engine-log cannot both be standard input' check lo --far-file - --engine-log -
refuses 'read ./office.conf: No such file or directory' check ./office.conf
refuses "'a b' is no name of an interface" check 'a b'

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
for c in '' check lab engine engines explain version; do
	# shellcheck disable=SC2086 # no word for none
	clean "help $c: no line is over 80 columns" "$("$WGDIAG" help $c | awk 'length($0) > 80')"
done
says 'wgdiag 0' --version
says 'wgdiag 0' version
says 'wgdiag 0' -V
finish
