#!/bin/sh
# `wgdiag check IFACE --engine-log FILE`: what is said of the file before the tunnel is looked at.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"

# No interface is called so: the file is read first, and that is the last line.
read_log() { "$WGDIAG" check nosuch0 --engine-log "$@" 2>"$TMPDIR/err" >"$TMPDIR/out"; }
nothing='no line of it is one that an engine is known to write'

echo 'DEBUG: (wg0) 2026/11/24 10:00:00 Received packet with invalid mac1' >"$TMPDIR/log"
read_log "$TMPDIR/log"
is 'a log: exit' $? 2
is 'a log: nothing to be said of it' "$(wc -l <"$TMPDIR/err")" 1
check 'a log: it was read' grep -q 'nosuch0: there is no such interface' "$TMPDIR/err"
read_log - <"$TMPDIR/log"
is 'from standard input' "$(wc -l <"$TMPDIR/err")" 1
# shellcheck disable=SC2002 # a pipe is what is tried
cat "$TMPDIR/log" | read_log /dev/stdin
is 'from a pipe' "$(wc -l <"$TMPDIR/err")" 1

head -c 300000 /dev/urandom >"$TMPDIR/noise"
for f in "$TMPDIR/noise" /dev/null; do
	read_log "$f"
	is "$f: exit" $? 2
	check "$f: told" grep -qF "$f: $nothing" "$TMPDIR/err"
	is "$f: and read on" "$(wc -l <"$TMPDIR/err")" 2
done

# Of a long one the end, of a file as of a pipe.
{ cat "$TMPDIR/log"; yes 'DEBUG: (wg0) Sending keepalive packet' | head -n 500000; } >"$TMPDIR/long"
read_log "$TMPDIR/long"
check 'a long one: what was read is told' grep -q 'only the last 16 MiB of it were read' "$TMPDIR/err"
check 'a long one: its beginning was not' grep -qF "$nothing" "$TMPDIR/err"
cat "$TMPDIR/log" >>"$TMPDIR/long"
# shellcheck disable=SC2002
cat "$TMPDIR/long" | read_log -
check 'a long pipe: what was read is told' grep -q 'only the last 16 MiB of it were read' "$TMPDIR/err"
is 'a long pipe: its end was read' "$(grep -cF "$nothing" "$TMPDIR/err")" 0
rm "$TMPDIR/long"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	chmod 755 "$TMPDIR" && cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag" && chmod 600 "$TMPDIR/log"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$TMPDIR/wgdiag" check nosuch0 --engine-log "$TMPDIR/log" \
		2>"$TMPDIR/err"
	is 'one that may not be read: exit' $? 2
	check 'one that may not be read: told' grep -q -- '--engine-log: reading .*Permission denied' "$TMPDIR/err"
else
	skip 'one that may not be read' 'needs root and setpriv'
fi
finish
