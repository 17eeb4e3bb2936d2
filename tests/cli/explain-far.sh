#!/bin/sh
# `wgdiag explain far`: one line for a shell of any kind, that asks for no secret.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"

"$WGDIAG" explain far >"$TMPDIR/line" 2>"$TMPDIR/err"
is 'exit' $? 0
is 'one line, however narrow' "$(COLUMNS=40 "$WGDIAG" explain far 2>/dev/null | wc -l) $(wc -l <"$TMPDIR/line")" '1 1'
is 'for wg0' "$(cut -c1-7 "$TMPDIR/line")" 'IF=wg0 '
is 'or another' "$("$WGDIAG" explain far tun7 2>/dev/null | cut -c1-8)" 'IF=tun7 '
clean 'no secret is asked for' "$(grep -oE 'dump|private-key|preshared|showconf' "$TMPDIR/line")"
check 'what to do with it is said' grep -q -- '--far-file' "$TMPDIR/err"
# As a person without root, where there is no such device: it says what is absent, and ends.
for shell in sh dash bash 'busybox ash' ksh mksh zsh; do
	# shellcheck disable=SC2086
	command -v ${shell%% *} >/dev/null 2>&1 || continue # of those that are here; sh always is
	# shellcheck disable=SC2086
	$shell -c "$("$WGDIAG" explain far nosuch9 2>/dev/null)" >"$TMPDIR/out" 2>"$TMPDIR/err"
	clean "$shell: nothing on stderr" "$(cat "$TMPDIR/err")"
	check "$shell: from begin to end" sh -c "head -n 1 '$TMPDIR/out' | grep -q '^wgd1:1|begin|nosuch9;' && tail -n 1 '$TMPDIR/out' | grep -q '|end|nosuch9;'"
	clean "$shell: nothing else" "$(grep -v '^wgd1:[0-9]*|.*;$' "$TMPDIR/out")"
done
"$WGDIAG" explain far 'a b' >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'no name of a device: exit' $? 2
is 'no name of a device: one line' "$(wc -l <"$TMPDIR/err")" 1
finish
