#!/bin/sh
# State is passed: no writable variable at file scope outside main.c.
#
# Told by the section an object lies in. `.data.rel.ro` holds constant tables of
# pointers, which only the loader writes.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

libs=${STATE_LIBS:-$WGDIAG_BUILD/libpure.a $WGDIAG_BUILD/libio.a}
for l in $libs; do
	[ -f "$l" ] || skip_all "no $l: make first"
	if nm "$l" 2>/dev/null | grep -q '__asan_init\|__ubsan_handle'; then
		skip_all 'the sanitizers add variables of their own'
	fi
done
# shellcheck disable=SC2086 # two words
found=$(objdump -t $libs 2>/dev/null | awk '
/file format/ { member = $1; sub(/:$/, "", member) }
/ O / || /\*COM\*/ {
	if ($0 ~ /[ \t](\.(data|bss|tdata|tbss)|\*COM\*)/ && $0 !~ /\.data\.rel\.ro/)
		print member ": " $NF
}')
clean 'no writable variable at file scope' "$found"
finish
