#!/bin/sh
# `wgdiag check --facts`: what is no file of facts is one line and exit 2; what is one is judged
# without root, without an environment, and always alike.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
healthy=$TOP/fixtures/cases/healthy/builtin.json

# refuses WORDS ARGUMENT...: one line with the words, nothing on stdout, exit 2.
refuses()
{
	words=$1
	shift
	"$WGDIAG" check "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" <"$TMPDIR/in"
	rc=$?
	if [ "$rc" = 2 ] && [ "$(wc -l <"$TMPDIR/err")" = 1 ] && [ ! -s "$TMPDIR/out" ] &&
		grep -qF -- "$words" "$TMPDIR/err"; then
		ok "check $*: $words"
	else
		not_ok "check $*: $words" "exit $rc, stdout: $(cat "$TMPDIR/out"), stderr: $(cat "$TMPDIR/err")"
	fi
}

: >"$TMPDIR/in"
refuses 'none.json: No such file' --facts "$TMPDIR/none.json"
refuses 'Is a directory' --facts "$TMPDIR"
refuses 'standard input: line 1' --facts -
printf '{\n"schema": "wgdiag.facts/1",\n]' >"$TMPDIR/bad.json"
refuses 'bad.json: line 3' --facts "$TMPDIR/bad.json"
sed 's/"frames": [0-9]*/"frames": "many"/' "$healthy" >"$TMPDIR/bad.json"
refuses "taps.near-tun.frames: 'many' is no number" --facts "$TMPDIR/bad.json"
head -c 900 "$healthy" >"$TMPDIR/bad.json"
refuses 'bad.json: line' --facts "$TMPDIR/bad.json"
echo '{"schema":"wgdiag.report/1"}' >"$TMPDIR/bad.json"
refuses "'wgdiag.report/1' is no" --facts "$TMPDIR/bad.json" --json
refuses 'bad.json: ' --facts "$TMPDIR/bad.json" -q
for o in '-c 3' '-i 1' '-s 1' '-W 1' '--seed 1' '--engine builtin' --dry-run "--save-facts $TMPDIR/x"; do
	# shellcheck disable=SC2086 # two words
	refuses "${o%% *} says how a run is done" --facts "$healthy" $o
done
refuses "option '--facts' needs a value" --facts
refuses "--save-facts '-' is no name" --save-facts -
refuses "--save-facts '' is no name" --save-facts ''
# Before anything is run.
refuses '/nowhere/facts.json' --save-facts /nowhere/facts.json
refuses '/dev/null: is no regular file' --save-facts /dev/null
refuses 'is no regular file' --save-facts "$TMPDIR"

check 'a healthy run' env -i "$WGDIAG" check --facts "$healthy"
env -i "$WGDIAG" check --facts "$healthy" --json >"$TMPDIR/a" 2>&1
env -i "$WGDIAG" check --json --facts - <"$healthy" >"$TMPDIR/b" 2>&1
check 'from a pipe the same' cmp "$TMPDIR/a" "$TMPDIR/b"
clean 'quiet: nothing' "$("$WGDIAG" check -q --facts "$healthy" 2>&1)"
check 'colour when asked for' sh -c "'$WGDIAG' check --color=always --facts '$healthy' | grep -q '\\[32mPASS'"
is 'nobody left a file behind' "$(find "$TMPDIR" -name '*.tmp')" ''
finish
