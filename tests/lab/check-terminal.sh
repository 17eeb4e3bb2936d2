#!/bin/sh
# beside: others
# What a terminal gets and a pipe does not: progress, colour, width; and who may refuse them.
. tests/lab/lib.sh
lab_init "$@"
need script
esc=$(printf '\033')

# on_tty VARIABLES...: runs check on a terminal of 72 columns; both streams in $TMPDIR/out.
on_tty()
{
	# The environment of the person who runs the tests must not decide.
	env -u NO_COLOR -u COLUMNS -u LC_ALL -u LANG -u LC_CTYPE "$@" \
		script -qec "stty cols 72; $WGDIAG check -c 1 $args" /dev/null </dev/null >"$TMPDIR/out" 2>&1
	rc=$?
	tr -d '\r' <"$TMPDIR/out" >"$TMPDIR/plain"
}
has() { grep -q "$1" "$TMPDIR/plain"; }
hasnt() { ! grep -q "$1" "$TMPDIR/plain"; }

args=
on_tty TERM=xterm LC_ALL=C.UTF-8
is 'on a terminal: exit' "$rc" 0
check 'on a terminal: colour' has "$esc\[32mPASS$esc\[0m"
check 'on a terminal: progress' has 'handshake'
check 'on a terminal: arrows' has 'me → peer'
clean 'on a terminal: its width is kept' "$(tr '\r' '\n' <"$TMPDIR/out" | sed "s/$esc\[[0-9;]*m//g" |
	LC_ALL=C.UTF-8 awk '{ gsub(/[\200-\277]/, "") } length($0) > 72')"

on_tty TERM=xterm LC_ALL=C.UTF-8 NO_COLOR=1
check 'NO_COLOR: no escape code at all' hasnt "$esc"
check 'NO_COLOR: progress' has 'handshake'
# As on the screen, where what comes after a carriage return covers only as much as it is long.
clean 'NO_COLOR: nothing is left of what was shown before' "$(awk -F '\r' '{ s = ""
	for (i = 1; i <= NF; i++) {
		s = $i substr(s, length($i) + 1)
		sub(/ +$/, "", s)
		if ($i ~ /[^ ]/ && s != $i) print s
	} }' "$TMPDIR/out")"
on_tty TERM=dumb LC_ALL=C.UTF-8
check 'TERM=dumb: no escape code at all' hasnt "$esc"
on_tty TERM=xterm LC_ALL=C
check 'LC_ALL=C: ASCII' has 'me -> peer'
args=--color=never
on_tty TERM=xterm LC_ALL=C.UTF-8
check '--color=never' hasnt "$esc\[32m"
args=-q
on_tty TERM=xterm LC_ALL=C.UTF-8
is '-q: not even progress' "$(cat "$TMPDIR/plain")" ''

"$WGDIAG" check -c 1 --color=always >"$TMPDIR/plain" 2>"$TMPDIR/err"
check '--color=always in a pipe' has "$esc\[32mPASS"
"$WGDIAG" check -c 1 >"$TMPDIR/plain" 2>"$TMPDIR/err"
check 'in a pipe: no escape code' hasnt "$esc"
clean 'in a pipe: no progress' "$(cat "$TMPDIR/err")"
finish
