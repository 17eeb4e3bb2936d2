#!/bin/sh
# timeout: 600
# beside: others
# 50 runs in a row: 50 times exit 0, and nothing is left of them.
. tests/lab/lib.sh
lab_init "$@"
. tests/lib/remains.sh
: "${N:=50}"

remains_start
# The first one may load what the kernel keeps (modules).
"$WGDIAG" check -q -c 1 >/dev/null 2>&1
remains >"$TMPDIR/before"

# runs COUNT ARGUMENT...
runs()
{
	count=$1 bad=0 i=0
	shift
	while [ "$i" -lt "$count" ]; do
		i=$((i + 1))
		TMPDIR=$TMPDIR/tmp "$WGDIAG" check "$@" >"$TMPDIR/out" 2>&1 && continue
		bad=$((bad + 1))
		sed "s/^/# run $i: /" "$TMPDIR/out"
	done
	is "$count runs of check $*" "$bad bad" '0 bad'
	remains >"$TMPDIR/after"
	check "nothing is left of check $*" diff "$TMPDIR/before" "$TMPDIR/after"
}

runs "$N"
if command -v wireguard-go >/dev/null 2>&1; then
	runs $((N / 5)) --engine wireguard-go
else
	skip 'wireguard-go' 'not installed'
fi
finish
