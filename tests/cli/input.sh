#!/bin/sh
# What is named to be read and is no regular file: a pipe that somebody writes to is read, and one without a writer
# is refused after some seconds, by one line.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
facts=$TOP/fixtures/cases/healthy/builtin.json
cd "$TMPDIR" || exit 1
mkfifo pipe alone-facts alone-far alone-log

# Beside each other, for each waits.
run() { timeout 60 "$WGDIAG" check "$@"; echo $? >"$name.rc"; }
name=facts; run --facts alone-facts >facts.out 2>facts.err &
name=far; run --facts "$facts" --far-file alone-far >far.out 2>far.err &
name=log; run lo --engine-log alone-log >log.out 2>log.err &
wait
for name in facts far log; do
	is "a FIFO without a writer, $name: exit" "$(cat "$name.rc")" 2
	is "a FIFO without a writer, $name: nothing on stdout" "$(cat "$name.out")" ''
	is "a FIFO without a writer, $name: one line" "$(wc -l <"$name.err")" 1
	check "a FIFO without a writer, $name: it says what" \
		grep -qF "reading alone-$name: a pipe (FIFO) that nobody opened to write" "$name.err"
done

"$WGDIAG" check --facts "$facts" --json >want 2>&1
rc=$?
cat "$facts" >pipe &
"$WGDIAG" check --facts pipe --json >got 2>&1
is 'a FIFO with a writer: exit' $? "$rc"
check 'a FIFO with a writer: judged the same' cmp want got
wait
# A writer that comes later, and one that begins with nothing.
"$WGDIAG" check --facts pipe --json >got 2>&1 &
{ printf ''; cat "$facts"; } >pipe
wait $!
is 'a writer that comes later: exit' $? "$rc"
check 'a writer that comes later: judged the same' cmp want got
for at in /dev/fd/0 /proc/self/fd/0 /dev/stdin -; do
	[ "$at" = - ] || [ -e "$at" ] || continue
	# shellcheck disable=SC2002
	cat "$facts" | "$WGDIAG" check --facts "$at" --json >got 2>&1
	is "a pipe that was handed over, $at: exit" $? "$rc"
	check "a pipe that was handed over, $at: judged the same" cmp want got
	"$WGDIAG" check --facts "$at" --json <"$facts" >got 2>&1
	check "a file that was handed over, $at: judged the same" cmp want got
	: | timeout 60 "$WGDIAG" check --facts "$at" >got 2>&1
	is "a pipe that was handed over with nothing in it, $at: exit" $? 2
	is "a pipe that was handed over with nothing in it, $at: one line" "$(wc -l <got)" 1
done
timeout 60 "$WGDIAG" check --facts /dev/null >got 2>&1
is 'a device with nothing in it: exit' $? 2
finish
