#!/bin/sh
# `wgdiag lab FAULT`: what shows in one way only is looked at in that way, and one line says so; who
# chose a way himself has his own. In an empty environment; nothing is run.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"

file='engine-cannot-start shows only when a tunnel is brought up: --as file'
far='nat-mapping-expired shows at the far end only: --from far'

# said LINE ARGUMENT...: that is all of standard error; "" is nothing.
said()
{
	line=${1:+wgdiag lab: $1}
	shift
	env -i "$WGDIAG" lab --dry-run "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "lab $*: exit" $? 0
	is "lab $*: said" "$(cat "$TMPDIR/err")" "$line"
	clean "lab $*: all else is about what would be" "$(grep -v '^would ' "$TMPDIR/out")"
}
said "$file" engine-cannot-start
said "$file" engine-cannot-start --variant a-folder
said "$file" engine-cannot-start --variant no-right
said "$far" nat-mapping-expired
said "$file" none --variant nat --and engine-cannot-start
said "$far" nat-mapping-expired --and no-ip-forward
said '' engine-cannot-start --as interface
said '' engine-cannot-start --as file
said '' engine-cannot-start --from near
said '' nat-mapping-expired --from near
said '' nat-mapping-expired --from far
said '' nat-mapping-expired --as interface
said '' nat-mapping-expired -q
# The other one does not show so.
said '' nat-mapping-expired --and lan-overlap
for fault in none tun-framing lan-overlap udp-blocked-inbound pmtu-blackhole underlay-loss; do
	said '' "$fault"
done
env -i "$WGDIAG" lab nat-mapping-expired --list-checks >"$TMPDIR/out" 2>"$TMPDIR/err"
clean 'the rows alone: nothing is said' "$(cat "$TMPDIR/err")"

# The list has it behind the words of the variant; "VARIANT WAY" of those that have one.
env -i COLUMNS=400 "$WGDIAG" lab --list >"$TMPDIR/list"
is 'the list says which' "$(sed -n 's/^ *--variant \([^ ]*\) .*(\(--[a-z]* [a-z]*\))$/\1 \2/p' "$TMPDIR/list" | sort)" \
	'a-folder --as file
idle --from far
no-device --as file
no-right --as file'
finish
